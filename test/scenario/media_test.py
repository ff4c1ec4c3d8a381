# SPDX-License-Identifier: Apache-2.0
"""Deliveries: one file with everything, taken whole or not at all, and a receipt of what came of it."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import time

from house import OTHER, House, run_scenarios
from rig import Key, field, fields, make_bundle, ok, run

CORE = os.path.abspath(os.environ.get("CORE", "build/bin/core"))
SIDECAR = os.path.abspath(os.environ.get("SIDECAR", "build/bin/coresdk-sidecar"))
LICENSE_KEY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/license/development.pem")
BROKEN = "package authz\nimport rego.v1\nallow if no_such_thing(1)\n"


def core(*args, **more):
    done = subprocess.run([CORE, *map(str, args)], capture_output=True, text=True, check=False, **more)
    return done.returncode, done.stdout + done.stderr


def signed_binary(path, key, version="0.1.0", name="coresdk-sidecar"):
    shutil.copy(SIDECAR, path)
    status, said = core("sign", "binary", path, "--key", key.pem, "--name", name, "--version", version,
                        "--platform", "linux/amd64" if os.uname().machine == "x86_64" else "linux/arm64")
    ok(status == 0, f"core sign binary {name} {version}", said)
    return path


def valid(d, token):
    return fields(d.call("/coresdk.v1.AuthService/ValidateToken", field(1, token))).get(1, [0])[0] == 1


class Post(House):
    """A host, and the office that sends it deliveries (in `out`)."""

    def __init__(self):
        super().__init__()
        os.makedirs(self.path("out"))
        self.office = Key(self.path("office"))
        self.config.update({
            "cache": {**self.config["cache"], "config_path": self.path("config.yaml"),
                      "hmac_key_path": self.path("hmac.key")},
            "license": {"token_path": self.path("license.jwt")},
            "auto_update": {"binary_path": self.path("coresdk-sidecar")}})
        self.config["auth"]["revocations_path"] = self.path("revocations")
        self.write_config()
        pathlib.Path(self.path("hmac.key")).write_text("0123456789abcdef0123456789abcdef\n")
        os.chmod(self.path("hmac.key"), 0o600)

    def fill(self, policy=OTHER, number=6, flags="on", key=None):
        make_bundle(self.path("out/bundle.tar.gz"), {"authz.rego": policy}, key or self.key, revision=f"r{number}",
                    number=number)
        second = Key(self.path("out/issuer2"))
        pathlib.Path(self.path("out/jwks.json")).write_text(json.dumps({"keys": [
            {**self.issuer.jwk, "kid": "k1"}, {**second.jwk, "kid": "k2"}]}))
        pathlib.Path(self.path("out/config.yaml")).write_text(f"values: {{ region: {flags} }}\n")
        core("config", "sign", self.path("out/config.yaml"), "--key", self.path("hmac.key"))
        os.chmod(LICENSE_KEY, 0o600)
        core("license", "issue", "--key", LICENSE_KEY, "--org", "acme", "--output", self.path("out/license.jwt"))

    def pack(self, *more, parts=("bundle", "jwks", "license", "config"), name="delivery.tar", key=None):
        files = {"bundle": "bundle.tar.gz", "jwks": "jwks.json", "license": "license.jwt", "config": "config.yaml",
                 "revocations": "revocations", "binary": "coresdk-sidecar", "crl": "crl.pem"}
        args = [word for part in parts for word in (f"--{part}", self.path(f"out/{files[part]}"))]
        return core("media", "pack", *args, "--sign-key", (key or self.office).pem, "--output", self.path(name), *more)

    def apply(self, *more, name="delivery.tar", key=None):
        return core("media", "apply", self.path(name), "--pubkey", (key or self.office).pub, "--config",
                    self.path("coresdk-sidecar.yaml"), "--admin", self.path("admin.sock"), *more)

    def picture(self):
        """Every file that a delivery may touch, and where it keeps its own."""
        found = {}
        for folder in ("", "state/media"):
            for name in os.listdir(self.path(folder)) if os.path.isdir(self.path(folder)) else []:
                path = self.path(os.path.join(folder, name))
                if os.path.isfile(path) and not name.endswith((".log", ".tar", ".receipt")):
                    found[os.path.join(folder, name)] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        return found


def whole():
    with Post() as post:
        d = post.start()
        post.fill()
        end = int(time.time()) + 900
        token, other = (post.issuer.token(sub=who, exp=end) for who in ("alice", "bob"))
        name = hashlib.sha256(token.rsplit(".", 1)[0].encode()).hexdigest()
        status, said = core("token", "revocation", token)
        ok((status, said) == (0, f"{name} {end}\n"), "a line that revokes a token", said)
        pathlib.Path(post.path("out/revocations")).write_text(said)
        signed_binary(post.path("out/coresdk-sidecar"), post.office)
        parts = ("bundle", "jwks", "license", "config", "revocations", "binary")
        status, said = post.pack("--number", 3, parts=parts)
        ok(status == 0 and "7 parts" in said, "packed, with the tag of the settings", said)
        once = pathlib.Path(post.path("delivery.tar")).read_bytes()
        more = {"env": {**os.environ, "SOURCE_DATE_EPOCH": "1780000000"}}
        both = []
        for _ in range(2):
            core("media", "pack", "--jwks", post.path("out/jwks.json"), "--sign-key", post.office.pem, "--output",
                 post.path("same.tar"), **more)
            both.append(pathlib.Path(post.path("same.tar")).read_bytes())
        ok(both[0] == both[1], "the same parts, key and time give the same bytes")
        with tarfile.open(post.path("delivery.tar")) as tar:
            ok(tar.getnames()[0] == "manifest.jws" and len(tar.getnames()) == 8, "any tar reads it", tar.getnames())
        status, said = core("media", "inspect", post.path("delivery.tar"), "--pubkey", post.office.pub)
        ok(status == 0 and "(verified)" in said and "r6 (6)" in said and "v0.1.0" in said and "Number: 3" in said,
           "inspected", said)
        before = post.picture()
        status, said = post.apply("--dry-run")
        ok(status == 0 and "Nothing was changed" in said and post.picture() == before and
           not os.path.exists(post.path("state/media")), "a dry run changes nothing", said)
        status, said = post.apply("--receipt", post.path("first.receipt"), "--host", "web-1")
        ok(status == 0 and "verified and applied. 7 parts" in said and "has reloaded" in said, "applied", said)
        ok(d.evaluate("data.authz.version_two", {})[0], "the sidecar runs with it, without a restart")
        s = d.admin({"command": "status"})
        ok(s["revision_number"] == 6 and s["license"]["state"] == "valid", "bundle and license", s)
        ok(valid(d, other) and not valid(d, token), "what was revoked is refused, what was not is believed")
        ok(name in pathlib.Path(post.path("state/revoked-tokens")).read_text(), "and kept")
        ok(os.access(post.path("coresdk-sidecar"), os.X_OK), "the program is in place")
        ok(os.stat(post.path("state/media/host-key.pem")).st_mode & 0o777 == 0o600, "the host's key is its own")
        ok(not [n for n in post.picture() if "media-" in n or "journal" in n], "nothing is left over", post.picture())
        status, said = post.apply()
        ok(status == 0, "once more: no harm", said)
        reports(post)
        numbers(post)
        d.stop()


def reports(post):
    receipt = post.path("first.receipt")
    status, said = core("media", "report", receipt)
    ok(status == 0 and "web-1" in said and "r6 (6)" in said and "since" in said, "report", said)
    status, key = core("media", "host-key", "--config", post.path("coresdk-sidecar.yaml"))
    pathlib.Path(post.path("web-1.pub")).write_text(key)
    status, said = core("media", "report", receipt, "--host-key", post.path("web-1.pub"), "--format", "json")
    rows = json.loads(said)
    bundle = next(r for r in rows if r["kind"] == "bundle")
    wanted = hashlib.sha256(pathlib.Path(post.path("bundle.tar.gz")).read_bytes()).hexdigest()
    ok(status == 0 and len(rows) == 7 and bundle["sha256"] == wanted and bundle["host_known"] and
       len(bundle["previous"]) == 64 and bundle["running"], "report as JSON, the host's key known", said)
    status, said = core("media", "report", receipt, "--host-key", post.office.pub)
    ok(status == 5 and "another key" in said, "a receipt of a host that is not known", said)
    text = pathlib.Path(receipt).read_text()
    middle = len(text) // 2
    pathlib.Path(post.path("forged.receipt")).write_text(
        text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1:])
    status, said = core("media", "report", post.path("forged.receipt"))
    ok(status == 5, "a forged receipt", said)
    status, said = core("media", "report", receipt, post.path("forged.receipt"))
    ok(status == 5 and "web-1" in said, "a forged one among others: both are told", said)


def numbers(post):
    post.fill(number=7)
    post.pack("--number", 2)
    status, said = post.apply()
    ok(status == 5 and "older than 3" in said, "an older delivery", said)
    post.pack("--number", 3)
    status, said = post.apply()
    ok(status == 5 and "cannot both be right" in said, "another one with the same number", said)
    post.pack()
    status, said = post.apply()
    ok(status == 5 and "older than 3" in said, "one without a number", said)
    post.fill(number=5)
    post.pack("--number", 4)
    status, said = post.apply()
    ok(status == 5 and "revision number 5 is below 6" in said, "an older bundle in a newer delivery", said)
    status, said = post.apply("--allow-rollback")
    ok(status == 0, "--allow-rollback takes it", said)
    ok(any("rollback" in json.dumps(r) for r in post.audit()), "and the sidecar records it")


def refusals():
    with Post() as post:
        d = post.start()
        before = post.picture()

        def refused(what, text, *more, status_wanted=5, **kw):
            status, said = post.apply(*more, **kw)
            ok(status == status_wanted and text in said and post.picture() == before, what, f"{status} {said}")

        post.fill()
        stranger = Key(post.path("out/stranger"))
        post.pack()
        refused("another key", "another key", key=stranger)
        whole_bytes = pathlib.Path(post.path("delivery.tar")).read_bytes()
        for what, data in (("cut", whole_bytes[:len(whole_bytes) // 2]), ("cut to blocks", whole_bytes[:-1024]),
                           ("longer", whole_bytes + bytes(512)), ("empty", b""), ("junk", os.urandom(2048))):
            pathlib.Path(post.path("damaged.tar")).write_bytes(data)
            refused(what, "damaged.tar", name="damaged.tar")
        at = whole_bytes.index(b'"keys"')
        pathlib.Path(post.path("damaged.tar")).write_bytes(whole_bytes[:at + 2] + b"X" + whole_bytes[at + 3:])
        refused("a changed part", "jwks was changed after it was signed", name="damaged.tar")
        post.pack("--expires", int(time.time()) - 10)
        refused("an expired one", "has expired")
        post.pack("--host", "db-*", "--host", "elsewhere")
        refused("one for other hosts", "not for this host", "--host", "web-1")
        status, said = post.apply("--host", "db-7", "--dry-run")
        ok(status == 0, "and for this one", said)
        post.fill(key=stranger)
        post.pack()
        refused("a bundle of another key", "no signature verifies")
        post.fill(policy=BROKEN)
        post.pack()
        refused("a bundle that does not compile", "no_such_thing")
        post.fill()
        os.unlink(post.path("out/config.yaml.hmac"))
        post.pack()
        refused("settings without their tag", "no tag")
        pathlib.Path(post.path("out/config.yaml.hmac")).write_text("0" * 64 + "\n")
        post.pack()
        refused("settings with another tag", "not one by the key of this host")
        post.fill()
        signed_binary(post.path("out/coresdk-sidecar"), stranger)
        post.pack(parts=("bundle", "binary"))
        refused("a program of another key", "another key")
        os.unlink(post.path("out/coresdk-sidecar"))
        signed_binary(post.path("out/coresdk-sidecar"), post.office, name="core")
        post.pack(parts=("bundle", "binary"))
        refused("another program", "coresdk-sidecar is wanted")
        packing(post)
        ok(d.evaluate("data.authz.allow", {"id": 1})[0] and d.admin({"command": "status"})["reloads_refused"] <= 1,
           "the sidecar was never troubled")
        d.stop()


def packing(post):
    """What no host would take is not packed."""
    for part, name, text, want in (
            ("jwks", "jwks.json", "{", "jwks"), ("license", "license.jwt", "eyJ.x.y", "license"),
            ("config", "config.yaml", "flags: 7\n", "config"), ("revocations", "revocations", "who knows\n", "revocations"),
            ("bundle", "bundle.tar.gz", "junk", "bundle"), ("crl", "crl.pem", "junk", "revocation list"),
            ("binary", "coresdk-sidecar", "#!/bin/sh\n", "no signature block")):
        path = pathlib.Path(post.path(f"out/{name}"))
        kept = path.read_bytes() if path.exists() else None
        path.write_text(text)
        status, said = post.pack(parts=(part,), name="bad.tar")
        ok(status != 0 and want in said and not os.path.exists(post.path("bad.tar")), f"not packed: {part}", said)
        if kept is not None:
            path.write_bytes(kept)
    status, said = core("media", "pack", "--sign-key", post.office.pem)
    ok(status == 64, "nothing to pack", said)


def refused_by_sidecar():
    """What passes every check here and not there: the license is required, and configured in the text."""
    with Post() as post:
        post.fill()
        d = post.start()
        before = post.picture()
        post.pack(parts=("bundle", "jwks"))
        # The sidecar reads its configuration again on a reload: spoil it behind the delivery's back.
        spoiled = post.path("spoiled.yaml")
        shutil.copy(post.path("coresdk-sidecar.yaml"), spoiled)
        pathlib.Path(post.path("coresdk-sidecar.yaml")).write_text("nonsense: 1\n")
        status, said = core("media", "apply", post.path("delivery.tar"), "--pubkey", post.office.pub, "--config", spoiled,
                            "--admin", post.path("admin.sock"), "--receipt", post.path("r.receipt"))
        after = {k: v for k, v in post.picture().items() if not k.startswith("state/media") and
                 k not in ("coresdk-sidecar.yaml", "spoiled.yaml")}
        before = {k: v for k, v in before.items() if k != "coresdk-sidecar.yaml"}
        ok(status == 8 and "all files are as they were" in said and after == before, "refused there: put back", said)
        ok(not d.evaluate("data.authz.version_two", {})[0] and d.evaluate("data.authz.allow", {"id": 1})[0],
           "the sidecar runs with what it had")
        status, said = core("media", "report", post.path("r.receipt"))
        ok(status == 0 and "rolled back" in said and "refused" in said, "the receipt says so", said)
        d.stop()
        d = post.start("--config", spoiled)
        os.kill(d.process.pid, signal.SIGSTOP)
        status, said = core("media", "apply", post.path("delivery.tar"), "--pubkey", post.office.pub, "--config", spoiled,
                            "--admin", post.path("admin.sock"))
        ok(status == 7 and "does not answer" in said, "a sidecar that hangs: nothing is begun", said)
        os.kill(d.process.pid, signal.SIGCONT)
        d.stop()
        status, said = core("media", "apply", post.path("delivery.tar"), "--pubkey", post.office.pub, "--config", spoiled,
                            "--admin", post.path("admin.sock"))
        ok(status == 0 and "at its next start" in said, "no sidecar: applied for its next start", said)


def killed():
    """Dies at its Nth rename, with the daemon running; the next one finds all old or all new."""
    if not shutil.which("strace"):
        ok(True, "killed at each step # SKIP no strace")
        return
    with Post() as post:
        post.fill()
        post.pack(parts=("bundle", "jwks", "license"))
        d = post.start()
        names = ("bundle.tar.gz", "jwks.json", "license.jwt")
        old = {n: post.picture().get(n) for n in names}
        new = {n: hashlib.sha256(pathlib.Path(post.path(f"out/{n}")).read_bytes()).hexdigest() for n in names}
        undone = finished = 0
        for step in range(1, 40):
            for n, digest in old.items():  # the old state again
                if digest is None and os.path.exists(post.path(n)):
                    os.unlink(post.path(n))
            done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename", "-e",
                                   f"inject=rename:signal=KILL:when={step}", CORE, "media", "apply",
                                   post.path("delivery.tar"), "--pubkey", post.office.pub, "--config",
                                   post.path("coresdk-sidecar.yaml"), "--admin", post.path("admin.sock")],
                                  capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
            status, said = core("media", "recover", "--config", post.path("coresdk-sidecar.yaml"), "--admin",
                                post.path("admin.sock"))
            now = {n: post.picture().get(n) for n in names}
            undone += now == old
            finished += now == new
            if status != 0 or now not in (old, new) or [n for n in post.picture() if "media-" in n or "journal" in n]:
                ok(False, f"killed at rename {step}", f"{done.returncode} {status} {said} {now} {done.stderr}")
            if now == new:
                break
        ok(undone >= 8 and (finished or done.returncode == 0),
           f"killed at each rename: {undone} times undone, then finished", done.stdout + done.stderr)
        ok(d.evaluate("data.authz.version_two", {})[0], "the sidecar runs with what is in place")
        d.stop()


def lists():
    """Revocation lists of client CAs: judged as the sidecar's TLS does."""
    with Post() as post:
        ca = post.path("out/ca")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            f"{ca}.key", "-out", f"{ca}.crt", "-days", "2", "-subj", "/CN=ca")
        pathlib.Path(f"{ca}.cnf").write_text(
            f"[ca]\ndefault_ca = c\n[c]\ndatabase = {ca}.index\ncrlnumber = {ca}.number\ndefault_md = sha256\n"
            "default_crl_days = 1\ncrl_extensions = e\n[e]\nauthorityKeyIdentifier = keyid\n")
        pathlib.Path(f"{ca}.index").write_text("")
        pathlib.Path(f"{ca}.number").write_text("01\n")
        crl = post.path("out/crl.pem")
        make = ("openssl", "ca", "-config", f"{ca}.cnf", "-cert", f"{ca}.crt", "-keyfile", f"{ca}.key", "-gencrl", "-out", crl)
        run(*make, "-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z")
        status, said = post.pack(parts=("crl",))
        ok(status == 5 and "has run out" in said, "a list that has run out", said)
        run(*make)
        status, said = post.pack(parts=("crl",))
        ok(status == 0, "a list in force", said)
        status, said = post.apply()
        ok(status == 5 and "no tls.crl" in said, "a host without a place for it", said)
        post.config["tls"] = {"mode": "mtls", "ca_cert": f"{ca}.crt", "server_cert": f"{ca}.crt", "server_key": f"{ca}.key",
                              "crl": post.path("crl.pem")}
        post.write_config()
        status, said = post.apply()
        ok(status == 0 and os.path.exists(post.path("crl.pem")), "and with one", said)


def image():
    """--root: a tree that is no running host."""
    with Post() as post:
        post.fill()
        root = post.path("root")
        os.makedirs(root + "/etc/coresdk")
        shutil.copy(post.key.pub, root + "/etc/coresdk/signing-key.pub")
        pathlib.Path(root + "/etc/coresdk/coresdk-sidecar.yaml").write_text("environment: production\n")
        os.makedirs(root + "/var/lib")
        post.pack()
        status, said = core("media", "apply", post.path("delivery.tar"), "--pubkey", post.office.pub, "--root", root)
        ok(status == 0 and os.path.exists(root + "/etc/coresdk/policy-bundle.tar.gz") and
           os.path.exists(root + "/var/lib/coresdk/media/state.json"), "into a tree of its own", said)


def verify_binary():
    with Post() as post:
        path = signed_binary(post.path("coresdk-sidecar-v1.5.0"), post.office, "v1.5.0")
        arch = "amd64" if os.uname().machine == "x86_64" else "arm64"
        status, said = core("verify", "binary", path, "--pubkey", post.office.pub)
        ok((status, said) == (0, f"Signature valid. Binary: coresdk-sidecar v1.5.0 (linux/{arch})\n"), "the line", said)
        ok(b"coresdk-sidecar" in run(path, "--version"), "a signed program runs")
        for what, text, more in (("name", "courier is wanted", ("--name", "courier")),
                                 ("version", "older than 1.6.0", ("--min-version", "1.6.0")),
                                 ("platform", "linux/riscv64 is wanted", ("--platform", "linux/riscv64"))):
            status, said = core("verify", "binary", path, "--pubkey", post.office.pub, *more)
            ok(status == 5 and text in said, f"verify binary: {what}", said)
        status, said = core("verify", "binary", path, "--pubkey", post.issuer.pub)
        ok(status == 5 and "another key" in said, "verify binary: another key", said)
        status, said = core("sign", "binary", path, "--key", post.office.pem, "--version", "1", "--platform", "a/b")
        ok(status == 5 and "--replace" in said, "sign binary: not twice", said)
        with open(path, "ab") as f:
            f.write(b"x")
        status, said = core("verify", "binary", path, "--pubkey", post.office.pub)
        ok(status == 5 and "something follows" in said, "verify binary: trailing bytes", said)
        status, said = core("verify", "binary", post.path("nowhere"), "--pubkey", post.office.pub)
        ok(status == 6, "verify binary: no such file", said)


run_scenarios(verify_binary, whole, refusals, refused_by_sidecar, killed, lists, image)
