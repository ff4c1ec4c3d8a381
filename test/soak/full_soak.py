#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""full: the disk under a log fills up at random moments, and has room again.

    FILLS=50   on a tmpfs of 4 MiB;  root only
"""
import collections
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
from follow import numbers_in_log  # noqa: E402
from rig import done, ok  # noqa: E402

CORE = os.environ["CORE"]
DRIVE = os.environ.get("DRIVE") or os.path.join(os.path.dirname(CORE), "..", "test/fault/drive")
FILLS = int(os.environ.get("FILLS", "50"))
LUCK = random.Random(int(os.environ.get("SEED", "4")))


def fill(path):
    """Takes all room; the last bytes too."""
    with open(path, "wb", buffering=0) as f:
        for size in (1 << 16, 4096, 1):
            try:
                while True:
                    f.write(b"\0" * size)
            except OSError:
                continue


def one(where, on_error, start):
    p = subprocess.Popen([DRIVE, where, str(start), "3000", "65536", "write", on_error, "2000"], stdout=subprocess.PIPE, text=True)
    words = []
    reader = threading.Thread(target=lambda: words.extend(p.stdout))
    reader.start()
    time.sleep(LUCK.uniform(0.02, 0.2))
    fill(f"{where}/filler")
    time.sleep(0.15)
    os.unlink(f"{where}/filler")
    p.wait(60)
    reader.join()
    return words


def fills(on_error):
    problems, lost = [], 0
    for i in range(FILLS):
        with tempfile.TemporaryDirectory(prefix="coresdk-full-") as where:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", where], check=True)
            try:
                words = one(where, on_error, 0)
                if "mended\n" not in words or "stopped\n" not in words:
                    problems.append(f"fill {i}: {words[-2:]}")
                fates = {int(w.split()[1]): w.split()[0] for w in words if " " in w}
                seen = collections.Counter(numbers_in_log(where))
                lost += sum(f == "lost" for f in fates.values())
                problems += [f"fill {i}: {n} was {f} and is there {seen[n]} times" for n, f in fates.items() if seen[n] != (f == "kept")][:3]
                v = subprocess.run([CORE, "audit", "verify", where], capture_output=True, text=True)
                if v.returncode:
                    problems.append(f"fill {i}: {v.stderr}")
            finally:
                subprocess.run(["umount", where], check=True)
    ok(not problems, f"{on_error}: the disk was full {FILLS} times; {lost} records were refused, none acknowledged was lost",
       "\n".join(problems[:8]))


if os.geteuid() != 0:
    print("1..0 # SKIP only root may mount")
else:
    fills("deny")
    fills("spill")
    done()
