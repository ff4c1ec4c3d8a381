# SPDX-License-Identifier: Apache-2.0
"""opa_bundle: bundles as `opa build` and `opa sign` write them, made after OPA's documentation.

Files are listed with a digest of their bytes; data.json, data.yaml and .manifest with one of
their parsed form: no blanks, sorted keys, numbers as written, nothing escaped that need not be.
"""
import base64
import gzip
import hashlib
import io
import json
import pathlib
import subprocess
import tarfile


class Spelled(float):
    """A number that prints as it was written."""

    def __new__(cls, text):
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __repr__(self):
        return self.text


def canonical(value):
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(k)}:{canonical(value[k])}"
                              for k in sorted(value, key=lambda k: k.encode())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, Spelled):
        return repr(value)
    # Go's encoder takes these two for line ends and escapes them.
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def make_key(path):
    """An RSA key in PATH.pem and PATH.pub: what `opa sign` takes by default."""
    subprocess.run(["openssl", "genrsa", "-out", path + ".pem", "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", path + ".pem", "-pubout", "-out", path + ".pub"],
                   check=True, capture_output=True)
    return path


def sign(payload, key, **header):
    text = b64(json.dumps({"alg": "RS256", **header}).encode()) + "." + b64(json.dumps(payload).encode())
    raw = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key + ".pem"], input=text.encode(),
                         check=True, capture_output=True).stdout
    return text + "." + b64(raw)


def digest(name, data, algorithm, parsed):
    base = name.rsplit("/", 1)[-1]
    if base in ("data.json", ".manifest"):
        data = canonical(json.loads(data, parse_float=Spelled)).encode()
    elif base == "data.yaml":
        data = canonical(parsed[name]).encode()
    return hashlib.new(algorithm.replace("SHA-", "sha"), data).hexdigest()


def signatures(files, key, algorithm="SHA-256", parsed=None, listed_prefix="", **claims):
    listed = [{"name": listed_prefix + name, "hash": digest(name, data, algorithm, parsed),
               "algorithm": algorithm} for name, data in files.items()]
    return json.dumps({"signatures": [sign({"files": listed, **claims}, key)]}).encode()


def write(path, files, prefix="/", directories=()):
    """{name: bytes} as a gzipped tar; `prefix` is what stands before every name."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in directories:
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(prefix + name)
            info.size, info.mode = len(data), 0o600
            tar.addfile(info, io.BytesIO(data))
    pathlib.Path(path).write_bytes(gzip.compress(raw.getvalue(), mtime=0))
    return path
