# SPDX-License-Identifier: Apache-2.0
"""SecretsService: from files, by policy, one record for each; values are where they belong and nowhere else."""
import os
import pathlib
import re
import time

from house import House, run_scenarios
from rig import field, fields, make_bundle, ok

RESOLVE = "/coresdk.v1.SecretsService/ResolveSecret"
POLICY = """package coresdk.secrets
import rego.v1
default allow := false
allow if { input.tenant_id == "acme"; input.user_id == "alice"; input.name in {"db", "gone", "link", "open", "../globex/db", "cred", "big", "full", "empty"} }
allow if { input.tenant_id == "acme"; "ops" in input.groups; "red" in input.teams; input.entity_id == "e1"; input.bundle == "web" }
allow if { input.tenant_id == "acme"; "ops" in input.groups; input.bundle in {"none", "bare", "crowd"} }
allow if { input.tenant_id == "globex"; input.provider == "vault"; input.version == "3"; input.path == "kv/x" }
allow if { input.tenant_id == ".."; input.name == "top" }
deny contains sprintf("%s is not for %s", [input.name, input.user_id]) if not allow
"""
VALUE = b"correct horse\0battery\xffstaple\n"


def caller(tenant="acme", user="alice", groups=(), entity="", teams=()):
    return field(1, field(1, tenant) + field(2, user) + b"".join(field(3, g) for g in groups) +
                 field(4, entity) + b"".join(field(5, t) for t in teams))


def ref(name, provider="", path="", version="", delivery=""):
    parts = zip(range(1, 6), (name, provider, path, version, delivery))
    return field(3, b"".join(field(n, v) for n, v in parts if v))


def resolve(d, message):
    """({name: (value, bundle)}, problem as {number: value} or None)"""
    answer = fields(d.call(RESOLVE, message))
    found = {}
    for one in map(fields, answer.get(1, [])):
        found[one[1][0].decode()] = (one.get(2, [b""])[0], one.get(3, [b""])[0].decode())
    problem = fields(answer[2][0]) if 2 in answer else None
    return found, problem


def put(path, data, mode=0o600):
    path = pathlib.Path(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def furnish(house):
    make_bundle(house.path("bundle.tar.gz"), {"secrets.rego": POLICY}, house.key)
    top = house.path("secrets")
    put(f"{top}/acme/db", VALUE)
    put(f"{top}/acme/other", b"not for alice")
    put(f"{top}/acme/open", b"0644", 0o644)
    put(f"{top}/acme/empty", b"")
    put(f"{top}/acme/full", b"f" * 65536)
    put(f"{top}/acme/big", b"b" * 65537)
    put(f"{top}/acme/web/key", b"web-key")
    put(f"{top}/acme/web/cert", b"web-cert")
    put(f"{top}/acme/bare/.hidden", b"hidden")
    put(f"{top}/globex/db", b"of globex")
    put(f"{top}/top", b"top")
    for i in range(70):
        put(f"{top}/acme/crowd/s{i}", b"x")
    os.symlink("db", f"{top}/acme/link")
    put(house.path("credentials/cred"), b"from systemd", 0o400)
    return top


def statuses(d):
    """Nothing resolved: a gRPC status, and which."""
    for message, code, part in [
            (caller() + ref("other"), "PERMISSION_DENIED", "other is not for alice"),
            (caller() + ref("nonesuch"), "PERMISSION_DENIED", "not for alice"),
            (caller(tenant="globex") + ref("db"), "PERMISSION_DENIED", "secret `db`"),
            (caller() + ref("gone"), "NOT_FOUND", "there is no such secret"),
            (caller() + ref("../globex/db"), "NOT_FOUND", "no name of a secret"),
            (caller(tenant="..") + ref("top"), "NOT_FOUND", "the tenant has no secrets"),
            (caller() + ref("db", path="other"), "NOT_FOUND", "by its name, not by a path"),
            (caller() + ref("db", version="2"), "NOT_FOUND", "no versions"),
            (caller() + ref("link"), "INTERNAL", "it is a link"),
            (caller() + ref("open"), "INTERNAL", "others may read"),
            (caller() + ref("big"), "INTERNAL", "too big"),
            (caller() + ref("db", provider="vault"), "UNAVAILABLE", "not reachable behind the air gap"),
            (caller() + ref("db", provider="aws"), "UNAVAILABLE", "not reachable"),
            (caller() + ref("db", provider="azure"), "UNAVAILABLE", "not reachable"),
            (caller() + ref("db", provider="gcp"), "UNAVAILABLE", "not reachable"),
            (caller() + ref("db", provider="abacus"), "UNAVAILABLE", "no provider of that name"),
            (caller(tenant="globex") + ref("x", "vault", "kv/x", "3"), "UNAVAILABLE", "not reachable"),
            (caller(groups=["ops"]) + field(2, "none"), "NOT_FOUND", "bundle `none`: there is no such bundle"),
            (caller(groups=["ops"]) + field(2, "bare"), "NOT_FOUND", "no such bundle"),
            (caller(groups=["ops"]) + field(2, "crowd"), "INTERNAL", "max_per_request"),
            (caller() + field(2, "none"), "PERMISSION_DENIED", "bundle `none`"),
            (caller() + field(2, "web"), "PERMISSION_DENIED", "secret `cert`"),
            (caller() + field(2, ".."), "PERMISSION_DENIED", "bundle `..`"),
            (ref("db"), "INVALID_ARGUMENT", "caller.tenant_id"),
            (caller(), "INVALID_ARGUMENT", "names no secret"),
            (caller() + ref("db") * 65, "RESOURCE_EXHAUSTED", "secrets.max_per_request"),
            (caller() + field(3, b"\xff"), "INVALID_ARGUMENT", "malformed"),
            (caller() + ref("\x00".join("db")), "PERMISSION_DENIED", "")]:
        got, text = d.status(RESOLVE, message)
        ok(got.name == code and part in text, f"{code}: {part}", (got, text))


def local():
    with House() as house:
        house.config["secrets"] = {"dir": furnish(house), "credentials_dir": house.path("credentials")}
        house.write_config()
        d = house.start()
        ok(d.ready_after is not None, "it is up", d.logged())
        answer = fields(d.call(RESOLVE, caller() + ref("db", delivery="env") + field(4, "ctx") + field(5, field(1, "r"))))
        one = fields(answer[1][0])
        ok(2 not in answer and one == {1: [b"db"], 2: [VALUE], 4: [field(1, "db") + field(5, "env")]},
           "a secret, byte for byte, with its reference", answer)
        ok(resolve(d, caller() + ref("db", path="db", version="latest")) == ({"db": (VALUE, "")}, None), "path and version")
        ok(resolve(d, caller() + ref("db", provider="local")) == ({"db": (VALUE, "")}, None), "a provider by its name")
        ok(resolve(d, caller() + ref("empty")) == ({"empty": (b"", "")}, None), "an empty one")
        ok(resolve(d, caller() + ref("cred", provider="systemd")) == ({"cred": (b"from systemd", "")}, None), "of systemd")
        ops = caller(user="", groups=["dev", "ops"], entity="e1", teams=["red"])
        ok(resolve(d, ops + field(2, "web")) == ({"cert": (b"web-cert", "web"), "key": (b"web-key", "web")}, None), "a bundle")
        ok(resolve(d, caller() + ref("db") * 64)[1] is None, "64 secrets in one request")
        before = len(house.audit())
        found, problem = resolve(d, caller() + ref("gone") + ref("db") + ref("other") + ref("db", provider="aws"))
        ok(found == {"db": (VALUE, "")} and problem[1] == [b"https://errors.coresdk.io/secrets/partial"] and
           problem[3] == [404] and problem[4][0].decode().count("; ") == 2 and b"other is not for alice" in problem[4][0],
           "partly: what there is, and what is missing and why", problem)
        records = house.audit()[before:]
        ok([(r["resource"], r["allow"]) for r in records] ==
           [("secret/gone", False), ("secret/db", True), ("secret/other", False), ("secret/db", False)],
           "each is a record of its own", records)
        ok(records[1]["tenant_id"] == "acme" and records[1]["subject"] == "alice" and records[1]["action"] == "resolve" and
           records[1]["policy"] == "data.coresdk.secrets.allow" and records[0]["deny_reasons"] == ["there is no such secret"],
           "with who and why", records)
        found, problem = resolve(d, caller() + ref("full") * 9)
        ok(len(found) == 1 and problem[3] == [500] and b"too big" in problem[4][0], "an answer has a size", problem)
        statuses(d)
        ok(house.audit() is not None and len(house.audit()) > 100, "the records are a chain")
        hold_nothing(d, house)
        d.stop()


def hold_nothing(d, house):
    """After the answers: not in the log, not in the records, not in the memory of the daemon."""
    needle = b"correct horse\0battery"
    for _ in range(50):  # other traffic
        d.evaluate("data.authz.allow", {"id": 1})
    d.channel.close()
    ok(needle[:13] not in d.logged().encode() and needle[:13] not in repr(house.audit()).encode(), "no value in log or records")
    found = []
    try:
        with open(f"/proc/{d.process.pid}/maps") as maps, open(f"/proc/{d.process.pid}/mem", "rb", 0) as memory:
            for line in maps:
                start, end, mode = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
                size = int(end, 16) - int(start, 16)
                if mode[0] != "r" or "[v" in line or size >> 30:  # a sanitizer's shadow has other bytes
                    continue
                memory.seek(int(start, 16))
                if needle in memory.read(size):
                    found.append(line.strip())
    except OSError as e:
        print(f"# the memory cannot be read here: {e}")
        return
    ok(not found, "no value stays in memory", found)


def broken_log():
    """Without its record no secret leaves, alone or with others."""
    with House() as house:
        house.config["secrets"] = {"dir": furnish(house)}
        house.write_config()
        pathlib.Path(house.path("audit")).write_text("a file where a directory should be")
        d = house.start()
        for count in (1, 2, 9):
            answer = d.call(RESOLVE, caller() + ref("db") * count)
            problem = fields(fields(answer)[2][0])
            ok(1 not in fields(answer) and VALUE not in answer and b"audit" in problem[4][0] and problem[3] == [503],
               f"the log is broken: none of {count} is given out", answer)
        os.unlink(house.path("audit"))
        for _ in range(250):
            answer = fields(d.call(RESOLVE, caller() + ref("db") * 9))
            if 2 not in answer:
                break
            time.sleep(0.02)
        ok(len(answer.get(1, [])) == 9 and 2 not in answer, "it is mended: all are", answer)
        ok(all(d.evaluate("data.authz.allow", {"id": i})[0] is False for i in range(3)), "and others are answered")
        d.stop()


def many_at_once():
    """Records of several requests lie in one batch; each answer waits for its own."""
    with House() as house:
        house.config["secrets"] = {"dir": furnish(house)}
        house.config["workers"] = 1
        house.write_config()
        d = house.start()
        method = d.channel.unary_unary(RESOLVE)
        messages = [caller() + ref("db") * (i % 7 + 1) + ref("other") * (i % 3) for i in range(60)]
        calls = [method.future(m, timeout=20) for m in messages]
        wrong = sum(len(fields(c.result()).get(1, [])) != i % 7 + 1 for i, c in enumerate(calls))
        ok(wrong == 0, f"60 requests at once: {wrong} wrong")
        want = sum(i % 7 + 1 + i % 3 for i in range(60))
        ok(len(house.audit()) == want, f"and {want} records", len(house.audit()))
        d.stop()


def not_configured():
    with House() as house:
        put(house.path("credentials/cred"), b"from systemd", 0o400)
        make_bundle(house.path("bundle.tar.gz"), {"secrets.rego": POLICY}, house.key)
        d = house.start()
        ok(d.status(RESOLVE, caller() + ref("db"))[0].name == "UNAVAILABLE", "no directory: UNAVAILABLE")
        ok(d.status(RESOLVE, caller(groups=["ops"]) + field(2, "none"))[0].name == "UNAVAILABLE", "nor bundles")
        d.stop()
        d = house.start(env={"CREDENTIALS_DIRECTORY": house.path("credentials")})
        ok(resolve(d, caller() + ref("cred")) == ({"cred": (b"from systemd", "")}, None), "systemd's, as its variable says")
        d.stop()


def no_rule():
    with House() as house:
        house.config["secrets"] = {"dir": house.path("secrets"), "max_per_request": 2, "max_value_kb": 1}
        house.write_config()
        put(house.path("secrets/acme/db"), b"x" * 1024)
        put(house.path("secrets/acme/more"), b"x" * 1025)
        d = house.start()
        code, text = d.status(RESOLVE, caller() + ref("db"))
        ok(code.name == "PERMISSION_DENIED" and "data.coresdk.secrets.allow" in text, "no such rule: denied", text)
        house.config["policy"]["secret_rule"] = "data.authz.secret"
        house.write_config()
        house.write_bundle("package authz\nimport rego.v1\nsecret if input.tenant_id == \"acme\"\n", number=6)
        ok(d.admin({"command": "reload"})["ok"] and resolve(d, caller() + ref("db"))[0]["db"][0] == b"x" * 1024,
           "the rule is the operator's; a value of max_value_kb")
        ok(d.status(RESOLVE, caller() + ref("more"))[0].name == "INTERNAL", "a byte more is refused")
        ok(len(resolve(d, caller() + ref("db") * 2)[0]) == 1 and
           d.status(RESOLVE, caller() + ref("db") * 3)[0].name == "RESOURCE_EXHAUSTED", "max_per_request")
        ok(d.status(RESOLVE, caller() + ref("db") + field(2, "a") + field(2, "b"))[0].name == "RESOURCE_EXHAUSTED",
           "bundles count")
        d.stop()


run_scenarios(local, broken_log, many_at_once, not_configured, no_rule)
