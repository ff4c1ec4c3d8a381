#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""src/media: `core media apply` killed before every system call that changes a file, daemon running, then recovered."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../scenario"))
from house import OTHER, House, run_scenarios  # noqa: E402
from rig import Key, make_bundle, ok  # noqa: E402

CORE = os.path.abspath(os.environ.get("CORE", "build/bin/core"))
CALLS = ("openat", "write", "fsync", "rename", "unlink", "chmod", "chown", "mkdir", "connect", "sendto", "sendmsg", "poll", "recvmsg", "read", "close")


def digests(house, names):
    return {n: hashlib.sha256(pathlib.Path(house.path(n)).read_bytes()).hexdigest() if os.path.exists(house.path(n)) else None
            for n in names}


def kill_everywhere():
    if not shutil.which("strace"):
        ok(True, "killed at each system call # SKIP no strace")
        return
    with House() as house:
        office = Key(house.path("office"))
        names = ("bundle.tar.gz", "jwks.json", "config.yaml")
        os.makedirs(house.path("out"))
        second = Key(house.path("out/second"))
        make_bundle(house.path("out/bundle.tar.gz"), {"authz.rego": OTHER}, house.key, number=5)
        pathlib.Path(house.path("out/jwks.json")).write_text(json.dumps({"keys": [
            {**house.issuer.jwk, "kid": "k1"}, {**second.jwk, "kid": "k2"}]}))
        pathlib.Path(house.path("out/config.yaml")).write_text("values: { region: new }\n")
        pathlib.Path(house.path("config.yaml")).write_text("values: { region: old }\n")
        house.config["cache"]["config_path"] = house.path("config.yaml")
        house.write_config()
        subprocess.run([CORE, "media", "pack", "--bundle", house.path("out/bundle.tar.gz"), "--jwks", house.path("out/jwks.json"),
                        "--config", house.path("out/config.yaml"), "--sign-key", office.pem, "--output", house.path("d.tar")],
                       check=True, capture_output=True)
        kept = {n: pathlib.Path(house.path(n)).read_bytes() for n in names}
        old, new = digests(house, names), digests(house, [f"out/{n}" for n in names])
        new = {n: new[f"out/{n}"] for n in names}
        apply = [CORE, "media", "apply", house.path("d.tar"), "--pubkey", office.pub, "--config",
                 house.path("coresdk-sidecar.yaml"), "--admin", house.path("admin.sock"), "--receipt", house.path("r")]
        d = house.start()
        for call in CALLS:
            deaths = undone = finished = 0
            broken = []
            for step in range(1, 500):
                done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                       f"inject={call}:signal=KILL:when={step}", *apply], capture_output=True, check=False)
                if done.returncode == 0:
                    break
                deaths += 1
                status = subprocess.run([CORE, "media", "recover", "--config", house.path("coresdk-sidecar.yaml"), "--admin",
                                         house.path("admin.sock")], capture_output=True, check=False).returncode
                now = digests(house, names)
                left = [n for n in os.listdir(house.room) + os.listdir(house.path("state/media"))
                        if "media-" in n or n.startswith("journal")] if os.path.isdir(house.path("state/media")) else []
                undone += now == old
                finished += now == new
                status_of = d.admin({"command": "status"})
                runs = status_of["sha256"]
                if status != 0 or now not in (old, new) or left or runs != now["bundle.tar.gz"]:
                    broken.append((step, status, now == old, now == new, left, runs == now["bundle.tar.gz"]))
                if now == new:
                    for n, data in kept.items():
                        pathlib.Path(house.path(n)).write_bytes(data)
                    os.unlink(house.path("state/media/state.json"))
                    d.admin({"command": "reload"})
            ok(not broken, f"{call}: {deaths} deaths, {undone} undone, {finished} finished", broken)
            for n, data in kept.items():
                pathlib.Path(house.path(n)).write_bytes(data)
            d.admin({"command": "reload"})
        d.stop()


run_scenarios(kill_everywhere)
