# SPDX-License-Identifier: Apache-2.0
"""follow: an audit log read as others read it: all of it at once, or as it grows, by inode."""
import gzip
import os
import re
import zlib

ROTATED = re.compile(r"\.(\d{12,})(-\d+)?(\.gz)?$")


def log_files(directory, name="log.ndjson"):
    """In order; a plain file hides its own .gz."""
    names = [f for f in os.listdir(directory) if f == name or (f.startswith(name + ".") and ROTATED.search(f))]
    names = [f for f in names if not (f.endswith(".gz") and f[:-3] in names)]
    return [os.path.join(directory, f) for f in sorted(names, key=lambda f: (f == name, f))]


def lines_in_log(directory, name="log.ndjson"):
    for path in log_files(directory, name):
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
            try:
                yield from f
            except (EOFError, zlib.error) as e:
                raise AssertionError(f"{path}: {e}")


def numbers_in_log(directory, pattern=rb'"id-(\d+)"'):
    return [int(m[1]) for line in lines_in_log(directory) if (m := re.search(pattern, line))]


class Tailer:
    """Follows the file by its inode: after a rename it reads the old one to its end, then the new."""

    def __init__(self, path):
        self.path, self.file, self.rest, self.lines = path, None, b"", []

    def look(self):
        if self.file is None:
            try:
                self.file = open(self.path, "rb", buffering=0)
            except FileNotFoundError:
                return
        try:
            before = os.stat(self.path).st_ino
        except FileNotFoundError:  # between the rename and the new file
            before = None
        while part := self.file.read(1 << 16):
            self.rest += part
        *whole, self.rest = self.rest.split(b"\n")
        self.lines += whole
        if before != os.fstat(self.file.fileno()).st_ino and before is not None:
            while part := self.file.read(1 << 16):
                self.rest += part
            *whole, self.rest = self.rest.split(b"\n")
            self.lines += whole
            self.file.close()
            self.file, self.rest = None, b""
            self.look()
