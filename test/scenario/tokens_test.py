# SPDX-License-Identifier: Apache-2.0
"""Tokens: issuers with keys of their own, keys that come and go, and a clock that was set back."""
import json
import os
import pathlib
import subprocess
import time
import urllib.request

from house import House, run_scenarios
from rig import Key, field, fields, ok

CORE = os.environ.get("CORE", "build/bin/core")
LICENSE_KEY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/license/development.pem")
AUTHORIZE = "/coresdk.v1.AuthService/Authorize"


def good(d, token):
    """Authorize as the clients send it: only a token that is believed brings the role that may read."""
    answer = fields(d.call(AUTHORIZE, field(1, "alice") + field(2, "read") + field(3, "orders/1") + field(7, token)))
    return answer.get(1, [0])[0] == 1


def why(d, token):
    answer = fields(d.call(AUTHORIZE, field(1, "alice") + field(2, "read") + field(3, "orders/1") + field(7, token)))
    return answer.get(2, [b""])[0].decode()


def write_set(path, **keys):
    """Whole and at once, as an operator does it."""
    text = json.dumps({"keys": [{**key.jwk, "kid": kid} for kid, key in keys.items()]})
    pathlib.Path(path + ".new").write_text(text)
    os.rename(path + ".new", path)


def said(d, text, times=1):
    for _ in range(40):
        if d.logged().count(text) >= times:
            return True
        time.sleep(0.1)
    return False


def ready(d):
    with urllib.request.urlopen(f"http://127.0.0.1:{d.http}/readyz", timeout=5) as answer:
        return json.loads(answer.read())


def issuers():
    with House() as house:
        a, b, c = (Key(house.path(name)) for name in "abc")
        write_set(house.path("a.json"), same=a)
        write_set(house.path("b.json"), same=b, only=b)
        pathlib.Path(house.path("c-keys.pem")).write_bytes(pathlib.Path(c.pub).read_bytes())
        house.config["auth"].update(audiences=["app"], issuers=[
            "https://plain",
            {"issuer": "https://a", "jwks_path": house.path("a.json"), "audiences": ["one", "two"], "leeway_secs": 0},
            {"issuer": "https://b", "jwks_path": house.path("b.json"), "audiences": [], "leeway_secs": 600},
            {"issuer": "https://c", "jwks_path": house.path("c-keys.pem"), "algorithms": ["RS256"]}])
        house.write_config()
        d = house.start()
        who = {"sub": "alice", "roles": ["reader"]}
        now = int(time.time())
        pem_kid = fields(d.call("/coresdk.v1.AuthService/GetJwks", b""))[1][0]
        keys = json.loads(pem_kid)["keys"]
        ok(len(keys) == 5, "GetJwks has the keys of all issuers", keys)
        pem_kid = keys[-1]["kid"]
        for token, want, label in (
                (house.issuer.token(iss="https://plain", aud="app", **who), True, "a plain issuer has auth.*'s keys"),
                (house.issuer.token(iss="https://plain", aud="one", **who), False, "… and audiences"),
                (a.token("same", iss="https://a", aud="one", **who), True, "a: its own key and audience"),
                (a.token("same", iss="https://a", aud="app", **who), False, "a: not auth.*'s audience"),
                (a.token("same", iss="https://a", aud="one", exp=now - 1, **who), False, "a: no leeway"),
                (b.token("same", iss="https://a", aud="one", **who), False, "b cannot speak for a, by a kid that both have"),
                (b.token("only", iss="https://a", aud="one", **who), False, "… nor by one of its own"),
                (house.issuer.token(iss="https://a", aud="one", **who), False, "… nor can auth.*'s key"),
                (a.token("same", iss="https://b", **who), False, "a cannot speak for b"),
                (b.token("same", iss="https://b", exp=now - 300, **who), True, "b: any audience, much leeway"),
                (b.token("same", iss="https://b", exp=now - 660, **who), False, "b: but not more"),
                (c.token(pem_kid, iss="https://c", aud="app", **who), False, "c: an algorithm that is not allowed for it"),
                (b.token("same", iss="https://d", **who), False, "an issuer that is not listed"),
                (b.token("same", **who), False, "none")):
            ok(good(d, token) == want, label, why(d, token))
            ok(good(d, token) == want, label + ", once more")  # perhaps from the cache
        house.config["auth"]["issuers"][3].pop("algorithms")
        house.write_config()
        ok(d.admin({"command": "reload"})["ok"] and good(d, c.token(pem_kid, iss="https://c", aud="app", **who)),
           "c: a PEM file, after a reload of the configuration")
        house.config["auth"]["issuers"][1]["leway_secs"] = 1
        house.write_config()
        answer = d.admin({"command": "reload"})
        ok(not answer["ok"] and answer["findings"][0]["row"] > 10 and good(d, a.token("same", iss="https://a", aud="one", **who)),
           "a wrong member is refused with its place, the issuers in use stay", answer)
        d.stop()


def rotation():
    with House() as house:
        old, new = house.issuer, Key(house.path("new"))
        os.makedirs(house.path("v1"))
        os.makedirs(house.path("v2"))
        write_set(house.path("v1/jwks.json"), k1=old)
        write_set(house.path("v2/jwks.json"), k1=old, k2=new)
        os.symlink("v1", house.path("current"))
        house.config["auth"]["jwks_path"] = house.path("current/jwks.json")
        house.config["workers"] = 4
        house.write_config()
        d = house.start()
        first, second = old.token(roles=["reader"]), new.token("k2", roles=["reader"])
        ok(good(d, first) and not good(d, second), "the old key works, the new one is unknown")
        ok(said(d, "tokens name keys"), "unknown: named in the log", d.logged())
        for i in range(40):
            good(d, new.token(f"x{i % 3}"))
        time.sleep(1.5)
        ok(d.logged().count("tokens name keys") == 1, "unknown: not again within a minute", d.logged())
        ok(d.admin({"command": "status"})["tokens_key_unknown"] == 41, "unknown: each is counted")
        os.symlink("v2", house.path("current.new"))
        os.rename(house.path("current.new"), house.path("current"))
        ok(d.admin({"command": "reload"})["ok"] and good(d, first) and good(d, second), "a link is swapped: both work")
        write_set(house.path("v2/jwks.json"), k2=new)
        ok(d.admin({"command": "reload"})["ok"] and not good(d, first) and good(d, second),
           "the file drops the old one: at once, also from the cache")
        for text, label in (("{", "broken"), (json.dumps({"keys": []}), "empty"), (json.dumps(new.jwk), "one key"),
                            (json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0"}, {**new.jwk, "kid": "k2"}]}), "symmetric")):
            pathlib.Path(house.path("v2/jwks.json")).write_text(text)
            answer = d.admin({"command": "reload"})
            ok(not answer["ok"] and good(d, second) and said(d, "the key set in use stays"), f"{label}: refused, and said", answer)
        os.remove(house.path("v2/jwks.json"))
        ok(not d.admin({"command": "reload"})["ok"] and good(d, second), "gone: the key set in use stays")
        d.stop()


def many():
    with House() as house:
        template = house.issuer.jwk
        keys = [{**template, "kid": f"k{i}"} for i in range(9999)] + [{**template, "kid": "last"}]
        pathlib.Path(house.path("jwks.json")).write_text(json.dumps({"keys": keys}))
        d = house.start()
        ok(d.ready_after is not None and good(d, house.issuer.token("last", roles=["reader"])),
           f"10,000 keys are loaded ({d.ready_after:.1f} s) and the last one works")
        ok(d.status("/coresdk.v1.AuthService/GetJwks", b"")[0].name == "RESOURCE_EXHAUSTED" and
           good(d, house.issuer.token("last", roles=["reader"])), "GetJwks: too much for one answer, and said so")
        began = time.monotonic()
        ok(d.admin({"command": "reload"})["ok"] and time.monotonic() - began < 3, "a reload without a new file is quick")
        keys.append({**template, "kid": "more"})
        pathlib.Path(house.path("jwks.json")).write_text(json.dumps({"keys": keys}))
        ok(not d.admin({"command": "reload"})["ok"] and not good(d, house.issuer.token("more", roles=["reader"])),
           "one more is refused")
        house.config["auth"]["jwks_max_keys"] = 10001
        house.write_config()
        ok(d.admin({"command": "reload"})["ok"] and good(d, house.issuer.token("more", roles=["reader"])),
           "unless auth.jwks_max_keys has room for it")
        d.stop()


def clock():
    with House() as house:
        mark = pathlib.Path(house.path("state/clock-mark"))
        d = house.start()
        ok(d.ready_after is not None and d.admin({"command": "status"})["clock"]["set_back"] is False and
           "warnings" not in ready(d), "the clock is fine")
        d.stop()
        ok(abs(int(mark.read_text()) - time.time()) < 5, "what it showed is kept")
        # The highest time ever seen is two hours ahead of now: somebody set the clock back.
        mark.write_text(f"{int(time.time()) + 7200}\n")
        subprocess.run([CORE, "license", "issue", "--key", LICENSE_KEY, "--org", "acme", "--days", "1", "--from",
                        str(int(time.time()) - 86400 + 3600), "--output", house.path("license.jwt")], check=True,
                       capture_output=True)
        house.config["license"] = {"token_path": house.path("license.jwt")}
        house.write_config()
        d = house.start()
        now = int(time.time())
        status = d.admin({"command": "status"})["clock"]
        ok(status["set_back"] and abs(status["behind_s"] - 7200) < 10 and "the clock was set back" in d.logged() and
           "the clock was set back" in ready(d)["warnings"], "set back: log, status and readyz say so", status)
        ok(not good(d, house.issuer.token(roles=["reader"])) and
           good(d, house.issuer.token(exp=now + 7800, roles=["reader"])), "exp is judged at the mark")
        ok(d.admin({"command": "status"})["license"]["state"] == "expired", "and the license")
        ok(good(d, house.issuer.token(exp=now + 9000, nbf=now + 7000, roles=["reader"])), "and so is nbf")
        answer = d.admin({"command": "status"})
        time.sleep(2.2)
        ok(d.admin({"command": "status"})["clock"]["judged_at"] - answer["clock"]["judged_at"] in (2, 3), "time goes on")
        d.stop()
        ok(int(mark.read_text()) >= now + 7200, "a stop keeps the mark")
        house.write_bundle(revision="r2", number=6, expires=now + 3600)
        d = house.start()
        said_it = subprocess.run([CORE, "sidecar", "reset-clock", "--admin", house.path("admin.sock")],
                                 capture_output=True, text=True, check=False)
        ok(said_it.returncode == 0 and "judged by the clock again" in said_it.stdout, "core sidecar reset-clock", said_it)
        ok(d.admin({"command": "status"})["revision"] == "r1" and "expired" in d.logged(), "a bundle that has expired by the mark is refused")
        ok(good(d, house.issuer.token(roles=["reader"])) and not d.admin({"command": "status"})["clock"]["set_back"] and
           "the clock was set back" not in ready(d)["warnings"] and int(mark.read_text()) < now + 100, "reset: the clock is believed again")
        ok(any("clock.reset" in json.dumps(r) for r in house.audit()), "reset: recorded", house.audit()[-1:])
        d.stop()
        mark.write_text("junk\n")
        d = house.start()
        ok(d.ready_after is not None and "clock-mark cannot be used" in d.logged() and
           good(d, house.issuer.token(roles=["reader"])), "a spoiled mark is said, and counts as none")
        d.stop()


run_scenarios(issuers, rotation, many, clock)
