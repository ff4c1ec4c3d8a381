#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stacks_test BUILD: real gRPC stacks against the daemon: grpcio, node:http2, and grpc-js with proto-loader.

What is not on this host is skipped.  grpc-js is fetched once, into the build directory, in the versions of
node/package.json; without a registry that is skipped too.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))

import grpc  # noqa: E402
from google.protobuf import json_format  # noqa: E402

import published_rows  # noqa: E402
import stubs_rows  # noqa: E402
from house import run_scenarios  # noqa: E402
from published import wrong_fields  # noqa: E402
from published_house import AUTHZ, OTHERS, published_house, refresh_token  # noqa: E402
from published_rows import Tokens  # noqa: E402
from rig import field, fields, make_bundle, ok  # noqa: E402
from stubs import PROTO, Stubs, is_known  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
SLOW = """package slow
import rego.v1
default allow := false
many := numbers.range(1, 5000)
allow if { some i in many; some j in many; i * j < 0 }
"""
LOCAL = ("grpc.use_local_subchannel_pool", 1)


def slow_house():
    house = published_house()
    make_bundle(house.path("bundle.tar.gz"), {"authz.rego": AUTHZ, **OTHERS, "slow.rego": SLOW}, house.key, number=6)
    return house


def code_of(call):
    try:
        call()
        return "OK"
    except grpc.RpcError as e:
        return e.code().name


class Stack:
    """grpcio with the classes of the descriptors: what generated stubs do."""

    def __init__(self, address, stubs, *options, **more):
        self.stubs = stubs
        self.channel = grpc.insecure_channel(address, [LOCAL, *options], **more)

    def method(self, rpc, kind="unary_unary"):
        request, response = self.stubs.types(rpc)
        return getattr(self.channel, kind)("/coresdk.v1." + rpc, request_serializer=request.SerializeToString,
                                           response_deserializer=response.FromString)

    def request(self, rpc, **content):
        return json_format.ParseDict(content, self.stubs.types(rpc)[0]())

    def ask(self, rpc, timeout=10, metadata=None, **content):
        return self.method(rpc)(self.request(rpc, **content), timeout=timeout, metadata=metadata)


# ---- grpcio ----

def python_deadlines(stack):
    ask = lambda rule, t: code_of(lambda: stack.ask("PolicyService/Evaluate", timeout=t, rule=rule, input_json="{}"))
    ok(ask("data.authz.allow", -1) == "DEADLINE_EXCEEDED", "grpcio: a deadline that is over")
    # Who is first, the client's timer or the sidecar's denial, is the machine's choice.
    late = []
    got = code_of(lambda: late.append(stack.ask("PolicyService/Evaluate", timeout=0.02, rule="data.slow.allow", input_json="{}")))
    ok(got == "DEADLINE_EXCEEDED" or "longer than it may" in late[0].reason, "grpcio: a policy that takes longer than its deadline", got)
    answer = stack.ask("PolicyService/Evaluate", rule="data.slow.allow", input_json="{}")
    ok(not answer.result and "could not decide" in answer.reason, "grpcio: and one that takes longer than it may", answer)
    begin = time.monotonic()
    watch = stack.method("PolicyService/WatchPolicyUpdates", "unary_stream")
    got = code_of(lambda: list(watch(stack.request("PolicyService/WatchPolicyUpdates", last_bundle_version="r1"), timeout=0.3)))
    ok(got == "DEADLINE_EXCEEDED" and time.monotonic() - begin < 5, "grpcio: a stream's deadline", got)


def python_streams(house, d, stack):
    watches = {rpc: stack.method(rpc, "unary_stream")(stack.request(rpc)) for rpc in ("ConfigService/WatchConfig", "PolicyService/WatchPolicyUpdates")}
    ok(next(watches["ConfigService/WatchConfig"]).values["region"] == "eu-1" and
       next(watches["PolicyService/WatchPolicyUpdates"]).bundle_version == "r1", "grpcio: both streams begin with what is")
    settings = pathlib.Path(house.path("config.yaml"))
    settings.write_text(settings.read_text().replace("eu-1", "eu-2"))
    ok(d.admin({"command": "reload"})["ok"] and next(watches["ConfigService/WatchConfig"]).values["region"] == "eu-2",
       "grpcio: a change arrives")
    settings.write_text(settings.read_text().replace("eu-2", "eu-1"))
    d.admin({"command": "reload"})
    for watch in watches.values():
        watch.cancel()
    ok(all(code_of(lambda w=w: list(w)) == "CANCELLED" for w in watches.values()), "grpcio: both are cancelled")
    calls = [stack.method("PolicyService/Evaluate").future(stack.request("PolicyService/Evaluate", rule="data.slow.allow", input_json="{}"))
             for _ in range(8)]
    for call in calls:
        call.cancel()
    ended = [code_of(c.result) if not c.cancelled() else "CANCELLED" for c in calls]
    ok("CANCELLED" in ended and set(ended) <= {"CANCELLED", "OK"} and
       stack.ask("PolicyService/Evaluate", rule="data.myapp.allow", input_json="{}").result,
       "grpcio: calls that are cancelled harm nobody", ended)


def python_sizes(stack, token):
    send = lambda size: stack.ask("MaskingService/Mask", json_value=json.dumps({"a": "x " * (size // 2)}))
    ok(len(json.loads(send(1000 << 10).masked_json)["a"]) == 1000 << 10, "grpcio: 1000 KiB there and back")
    whole = send(3 << 20)
    ok(whole.masked_json == '"[REDACTED]"' and whole.error.status == 400, "grpcio: 3 MiB are masked whole: an answer has 1 MiB", whole.error)
    ok(stack.ask("PolicyService/Evaluate", rule="data.myapp.allow", input_json=json.dumps({"a": "x" * (3 << 20)})).result,
       "grpcio: an input of 3 MiB is evaluated")
    got = code_of(lambda: send(5 << 20))
    ok(got == "RESOURCE_EXHAUSTED", "grpcio: 5 MiB are too much", got)
    validate = stack.method("AuthService/ValidateToken")
    calls = [validate.future(stack.request("AuthService/ValidateToken", token=token, tenant={"tenant_id": "acme"})) for _ in range(200)]
    ok(all(c.result().valid for c in calls), "grpcio: 200 calls at once")
    more = tuple((f"x-more-{i}", "v" * 100) for i in range(40)) + (("trace-bin", b"\0\xff\1"),)
    ok(stack.ask("AuthService/ValidateToken", metadata=more, token=token).valid, "grpcio: 40 more in the metadata, and a binary one")


def python_keepalive(address, stubs):
    stack = Stack(address, stubs, ("grpc.keepalive_time_ms", 100), ("grpc.keepalive_timeout_ms", 1000),
                  ("grpc.keepalive_permit_without_calls", 1), ("grpc.http2.max_pings_without_data", 0))
    states = []
    stack.channel.subscribe(states.append)
    stack.ask("PolicyService/Evaluate", rule="data.authz.allow", input_json="{}")
    time.sleep(1.5)
    ok(stack.ask("PolicyService/Evaluate", rule="data.myapp.allow", input_json="{}").result and
       states.count(grpc.ChannelConnectivity.READY) == 1 and states[-1] == grpc.ChannelConnectivity.READY,
       "grpcio: pings on an idle connection are answered", states)
    stack.channel.close()


def python_rest(d, stubs, token):
    zipped = Stack(d.address, stubs, compression=grpc.Compression.Gzip)
    got = code_of(lambda: zipped.ask("AuthService/ValidateToken", token=token))
    ok(got in ("OK", "UNIMPLEMENTED"), "grpcio: a compressed message is served or refused by name", got)
    zipped.channel.close()
    threads = [threading.Thread(target=lambda: Stack(d.address, stubs).ask("AuthService/ValidateToken", token=token)) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(10)
    ok(not any(t.is_alive() for t in threads), "grpcio: 20 connections at once")


def python():
    with slow_house() as house:
        d, stubs = house.start(), Stubs()
        stack, token = Stack(d.address, stubs), house.issuer.token(sub="u", tenant_id="acme")
        ok(stack.ask("AuthService/ValidateToken", token=token).valid, "grpcio: it is up", d.logged()[-300:])
        python_streams(house, d, stack)
        python_deadlines(stack)
        python_sizes(stack, token)
        python_keepalive(d.address, stubs)
        python_rest(d, stubs, token)
        stack.channel.close()
        took, status = d.stop()
        ok(status == 0 and took < 5, f"grpcio: the daemon ends well after {took:.1f} s")


# ---- node ----

def node(script, where, argument, document):
    done = subprocess.run(["node", script, *argument], cwd=where, input=json.dumps(document), capture_output=True, text=True,
                          timeout=60, check=False)
    return done.stdout.splitlines(), done.stderr[-2000:]


def typescript():
    """The rows of the published TypeScript client, through node's own HTTP/2."""
    if not shutil.which("node"):
        ok(True, "node:http2 # SKIP there is no node")
        return
    with published_house() as house:
        d = house.start()
        rows = [r for r in published_rows.rows(Tokens(house, refresh_token())) if r.client == "ts"]
        revoked = next(r for r in rows if r.rpc.endswith("/IsRevoked") and r.shows == "revoked")  # by another client
        d.call("/coresdk.v1.AuthService/RevokeToken", field(1, fields(revoked.message)[1][0]))
        lines, said = node(HERE / "node/typescript.mjs", BUILD, [d.address], [{"path": "/coresdk.v1." + r.rpc, "hex": r.message.hex()} for r in rows])
        answers = json.loads(lines[-1]) if lines else []
        ok(len(answers) == len(rows), "node:http2: an answer for each row", said)
        for r, a in zip(rows, answers):
            label, status, data = f"node:http2: {r.rpc}: {r.shows}", a["status"], bytes.fromhex(a["hex"])
            if isinstance(r.want, str):
                ok(status not in (0, None), label, a)
            else:
                ok(status == 0 and not wrong_fields(data, r.want), label, f"{status} {fields(data)}")
        d.stop()


def fetched():
    """The directory that has grpc-js, or None and why: fetched whole or not at all."""
    where, package = BUILD / "interop-node", HERE / "node/package.json"
    if (where / "node_modules").exists() and (where / "package.json").read_text() == package.read_text():
        return where, ""
    if not shutil.which("npm"):
        return None, "there is no npm"
    new = BUILD / f"interop-node.{os.getpid()}"
    new.mkdir()
    shutil.copy(package, new)
    try:
        done = subprocess.run(["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0",
                               "--fetch-timeout=5000"], cwd=new, capture_output=True, text=True, timeout=60, check=False)
        why = "npm cannot fetch the packages" if done.returncode else ""
    except subprocess.TimeoutExpired:
        why = "npm takes too long to fetch the packages"
    if not why:
        shutil.rmtree(where, ignore_errors=True)
        new.rename(where)
        return where, ""
    shutil.rmtree(new, ignore_errors=True)
    return None, why


def node_answer(stubs, row, got):
    label = f"grpc-js: {row.rpc}: {row.shows}"
    if got.get("absent"):
        return
    if "answer" not in got:
        ok(not callable(row.want) and got["code"].startswith(row.want), label, got)
        return
    message = json_format.ParseDict(got["answer"], stubs.types(row.rpc)[1]())
    ok(callable(row.want) and row.want(message) and is_known(message), label, message)


def grpc_js():
    where, why = fetched() if shutil.which("node") else (None, "there is no node")
    if where is None:
        ok(True, f"grpc-js # SKIP {why}")
        return
    with slow_house() as house:
        d, stubs, tokens = house.start(), Stubs(), Tokens(house, refresh_token())
        rows = list(stubs_rows.rows(tokens))
        for name in ("stack.mjs", "package.json"):
            shutil.copy(HERE / "node" / name, where)
        document = {"address": d.address, "proto": str(PROTO), "token": tokens.kept,
                    "rows": [{"rpc": r.rpc, "request": r.request, "streams": stubs.streams(r.rpc)} for r in rows]}
        lines, said = node("stack.mjs", where, [], document)
        results = [json.loads(line) for line in lines]
        ok(len(results) > 10, "grpc-js: runs to its end", said)
        for result in results:
            if "answers" in result:
                for row, got in zip(rows, result["answers"]):
                    node_answer(stubs, row, got)
            else:
                ok(result["ok"], "grpc-js: " + result["label"], result["note"])
        ok(d.evaluate("data.myapp.allow", {})[0] and d.stop()[1] == 0, "grpc-js: the daemon serves on, and ends well", d.logged()[-500:])


run_scenarios(python, typescript, grpc_js)
