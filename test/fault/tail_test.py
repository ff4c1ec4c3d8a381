#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tail: who follows the log by its inode sees each record once, however often it is rotated and packed.

    ROTATIONS=40   (1,000 in make soak)
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
from follow import Tailer, log_files, numbers_in_log  # noqa: E402
from rig import done, ok  # noqa: E402

DRIVE, CORE = os.environ["DRIVE"], os.environ["CORE"]
ROTATIONS = int(os.environ.get("ROTATIONS", "40"))
RECORDS = ROTATIONS * 120  # a file of 64 KiB takes about 115
core_tail = drive = None
room = tempfile.mkdtemp(prefix="coresdk-tail-")


def seen(lines):
    return collections.Counter(int(m[1]) for line in lines if (m := re.search(rb'"id-(\d+)"', line)))


def wrong(count):
    return [n for n in range(RECORDS) if count[n] != 1]


try:
    subprocess.run([DRIVE, room, "1000000000", "20", "65536", "write", "deny"], capture_output=True, check=True)
    log = f"{room}/log.ndjson"
    core_out = open(f"{room}/core.out", "wb")
    core_tail = subprocess.Popen([CORE, "audit", "tail", "-f", "-n", "0", log], stdout=core_out)
    tailer = Tailer(log)
    tailer.look()
    time.sleep(0.2)
    drive = subprocess.Popen([DRIVE, room, "0", str(RECORDS), "65536", "write", "deny", "1500"], stdout=subprocess.PIPE)
    kept = collections.Counter()

    reader = threading.Thread(target=lambda: kept.update(line.split()[0] for line in drive.stdout))
    reader.start()
    while drive.poll() is None:
        tailer.look()
        time.sleep(0.001)
    reader.join()
    tailer.look()
    time.sleep(1.0)
    core_tail.terminate()
    core_tail.wait()
    core_out.close()
    rotated = len(log_files(room)) - 1
    ok(kept[b"kept"] == RECORDS and rotated >= ROTATIONS, f"{kept[b'kept']} records in {rotated} rotations", kept)
    own = wrong(seen(tailer.lines))
    ok(not own, "a tailer that follows inodes sees each once", (len(own), own[:5]))
    with open(f"{room}/core.out", "rb") as f:
        theirs = wrong(seen(f))
    ok(not theirs, "core audit tail -f prints each once", (len(theirs), theirs[:5]))
    in_log = wrong(collections.Counter(numbers_in_log(room)))
    ok(not in_log, "each is in the log once", in_log[:5])
    p = subprocess.run([CORE, "audit", "verify", "--pubkey", log + ".pub", room], capture_output=True, text=True)
    ok(p.returncode == 0, " ".join(p.stdout.split()), p.stderr)
finally:
    for process in (core_tail, drive):
        if process and process.poll() is None:
            process.kill()
    shutil.rmtree(room, ignore_errors=True)
done()
