# SPDX-License-Identifier: Apache-2.0
"""The HTTP door: OPA's API, AuthZEN, forward auth, and bytes that are no HTTP.  Real clients: test/interop/doors_test.py."""
import gzip
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.parse

from door import CORE, DATA, SYSTEM, Door
from house import House, run_scenarios
from rig import ok

WARNING = {"code": "api_usage_warning", "message": "'input' key missing from the request"}


def data_api():
    with Door() as door:
        d = door.start()
        ok(d.ready_after is not None, "it is up", d.logged())
        flag = {"input": {"example": {"flag": True}}}
        for label, got, want in (
            ("get a document", door.ask("GET", "/v1/data/opa/examples/pi"), (200, {"result": 3.14159})),
            ("base data", door.ask("GET", "/v1/data/servers/1/name"), (200, {"result": "db"})),
            ("base data beside rules", door.ask("GET", "/v1/data/opa/base/a%20b/x%2Fy"), (200, {"result": 1})),
            ("a step of digits is an index, never a name", door.ask("GET", "/v1/data/opa/base/1"), (200, {})),
            ("with input", door.ask("POST", "/v1/data/opa/examples/allow_request", flag), (200, {"result": True})),
            ("with a parameter", door.ask("GET", "/v1/data/opa/examples/allow_request?input="
                                          + urllib.parse.quote(json.dumps(flag["input"]))), (200, {"result": True})),
            ("undefined", door.ask("POST", "/v1/data/opa/examples/allow_request",
                                   {"input": {"example": {"flag": False}}}), (200, {})),
            ("without input", door.ask("POST", "/v1/data/opa/examples/pi", {}),
             (200, {"result": 3.14159, "warning": WARNING})),
            ("without a body", door.ask("POST", "/v1/data/opa/examples/pi"),
             (200, {"result": 3.14159, "warning": WARNING})),
            ("input null", door.ask("POST", "/v1/data/opa/examples/pi", {"input": None}),
             (200, {"result": 3.14159, "warning": WARNING})),
            ("an unknown path", door.ask("GET", "/v1/data/no/such"), (200, {})),
            ("an entry of a rule's object", door.ask("GET", "/v1/data/opa/examples/partial/b"), (200, {"result": 2})),
            ("a member of a rule's set", door.ask("GET", "/v1/data/opa/examples/members/y"), (200, {"result": "y"})),
            ("a function is no document", door.ask("GET", "/v1/data/opa/examples/f"), (200, {})),
            ("slashes at the end and in a row", door.ask("GET", "/v1/data//opa/examples//pi/"),
             (200, {"result": 3.14159})),
            ("YAML", door.ask("POST", "/v1/data/opa/examples/allow_request",
                              "input:\n  example:\n    flag: true\n", Content_Type="application/x-yaml"),
             (200, {"result": True})),
            ("gzip", door.ask("POST", "/v1/data/opa/examples/allow_request", gzip.compress(json.dumps(flag).encode()),
                              Content_Encoding="gzip"), (200, {"result": True})),
            ("webhook", door.ask("POST", "/v0/data/opa/examples/allow_request", flag["input"]), (200, True)),
            ("webhook, undefined", door.ask("POST", "/v0/data/opa/examples/allow_request", {}),
             (404, {"code": "undefined_document", "message": "document undefined: data.opa.examples.allow_request"})),
            ("webhook, missing", door.ask("POST", "/v0/data/no/such", {}),
             (404, {"code": "undefined_document", "message": "document missing: data.no.such"})),
            ("the default decision", door.ask("POST", "/", {"user": ["alice"]}), (200, 'hello, ["alice"]')),
            ("the default decision, undefined", door.ask("POST", "/", {}),
             (404, {"code": "undefined_document", "message": "document undefined: data.system.main"})),
        ):
            ok(got == want, f"data: {label}", f"{got}\nwanted {want}")
        whole = door.ask("GET", "/v1/data")[1]["result"]
        ok(whole["servers"] == DATA["servers"] and whole["opa"]["examples"]["pi"] == 3.14159, "data: all of it", whole)

        status, _, document = door.http("GET", "/v1/data/opa/examples/pi?pretty&metrics&instrument=true&provenance")
        ok(status == 200 and document["metrics"]["timer_rego_query_eval_ns"] > 0 and
           "revision" in document["provenance"]["bundles"]["bundle"], "data: metrics and provenance", document)
        text = door.raw(b"GET /v1/data/opa/examples/pi?pretty=true HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        ok(b'\r\n\r\n{\n  "decision_id": "' in text, "data: pretty", text)
        ids = {door.http("GET", "/v1/data")[2]["decision_id"] for _ in range(3)}
        records = door.audit()
        ok(len(ids) == 3 and ids == {r["trace_id"] for r in records[-3:]}, "data: decision_id is the record's", ids)
        ok(records[0]["policy"] == "data.opa.examples.pi" and records[0]["method"] == "rest.data",
           "data: the record names the document", records[0])

        def error(got, status, code, message, label):
            ok(got[0] == status and got[1].get("code") == code and message in got[1].get("message", ""),
               f"error: {label}", got)
        bad = "body contains malformed input document: "
        post = lambda body, **more: door.ask("POST", "/v1/data/opa/examples/pi", body, **more)
        error(post("{"), 400, "invalid_parameter", bad, "half an object")
        error(post("[]"), 400, "invalid_parameter", bad + "json: cannot unmarshal array into Go value of type "
              "types.DataRequestV1", "an array")
        error(post('{"input": 1} x'), 400, "invalid_parameter", bad, "bytes behind the document")
        error(post("{\"input\": \"\xff\"}".encode("latin-1")), 400, "invalid_parameter", bad, "not UTF-8")
        error(post("[" * 300 + "]" * 300), 400, "invalid_parameter", bad, "too deep")
        error(post(b"nonsense", Content_Encoding="gzip"), 400, "invalid_parameter", "could not decompress", "no gzip")
        error(post(gzip.compress(b"{}" + b" " * (64 << 20)), Content_Encoding="gzip"), 400, "invalid_parameter",
              "too large", "a bomb")
        error(post(b"{}", Content_Encoding="br"), 400, "invalid_parameter", "gzip is the only", "another coding")
        error(door.ask("GET", "/v1/data/a?input=%7B"), 400, "invalid_parameter",
              "parameter contains malformed input document: ", "half a parameter")
        ok(door.ask("GET", "/v1/data/opa/examples/pi?explain=off")[0] == 200, "explain=off is none")
        error(door.ask("POST", "/v1/data/opa/examples/conflict", {"input": {"clash": True}}), 500, "internal_error",
              "error(s) occurred while evaluating query", "a conflict")
        got = door.ask("POST", "/v1/data/opa/examples/conflict", {"input": {"clash": True}})[1]["errors"][0]
        ok(got["code"] == "eval_conflict_error" and got["location"]["row"] > 0, "error: and where", got)
        nought = {"input": {"divisor": 0}}
        ok(door.ask("POST", "/v1/data/opa/examples/broken", nought) == (200, {}), "a built-in's error is undefined")
        error(door.ask("POST", "/v1/data/opa/examples/broken?strict-builtin-errors", nought), 500, "internal_error",
              "evaluating", "but not with strict-builtin-errors")
        # CVE-2025-46569: a path that would be a query, were it text
        for path in ('a"]; true; x := data["b', "x%22%5D;%20true", "%22", 'opa/examples/pi%22] = x; y := ["'):
            quoted = urllib.parse.quote(path, safe="%/")
            error(door.ask("GET", "/v1/data/" + quoted), 400, "invalid_parameter", "invalid path: invalid ref term",
                  f"the path {path}")
        for path in ("a];true;x=[b", "pi; true", "opa/examples/pi == 3", "{x | x = 1}", "%00", "..", "%zz"):
            got = door.ask("GET", "/v1/data/" + urllib.parse.quote(path, safe="%/"))
            ok(got == (200, {}), f"the path {path} is only a name", got)
        error(door.ask("GET", "/v1/data/" + "a/" * 200), 400, "invalid_parameter", "too many steps", "200 steps")
        for method, path in (("PUT", "/v1/data/x"), ("PATCH", "/v1/data/x"), ("DELETE", "/v1/data"),
                             ("PUT", "/v1/policies/x"), ("DELETE", "/v1/policies/x")):
            got = door.http(method, path, "{}")
            ok(got[0] == 405 and "GET" in got[1]["allow"] and "bundle" in got[2]["message"], f"{method} {path}: 405", got)
        ok(door.ask("GET", "/v1/query?q=true") == (401, {"code": "unauthorized", "message":
           "request rejected by administrative policy"}), "query: refused unless it is configured")
        ok(door.ask("POST", "/v1/compile", {})[0] == 501, "compile: not served")
        ok(door.audit() is not None, "the audit chain is whole")
        d.stop()


def explained():
    with Door() as door:
        d = door.start()
        ask = lambda mode, flag: door.ask("POST", f"/v1/data/opa/examples/allow_request?explain={mode}", {"input": {"example": {"flag": flag}}})
        name = "data.opa.examples.allow_request"
        got = ask("full", True)
        events = got[1].get("explanation", [])
        ok(got[0] == 200 and got[1]["result"] is True and events[0]["type"] == "query" and events[1]["op"] == "Enter" and
           [e["result"] for e in events if e["op"] == "Exit" and e["text"] == name] == ["true", "true"], "explain=full", got)
        ok(all(set(e) >= {"op", "type", "depth", "text", "location", "locals"} for e in events[1:-1]), "explain: each event has its place", got)
        got = ask("fails", False)[1]
        ops = [(e["op"], e["text"]) for e in got["explanation"]]
        ok("result" not in got and ("Enter", name) in ops and ops[-1] == ("Fail", "flag == true"), "explain=fails: what failed, and where", ops)
        ok(not any(e["op"] == "Fail" for e in ask("fails", True)[1]["explanation"]), "explain=fails: nothing did")
        ok(ask("notes", True)[1]["explanation"] == [], "explain=notes: there are none")
        ok(ask("nonsense", True)[1] == {"result": True}, "explain: another word is off")
        lines = ask("full&pretty", False)[1]["explanation"]
        ok(any("Fail flag == true" in line and line.startswith("examples.rego:") or "/examples.rego:" in line for line in lines),
           "explain: pretty is lines", lines)
        got = door.ask("POST", "/v1/data/opa/examples/long?explain=full", {"input": {}})[1]
        ok(len(got["explanation"]) == 1001 and "more events" in got["explanation"][-1] and got["result"] == 3000,
           "explain: 1,000 events and no more", len(got["explanation"]))
        got = door.ask("POST", "/v1/data/opa/examples/wide?explain=full&pretty", {"input": {"x": "é" * 5000}})
        ok(got[0] == 200 and max(map(len, got[1]["explanation"])) < 1500, "explain: long values are cut", got[0])
        d.stop()


def look_around():
    with Door(rest={}) as door:
        door.config["rest"]["allow_query"] = True
        door.config["service_token"] = "sesame, the service token"
        door.write_config()
        d = door.start()
        token = {"x-service-token": "sesame, the service token"}
        ok(door.ask("GET", "/v1/data/opa/examples/pi")[0] == 401, "service token: needed")
        ok(door.ask("POST", "/access/v1/evaluations", {})[0] == 401, "service token: by all doors")
        ok(door.ask("GET", "/v1/policies")[0] == 401, "service token: also to look")
        ok(door.ask("GET", "/health?bundles&plugins") == (200, {}), "health is open")
        names = [p["id"] for p in door.ask("GET", "/v1/policies", **token)[1]["result"]]
        ok(len(names) == 5 and any(n.endswith("gate.rego") for n in names), "policies", names)
        one = next(n for n in names if n.endswith("system.rego"))
        got = door.ask("GET", "/v1/policies/" + urllib.parse.quote(one), **token)
        ok(got == (200, {"result": {"id": one, "raw": SYSTEM}}), "a policy, as it came", got)
        got = door.ask("GET", "/v1/policies/nope", **token)
        ok(got == (404, {"code": "resource_not_found", "message": 'storage_not_found_error: policy id "nope"'}),
           "no such policy", got)
        got = door.ask("GET", "/v1/config", **token)[1]["result"]
        ok(got["default_decision"] == "data.system.main" and "sesame" not in json.dumps(got), "config: without secrets", got)
        got = door.ask("GET", "/v1/status", **token)[1]["result"]
        ok(got["plugins"]["bundle"] == {"state": "OK"} and "active_revision" in got["bundles"]["bundle"], "status", got)

        ask = lambda q, **more: door.ask("POST", "/v1/query", {"query": q, **more}, **token)
        q = 'data.servers[i].ports[_] = "p2"; data.servers[i].name = name'
        got = door.ask("GET", "/v1/query?q=" + urllib.parse.quote(q), **token)
        want = (200, {"result": [{"i": 0, "name": "app"}, {"i": 3, "name": "dev"}]})
        ok(got == want, "query: the documented one", got)
        ok(ask("input.servers[i].ports[_] = x", input=DATA)[1]["result"][0] == {"i": 0, "x": "p1"}, "query: with input")
        ok(ask("data.opa.nothing") == (200, {}), "query: no solution")
        ok(ask("data.opa.examples.pi > 4") == (200, {"result": [{}]}), "query: a solution without variables, though false")
        ok(ask("true") == (200, {"result": [{}]}), "query: no variable")
        got = ask("x := ")
        ok(got[0] == 400 and got[1]["message"] == "error(s) occurred while parsing query" and
           got[1]["errors"][0]["code"] == "rego_parse_error", "query: does not parse", got)
        got = ask("x := y")
        ok(got[0] == 400 and got[1]["message"] == "error(s) occurred while compiling query" and
           got[1]["errors"][0]["code"] == "rego_unsafe_var_error", "query: does not compile", got)
        got = ask('http.send({"url": "http://127.0.0.1/", "method": "get"})')
        ok(got[0] == 400, "query: no network", got)
        got = ask("numbers.range(1, 1000000000)[_] = x; x < 0")
        ok(got[0] == 500 and got[1]["code"] == "internal_error", "query: within the budget", got)
        ok(door.ask("GET", "/v1/query", **token)[1]["message"] == "missing parameter 'q'", "query: without one")
        ok(any(r["method"] == "rest.query" and r["policy"] == q for r in door.audit()), "query: recorded")
        d.stop()


def authzen():
    with Door() as door:
        d = door.start()
        alice, bob = ({"type": "user", "id": name} for name in ("alice", "bob"))
        read, write, it = {"name": "read"}, {"name": "write"}, {"type": "doc", "id": "1"}
        one = lambda **body: door.ask("POST", "/access/v1/evaluation", body)
        status, fields, got = door.http("POST", "/access/v1/evaluation", {"subject": alice, "action": read, "resource": it},
                                        X_Request_ID="bfe9eb29")
        ok(status == 200 and got["decision"] is True and fields.get("x-request-id") == "bfe9eb29", "permitted", got)
        got = one(subject=bob, action=read, resource=it, context={"time": 1})
        ok(got[1]["decision"] is False and got[1]["context"]["reason"] == "only alice reads", "denied, and why", got)
        record = door.audit()[-1]
        ok((record["subject"], record["action"], record["resource"]) == ("bob", "read", "doc/1"), "recorded", record)
        for label, body in (("no subject", {"action": read, "resource": it}),
                            ("a subject without a type", {"subject": {"id": "x"}, "action": read, "resource": it}),
                            ("a number for an id", {"subject": {"type": "u", "id": 1}, "action": read, "resource": it}),
                            ("no resource", {"subject": alice, "action": read}),
                            ("a context that is none", {"subject": alice, "action": read, "resource": it, "context": 1})):
            got = door.ask("POST", "/access/v1/evaluation", body)
            ok(got[0] == 400 and got[1]["code"] == "invalid_parameter", f"refused: {label}", got)

        def many(semantic, *actions, **more):
            options = {"options": {"evaluations_semantic": semantic}} if semantic else {}
            return door.ask("POST", "/access/v1/evaluations", {"subject": alice, "resource": it, **options,
                            "evaluations": [{"action": {"name": a}} for a in actions], **more})
        before = len(door.audit())
        for semantic, want in ((None, [True, False, True]), ("execute_all", [True, False, True]),
                               ("deny_on_first_deny", [True, False]), ("permit_on_first_permit", [True])):
            got = many(semantic, "read", "write", "read")
            ok([e["decision"] for e in got[1]["evaluations"]] == want, f"several: {semantic}", got)
        records = door.audit()
        ok(len(records) - before == 9, "several: each has its record", len(records) - before)
        ids = [e["context"]["id"] for e in many(None, "read", "write")[1]["evaluations"]]
        ok(ids == [r["trace_id"] for r in door.audit()[-2:]], "several: and says which", ids)
        got = door.ask("POST", "/access/v1/evaluations", {"subject": alice, "action": read, "resource": it})
        ok(got[1]["decision"] is True, "several: without a list it is one", got)
        got = many(None, "write", evaluations=[{"action": read}, {"subject": bob, "action": read}])
        ok([e["decision"] for e in got[1]["evaluations"]] == [True, False], "several: defaults give way", got)
        ok(many("first_come", "read")[0] == 400, "several: another semantic")
        ok(many(None, *["read"] * 257)[0] == 400 and len(many(None, *["read"] * 256)[1]["evaluations"]) == 256,
           "several: 256, and not one more")
        ok(door.ask("POST", "/access/v1/evaluations", {"evaluations": [{"action": read}]})[0] == 400,
           "several: what is missing is missing")
        got = door.ask("POST", "/access/v1/search/subject", {})
        ok(got[0] == 501 and "search" in got[1]["message"], "searches are not served", got)
        got = door.ask("GET", "/.well-known/authzen-configuration")
        ok(got[1]["access_evaluation_endpoint"] == "http://door/access/v1/evaluation", "the metadata", got)
        ok(b" 400 " in door.raw(b"GET /.well-known/authzen-configuration HTTP/1.1\r\nHost: a\"b\r\nConnection: close\r\n\r\n"),
           "the metadata names no odd host")
        d.stop()


SEARCH = """package search

people := {"alice": ["read", "write"], "bob": ["read"]}

found contains {"type": "user", "id": name} if {
	input.search == "subject"
	some name, can in people
	input.action.name in can
}

found contains {"type": "doc", "id": id} if { input.search == "resource"; input.subject.id == "alice"; some id in ["1", "2"] }

found contains {"name": can} if { input.search == "action"; some can in people[input.subject.id] }

found contains "nonsense" if input.context.odd

found contains {"type": "robot", "id": "r"} if input.context.robots

found contains 1 / 0 if input.context.broken
"""


def searches():
    with Door() as door:
        d = door.start()
        got = door.ask("POST", "/access/v1/search/subject", {})
        ok(got[0] == 501 and "rest.search_rule" in got[1]["message"], "search: not served unless a rule is named", got)
        ok("search_subject_endpoint" not in door.ask("GET", "/.well-known/authzen-configuration")[1], "search: nor announced")
        d.stop()
    with Door() as door:
        pathlib.Path(door.path("policies/search.rego")).write_text(SEARCH)
        subprocess.run([CORE, "policy", "bundle", "--dir", door.path("policies"), "--sign-key", door.key.pem, "--output",
                        door.path("bundle.tar.gz")], check=True, capture_output=True)
        door.config["rest"]["search_rule"] = "data.search.found"
        door.write_config()
        d = door.start()
        user, alice, doc, it = {"type": "user"}, {"type": "user", "id": "alice"}, {"type": "doc"}, {"type": "doc", "id": "1"}
        read, write = {"name": "read"}, {"name": "write"}
        entity = lambda kind, *ids: (200, {"results": [{"id": i, "type": kind} for i in ids]})
        bad = "invalid_parameter"
        for label, kind, body, want in (
            ("who may read", "subject", {"subject": user, "action": read, "resource": it}, entity("user", "alice", "bob")),
            ("who may write", "subject", {"subject": user, "action": write, "resource": it}, entity("user", "alice")),
            ("who may dance", "subject", {"subject": user, "action": {"name": "dance"}, "resource": it}, (200, {"results": []})),
            ("an id beside the type is not looked at", "subject", {"subject": alice, "action": read, "resource": it}, entity("user", "alice", "bob")),
            ("what alice may read", "resource", {"subject": alice, "action": read, "resource": doc}, entity("doc", "1", "2")),
            ("what alice may do", "action", {"subject": alice, "resource": it}, (200, {"results": [read, write]})),
            ("no type", "subject", {"subject": {}, "action": read, "resource": it}, (400, bad)),
            ("no action", "resource", {"subject": alice, "resource": doc}, (400, bad)),
            ("half a resource", "subject", {"subject": user, "action": read, "resource": doc}, (400, bad)),
            ("no subject", "action", {"resource": it}, (400, bad)), ("no object", "action", [], (400, bad)), ("no JSON", "action", "{", (400, bad)),
            ("another search", "context", {}, (404, "resource_not_found")),
            ("a rule that gives no entity", "subject", {"subject": user, "action": read, "resource": it, "context": {"odd": True}},
             (500, "internal_error")),
            ("a rule that gives another type", "subject", {"subject": user, "action": read, "resource": it, "context": {"robots": True}},
             (500, "internal_error")),
        ):
            got = door.ask("POST", "/access/v1/search/" + kind, body)
            ok(got == want or (got[0] == want[0] and got[1].get("code") == want[1]), f"search: {label}", f"{got} wanted {want}")
        records = [r for r in door.audit() if r["method"] == "authzen.search"]
        ok(records[0]["action"] == "subject" and records[0]["policy"] == "data.search.found" and records[0]["allow"] is True and
           records[-1]["allow"] is False, "search: recorded", records[0])
        got = door.ask("GET", "/.well-known/authzen-configuration")[1]
        ok(got["search_action_endpoint"] == "http://door/access/v1/search/action", "search: announced", got)
        d.stop()


def forward_auth():
    with Door() as door:
        d = door.start()
        token = lambda **claims: {"Authorization": "Bearer " + door.issuer.token(**claims)}

        def nginx(method, uri, **more):
            return door.http("GET", "/auth", X_Original_Method=method, X_Original_URI=uri, **more)
        ok(nginx("GET", "/public/x")[0] == 200, "nginx: open to all")
        got = nginx("GET", "/team/red")
        ok(got[0] == 401 and got[1]["www-authenticate"] == "Bearer", "nginx: 401 without a token", got)
        got = nginx("GET", "/team/red?x=1", **token(sub="ann", tenant_id="acme", roles=["red", "a,b"]))
        ok(got[0] == 200 and got[1]["x-auth-subject"] == "ann" and got[1]["x-auth-tenant"] == "acme" and
           got[1]["x-auth-roles"] == "red,a%2Cb", "nginx: let through, and as whom", got)
        ok(nginx("GET", "/team/blue", **token(sub="ann", roles=["red"]))[0] == 403, "nginx: 403")
        ok(nginx("POST", "/team/red", **token(sub="ann", roles=["red"]))[0] == 403, "nginx: the method counts")
        got = nginx("GET", "/public/x", **token(sub="ann", exp=1))
        ok(got[0] == 401 and "invalid_token" in got[1]["www-authenticate"], "an expired token, even where none is needed", got)
        ok(nginx("GET", "/team/red", Authorization="Basic eDp5")[0] == 401, "another scheme is no token")
        got = nginx("GET", "/x?all=1&b=3&all=2", **token(sub="root\nx-auth-subject: evil, é%"))
        ok(got[0] == 200 and got[1]["x-auth-subject"] == "root%0Ax-auth-subject:%20evil%2C%20%C3%A9%25",
           "a subject that would be a header is none", got)
        traefik = dict(X_Forwarded_Method="GET", X_Forwarded_Proto="https", X_Forwarded_Host="h", X_Forwarded_Uri="/team/red")
        ok(door.http("GET", "/auth", **traefik, **token(sub="ann", roles=["red"]))[0] == 200, "traefik, caddy: let through")
        got = door.http("GET", "/auth", **traefik, X_Original_URI="/public/x")
        ok(got[0] == 400, "both kinds, and they differ: refused", got)
        ok(door.http("GET", "/auth")[0] == 400, "neither kind")
        twice = b"GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Original-Method: GET\r\nX-Original-URI: %s\r\n" \
                b"X-Original-URI: /public/x\r\n\r\n"
        ok(b" 400 " in door.raw(twice % b"/team/red")[:14], "a field that is there twice")
        for uri in ("/public/../team/red", "/public/%2e%2E/team", "/public/..%2fteam", "/public/a%00", "/public/a%5c..",
                    "/public/./x", "/public/%ff"):
            ok(nginx("GET", uri)[0] == 403, f"{uri} is ambiguous: 403")
        ok(nginx("GET", "//public//x/")[0] == 200 and nginx("GET", "//team/red")[0] == 401, "empty steps are none")
        ok(nginx("GET", "/" + "a/" * 3000)[0] == 403, "3,000 steps")
        for method in ("HEAD", "POST", "PUT", "BREW"):
            got = door.http(method, "/auth", X_Original_Method="GET", X_Original_URI="/public/x")
            ok(got[0] == 200, f"asked by {method}", got)
        records = [r for r in door.audit() if r["method"] == "forward.auth"]
        ok(records[2]["subject"] == "ann" and records[2]["action"] == "GET" and records[2]["resource"] == "/team/red" and
           records[2]["token_sha256"], "recorded", records[2])
        ok("eyJ" not in json.dumps(records) and "eyJ" not in d.logged(), "and no token anywhere")
        d.stop()


def browser():
    """A page in a browser may not ask; a name that is not ours may not where names are configured."""
    with Door() as door:
        d = door.start()
        pi = "/v1/data/opa/examples/pi"
        here = f"127.0.0.1:{door.port}"
        for label, fields, status in (
            ("a program", {}, 200), ("the door's own page", {"Origin": "http://door"}, 200),
            ("a bookmark", {"Sec_Fetch_Site": "none"}, 200), ("the same origin", {"Sec_Fetch_Site": "same-origin"}, 200),
            ("another site", {"Sec_Fetch_Site": "cross-site"}, 403), ("another origin", {"Origin": "https://evil.example"}, 403),
            ("another port", {"Origin": "http://door:3000"}, 403), ("a sandboxed frame", {"Origin": "null"}, 403),
        ):
            for method, path, body in (("GET", pi, None), ("POST", pi, "{}"), ("GET", "/v1/policies", None),
                                       ("POST", "/access/v1/evaluations", "{}"), ("GET", "/health", None)):
                got = door.http(method, path, body, **fields)
                ok((got[0] == 403) == (status == 403) and (status != 403 or got[2]["code"] == "unauthorized"),
                   f"browser: {label}, {method} {path}", got)
        got = door.http("GET", "/auth", X_Original_Method="GET", X_Original_URI="/public/x", Sec_Fetch_Site="cross-site",
                        Origin="https://other.example")
        ok(got[0] == 200, "browser: forward auth is asked about requests of pages", got)
        before = len(door.audit())
        door.http("POST", pi, "{}", Origin="https://evil.example")
        ok(len(door.audit()) == before, "browser: nothing was decided for it")

        def by_port(host, path=pi, fields=""):
            return door.raw(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n\r\n".encode(), port=True)
        ok(b" 200 OK" in by_port("evil.example"), "names: any, unless they are configured")
        door.config["rest"]["allowed_hosts"] = ["pdp.example", "*.svc"]
        door.write_config()
        d.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 20
        while b" 403 " not in by_port("evil.example") and time.monotonic() < until:
            time.sleep(0.05)
        for host, status in ((here, b"200"), ("localhost", b"200"), ("[::1]:1", b"200"), ("pdp.example", b"200"), ("a.svc:80", b"200"),
                             ("evil.example", b"403"), ("127.0.0.1.evil.example", b"403"), ("localhost.evil.example", b"403"),
                             ("svc", b"403"), ("2130706433", b"403")):
            got = by_port(host)
            ok(b"HTTP/1.1 " + status + b" " in got, f"names: {host}: {status.decode()}", got[:300])
        got = by_port("shop.example", "/auth", "X-Original-Method: GET\r\nX-Original-URI: /public/x\r\n")
        ok(b" 200 OK" in got, "names: forward auth may be asked by any", got[:300])
        ok(door.http("GET", pi)[0] == 200, "names: who comes by a Unix socket needs none")
        d.stop()


def health_rules():
    with Door() as door:
        d = door.start()
        name = "data.system.health."
        for path, want in (("live", (200, {})), ("ready", (200, {})),
                           ("odd", (500, {"error": f"health check ({name}odd) returned unexpected value"})),
                           ("none", (500, {"error": f"health check ({name}none) was undefined"})),
                           ("a/b", (500, {"error": f"health check ({name}a.b) was undefined"}))):
            got = door.ask("GET", "/health/" + path)
            ok(got == want, f"health: {path}", got)
        got = door.ask("GET", "/health/worse")
        ok(got[0] == 500 and "eval_conflict_error" in got[1]["error"], "health: a rule that fails", got)
        got = door.ask("GET", "/health/%22")
        ok(got[0] == 400 and got[1]["message"].startswith("invalid path"), "health: no path", got)
        ok(door.ask("GET", "/health?plugins&exclude-plugin=bundle")[0] == 200, "health: plugins may be excluded")
        ok(not [r for r in door.audit() or [] if "health" in r["policy"]], "health: is no decision, and not recorded")
        d.stop()


def no_policy():
    with Door() as door:
        os.remove(door.path("bundle.tar.gz"))
        d = door.start()
        if not ok(d.ready_after is not None, "without a bundle: it is up", d.logged()):
            return
        ok(door.ask("GET", "/v1/data") == (200, {}), "without a bundle: nothing is defined")
        ok(door.ask("GET", "/health")[0] == 200 and door.ask("GET", "/health?bundles") ==
           (500, {"error": "one or more bundles are not activated"}), "without a bundle: health says so")
        ok(door.http("GET", "/auth", X_Original_Method="GET", X_Original_URI="/public/x")[0] == 401, "without a bundle: no way through")
        ok(door.ask("POST", "/", {})[0] == 404, "without a bundle: no default decision")
        got = door.ask("POST", "/access/v1/evaluation", {"subject": {"type": "u", "id": "alice"}, "action": {"name": "read"},
                                                          "resource": {"type": "d", "id": "1"}})
        ok(got[1]["decision"] is False, "without a bundle: denied", got)
        d.stop()


def not_http():
    """Whatever the bytes, one answer or none, and never a second request out of the first."""
    with Door() as door:
        d = door.start()
        post = b"POST /v1/data/opa/examples/pi HTTP/1.1\r\nHost: a\r\n"
        inner = b"GET /v1/data/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        for label, data, status in (
            ("a length and chunks", post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 400),
            ("chunks and a length", post + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + inner, 400),
            ("two lengths", post + b"Content-Length: 2\r\nContent-Length: 44\r\n\r\n{}" + inner, 400),
            ("two equal lengths", post + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + inner, 400),
            ("a list of lengths", post + b"Content-Length: 2, 2\r\n\r\n{}" + inner, 400),
            ("a length with a sign", post + b"Content-Length: +2\r\n\r\n{}" + inner, 400),
            ("two codings", post + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + inner, 400),
            ("a coding of another name", post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner, 501),
            ("chunked, twice", post + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + inner, 501),
            ("a blank before the colon", post + b"Content-Length : 2\r\n\r\n{}" + inner, 400),
            ("a folded line", post + b"Content-Length: 2\r\n X: y\r\n\r\n{}" + inner, 400),
            ("lines that end in LF", post.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}" + inner, 400),
            ("one line that ends in LF", post + b"X: y\nContent-Length: 0\r\n\r\n" + inner, 400),
            ("a CR alone", post + b"X: y\rContent-Length: 0\r\n\r\n" + inner, 400),
            ("a NUL", post + b"X: \0\r\n\r\n" + inner, 400),
            ("no host", b"GET / HTTP/1.1\r\n\r\n" + inner, 400),
            ("two hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + inner, 400),
            ("the absolute form", b"GET http://a/v1/data HTTP/1.1\r\nHost: a\r\n\r\n" + inner, 400),
            ("another version", b"GET / HTTP/3.0\r\nHost: a\r\n\r\n" + inner, 505),
            ("half of HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n", 505),
            ("a huge field", post + b"X: " + b"y" * 20000 + b"\r\n\r\n" + inner, 431),
            ("too many fields", post + b"X: y\r\n" * 70 + b"\r\n" + inner, 431),
            ("a huge target", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n" + inner, 414),
            ("a huge body", post + b"Content-Length: 999999999\r\n\r\n" + inner, 413),
            ("a length beyond 64 bits", post + b"Content-Length: 99999999999999999999\r\n\r\n" + inner, 400),
            ("a chunk too long", post + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n" + inner, 413),
            ("a chunk with a sign", post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + inner, 400),
            ("a chunk in 0x", post + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" + inner, 400),
            ("a chunk with LF", post + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n" + inner, 400),
            ("a chunk longer than it says", post + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n" + inner, 400),
            ("a trailer that is none", post + b"Transfer-Encoding: chunked\r\n\r\n0\r\nGET / HTTP/1.1\r\n\r\n" + inner, 400),
            ("another expectation", post + b"Expect: tea\r\n\r\n" + inner, 417),
            ("gRPC's bytes", bytes(range(256)) * 80, 400),
        ):
            got = door.raw(data)
            ok(got.startswith(b"HTTP/1.1 %d " % status) and got.count(b"HTTP/1.1 ") == 1, f"{label}: {status}", got[:300])
        ok(not any("smuggled" in r["policy"] for r in door.audit()), "no request came out of another's body")
        got = door.raw(post + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        ok(b" 200 OK" in got, "an expectation that is met", got)
        got = door.raw(post + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n1\r\n}\r\n0\r\nT: x\r\n\r\n")
        ok(b'"result":3.14159' in got, "chunks, an extension and a trailer", got)
        burst = b"GET /v1/data/opa/examples/pi HTTP/1.1\r\nHost: a\r\n\r\n" * 500 + post + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
        got = door.raw(burst, wait=20)
        ok(got.count(b'"result":3.14159') == 501, "500 requests in one burst", got.count(b'"result"'))
        for method, path, want in (("OPTIONS", "/v1/data/x", 204), ("PUT", "/v1/status", 405), ("GET", "/nope", 404)):
            got = door.http(method, path)
            ok(got[0] == want and (want == 404 or "GET" in got[1]["allow"]), f"{method} {path}: {want}", got)
        got = door.raw(b"HEAD /v1/data/opa/examples/pi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        ok(b" 200 OK" in got and b"content-length: 6" in got and got.endswith(b"\r\n\r\n"), "HEAD: the head alone", got)
        d.stop()


def audit_in_trouble():
    """What cannot be recorded is not answered, whatever the door's form of an answer."""
    with Door(audit={"file": {"path": "/dev/full", "rotate_mb": 0}}) as door:
        d = door.start(wait=False)
        if not ok(d.wait_ready(healthy=False) is not None, "a full disk: it is up", d.logged()):
            return
        got = door.ask("GET", "/v1/data/opa/examples/pi")
        ok(got[0] == 500 and got[1]["code"] == "internal_error" and "result" not in got[1], "a full disk: no value", got)
        got = door.ask("POST", "/", {"user": ["alice"]})
        ok(got[0] == 500, "a full disk: no default decision", got)
        ok(door.http("GET", "/auth", X_Original_Method="GET", X_Original_URI="/public/x")[0] == 403, "a full disk: no way through")
        body = {"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"}, "resource": {"type": "d", "id": "1"}}
        got = door.ask("POST", "/access/v1/evaluation", body)
        ok(got[1]["decision"] is False, "a full disk: denied", got)
        got = door.ask("POST", "/access/v1/evaluations", {**body, "evaluations": [{}, {}]})
        ok(got[0] == 500 and "true" not in json.dumps(got[1]), "a full disk: none of several", got)
        got = door.ask("GET", "/health?plugins")
        ok(got[0] == 500 and door.ask("GET", "/health")[0] == 200, "a full disk: health says so", got)
        d.stop()


def cleartext():
    with House(listen={"rest": ["0.0.0.0:0"]}) as house:
        d = house.start(wait=False)
        ok(d.stop(signal.SIGCONT)[1] not in (0, -9) and "listen.rest" in d.logged(), "other machines are not served in cleartext", d.logged())


run_scenarios(data_api, explained, look_around, authzen, searches, forward_auth, browser, health_rules, no_policy, not_http, audit_in_trouble,
              cleartext)
