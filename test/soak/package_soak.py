#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""package: two builds of the commit are the same bytes, and so is everything packed from them twice."""
import os
import pathlib
import subprocess
import sys
import tarfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "test/scenario"))
from rig import Key, done, make_room, ok, remove_room

BIN = pathlib.Path(os.environ["CORE"]).resolve().parent


def attempt(*command, **env):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, env={**os.environ, **env})


def is_random(name):
    """ECDSA as OpenSSL makes it differs each time; what holds signatures does, too."""
    return name.endswith(".sig")


def members(path):
    with tarfile.open(path) as tar:
        return [(m.name, m.mode, m.uid, m.mtime, m.linkname, tar.extractfile(m).read() if m.isfile() else b"") for m in tar if not is_random(m.name)]


room = make_room()
try:
    made = attempt(TOP / "tools/repro")
    ok(made.returncode == 0 and len(made.stdout.splitlines()) == 2, "both programs, built twice, are the same", made.stdout + made.stderr)
    key, places = Key(f"{room}/release"), [pathlib.Path(room, "one"), pathlib.Path(room, "further", "down", "two")]
    for place, zone in zip(places, ("UTC", "Asia/Tokyo")):
        place.parent.mkdir(parents=True, exist_ok=True)
        old = os.umask(0o022 if zone == "UTC" else 0o077)
        packed = attempt(sys.executable, TOP / "tools/dist", BIN, place, SIGN_KEY=key.pem, SOURCE_DATE_EPOCH="1700000000", TZ=zone, LC_ALL="C")
        os.umask(old)
        ok(packed.returncode == 0, f"packed in {zone}", packed.stdout + packed.stderr)
    names = [sorted(p.name for p in place.iterdir()) for place in places]
    ok(names[0] == names[1] and len(names[0]) > 12, "the same files come out", names)
    for name in names[0]:
        if is_random(name):
            continue
        one, two = (place / name for place in places)
        if name.endswith("-linux-amd64.tar.gz"):
            ok(members(one) == members(two), f"{name}: the same members, but for signatures")
        else:
            ok(one.read_bytes() == two.read_bytes(), f"{name}: the same bytes")
finally:
    remove_room(room)
done()
