# SPDX-License-Identifier: Apache-2.0
"""The daemon with the n-th allocation refused: at its start, in a call of each kind, in reloads and rotations.

It must go on or say why it does not start; a call that fails must not permit what a call
that succeeds denies; and when there is memory again, all is as it was.
SAMPLES: allocations tried for each step (0: all).
"""
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
os.environ["SIDECAR"] = os.path.abspath(os.environ.get("SCARCE_SIDECAR", "build/test/containment/scarce-sidecar"))
import grpc  # noqa: E402
from house import POLICY, House, run_scenarios  # noqa: E402
from rig import Daemon, field, fields, make_bundle, ok  # noqa: E402
from scarce import Memory, sample  # noqa: E402

SAMPLES = int(os.environ.get("SAMPLES", "10"))
V1 = "/coresdk.v1."
SECRETS = "package coresdk.secrets\nimport rego.v1\ndefault allow := false\nallow if input.user_id == \"alice\"\n"


def furnish(house):
    make_bundle(house.path("bundle.tar.gz"), {"authz.rego": POLICY, "secrets.rego": SECRETS}, house.key, number=5)
    os.makedirs(house.path("secrets/acme"))
    pathlib.Path(house.path("secrets/acme/db")).write_text("hunter2")
    os.chmod(house.path("secrets/acme/db"), 0o600)
    pathlib.Path(house.path("flags.yaml")).write_text("flags:\n  a:\n    enabled: true\n")
    os.chmod(house.path("flags.yaml"), 0o600)
    pathlib.Path(house.path("local.key")).write_text("s" * 48)
    os.chmod(house.path("local.key"), 0o600)
    house.config["secrets"] = {"dir": house.path("secrets")}
    house.config["cache"]["config_path"] = house.path("flags.yaml")
    house.config["auth"]["local_key_path"] = house.path("local.key")
    house.config["workers"] = 1
    house.write_config()


def calls(house):
    """(name, path, message, what must be in no answer: field 1 true)"""
    good, bad = house.issuer.token(sub="u", roles=["reader"]), house.issuer.token(sub="u", kid="other")
    caller = field(1, field(1, "acme") + field(2, "alice"))
    fresh = iter([house.issuer.token(sub=f"u{i}", kid=kid) for i in range(4 + 2 * (SAMPLES or 40)) for kid in ("k1",)] * 50)
    return [
        ("validate, not seen before", "AuthService/ValidateToken", lambda: field(1, next(fresh)) + field(2, "acme"), False),
        ("evaluate, allowed", "PolicyService/Evaluate", field(1, "data.authz.allow") + field(2, '{"id": 1}'), False),
        ("evaluate, denied", "PolicyService/Evaluate", field(1, "data.authz.allow") + field(2, '{"id": 0}'), True),
        ("validate, valid", "AuthService/ValidateToken", field(1, good) + field(2, "acme"), False),
        ("validate, of nobody", "AuthService/ValidateToken", field(1, bad) + field(2, "acme"), True),
        ("authorize", "AuthService/Authorize", field(1, good) + field(2, "delete") + field(3, "doc"), True),
        ("flag", "FlagService/EvaluateFlag", field(1, "a") + field(2, "acme"), False),
        ("rate limit", "RateLimitService/Check", field(1, "acme") + field(2, "k") + field(3, 1000000) + field(4, 60), False),
        ("mask", "MaskingService/Mask", field(1, '{"password": "hunter2", "note": "4111 1111 1111 1111"}'), False),
        ("mask a string", "MaskingService/MaskString", field(1, "Bearer hunter2hunter2 4111 1111 1111 1111"), False),
        ("entitlement", "LicenseService/CheckEntitlement", field(1, "x"), True),
        ("secret", "SecretsService/ResolveSecret", caller + field(3, field(1, "db")), False),
        ("egress", "EgressService/CheckEgress", field(1, "http://127.0.0.1/"), True),
        ("tenant", "TenantService/ResolveTenant", field(1, "acme"), False),
        ("configuration", "ConfigService/GetConfig", b"", False),
        ("audit event", "AuditService/Emit", field(1, "login"), False),
        ("audit query", "AuditService/QueryAudit", field(1, "acme"), False),
        ("junk", "PolicyService/Evaluate", b"\x0a\x05abc", True),
    ]


def ask(d, path, message):
    try:
        return d.call(V1 + path, message() if callable(message) else message, timeout=5)
    except grpc.RpcError as e:
        return e.code()


def allows(answer):
    try:
        return isinstance(answer, bytes) and fields(answer).get(1) == [1]
    except IndexError:
        return False


def recovers(d):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if d.evaluate("data.authz.allow", {"id": 1})[0]:
                return True
        except grpc.RpcError:
            pass
        time.sleep(0.01)
    return False


def try_calls(house, d, memory):
    for name, path, message, never in calls(house):
        memory.fail(1, sticky=True)
        cold = ask(d, path, message)  # the first of its kind
        memory.relent()
        ok(d.process.poll() is None and not (never and allows(cold)), f"{name}: the first, without any memory")
        ask(d, path, message)
        before = memory.count
        usual = ask(d, path, message)
        total, wrong, tried = memory.count - before, [], 0
        for sticky in (False, True):
            for at in sample(max(total, 1), SAMPLES):
                memory.fail(at, sticky)
                answer = ask(d, path, message)
                memory.relent()
                tried += 1
                if allows(answer) and (never or not allows(usual)):
                    wrong.append((at, sticky, "allowed", answer))
                if isinstance(answer, bytes) and name.startswith("mask") and any(t in answer for t in (b"hunter2", b"4111 1111")):
                    wrong.append((at, sticky, "not masked", answer))
                if answer is grpc.StatusCode.DEADLINE_EXCEEDED:
                    wrong.append((at, sticky, "no answer"))
                if d.process.poll() is not None:
                    ok(False, f"{name}: it lives", f"at {at}, sticky {sticky}: {d.process.returncode}\n{d.logged()[-500:]}")
                    return
        ok(not wrong and recovers(d) and ask(d, path, message).__class__ is usual.__class__,
           f"{name}: {tried} of {2 * total} failures of memory", wrong[:5])


def try_steps(house, d, memory):
    def by_signal():
        before = d.logged().count("read again")
        d.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 5
        while d.logged().count("read again") == before and time.monotonic() < end and d.process.poll() is None:
            time.sleep(0.002)

    def by_socket():
        try:
            return d.reload_policy(house.path("bundle.tar.gz"))
        except (OSError, ValueError):
            return None  # an answer takes memory, too

    def status():
        try:
            return d.admin({"command": "status"})
        except (OSError, ValueError):
            return None

    def new_connection():
        with grpc.insecure_channel(d.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            try:
                channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=0.5)
            except grpc.RpcError:
                pass

    for name, step in (("reload by signal", by_signal), ("reload by socket", by_socket), ("status", status), ("connection", new_connection)):
        step()
        before = memory.count
        step()
        total, tried = memory.count - before, 0
        for sticky in (False, True):
            for at in sample(max(total, 1), SAMPLES):
                memory.fail(at, sticky)
                step()
                memory.relent()
                tried += 1
                if d.process.poll() is not None:
                    ok(False, f"{name}: it lives", f"at {at}, sticky {sticky}: {d.process.returncode}\n{d.logged()[-700:]}")
                    return
        step()
        ok(recovers(d), f"{name}: {tried} of {2 * total} failures of memory", d.logged()[-700:])


def serving():
    with House() as house:
        furnish(house)
        memory = Memory(house.path("memory"))
        d = house.start(env={"SCARCE": memory.path})
        ok(d.ready_after is not None, "it is up", d.logged())
        try_calls(house, d, memory)
        if d.process.poll() is None:
            try_steps(house, d, memory)
        took, code = d.stop()
        ok(code == 0, f"it stops: {code}", d.logged()[-500:])
        ok(house.audit() is not None, "the chain of the log holds")


def rotating():
    with House() as house:
        house.config["audit"]["file"].update({"rotate_mb": 1, "keep_rotated": 3})
        house.config["workers"] = 1
        house.write_config()
        memory = Memory(house.path("memory"))
        d = house.start(env={"SCARCE": memory.path})

        def packed():
            return len(list(pathlib.Path(house.path("audit")).glob("*.gz")))

        def names():
            return set(os.listdir(house.path("audit")))

        def rotate():
            """Until the log has been rotated once more, and a moment for packing."""
            before, end = names(), time.monotonic() + 20
            while not names() - before and time.monotonic() < end and d.process.poll() is None:
                for _ in range(100):
                    ask(d, "PolicyService/Evaluate", field(1, "data.authz.allow") + field(2, '{"id": 1}'))
            time.sleep(0.05)

        rotate()
        before = memory.count
        rotate()
        total, tried = memory.count - before, 0
        for sticky in (False, True):
            for at in sample(max(total, 1), min(SAMPLES or 40, 40) // 3):
                memory.fail(at, sticky)
                rotate()
                memory.relent()
                tried += 1
        rotate()
        ok(packed() > 0, f"rotation: {packed()} files are packed in the end")
        ok(d.process.poll() is None and recovers(d), f"rotation: {tried} of {2 * total} failures of memory", d.logged()[-700:])
        ok(d.stop()[1] == 0, "rotation: it stops")


def starting():
    """Refused at its start: it does not start and says so, or does and serves."""
    with House() as house:
        furnish(house)
        memory = Memory(house.path("memory"))
        memory.fail(0, fresh=True)
        d = house.start(env={"SCARCE": memory.path})
        total = memory.count
        d.stop()
        wrong, tried, started = [], 0, 0
        for sticky in (False, True):
            for at in sample(total, SAMPLES and 2 * SAMPLES):
                pathlib.Path(d.log_path).write_text("")
                memory.fail(at, sticky, fresh=True)
                d = Daemon(house.room, env={"SCARCE": memory.path}, wait=False)
                end = time.monotonic() + 10
                while d.process.poll() is None and "CoreSDK Sidecar ready." not in d.logged() and time.monotonic() < end:
                    time.sleep(0.002)
                up = d.process.poll() is None
                memory.relent()
                started += up
                code = d.stop()[1]
                said = d.logged()
                tried += 1
                if code < 0 or (not up and (code == 0 or not said)) or (up and code != 0):
                    wrong.append((at, sticky, code, said[-300:]))
        ok(not wrong and total > 0, f"start: {tried} of {2 * total} failures of memory, {started} of them survived", "\n".join(map(str, wrong[:8])))


run_scenarios(starting, serving, rotating)
