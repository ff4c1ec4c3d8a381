# SPDX-License-Identifier: Apache-2.0
"""AuditService: events as each client sends them, queries of the log, and what happens when the log cannot be written."""
import gzip
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time

from house import House, run_scenarios
from rig import field, fields, ok, read_audit

EMIT = "/coresdk.v1.AuditService/Emit"
EMIT_AUDIT_EVENT = "/coresdk.v1.AuditService/EmitAuditEvent"
EMIT_AUTH_EVENT = "/coresdk.v1.AuditService/EmitAuthEvent"
QUERY = "/coresdk.v1.AuditService/QueryAudit"
CORE = os.environ.get("CORE", "build/bin/core")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def emit(d, action, kind="", name="", tenant="", user="", outcome="success", metadata=None, path=EMIT):
    """The python client's bytes, which are the descriptor's; its answer as it reads it."""
    message = b"".join(field(n, v) for n, v in ((1, action), (2, kind), (3, name), (4, tenant), (5, user),
                                                (6, outcome)) if v)
    if metadata is not None:
        message += field(7, metadata if isinstance(metadata, (str, bytes)) else json.dumps(metadata))
    return receipt(d.call(path, message))


def receipt(answer):
    f = fields(answer)
    return {"event_id": f.get(1, [b""])[0].decode(), "sequence_id": f.get(2, [0])[0],
            "record_hash": f.get(3, [b""])[0].decode(), "previous_hash": f.get(4, [b""])[0].decode(),
            "error": f.get(5)}


def query(d, tenant="", action="", start=0, end=0, limit=0, **more):
    message = b"".join(field(n, v) for n, v in ((1, tenant), (2, action), (3, start), (4, end), (5, limit)) if v)
    names = {1: "id", 2: "tenant_id", 3: "actor", 4: "action", 5: "resource", 6: "outcome", 7: "timestamp",
             8: "metadata_json", 9: "sequence_id", 10: "previous_hash", 11: "record_hash"}
    events = []
    for event in fields(d.call(QUERY, message, **more)).get(1, []):
        event = fields(event)
        events.append({names[n]: v[0].decode() if isinstance(v[0], bytes) else v[0] for n, v in event.items()})
    return events


def without_user_agent(address, path, message):
    """A call as the typescript client makes it, over HTTP/2 by hand: no user-agent; the message, or None."""
    def literal(name, value):
        return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()

    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    host, port = address.rsplit(":", 1)
    head = b"".join(literal(n, v) for n, v in ((":method", "POST"), (":scheme", "http"), (":path", path),
                                              (":authority", address), ("content-type", "application/grpc"),
                                              ("te", "trailers"), ("x-service-name", "test")))
    body = b"\0" + struct.pack(">I", len(message)) + message
    with socket.create_connection((host, int(port)), 10) as s:
        s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 4, 1, head) + frame(0, 1, 1, body))
        data, answer = b"", b""
        while True:
            while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], "big"):
                part = s.recv(65536)
                if not part:
                    return None
                data += part
            size, kind, flags = int.from_bytes(data[:3], "big"), data[3], data[4]
            payload, data = data[9:9 + size], data[9 + size:]
            if kind == 0:
                answer += payload
            if kind in (0, 1) and flags & 1:
                return answer[5:] if answer else None


def verify(*files):
    done = subprocess.run([CORE, "audit", "verify", *files], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def files_of(house):
    """Rotated ones first, oldest first, as `core audit verify` takes them; a .gz beside its plain file is not ready."""
    folder = pathlib.Path(house.path("audit"))
    rotated = sorted(p for p in folder.iterdir() if re.fullmatch(r"audit\.ndjson\.\d{12}(\.gz)?", p.name))
    rotated = [p for p in rotated if not (p.suffix == ".gz" and p.with_suffix("") in rotated)]
    return [str(p) for p in [*rotated, folder / "audit.ndjson"]]


def events():
    with House() as house:
        d = house.start()
        # ---- each client's bytes ----
        r = emit(d, "order.create", "order", "17", "acme", "alice", "success", {"amount": 12.50, "tags": ["a"]})
        record = house.audit()[-1]
        ok(UUID7.fullmatch(r["event_id"]) and r["sequence_id"] == record["seq"] and r["error"] is None and
           r["record_hash"] == record["hash"] and r["previous_hash"] == record["prev_hash"],
           "python: the answer says where the record is", (r, record))
        ok({k: record[k] for k in ("event_id", "tenant_id", "subject", "action", "resource_type", "resource_id", "outcome",
                                   "metadata")} ==
           {"event_id": r["event_id"], "tenant_id": "acme", "subject": "alice", "action": "order.create",
            "resource_type": "order", "resource_id": "17", "outcome": "success",
            "metadata": {"amount": 12.5, "tags": ["a"]}}, "python: the record has all of it", record)
        second = emit(d, "order.create", path=EMIT_AUDIT_EVENT)
        record = house.audit()[-1]
        ok(second["previous_hash"] == r["record_hash"] and second["sequence_id"] == r["sequence_id"] + 1,
           "the descriptor's name is the same rpc, and the chain goes on", second)
        ok(record["tenant_id"] == "default" and record["outcome"] == "success", "defaults: tenant and outcome", record)
        hand = field(1, "order.pay") + field(2, "bob") + field(3, "failure") + field(4, "acme")
        forms = (("ts, without a user agent", field(5, '{"why":"card"}'), {"why": "card"}),
                 ("go: k=v many times", field(5, "why=card") + field(5, "n=a=b"), {"why": "card", "n": "a=b"}),
                 ("go: k=v once", field(5, "why=card"), {"why": "card"}), ("no metadata", b"", None))
        for label, more, metadata in forms:
            if label.startswith("ts"):
                answer = receipt(without_user_agent(d.address, EMIT, hand + more))
            else:
                answer = receipt(d.call(EMIT, hand + more))
            record = house.audit()[-1]
            ok(answer["record_hash"] == record["hash"] and record["subject"] == "bob" and
               record["outcome"] == "failure" and record["tenant_id"] == "acme" and
               record.get("metadata") == metadata and record["resource_type"] == "", f"by hand, {label}", record)
        answer = receipt(without_user_agent(d.address, EMIT, field(1, "x") + field(2, "carol") + field(3, "odd")))
        record = house.audit()[-1]
        ok(answer["event_id"] and record["subject"] == "carol" and record["outcome"] == "odd",
           "no user agent: by hand, whatever its words", record)
        d.call(EMIT, field(1, "x") + field(2, "invoice") + field(3, "9") + field(4, "acme") + field(5, "dave"))
        record = house.audit()[-1]
        ok(record["resource_type"] == "invoice" and record["subject"] == "dave", "a user agent and no outcome: the descriptor's",
           record)
        # ---- what is refused ----
        before = len(house.audit())
        for label, metadata, want in (("no JSON", "{nope", "metadata_json:1:2"), ("an array", "[1]", "metadata_json:1:1"),
                                      ("no UTF-8", b'{"a":"\xff"}', "metadata_json:1:"),
                                      ("on a later line", '{\n  "a": x}', "metadata_json:2:8"),
                                      ("too deep", '{"a":' * 40 + "1" + "}" * 40, "metadata_json"),
                                      ("too big", json.dumps({"a": "x" * 8192}), "metadata_json")):
            code, text = d.status(EMIT, field(1, "x") + field(6, "success") + field(7, metadata))
            ok(code.name == "INVALID_ARGUMENT" and want in text, f"metadata: {label}: refused with its place", (code, text))
        code, text = d.status(EMIT, field(2, "x"))
        ok(code.name == "INVALID_ARGUMENT" and "action" in text, "no action: refused", text)
        ok(len(house.audit()) == before, "what is refused is not recorded")
        edge = {"a": "x" * (8192 - len('{"a":""}'))}
        ok(emit(d, "big", metadata=json.dumps(edge, separators=(",", ":")))["sequence_id"] > 0 and
           house.audit()[-1]["metadata"] == edge, "metadata: as big as it may be")
        # ---- secrets and forgeries ----
        emit(d, "x", metadata={"password": "hunter2", "note": "Bearer abc.def", "seq": 1, "hash": "0" * 64, "tenant_id": "globex"})
        record = house.audit()[-1]
        ok(record["metadata"]["password"] == "[REDACTED]" and "abc.def" not in json.dumps(record), "secrets are redacted", record)
        ok(record["seq"] == before + 2 and record["tenant_id"] == "default", "members of metadata are not the line's", record)
        emit(d, 'quote"\\\n', user='","seq":1,"tenant_id":"globex', metadata={'","seq":5': '","tenant_id":"globex'})
        ok(house.audit() is not None and query(d, "globex") == [], "texts that look like members are texts")
        good, text = verify(house.path("audit/audit.ndjson"))
        ok(good, "core audit verify accepts a log with events", text)
        d.stop()


def auth_message(**more):
    numbers = {"event_id": 1, "event_type": 2, "source": 3, "timestamp": 4, "tenant_id": 5, "outcome": 6, "subject_kind": 7,
               "subject_id": 8, "subject_email": 9, "network_ip": 15, "network_user_agent": 16, "metadata_json": 18,
               "session_id": 19, "trace_id": 22, "mitre_technique_id": 24, "severity": 25}
    event = {"event_type": "auth.login.password", "tenant_id": "acme", "outcome": "failure", "subject_kind": "user",
             "subject_id": "alice", "severity": "medium", **more}
    return b"".join(field(numbers[n], v) for n, v in event.items() if v)


def auth_events():
    with House() as house:
        d = house.start()
        now = int(time.time() * 1000)
        answer = fields(d.call(EMIT_AUTH_EVENT, auth_message(timestamp=now - 5000, source="idp", network_ip="192.0.2.7",
                                                             metadata_json='{"tries":3}', trace_id="t1")))
        record = house.audit()[-1]
        ok(answer == {1: [1]}, "accepted, and no error", answer)
        ok(UUID7.fullmatch(record["event_id"]) and record["action"] == "auth.login.password" and
           record["timestamp"] == now - 5000 and record["network_ip"] == "192.0.2.7" and record["severity"] == "medium" and
           record["metadata"] == {"tries": 3} and record["trace_id"] == "t1", "the record has all of it", record)
        d.call(EMIT_AUTH_EVENT, auth_message(event_id="0190a5b2-0000-7000-8000-000000000001"))
        ok(house.audit()[-1]["event_id"].endswith("0001") and abs(house.audit()[-1]["timestamp"] - now) < 20000,
           "its own event_id is kept; no timestamp: now")
        before = len(house.audit())
        for label, more, want in (("outcome", {"outcome": "maybe"}, "outcome is `maybe`"), ("no outcome", {"outcome": ""}, "outcome"),
                                  ("subject_kind", {"subject_kind": "robot"}, "user_via_app"),
                                  ("severity", {"severity": "HIGH"}, "critical high medium low info"),
                                  ("seconds", {"timestamp": now // 1000}, "milliseconds"),
                                  ("the future", {"timestamp": now + 3 * 86400000}, "future"),
                                  ("a negative time", {"timestamp": (1 << 64) - 5}, "milliseconds"),
                                  ("no event_type", {"event_type": ""}, "event_type"),
                                  ("a long event_id", {"event_id": "x" * 129}, "event_id"),
                                  ("metadata", {"metadata_json": "{"}, "metadata_json:1:2"),
                                  ("a text that is no UTF-8", {"source": b"\xff"}, "EmitAuthEvent")):
            code, text = d.status(EMIT_AUTH_EVENT, auth_message(**more))
            ok(code.name == "INVALID_ARGUMENT" and want in text, f"refused: {label}", (code, text))
        ok(len(house.audit()) == before, "what is refused is not recorded")
        found = query(d, "acme", "auth.*")
        metadata = json.loads(found[1]["metadata_json"])
        ok(len(found) == 2 and found[1]["actor"] == "alice" and found[1]["outcome"] == "failure" and
           metadata["source"] == "idp" and metadata["metadata"] == {"tries": 3} and metadata["trace_id"] == "t1",
           "found again, with what has no field of its own in metadata_json", found)
        d.stop()


def queries():
    with House() as house:
        d = house.start()
        d.evaluate("data.authz.allow", {"id": 1, "subject": "alice", "action": "read", "resource": "r/1"}, tenant="acme")
        d.evaluate("data.authz.allow", {"id": 0, "subject": "bob", "action": "write"}, tenant="acme")
        first = emit(d, "order.create", "order", "17", "acme", "alice", metadata={"n": 1})
        emit(d, "order.delete", "order", "18", "globex", "eve")
        emit(d, "login", "", "", "", "root")
        found = query(d, "acme")
        ok([e["sequence_id"] for e in found] == [3, 2, 1], "newest first, of this tenant only", found)
        ok(found[0] == {"id": first["event_id"], "tenant_id": "acme", "actor": "alice", "action": "order.create",
                        "resource": "order/17", "outcome": "success", "timestamp": found[0]["timestamp"],
                        "metadata_json": '{"n":1}', "sequence_id": 3, "previous_hash": first["previous_hash"],
                        "record_hash": first["record_hash"]}, "an event as it was told", found[0])
        records = house.audit()
        rest = json.loads(found[1]["metadata_json"])
        ok(found[1]["outcome"] == "deny" and found[2]["outcome"] == "allow" and found[2]["id"] == records[0]["trace_id"] and
           found[2]["record_hash"] == records[0]["hash"] and rest["deny_reasons"] == records[1]["deny_reasons"] and
           rest["policy"] == "data.authz.allow" and "seq" not in rest, "decisions are told in the same form", found[1:])
        ok([e["tenant_id"] for e in query(d)] == ["default"], "no tenant: the daemon's own only")
        for label, pattern, want in (("exact", "order.create", [3]), ("a beginning", "order.*", [3]), ("all", "*", [3, 2, 1]),
                                     ("an exact one that is a beginning", "order", []), ("none", "zzz", []),
                                     ("a star elsewhere is a star", "*.create", [])):
            got = [e["sequence_id"] for e in query(d, "acme", pattern)]
            ok(got == want, f"action: {label}", got)
        ok([e["sequence_id"] for e in query(d, "acme", limit=2)] == [3, 2], "limit")
        at = found[1]["timestamp"]
        ok([e["sequence_id"] for e in query(d, "acme", start=at, end=at)][-1:] != [] and
           all(e["timestamp"] == at for e in query(d, "acme", start=at, end=at)), "both ends of the time are included")
        ok(len(query(d, "acme", start=at // 1000, end=at // 1000 + 5)) == 3 and query(d, "acme", end=at // 1000 - 60) == [],
           "times in seconds are understood")
        for label, message in (("times the wrong way round", field(1, "acme") + field(3, at + 10) + field(4, at)),
                               ("a negative time", field(3, (1 << 64) - 1)), ("a name that masks write", field(1, "[REDACTED]")),
                               ("a hash in a tenant's place", field(1, "hmac:00")), ("no UTF-8", field(2, b"\xff"))):
            code, _ = d.status(QUERY, message)
            ok(code.name == "INVALID_ARGUMENT", f"refused: {label}", code)
        before = len(house.audit())
        query(d, "acme")
        ok(len(house.audit()) == before, "a query is a look-up: no record")
        with open(house.path("audit/audit.ndjson"), "ab") as log:
            log.write(b'{"ts":"2026-01-01T00:00:00.000Z","tenant_id":"acme","action":"torn","seq":7,"prev')
        ok(query(d, "acme", "torn") == [], "a torn last line is not shown")
        d.stop(signal.SIGKILL)
        log = pathlib.Path(house.path("audit/audit.ndjson"))
        log.write_bytes(log.read_bytes().replace(b'"order.create"', b'"order.cheat!"'))
        d = house.start()
        ok(query(d, "acme", "order.cheat!") == [] and "not as they were written" in d.logged(),
           "a line that is not as it was written is not shown, and the log says so")
        d.stop()


def masks():
    with House() as house:
        pathlib.Path(house.path("mask.key")).write_text("k" * 32)
        os.chmod(house.path("mask.key"), 0o600)
        house.config["audit"].update({"mask": ["subject:hash", "resource", "metadata", "tenant_id:hash", "network_ip"],
                                      "mask_key_path": house.path("mask.key"), "query": {"max_results": 3}})
        house.write_config()
        d = house.start()
        for i in range(5):
            emit(d, "order.create", "order", str(i), "acme", "alice", metadata={"card": i})
        d.call(EMIT_AUTH_EVENT, auth_message(network_ip="192.0.2.7", subject_email="alice@example.com"))
        text = pathlib.Path(house.path("audit/audit.ndjson")).read_text()
        ok("alice" not in text and "192.0.2.7" not in text and '"acme"' not in text and '"card"' not in text,
           "what audit.mask lists is not in the log", text)
        found = query(d, "acme")
        ok([e["sequence_id"] for e in found] == [6, 5, 4], "a hashed tenant is found by its name; audit.query.max_results", found)
        ok(found[1]["metadata_json"] == '"[REDACTED]"' and found[1]["resource"] == "order/[REDACTED]", "masked members", found[1])
        d.stop()
        house.config["audit"]["mask"] = ["tenant_id"]
        house.write_config()
        d = house.start()
        code, text = d.status(QUERY, field(1, "acme"))
        ok(code.name == "FAILED_PRECONDITION" and "tenant_id" in text, "a dropped tenant: nothing can be told apart, so none is shown", text)
        d.stop()


def lost_records():
    for on_error, want in (("deny", "UNAVAILABLE"), ("drop", "OK")):
        with House() as house:
            house.config["audit"]["on_error"] = on_error
            house.write_config()
            os.makedirs(house.path("audit"))
            os.mkdir(house.path("audit/audit.ndjson"))  # so it cannot be opened
            d = house.start()
            code, text = d.status(EMIT, field(1, "x") + field(6, "success"))
            ok(code.name == want, f"on_error {on_error}: the answer of a lost event", (code, text))
            answer = fields(d.call(EMIT_AUTH_EVENT, auth_message())) if on_error == "drop" else {}
            ok(1 not in answer and (on_error == "deny" or 2 in answer), f"on_error {on_error}: an auth event is not accepted", answer)
            if on_error == "drop":
                r = emit(d, "x")
                r["error"][0].decode()  # what python does, and it must not stumble
                ok(r["event_id"] and r["sequence_id"] == 0 and not r["record_hash"] and r["error"],
                   "dropped: the answer says so, in bytes that python can read", r)
            code, text = d.status(QUERY, b"")
            ok(code.name == "UNAVAILABLE", f"on_error {on_error}: there is nothing to query", (code, text))
            d.stop()
    with House(audit={"sink": ["stdout"]}) as house:
        d = house.start()
        ok(emit(d, "x")["sequence_id"] == 1, "standard output only: recorded")
        code, text = d.status(QUERY, b"")
        ok(code.name == "FAILED_PRECONDITION", "standard output only: not searched", (code, text))
        d.stop()


def many(d, count, tenant="acme", action="bulk", at_once=100):
    """Decisions are cheap to make in numbers: `count` of them, through one channel."""
    call = d.channel.unary_unary(EMIT)
    message = field(1, action) + field(4, tenant) + field(6, "success") + field(7, '{"text":"' + "x" * 200 + '"}')
    for at in range(0, count, at_once):
        waiting = [call.future(message, timeout=30) for _ in range(min(at_once, count - at))]
        for w in waiting:
            w.result()


def rotation():
    with House() as house:
        house.config["audit"]["file"].update({"rotate_mb": 1, "compress": True, "keep_rotated": 0})
        house.config["workers"] = 2
        house.write_config()
        d = house.start()
        found, over, last = [], threading.Event(), {"seq": 0}

        def ask():
            while not over.is_set():
                low = last["seq"]
                try:
                    got = query(d, "rare", limit=1000)
                    found.append((low, [e["sequence_id"] for e in got]))
                except Exception as e:  # one place a worker: busy is an answer, too
                    if "RESOURCE_EXHAUSTED" not in repr(e):
                        found.append((low, repr(e)))

        askers = [threading.Thread(target=ask) for _ in range(2)]
        for t in askers:
            t.start()
        wanted = []
        for i in range(12):
            wanted.append(emit(d, f"rare.{i % 3}", tenant="rare")["sequence_id"])
            last["seq"] = wanted[-1]
            many(d, 1000)
        over.set()
        for t in askers:
            t.join()
        bad = [f for f in found if isinstance(f[1], str) or f[1] != sorted(f[1], reverse=True) or
               not set(w for w in wanted if w <= f[0]) <= set(f[1]) or len(set(f[1])) != len(f[1])]
        ok(found and not bad, f"{len(found)} queries during rotation: all there, each once, in order", bad[:3])
        deadline = time.monotonic() + 20
        while not all(f.endswith(".gz") for f in files_of(house)[:-1]) and time.monotonic() < deadline:
            time.sleep(0.1)
        files = files_of(house)
        ok(len(files) > 4 and files[0].endswith(".gz"), f"{len(files)} files, packed", files)
        ok([e["sequence_id"] for e in query(d, "rare")] == wanted[::-1], "found across packed files")
        ok([e["sequence_id"] for e in query(d, "rare", "rare.1")] == wanted[1::3][::-1], "by action, too")
        good, text = verify(*files)
        ok(good, "core audit verify accepts all of it", text)
        kept = sorted(os.listdir(house.path("state/audit-index")))
        ok(len(kept) >= len(files) - 1, "an index beside each", kept)
        # A spoiled index, one of another file, none: only a help.
        one = pathlib.Path(house.path("state/audit-index"), kept[0])
        other = pathlib.Path(house.path("state/audit-index"), kept[1])
        one.write_bytes(one.read_bytes()[:-1] + b"x")
        other.write_bytes(pathlib.Path(house.path("state/audit-index"), kept[2]).read_bytes())
        pathlib.Path(house.path("state/audit-index"), kept[3]).unlink()
        ok([e["sequence_id"] for e in query(d, "rare")] == wanted[::-1], "spoiled, wrong and missing indexes: the same answer")
        # The same room's code on the command line.
        done = subprocess.run([CORE, "audit", "query", *files, "--tenant", "rare", "--action", "rare.1", "--limit", "2",
                               "--format", "json"], capture_output=True, text=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        ok(done.returncode == 0 and [r["seq"] for r in lines] == wanted[1::3][::-1][:2], "core audit query", done)
        done = subprocess.run([CORE, "audit", "query", *files, "--tenant", "rare"], capture_output=True, text=True)
        ok(done.returncode == 0 and len(done.stdout.splitlines()) == 12 and "rare.0" in done.stdout, "core audit query, for people", done)
        d.stop(signal.SIGKILL)
        d = house.start()
        ok([e["sequence_id"] for e in query(d, "rare")] == wanted[::-1], "after kill -9 and a restart")
        # Bounds.
        house.config["audit"]["query"] = {"max_scan_mb": 1}
        house.write_config()
        d.stop()
        for name in os.listdir(house.path("state/audit-index")):
            os.unlink(house.path("state/audit-index/" + name))
        d = house.start()
        code, text = d.status(QUERY, field(1, "nobody"))
        ok(code.name == "RESOURCE_EXHAUSTED" and "allowed" in text, "audit.query.max_scan_mb", (code, text))
        ok(emit(d, "x")["sequence_id"] > wanted[-1], "and the daemon serves on")
        deadline = time.monotonic() + 30
        while len(os.listdir(house.path("state/audit-index"))) < len(files) - 1 and time.monotonic() < deadline:
            time.sleep(0.2)
        ok(query(d, "nobody") == [] and [e["sequence_id"] for e in query(d, "rare", limit=2)] == wanted[::-1][:2],
           "indexes are made while nobody asks: then the same bound is enough")
        d.stop()


def write_log(path, count):
    """A log of `count` decisions as the daemon would have written them."""
    import hashlib
    previous, begin = "0" * 64, 1767225600
    with open(path, "wb") as log:
        for seq in range(1, count + 1):
            t = time.gmtime(begin + seq)
            body = ('{"ts":"%s.%03dZ","trace_id":"%026d","tenant_id":"t%d","subject":"user-%d","action":"%s","resource":"r/%d",'
                    '"resource_owner":"","policy":"data.authz.allow","allow":true,"deny_reasons":[],"latency_us":45,'
                    '"sdk_version":"1","method":"Authorize","seq":%d,"revision":"r1","prev_hash":"%s"' % (
                        time.strftime("%Y-%m-%dT%H:%M:%S", t), seq % 1000, seq, seq // 10000 % 20, seq % 100,
                        "needle" if seq % 50000 == 7 else "read", seq, seq, previous)).encode()
            previous = hashlib.sha256(previous.encode() + body).hexdigest()
            log.write(body + b',"hash":"' + previous.encode() + b'"}\n')


def call_and_leave(d):
    """A query whose client is gone before it is answered; the next one is."""
    waiting = d.channel.unary_unary(QUERY).future(field(1, "t3"), timeout=60)
    time.sleep(0.05)
    waiting.cancel()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        code, _ = d.status(QUERY, field(1, "t3"), timeout=60)
        if code.name == "OK":
            break
        time.sleep(0.01)
    ok(code.name == "OK", "the place is free again", code)
    return waiting


def latency():
    with House() as house:
        os.makedirs(house.path("audit"))
        write_log(house.path("audit/audit.ndjson"), 200000)
        d = house.start()
        ok(d.ready_after is not None, "it is up over 200,000 records", d.logged())

        def timed(label, want, **more):
            begin = time.monotonic()
            got = query(d, timeout=60, **more)
            spent = (time.monotonic() - begin) * 1000
            ok(len(got) == want, f"{label}: {len(got)} found in {spent:.1f} ms", len(got))

        # A query beside a query: one place a worker, and one connection has one worker.
        call = d.channel.unary_unary(QUERY)
        waiting = [call.future(field(1, "t3"), timeout=60) for _ in range(8)]
        codes = [w.code().name for w in waiting]
        ok(codes.count("OK") >= 1 and codes.count("RESOURCE_EXHAUSTED") >= 1 and
           set(codes) <= {"OK", "RESOURCE_EXHAUSTED"}, "busy: refused, not queued", codes)
        d.stop()
        d = house.start()
        waiting = call_and_leave(d)
        ok(waiting.cancelled(), "a client that leaves")
        d.stop()
        d = house.start()
        waiting = d.channel.unary_unary(QUERY).future(field(1, "t3"), timeout=60)
        time.sleep(0.05)
        d.process.send_signal(signal.SIGTERM)
        code = waiting.code().name
        took, status = d.stop()
        ok(code in ("UNAVAILABLE", "OK") and took < 3 and status == 0, f"SIGTERM during a query: {code}", (took, status))
        d = house.start()
        timed("the first query, which makes the index", 100, tenant="t3")
        timed("a tenant's newest 100", 100, tenant="t3")
        for since, until, want in (("2026-01-01T00:00:10Z", "2026-01-01T00:00:19", 10), ("1767225610", "1767225619", 10),
                                   ("2026-01-01T00:00:10.500Z", "2026-01-01T00:00:12.000Z", 1), ("2027-01-01", "2028-01-01", 0)):
            done = subprocess.run([CORE, "audit", "query", house.path("audit/audit.ndjson"), "--since", since, "--until", until],
                                  capture_output=True, text=True)
            ok(done.returncode == 0 and len(done.stdout.splitlines()) == want, f"core audit query from {since} to {until}", done)
        for more, want in ((["--since", "yesterday"], 64), (["--limit", "-1"], 64), (["--since", "9", "--until", "8"], 6)):
            done = subprocess.run([CORE, "audit", "query", house.path("audit/audit.ndjson"), *more], capture_output=True, text=True)
            ok(done.returncode == want and done.stderr, f"core audit query {' '.join(more)}: exit {want}", done)
        timed("a tenant's newest 1000", 1000, tenant="t19", limit=1000)
        timed("a needle", 1, tenant="t0", action="needle")
        timed("nothing", 0, tenant="t0", action="absent")
        timed("a time", 100, tenant="t5", start=1767225600 + 50000, end=1767225600 + 59000)
        slow, over = [], threading.Event()

        def decide():
            while not over.is_set():
                begin = time.monotonic()
                d.evaluate("data.authz.allow", {"id": 1})
                slow.append(time.monotonic() - begin)

        t = threading.Thread(target=decide)
        t.start()
        for _ in range(10):
            query(d, "t0", "abs*", timeout=60)
        over.set()
        t.join()
        ok(slow and max(slow) < 1.0, f"decisions during queries: the slowest of {len(slow)} took {max(slow) * 1000:.1f} ms")
        good, text = verify(house.path("audit/audit.ndjson"))
        ok(good, "the log is intact", text)
        d.stop()


run_scenarios(events, auth_events, queries, masks, lost_records, rotation, latency)
