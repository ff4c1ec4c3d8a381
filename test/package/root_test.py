# SPDX-License-Identifier: Apache-2.0
"""root: the programs start where nothing is but themselves."""
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
import grpc
from rig import done, field, free_port, make_room, ok, remove_room

CONFIG = "data_dir: /state\naudit:\n  file: {path: /audit/audit.ndjson}\nlisten:\n  admin: /admin.sock\n"


def enter(room, *command, **more):
    """A command whose / is the room: as root, or as root of a user namespace."""
    how = [shutil.which("chroot", path="/usr/sbin:/usr/bin"), room] if os.geteuid() == 0 else ["/usr/bin/unshare", "--user", "--map-root-user", f"--root={room}"]
    return subprocess.Popen([*how, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}, text=True, **more)


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def is_healthy(port):
    for _ in range(200):
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                return channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=2) == field(1, 1)
        except grpc.RpcError:
            time.sleep(0.05)
    return False


room = make_room()
try:
    for name, path in {"core": os.environ["CORE"], "coresdk-sidecar": os.environ["SIDECAR"]}.items():
        shutil.copy(path, f"{room}/{name}")
    pathlib.Path(f"{room}/coresdk-sidecar.yaml").write_text(CONFIG)
    code, out, err = finish(enter(room, "/core", "eval", "-f", "raw", "time.date([1e18, \"Europe/Paris\"])"))
    if "Operation not permitted" in err:
        print("1..0 # SKIP no new root may be entered here")
        sys.exit(0)
    ok(code == 0 and out.strip() == "[2001,9,9]", "core evaluates in an empty root, time zones too", err or out)
    port = free_port()
    daemon = enter(room, "/coresdk-sidecar", "start", "--set", f"listen.grpc=127.0.0.1:{port}", "--set", f"listen.http=127.0.0.1:{free_port()}")
    try:
        ok(is_healthy(port), "coresdk-sidecar serves in an empty root")
        code, out, err = finish(enter(room, "/core", "sidecar", "status", "--admin", "/admin.sock"))
        ok(code == 0 and out, "core finds it by its socket", err)
        daemon.terminate()
        code, out, err = finish(daemon)
        ok(code == 0 and "ready" in err, "it stops in order", err[-2000:])
    finally:
        if daemon.poll() is None:
            daemon.kill()
    made = sorted(p.name for p in pathlib.Path(room).iterdir())
    ok(set(made) <= {"core", "coresdk-sidecar", "coresdk-sidecar.yaml", "state", "audit", "admin.sock"}, "and leaves only what it was told to", made)
finally:
    remove_room(room)
done()
