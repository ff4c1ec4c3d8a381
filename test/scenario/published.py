# SPDX-License-Identifier: Apache-2.0
"""published: how each published client speaks: its connection, its metadata, and what it takes from an answer.

Python, Go and Java speak through gRPC libraries, each with its own user agent.  TypeScript opens a connection
for each call, names no user agent, and cuts five bytes off whatever comes.
"""
import socket
import struct

import grpc

from rig import fields, varint

LOCAL = ("grpc.use_local_subchannel_pool", 1)
AGENTS = {"python": None, "old python": None, "stubs": None, "go": "grpc-go/1.71.1", "java": "grpc-java-netty/1.75.0"}


class Refused(Exception):
    """A call that ended without an answer; str() is the status, when it is known."""


class Library:
    """A client on a gRPC library: one channel, no deadline."""

    def __init__(self, address, name, service_token=None):
        agent = AGENTS[name]
        options = [LOCAL] + ([("grpc.primary_user_agent", agent)] if agent else [])
        self.channel = grpc.insecure_channel(address, options)
        self.metadata = [("x-service-name", "unknown-service")]
        if service_token:
            self.metadata.append(("x-service-token", service_token))

    def call(self, path, message):
        try:
            return self.channel.unary_unary(path)(message, metadata=self.metadata)
        except grpc.RpcError as e:
            raise Refused(f"{e.code().name}: {e.details()}") from e

    def first(self, path, message, bare=False):
        """The first message of a stream.  bare: without metadata, as the Python client's watch_config."""
        stream = self.channel.unary_stream(path)(message, metadata=None if bare else self.metadata)
        try:
            return next(stream)
        except grpc.RpcError as e:
            raise Refused(f"{e.code().name}: {e.details()}") from e
        finally:
            stream.cancel()

    def close(self):
        self.channel.close()


# ---- HTTP/2 as node:http2 sends it ----

def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def literal(text):
    size = len(text)
    return (bytes([size]) if size < 127 else b"\x7f" + varint(size - 127)) + text.encode()


def header(name, value):
    return b"\0" + literal(name) + literal(value)


class Bare:
    """The TypeScript client: a new connection for each call, nothing but what it must send."""
    DATA, HEADERS, RST, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7

    def __init__(self, address, service_token=None):
        self.address = address.rsplit(":", 1)
        self.service_token = service_token

    def headers(self, path):
        pairs = [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", ":".join(self.address)),
                 ("content-type", "application/grpc"), ("te", "trailers"), ("x-service-name", "unknown-service")]
        if self.service_token:
            pairs.append(("x-service-token", self.service_token))
        return b"".join(header(*pair) for pair in pairs)

    def call(self, path, message):
        framed = b"\0" + struct.pack(">I", len(message)) + message
        with socket.create_connection(self.address, timeout=5) as s, s.makefile("rb") as stream:
            s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(self.SETTINGS, 0, 0) +
                      frame(self.HEADERS, 4, 1, self.headers(path)) + frame(self.DATA, 1, 1, framed))
            data = self.read(s, stream)
        if not data:
            raise Refused("no data")
        return data[5:]  # whatever the frame says

    def read(self, s, stream):
        data = b""
        while True:
            head = stream.read(9)
            if len(head) < 9:
                raise Refused("the connection ended")
            size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            body = stream.read(size)
            if kind == self.SETTINGS and not flags & 1:
                s.sendall(frame(self.SETTINGS, 1, 0))
            elif kind in (self.RST, self.GOAWAY):
                raise Refused("the stream was reset")
            elif kind == self.DATA:
                data += body
            if kind in (self.DATA, self.HEADERS) and flags & 1:
                return data

    def first(self, path, message, bare=False):
        raise NotImplementedError("the TypeScript client reads no streams")

    def close(self):
        pass


def speaker(name, address, service_token=None):
    return Bare(address, service_token) if name == "ts" else Library(address, name, service_token)


# ---- what a client takes from an answer ----

def one(values, want):
    """A field's values against what the client must read of it."""
    if callable(want):
        return want(values)
    if want is None:
        return not values
    if isinstance(want, list):
        return [v.decode() for v in values] == want
    if isinstance(want, dict):
        pairs = [fields(v) for v in values]
        got = {p[1][0].decode(): p.get(2, [b""])[0].decode() for p in pairs}
        return all(got.get(k) == v for k, v in want.items())
    if isinstance(want, str):
        return (values[-1].decode() if values else "") == want
    return (values[-1] if values else 0) == int(want)


def wrong_fields(answer, want):
    """{number: got} of what the client would read otherwise."""
    got = fields(answer)
    return {n: got.get(n) for n, w in want.items() if not one(got.get(n, []), w)}


def text(values):
    return bool(values) and values[0] != b""
