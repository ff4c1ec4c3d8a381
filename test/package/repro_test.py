# SPDX-License-Identifier: Apache-2.0
"""repro: one room's program, built twice in places of different names and depths, is the same bytes.

`make repro` and `make soak T=package` do it with the whole of the product.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "test/scenario"))
from rig import done, make_room, ok, remove_room

PROGRAM = "src/cli/cli_diff_test"


def build(source, target):
    source.mkdir(parents=True)
    for name in ("src", "test", "tools", "bench", "bin", "examples", "proto", "meson.build", "meson_options.txt"):
        path = TOP / name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, source / name)
    env = {**os.environ, "CCACHE_DISABLE": "1", "SOURCE_DATE_EPOCH": "1700000000"}
    for command in (["meson", "setup", target, source], ["ninja", "-C", target, "-j2", PROGRAM]):
        made = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env)
        if made.returncode:
            return made.stdout[-3000:] + made.stderr
    return ""


room = pathlib.Path(make_room())
try:
    said = build(room / "one", room / "one/build") or build(room / "another/place further down", room / "b")
    ok(not said, "it is built twice", said)
    if not said:
        one, other = (place / PROGRAM for place in (room / "one/build", room / "b"))
        ok(one.read_bytes() == other.read_bytes(), "the same bytes come out")
        ok(str(room).encode() not in one.read_bytes(), "with no path of the place in them")
finally:
    remove_room(room)
dates = [str(p.relative_to(TOP)) for folder in ("src", "bench") for p in (TOP / folder).rglob("*.[ch]") if re.search(r"__(DATE|TIME|TIMESTAMP)__", p.read_text())]
ok(not dates, "no source asks when it is compiled", dates)
done()
