# SPDX-License-Identifier: Apache-2.0
"""The whole daemon, seen from outside: as clients, operators and attackers see it."""
import grpc
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

from house import OTHER, POLICY, House, run_scenarios
from rig import (Daemon, Key, SIDECAR, claims_of, field, fields, free_port, make_bundle, make_certificates,
                 make_room, ok, read_audit, remove_room)

VALIDATE = "/coresdk.v1.AuthService/ValidateToken"
AUTHORIZE = "/coresdk.v1.AuthService/Authorize"
EVALUATE = "/coresdk.v1.PolicyService/Evaluate"

def fetch(daemon, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{daemon.http}{path}", timeout=5) as answer:
        return answer.status, json.loads(answer.read())


# ---- the published fixture: no file, no bundle, almost no environment ----

def bare_start():
    room = make_room()
    env = {"CORESDK_TENANT_ID": "test", "CORESDK_FAIL_MODE": "open", "CORESDK_ENV": "development",
           "CORESDK_DATA_DIR": room, "CORESDK_AUDIT_FILE_PATH": f"{room}/audit.ndjson"}
    d = Daemon(room, env=env)
    ok(d.ready_after is not None and d.ready_after < 5, "bare: it is up", d.logged())
    ok(fetch(d, "/healthz") == (200, {"status": "ok"}), "bare: /healthz")
    status, body = fetch(d, "/readyz")
    ok(status == 200 and body["status"] == "ready" and body["warnings"], "bare: /readyz says development")
    fake = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1LTEiLCJ0ZW5hbnRfaWQiOiJhY21lIn0.c2ln"
    for tenant in ("default", "acme", "acme-corp"):
        answer = d.call(VALIDATE, field(1, fake) + field(2, tenant))
        ok(fields(answer).get(1) == [1] and claims_of(answer)["tenant_id"] == "acme",
           f"bare: any well-formed token, tenant {tenant}")
    answer = d.call(VALIDATE, field(1, fake) + field(2, "acme") + field(3, "documents/doc-1") + field(4, "read"))
    ok(fields(answer).get(1) == [1], "bare: also with resource and action")
    ok(1 not in fields(d.call(VALIDATE, field(1, "") + field(2, "acme"))), "bare: but not an empty one")
    ok(1 not in fields(d.call(VALIDATE, field(1, "junk") + field(2, "acme"))), "bare: nor junk")
    ok(d.evaluate("data.coresdk.allow", {})[0] is False, "bare: without a policy everything is denied")
    second = Daemon(f"{room}", env={**env, "CORESDK_LISTEN_HTTP": f"127.0.0.1:{d.http}",
                                    "CORESDK_LISTEN_ADMIN": "", "CORESDK_AUDIT_FILE_PATH": f"{room}/b.ndjson"})
    ok(second.ready_after is not None and "health is not served here" in second.logged(),
       "bare: a busy health port is a warning")
    second.stop()
    third = Daemon(room, env=env, port=d.port, wait=False)
    ok(third.stop(signal.SIGCONT)[1] not in (0, -9), "bare: a busy gRPC port stops the start")
    took, status = d.stop()
    ok(took < 5 and status == 0, f"bare: SIGTERM ends it in {took:.2f} s with {status}")
    remove_room(room)


# ---- decisions ----

def decisions(house, d):
    ok(d.evaluate("data.authz.allow", {"id": 1}) == (True, ""), "evaluate: allowed")
    allowed, reason = d.evaluate("data.authz.allow", {"id": 0, "context": {"roles": []}})
    ok(not allowed and reason == "only readers may read", "evaluate: denied, with the policy's reason", reason)
    ok(d.evaluate("authz.allow", {"id": 1})[0], "evaluate: a rule without data.")
    ok(d.evaluate("data.authz.allow", {"id": 1}, path="EvaluatePolicy")[0], "evaluate: the old name")
    for rule in ("data.authz.nothing", "data.nowhere.allow", "no rule at all", "data", ""):
        allowed, reason = d.evaluate(rule, {"id": 1})
        want = rule == ""
        ok(allowed is want and (want or reason), f"evaluate: rule `{rule}`: {reason}")
    for text, place in (("{", "1:"), ("{\"a\":\n nope}", "2:"), ("{} {}", "1:"), ("\xff", "1:")):
        code, details = d.status(EVALUATE, field(1, "data.authz.allow") + field(2, text.encode("latin-1")))
        ok(code == grpc.StatusCode.INVALID_ARGUMENT and place in details,
           f"evaluate: the input {text!r}: {details}")
    code, _ = d.status(EVALUATE, b"\x0a\x05abc")
    ok(code == grpc.StatusCode.INVALID_ARGUMENT, "evaluate: bytes that are no message")
    code, _ = d.status(EVALUATE, field(2, "x" * (5 << 20)))
    ok(code == grpc.StatusCode.RESOURCE_EXHAUSTED, "evaluate: a message that is too big")
    ok(d.evaluate("data.authz.allow", {"id": 1})[0], "evaluate: and the next is served")
    for path in ("/coresdk.v1.JobService/SubmitJob", "/coresdk.v1.AuthService/ValidateSAMLAssertion"):
        code, details = d.status(path, b"")
        ok(code == grpc.StatusCode.UNIMPLEMENTED and details, f"{path}: {details}")
    for path in ("/coresdk.v1.PolicyService/None", "/x", "//coresdk.v1.PolicyService/Evaluate"):
        ok(d.status(path, b"")[0] == grpc.StatusCode.UNIMPLEMENTED, f"{path}: unknown")
    before = len(house.audit())
    ok(d.evaluate("data.authz.allow", {"id": 1}, path="DryRun")[0] and len(house.audit()) == before,
       "dry run: decided, not recorded")


def tokens(house, d):
    good = house.issuer.token(sub="u-1", tenant_id="acme", roles=["reader"], scope="jobs.* files.read",
                              email="u@acme.example", groups=["a", "b"], aud="app")
    now = int(time.time())

    def validate(token, *more):
        return d.call(VALIDATE, field(1, token) + field(2, "acme") + b"".join(more))

    answer = validate(good)
    got = fields(answer)
    ok(got.get(1) == [1] and got[2] == [b"u-1"] and got[3] == [b"reader"] and got[5][0] > now,
       "token: valid, with subject, roles and expiry")
    claims = claims_of(answer)
    ok(claims["tenant_id"] == "acme" and claims["email"] == "u@acme.example" and claims["groups"] == "a,b"
       and claims["scope"] == "jobs.* files.read", "token: claims as texts", claims)
    ok(fields(validate("Bearer " + good)).get(1) == [1], "token: behind Bearer")
    ok(fields(validate("bEARER " + good)).get(1) == [1], "token: in any case")
    message = field(1, good) + field(2, field(1, "acme")) + field(3, field(2, "trace")) + field(4, "app")
    ok(fields(d.call(VALIDATE, message)).get(1) == [1], "token: as the descriptors have it")
    ok(1 not in fields(d.call(VALIDATE, message[:-3] + b"xyz")), "token: for another audience")
    ok(fields(validate(good, field(3, "doc"), field(4, "read"))).get(1) == [1], "token: may read")
    ok(1 not in fields(validate(good, field(3, "doc"), field(4, "delete"))), "token: may not delete")
    head, body, mark = good.split(".")
    other = Key(house.path("other"))
    bad = {
        "expired": house.issuer.token(sub="u", exp=now - 100),
        "not yet valid": house.issuer.token(sub="u", nbf=now + 100),
        "without expiry": house.issuer.token(sub="u", exp=None),
        "of an unknown key": house.issuer.token(kid="k2", sub="u"),
        "signed by another": other.token(sub="u"),
        "changed": ".".join((head, body[:-2] + ("AA" if body[-2:] != "AA" else "BB"), mark)),
        "with alg none": "eyJhbGciOiJub25lIn0." + body + ".",
        "cut": good[:-10],
        "endless": good + "A" * 100000,
        "empty": "",
    }
    for label, token in bad.items():
        got = fields(validate(token))
        ok(1 not in got and got.get(6), f"token: {label} is refused with a problem")
    ok(fields(validate(good)).get(1) == [1], "token: the good one is still good")


def authorizations(d, house):
    reader = house.issuer.token(sub="u-1", tenant_id="acme", roles=["reader"], scope="jobs.*")

    def authorize(*parts):
        got = fields(d.call(AUTHORIZE, b"".join(parts)))
        return got.get(1) == [1], got.get(2, [b""])[0].decode(), 3 in got

    ok(authorize(field(2, "read"), field(3, "doc"), field(7, reader)) == (True, "", False),
       "authorize: a reader may read")
    allowed, reason, has_error = authorize(field(2, "delete"), field(3, "doc"), field(7, reader))
    ok(not allowed and reason and not has_error, f"authorize: but not delete: {reason}")
    allowed, reason, has_error = authorize(field(2, "read"), field(7, "junk"))
    ok(not allowed and reason and not has_error, f"authorize: a bad token is an OK denial: {reason}")
    ok(authorize(field(1, "u-1"), field(2, "read"), field(4, field(1, "acme") + field(3, "reader")))[0],
       "authorize: roles of a TenantContext, without a token")
    ok(authorize(field(1, "u-1"), field(2, "x"), field(6, field(1, "resource_owner") + field(2, "u-1")))[0],
       "authorize: an owner named in the context")
    ok(not authorize(field(2, "x"))[0], "authorize: nobody is not the owner of nothing")
    ok(authorize(field(2, "read"), field(7, reader), field(8, "jobs.write"))[0], "authorize: a scope by a star")
    ok(not authorize(field(2, "read"), field(7, reader), field(8, "jobs.write files"))[0],
       "authorize: but all scopes are needed")
    java = field(1, reader) + field(2, "doc") + field(3, "read") + field(4, "acme")
    ok(authorize(java)[0], "authorize: java's layout")


def records(house, d):
    canary = house.issuer.token(sub="canary")
    d.call(VALIDATE, field(1, canary) + field(2, "acme"))
    d.evaluate("data.authz.allow", {"id": 7, "subject": "ann", "action": "read", "resource": "doc"})
    log = house.audit()
    ok(log is not None, "audit: the chain holds")
    last = log[-1]
    members = ["ts", "trace_id", "tenant_id", "subject", "action", "resource", "resource_owner", "policy",
               "allow", "deny_reasons", "latency_us", "sdk_version"]
    ok(list(last)[:12] == members and list(last)[-4:] == ["seq", "revision", "prev_hash", "hash"],
       "audit: the members in order", list(last))
    ok((last["subject"], last["action"], last["resource"], last["policy"], last["allow"], last["revision"]) ==
       ("ann", "read", "doc", "data.authz.allow", True, "r1"), "audit: what was decided", last)
    everything = json.dumps(log) + d.logged()
    ok(canary.split(".")[2] not in everything and len(log[-2]["token_sha256"]) == 64,
       "audit: a token is there only as its hash")


def serving():
    with House() as house:
        d = house.start()
        ok(d.ready_after is not None, f"serving: ready after {d.ready_after} s", d.logged())
        decisions(house, d)
        tokens(house, d)
        authorizations(d, house)
        records(house, d)
        d.stop()


# ---- configuration ----

def bad_configurations():
    with House() as house:
        cases = {
            "unknown key": ("audit:\n  file:\n    rotate_mbb: 1\n", 4, ":3:5:", "did you mean `audit.file.rotate_mb`"),
            "wrong type": ("audit: { file: { rotate_mb: ten } }\n", 4, ":1:29:", "`ten`"),
            "not YAML": ("a: [\n", 4, ":2:1:", "not YAML"),
            "open to all": ("listen: { grpc: '0.0.0.0:1' }\n", 4, ":1:17:", "mode: off"),
            "no certificate": ("tls: { mode: mtls, ca_cert: a, server_cert: b, server_key: c }\n", 6, "b:", "no such"),
        }
        for label, (text, status, place, words) in cases.items():
            pathlib.Path(house.path("bad.yaml")).write_text(text)
            run = subprocess.run([os.path.abspath(SIDECAR), "start", "--config", house.path("bad.yaml")],
                                 capture_output=True, text=True, timeout=20,
                                 env={"ASAN_OPTIONS": "detect_leaks=0"})
            if label == "no certificate":
                ok(run.returncode != 0 and run.stderr, f"config: {label}")
                continue
            ok(run.returncode == status and place in run.stderr and words in run.stderr, f"config: {label}",
               f"{run.returncode} {run.stderr}")
        run = subprocess.run([os.path.abspath(SIDECAR), "--config", house.path("none.yaml")],
                             capture_output=True, text=True, timeout=20)
        ok(run.returncode != 0 and "none.yaml" in run.stderr, "config: a file that is not there")
        for arguments, status in ((["--version"], 0), (["--help"], 0), (["--frobnicate"], 64)):
            run = subprocess.run([os.path.abspath(SIDECAR), *arguments], capture_output=True, timeout=20)
            ok(run.returncode == status, f"command line: {arguments[0]}")


# ---- reloads ----

def reloads():
    with House() as house:
        d = house.start()
        allowed = lambda: d.evaluate("data.authz.allow", {"id": 1})[0]
        ok(allowed(), "reload: the first policy")
        refused = {
            "unsigned": house.write_bundle(OTHER, "unsigned.tar.gz"),
            "of another key": house.write_bundle(OTHER, "stranger.tar.gz", Key(house.path("x")), number=9),
            "older": house.write_bundle(OTHER, "old.tar.gz", number=4),
            "expired": house.write_bundle(OTHER, "expired.tar.gz", number=9, expires=1000),
            "not yet valid": house.write_bundle(OTHER, "early.tar.gz", number=9, not_before=1 << 33),
            "that does not compile": house.write_bundle("package authz\nallow := \n", "broken.tar.gz", number=9),
        }
        make_bundle(refused["unsigned"], {"authz.rego": OTHER})
        whole = pathlib.Path(house.path("bundle.tar.gz")).read_bytes()
        for label, data in (("cut", whole[:-20]), ("flipped", whole[:60] + bytes([whole[60] ^ 1]) + whole[61:]),
                            ("empty", b""), ("garbage", b"garbage" * 100)):
            pathlib.Path(house.path(f"{label}.tar.gz")).write_bytes(data)
            refused[label] = house.path(f"{label}.tar.gz")
        for label, path in refused.items():
            answer = d.reload_policy(path)
            ok(not answer["ok"] and answer["message"] and allowed(),
               f"reload: a bundle {label} is refused: {answer.get('message')}", answer)
        good = house.write_bundle(OTHER, "good.tar.gz", revision="r2", number=6)
        answer = d.reload_policy(good)
        ok(answer.get("message") == "Policy bundle loaded and verified. 1 policy active." and not allowed(),
           "reload: a good one is taken", answer)
        status = d.admin({"command": "status"})
        ok(status["ok"] and status["revision"] == "r2" and status["revision_number"] == 6 and
           status["policies"] == ["authz"], "status: says which policy serves", status)
        ok(not d.admin({"command": "dance"})["ok"] and not d.admin({"command": "reload-policy"})["ok"],
           "admin: what is not understood is refused")
        answer = d.reload_policy(house.path("bundle.tar.gz"))
        ok(not answer["ok"] and "revision number" in answer["message"], "reload: back to r1 is refused", answer)
        answer = d.reload_policy(house.path("bundle.tar.gz"), allow_rollback=True)
        ok(answer["ok"] and allowed() and any(r.get("event") == "policy.rollback" for r in house.audit()),
           "reload: unless it is allowed, and then it is recorded", answer)
        shutil.copy(good, house.path("bundle.tar.gz"))
        d.process.send_signal(signal.SIGHUP)
        for _ in range(500):
            if not allowed():
                break
            time.sleep(0.01)
        ok(not allowed(), "SIGHUP: everything is read again")
        pathlib.Path(house.path("jwks.json")).write_text("{")
        ok(not d.admin({"command": "reload"})["ok"], "reload: a broken key set is refused")
        token = house.issuer.token(sub="u")
        ok(fields(d.call(VALIDATE, field(1, token) + field(2, "t"))).get(1) == [1], "reload: the old keys serve on")
        os.unlink(house.path("bundle.tar.gz"))
        d.stop()
        again = house.start()
        ok(again.ready_after is not None and again.admin({"command": "status"})["revision"] == "r2",
           "start: without its bundle, the last good one serves", again.logged())
        again.stop()


def reload_under_load():
    with House() as house:
        house.config["policy"]["on_equivocation"] = "alarm"  # two bundles of one number, back and forth
        house.write_config()
        first = shutil.copy(house.path("bundle.tar.gz"), house.path("first.tar.gz"))
        second = house.write_bundle(POLICY + "\nextra if true\n", "second.tar.gz", revision="r2", number=5)
        broken = house.write_bundle("package authz\nallow := \n", "broken.tar.gz", number=5)
        d = house.start()
        counts, failures, stop = [0], [], threading.Event()

        def ask():
            while not stop.is_set():
                try:
                    if not d.evaluate("data.authz.allow", {"id": 1})[0]:
                        failures.append("denied")
                except grpc.RpcError as e:
                    failures.append(str(e.code()))
                counts[0] += 1

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for t in threads:
            t.start()
        taken = [d.reload_policy(path)["ok"] for _ in range(20) for path in (second, broken, first)]
        stop.set()
        for t in threads:
            t.join()
        ok(taken.count(True) == 40 and taken.count(False) == 20, "load: every second and third reload is taken")
        ok(counts[0] > 100 and not failures, f"load: none of {counts[0]} requests noticed", failures[:5])
        log = house.audit()
        ok(log is not None and {r["revision"] for r in log if "event" not in r} <= {"r1", "r2"}, "load: each record has its revision")
        d.stop()


# ---- transport ----

def mutual_tls():
    with House() as house:
        make_certificates(house.room)
        house.config["tls"] = {"mode": "mtls", "ca_cert": house.path("ca.crt"),
                               "server_cert": house.path("server.crt"), "server_key": house.path("server.key")}
        house.write_config()
        d = house.start(wait=False)
        read = lambda name: pathlib.Path(house.path(name)).read_bytes()
        address = f"localhost:{d.port}"

        def channel(client):
            pair = (read(client + ".key"), read(client + ".crt")) if client else (None, None)
            credentials = grpc.ssl_channel_credentials(read("ca.crt"), *pair)
            return grpc.secure_channel(address, credentials, [("grpc.use_local_subchannel_pool", 1)])

        deadline, up = time.monotonic() + 10, False
        while not up and time.monotonic() < deadline:
            with channel("client") as c:
                try:
                    up = d.evaluate("data.authz.allow", {"id": 1}, channel=c, timeout=2)[0]
                except grpc.RpcError:
                    time.sleep(0.05)
        ok(up, "mTLS: a client with a certificate is served", d.logged())
        for label, c in (("without a certificate", channel(None)), ("of another CA", channel("stranger")),
                         ("in cleartext", d.channel)):
            code, _ = d.status(EVALUATE, field(1, "data.authz.allow"), channel=c, timeout=3)
            ok(code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED), f"mTLS: {label}: {code}")
        d.stop()


def service_token():
    with House(service_token="hush-hush") as house:
        d = house.start()
        ok(d.ready_after is not None, "service token: health needs none", d.logged())
        message = field(1, "data.authz.allow") + field(2, '{"id":1}')
        ok(d.status(EVALUATE, message)[0] == grpc.StatusCode.UNAUTHENTICATED, "service token: missing")
        ok(d.status(EVALUATE, message, metadata=(("x-service-token", "hush-hash"),))[0] ==
           grpc.StatusCode.UNAUTHENTICATED, "service token: wrong")
        ok(d.evaluate("data.authz.allow", {"id": 1}, metadata=(("x-service-token", "hush-hush"),))[0],
           "service token: right")
        d.stop()


def rude_peers():
    with House() as house:
        d = house.start()
        answers = lambda: d.evaluate("data.authz.allow", {"id": 1})[0]
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        held = []
        for data in (b"", preface[:10], preface + b"\0\0\0\4\0\0\0\0\0" + b"\0\0\x40\1", b"GET / HTTP/1.1\r\n\r\n",
                     b"\0" * 1000, preface + b"\xff" * 1000):
            s = socket.create_connection(("127.0.0.1", d.port))
            s.sendall(data)
            held.append(s)
        ok(answers(), "rude: half frames and garbage disturb nobody")
        for _ in range(1000):
            held.append(socket.create_connection(("127.0.0.1", d.port)))
        begin = time.monotonic()
        ok(all(answers() for _ in range(20)), "rude: nor do 1,000 idle connections")
        took = time.monotonic() - begin
        ok(took < 2, f"rude: 20 answers in {took:.3f} s")
        for s in held:
            s.close()
        ok(answers(), "rude: and they may all leave at once")
        took, status = d.stop()
        ok(status == 0 and took < 5, f"rude: it stops in {took:.2f} s")


def hanging_client():
    with House() as house:
        d = house.start()
        with socket.create_connection(("127.0.0.1", d.port)) as s:
            s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
            took, status = d.stop()
        ok(status == 0 and took < 5, f"stop: with an open connection it takes {took:.2f} s")


# ---- audit ----

def kills():
    cycles, acknowledged, number = 12, set(), 0
    with House() as house:
        for cycle in range(cycles):
            d = house.start()
            lock, stop = threading.Lock(), threading.Event()

            def ask():
                nonlocal number
                while not stop.is_set():
                    with lock:
                        number += 1
                        mine = number
                    try:
                        if d.evaluate("data.authz.allow", {"id": mine, "subject": f"id-{mine}"}, timeout=5)[0]:
                            with lock:
                                acknowledged.add(f"id-{mine}")
                    except (grpc.RpcError, ValueError):
                        return

            threads = [threading.Thread(target=ask) for _ in range(4)]
            for t in threads:
                t.start()
            time.sleep(0.1 + cycle * 0.013)
            d.process.kill()
            d.process.wait()
            stop.set()
            for t in threads:
                t.join()
            d.stop()
        house.start().stop()
        log = house.audit()
        ok(log is not None, "kill -9: the chain holds")
        seen = [r["subject"] for r in log or [] if r.get("allow")]
        ok(len(acknowledged) > cycles and acknowledged <= set(seen),
           f"kill -9: none of {len(acknowledged)} acknowledged decisions is lost")
        ok(len(seen) == len(set(seen)), "kill -9: none is there twice")


def broken_log():
    with House() as house:
        pathlib.Path(house.path("audit")).write_text("a file where a directory should be")
        d = house.start(wait=False)
        end, said = time.monotonic() + 10, None
        while time.monotonic() < end and said is None:
            try:
                said = d.call("/grpc.health.v1.Health/Check", b"", timeout=1)
            except grpc.RpcError:
                time.sleep(0.02)
        ok(said == field(1, 2), "broken log: the daemon is up, and does not serve", d.logged())
        allowed, reason = d.evaluate("data.authz.allow", {"id": 1})
        ok(not allowed and "audit" in reason, f"broken log: it denies: {reason}")
        ok(1 not in fields(d.call(VALIDATE, field(1, house.issuer.token(sub="u")) + field(2, "t"))),
           "broken log: tokens too")
        ok(d.admin({"command": "status"})["audit"]["trouble"], "broken log: the status says so")
        os.unlink(house.path("audit"))
        end = time.monotonic() + 5
        while time.monotonic() < end and not d.evaluate("data.authz.allow", {"id": 1})[0]:
            time.sleep(0.02)
        ok(d.evaluate("data.authz.allow", {"id": 1})[0], "broken log: when it is mended, it allows again")
        d.stop()
        log = house.audit()
        ok(log and log[0].get("event") == "audit.resumed", "broken log: and the first line says what happened")


# ---- no way out ----

def no_egress():
    if not shutil.which("strace"):
        return
    with House() as house:
        trace = house.path("trace")
        # -D: the daemon is our child, and the tracer its own; signals reach the daemon.
        d = house.start(wrap=("strace", "-D", "-f", "-qq", "-o", trace, "-e",
                              "trace=connect,socket,sendto,sendmsg,bind,listen"))
        ok(d.ready_after is not None, "egress: it runs under strace", d.logged())
        for i in range(20):
            d.evaluate("data.authz.allow", {"id": i})
        d.call(VALIDATE, field(1, house.issuer.token(sub="u", kid="unknown")) + field(2, "t"))
        d.reload_policy(house.path("bundle.tar.gz"))
        d.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 10
        while "everything was read again" not in d.logged() and time.monotonic() < end:
            time.sleep(0.02)
        ok("everything was read again" in d.logged(), "egress: it reloads", d.logged())
        ok(d.stop()[1] == 0, "egress: it stops")
        calls = pathlib.Path(trace).read_text()
        ok("listen(" in calls, "egress: the trace is one")
        ok("connect(" not in calls, "egress: it never connects",
           "\n".join(x for x in calls.splitlines() if "connect(" in x))
        ok("sendmsg(" not in calls and "sendto(" not in calls, "egress: nothing is sent to an address")


def local_peers():
    """A Unix socket for the application, and systemd's for what becomes of us."""
    with House() as house, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(house.path("notify.sock"))
        manager.settimeout(10)
        d = house.start(env={"CORESDK_LISTEN_UNIX": house.path("grpc.sock"),
                             "NOTIFY_SOCKET": house.path("notify.sock")})
        ok(b"READY=1" in manager.recv(256).split(b"\n"), "notify: it says when it is ready")
        with grpc.insecure_channel(f"unix:{house.path('grpc.sock')}") as channel:
            ok(d.evaluate("data.authz.allow", {"action": "read"}, channel=channel) ==
               d.evaluate("data.authz.allow", {"action": "read"}), "unix: the same answer as over TCP")
        d.stop()
        ok(b"STOPPING=1" in manager.recv(256).split(b"\n"), "notify: and when it stops")


def locked_in():
    with House() as house:
        d = house.start()
        text = pathlib.Path(f"/proc/{d.process.pid}/status").read_text()
        ok("NoNewPrivs:\t1" in text and "Seccomp:\t2" in text, "sandbox: no new privileges, and a filter")
        tasks = list(pathlib.Path(f"/proc/{d.process.pid}/task").iterdir())
        ok(len(tasks) >= 4 and all("Seccomp:\t2" in (t / "status").read_text() for t in tasks),
           f"sandbox: on all {len(tasks)} threads")
        d.stop()


run_scenarios(bare_start, serving, bad_configurations, reloads, reload_under_load, mutual_tls, service_token,
              rude_peers, hanging_client, kills, broken_log, no_egress, local_peers, locked_in)
