#!/usr/bin/python3
"""issuer.py DIR SUBJECT [CLAIMS_JSON]: an identity provider for the examples.

Makes DIR/issuer.pem (RSA) and DIR/jwks.json once, and prints a token signed with it.
"""
import base64
import json
import os
import subprocess
import sys
import time


def openssl(*args, data=b""):
    return subprocess.run(("openssl", *args), input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main():
    folder, subject = sys.argv[1:3]
    claims = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    key = f"{folder}/issuer.pem"
    if not os.path.exists(key):
        openssl("genrsa", "-out", key, "2048")
        modulus = openssl("rsa", "-in", key, "-noout", "-modulus").decode().strip().partition("=")[2]
        jwk = {"kty": "RSA", "kid": "example-1", "alg": "RS256", "use": "sig", "e": "AQAB", "n": encode(bytes.fromhex(modulus))}
        with open(f"{folder}/jwks.json", "w", encoding="utf-8") as jwks:
            json.dump({"keys": [jwk]}, jwks, indent=2)
    now = int(time.time())
    header = {"alg": "RS256", "typ": "JWT", "kid": "example-1"}
    body = {"iss": "https://idp.example.org/", "sub": subject, "iat": now, "exp": now + 3600, **claims}
    text = ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, body))
    print(text + "." + encode(openssl("dgst", "-sha256", "-sign", key, data=text.encode())))


main()
