# SPDX-License-Identifier: Apache-2.0
"""scarce: runs the programs that are linked in front of an allocator that fails (scarce.c)."""
import mmap
import os
import struct
import subprocess

CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("CORESDK", "NO_COLOR"))}
CLEAN["ASAN_OPTIONS"] = "detect_leaks=0"


class Memory:
    """The page that a program shares with us."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.write(bytes(32))
        with open(path, "r+b") as f:
            self.page = mmap.mmap(f.fileno(), 32)

    def get(self, place):
        return struct.unpack_from("Q", self.page, 8 * place)[0]

    def put(self, place, number):
        struct.pack_into("Q", self.page, 8 * place, number)

    count = property(lambda self: self.get(0))
    failed = property(lambda self: self.get(3))

    def fail(self, at, sticky=False, fresh=False):
        """The at-th allocation from now on."""
        if fresh:
            self.put(0, 0)
        self.put(3, 0)
        self.put(2, int(sticky))
        self.put(1, at and self.count + at)

    def relent(self):
        self.put(1, 0)

    def run(self, args, at=0, sticky=False, timeout=20, stdin="", **more):
        self.fail(at, sticky, fresh=True)
        return subprocess.run(args, input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout,
                              env={**CLEAN, "SCARCE": self.path}, **more)


def sample(total, wanted):
    """Which of 1 … total: the first few, and the others evenly."""
    if wanted == 0 or total <= wanted:
        return range(1, total + 1)
    first = wanted // 4
    step = (total - first) / (wanted - first)
    return sorted({*range(1, first + 1), *(first + 1 + int(i * step) for i in range(wanted - first))})
