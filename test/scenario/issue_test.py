# SPDX-License-Identifier: Apache-2.0
"""Revoking tokens, getting new ones, sending agents: as the published clients ask."""
import base64
import json
import os
import pathlib
import random
import signal
import threading
import time

import grpc

from house import House, run_scenarios
from rig import b64, claims_of, field, fields, mac_token, ok

AUTH = "/coresdk.v1.AuthService/"
SPAWN = "/coresdk.v1.DataGateService/AgentSpawnGate"
SECRET = "00112233445566778899aabbccddeeff"

POLICY = """package authz
import rego.v1
default allow := false
allow if { input.action == "read"; "orders.read" in input.context.scopes }
allow if { input.action == "spawn"; input.gate.agent_id != "evil" }
"""
DELEGATION = """package coresdk.agent_delegation
default allow = false
allow { input.target_service == "billing"; input.parent_claims.sub == "alice" }
"""


def hs256(claims, secret=SECRET, **header):
    return mac_token(claims, secret, **header)


def payload_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def refresh_token(**claims):
    now = int(time.time())
    return hs256({"iss": "coresdk-sidecar", "sub": "alice", "tenant_id": "acme", "scope": "orders.read", "typ": "refresh",
                  "iat": now, "exp": now + 7 * 86400, **claims})


def valid(d, token, tenant="acme"):
    return fields(d.call(AUTH + "ValidateToken", field(1, token) + field(2, tenant))).get(1, [0])[0] == 1


def revoke(d, token):
    return fields(d.call(AUTH + "RevokeToken", field(1, token) + field(2, "acme") + field(3, "stolen"))).get(1, [0])[0]


def is_revoked(d, token, tail=b""):
    return fields(d.call(AUTH + "IsRevoked", field(1, token) + tail)).get(1, [0])[0]


def house_with_key(**config):
    house = House(**config)
    key = house.path("local.key")
    pathlib.Path(key).write_text(SECRET + "\n")
    os.chmod(key, 0o600)
    house.config["auth"]["local_key_path"] = key
    house.write_config()
    house.write_bundle(POLICY + "\n", number=6)
    return house


def flip_s(token):
    """The other signature that ECDSA has for the same text: (r, n - s)."""
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    head, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    return head + "." + b64(raw[:32] + (n - int.from_bytes(raw[32:], "big")).to_bytes(32, "big"))


def revocations():
    with house_with_key() as house:
        d = house.start()
        token, other = house.issuer.token(sub="u"), house.issuer.token(sub="v")
        ok(valid(d, token) and valid(d, token) and valid(d, other), "two tokens are good, also from the cache")
        ok(valid(d, flip_s(token)), "so is the other signature over the same text")
        ok(is_revoked(d, token) == 0 and revoke(d, token) == 1 and is_revoked(d, token) == 1, "revoke: python")
        ok(is_revoked(d, token, field(2, "acme")) == 1, "is revoked: ts and go, with a tenant")
        ok(is_revoked(d, "Bearer " + token) == 1, "is revoked: with Bearer")
        ok(not valid(d, token) and valid(d, other), "a revoked token is refused at once, another is not")
        ok(not valid(d, flip_s(token)), "nor does the other signature bring it back")
        answer = fields(d.call(AUTH + "Authorize", field(2, "read") + field(3, "orders/1") + field(7, token)))
        ok(1 not in answer and b"revoked" in answer[2][0], "authorize: denied, with the reason", answer)
        ok(revoke(d, token) == 1, "revoking again is fine")
        ok(revoke(d, house.issuer.token(sub="w", exp=int(time.time()) - 100)) == 1, "an expired one needs nothing more")
        for label, junk in (("junk", "junk"), ("a forged one", other[:-8] + "AAAAAAAA"), ("nothing", "")):
            ok(revoke(d, junk) == 0, f"revoke: {label} is not taken")
        d.stop(signal.SIGKILL)
        d = house.start()
        ok(not valid(d, token) and valid(d, other) and is_revoked(d, token) == 1, "after kill -9: still revoked")
        d.stop()
        records = [r for r in house.audit() if r.get("method") == "RevokeToken"]
        ok(len(records) >= 5 and all(token not in json.dumps(r) for r in house.audit()), "revocations are recorded, tokens are not")


def kills():
    """kill -9 at random moments of a stream of revocations: what was acknowledged holds."""
    with house_with_key() as house:
        tokens = [house.issuer.token(sub=f"u{i}") for i in range(120)]
        acknowledged, at = [], 0
        for round in range(6):
            d = house.start()
            lost = [t for t in acknowledged if is_revoked(d, t) != 1]
            ok(not lost, f"round {round}: all {len(acknowledged)} that were acknowledged hold")
            timer = threading.Timer(random.uniform(0.005, 0.04), d.process.kill)
            timer.start()
            try:
                while at < len(tokens):
                    if revoke(d, tokens[at]) == 1:
                        acknowledged.append(tokens[at])
                    at += 1
            except grpc.RpcError:
                at += 1
            timer.cancel()
            d.stop(signal.SIGKILL)
        ok(len(acknowledged) > 6, f"{len(acknowledged)} were acknowledged in all")


def bounded():
    with house_with_key() as house:
        house.config["auth"]["revoked_max"] = 3
        house.write_config()
        d = house.start()
        tokens = [house.issuer.token(sub=f"u{i}") for i in range(4)]
        got = [revoke(d, t) for t in tokens]
        ok(got == [1, 1, 1, 0] and valid(d, tokens[3]) and not valid(d, tokens[0]), "one more than the bound is refused", got)
        d.stop()


def refreshing():
    with house_with_key() as house:
        d = house.start()
        good = refresh_token()
        answer = fields(d.call(AUTH + "RefreshToken", field(1, good)))
        access = answer[1][0].decode()
        claims = payload_of(access)
        ok(claims["typ"] == "access" and claims["sub"] == "alice" and claims["tenant_id"] == "acme" and
           claims["exp"] - claims["iat"] == 3600 and answer[2] == [claims["exp"]] and 3 not in answer,
           "refresh: an access token for an hour", claims)
        got = d.call(AUTH + "ValidateToken", field(1, access) + field(2, "acme"))
        ok(fields(got).get(1) == [1] and claims_of(got)["scope"] == "orders.read", "the access token is believed")
        ok(fields(d.call(AUTH + "Authorize", field(2, "read") + field(3, "x") + field(7, access))).get(1) == [1],
           "and the policy allows what its scope says")
        ok(not valid(d, good), "the refresh token itself gives no access")
        now = int(time.time())
        bad = {
            "an access token": access,
            "an expired one": refresh_token(exp=now - 60),
            "one of another key": hs256(payload_of(good), "x" * 32),
            "one of another issuer": refresh_token(iss="someone"),
            "one without exp": refresh_token(exp=None),
            "one signed by the key set's issuer": house.issuer.token(sub="alice", typ="refresh"),
            "junk": "junk", "nothing": "",
            "alg none": b64(b'{"alg":"none"}') + "." + good.split(".")[1] + ".",
            "HS512 in the header": hs256(payload_of(good), alg="HS512"),
            "a key of the header's": hs256(payload_of(good), jwk={"kty": "oct", "k": "AAAA"}),
        }
        for label, token in bad.items():
            answer = fields(d.call(AUTH + "RefreshToken", field(1, token)))
            ok(1 not in answer and b"https://errors.coresdk.io/auth/" in answer[3][0], f"refresh: {label}: refused", answer)
        public = house.issuer.pub
        mixed = hs256(payload_of(good), pathlib.Path(public).read_text(), kid="k1")
        ok(not valid(d, mixed), "a MAC by a public key is no token")
        short = refresh_token(exp=now + 100)
        answer = fields(d.call(AUTH + "RefreshToken", field(1, short)))
        ok(answer[2][0] <= now + 100, "the access token never outlives the refresh token")
        ok(revoke(d, good) == 1 and 1 not in fields(d.call(AUTH + "RefreshToken", field(1, good))),
           "a revoked refresh token gets nothing")
        ok(revoke(d, access) == 1 and not valid(d, access), "tokens of our own are revoked as others are")
        jwks = json.loads(fields(d.call(AUTH + "GetJwks", b""))[1][0])
        ok([k["kid"] for k in jwks["keys"]] == ["k1"] and "d" not in jwks["keys"][0] and SECRET not in json.dumps(jwks),
           "the key set has public keys only")
        ok(SECRET not in d.logged() and access not in d.logged() and good not in d.logged(), "nothing of it is logged")
        d.stop()
    with House() as house:
        d = house.start()
        code, why = d.status(AUTH + "RefreshToken", field(1, refresh_token()))
        ok(code.name == "FAILED_PRECONDITION" and "auth.local_key_path" in why, "refresh: without a key: says which setting", why)
        ok(not valid(d, refresh_token(typ="access")), "without a key no MAC is believed")
        d.stop()


def mint(d, token, service="billing", scopes=("orders.read",), ttl=60, tenant="acme"):
    message = field(1, token) + field(2, service) + b"".join(field(3, s) for s in scopes)
    return d.call(AUTH + "MintAgentToken", message + (field(4, ttl) if ttl else b"") + field(5, tenant))


def agents():
    with house_with_key() as house:
        from rig import make_bundle
        make_bundle(house.path("bundle.tar.gz"), {"a.rego": POLICY, "b.rego": DELEGATION.replace("allow {", "allow if {")},
                    house.key, number=7)
        d = house.start()
        parent = house.issuer.token(sub="alice", tenant_id="acme", scope="orders.read jobs.*")
        answer = fields(mint(d, parent, scopes=("orders.read", "jobs.write")))
        claims = payload_of(answer[1][0].decode())
        ok(answer[2] == [60] and claims["exp"] - claims["iat"] == 60 and claims["scope"] == "orders.read jobs.write" and
           claims["aud"] == "billing" and claims["act"] == {"sub": "billing"} and claims["principal_type"] == "agent" and
           json.loads(answer[3][0]) == ["alice"], "mint: for a service, with less", claims)
        child = answer[1][0].decode()
        ok(valid(d, child), "mint: the agent's token is believed")
        for ttl, want in ((0, 300), (4000, 300), (1, 1)):
            ok(fields(mint(d, parent, ttl=ttl))[2] == [want], f"mint: {ttl} seconds asked, {want} given")
        second = fields(mint(d, parent.replace("x", "x"), ttl=20))
        ok(second[2] == [20], "mint: 20 seconds")
        refused = {
            "a scope that the parent lacks": (parent, {"scopes": ("orders.write",)}, "PERMISSION_DENIED"),
            "a star that the parent lacks": (parent, {"scopes": ("orders.*",)}, "PERMISSION_DENIED"),
            "another service": (parent, {"service": "payroll"}, "PERMISSION_DENIED"),
            "another tenant": (parent, {"tenant": "globex"}, "PERMISSION_DENIED"),
            "no service": (parent, {"service": ""}, "PERMISSION_DENIED"),
            "another subject": (house.issuer.token(sub="bob", tenant_id="acme", scope="orders.read"), {}, "PERMISSION_DENIED"),
            "no parent": ("", {}, "UNAUTHENTICATED"),
            "a forged parent": (parent[:-6] + "AAAAAA", {}, "UNAUTHENTICATED"),
        }
        for label, (token, more, want) in refused.items():
            try:
                mint(d, token, **more)
                ok(False, f"mint: {label}")
            except grpc.RpcError as e:
                ok(e.code().name == want and e.details(), f"mint: {label}: {e.details()}", e.code())
        chain = parent
        for depth in range(1, 10):
            try:
                chain = fields(mint(d, house.issuer.token(sub="alice", scope="orders.read",
                                                          agent_chain=["a"] * (depth - 1)), tenant="")) [1][0].decode()
            except grpc.RpcError as e:
                ok(depth == 9 and "chain" in e.details(), f"mint: a chain of {depth} is too long")
                break
        records = [r for r in house.audit() if r.get("method") == "MintAgentToken"]
        ok(len(records) > 10 and child not in json.dumps(records), "mint: recorded, without the token")
        spawn = lambda agent, capabilities, ttl=60: fields(d.call(SPAWN, field(1, parent) + field(2, agent) + b"".join(
            field(3, c) for c in capabilities) + field(4, ttl)))
        answer = spawn("helper", ["orders.read", "orders.write", "jobs.run", "x y"], 1000)
        claims = payload_of(answer[3][0].decode())
        ok(answer[1] == [1] and answer[4] == [b"orders.read", b"jobs.run"] and answer[5] == [300] and
           claims["sub"] == "agent:helper@user:alice@tenant:acme" and claims["principal_type"] == "agent" and
           claims["grant_type"] == "agent_spawn" and claims["scope"] == "orders.read jobs.run", "spawn: what both have", claims)
        answer = spawn("evil", ["orders.read"])
        ok(1 not in answer and 3 not in answer and answer[2][0], "spawn: the policy denies", answer)
        answer = fields(d.call(SPAWN, field(1, "junk") + field(2, "helper")))
        ok(1 not in answer and answer[2][0], "spawn: a bad token is a denial", answer)
        d.stop()


run_scenarios(revocations, kills, bounded, refreshing, agents)
