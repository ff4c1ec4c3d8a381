# SPDX-License-Identifier: Apache-2.0
"""core jwks and core token, seen from outside."""
import json
import os
import sys
import tempfile

import cli_test as cli
from cli_test import core, ok, table, write

FROM, DAY = 1780000000, 86400
EDWARDS = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def make_keys():
    for name, alg in (("ec", "ES256"), ("rsa", "RS256"), ("ed", "EdDSA")):
        done = core("policy", "keygen", "--out", name, "--alg", alg)
        ok(done.code == 0, f"a key for {alg}", done)
    write("all.pem", "".join(open(f"{n}/signing-key.pub").read() for n in ("ec", "rsa", "ed")))
    done = core("jwks", "convert", "all.pem", "-o", "all.json")
    ok(done.code == 0 and done.out == "", "PEM to JWKS", done)
    return json.load(open("all.json"))["keys"]


def try_convert(keys):
    ok([k["kty"] for k in keys] == ["EC", "RSA", "OKP"] and all(k["use"] == "sig" and len(k["kid"]) == 43 for k in keys),
       "three keys, named by their thumbprints", keys)
    pem = core("jwks", "convert", "all.json", "--to", "pem")
    ok(pem.code == 0 and pem.out == open("all.pem").read(), "and back: the same bytes", pem)
    named = {**keys[0], "kid": "mine", "alg": "ES256", "exp": FROM, "d": "AAAA", "x5t": "z"}
    write("one.json", json.dumps(named))
    one = json.loads(core("jwks", "convert", "one.json").out)["keys"][0]
    ok(one == {k: v for k, v in named.items() if k not in ("d", "x5t")}, "what was said stays, the private part does not", one)
    same = json.loads(core("jwks", "convert", "one.json", "--to", "jwk").out)
    ok(same == one, "to a JWK", same)
    private = core("jwks", "convert", "ec/signing-key.pem")
    ok(private.code == 0 and '"d"' not in private.out and keys[0]["kid"] in private.out, "a private key gives its public half", private)
    write("oct.json", json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "kid": "shared"}]}))
    table([
        (["jwks", "convert", "all.json", "--to", "jwk"], "", 5, "", "a JWK is one key"),
        (["jwks", "convert", "oct.json"], "", 5, "", "symmetric"),
        (["jwks", "convert", "all.json", "--to", "der"], "", 64, "", "jwks, jwk or pem"),
        (["jwks", "convert", "missing.json"], "", 6, "", "missing.json"),
        (["jwks", "convert", write("words.txt", "words")], "", 6, "", "words.txt"),
        (["jwks", "convert", write("list.json", "{}")], "", 5, "", "no JWKS"),
        (["jwks", "convert", "-"], json.dumps(EDWARDS), 0, '"keys"', ""),
    ])


def try_check(keys):
    def keyset(name, *items):
        return write(name, json.dumps({"keys": list(items)}))

    small = "vt8wGwZ0T9XQJrFhT0sYF1Y8F1j0Yw8Xg0b1xkq0Zf0vY0Zx0Hq8b1l7mYb3uG0dHcM0sO1s5X2a3n4k5l6m7w"
    expiring = {**keys[0], "exp": FROM + 10 * DAY}
    at = ["--at", str(FROM)]
    table([
        (["jwks", "check", "all.json"], "", 0, "3 of 3 keys are used", ""),
        (["jwks", "check", "all.pem"], "", 0, "3 of 3 keys are used", ""),
        (["jwks", "check", keyset("exp.json", expiring), *at], "", 0, "", ""),
        (["jwks", "check", "exp.json", *at, "--remind-before", "10"], "", 0, "", ""),
        (["jwks", "check", "exp.json", *at, "--remind-before", "11"], "", 5, "", "expires in 10 days (2026-06-07"),
        (["jwks", "check", "exp.json", "--at", str(FROM + 10 * DAY)], "", 5, "", "has expired"),
        (["jwks", "check", keyset("private.json", {**keys[0], "d": "AAAA"})], "", 5, "", "private part"),
        (["jwks", "check", keyset("weak.json", keys[0], {"kty": "RSA", "kid": "w", "e": "AQAB", "n": small})], "", 5,
         "1 of 2", 'key 2 (kid "w") is not used: its modulus is shorter than 2048'),
        (["jwks", "check", keyset("twice.json", {**keys[0], "kid": "a"}, {**keys[1], "kid": "a"})], "", 5, "",
         "has the kid of key 1"),
        (["jwks", "check", keyset("same.json", {**keys[0], "kid": "a"}, {**keys[0], "kid": "b"})], "", 0, "",
         "is the same as key 1"),
        (["jwks", "check", "oct.json"], "", 5, "", "symmetric"),
        (["jwks", "check", "one.json"], "", 5, "", "core jwks convert"),
        (["jwks", "check", keyset("none.json")], "", 5, "", "no usable key"),
        (["jwks", "check", write("double.json", '{"keys":[],"keys":[]}')], "", 6, "", "double.json"),
        (["jwks", "check", "all.json", "--remind-before", "soon"], "", 64, "", "takes a number"),
        (["jwks", "inspect", "all.json"], "", 0, f'key 1 (kid "{keys[0]["kid"]}")', ""),
        (["jwks", "inspect", "all.json"], "", 0, "EC P-256, 256 bits", ""),
        (["jwks", "inspect", "all.pem"], "", 0, "when the file was written", ""),
        (["jwks", "inspect", "exp.json", *at], "", 0, "in 10 days", ""),
        (["jwks", "inspect", "weak.json"], "", 0, "shorter than 2048", ""),
        (["jwks", "inspect", "private.json"], "", 0, "shows its private part", ""),
        (["jwks", "inspect", keyset("iat.json", {**keys[0], "iat": FROM - 3 * DAY}), *at], "", 0,
         "3 days (since 2026-05-25T20:26:40Z, as the key says)", ""),
    ])
    got = json.loads(core("jwks", "inspect", "weak.json", "--format", "json").out)
    ok(got[0]["used"] and got[0]["bits"] == 256 and got[0]["thumbprint"] == keys[0]["kid"] and not got[1]["used"] and
       got[1]["bits"] < 2048 and got[1]["kty"] == "RSA", "inspect: JSON", got)


def make_token():
    os.chmod("ec/signing-key.pem", 0o600)
    done = core("license", "issue", "--key", "ec/signing-key.pem", "--org", "acme", "--from", str(FROM), "--days", "1",
                "-o", "token.jwt")
    ok(done.code == 0, "a token", done)
    return open("token.jwt").read().strip()


def try_verify(token):
    claims = json.loads(core("token", "verify", "--jwks", "all.json", "--at", str(FROM), token).out)
    issuer = claims["iss"]
    ok(claims["sub"] == "acme", "the claims are printed", claims)
    bad = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    base = ["token", "verify", "--jwks", "all.json", "--at", str(FROM)]
    late = ["token", "verify", "--jwks", "all.json", "--at", str(FROM + DAY)]
    hs = "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"
    table([
        ([*base, token], "", 0, '"iss"', ""),
        ([*base, "-"], token, 0, '"iss"', ""),
        ([*base, "-"], token + "\n", 5, "token_malformed", "printf"),
        ([*base, "Bearer " + token], "", 5, "token_malformed", ""),
        ([*base, token + " "], "", 5, "token_malformed", ""),
        (["token", "verify", "--jwks", "all.pem", "--at", str(FROM), token], "", 0, '"iss"', ""),
        ([*base, "--issuer", "someone", "--issuer", issuer, token], "", 0, '"iss"', ""),
        ([*base, "--issuer", "someone", token], "", 5, "issuer_unknown", "issuer"),
        ([*base, "--audience", "app", token], "", 5, "audience_mismatch", ""),
        ([*base, "--algorithm", "RS256", token], "", 5, "algorithm_not_allowed", ""),
        ([*base, "--algorithm", "HS256", token], "", 64, "", "--algorithm takes"),
        ([*base, "--leeway", "3601", token], "", 64, "", "3600"),
        ([*late, token], "", 5, "token_expired", "has expired"),
        ([*late, "--leeway", "1", token], "", 0, '"iss"', ""),
        ([*late, "--format", "json", token], "", 5, '{"reason": "token_expired"}', ""),
        ([*base, bad], "", 5, "signature_invalid", ""),
        ([*base, hs], "", 5, "algorithm_not_allowed", ""),
        ([*base, ""], "", 5, "token_missing", ""),
        ([*base, "-"], "", 5, "token_missing", ""),
        ([*base, "a" * 16385], "", 5, "token_too_long", ""),
        (["token", "verify", "--jwks", "oct.json", token], "", 5, "keys_unavailable", "symmetric"),
        (["token", "verify", "--jwks", "double.json", token], "", 5, "keys_unavailable", ""),
        (["token", "verify", "--jwks", "missing.json", token], "", 6, "", "missing.json"),
        (["token", "verify", token], "", 64, "", "--jwks is needed"),
    ])


def try_inspect(token):
    def config(name, **auth):
        return write(name, json.dumps({"auth": auth}))

    at = ["--at", str(FROM + 3600)]
    config("plain.yaml", jwks_path="all.json")
    config("strict.yaml", jwks_path="all.json", issuers=["https://a", {"issuer": "https://b", "jwks_path": "all.pem"}])
    config("other.yaml", jwks_path="exp.json", audiences=["app"])
    config("bare.yaml", jwks_path="nowhere.json")
    table([
        (["token", "inspect", "--config", "plain.yaml", *at, token], "", 0, "Sidecar: believes it", ""),
        (["token", "inspect", "--config", "plain.yaml", *at, token], "", 0, "Signature: verified", ""),
        (["token", "inspect", "--config", "plain.yaml", *at, "-"], f"Bearer {token}\n", 0, "in 23 hours", ""),
        (["token", "inspect", "--config", "plain.yaml", "--at", str(FROM + 3 * DAY), token], "", 1, "token_expired", ""),
        (["token", "inspect", "--config", "plain.yaml", "--at", str(FROM + 3 * DAY), token], "", 1, "2 days ago", ""),
        (["token", "inspect", "--config", "strict.yaml", *at, token], "", 1, "issuer_unknown", ""),
        (["token", "inspect", "--config", "strict.yaml", *at, token], "", 1, "Signature: not checked", ""),
        (["token", "inspect", "--config", "other.yaml", *at, token], "", 1, "audience_mismatch", ""),
        (["token", "inspect", "--config", "bare.yaml", *at, token], "", 1, "keys_unavailable", "nowhere.json"),
        (["token", "inspect", "--config", "plain.yaml", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."], "", 1, '{"alg":"none"}', ""),
        (["token", "inspect", "--config", "plain.yaml", "nonsense"], "", 1, "token_malformed", ""),
        (["token", "inspect", "--config", "missing.yaml", token], "", 6, "", "missing.yaml"),
    ])
    got = core("token", "inspect", "--config", "plain.yaml", *at, "--format", "json", token)
    said = json.loads(got.out)
    ok(said["accepted"] and said["signature"] == "verified" and said["claims"]["sub"] == "acme" and
       said["times"]["iat"].endswith("60 minutes ago") and len(said["sha256"]) == 12, "inspect: JSON", got)
    text = core("token", "inspect", "--config", "plain.yaml", *at, token)
    ok(token.rsplit(".", 1)[1] not in got.out + got.err + text.out + text.err, "the signature is never shown", got)


def main():
    with tempfile.TemporaryDirectory() as room:
        os.chdir(room)
        keys = make_keys()
        try_convert(keys)
        try_check(keys)
        token = make_token()
        try_verify(token)
        try_inspect(token)
        os.chdir("/")
    print(f"1..{cli.count}")
    sys.exit(cli.failed > 0)


if __name__ == "__main__":
    main()
