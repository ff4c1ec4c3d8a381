#!/usr/bin/python3
"""request.py TOKEN: one gRPC frame on stdout: AuthorizeRequest with action, resource and token."""
import struct
import sys


def text(field, value):
    n = len(value)
    size = bytes([n]) if n < 128 else bytes([n & 127 | 128, n >> 7])
    return bytes([field << 3 | 2]) + size + value.encode()


message = text(2, "read") + text(3, "orders/17") + text(7, sys.argv[1])
sys.stdout.buffer.write(b"\0" + struct.pack(">I", len(message)) + message)
