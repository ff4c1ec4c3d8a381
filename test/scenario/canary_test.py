# SPDX-License-Identifier: Apache-2.0
"""Secrets that must be found nowhere: 32 of them, through every door, and a search of all that is left behind."""
import base64
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import time

import grpc

from house import POLICY, House, run_scenarios
from rig import field, make_bundle, ok

V1 = "/coresdk.v1."
COUNT = 32
SECRETS = "package coresdk.secrets\nimport rego.v1\ndefault allow := false\nallow if input.user_id == \"alice\"\n"
CALLER = field(1, field(1, "acme") + field(2, "alice"))


class Canaries:
    """Random texts, each with where it was put; any may come back in another spelling."""

    def __init__(self):
        self.all = {}

    def make(self, where):
        text = "cnry" + "".join(random.choices("abcdefghijkmnpqrstuvwxyz23456789", k=28))
        self.all[text] = where
        return text

    def spellings(self):
        for text, where in self.all.items():
            raw = text.encode()
            yield where, raw
            yield where + ", as hex", raw.hex().encode()
            for shift in range(3):  # inside of a longer text in base64, wherever it begins
                body = base64.b64encode(b"\0" * shift + raw)
                yield where + ", as base64", body[4 if shift else 0:-4]

    def find(self, data):
        return sorted({where for where, spelling in self.spellings() if spelling in data})


def furnish(house, c):
    """The canaries that lie in files and in the environment."""
    def write(name, text, mode=0o600):
        path = pathlib.Path(house.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.chmod(path, mode)

    own = {}
    for i in range(6):
        own[f"secret {i}"] = c.make(f"a secret's file {i}")
        write(f"secrets/acme/s{i}", own[f"secret {i}"])
    write("secrets/acme/open", c.make("a secret's file that others may read"), 0o644)
    write("local.key", c.make("the key of local tokens") + "k" * 16)
    write("tag.key", c.make("the key of the settings' tag") + "k" * 16)
    write("mask.key", c.make("the key of masked members") + "k" * 16)
    write("flags.yaml", "flags:\n  a:\n    enabled: true\n")
    make_bundle(house.path("bundle.tar.gz"), {"authz.rego": POLICY, "secrets.rego": SECRETS}, house.key, number=5)
    own["service"] = c.make("the service token")
    house.config.update({
        "workers": 2, "secrets": {"dir": house.path("secrets")}, "tls": {"mode": "off"}, "service_token": own["service"]})
    house.config["auth"]["local_key_path"] = house.path("local.key")
    house.config["audit"].update({"mask": ["subject:hash"], "mask_key_path": house.path("mask.key")})
    house.config["cache"]["config_path"] = house.path("flags.yaml")
    house.write_config()
    os.chmod(house.path("coresdk-sidecar.yaml"), 0o600)
    own["environment"] = {"CORESDK_LOG_LEVEL": "trace", "CORESDK_CONTROL_PLANE_TOKEN": c.make("the control plane's token"),
                          "AWS_SECRET_ACCESS_KEY": c.make("somebody else's variable"), "CORESDK_LICENSE_TOKEN": "e30." + c.make("a license that is none") + ".x"}
    return own


def tokens(house, c):
    """Tokens with a canary in them, good and bad; each is a secret as a whole, and so is its signature."""
    good = house.issuer.token(sub="u", password=c.make("a claim that says secret"))
    head, body, mark = good.split(".")
    c.all[mark] = "a good token's signature"
    bad = {"expired": house.issuer.token(sub="u", exp=1), "of no key": house.issuer.token(sub="u", kid="none")}
    for name, token in bad.items():
        c.all[token.split(".")[2]] = f"the signature of a token {name}"
    return [good, *bad.values(), c.make("a token that is none"), "a." + c.make("a token's middle") + ".b",
            head + "." + body + "." + c.make("a token's end"), "Bearer " + c.make("behind Bearer")]


def every_door(house, d, c, own):
    def call(path, message, token=own["service"], **metadata):
        more = tuple(metadata.items()) + ((("x-service-token", token),) if token else ())
        try:
            return d.call(V1 + path, message, timeout=5, metadata=more)
        except grpc.RpcError as e:
            return e.details().encode()

    answers = []
    for token in tokens(house, c):
        for path in ("AuthService/ValidateToken", "AuthService/Authorize", "AuthService/RefreshToken", "AuthService/RevokeToken"):
            answers.append(call(path, field(1, token) + field(2, "acme") + field(3, "doc")))
        answers.append(call("PolicyService/Evaluate", field(1, "data.authz.allow") + field(2, json.dumps({"id": 1, "token": token}))))
    answers.append(call("PolicyService/Evaluate", b"", token=c.make("a wrong service token")))
    answers.append(call("PolicyService/Evaluate", field(1, "data.authz.allow") + field(2, '{"password": "' + c.make("an input that does not end"))))
    answers.append(call("PolicyService/Evaluate", field(1, "data.authz." + c.make("the name of a rule")), authorization="Bearer " + c.make("a header nobody asked for")))
    for i in range(6):
        got = call("SecretsService/ResolveSecret", CALLER + field(3, field(1, f"s{i}")))
        got.count(own[f"secret {i}"].encode()) == 1 or ok(False, f"secret {i} is given out", got)
        answers.append(got.replace(own[f"secret {i}"].encode(), b""))
    answers.append(call("SecretsService/ResolveSecret", CALLER + field(3, field(1, "open"))))
    answers.append(call("EgressService/CheckEgress", field(1, "https://u:" + c.make("a URL's password") + "@example.org/?key=" + c.make("a URL's query"))))
    secret = json.dumps({"password": c.make("a field to mask"), "n": {"api_key": c.make("a nested one")}})
    answers.append(call("MaskingService/Mask", field(1, secret)))
    for path in ("LicenseService/CheckEntitlement", "ConfigService/GetConfig", "AuditService/QueryAudit", "FlagService/EvaluateFlag"):
        answers.append(call(path, field(1, "acme")))
    answers.append(json.dumps(d.admin({"command": "status", "token": c.make("an admin call's member")})).encode())
    return answers


def be_nobody(path):
    """What another user reads of it."""
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "cat", path], capture_output=True)
    return done.stdout


def search(house, d, c, answers):
    log = pathlib.Path(house.path("audit/audit.ndjson")).read_bytes()
    ok("the name of a rule" in c.find(log) and c.find(base64.b64encode(b"xx" + next(iter(c.all)).encode())), "what is there is found")
    skip = ("secrets/", "local.key", "tag.key", "mask.key", "coresdk-sidecar.yaml")
    ok(len(c.all) >= COUNT, f"{len(c.all)} canaries are out")
    for path in sorted(pathlib.Path(house.room).rglob("*")):
        name = str(path.relative_to(house.room))
        if path.is_file() and not name.startswith(skip):
            found = c.find(path.read_bytes())
            # Inputs are not recorded, and what names a rule is no secret by itself.
            found = [f for f in found if not f.startswith("the name of a rule")]
            ok(not found, f"none in {name}", found)
    found = [f for f in c.find(b"\n".join(a if isinstance(a, bytes) else b"" for a in answers)) if not f.startswith(("the name of", "a claim"))]
    ok(not found, f"none in {len(answers)} answers", found)


def processes(d, c):
    base = f"/proc/{d.process.pid}/"
    ok(not c.find(pathlib.Path(base + "cmdline").read_bytes()), "none on its command line")
    names = ("environ", "maps", "mem", "auxv", "stack", "cmdline", "status", "stat", "comm", "limits", "mountinfo", "io", "syscall")
    if os.geteuid() == 0:
        seen = {n: be_nobody(base + n) for n in names}
        ok(not c.find(b"".join(seen.values())), "none in what others may read of /proc")
        ok(not any(seen[n] for n in ("environ", "maps", "mem", "auxv", "io")), "its environment and memory are closed to them",
           [n for n in names if seen[n]])


def dies(house, d, c):
    """As a crash would: nothing is left behind but the end."""
    before = set(os.listdir(house.room))
    d.process.send_signal(signal.SIGABRT)
    d.process.wait(10)
    left = set(os.listdir(house.room)) - before
    ok(d.process.returncode == -signal.SIGABRT and not any("core" in name for name in left), "no core file", left)


def everything():
    c = Canaries()
    with House() as house:
        own = furnish(house, c)
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        d = house.start(env=own["environment"], wait=False)
        end = time.monotonic() + 10
        while "CoreSDK Sidecar ready." not in d.logged() and time.monotonic() < end:
            time.sleep(0.02)
        answers = every_door(house, d, c, own)
        pathlib.Path(house.path("flags.yaml")).write_text("flags: [" + c.make("settings that are none"))
        pathlib.Path(house.path("bundle.tar.gz")).write_bytes(b"\x1f\x8b" + c.make("a bundle that is none").encode())
        pathlib.Path(house.path("local.key")).write_text(c.make("a key that others may read"))
        os.chmod(house.path("local.key"), 0o644)
        d.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 10
        while "read again" not in d.logged() and time.monotonic() < end:
            time.sleep(0.02)
        os.unlink(house.path("flags.yaml"))
        os.unlink(house.path("bundle.tar.gz"))
        processes(d, c)
        dies(house, d, c)
        search(house, d, c, answers)


def refused_starts():
    """What it says of secrets that it does not take."""
    c = Canaries()
    for name, config in (("unknown key", {"service_tokn": c.make("a key misspelt")}),
                         ("list", {"service_token": [c.make("a list where a text should be")]}), ("number", {"workers": "x", "service_token": c.make("beside an error")})):
        with House(**config) as house:
            d = house.start(wait=False)
            d.process.wait(10)
            found = c.find(pathlib.Path(d.log_path).read_bytes())
            ok(d.process.returncode not in (0, -6, -11) and not found, f"refused start, {name}: exit {d.process.returncode}", f"{found}\n{d.logged()}")
            d.stop()


run_scenarios(everything, refused_starts)
