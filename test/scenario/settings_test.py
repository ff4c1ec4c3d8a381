# SPDX-License-Identifier: Apache-2.0
"""Flags, values, tenants and limits of cache.config_path, as clients see them and as operators bring them."""
import json
import os
import pathlib
import subprocess

from house import House, run_scenarios
from rig import field, fields, ok
from watch import Watch

CORE = os.environ.get("CORE", "build/bin/core")
FLAG = "/coresdk.v1.FlagService/EvaluateFlag"
CONFIG = "/coresdk.v1.ConfigService/GetConfig"
WATCH = "/coresdk.v1.ConfigService/WatchConfig"
RESOLVE = "/coresdk.v1.TenantService/ResolveTenant"
ISOLATION = "/coresdk.v1.TenantService/ValidateIsolation"

FILE = """
values: { region: eu-1, greeting: "hello, world" }
tenants:
  acme: { name: Acme Corp, aliases: [acme-corp], attributes: { plan: team } }
  globex: {}
rate_limits:
  - { key: login, limit: 2, window_secs: 60 }
flags:
  checkout: { rules: [ { tenants: [acme], roles: [admin] } ] }
  color: { variants: { plain: "#000", blue: "#00f" }, default: plain, rules: [ { users: [u1], serve: blue } ] }
  killed: { enabled: false, default: off }
"""


def evaluate(d, key, second, third, attributes=None, path=FLAG):
    message = field(1, key) + field(2, second) + field(3, third)
    if attributes is not None:
        message += field(4, attributes if isinstance(attributes, str) else json.dumps(attributes))
    answer = fields(d.call(path, message))
    return answer.get(1, [0])[0], answer.get(2, [b""])[0].decode(), answer.get(3, [b""])[0].decode()


def values_of(snapshot):
    pairs = (fields(entry) for entry in fields(snapshot).get(2, []))
    return {p[1][0].decode(): p.get(2, [b""])[0].decode() for p in pairs}


def core(*args):
    done = subprocess.run([CORE, *args], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def with_settings(text, **config):
    house = House(**config)
    house.settings = house.path("config.yaml")
    house.config["cache"]["config_path"] = house.settings
    pathlib.Path(house.settings).write_text(text)
    house.write_config()
    return house


def flags(d):
    ok(evaluate(d, "checkout", "acme", "u9", {"role": "admin"}) == (1, "on", "rule 1"), "flag: python: tenant, then user")
    ok(evaluate(d, "checkout", "u9", "acme", {"role": "admin"}, FLAG.replace("EvaluateFlag", "Evaluate"))
       == (1, "on", "rule 1"), "flag: ts and go: user, then tenant")
    ok(evaluate(d, "checkout", "acme-corp", "u9", {"roles": ["admin"]})[0] == 1, "flag: a tenant by its alias")
    ok(evaluate(d, "checkout", "globex", "u9", {"role": "admin"}) == (0, "off", "default"), "flag: another tenant")
    ok(evaluate(d, "color", "acme", "u1") == (1, "#00f", "rule 1"), "flag: a typed variant is its value")
    ok(evaluate(d, "color", "acme", "u2") == (1, "#000", "default"), "flag: and so is the default")
    ok(evaluate(d, "killed", "acme", "u1") == (0, "off", "disabled"), "flag: a killed one")
    ok(evaluate(d, "nothing", "acme", "u1") == (0, "", "unknown flag"), "flag: an unknown one is a decision, not an error")
    got = evaluate(d, "checkout", "acme", "u1", "{nope")
    ok(got[0] == 0 and "attributes_json" in got[2], "flag: attributes that are no JSON", got)


def tenants(house, d):
    token = house.issuer.token(sub="u", tenant_id="acme", roles=["admin"])
    found = fields(fields(d.call(RESOLVE, field(1, token)))[1][0])
    ok(found[1] == [b"acme"] and found[2] == [b"Acme Corp"] and found[3] == [b"admin"] and
       fields(found[4][0]) == {1: [b"plan"], 2: [b"team"]}, "tenant: of a token", found)
    ok(fields(fields(d.call(RESOLVE, field(1, token) + field(2, "acme-corp")))[1][0])[1] == [b"acme"],
       "tenant: a hint that agrees, by an alias")
    for label, message in (("a hint that does not agree", field(1, token) + field(2, "globex")),
                           ("a token without a tenant", field(1, house.issuer.token(sub="u"))),
                           ("a tenant that is not listed", field(1, house.issuer.token(sub="u", tenant_id="initech"))),
                           ("a hint that is not listed", field(2, "initech")),
                           ("a forged token", field(1, token[:-6] + "AAAAAA") + field(2, "acme"))):
        answer = fields(d.call(RESOLVE, message))
        ok(1 not in answer and b"https://errors.coresdk.io/" in answer[2][0], f"tenant: {label}: none", answer)
    ok(fields(fields(d.call(RESOLVE, field(2, "globex")))[1][0])[1] == [b"globex"], "tenant: a hint alone")
    before = len(house.audit())
    for first, second, want in (("acme", "acme", 1), ("acme", "acme-corp", 1), ("acme", "globex", 0), ("", "", 0)):
        got = fields(d.call(ISOLATION, field(1, first) + field(2, second))).get(1, [0])[0]
        ok(got == want, f"isolation: `{first}` and `{second}`: {got}")
    records = house.audit()[before:]
    ok(len(records) == 4 and [r["allow"] for r in records] == [True, True, False, False] and
       all(r["method"] == "ValidateIsolation" for r in records), "isolation: recorded, as every decision", records)


def limits(d):
    check = field(1, "login") + field(2, "acme")
    path = "/coresdk.v1.RateLimitService/Check"
    got = [fields(d.call(path, check)).get(1, [0])[0] for _ in range(3)]
    ok(got == [1, 1, 0], "rate limit: limit 0 is what the file says", got)


def serving():
    with with_settings(FILE) as house:
        d = house.start()
        ok(d.ready_after is not None, "it is up", d.logged())
        flags(d)
        tenants(house, d)
        limits(d)
        snapshot = fields(d.call(CONFIG, b""))[1][0]
        ok(values_of(snapshot) == {"region": "eu-1", "greeting": "hello, world"} and
           len(fields(snapshot)[1][0]) == 16 and fields(snapshot)[3][0] > 1700000000, "config: values and version")
        watch, known = Watch(d, WATCH, field(1, "acme")), Watch(d, WATCH, field(2, fields(snapshot)[1][0]))
        ok(values_of(watch.next() or b"") == {"region": "eu-1", "greeting": "hello, world"}, "watch: at once")
        ok(known.next(0.3) is None, "watch: who has this version hears nothing")
        pathlib.Path(house.settings).write_text(FILE.replace("eu-1", "eu-2").replace("[acme]", "[globex]"))
        ok(d.admin({"command": "reload"})["ok"], "reload: new settings")
        for one in (watch, known):
            ok(values_of(one.next() or b"").get("region") == "eu-2", "watch: a change is told at once")
        ok(evaluate(d, "checkout", "globex", "u9", {"role": "admin"})[0] == 1, "reload: flags follow")
        pathlib.Path(house.settings).write_text("flags: { checkout: { enabled: 3 } }")
        answer = d.admin({"command": "reload"})
        ok(not answer["ok"] and "true or false" in answer["message"] and
           evaluate(d, "checkout", "globex", "u9", {"role": "admin"})[0] == 1 and watch.next(0.2) is None,
           "reload: a bad file is refused, the last good one serves on", answer)
        ok("config.yaml:1:32" in d.logged() or '"row":1' in d.logged() or "1:32" in d.logged(),
           "reload: the log names the line", d.logged()[-600:])
        os.unlink(house.settings)
        ok(not d.admin({"command": "reload"})["ok"] and evaluate(d, "color", "acme", "u1")[1] == "#00f",
           "reload: a file that is gone is said, and the last good one serves on")
        d.stop()


def tagged():
    with with_settings(FILE) as house:
        key = house.path("hmac.key")
        pathlib.Path(key).write_text("0123456789abcdef0123456789abcdef\n")
        house.config["cache"]["hmac_key_path"] = key
        house.write_config()
        os.chmod(key, 0o644)
        status, said = core("config", "sign", house.settings, "--key", key)
        ok(status != 0 and "hmac.key" in said, "sign: a key that others may read is refused", said)
        os.chmod(key, 0o600)
        d = house.start()
        ok(evaluate(d, "color", "acme", "u1")[2] == "no flags are loaded" and "hmac" in d.logged(),
           "start: without its tag the file is not used, and the log says so")
        status, said = core("config", "sign", house.settings, "--key", key)
        ok(status == 0 and os.path.exists(house.settings + ".hmac"), "sign: makes the tag", said)
        status, said = core("config", "check", house.settings, "--key", key)
        ok(status == 0 and "3 flags" in said, "check: fine", said)
        ok(d.admin({"command": "reload"})["ok"] and evaluate(d, "color", "acme", "u1")[0] == 1, "reload: with its tag")
        pathlib.Path(house.settings).write_text(FILE.replace("#00f", "#f00"))
        status, said = core("config", "check", house.settings, "--key", key)
        ok(status == 5 and "tag" in said, "check: a changed file", said)
        answer = d.admin({"command": "reload"})
        ok(not answer["ok"] and evaluate(d, "color", "acme", "u1")[1] == "#00f", "reload: a changed file is refused", answer)
        d.stop()
        pathlib.Path(house.settings).write_text("flags: { a: { rollout: 3 } }\n")
        status, said = core("config", "sign", house.settings, "--key", key)
        ok(status == 4 and "1:15" in said, "sign: a file that would be refused is not signed", said)
        status, said = core("config", "check", house.settings)
        ok(status == 4 and "rollout" in said and "rules" in said, "check: names what is wrong, and what there is", said)


run_scenarios(serving, tagged)
