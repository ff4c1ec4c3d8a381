# SPDX-License-Identifier: Apache-2.0
"""dist: what `make dist` makes can be installed, is whole, is signed, and runs from where it was put."""
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "test/scenario"))
import grpc
from rig import Key, done, field, fields, free_port, make_bundle, make_room, ok, remove_room, run

BUILD = pathlib.Path(os.environ["BUILD"]).resolve()
HEALTH, EVALUATE = "/grpc.health.v1.Health/Check", "/coresdk.v1.PolicyService/Evaluate"


def attempt(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)


def make(**env):
    made = attempt(sys.executable, TOP / "tools/dist", BUILD / "bin", f"{room}/dist", env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **env})
    ok(made.returncode == 0, "dist makes what is delivered", made.stdout + made.stderr)
    return pathlib.Path(room, "dist")


# ---- what is there, and who signed it ----

def try_signatures():
    names = {p.name for p in dist.iterdir()}
    want = {"coresdk-sidecar-linux-amd64", "core-linux-amd64", "SHA256SUMS", "FILES.sha256", "README", "install.sh", "release-signing-key.pub",
            f"coresdk-sidecar_{version}_amd64.deb", f"coresdk-sidecar-{version}-oci.tar", f"coresdk-{version}-linux-amd64.tar.gz"}
    ok(want <= names, "all of it is there", want - names)
    pub = dist / "release-signing-key.pub"
    ok(pub.read_bytes() == pathlib.Path(key.pub).read_bytes(), "SIGN_KEY is the key that it is signed with")
    listed = dict(reversed(line.split("  ")) for line in (dist / "SHA256SUMS").read_text().splitlines())
    ok(listed == {n: hashlib.sha256((dist / n).read_bytes()).hexdigest() for n in listed} and want - set(listed) <=
       {"SHA256SUMS", "release-signing-key.pub", f"coresdk-{version}-linux-amd64.tar.gz"}, "SHA256SUMS holds", listed)
    bad = [n for n in [*listed, "SHA256SUMS"] if attempt("openssl", "dgst", "-sha256", "-verify", pub, "-signature", dist / f"{n}.sig", dist / n).returncode]
    ok(not bad, "each file has its signature", bad)
    other = attempt("openssl", "dgst", "-sha256", "-verify", pub, "-signature", dist / "README.sig", dist / "install.sh")
    ok(other.returncode != 0, "and not that of another")


# ---- a host that it is installed on ----

def serve(root, name):
    """The packaged daemon with the packaged configuration, its paths below the root."""
    config = (root / "etc/coresdk/coresdk-sidecar.yaml").read_text()
    mine = re.sub(r"(/etc/coresdk|/var/log/coresdk)", lambda m: str(root) + m[1], config)
    (root / "try.yaml").write_text(mine)
    port = free_port()
    env = {"CORESDK_SIDECAR_ADDR": f"127.0.0.1:{port}", "CORESDK_LISTEN_HTTP": f"127.0.0.1:{free_port()}",
           "CORESDK_DATA_DIR": f"{root}/var/lib/coresdk", "CORESDK_LISTEN_ADMIN": f"{root}/admin.sock"}
    with open(root / "log", "wb") as log:
        daemon = subprocess.Popen([str(root / "usr/bin/coresdk-sidecar"), "start", "--config", str(root / "try.yaml")], env=env, cwd=root, stdout=log, stderr=log)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            def call(path, message):
                for _ in range(200):
                    try:
                        return channel.unary_unary(path)(message, timeout=5, wait_for_ready=True)
                    except grpc.RpcError:
                        time.sleep(0.05)
            ok(call(HEALTH, b"") == field(1, 1), f"{name}: the daemon is healthy with the packaged configuration", (root / "log").read_text())
            question = field(1, "data.authz.allow") + field(2, '{"id": 1}') + field(3, "acme")
            ok(fields(call(EVALUATE, question)).get(1, [0]) == [0], f"{name}: without a bundle it denies")
            shutil.copy(key.pub, root / "etc/coresdk/signing-key.pub")
            make_bundle(root / "etc/coresdk/policy-bundle.tar.gz", {"authz.rego": "package authz\nimport rego.v1\nallow if input.id == 1\n"}, key, number=1)
            loaded = attempt(root / "usr/bin/core", "sidecar", "reload-policy", "--bundle", root / "etc/coresdk/policy-bundle.tar.gz",
                             "--admin", root / "admin.sock")
            daemon.send_signal(signal.SIGHUP)  # the key is new, too
            allowed = False
            for _ in range(100):
                allowed = allowed or fields(call(EVALUATE, question)).get(1, [0]) == [1]
            ok(allowed, f"{name}: with a bundle it decides", loaded.stderr + (root / "log").read_text()[-1500:])
    finally:
        daemon.terminate()
        daemon.wait(20)
    ok(daemon.returncode == 0 and attempt(root / "usr/bin/core", "audit", "verify", root / "var/log/coresdk/audit.ndjson").returncode == 0,
       f"{name}: it stops, and its audit log is whole")


def contents(root):
    """{path: (mode, digest or link)} of a tree."""
    found = {}
    for path in sorted(pathlib.Path(root).rglob("*")):
        kind = os.readlink(path) if path.is_symlink() else "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(root))] = (stat.S_IMODE(path.lstat().st_mode), kind)
    return found


def try_deb():
    deb = dist / f"coresdk-sidecar_{version}_amd64.deb"
    if not shutil.which("dpkg-deb"):
        print("# dpkg is not here: the .deb is not tried")
        return {}
    root = pathlib.Path(room, "deb")
    attempt("dpkg-deb", "-x", deb, root)
    tree = contents(root)
    about = attempt("dpkg-deb", "-f", deb).stdout
    ok(f"Version: {version}\n" in about and "Architecture: amd64\n" in about and "Depends:" not in about, "deb: says what it is, and needs nothing", about)
    ok(attempt("dpkg-deb", "--ctrl-tarfile", deb).returncode == 0 and "/etc/coresdk/coresdk-sidecar.yaml" in attempt("dpkg-deb", "-I", deb, "conffiles").stdout,
       "deb: the configuration is the operator's")
    listed = attempt("dpkg-deb", "-c", deb).stdout
    ok(not [line for line in listed.splitlines() if " root/root " not in line], "deb: everything is root's")
    ok(not [n for n, (mode, _) in tree.items() if mode & 0o6022 and mode != 0o777], "deb: nothing is set-uid, or for others to write",
       [n for n, (mode, _) in tree.items() if mode & 0o6022])
    if os.geteuid() == 0:
        install = pathlib.Path(room, "installed")
        for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log", "usr/bin", "bin"):
            (install / folder).mkdir(parents=True, exist_ok=True)
        (install / "var/lib/dpkg/status").touch()
        said = attempt("dpkg", f"--root={install}", "--force-script-chrootless", "--log=/dev/null", "-i", deb)
        ok(said.returncode == 0, "deb: dpkg installs it into a root", said.stderr)
        ok("coresdk-clients" in (install / "etc/group").read_text() if shutil.which("systemd-sysusers") else True, "deb: the group of clients is made", said.stderr)
        serve(install, "deb")
        said = attempt("dpkg", f"--root={install}", "--force-script-chrootless", "--log=/dev/null", "-r", "coresdk-sidecar")
        ok(said.returncode == 0 and not (install / "usr/bin/core").exists() and (install / "var/log/coresdk/audit.ndjson").exists()
           and (install / "etc/coresdk/coresdk-sidecar.yaml").exists(), "deb: removed, it leaves the operator's files", said.stderr)
    else:
        serve(root, "deb")
    return tree


def try_rpm(tree):
    rpm = dist / f"coresdk-sidecar-{version}-1.x86_64.rpm"
    if not shutil.which("rpm") or not shutil.which("rpmbuild"):
        ok(not rpm.exists(), "rpm: without rpmbuild there is none")
        return
    listed = attempt("rpm", "-qp", "--nosignature", "--qf", "[%{FILENAMES} %{FILEMODES:octal} %{FILEUSERNAME} %{FILEDIGESTS}\n]", rpm).stdout
    rows = {line.split(" ")[0].lstrip("/"): line.split(" ")[1:] for line in listed.splitlines()}
    want = {n: d for n, (m, d) in tree.items() if d}
    ok(rows.keys() >= want.keys(), "rpm: what is in the .deb is in the .rpm", set(want) - set(rows))
    ok(all(row[1] == "root" for row in rows.values()), "rpm: everything is root's")
    ok(all(rows[n][2] == d for n, d in want.items() if len(d) == 64), "rpm: with the same contents", rows)
    needs = [n for n in attempt("rpm", "-qp", "--nosignature", "--requires", rpm).stdout.splitlines() if not n.startswith(("rpmlib(", "/bin/sh", "config("))]
    ok(not needs, "rpm: it needs nothing", needs)
    ok("coresdk-sidecar.yaml" in attempt("rpm", "-qp", "--nosignature", "-c", rpm).stdout, "rpm: the configuration is the operator's")


def try_image():
    image = dist / f"coresdk-sidecar-{version}-oci.tar"
    with tarfile.open(image) as tar:
        files = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
    blob = lambda d: files["blobs/sha256/" + d["digest"].removeprefix("sha256:")]
    ok(all(hashlib.sha256(data).hexdigest() == n.rpartition("/")[2] for n, data in files.items() if n.startswith("blobs/")), "image: blobs are what they are called")
    ok(json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}, "image: an OCI layout")
    entry = json.loads(files["index.json"])["manifests"][0]
    manifest = json.loads(blob(entry))
    config = json.loads(blob(manifest["config"]))
    layer = gzip.decompress(blob(manifest["layers"][0]))
    ok(all(len(blob(d)) == d["size"] for d in (entry, manifest["config"], *manifest["layers"])), "image: sizes hold")
    ok(config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()], "image: the layer is the one that the configuration names")
    ok(config["config"]["User"] == "65532:65532" and config["config"]["Entrypoint"] == ["/usr/bin/coresdk-sidecar"], "image: it runs as nobody in particular")
    root = pathlib.Path(room, "image")
    (root / "x").mkdir(parents=True)
    (root / "layer.tar").write_bytes(layer)
    with tarfile.open(root / "layer.tar") as tar:
        members = {m.name: m for m in tar}
        tar.extractall(root / "x", filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(root / "x")
    ok({"usr/bin/coresdk-sidecar", "usr/bin/core", "etc/coresdk/coresdk-sidecar.yaml", "etc/passwd"} <= members.keys() and len(members) < 25,
       "image: nothing but the programs", sorted(members))
    ok(members["var/lib/coresdk"].uid == 65532 and members["usr/bin/core"].uid == 0, "image: the daemon owns its state, not its program")
    docker = json.loads(files["manifest.json"])[0]
    ok(docker["Config"] in files and docker["Layers"][0] in files, "image: docker's own list holds, too")


def try_tarball(tree):
    place = pathlib.Path(room, "carried")
    place.mkdir()
    attempt("tar", "xf", dist / f"coresdk-{version}-linux-amd64.tar.gz", "-C", place)
    here = place / f"coresdk-{version}-linux-amd64"
    install = lambda root, *more: attempt(here / "install.sh", "--root", root, *more)
    root = pathlib.Path(room, "host")
    (root / "var/log").mkdir(parents=True)
    said = install(root, "--pubkey", key.pub)
    there = contents(root)
    ok(said.returncode == 0 and {n: there[n] for n in tree} == tree,
       "tarball: install.sh lays out what the packages do", said.stderr or sorted(set(tree) ^ set(there)))
    serve(root, "tarball")
    (root / "etc/coresdk/coresdk-sidecar.yaml").write_text("tenant_id: mine\n")
    said = install(root, "--pubkey", key.pub)
    ok(said.returncode == 0 and (root / "etc/coresdk/coresdk-sidecar.yaml").read_text() == "tenant_id: mine\n", "tarball: again: the configuration stays", said.stderr)
    empty = pathlib.Path(room, "empty")
    empty.mkdir()
    said = install(empty, "--pubkey", Key(f"{room}/stranger").pub)
    ok(said.returncode == 5 and "not by that key" in said.stderr and not list(empty.iterdir()), "tarball: another's key: nothing is installed", said.stderr)
    for what, change in {"a changed file": lambda: (here / "files/usr/bin/core").write_bytes(b"#!/bin/sh\n"),
                         "one file more": lambda: (here / "files/usr/bin/extra").write_text("x"),
                         "a changed list": lambda: (here / "FILES.sha256").write_text("")}.items():
        shutil.copytree(here, f"{here}.good", symlinks=True)
        change()
        said = install(empty, "--pubkey", key.pub)
        ok(said.returncode == 5 and "nothing was installed" in said.stderr and not list(empty.iterdir()), f"tarball: {what}: nothing is installed", said.stderr)
        shutil.rmtree(here)
        os.rename(f"{here}.good", here)


def try_manuals(tree):
    pages = [n for n in tree if n.startswith("usr/share/man/") and n.endswith(".gz")]
    lines = attempt(BUILD / "bin/core", "--help").stdout.splitlines()
    ok(len(pages) == 3 + len([line for line in lines if line.startswith("  core ")]), "a manual page for each command, the programs and the configuration", len(pages))
    place = pathlib.Path(room, "man")
    place.mkdir()
    for page in pages:
        (place / pathlib.Path(page).stem).write_bytes(gzip.decompress((pathlib.Path(room, "deb") / page).read_bytes()))
    paths = sorted(place.iterdir())
    if shutil.which("mandoc"):
        lint = attempt("mandoc", "-Tlint", "-W", "warning", *paths)
        ok(lint.returncode == 0 and not lint.stdout, "mandoc finds nothing in them", lint.stdout)
    if shutil.which("groff"):
        lint = attempt("groff", "-man", "-ww", "-Tutf8", "-z", *paths)
        ok(lint.returncode == 0 and not lint.stderr, "nor does groff", lint.stderr)
    config = (place / "coresdk-sidecar.yaml.5").read_text()
    keys = re.findall(r'^KEY\(\w+, "([^"]+)"', (TOP / "src/config/config.def").read_text(), re.M)
    ok(len(keys) > 50 and all(f"\\fB{k}\\fR" in config for k in keys), "every key has its paragraph", len(keys))


room = make_room()
try:
    version = attempt(BUILD / "bin/core", "--version").stdout.split()[-1]
    key = Key(f"{room}/release")
    dist = make(SIGN_KEY=key.pem)
    try_signatures()
    contents_of_deb = try_deb()
    if contents_of_deb:
        try_rpm(contents_of_deb)
        try_tarball(contents_of_deb)
        try_manuals(contents_of_deb)
    try_image()
finally:
    remove_room(room)
done()
