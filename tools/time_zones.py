#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""time_zones.py [TZDATA.ZI]: writes src/rego/builtin/time_zone_data.inc, the time zones that a host
without zone files is served from.

The source is the text form of the IANA time zone database (public domain), which tzdata packages
bring along; zic (glibc or tzcode) compiles it.  What comes out is sorted and carries no times, so
the same database gives the same file, whatever host makes it.

Inside (gzip, base64) stand the lines `NAME OFFSET LENGTH`, in order, an empty line, and then the
files (RFC 8536) that they point to; names of one zone share one file.
"""
import base64
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

WIDTH = 88
OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "src/rego/builtin/time_zone_data.inc"


def compile_zones(source):
    """{name: file} of all zones and links."""
    with tempfile.TemporaryDirectory() as room:
        subprocess.run(["zic", "-b", "slim", "-d", room, source], check=True)
        return {str(p.relative_to(room)): p.read_bytes() for p in pathlib.Path(room).rglob("*") if p.is_file()}


def pack(zones):
    places, files = {}, b""
    for name in sorted(zones):
        if zones[name] not in places:
            places[zones[name]] = len(files)
            files += zones[name]
    index = "".join(f"{name} {places[zones[name]]} {len(zones[name])}\n" for name in sorted(zones))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(index.encode() + b"\n" + files) + packer.flush()


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/zoneinfo/tzdata.zi"
    version = re.match(r"# version (\S+)", pathlib.Path(source).read_text())[1]
    zones = compile_zones(source)
    text = base64.b64encode(pack(zones)).decode()
    lines = "\n".join(f'\t"{text[i:i + WIDTH]}"' for i in range(0, len(text), WIDTH))
    OUTPUT.write_text(
        f"/* {len(zones)} time zones of the IANA database (public domain); by tools/time_zones.py. */\n"
        f'const char time_zone_data_version[] = "{version}";\n'
        f"static const char packed[] =\n{lines};\n")


main()
