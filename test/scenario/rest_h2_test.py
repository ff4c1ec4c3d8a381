# SPDX-License-Identifier: Apache-2.0
"""The HTTP door by HTTP/2: the same answers, in cleartext and by ALPN, and frames that mean no good."""
import gzip
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import time

from door import Door
from house import run_scenarios
from rig import make_certificates, ok

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PI = "/v1/data/opa/examples/pi"
HEADERS, DATA, END_STREAM, END_HEADERS = 1, 0, 1, 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A field of HPACK, neither indexed nor packed."""
    def text(t):
        t = t.encode() if isinstance(t, str) else t
        if len(t) < 127:
            return bytes([len(t)]) + t
        rest, out = len(t) - 127, [127]
        while rest >= 128:
            out.append(rest & 127 | 128)
            rest >>= 7
        return bytes([*out, rest]) + t
    return b"\0" + text(name) + text(value)


def request(stream, *fields, body=None, method="GET", path=PI, authority="door"):
    head = [(":method", method), (":scheme", "http"), (":path", path)] + ([(":authority", authority)] if authority else [])
    block = b"".join(literal(*f) for f in (*head, *fields))
    frames = frame(HEADERS, END_HEADERS | (END_STREAM if body is None else 0), stream, block)
    if body is not None:
        for at in range(0, max(len(body), 1), 16384):
            last = at + 16384 >= len(body)
            frames += frame(DATA, END_STREAM if last else 0, stream, body[at:at + 16384])
    return frames


def status_of(block):
    """Of a header block as nghttp2 writes it: :status comes first, indexed or as a literal."""
    indexed = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
    while block and block[0] & 0xe0 == 0x20:  # a new size of the table
        block = block[1:]
    if block[0] & 0x80:
        return indexed.get(block[0] & 0x7f)
    text = block[2:2 + (block[1] & 0x7f)]
    if not block[1] & 0x80:
        return int(text)
    bits = "".join(f"{b:08b}" for b in text)  # digits in Huffman's code
    codes = {"00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5", "011100": "6",
             "011101": "7", "011110": "8", "011111": "9"}
    out = ""
    while len(out) < 3:
        size = next(n for n in (5, 6) if bits[:n] in codes)
        out, bits = out + codes[bits[:size]], bits[size:]
    return int(out)


class Talk:
    """A connection by HTTP/2, frame by frame."""

    def __init__(self, door, greet=True):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(10)
        self.s.connect(door.path("rest.sock"))
        if greet:
            self.s.sendall(PREFACE + frame(4, 0, 0))

    def answers(self, count):
        """{stream: (status, body)} of so many that end; ('reset', code) of those that are reset."""
        heads, bodies, ended, buffer = {}, {}, {}, b""
        while len(ended) < count:
            try:
                part = self.s.recv(65536)
            except (TimeoutError, ConnectionResetError):
                part = b""
            if not part:
                break
            buffer += part
            while len(buffer) >= 9 and len(buffer) >= 9 + (size := int.from_bytes(buffer[:3], "big")):
                kind, flags, stream = struct.unpack(">BBI", buffer[3:9])
                payload, buffer = buffer[9:9 + size], buffer[9 + size:]
                if kind == HEADERS:
                    heads[stream] = status_of(payload)
                elif kind == DATA:
                    bodies[stream] = bodies.get(stream, b"") + payload
                elif kind == 3 and stream not in ended:
                    ended[stream] = ("reset", int.from_bytes(payload, "big"))
                elif kind == 4 and not flags & 1:
                    self.s.sendall(frame(4, 1, 0))
                if kind in (HEADERS, DATA) and flags & END_STREAM:
                    ended[stream] = (heads[stream], bodies.get(stream, b""))
        return ended

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()


def by_frames():
    with Door() as door:
        d = door.start()
        if not ok(d.ready_after is not None, "it is up", d.logged()):
            return
        flag = json.dumps({"input": {"example": {"flag": True}}}).encode()
        allow = "/v1/data/opa/examples/allow_request"
        big = json.dumps({"input": {"example": {"flag": True}, "pad": "x" * 60000}}).encode()
        rows = (
            ("a document", request(1), 200, b'"result":3.14159'),
            ("a decision", request(1, body=flag, method="POST", path=allow), 200, b'"result":true'),
            ("a body in pieces", request(1, body=big, method="POST", path=allow), 200, b'"result":true'),
            ("a body in gzip", request(1, ("content-encoding", "gzip"), body=gzip.compress(flag), method="POST", path=allow), 200,
             b'"result":true'),
            ("host instead of :authority", request(1, ("host", "door"), authority=None), 200, b"3.14159"),
            ("host as :authority", request(1, ("host", "Door")), 200, b"3.14159"),
            ("forward auth", request(1, ("x-original-method", "GET"), ("x-original-uri", "/public/x"), path="/auth"), 200, b""),
            ("HEAD", request(1, method="HEAD"), 200, b""),
            ("OPTIONS", request(1, method="OPTIONS"), 204, b""),
            ("no such path", request(1, path="/nope"), 404, b"Not Found"),
            ("a method that is not served", request(1, method="PUT", path="/v1/status"), 405, b"Method Not Allowed"),
            ("a write", request(1, method="PUT", body=b"{}"), 405, b"signed bundle"),
            ("half an object", request(1, body=b"{", method="POST"), 400, b"invalid_parameter"),
            ("another host beside :authority", request(1, ("host", "other")), 400, b"Bad Request"),
            ("a target with a fragment", request(1, path="/v1/data#x"), 400, b"Bad Request"),
            ("a long target", request(1, path="/" + "a" * 8200), 414, b"URI Too Long"),
            ("a page of another site", request(1, ("sec-fetch-site", "cross-site")), 403, b"another site"),
            ("a body that is no document", request(1, body=b"x" * 65000, method="POST"), 400, b"invalid_parameter"),
        )
        for label, data, status, body in rows:
            with Talk(door) as talk:
                talk.s.sendall(data)
                got = talk.answers(1).get(1)
                ok(got and got[0] == status and body in got[1] and (body or not got[1]), f"frames: {label}: {status}", got)
        for label, data in (
            ("an upper-case field", request(1, ("X-Upper", "1"))), ("connection", request(1, ("connection", "close"))),
            ("transfer-encoding", request(1, ("transfer-encoding", "chunked"))), ("two paths", request(1, (":path", "/a"))),
            ("no host at all", request(1, authority=None)), ("a target of another form", request(1, path="*")),
            ("CRLF in a value", request(1, ("x-a", "b\r\nc: d"))), ("a NUL in a value", request(1, ("x-a", "b\0"))),
            ("a wrong length", request(1, ("content-length", "5"), body=b"{}", method="POST")),
        ):
            with Talk(door) as talk:
                talk.s.sendall(data)
                got = talk.answers(1).get(1)
                ok(got and got[0] in ("reset", 400), f"frames: {label}: the stream is reset", got)
        before = len(door.audit())
        with Talk(door) as talk:
            talk.s.sendall(b"".join(request(i) for i in range(1, 401, 2)))
            got = talk.answers(200)
            ok(len(got) == 200 and all(v[0] == 200 and b"3.14159" in v[1] for v in got.values()), "frames: 200 streams at once",
               len(got))
        ok(len(door.audit()) - before == 200, "frames: each has its record")
        with Talk(door) as talk:
            talk.s.sendall(request(1) + request(3, body=b"{}", method="POST") + request(5, path="/nope") + request(7))
            got = talk.answers(4)
            ok([got.get(i, (None,))[0] for i in (1, 3, 5, 7)] == [200, 200, 404, 200], "frames: one that fails leaves the others", got)
        with Talk(door, greet=False) as talk:
            for byte in PREFACE + frame(4, 0, 0) + request(1):
                talk.s.sendall(bytes([byte]))
            ok(talk.answers(1).get(1, (0,))[0] == 200, "frames: byte by byte")
        # A client that goes away while its answer waits.
        for _ in range(50):
            with Talk(door) as talk:
                talk.s.sendall(request(1) + frame(3, 0, 1, b"\0\0\0\x08"))
        ok(door.http("GET", PI)[0] == 200, "frames: others go on")
        d.stop()


def bounds():
    with Door() as door:
        door.config["listen"] |= {"max_message_kb": 64, "timeouts": {"preface_ms": 300, "body_ms": 300}}
        door.write_config()
        d = door.start()
        at, beyond = (b'{"input": "' + b"x" * (n - 13) + b'"}' for n in (65536, 65537))
        for label, body, status in (("at the limit", at, 200), ("one byte beyond", beyond, 413)):
            ok(door.http("POST", PI, body)[0] == status, f"a body {label}: {status} by HTTP/1.1")
            with Talk(door) as talk:
                talk.s.sendall(request(1, body=body, method="POST"))
                got = talk.answers(1).get(1)
                ok(got and got[0] == status, f"a body {label}: {status} by HTTP/2", got and (got[0], got[1][:200]))
        for label, data in (("half a preface", PREFACE[:10]), ("a preface without settings", PREFACE)):
            begin = time.monotonic()
            with Talk(door, greet=False) as talk:
                talk.s.sendall(data)
                try:
                    while talk.s.recv(65536):
                        pass
                    closed = True
                except TimeoutError:
                    closed = False
                ok(closed, f"{label}: closed", time.monotonic() - begin)
        with Talk(door) as talk:
            block = b"".join(literal(*f) for f in ((":method", "POST"), (":scheme", "http"), (":path", PI), (":authority", "a")))
            talk.s.sendall(frame(HEADERS, END_HEADERS, 1, block) + frame(DATA, 0, 1, b"{"))
            got = talk.answers(1).get(1)
            ok(got and got[0] == 408, "a body that does not end: 408", got)
        d.stop()


def by_clients():
    if not shutil.which("curl") or "HTTP2" not in subprocess.run(["curl", "-V"], capture_output=True, text=True).stdout:
        ok(True, "curl by HTTP/2 # SKIP there is no curl that speaks it")
        return
    with Door() as door:
        make_certificates(door.room)
        d = door.start()
        run = lambda *args: subprocess.run(["curl", "-sS", "--max-time", "20", *args], capture_output=True, text=True).stdout
        url = f"http://127.0.0.1:{door.port}"
        got = run("--http2-prior-knowledge", "-i", "-d", '{"input": {"example": {"flag": true}}}', url + "/v1/data/opa/examples/allow_request")
        ok(got.startswith("HTTP/2 200") and '"result":true' in got and "content-type: application/json" in got, "curl: h2c", got)
        got = run("--http2", "-i", url + PI)
        ok(got.startswith("HTTP/1.1 200"), "curl: an upgrade is not taken, and the request is answered", got)
        pathlib.Path(door.path("big.json")).write_text(json.dumps({"input": {"example": {"flag": True}, "pad": "x" * 2000000}}))
        got = run("--http2-prior-knowledge", "-d", "@" + door.path("big.json"), url + "/v1/data/opa/examples/allow_request")
        ok('"result":true' in got, "curl: 2 MB by h2c", got)
        got = run("--http2-prior-knowledge", "-I", url + PI)
        ok(got.startswith("HTTP/2 200") and "content-length: 6" in got, "curl: HEAD by h2c", got)
        if shutil.which("h2load"):
            got = run and subprocess.run(["h2load", "-n", "2000", "-c", "4", "-m", "32", url + PI], capture_output=True, text=True).stdout
            ok("2000 succeeded, 0 failed" in got and "2000 2xx" in got, "h2load: 2,000 requests in 32 streams", got)
        d.stop()

        door.config["tls"] = {"mode": "mtls", "ca_cert": door.path("ca.crt"), "server_cert": door.path("server.crt"),
                              "server_key": door.path("server.key"), "allowed_clients": ["rest=nobody.example"]}
        door.write_config()
        curl = lambda *args: run("-w", "%{http_version} %{http_code}", "--cacert", door.path("ca.crt"), "--cert", door.path("client.crt"),
                                 "--key", door.path("client.key"), "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
                                 *args, f"https://localhost:{door.port}{PI}")
        d = door.start(wait=False)
        got = curl()
        ok(got.endswith("2 403") and "tls.allowed_clients" in got, "tls.allowed_clients: `rest` is the HTTP door", got)
        d.stop()
        del door.config["tls"]["allowed_clients"]
        door.write_config()
        d = door.start(wait=False)
        for args, version in (((), "2"), (("--http2",), "2"), (("--http1.1",), "1.1"), (("--no-alpn",), "1.1")):
            got = curl(*args)
            ok('"result":3.14159' in got and got.endswith(f"{version} 200"), f"mTLS: {' '.join(args) or 'as curl likes'}: HTTP/{version}", got)
        d.stop()


run_scenarios(by_frames, bounds, by_clients)
