# SPDX-License-Identifier: Apache-2.0
"""Envoy's ext_authz v3, with the bytes that Envoy sends and the fields that it reads."""
import struct

from house import House, run_scenarios
from rig import field, fields, ok, varint

CHECK = "/envoy.service.auth.v3.Authorization/Check"

POLICY = """package envoy.authz
import rego.v1
default allow := false
http := input.attributes.request.http
allow if { http.method == "GET"; input.parsed_path == ["public", "a b"] }
allow if { input.parsed_path[0] == "admin"; input.attributes.source.principal == "spiffe://mesh/admin" }
allow := {"allowed": true, "headers": {"x-user": "alice", "x-roles": ["a", "b"]}, "request_headers_to_remove": ["cookie"],
	"response_headers_to_add": {"x-frame-options": "DENY"}, "dynamic_metadata": {"n": 1.5, "list": [true, null, "s"], "o": {}}} if {
	input.parsed_path[0] == "full"
}
allow := {"allowed": false, "http_status": 429, "headers": {"retry-after": "5"}, "body": "slow down"} if input.parsed_path[0] == "slow"
allow := {"allowed": true, "headers": {"x": "a\\r\\nset-cookie: b"}} if input.parsed_path[0] == "split"
allow := {"allowed": true, "headers": {"x": 1}} if input.parsed_path[0] == "number"
allow := "yes" if input.parsed_path[0] == "text"
allow if { input.parsed_path[0] == "body"; input.parsed_body.amount < 10; not input.truncated_body }
allow if { input.parsed_path[0] == "form"; input.parsed_body.q == ["1", "x y"] }
allow if { input.parsed_path[0] == "query"; input.parsed_query == {"a": ["1", "2"], "b": ["x&y"]} }
allow if { input.parsed_path[0] == "ctx"; input.attributes.contextExtensions.tier == "gold"
	input.attributes.metadataContext.filterMetadata["envoy.jwt"].payload.sub == "bob"
	input.attributes.request.time == "2026-01-02T03:04:05.500Z"; input.attributes.source.address.socketAddress.portValue == 4321
	input.version.ext_authz == "v3"; http.size == "12" }
allow if input.parsed_path == ["host", "x"]
"""


def pairs(number, entries):
    return b"".join(field(number, field(1, k) + field(2, v)) for k, v in entries.items())


def check(path, method="GET", headers=None, body="", principal="", extra=b"", source=b""):
    http = field(1, "17") + field(2, method) + pairs(3, headers or {}) + field(4, path) + field(5, "app.local") + \
        field(9, 12) + (field(11, body) if body else b"")
    request = field(1, varint(8) + varint(1767323045) + varint(16) + varint(500000000)) + field(2, http)
    peer = source + (field(4, principal) if principal else b"")
    return field(1, field(1, peer) + field(4, request) + extra)


def ask(d, *args, **more):
    answer = fields(d.call(CHECK, check(*args, **more)))
    return fields(answer[1][0]).get(1, [0])[0], answer


def headers_of(message, number):
    found = []
    for option in fields(message).get(number, []):
        header = fields(fields(option)[1][0])
        found.append((header[1][0].decode(), header.get(2, [b""])[0].decode(), fields(option).get(3, [0])[0]))
    return found


def checks():
    with House() as house:
        from rig import make_bundle
        make_bundle(house.path("bundle.tar.gz"), {"e.rego": POLICY}, house.key, number=7)
        d = house.start()
        ok(d.ready_after is not None, "it is up", d.logged())
        allowed = {"/public/a%20b": {}, "/public/a%20b?x=1#y": {}, "/admin/x": {"principal": "spiffe://mesh/admin"},
                   "/body": {"headers": {"content-type": "application/json"}, "body": '{"amount": 9}'},
                   "/form": {"headers": {"content-type": "application/x-www-form-urlencoded"}, "body": "q=1&q=x+y"},
                   "/query?a=1&b=x%26y&a=2": {}, "//host/x": {}}
        for path, more in allowed.items():
            code, answer = ask(d, path, **more)
            ok(code == 0 and 3 in answer and 2 not in answer, f"allowed: {path}", answer)
        denied = {"/": {}, "": {}, "/public/a+b": {}, "/public": {}, "/admin/x": {"principal": "spiffe://mesh/user"},
                  "/body": {"headers": {"content-type": "application/json"}, "body": '{"amount": 90}'}, "/text": {},
                  "/split": {}, "/number": {}}
        for path, more in denied.items():
            code, answer = ask(d, path, **more)
            ok(code == 7 and 3 not in answer and fields(fields(answer[2][0])[1][0]) == {1: [403]}, f"denied: {path}", answer)
        code, answer = ask(d, "/body", headers={"content-type": "application/json", "content-length": "100"}, body='{"amount": 1}')
        ok(code == 7, "denied: a body that is cut")
        malformed = {"a body that is no JSON": check("/body", headers={"content-type": "application/json"}, body="{"),
                     "an escape in the path": check("/public/%zz"), "an escape in the query": check("/query?a=%"),
                     "no attributes": b"", "junk": b"\xff\xff", "a text that is not UTF-8": check(b"/\xff")}
        for label, message in malformed.items():
            status, why = d.status(CHECK, message)
            ok(status.name == "INVALID_ARGUMENT" and why, f"malformed: {label}: {why}", status)
        code, answer = ask(d, "/full")
        good = answer[3][0]
        ok(code == 0 and headers_of(good, 2) == [("x-roles", "a", 2), ("x-roles", "b", 0), ("x-user", "alice", 2)] and
           fields(good)[5] == [b"cookie"] and headers_of(good, 6) == [("x-frame-options", "DENY", 2)],
           "full: headers to set, add and remove", answer)
        metadata = {fields(e)[1][0].decode(): fields(e)[2][0] for e in fields(answer[4][0])[1]}
        ok(metadata["n"] == b"\x11" + struct.pack("<d", 1.5) and sorted(metadata) == ["list", "n", "o"],
           "full: dynamic metadata as a Struct", metadata)
        code, answer = ask(d, "/slow")
        bad = answer[2][0]
        ok(code == 7 and fields(fields(bad)[1][0]) == {1: [429]} and fields(bad)[3] == [b"slow down"] and
           headers_of(bad, 2) == [("retry-after", "5", 2)], "slow: status, headers and body of a denial", answer)
        number = lambda x: field(1, "sub") + field(2, field(3, x))
        payload = field(2, field(5, field(1, number("bob"))))
        context = pairs(10, {"tier": "gold"}) + field(11, field(1, field(1, "envoy.jwt") + field(
            2, field(1, field(1, "payload") + payload))))
        code, answer = ask(d, "/ctx", extra=context, source=field(1, field(1, field(2, "10.0.0.9") + field(3, 4321))))
        ok(code == 0, "context: extensions, metadata, time, address, size", answer)
        deep = field(3, "x")
        for _ in range(60):
            deep = field(5, field(1, field(1, "k") + field(2, deep)))
        status, _ = d.status(CHECK, check("/full", extra=field(11, field(1, field(1, "m") + field(2, field(1, field(1, "k") + field(2, deep)))))))
        ok(status.name == "INVALID_ARGUMENT", "malformed: metadata that nests too deep")
        records = house.audit()
        ok(all(r["method"] == "Check" for r in records) and {"allow": True, "resource": "/query", "action": "GET"}.items()
           <= next(r for r in records if r["resource"] == "/query").items() and "x%26y" not in str(records),
           "records: method and path, never the query", records[:2])
        d.stop()
    with House() as house:
        d = house.start()
        code, answer = ask(d, "/anything")
        ok(code == 7 and b"data.envoy.authz.allow" in fields(answer[1][0])[2][0], "no such rule: denied, and says which", answer)
        d.stop()


run_scenarios(checks)
