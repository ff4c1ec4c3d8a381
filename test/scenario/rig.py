# SPDX-License-Identifier: Apache-2.0
"""rig: what scenarios need to run a whole daemon and to talk to it as clients do.

Programs come from the environment: SIDECAR.  Keys, certificates and signatures
are made with the openssl command, so nothing but grpcio is needed.
"""
import base64
import gzip
import hashlib
import hmac
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

import grpc

SIDECAR = os.environ.get("SIDECAR", "build/bin/coresdk-sidecar")
_count = _failed = 0


def ok(passed, label, note=""):
    """One line of TAP."""
    global _count, _failed
    _count += 1
    _failed += not passed
    print(f"{'ok' if passed else 'not ok'} {_count} - {label}", flush=True)
    if not passed and note:
        print("# " + str(note).replace("\n", "\n# "), flush=True)
    return passed


def stop_all():
    """Ends what a scenario left running."""
    for process in Daemon.running:
        if process.poll() is None:
            process.kill()
            process.wait()
    Daemon.running.clear()


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed or not _count else 0)


# ---- protobuf, by hand as the published clients do it ----

def varint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    """A field of bytes, text or number."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(message):
    """{number: [values]}"""
    found, at = {}, 0

    def take():
        nonlocal at
        n = shift = 0
        while True:
            byte = message[at]
            at += 1
            n |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return n

    while at < len(message):
        tag = take()
        value = take()
        if tag & 7 == 2:
            value, at = message[at:at + value], at + value
        found.setdefault(tag >> 3, []).append(value)
    return found


def claims_of(answer):
    pairs = (fields(entry) for entry in fields(answer).get(4, []))
    return {p[1][0].decode(): p.get(2, [b""])[0].decode() for p in pairs}


# ---- keys, tokens, bundles ----

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def run(*args, **more):
    return subprocess.run(args, check=True, capture_output=True, **more).stdout


def mac_token(claims, secret, **header):
    """HS256, as the sidecar issues its own."""
    text = b64(json.dumps({"alg": "HS256", "typ": "JWT", **header}).encode()) + "." + b64(json.dumps(claims).encode())
    return text + "." + b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


class Key:
    """An ES256 key in files PATH.pem and PATH.pub."""

    def __init__(self, path):
        self.pem, self.pub = f"{path}.pem", f"{path}.pub"
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.pem)
        run("openssl", "ec", "-in", self.pem, "-pubout", "-out", self.pub)
        os.chmod(self.pem, 0o600)
        point = run("openssl", "ec", "-pubin", "-in", self.pub, "-outform", "DER")[-64:]
        self.jwk = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
                    "x": b64(point[:32]), "y": b64(point[32:])}

    def sign(self, header, payload):
        text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(payload).encode())
        der = run("openssl", "dgst", "-sha256", "-sign", self.pem, input=text.encode())
        numbers, at = [], 2
        for _ in range(2):
            size = der[at + 1]
            numbers.append(der[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0"))
            at += 2 + size
        return text + "." + b64(b"".join(numbers))

    def token(self, kid="k1", **claims):
        now = int(time.time())
        claims = {"iat": now, "exp": now + 600, **claims}
        return self.sign({"alg": "ES256", "typ": "JWT", "kid": kid},
                         {k: v for k, v in claims.items() if v is not None})


def make_bundle(path, modules, key=None, revision="r1", number=0, **payload):
    """OPA's format: {name: text} with a manifest, signed if there is a key."""
    roots = sorted({text.split("package ", 1)[1].split()[0].split(".")[0]
                    for text in modules.values()})
    manifest = {"revision": revision, "roots": roots}
    files = {".manifest": json.dumps(manifest).encode()}
    files.update({name: text.encode() for name, text in modules.items()})
    if key:
        canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
        listed = [{"name": name, "algorithm": "SHA-256", "hash": hashlib.sha256(
            canonical if name == ".manifest" else data).hexdigest()} for name, data in files.items()]
        if number:
            payload["revision_number"] = number
        jws = key.sign({"alg": "ES256"}, {"files": listed, **payload})
        files[".signatures.json"] = json.dumps({"signatures": [jws]}).encode()
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    pathlib.Path(path).write_bytes(gzip.compress(raw.getvalue(), mtime=0))


def make_certificates(directory):
    """ca, server (localhost, 127.0.0.1, ::1), client, and a client of another CA."""
    def request(name, ca, extension):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", f"{directory}/{name}.key", "-out", f"{directory}/{name}.csr", "-subj", f"/CN={name}")
        pathlib.Path(f"{directory}/{name}.ext").write_text(extension)
        run("openssl", "x509", "-req", "-in", f"{directory}/{name}.csr", "-CA", f"{directory}/{ca}.crt",
            "-CAkey", f"{directory}/{ca}.key", "-CAcreateserial", "-days", "2",
            "-extfile", f"{directory}/{name}.ext", "-out", f"{directory}/{name}.crt")

    for ca in ("ca", "other"):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-keyout", f"{directory}/{ca}.key", "-out", f"{directory}/{ca}.crt", "-days", "2",
            "-subj", f"/CN={ca}")
    request("server", "ca", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth")
    request("client", "ca", "subjectAltName=DNS:app.local\nextendedKeyUsage=clientAuth")
    request("stranger", "other", "subjectAltName=DNS:app.local\nextendedKeyUsage=clientAuth")


# ---- daemons ----

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daemon:
    running = []  # so that a scenario that breaks leaves none behind

    def __init__(self, room, *args, env=None, wrap=(), wait=True, port=None, http=None, fds=()):
        self.port, self.http = port or free_port(), http or free_port()
        self.address, self.room = f"127.0.0.1:{self.port}", room
        self.log_path = f"{room}/daemon.log"
        self.log = open(self.log_path, "ab")
        environment = {"CORESDK_SIDECAR_ADDR": self.address,
                       "CORESDK_LISTEN_HTTP": f"127.0.0.1:{self.http}",
                       "CORESDK_LISTEN_ADMIN": f"{room}/admin.sock",
                       "ASAN_OPTIONS": "detect_leaks=0"}
        environment.update(env or {})
        self.started = time.monotonic()
        self.process = subprocess.Popen([*wrap, os.path.abspath(SIDECAR), *args], env=environment, cwd=room,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, pass_fds=fds)
        Daemon.running.append(self.process)
        self.channel = grpc.insecure_channel(self.address, [("grpc.use_local_subchannel_pool", 1)])
        self.ready_after = self.wait_ready() if wait else None

    def wait_ready(self, healthy=True):
        """Seconds until it serves; not `healthy`: until it says anything of its health."""
        while time.monotonic() - self.started < 20:
            if self.process.poll() is not None:
                return None
            try:
                if self.call("/grpc.health.v1.Health/Check", b"", timeout=1) == field(1, 1) or not healthy:
                    return time.monotonic() - self.started
            except grpc.RpcError:
                self.channel.close()
                self.channel = grpc.insecure_channel(self.address,
                                                     [("grpc.use_local_subchannel_pool", 1)])
                time.sleep(0.01)
        return None

    def call(self, path, message, timeout=10, channel=None, metadata=()):
        method = (channel or self.channel).unary_unary(path)
        return method(message, timeout=timeout, metadata=(("x-service-name", "test"), *metadata))

    def evaluate(self, rule, document, tenant="acme", path="Evaluate", **more):
        """Python client's Evaluate; (bool, reason)."""
        text = document if isinstance(document, str) else json.dumps(document)
        message = field(1, rule) + field(2, text) + field(3, tenant)
        answer = fields(self.call("/coresdk.v1.PolicyService/" + path, message, **more))
        return answer.get(1, [0])[0] == 1, answer.get(2, [b""])[0].decode()

    def status(self, code_path, message, **more):
        """The gRPC status that a call fails with, and its text."""
        try:
            self.call(code_path, message, **more)
            return grpc.StatusCode.OK, ""
        except grpc.RpcError as e:
            return e.code(), e.details()

    def admin(self, request, fd=None):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(f"{self.room}/admin.sock")
            line = json.dumps(request).encode() + b"\n"
            if fd is None:
                s.sendall(line)
            else:
                socket.send_fds(s, [line], [fd])
            data = b""
            while not data.endswith(b"\n"):
                part = s.recv(65536)
                if not part:
                    break
                data += part
        return json.loads(data)

    def reload_policy(self, path, **more):
        with open(path, "rb") as f:
            return self.admin({"command": "reload-policy", "name": str(path), **more}, f.fileno())

    def stop(self, how=signal.SIGTERM):
        """How long it took, and the exit status."""
        begin = time.monotonic()
        self.channel.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        if "Sanitizer" in self.logged():
            ok(False, "no sanitizer finds anything", self.logged()[-6000:])
        return time.monotonic() - begin, self.process.returncode

    def logged(self):
        return pathlib.Path(self.log_path).read_text(errors="replace")


def make_room():
    """A directory of one's own, under $TMPDIR, removed at exit by the caller."""
    return tempfile.mkdtemp(prefix="coresdk-")


def remove_room(room):
    shutil.rmtree(room, ignore_errors=True)


# ---- the audit log ----

def read_audit(path):
    """The records, after checking the chain as `sha256sum` would; None: it is broken."""
    records, previous = [], None
    if not os.path.exists(path):
        return records
    for line in pathlib.Path(path).read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return None
        record = json.loads(line)
        body = line[:line.rindex(b',"hash":"')]
        want = hashlib.sha256(record["prev_hash"].encode() + body).hexdigest()
        if record["hash"] != want or (previous and (
                record["prev_hash"] != previous["hash"] or record["seq"] != previous["seq"] + 1)):
            return None
        records.append(record)
        previous = record
    return records
