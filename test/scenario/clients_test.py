# SPDX-License-Identifier: Apache-2.0
"""The published clients and generated stubs against the daemon in closed mode: a row per client and call."""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import published_rows
import stubs_rows
from house import run_scenarios
from published import Refused, speaker, wrong_fields
from published_house import LOCAL_KEY, published_house, refresh_token
from published_rows import Tokens
from rig import SIDECAR, Daemon, field, fields, free_port, make_room, ok, remove_room
from stubs import Stubs, is_known

TOP = pathlib.Path(__file__).resolve().parents[2]
HEALTH = "/grpc.health.v1.Health/Check"
VALIDATE = "/coresdk.v1.AuthService/ValidateToken"


def last_record(house):
    """The newest decision; QueryAudit and others may come between, but not here: one call at a time."""
    with open(house.path("audit/audit.ndjson"), "rb") as f:
        f.seek(max(0, f.seek(0, 2) - 65536))
        return json.loads(f.read().splitlines()[-1])


class Seen:
    """All that a run has answered."""

    def __init__(self):
        self.answers = []

    def keep(self, what):
        self.answers.append(what if isinstance(what, bytes) else str(what).encode())
        return what

    def check(self, house, d, secrets, label):
        everything = b"\n".join(self.answers) + d.logged().encode() + pathlib.Path(house.path("audit/audit.ndjson")).read_bytes()
        found = [s[:12] + "…" for s in secrets if s.encode() in everything]
        where = [a[:300] for a in everything.splitlines() if any(s.encode() in a for s in secrets)]
        ok(not found, f"{label}: no token, service token or key in {len(self.answers)} answers, the log or a record", where or found)


# ---- hand-written clients ----

def status_row(speak, row, seen):
    """A row whose want is a status."""
    try:
        speak.call("/coresdk.v1." + row.rpc, row.message)
        return "an answer"
    except Refused as e:
        seen.keep(e)
        return None if str(e).startswith(row.want) else str(e)


def published_row(house, speak, row, seen):
    label, want = f"{row.client}: {row.rpc}: {row.shows}", row.want
    if isinstance(want, str):
        wrong = status_row(speak, row, seen)
    else:
        try:
            wrong = wrong_fields(seen.keep(speak.call("/coresdk.v1." + row.rpc, row.message)), want)
        except Refused as e:
            wrong = e
    if not wrong and row.record:
        record = last_record(house)
        wrong = {k: record.get(k, "") for k, v in row.record.items() if record.get(k, "") != v}
    ok(not wrong, label, f"got {wrong!r}")


def handwritten():
    with published_house() as house:
        d, seen, tokens = house.start(), Seen(), Tokens(house, refresh_token())
        ok(d.ready_after is not None, "it is up", d.logged())
        speakers = {name: speaker(name, d.address) for name in ("python", "old python", "go", "java", "ts")}
        for name, speak in speakers.items():
            ok(speak.call(HEALTH, b"") == field(1, 1), f"{name}: health")
        for row in published_rows.rows(tokens):
            published_row(house, speakers[row.client], row, seen)
        first = fields(speakers["python"].first("/coresdk.v1.ConfigService/WatchConfig", field(1, "acme"), bare=True))
        ok(len(first[1][0]) == 16 and first[2], "python: ConfigService/WatchConfig: tenant as text, no metadata")
        marks = [part for t in tokens.all for part in t.split(".")[2:]]
        seen.check(house, d, [*marks, LOCAL_KEY], "clients")
        for speak in speakers.values():
            speak.close()
        d.stop()


def gated():
    """With a service token: who sends it is served, who does not is refused; health is for all."""
    token = "s3rvice-t0ken-of-the-house"
    with published_house() as house:
        d, seen = house.start(env={"CORESDK_SERVICE_TOKEN": token}), Seen()
        good = house.issuer.token(sub="u")
        for name in ("python", "go", "java", "ts"):
            for given, label in ((token, "right"), (None, "none"), ("wrong", "wrong"), (token + "x", "longer")):
                speak = speaker(name, d.address, given)
                try:
                    got = fields(seen.keep(speak.call(VALIDATE, field(1, good)))).get(1)
                except Refused as e:
                    got = seen.keep(str(e))
                want = got == [1] if given == token else got == "no data" or str(got).startswith("UNAUTHENTICATED")
                ok(want, f"service token: {name}: {label}", got)
                ok(speak.call(HEALTH, b"") == field(1, 1), f"service token: {name}: {label}: health all the same")
                speak.close()
        speak = speaker("python", d.address, token)
        watch = "/coresdk.v1.ConfigService/WatchConfig"
        ok(speak.first(watch, field(1, "acme")), "service token: WatchConfig with it")
        try:
            speak.first(watch, field(1, "acme"), bare=True)
            ok(False, "service token: python's watch_config, which sends none, is refused")
        except Refused as e:
            ok(str(e).startswith("UNAUTHENTICATED"), "service token: python's watch_config, which sends none, is refused", seen.keep(e))
        speak.close()
        seen.check(house, d, [token, good.split(".")[2], LOCAL_KEY], "service token")
        d.stop()


def misplaced():
    """A token where something else belongs is in no answer, log line or record either."""
    with published_house() as house:
        d, seen = house.start(), Seen()
        good, mark = house.issuer.token(sub="u", tenant_id="acme"), "x7WrOngPlacE"
        junk = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0." + mark
        auth, reading = "AuthService/", field(2, "read") + field(3, "doc")
        rows = [(auth + "ValidateToken", field(1, good) + field(2, junk) + field(3, junk) + field(4, junk)),
                (auth + "ValidateToken", field(1, good) + field(2, field(1, junk)) + field(3, field(2, junk)) + field(4, junk)),
                (auth + "Authorize", field(2, junk) + field(3, junk) + field(7, good)),
                (auth + "Authorize", field(1, junk) + reading), (auth + "Authorize", field(1, junk) + reading + field(7, good)),
                (auth + "Authorize", reading + field(6, field(1, "resource_owner") + field(2, junk)) + field(7, good)),
                (auth + "Authorize", reading + field(7, good) + field(8, junk)),
                (auth + "MintAgentToken", field(1, good) + field(2, junk) + field(4, 60)),
                (auth + "MintAgentToken", field(1, good) + field(2, "billing") + field(3, junk)),
                (auth + "RevokeToken", field(1, good) + field(2, junk) + field(3, junk)),
                ("DataGateService/AgentSpawnGate", field(1, house.issuer.token(sub="v")) + field(2, junk) + field(5, junk)),
                ("PolicyService/Evaluate", field(1, junk) + field(2, "{}")), ("PolicyService/Evaluate", field(1, "authz.allow") + field(2, junk)),
                ("PolicyService/Evaluate", field(1, "authz.allow") + field(3, junk) + field(2, json.dumps(
                    dict.fromkeys(("subject", "action", "resource", "resource_owner"), "Bearer " + junk)))),
                ("TenantService/ValidateIsolation", field(1, junk) + field(2, "acme")),
                ("TenantService/ValidateIsolation", field(1, "acme") + field(2, junk)),
                ("TenantService/ResolveTenant", field(2, junk)), ("FlagService/Evaluate", field(1, junk) + field(2, junk) + field(3, junk) + field(4, junk)),
                ("LicenseService/CheckEntitlement", field(1, junk) + field(2, junk)), ("RateLimitService/Check", field(1, junk) + field(2, junk)),
                ("MaskingService/Mask", field(1, junk)), ("MaskingService/Mask", field(1, "{}") + field(3, "(" + junk)),
                ("MaskingService/MaskString", field(1, junk)),
                ("AuditService/Emit", b"".join(field(n, junk) for n in range(1, 7)) + field(7, json.dumps({"note": junk}))),
                ("AuditService/EmitAuthEvent", field(2, "auth.login") + b"".join(field(n, junk) for n in (3, 5, 8, 9, 12, 13, 14, 19))),
                ("DataGateService/Gate", field(1, good) + field(2, "read") + field(3, junk)),
                ("DataGateService/StorageGate", field(1, good) + field(2, "read") + field(3, "b") + field(4, junk)),
                ("DataGateService/SecretGate", field(1, good) + field(2, "read") + field(3, junk) + field(4, junk)),
                ("DataGateService/WorkflowGate", field(1, good) + field(2, junk) + field(3, junk) + field(4, junk)),
                ("EgressService/CheckEgress", field(1, junk) + field(3, junk)),
                ("EgressService/CheckEgress", field(1, "https://example.org/a?token=" + junk) + field(2, junk)),
                ("SecretsService/ResolveSecret", field(1, field(1, "acme")) + field(3, field(1, junk))),
                ("JobService/SubmitJob", field(1, junk))]
        speak = speaker("python", d.address)
        calls = [("/coresdk.v1." + rpc, message) for rpc, message in rows] + [(HEALTH, field(1, junk)), ("/coresdk.v1.AuthService/" + junk, b"")]
        for path, message in calls:
            try:
                seen.keep(speak.call(path, message))
            except Refused as e:
                seen.keep(e)
        records = [r for r in house.audit() if "token:" in json.dumps(r)]
        ok(len(records) > 8 and d.process.poll() is None, f"a token in the wrong place: {len(records)} records name its hash")
        seen.check(house, d, [mark, good.split(".")[2]], "a token in the wrong place")
        speak.close()
        d.stop()


# ---- stubs ----

def stub_row(stubs, speak, row, seen):
    label, path = f"stubs: {row.rpc}: {row.shows}", "/coresdk.v1." + row.rpc
    message = stubs.encode(row.rpc, row.request)
    try:
        data = speak.first(path, message) if stubs.streams(row.rpc) else speak.call(path, message)
        answer = stubs.decode(row.rpc, seen.keep(data))
        ok(callable(row.want) and row.want(answer) and is_known(answer), label, answer)
    except Refused as e:
        seen.keep(e)
        ok(not callable(row.want) and str(e).startswith(row.want) and len(str(e)) > 25, label, e)


def served_paths():
    text = (TOP / "src/sidecar/service.def").read_text()
    return {f"{s.removeprefix('coresdk.v1.')}/{m}" for s, m in re.findall(r'^[A-Z]+\("(coresdk\.v1\.\w+)", "(\w+)"', text, re.M)}


def decoding(stubs, speak, tokens):
    """What protobuf promises of messages from the future, on every rpc; and what no message is."""
    later = field(900, 7) + field(901, "new") + b"\xad\x38" + b"\1\2\3\4" + b"\xb1\x38" + b"\1\2\3\4\5\6\7\x08"  # fixed32, fixed64
    validate = stubs.encode("AuthService/ValidateToken", {"token": tokens.reader, "tenant": stubs_rows.ACME})
    for label, message in (("after", validate + later), ("before", later + validate),
                           ("in a tenant", field(1, tokens.reader) + field(2, field(1, "acme") + field(9, 1) + field(10, "x")))):
        ok(stubs.decode("AuthService/ValidateToken", speak.call(VALIDATE, message)).valid, f"stubs: unknown fields {label} are ignored")
    again = field(1, "junk") + validate
    ok(stubs.decode("AuthService/ValidateToken", speak.call(VALIDATE, again)).valid, "stubs: of a field given twice the last counts")
    submit = field(5, 77)  # an enum's number that no one knows
    ok(refusal(speak, "JobService/SubmitJob", submit).startswith("UNIMPLEMENTED"), "stubs: an unknown enum is no other error")
    for rpc in sorted(stubs.rpcs):
        if stubs.streams(rpc):
            continue
        got = {label: refusal(speak, rpc, m) for label, m in (("empty", b""), ("later", later), ("cut", b"\x0a\x7fx"), ("ones", b"\xff" * 64))}
        fine = all(g == "" or not g.startswith(("INTERNAL", "UNKNOWN", "UNAVAILABLE", "CANCELLED")) for g in got.values())
        served = not got["empty"].startswith("UNIMPLEMENTED")
        ok(fine and (not served or all(got[k].startswith("INVALID_ARGUMENT") for k in ("cut", "ones"))),
           f"stubs: {rpc}: empty, later and malformed messages", got)


def refusal(speak, rpc, message):
    try:
        speak.call("/coresdk.v1." + rpc, message)
        return ""
    except Refused as e:
        return str(e)


def generated():
    with published_house() as house:
        d, seen, tokens, stubs = house.start(), Seen(), Tokens(house, refresh_token()), Stubs()
        speak = speaker("stubs", d.address)
        rows = list(stubs_rows.rows(tokens))
        asked = {r.rpc for r in rows}
        ok(set(stubs.rpcs) <= asked, "there is a row for every rpc of the descriptors", set(stubs.rpcs) - asked)
        aliases = {r.rpc for r in published_rows.rows(tokens)} | {"AuditService/Emit"}
        ok(served_paths() <= asked | aliases, "and for every row of service.def", served_paths() - asked - aliases)
        for row in rows:
            stub_row(stubs, speak, row, seen)
        decoding(stubs, speak, tokens)
        marks = [part for t in tokens.all for part in t.split(".")[2:]]
        seen.check(house, d, [*marks, LOCAL_KEY], "stubs")
        speak.close()
        d.stop()


# ---- the published fixture and its example ----

FIXTURE = {"CORESDK_TENANT_ID": "test", "CORESDK_FAIL_MODE": "open", "CORESDK_ENV": "development"}
FAKE = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1LTEiLCJ0ZW5hbnRfaWQiOiJhY21lIn0.c2ln"


def fixture():
    """No arguments and four variables, in a file system of its own, since it writes where a daemon does."""
    room, port = make_room(), free_port()
    inside = ["/usr/bin/unshare", "-r", "-m", "/bin/sh", "-c",
              'mount -t tmpfs none /var && mkdir /var/log /var/lib && cd "$1" && exec /usr/bin/env -i "CORESDK_SIDECAR_ADDR=127.0.0.1:$2" '
              + " ".join(f"{k}={v}" for k, v in FIXTURE.items()) + ' ASAN_OPTIONS=detect_leaks=0 "$3"', "sh", room, str(port), os.path.abspath(SIDECAR)]
    if subprocess.run([*inside[:5], "mount -t tmpfs none /var"], capture_output=True, check=False).returncode != 0:
        ok(True, "fixture: no arguments, four variables # SKIP this host lets nobody make a namespace")
        remove_room(room)
        return
    begin = time.monotonic()
    with open(f"{room}/log", "wb") as log:
        process = subprocess.Popen(inside, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    Daemon.running.append(process)
    answer = None
    while answer is None and time.monotonic() - begin < 10:
        speak = speaker("python", f"127.0.0.1:{port}")
        try:
            answer = speak.call(HEALTH, b"")
        except Refused:
            time.sleep(0.02)
        speak.close()
    said = pathlib.Path(f"{room}/log").read_text()
    ok(answer == field(1, 1), f"fixture: no arguments, four variables: up after {time.monotonic() - begin:.2f} s", said)
    speak = speaker("python", f"127.0.0.1:{port}")
    ok(fields(speak.call(VALIDATE, field(1, "junk") + field(2, "test"))).get(1, [0])[0] in (0, 1), "fixture: a junk token is a decision")
    ok(fields(speak.call("/coresdk.v1.PolicyService/Evaluate", field(1, "data.coresdk.allow") + field(2, "{}") + field(3, "test"))).get(1, [0]) == [0],
       "fixture: data.coresdk.allow without a bundle is a bool")
    got = fields(speak.call("/coresdk.v1.RateLimitService/Check", field(1, "k") + field(2, "test")))
    ok(got[1] == [1] and got[2][0] >= 0, "fixture: rate limit with limit 0")
    ok(3 in fields(speak.call("/coresdk.v1.FlagService/Evaluate", field(1, "no-flag") + field(2, "test") + field(3, "u"))), "fixture: an unknown flag")
    ok(1 not in fields(speak.call("/coresdk.v1.LicenseService/CheckEntitlement", field(1, "none") + field(2, "test"))), "fixture: an unknown entitlement")
    got = fields(speak.call("/coresdk.v1.AuditService/Emit", field(1, "test.action") + field(4, "test") + field(6, "success")))
    ok(got.get(1, [b""])[0] and 5 not in got, "fixture: an audit event has an id", got)
    speak.close()
    process.terminate()
    begin = time.monotonic()
    ok(process.wait(6) == 0 and time.monotonic() - begin < 5, "fixture: SIGTERM ends it within 5 s")
    remove_room(room)


def without_policy():
    """Keys are there, a policy is not: every call is answered, and what a policy would allow is denied."""
    with published_house() as house:
        os.unlink(house.path("bundle.tar.gz"))
        d, tokens = house.start(), Tokens(house, refresh_token())
        speakers = {name: speaker(name, d.address) for name in ("python", "old python", "go", "java", "ts")}
        for row in published_rows.rows(tokens):
            gone = refusal(speakers[row.client], row.rpc, row.message)
            if gone.startswith(("UNAVAILABLE", "INTERNAL", "the ")):
                ok(False, f"no policy: {row.client}: {row.rpc}: {row.shows}", gone)
        ok(d.process.poll() is None, "no policy: all calls of all clients are answered", d.logged()[-400:])
        for client, rpc, message in (("python", "Authorize", field(2, "read") + field(3, "doc") + field(7, tokens.reader)),
                                     ("java", "Authorize", field(1, tokens.reader) + field(2, "doc") + field(3, "read") + field(4, "acme")),
                                     ("ts", "ValidateToken", field(1, tokens.reader) + field(4, "doc")),
                                     ("python", "ValidateToken", field(1, tokens.reader) + field(2, "acme") + field(4, "read"))):
            ok(1 not in fields(speakers[client].call("/coresdk.v1.AuthService/" + rpc, message)), f"no policy: {client}: {rpc}: denied")
        for speak in speakers.values():
            speak.close()
        d.stop()


def problem_of(answer, number):
    return fields(fields(answer)[number][0])


def example(d, open_mode, good, label):
    """examples/python/e2e_test.py, step by step; open_mode: what it expects of any token."""
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        with urllib.request.urlopen(f"http://127.0.0.1:{d.http}{path}", timeout=5) as answer:
            ok(json.loads(answer.read())["status"] == status, f"{label}: 1: {path}")
    speak = speaker("python", d.address)

    def valid(token, *more):
        return fields(speak.call(VALIDATE, field(1, token) + field(2, "acme") + b"".join(more))).get(1, [0])[0] == 1

    ok(valid(FAKE) is open_mode and valid(good) and not valid(""), f"{label}: 2: a fake token, a good one, none")
    ok(valid(FAKE, field(3, "documents/doc-1"), field(4, "read")) is open_mode, f"{label}: 3: read documents/doc-1")
    ok(valid(FAKE, field(3, "admin/settings"), field(4, "delete")) is open_mode, f"{label}: 3: delete admin/settings")
    for action in ("read", "delete", "create"):
        document = {"tenant_id": "acme", "subject": "u-1", "action": action, "resource": "documents/doc-1", "context": {}}
        ok(d.evaluate("data.authz.allow", document)[0] in (True, False), f"{label}: 4: evaluate {action}")
    document = {"user.email": "a@b.example", "Authorization": "x", "api_key": "k", "order": "7"}
    masked = json.loads(fields(speak.call("/coresdk.v1.MaskingService/Mask", field(1, json.dumps(document))))[1][0])
    ok(masked == {**dict.fromkeys(document, "[REDACTED]"), "order": "7"}, f"{label}: 5: masking", masked)
    found = (problem_of(speak.call(VALIDATE, field(1, "junk")), 6)[3],
             problem_of(speak.call("/coresdk.v1.PolicyService/Evaluate", field(1, "data.authz.allow") + field(2, "{}")), 4)[3],
             problem_of(speak.call("/coresdk.v1.TenantService/ResolveTenant", field(1, good) + field(2, "nobody")), 2)[3])
    ok(found == ([401], [403], [404]), f"{label}: 6: problems of status 401, 403, 404", found)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        ok(all(pool.map(valid, [good] * 20)), f"{label}: 7: 20 at once")
    web = {"bearer": 200 if valid("Bearer " + good) else 401, "none": 200 if valid("") else 401}
    ok(web == {"bearer": 200, "none": 401}, f"{label}: 8: what a web framework would answer", web)
    speak.close()


def examples():
    with published_house() as house:
        d = house.start()
        example(d, False, house.issuer.token(sub="u-1", tenant_id="acme"), "closed")
        d.stop()
    room = make_room()
    d = Daemon(room, env={**FIXTURE, "CORESDK_DATA_DIR": room, "CORESDK_AUDIT_FILE_PATH": f"{room}/audit.ndjson"})
    example(d, True, FAKE, "development")
    d.stop()
    remove_room(room)


run_scenarios(handwritten, gated, misplaced, generated, without_policy, fixture, examples)
