#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fault: the audit writer when system calls fail, and when it dies at one of them.

    fault_test.py          a sample
    FAULTS=all             every call of every kind (make soak)

Whatever happens: what was acknowledged is in the log exactly once, what was refused is
not, the chain and its checkpoints verify, and the writer mends without a restart.
"""
import collections
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
from rig import done, ok  # noqa: E402
from follow import numbers_in_log  # noqa: E402

DRIVE, CORE = os.environ["DRIVE"], os.environ["CORE"]
ALL = os.environ.get("FAULTS") == "all"
SAMPLE = int(os.environ.get("FAULT_SAMPLE", "4"))
FILES = ["openat", "write", "pread64", "read", "ftruncate", "fdatasync", "fsync", "rename", "renameat", "renameat2", "unlink",
         "unlinkat", "flock", "mkdir", "fstat", "newfstatat", "getdents64", "lseek", "close"]
ERRORS = {"openat": ["EMFILE", "ENOSPC", "EIO", "EROFS", "ENOMEM", "EINTR"], "write": ["EIO", "ENOSPC", "EINTR"],
          "read": ["EIO", "EINTR"], "pread64": ["EIO", "EINTR"], "fdatasync": ["EIO", "ENOSPC"], "fsync": ["EIO"],
          "ftruncate": ["EIO", "EINTR"], "flock": ["EAGAIN"], "mkdir": ["EROFS", "ENOSPC"], "close": ["EIO"]}
LUCK = random.Random(int(os.environ.get("SEED", "5")))


class Room:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="coresdk-fault-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def drive(self, start, count, durability="write", on_error="deny", strace=()):
        """What it said of each record: {number: fate}, the other words, and the exit status."""
        names = ["log.ndjson", "log.ndjson.checkpoints", "log.ndjson.pub.new", "key.new", "spill"]
        names += [f"log.ndjson.{n:012}.gz.tmp" for n in (*range(110, 121), *range(225, 236))]
        # Of writes only those to files: no kernel fails one to an eventfd or to a pipe that way.
        only = [w for n in names for w in ("-P", f"{self.path}/{n}")] if "inject=write:" in "".join(strace) or "trace=write" in strace else []
        wrap = ["strace", "-f", "-q", "-y", "-o", self.path + ".trace", *only, *strace] if strace else []
        p = subprocess.run([*wrap, DRIVE, self.path, str(start), str(count), "65536", durability, on_error],
                           capture_output=True, text=True, timeout=120)
        if strace and not os.path.exists(self.path + ".trace"):
            raise RuntimeError(f"strace {' '.join(strace)}: {p.stderr}")
        fates, words = {}, []
        for line in p.stdout.splitlines():
            word, _, number = line.partition(" ")
            if number:
                fates[int(number)] = word
            else:
                words.append(word)
        return fates, words, p.returncode

    def trace(self):
        path = pathlib.Path(self.path + ".trace")
        text = path.read_text(errors="replace")
        path.unlink()
        return text


def calls_of(durability, prepared=None):
    """How often each thread makes each call, at most; `when` of strace counts by thread."""
    most = collections.Counter()
    for traced in ("trace=" + ",".join("?" + f for f in FILES if f != "write"), "trace=write"):
        with Room() as room:
            if prepared:
                shutil.copytree(prepared, room.path, dirs_exist_ok=True)
            room.drive(1000, 300, durability, strace=["-e", traced])
            by_thread = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", room.trace(), re.M))
        for (_, call), count in by_thread.items():
            most[call] = max(most[call], count)
    return most


def check(room, label, told, kept_exact=True):
    """The log against what was told; after one more start, which mends what a death left."""
    fates, words, status = room.drive(5000, 20)
    problems = []
    if status != 0 or "stopped" not in words or set(fates.values()) != {"kept"}:
        problems.append(f"does not start again: {status} {words} {sorted(set(fates.values()))}")
    seen = collections.Counter(numbers_in_log(room.path))
    told = {**told, **fates}
    problems += [f"{n} was acknowledged and is in the log {seen[n]} times" for n, f in told.items() if f == "kept" and seen[n] != 1]
    problems += [f"{n} was refused and is in the log" for n, f in told.items() if f != "kept" and seen[n] and kept_exact]
    problems += [f"{n} is in the log {c} times" for n, c in seen.items() if c > 1]
    p = subprocess.run([CORE, "audit", "verify", room.path], capture_output=True, text=True)
    if p.returncode != 0:
        problems.append(p.stderr)
    return problems


def some(points):
    points = list(points)
    return points if ALL else LUCK.sample(points, min(SAMPLE, len(points)))


def errors():
    """Each call fails once, or its later ones all fail for a while."""
    modes = [("write", "deny"), ("fdatasync", "spill"), ("fdatasync", "deny"), ("write", "spill")]
    counts = {durability: calls_of(durability) for durability in ("write", "fdatasync")}
    tried, failures, retried = 0, [], []
    for call in FILES:
        points = [(d, o, e, n, w) for d, o in modes for e in ERRORS.get(call, ["EIO", "ENOSPC"]) for n in range(1, counts[d][call] + 1)
                  for w in ("", "+3")[:1 + (n % 3 == 0)]]
        for durability, on_error, error, n, step in some(points):
            when = f"{n}..{n + 2}" if step else f"{n}"
            with Room() as room:
                told, words, status = room.drive(0, 300, durability, on_error,
                                                 ["-e", f"trace={call}" + (",openat,fdatasync" if call == "fdatasync" else ""), "-e", f"inject={call}:error={error}:when={when}"])
                trace = room.trace()
                if os.environ.get("VERBOSE"):
                    print(f"# {call} {error} {when} {durability} {on_error}: {words} {time.monotonic():.1f}", flush=True)
                if "mended" not in words and status == 0:
                    failures.append(f"{call} {error} {when} {durability} {on_error}: not mended without a restart: {words}")
                if status not in (0, 2):
                    failures.append(f"{call} {error} {when} {durability} {on_error}: exit status {status}")
                problems = check(room, call, told)
                failures += [f"{call} {error} {when} {durability} {on_error}: {p}" for p in problems[:3]]
                if call == "fdatasync" and durability == "fdatasync":
                    retried += synced_again(trace)
                tried += 1
    ok(tried > 0 and not failures, f"{tried} injected errors: nothing acknowledged is lost or doubled, all mends by itself",
       "\n".join(failures[:12]) + f"\n{len(failures)} in all")
    ok(not retried, "a file whose sync failed is never synced again", retried[:3])


def synced_again(trace):
    """Of the writer's own descriptor: a second sync behind a failed one, before it is closed."""
    found, failed = [], set()
    for line in trace.splitlines():
        match = re.match(r"(\d+) +fdatasync\((\d+<[^>]*>)\) += (-?\d+)", line)
        if match and match[2] in failed:
            found.append(line)
        elif match and match[3] == "-1" and "log.ndjson>" in match[2]:
            failed.add(match[2])
        if "openat(" in line and "log.ndjson>" in line.rsplit("=", 1)[-1]:
            failed.clear()
    return found


def kills():
    """Dies at each call of start, append, rotation, packing, sealing and stop."""
    with Room() as old:
        old.drive(0, 300)
        for label, prepared in (("a new log", None), ("a log that is there", old.path)):
            tried, failures = 0, []
            counts = calls_of("fdatasync", prepared)
            for call in FILES:
                for n in some(range(1, counts[call] + 1)):
                    with Room() as room:
                        if prepared:
                            shutil.copytree(prepared, room.path, dirs_exist_ok=True)
                        told, _, _ = room.drive(1000, 300, "fdatasync",
                                                strace=["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"])
                        room.trace()
                        failures += [f"{call} {n}: {p}" for p in check(room, call, told)[:3]]
                        tried += 1
            ok(tried > 0 and not failures, f"{label}: {tried} deaths at a system call: nothing lost, nothing twice",
               "\n".join(failures[:12]) + f"\n{len(failures)} in all")


def main():
    if not shutil.which("strace") or subprocess.run(["strace", "-f", "-o", "/dev/null", "/bin/true"], capture_output=True).returncode:
        print("1..0 # SKIP strace is not there, or may not trace")
        return
    errors()
    kills()
    done()


main()
