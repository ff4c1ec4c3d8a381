#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whom the daemon believes a policy from, and what it remembers: thresholds, keys, scopes, revisions, dates, several bundles."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.request

from house import House, run_scenarios
from rig import Key, make_bundle, ok

CORE = os.environ.get("CORE", "build/bin/core")
OPEN = "package authz\nimport rego.v1\ndefault allow := false\nallow if true\n"
SHUT = "package authz\nimport rego.v1\ndefault allow := false\n"


def core(*args):
    return subprocess.run([CORE, *map(str, args)], capture_output=True, text=True)


def sources(house, name, files):
    for file, text in files.items():
        path = pathlib.Path(house.path(name), file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return house.path(name)


def build(house, output, keys, policy=OPEN, number=None, *more):
    """A bundle made by the program itself."""
    directory = sources(house, output + ".d", {"authz.rego": policy})
    signers = [word for key in keys for word in ("--sign-key", key.pem)]
    numbered = ["--revision-number", number] if number else []
    done = core("policy", "bundle", "--dir", directory, "--output", house.path(output), *signers, *numbered, *more)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return house.path(output)


def allowed(d):
    return d.evaluate("data.authz.allow", {"id": 1})[0]


def warnings(d):
    with urllib.request.urlopen(f"http://127.0.0.1:{d.http}/readyz", timeout=10) as answer:
        return json.load(answer).get("warnings", [])


def refused(d, path, *words, **more):
    answer = d.reload_policy(path, **more)
    return not answer["ok"] and all(w in answer["message"] for w in words), answer.get("message")


def until(condition):
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.02)
    return False


def events(house):
    return [r["event"] for r in house.audit() if "event" in r]


# ---- signatures ----

def thresholds():
    with House() as house:
        os.mkdir(house.path("keys"))
        a, b, c, stranger = (Key(house.path(name)) for name in ("a", "b", "c", "stranger"))
        for key in (a, b, c):
            shutil.copy(key.pub, house.path("keys"))
        house.config["policy"].update(verify_keys=[house.path("keys")], verify_threshold=2)
        house.write_config()
        build(house, "bundle.tar.gz", [a, b], OPEN, 1)
        d = house.start()
        ok(d.ready_after is not None and allowed(d), "threshold: two of three keys signed", d.logged())
        ok(d.admin({"command": "status"})["bundles"][0]["signers"] == 2, "threshold: status says how many")
        one = build(house, "one.tar.gz", [c], SHUT, 2)
        ok(*refused(d, one, "1 of the keys", "2 must"))
        ok(*refused(d, build(house, "strange.tar.gz", [c, stranger], SHUT, 2), "1 of the keys"))
        ok(core("policy", "bundle", "--dir", house.path("one.tar.gz.d"), "--output", house.path("x"), "--sign-key", a.pem,
                "--sign-key", a.pem).returncode == 5, "threshold: core lets no key sign twice")
        ok(core("policy", "bundle", "sign", one, "--sign-key", a.pem).returncode == 64, "sign: --add must be said")
        ok(core("policy", "bundle", "sign", one, "--add", "--sign-key", c.pem).returncode == 5, "sign: not the same key again")
        ok(core("policy", "bundle", "sign", one, "--add", "--sign-key", a.pem).returncode == 0 and
           d.reload_policy(one)["ok"] and not allowed(d), "sign: with the second signature it is taken")
        facts = json.loads(core("policy", "bundle", "inspect", one, "--verify-key", house.path("keys"), "--format", "json").stdout)
        ok(facts["signers"] == 2 and facts["verified"], "inspect: says how many signed", facts)
        os.unlink(house.path("keys/a.pub"))
        answer = d.admin({"command": "reload"})
        ok(not answer["ok"] and not allowed(d), "keys: the directory is read again; what serves stays", answer)
        shutil.copy(a.pub, house.path("keys"))
        shutil.copy(one, house.path("bundle.tar.gz"))
        ok(d.admin({"command": "reload"})["ok"], "keys: and again")
        pathlib.Path(house.path("keys/d.pub")).write_bytes(pathlib.Path(stranger.pub).read_bytes())
        late = build(house, "late.tar.gz", [a, stranger], OPEN, 3)
        ok(d.reload_policy(late)["ok"] and allowed(d), "keys: a new key in the directory counts at the next reload")
        d.stop()


def revoked_keys():
    with House() as house:
        other = Key(house.path("other"))
        revoked = pathlib.Path(house.path("revoked"))
        revoked.write_text("# none yet\n")
        house.config["policy"].update(verify_keys=[house.key.pub, other.pub], revoked_keys=str(revoked))
        house.write_config()
        d = house.start()
        thumbprint = d.admin({"command": "status"})["key"]
        ok(len(thumbprint) == 43, "revoked: status names the key", thumbprint)
        next_one = build(house, "next.tar.gz", [house.key], SHUT, 6)
        revoked.write_text(f"{thumbprint} # lost\n")
        ok(*refused(d, next_one, thumbprint, "is revoked"))
        ok(d.reload_policy(build(house, "good.tar.gz", [other], SHUT, 6))["ok"] and not allowed(d), "revoked: the other key serves on")
        revoked.unlink()
        ok(*refused(d, build(house, "better.tar.gz", [other], OPEN, 7), "revoked"))
        revoked.write_text("{\"keys\": []}\n")
        ok(*refused(d, house.path("better.tar.gz"), "no list of revoked keys"))
        d.stop()


def scopes():
    with House() as house:
        house.config["policy"]["bundle_scope"] = "edge"
        house.write_config()
        build(house, "bundle.tar.gz", [house.key], OPEN, 1, "--scope", "edge")
        d = house.start()
        ok(allowed(d), "scope: the right one", d.logged())
        ok(*refused(d, build(house, "core.tar.gz", [house.key], SHUT, 2, "--scope", "core"), "another scope", "\"core\", not \"edge\""))
        ok(*refused(d, build(house, "none.tar.gz", [house.key], SHUT, 2), "another scope"))
        d.stop()


# ---- revisions ----

def revisions():
    with House() as house:
        d = house.start()
        file = lambda name, text, number: house.write_bundle(text, name, number=number)
        ok(*refused(d, file("far.tar.gz", SHUT, 5 + 2 ** 32 + 1), "more than 4294967296 above 5", "policy.max_revision_step"))
        ok("policy.fast-forward" in events(house), "fast-forward: an alarm is recorded")
        ok(*refused(d, file("far.tar.gz", SHUT, 5 + 2 ** 32 + 1), "above 5", allow_rollback=True))
        ok(*refused(d, file("twice.tar.gz", SHUT, 5), "same revision number 5"))
        ok("policy.equivocation" in events(house), "equivocation: an alarm is recorded")
        ok(*refused(d, file("old.tar.gz", SHUT, 4), "below 5"))
        ok(*refused(d, file("bare.tar.gz", SHUT, 0), "below 5"))
        shutil.copy(house.path("bundle.tar.gz"), house.path("five.tar.gz"))
        ok(d.reload_policy(file("six.tar.gz", SHUT, 6))["ok"] and not allowed(d), "revision: the next is taken")
        d.stop(signal.SIGKILL)
        # The file at its place is still the old one: whoever swaps it back gains nothing.
        d = house.start()
        ok(d.ready_after is not None and not allowed(d), "killed: the older bundle on disk is refused", d.logged())
        status = d.admin({"command": "status"})
        ok(status["last_good"] and status["bundles"][0]["floor"] == 6 and "below 6" in status["last_problem"],
           "killed: the last good one serves, and the status says why", status)
        ok(any("last good" in w for w in warnings(d)), "killed: and health")
        d.stop()
        os.unlink(house.path("state/revision-floor"))
        d = house.start()
        ok(not allowed(d) and "revision-floor is lost" in d.logged(), "floor: lost, and known from the last good one", d.logged())
        d.stop()
        pathlib.Path(house.path("state/revision-floor")).write_text("0\n")
        d = house.start()
        ok(not allowed(d) and d.admin({"command": "status"})["bundles"][0]["floor"] == 6, "floor: put back, and found out")
        answer = d.reload_policy(house.path("five.tar.gz"), allow_rollback=True)
        ok(answer["ok"] and allowed(d) and events(house)[-1] == "policy.rollback", "rollback: allowed, and recorded", answer)
        d.stop(signal.SIGKILL)
        d = house.start()
        ok(allowed(d) and not d.admin({"command": "status"})["last_good"], "rollback: it lasts")
        shutil.copy(house.path("six.tar.gz"), house.path("bundle.tar.gz"))
        ok(d.admin({"command": "reload"})["ok"] and not allowed(d), "revision: up again")
        d.stop()


def last_good():
    with House() as house:
        d = house.start()
        ok(allowed(d), "last good: at first what is delivered serves")
        d.stop()
        whole = pathlib.Path(house.path("bundle.tar.gz")).read_bytes()
        for label, data in (("cut", whole[:-30]), ("empty", b""), ("garbage", b"x" * 300), ("gone", None)):
            path = pathlib.Path(house.path("bundle.tar.gz"))
            path.unlink(missing_ok=True)
            if data is not None:
                path.write_bytes(data)
            d = house.start()
            ok(allowed(d) and d.admin({"command": "status"})["last_good"] and warnings(d),
               f"last good: serves when the delivered one is {label}", d.logged())
            d.stop()
        good = pathlib.Path(house.path("state/last-good-bundle.tar.gz"))
        kept = good.read_bytes()
        good.write_bytes(kept[:100] + bytes([kept[100] ^ 1]) + kept[101:])
        d = house.start()
        ok(d.ready_after is not None and not allowed(d), "last good: it is verified again: changed, it does not serve")
        path.write_bytes(whole)
        ok(d.admin({"command": "reload"})["ok"] and allowed(d) and not warnings(d), "last good: the delivered one comes back")
        d.stop()


# ---- dates ----

def expiry():
    for what in ("keep", "deny"):
        with House() as house:
            house.config["policy"]["on_expired"] = what
            house.write_config()
            build(house, "bundle.tar.gz", [house.key], OPEN, 1, "--expires", int(time.time()) + 3)
            d = house.start()
            first = warnings(d)
            ok(until(lambda: any("has expired" in w for w in warnings(d))), f"{what}: health says it expired, after {first}")
            ok(until(lambda: "policy.expired" in events(house)), f"{what}: an alarm is recorded")
            answer = d.evaluate("data.authz.allow", {})
            ok(answer[0] == (what == "keep") and (answer[0] or "expired" in answer[1]), f"{what}: {answer}")
            pathlib.Path(house.path("jwks.json")).write_text(pathlib.Path(house.path("jwks.json")).read_text() + "\n")
            ok(d.admin({"command": "reload"})["ok"], f"{what}: everything else is still reloaded")
            ok(*refused(d, build(house, "x.tar.gz", [house.key], SHUT, 2, "--expires", int(time.time()) - 9), "has expired"))
            d.stop()
            d = house.start()
            ok(d.ready_after is not None and d.evaluate("data.authz.allow", {})[0] == (what == "keep"),
               f"{what}: after a restart likewise", d.logged())
            ok(d.reload_policy(build(house, "y.tar.gz", [house.key], OPEN, 2, "--expires", int(time.time()) + 86000))["ok"] and
               allowed(d) and any("within a day" in w for w in warnings(d)), f"{what}: a fresh one ends it")
            d.stop()
    with House() as house:
        build(house, "bundle.tar.gz", [house.key], OPEN, 1, "--expires", int(time.time()) - 9)
        d = house.start()
        ok(d.ready_after is not None and not allowed(d), "expired: never in use, it is not taken at the start")
        d.stop()


# ---- several bundles ----

def several():
    with House() as house:
        geo_key = Key(house.path("geo-key"))
        policy = ("package authz\nimport rego.v1\ndefault allow := false\n"
                  "allow if data.geo.open[input.country]\n")
        geo = lambda name, data, number, roots='["geo"]', key=geo_key: build_data(house, name, data, number, roots, key)

        def build_data(house, name, data, number, roots, key):
            directory = sources(house, name + ".d", {"data.json": json.dumps(data), ".manifest": '{"roots":%s}' % roots})
            done = core("policy", "bundle", "--dir", directory, "--output", house.path(name), "--sign-key", key.pem,
                        "--revision-number", number, "--revision", f"g{number}", "--scope", "geo")
            if done.returncode:
                raise RuntimeError(done.stderr)
            return house.path(name)

        def may(country):
            return d.evaluate("data.authz.allow", {"country": country})[0]

        house.write_bundle(policy, number=5)
        geo("geo.tar.gz", {"geo": {"open": {"se": True}}}, 3)
        house.config["policy"]["bundles"] = [
            {"name": "geo", "path": house.path("geo.tar.gz"), "verify_keys": [geo_key.pub], "scope": "geo"}]
        house.write_config()
        d = house.start()
        ok(may("se") and not may("fi"), "several: the policy reads the other bundle's data", d.logged())
        status = d.admin({"command": "status"})
        ok([b["name"] for b in status["bundles"]] == ["main", "geo"] and status["revision"] == "r1 geo=g3" and
           [b["floor"] for b in status["bundles"]] == [5, 3], "several: each has its revision and floor", status)
        ok(house.audit()[-1]["revision"] == "r1 geo=g3", "several: records name both")
        geo("geo.tar.gz", {"geo": {"open": {"fi": True}}}, 4)
        ok(d.admin({"command": "reload"})["ok"] and may("fi") and not may("se"), "several: data alone is renewed")
        geo("geo.tar.gz", {"geo": {"open": {"se": True}}}, 2)
        house.write_bundle(policy + "other if true\n", number=6, revision="r2")
        answer = d.admin({"command": "reload"})
        status = d.admin({"command": "status"})
        ok(not answer["ok"] and "below 4" in answer["message"] and may("fi") and status["revision"] == "r2 geo=g4",
           "several: one is refused, the other is taken", (answer, status))
        geo("geo.tar.gz", {"authz": {"open": True}}, 5, '["authz/open"]')
        answer = d.admin({"command": "reload"})
        ok(not answer["ok"] and "detected overlapping roots in manifests for these bundles: [main, geo] (authz overlaps authz/open)"
           in answer["message"] and may("fi"), "several: roots that overlap are refused", answer)
        geo("geo.tar.gz", {"geo": {"open": {}}}, 5, '[""]')
        answer = d.admin({"command": "reload"})
        ok(not answer["ok"] and "specify empty root paths" in answer["message"], "several: nor one that owns everything", answer)
        failed = core("policy", "bundle", "--dir", sources(house, "bad.d", {"data.json": '{"geo":{},"x":1}', ".manifest": '{"roots":["geo"]}'}),
                      "--output", house.path("bad.tar.gz"), "--sign-key", geo_key.pem)
        ok(failed.returncode == 5 and "/x" in failed.stderr, "several: data outside the roots is not even built", failed.stderr)
        ok(*refused(d, geo("new.tar.gz", {"geo": {"open": {"no": True}}}, 6), "main: .signatures.json: no signature", into="main"))
        ok(*refused(d, house.path("new.tar.gz"), "no bundle of the name fee", into="fee"))
        ok(*refused(d, geo("own.tar.gz", {"geo": {}}, 7, key=house.key), "geo: .signatures.json: no signature", into="geo"))
        done = core("sidecar", "reload-policy", "--bundle", house.path("new.tar.gz"), "--into", "geo", "--admin", house.path("admin.sock"))
        ok(done.returncode == 0 and may("no"), "several: core hands one to its place", done.stderr)
        d.stop(signal.SIGKILL)
        pathlib.Path(house.path("geo.tar.gz")).write_bytes(b"broken")
        d = house.start()
        status = d.admin({"command": "status"})
        ok(may("no") and [b["last_good"] for b in status["bundles"]] == [False, True],
           "several: after a restart the last good one stands in for the broken one only", (status, d.logged()))
        d.stop()
        shutil.rmtree(house.path("state"))
        d = house.start()
        ok(d.ready_after is not None and not may("no") and not d.admin({"command": "status"})["bundles"],
           "several: with one broken and none kept, none serves")
        geo("geo.tar.gz", {"geo": {"open": {"no": True}}}, 8)
        ok(d.admin({"command": "reload"})["ok"] and may("no"), "several: until it is whole again")
        del house.config["policy"]["bundles"]
        house.write_config()
        ok(d.admin({"command": "reload"})["ok"] and not may("no") and len(d.admin({"command": "status"})["bundles"]) == 1,
           "several: one that is not configured any more goes")
        d.stop()


run_scenarios(thresholds, revoked_keys, scopes, revisions, last_good, expiry, several)
