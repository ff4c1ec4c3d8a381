# SPDX-License-Identifier: Apache-2.0
"""h2spec_rows: what each case that h2spec lists sends, and what must come of it.

A row is: the case's place in the list, what is sent, what must come.  What is sent are
frames; between them WAIT stands for "until stream 1 is answered".  What must come:

  ANSWER   a response on stream 1         PONG   the connection goes on
  SETTLED  our SETTINGS and their ACK     DATA_n stream 1's next DATA frame has n bytes
  gone(…)  GOAWAY with one of the codes (or, for a preface that is none, the end)
  reset(…) RST_STREAM, or GOAWAY, with one of the codes
  quiet(…) PONG, or the end that such a frame asks for

The frames are our own: the list has titles only.
"""
from attack_test import (CONTINUATION, DATA, GOAWAY, HEADERS, PING, PREFACE, PRIORITY, PUSH, RST, SETTINGS, WINDOW,
                         frame, literal)

END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
PROTOCOL, FLOW, CLOSED, SIZE, REFUSED, COMPRESSION, CALM = 1, 3, 5, 6, 7, 9, 11
ANSWER, PONG, SETTLED, WAIT = "answer", "pong", "settled", "wait"
REQUEST = ((b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/grpc.health.v1.Health/Check"),
           (b":authority", b"x"), (b"content-type", b"application/grpc"), (b"te", b"trailers"))
MESSAGE = b"\0\0\0\0\0"
HELLO = PREFACE + frame(SETTINGS)
# Huffman's code, as RFC 7541 writes it out in appendix C.4.
PACKED_HOST = bytes.fromhex("f1e3c2e5f23a6ba0ab90f4ff")
PACKED_NAME, PACKED_VALUE = bytes.fromhex("25a849e95ba97d7f"), bytes.fromhex("25a849e95bb8e8b4bf")


def gone(*codes):
    return ("gone", codes)


def reset(*codes):
    return ("reset", codes)


def data(size):
    return ("data", (size,))


def number(n):
    return n.to_bytes(4, "big")


def block(*more, without=(), change=None):
    """A request's fields: `change` replaces values, `more` stands at the end, as pairs or as bytes."""
    fields = [literal(n, (change or {}).get(n, v)) for n, v in REQUEST if n not in without]
    return b"".join(fields) + b"".join(f if isinstance(f, bytes) else literal(*f) for f in more)


def headers(*more, stream=1, end=True, **changes):
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(*more, **changes))


def message(stream=1, flags=END_STREAM):
    return frame(DATA, flags, stream, MESSAGE)


def call(stream=1):
    return headers(stream=stream, end=False) + message(stream)


def setting(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(k.to_bytes(2, "big") + number(v) for k, v in pairs))


def window(stream, step):
    return frame(WINDOW, 0, stream, number(step))


def cancel(stream=1, code=8):
    return frame(RST, 0, stream, number(code))


def depend(stream, on=0, weight=15):
    return frame(PRIORITY, 0, stream, number(on) + bytes([weight]))


def text(value, packed=False):
    return bytes([len(value) | (0x80 if packed else 0)]) + value


def with_fields(*fields):
    """A request whose block ends in fields of another representation; then its message."""
    return headers(*fields, end=False) + message()


OPEN = headers(end=False)
BEGUN = frame(HEADERS, END_STREAM, 1, block())  # its block goes on
FIRST, SECOND = block()[:40], block()[40:]
PINGED = frame(PING, 0, 0, b"01234567")


def generic():
    yield "1/1", b"", SETTLED
    yield "2/1", depend(1), PONG
    yield "2/2", call() + window(1, 1), ANSWER
    yield "2/3", call() + depend(1), ANSWER
    yield "2/4", call() + cancel(), PONG
    yield "2/5", [call(), WAIT, depend(1)], PONG
    yield "3.1/1", call(), ANSWER
    yield "3.1/2", OPEN + frame(DATA, 0, 1, MESSAGE[:2]) + frame(DATA, END_STREAM, 1, MESSAGE[2:]), ANSWER
    yield "3.1/3", OPEN + frame(DATA, PADDED | END_STREAM, 1, b"\x05" + MESSAGE + b"\0" * 5), ANSWER
    yield "3.2/1", headers(), ANSWER
    yield "3.2/2", frame(HEADERS, 0xd, 1, b"\x05" + block() + b"\0" * 5), ANSWER
    yield "3.2/3", frame(HEADERS, 0x25, 1, number(0) + b"\xff" + block()), ANSWER
    yield "3.3/1", depend(1, 0, 0) + headers(), ANSWER
    yield "3.3/2", depend(1, 0, 255) + headers(), ANSWER
    yield "3.3/3", depend(1, 3) + headers(), ANSWER
    yield "3.3/4", frame(PRIORITY, 0, 1, number(1 << 31 | 3) + b"\x0f") + headers(), ANSWER
    yield "3.3/5", depend(3) + headers(), ANSWER
    yield "3.4/1", OPEN + cancel(), PONG
    yield "3.5/1", setting((3, 100)), SETTLED
    yield "3.7/1", PINGED, PONG
    yield "3.8/1", frame(GOAWAY, 0, 0, number(0) + number(0)), "quiet"
    yield "3.9/1", window(0, 1) + call(), ANSWER
    yield "3.9/2", OPEN + window(1, 1) + message(), ANSWER
    yield "3.10/1", frame(HEADERS, END_STREAM, 1, FIRST) + frame(CONTINUATION, 4, 1, SECOND), ANSWER
    yield "3.10/2", (frame(HEADERS, END_STREAM, 1, FIRST) + frame(CONTINUATION, 0, 1, SECOND[:9]) +
                     frame(CONTINUATION, 4, 1, SECOND[9:])), ANSWER
    yield "4/1", headers(change={b":method": b"GET"}), ANSWER
    yield "4/2", headers(change={b":method": b"HEAD"}), ANSWER
    yield "4/3", call(), ANSWER
    yield "4/4", OPEN + message(flags=0) + frame(HEADERS, 5, 1, literal(b"x-test", b"ok")), ANSWER
    yield "5/1", with_fields(b"\x90"), ANSWER  # accept-encoding: gzip, deflate
    name, value = b"custom-key", b"custom-value"
    of = {"indexed": (b"\x7a", b"\x0f\x2b", b"\x1f\x2b"), "new": (b"\x40", b"\x00", b"\x10")}  # 58: user-agent
    row = 2
    for kind in range(3):  # with indexing, without, never
        yield f"5/{row}", with_fields(of["indexed"][kind] + text(b"www.example.com")), ANSWER
        yield f"5/{row + 1}", with_fields(of["indexed"][kind] + text(PACKED_HOST, True)), ANSWER
        yield f"5/{row + 2}", with_fields(of["new"][kind] + text(name) + text(value)), ANSWER
        yield f"5/{row + 3}", with_fields(of["new"][kind] + text(PACKED_NAME, True) + text(PACKED_VALUE, True)), ANSWER
        row += 4
    yield "5/14", frame(HEADERS, 4, 1, b"\x20" + block()) + message(), ANSWER
    yield "5/15", frame(HEADERS, 4, 1, b"\x20\x3f\xe1\x1f" + block()) + message(), ANSWER


def frames():
    yield "3.5/1", b"", SETTLED
    yield "3.5/2", None, ("end", (PROTOCOL,))
    yield "4.1/1", frame(0x16, 0, 0, b"\0" * 8), PONG
    yield "4.1/2", frame(PING, 0x16, 0, b"01234567"), PONG
    yield "4.1/3", frame(PING, 0, 1 << 31, b"01234567"), PONG
    body = b"\0" + number(16384 - 5) + b"\x12\x82\x80\x01" + b"a" * (16384 - 9)
    yield "4.2/1", OPEN + frame(DATA, END_STREAM, 1, body), ANSWER
    yield "4.2/2", OPEN + frame(DATA, END_STREAM, 1, b"\0" * 16385), reset(SIZE)
    yield "4.2/3", frame(HEADERS, 5, 1, block() + b"\0" * 16385), gone(SIZE)
    yield "4.3/1", frame(HEADERS, 5, 1, b"\x40\xff\xff\xff"), gone(COMPRESSION)
    yield "4.3/2", BEGUN + depend(1), gone(PROTOCOL)
    yield "4.3/3", BEGUN + headers(stream=3), gone(PROTOCOL)
    stray = frame(CONTINUATION, 4, 1, literal(b"x-test", b"ok"))
    for row, sent in enumerate((message(), cancel(), window(1, 100), stray), 1):
        yield f"5.1/{row}", sent, gone(PROTOCOL)
    yield "5.1/5", headers() + message(), reset(CLOSED)
    yield "5.1/6", headers() + headers(), reset(CLOSED)
    yield "5.1/7", headers() + stray, gone(PROTOCOL, CLOSED)
    yield "5.1/8", OPEN + cancel() + message(), "closed"
    yield "5.1/9", OPEN + cancel() + headers(), reset(CLOSED)
    yield "5.1/10", OPEN + cancel() + stray, gone(PROTOCOL, CLOSED)
    yield "5.1/11", [call(), WAIT, message()], "closed"
    yield "5.1/12", [call(), WAIT, headers()], gone(CLOSED)
    yield "5.1/13", [call(), WAIT, stray], gone(PROTOCOL, CLOSED)
    yield "5.1.1/1", headers(stream=2), gone(PROTOCOL)
    yield "5.1.1/2", headers(stream=5) + headers(stream=3), gone(PROTOCOL)
    yield "5.1.2/1", b"".join(headers(stream=2 * i + 1, end=False) for i in range(257)), reset(PROTOCOL, REFUSED)
    yield "5.3.1/1", frame(HEADERS, 0x25, 1, number(1) + b"\xff" + block()), reset(PROTOCOL)
    yield "5.3.1/2", depend(2, 2), reset(PROTOCOL)
    yield "5.4.1/1", frame(PING, 0, 3, b"01234567"), gone(PROTOCOL)
    yield "5.5/1", frame(0xff, 0, 0, b"01234567"), PONG
    yield "5.5/2", BEGUN + frame(0xff, 0, 0, b"01234567"), gone(PROTOCOL)
    yield "6.1/1", message(0), gone(PROTOCOL)
    yield "6.1/2", headers() + message(), reset(CLOSED)
    yield "6.1/3", OPEN + frame(DATA, PADDED | END_STREAM, 1, b"\x06" + MESSAGE), gone(PROTOCOL)
    yield "6.2/1", BEGUN + depend(1), gone(PROTOCOL)
    yield "6.2/2", BEGUN + headers(stream=3), gone(PROTOCOL)
    yield "6.2/3", headers(stream=0), gone(PROTOCOL)
    yield "6.2/4", frame(HEADERS, 0xd, 1, b"\xff" + block()[:100]), gone(PROTOCOL)
    yield "6.3/1", depend(0, 1), gone(PROTOCOL)
    yield "6.3/2", OPEN + frame(PRIORITY, 0, 1, b"\x80\0\0\1"), reset(SIZE)
    yield "6.4/1", cancel(0), gone(PROTOCOL)
    yield "6.4/2", cancel(1), gone(PROTOCOL)
    yield "6.4/3", OPEN + frame(RST, 0, 1, b"\0\0\0"), gone(SIZE)
    yield "6.5/1", frame(SETTINGS, ACK, 0, b"\0"), gone(SIZE)
    yield "6.5/2", frame(SETTINGS, 0, 1, b"\0\3\0\0\0\x64"), gone(PROTOCOL)
    yield "6.5/3", frame(SETTINGS, 0, 0, b"\0\3\0"), gone(SIZE)
    yield "6.5.2/1", setting((2, 2)), gone(PROTOCOL)
    yield "6.5.2/2", setting((4, 1 << 31)), gone(FLOW)
    yield "6.5.2/3", setting((5, 16383)), gone(PROTOCOL)
    yield "6.5.2/4", setting((5, 1 << 24)), gone(PROTOCOL)
    yield "6.5.2/5", setting((0xff, 1)), PONG
    yield "6.5.3/1", setting((4, 100), (4, 1)) + call(), data(1)
    yield "6.5.3/2", setting((3, 100)), SETTLED
    yield "6.7/1", PINGED, PONG
    yield "6.7/2", frame(PING, ACK, 0, b"no pong!"), PONG
    yield "6.7/3", frame(PING, 0, 1, b"01234567"), gone(PROTOCOL)
    yield "6.7/4", frame(PING, 0, 0, b"012345"), gone(SIZE)
    yield "6.8/1", frame(GOAWAY, 0, 1, number(0) + number(0)), gone(PROTOCOL)
    yield "6.9/1", window(0, 0), gone(PROTOCOL)
    yield "6.9/2", OPEN + window(1, 0), reset(PROTOCOL)
    yield "6.9/3", OPEN + frame(WINDOW, 0, 1, b"\0\0\1"), gone(SIZE)
    most = (1 << 31) - 1
    yield "6.9.1/1", setting((4, 1)) + call(), data(1)
    yield "6.9.1/2", window(0, most) + window(0, most), gone(FLOW)
    yield "6.9.1/3", OPEN + window(1, most) + window(1, most), reset(FLOW)
    yield "6.9.2/1", setting((4, 0)) + call() + setting((4, 1)), data(1)
    # Three bytes go out, then the window is two less than nothing, then one is given.
    yield "6.9.2/2", [setting((4, 3)) + call(), "data", setting((4, 1)) + window(1, 3)], data(1)
    yield "6.9.2/3", setting((4, 1 << 31)), gone(FLOW)
    half = frame(CONTINUATION, 0, 1, literal(b"x-test", b"ok"))
    yield "6.10/1", BEGUN + half + frame(CONTINUATION, 4, 1, literal(b"x-test", b"ok")), ANSWER
    yield "6.10/2", BEGUN + half + message(), gone(PROTOCOL)
    yield "6.10/3", BEGUN + frame(CONTINUATION, 4, 0, literal(b"x-test", b"ok")), gone(PROTOCOL)
    yield "6.10/4", OPEN + stray, gone(PROTOCOL)
    yield "6.10/5", BEGUN + stray + stray, gone(PROTOCOL)
    yield "6.10/6", OPEN + message(flags=0) + stray, gone(PROTOCOL)
    yield "7/1", frame(GOAWAY, 0, 0, number(0) + number(0xff)), "quiet"
    yield "7/2", OPEN + cancel(1, 0xff), PONG
    yield "8.1/1", OPEN + headers(end=False), reset(PROTOCOL)
    yield "8.1.2/1", headers((b"X-TEST", b"ok")), reset(PROTOCOL)
    yield "8.1.2.1/1", frame(HEADERS, 5, 1, literal(b":test", b"ok") + block()), reset(PROTOCOL)
    yield "8.1.2.1/2", frame(HEADERS, 5, 1, literal(b":status", b"200") + block()), reset(PROTOCOL)
    yield "8.1.2.1/3", OPEN + message(flags=0) + frame(HEADERS, 5, 1, literal(b":method", b"POST")), reset(PROTOCOL)
    yield "8.1.2.1/4", frame(HEADERS, 5, 1, literal(b"x-test", b"ok") + block()), reset(PROTOCOL)
    yield "8.1.2.2/1", headers((b"connection", b"keep-alive")), reset(PROTOCOL)
    yield "8.1.2.2/2", headers(change={b"te": b"trailers, deflate"}), reset(PROTOCOL)
    yield "8.1.2.3/1", headers(change={b":path": b""}), reset(PROTOCOL)
    for row, name in enumerate((b":method", b":scheme", b":path"), 2):
        yield f"8.1.2.3/{row}", headers(without=(name,)), reset(PROTOCOL)
    for row, (name, value) in enumerate(REQUEST[:3], 5):
        yield f"8.1.2.3/{row}", frame(HEADERS, 5, 1, literal(name, value) + block()), reset(PROTOCOL)
    wrong = headers((b"content-length", b"1"), end=False)
    yield "8.1.2.6/1", wrong + message(), reset(PROTOCOL)
    yield "8.1.2.6/2", wrong + message(flags=0) + message(), reset(PROTOCOL)
    yield "8.2/1", OPEN + frame(PUSH, 4, 1, number(2) + block()), gone(PROTOCOL)


def hpack():
    yield "2.3.3/1", headers(b"\xc6"), gone(COMPRESSION)
    yield "2.3.3/2", headers(b"\x7f\x07" + text(b"empty")), gone(COMPRESSION)
    yield "4.2/1", headers(b"\x20"), gone(COMPRESSION)
    longer, zeros, eos = PACKED_NAME + b"\xff", b"\x18", b"\xff\xff\xff\xff"
    for row, value in enumerate((longer, zeros, eos), 1):
        yield f"5.2/{row}", headers(b"\0" + text(b"x-test") + text(value, True)), gone(COMPRESSION)
    yield "6.1/1", headers(b"\x80"), gone(COMPRESSION)
    yield "6.3/1", frame(HEADERS, 5, 1, b"\x3f\xe2\x1f" + block()), gone(COMPRESSION)


def rows():
    """{"part/section/number": (what is sent, in steps; what must come)}"""
    found = {}
    for part, of in (("generic", generic), ("http2", frames), ("hpack", hpack)):
        for place, sent, must in of():
            found[f"{part}/{place}"] = (sent if isinstance(sent, list) else [sent], must)
    return found


def listed(lines):
    """{"part/section/number": title}, in the order of the list."""
    parts = {"Generic tests": "generic", "Hypertext Transfer": "http2", "HPACK: Header": "hpack"}
    found, part, section = {}, "", ""
    for line in lines:
        title = line.strip()
        if line and not line.startswith(" "):
            part = next((p for begins, p in parts.items() if line.startswith(begins)), part)
        elif title:
            place, _, words = title.partition(" ")
            if place.endswith(":"):
                found[f"{part}/{section}/{place[:-1]}"] = words
            else:
                section = place.rstrip(".")
    return found
