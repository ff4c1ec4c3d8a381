#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""power: the power fails under a log on ext4 and on XFS, again and again.

    CYCLES=100   of each file system and durability;  root only

The file system is shut down without writing out what it holds (its own ioctl), as a power cut
would leave it.  With fdatasync nothing acknowledged may be gone; with write what is left
must be a clean beginning.
"""
import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
from follow import numbers_in_log  # noqa: E402
from rig import done, ok  # noqa: E402

CORE = os.environ["CORE"]
BUILD = os.path.join(os.path.dirname(CORE), "..")
DRIVE = os.environ.get("DRIVE") or os.path.join(BUILD, "test/fault/drive")
CYCLES = int(os.environ.get("CYCLES", "100"))
SHUTDOWN, WITHOUT_LOG = 0x8004587D, 2  # _IOR('X', 125, __u32)
LUCK = random.Random(int(os.environ.get("SEED", "9")))


def run(*args):
    return subprocess.run(args, capture_output=True, text=True)


def cut_power(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
    finally:
        os.close(fd)


def freeze(pid):
    """The ioctl lets a sync that is under way say that it succeeded when it did not (a bare loop of
    write and fdatasync shows that, too); no power cut does, so none may be under way."""
    os.kill(pid, signal.SIGSTOP)
    for _ in range(2000):
        states = [open(f"/proc/{pid}/task/{t}/stat").read().rsplit(")", 1)[1].split()[0] for t in os.listdir(f"/proc/{pid}/task")]
        if set(states) == {"T"}:
            return
        time.sleep(0.001)
    raise RuntimeError("it does not stop")


def cycle(image, where, durability, start):
    """{what was acknowledged}, and what is wrong."""
    if run("mount", "-o", "loop", image, where).returncode:
        return set(), ["it does not mount again"]
    p = subprocess.Popen([DRIVE, where, str(start), "1000000", "65536", durability, "deny"], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    time.sleep(LUCK.uniform(0.02, 0.25))
    freeze(p.pid)
    cut_power(where)
    p.kill()
    told = {int(line.split()[1]) for line in p.stdout.read().splitlines(keepends=True)
            if line.startswith("kept ") and line.endswith("\n")}
    p.wait()
    run("umount", where)
    if run("mount", "-o", "loop", image, where).returncode:
        return told, ["it does not mount again"]
    problems = []
    after = run(DRIVE, where, str(start + 900000), "20", "65536", durability, "deny")
    if "stopped" not in after.stdout:
        problems.append("does not start again: " + after.stderr)
    seen = [n for n in numbers_in_log(where) if start <= n < start + 900000]
    if durability == "fdatasync" and not told <= set(seen):
        problems.append(f"{len(told - set(seen))} acknowledged are gone")
    if seen != sorted(set(seen)) or (seen and seen != list(range(start, seen[-1] + 1))):
        problems.append("what is left is no clean beginning")
    verify = run(CORE, "audit", "verify", where)
    if verify.returncode:
        problems.append(verify.stderr)
    run("umount", where)
    return told, problems


def file_system(kind, make):
    with tempfile.TemporaryDirectory(prefix="coresdk-power-") as room:
        for durability in ("fdatasync", "write"):
            image, where = f"{room}/image", f"{room}/mnt"
            os.makedirs(where, exist_ok=True)
            problems, told = [], 0
            for i in range(CYCLES):
                if i % 20 == 0:  # a disk of its own now and then, so that none fills up
                    with open(image, "wb") as f:
                        f.truncate(320 << 20)
                    run(*make, image)
                kept, wrong = cycle(image, where, durability, 1000000 * i)
                told += len(kept)
                problems += [f"cycle {i}: {w}" for w in wrong]
            ok(told > 0 and not problems, f"{kind}, {durability}: {CYCLES} power cuts, {told} acknowledged", "\n".join(problems[:8]))


if os.geteuid() != 0:
    print("1..0 # SKIP only root may mount")
else:
    run("ninja", "-C", BUILD, "test/fault/drive")
    file_system("ext4", ("mkfs.ext4", "-q", "-F"))
    if shutil.which("mkfs.xfs"):
        file_system("XFS", ("mkfs.xfs", "-q", "-f"))
    else:
        print("# XFS: no mkfs.xfs here")
    done()
