#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/rego/builtin/unicode_case.inc: Unicode's simple case mappings as ranges.

Python knows the full mappings only.  A full mapping of one character is the simple
one; where it is longer (the sharp s, the Greek letters with iota subscript), the
simple mapping is the title case if that is one character, else there is none.
"""
import sys
import unicodedata

LAST = 0x10FFFF


def simple_upper(c):
    for full in (c.upper(), c.title()):
        if len(full) == 1:
            return ord(full)
    return ord(c)


def simple_lower(c):
    full = c.lower()
    return ord(full[0]) if c == '\u0130' or len(full) == 1 else ord(c)


def ranges(mapping):
    """(first, last, stride, delta) for runs of equal distance, stride 1 or 2."""
    rows = []
    for rune in range(0x80, LAST + 1):
        if 0xD800 <= rune <= 0xDFFF:
            continue
        delta = mapping(chr(rune)) - rune
        if delta == 0:
            continue
        if rows and rows[-1][3] == delta:
            first, last, stride, _ = rows[-1]
            step = rune - last
            if step <= 2 and (first == last or step == stride):
                rows[-1] = (first, rune, step, delta)
                continue
        rows.append((rune, rune, 1, delta))
    return rows


def write(out, name, rows):
    out.write(f'static const struct case_range {name}_ranges[] = {{\n')
    line = '\t'
    for first, last, stride, delta in rows:
        cell = f'{{ 0x{first:X}, 0x{last:X}, {stride}, {delta} }}, '
        if len(line) + len(cell) > 88:
            out.write(line.rstrip() + '\n')
            line = '\t'
        line += cell
    out.write(line.rstrip() + '\n};\n')


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else 'src/rego/builtin/unicode_case.inc'
    with open(path, 'w', encoding='ascii') as out:
        out.write('/* Simple case mappings above ASCII, Unicode '
                  f'{unicodedata.unidata_version}; by tools/unicode_case.py. */\n')
        write(out, 'upper', ranges(simple_upper))
        write(out, 'lower', ranges(simple_lower))


main()
