# SPDX-License-Identifier: Apache-2.0
"""Attacks on the transport, and what a good client on another connection notices of them.

Each attack runs against a daemon of one worker while a client in a process of its own asks
one question after the other.  What is looked at: whether the attackers' connections are
ended in time, the daemon's memory, and the good client's errors and latency.
ATTACK_SCALE=10 attacks ten times as long.  All of it goes to 127.0.0.1.
"""
import json
import os
import pathlib
import resource
import select
import socket
import ssl
import subprocess
import sys
import tarfile
import time

import grpc

from house import House, run_scenarios
from rig import make_certificates, ok

SCALE = max(1, int(os.environ.get("ATTACK_SCALE", "1")))
TIMEOUTS = {"handshake_ms": 1000, "preface_ms": 1000, "header_ms": 1000, "body_ms": 1000, "stall_ms": 1000,
            "idle_ms": 2000}
SLACK = 1.5  # seconds that an end may come after its deadline
GROWTH_MIB = 16  # for floods
P99_MS = os.environ.get("ATTACK_P99_MS")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)

# ---- the good client ----


def be_good(address, directory):
    """Asks until its input ends; writes latencies in ms and errors."""
    if directory:
        read = lambda name: pathlib.Path(directory, name).read_bytes()
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(
            read("ca.crt"), read("client.key"), read("client.crt")))
    else:
        channel = grpc.insecure_channel(address)
    method = channel.unary_unary("/coresdk.v1.PolicyService/Evaluate")
    message = b"\x0a\x10data.authz.allow\x12\x08{\"id\":1}"
    times, errors = [], []
    method(message, timeout=10)
    print("up", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        begin = time.perf_counter()
        try:
            if not method(message, timeout=5).startswith(b"\x08\x01"):
                errors.append("denied")
        except grpc.RpcError as e:
            errors.append(str(e.code()))
        times.append((time.perf_counter() - begin) * 1000)
        time.sleep(0.001)
    print(json.dumps({"times": times, "errors": errors}))


class Good:
    def __init__(self, d, directory=""):
        host = "localhost" if directory else "127.0.0.1"
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--good", f"{host}:{d.port}",
                                         directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def stop(self):
        out, _ = self.process.communicate("\n", timeout=30)
        found = json.loads(out)
        times = sorted(found["times"])
        return times[int(len(times) * 0.99)], len(times), found["errors"]


# ---- bytes ----


def frame(kind, flags=0, stream=0, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name, value, index=False):
    """A field that goes into the table or not, without Huffman."""
    def text(b):
        assert len(b) < 127 + 128
        return (bytes([len(b)]) if len(b) < 127 else b"\x7f" + bytes([len(b) - 127])) + b
    return (b"\x40" if index else b"\x00") + text(name) + text(value)


REQUEST = b"".join(literal(n, v) for n, v in (
    (b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/coresdk.v1.PolicyService/Evaluate"),
    (b":authority", b"x"), (b"content-type", b"application/grpc"), (b"te", b"trailers")))
HELLO = PREFACE + frame(SETTINGS)
FOUR = (0).to_bytes(4, "big")


def requests(count, of):
    return HELLO + b"".join(of(2 * i + 1) for i in range(count))


def hpack_bomb():
    """Sixteen fields of 250 bytes fill the table; then each byte names one of them."""
    stuffed = b"".join(literal(b"x-%d" % i, b"v" * 200, index=True) for i in range(15))
    return HELLO + b"".join(frame(HEADERS, 5, 2 * i + 1, REQUEST + (stuffed if i == 0 else b"") + b"\xbe" * 15000)
                            for i in range(50))


COUNT = 10000
FLOODS = {
    "rapid reset": lambda: requests(COUNT, lambda i: frame(HEADERS, 4, i, REQUEST) + frame(RST, 0, i, b"\0\0\0\x08")),
    "MadeYouReset, window of 0": lambda: requests(
        COUNT, lambda i: frame(HEADERS, 4, i, REQUEST) + frame(WINDOW, 0, i, FOUR)),
    "MadeYouReset, priority of itself": lambda: requests(
        COUNT, lambda i: frame(HEADERS, 4, i, REQUEST) + frame(PRIORITY, 0, i, i.to_bytes(4, "big") + b"\0")),
    "MadeYouReset, DATA after the end": lambda: requests(
        COUNT, lambda i: frame(HEADERS, 5, i, REQUEST) + frame(DATA, 0, i, b"x")),
    "CONTINUATION": lambda: HELLO + frame(HEADERS, 0, 1, REQUEST) + frame(CONTINUATION, 0, 1, b"") * COUNT,
    "CONTINUATION with fields": lambda: HELLO + frame(HEADERS, 0, 1, REQUEST) + frame(
        CONTINUATION, 0, 1, literal(b"a", b"b" * 200) * 50) * 500,
    "SETTINGS": lambda: HELLO + frame(SETTINGS) * COUNT,
    "SETTINGS, table size to and fro": lambda: HELLO + frame(
        SETTINGS, 0, 0, b"\0\1\0\0\0\0" + b"\0\1\0\1\0\0") * COUNT,
    "PING": lambda: HELLO + frame(PING, 0, 0, b"12345678") * COUNT,
    "empty DATA": lambda: HELLO + frame(HEADERS, 4, 1, REQUEST) + frame(DATA, 0, 1) * COUNT,
    "padding": lambda: HELLO + frame(HEADERS, 4, 1, REQUEST) + frame(DATA, 8, 1, b"\xff" + b"\0" * 255) * COUNT,
    "PRIORITY": lambda: HELLO + b"".join(frame(PRIORITY, 0, 2 * i + 1, FOUR + b"\1") for i in range(COUNT)),
    "WINDOW_UPDATE": lambda: HELLO + frame(WINDOW, 0, 0, b"\0\0\0\1") * COUNT,
    "unknown frames": lambda: HELLO + frame(0xfb, 0, 0, b"") * COUNT,
    "HPACK bomb": hpack_bomb,
}

# ---- attackers ----


def rss_kib(d):
    return int(pathlib.Path(f"/proc/{d.process.pid}/statm").read_text().split()[1]) * 4


def drain(s):
    """True: the other side has ended it."""
    try:
        while True:
            data = s.recv(65536)
            if not data:
                return True
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def push(d, data, seconds, peak):
    """Sends it on one connection after the other until the time is up; how many were not cut off."""
    end, spared, connections = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", d.port)) as s:
            s.setblocking(False)
            connections += 1
            at, begin, over = 0, time.monotonic(), False
            while not over and time.monotonic() - begin < 2:
                readable, writable, _ = select.select([s], [s] if at < len(data) else [], [], 0.05)
                if writable:
                    try:
                        at += s.send(data[at:at + 65536])
                    except BlockingIOError:
                        pass
                    except OSError:
                        over = True
                if readable and drain(s):
                    over = True
            spared += not over
        peak[0] = max(peak[0], rss_kib(d))
    return spared, connections


def wait_for_ends(sockets, seconds):
    """When the last was ended by the other side; None: some were not."""
    begin, left = time.monotonic(), set(sockets)
    poll, by_fd = select.poll(), {s.fileno(): s for s in sockets}
    for fd in by_fd:
        poll.register(fd, select.POLLIN | select.POLLHUP)
    while left and time.monotonic() - begin < seconds:
        for fd, _ in poll.poll(100):
            if by_fd[fd] in left and drain(by_fd[fd]):
                left.discard(by_fd[fd])
                poll.unregister(fd)
    took = time.monotonic() - begin
    for s in sockets:
        s.close()
    return None if left else took


def watched(name, d, quiet, attack, directory=""):
    """
    What the attack says, with a good client beside it, which must see no error.  How long it waits is told;
    judged, with ATTACK_P99_MS, only by whoever knows that the machine has no other work.
    """
    good = Good(d, directory)
    said = attack()
    p99, count, wrong = good.stop()
    ok(not wrong, f"{name}: the good client sees no error in {count} calls", wrong[:5])
    print(f"# {name}: the good client's p99 is {p99:.2f} ms, quiet {quiet:.2f} ms")
    if P99_MS:
        ok(p99 < max(2 * quiet, float(P99_MS)), f"{name}: its p99 is below {P99_MS} ms or twice the quiet one")
    return said


def be_quiet(d, directory=""):
    """The good client's p99 without an attack, while something else is at work on the machine, as an attacker is."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        good = Good(d, directory)
        time.sleep(1)
        return good.stop()[0]
    finally:
        busy.kill()
        busy.wait()


def house_of(**more):
    return House(workers=1, listen={"timeouts": TIMEOUTS, "max_connections": 20000}, **more)


# ---- scenarios ----


def floods():
    with house_of() as house:
        d = house.start()
        quiet = be_quiet(d)
        for name, make in FLOODS.items():
            data, before, peak = make(), rss_kib(d), [0]
            spared, connections = watched(name, d, quiet, lambda: push(d, data, 0.3 * SCALE, peak))
            grown = (peak[0] - before) / 1024
            ok(spared == 0, f"{name}: each of {connections} connections is cut off")
            ok(grown < GROWTH_MIB, f"{name}: memory grows by {grown:.1f} MiB")
        d.stop()


def connect_many(address, count, hello=b""):
    sockets = []
    for _ in range(count):
        s = socket.create_connection(address)
        s.setblocking(False)
        if hello:
            s.send(hello)
        sockets.append(s)
    return sockets


def drip(sockets, byte, seconds):
    """A byte now and then, on each; until they are ended or the time is up.  How long it took, None: too long."""
    begin, left = time.monotonic(), list(sockets)
    while left and time.monotonic() - begin < seconds:
        still = []
        for s in left:
            try:
                s.send(byte)
                if not drain(s):
                    still.append(s)
            except BlockingIOError:
                still.append(s)
            except OSError:
                pass
        left = still
        time.sleep(0.1)
    took = time.monotonic() - begin
    for s in sockets:
        s.close()
    return None if left else took


def slow_ones():
    with house_of() as house:
        d = house.start()
        address, quiet = ("127.0.0.1", d.port), be_quiet(d)

        def attack(name, deadline_ms, run):
            before = rss_kib(d)
            took = watched(name, d, quiet, lambda: run(deadline_ms / 1000 + SLACK))
            grown = (rss_kib(d) - before) / 1024
            ok(took is not None, f"{name}: all are ended in {took or 0:.2f} s, and {deadline_ms} ms were theirs")
            ok(grown < GROWTH_MIB * 2, f"{name}: memory grows by {grown:.1f} MiB")

        attack("nothing is said", TIMEOUTS["preface_ms"], lambda t: wait_for_ends(connect_many(address, 1000), t))
        attack("a slow preface", TIMEOUTS["preface_ms"], lambda t: drip(connect_many(address, 500, PREFACE[:3]), b"", t))
        attack("slow headers", TIMEOUTS["header_ms"], lambda t: drip(
            connect_many(address, 500, HELLO + frame(HEADERS, 4, 1, REQUEST + b"\0" * 16000)[:200]), b"\0", t))
        attack("headers without an end", TIMEOUTS["header_ms"], lambda t: wait_for_ends(
            connect_many(address, 500, HELLO + frame(HEADERS, 0, 1, REQUEST)), t))
        body = HELLO + frame(HEADERS, 4, 1, REQUEST) + (16000).to_bytes(3, "big") + b"\0\0" + (1).to_bytes(4, "big")
        attack("a slow body", TIMEOUTS["body_ms"] + TIMEOUTS["idle_ms"], lambda t: drip(
            connect_many(address, 500, body), b"\0", t))
        message = b"\x0a\x10data.authz.allow\x12\x08{\"id\":1}"
        call = lambda i: frame(HEADERS, 4, i, REQUEST) + frame(DATA, 1, i, b"\0" + len(message).to_bytes(4, "big") + message)
        shut = PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + b"".join(call(2 * i + 1) for i in range(50))
        attack("windows of 0", TIMEOUTS["stall_ms"], lambda t: wait_for_ends(connect_many(address, 100, shut), t))
        d.stop()


def idle_ones():
    with house_of() as house:
        d = house.start()
        quiet, before = be_quiet(d), rss_kib(d)

        def attack():
            sockets = connect_many(("127.0.0.1", d.port), 10000, HELLO)
            count, grown = d.admin({"command": "status"})["connections"], rss_kib(d) - before
            return count, grown, wait_for_ends(sockets, 10)

        count, grown, took = watched("10,000 idle connections", d, quiet, attack)
        ok(count > 5000, f"idle: {count} connections were open at once")
        ok(took is not None, f"idle: all are ended in {took or 0:.2f} s, and {TIMEOUTS['idle_ms']} ms were theirs")
        ok(grown / 10000 < 32, f"idle: each holds {grown / 10000:.1f} KiB")
        d.stop()


def half_open():
    with house_of() as house:
        make_certificates(house.room)
        house.config["tls"] = {"mode": "mtls", "ca_cert": house.path("ca.crt"), "server_cert": house.path("server.crt"),
                               "server_key": house.path("server.key")}
        house.write_config()
        d = house.start(wait=False)
        while "ready." not in d.logged() and d.process.poll() is None:
            time.sleep(0.02)
        quiet, before = be_quiet(d, house.room), rss_kib(d)
        context = ssl.create_default_context(cafile=house.path("ca.crt"))
        context.set_alpn_protocols(["h2"])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = outgoing.read()
        address, patience = ("127.0.0.1", d.port), TIMEOUTS["handshake_ms"] / 1000 + SLACK

        def attack():
            sockets = connect_many(address, 2500) + connect_many(address, 2500, hello[:100])
            return rss_kib(d) - before, wait_for_ends(sockets, patience)

        grown, took = watched("5,000 half-open handshakes", d, quiet, attack, house.room)
        ok(took is not None, f"handshakes: all are ended in {took or 0:.2f} s, {TIMEOUTS['handshake_ms']} ms were theirs")
        ok(grown / 5000 < 64, f"handshakes: each holds {grown / 5000:.1f} KiB")
        took = watched("200 handshakes that stop at our answer", d, quiet,
                       lambda: wait_for_ends(connect_many(address, 200, hello), patience), house.room)
        ok(took is not None, f"handshakes: those too in {took or 0:.2f} s")
        d.stop()


# ---- scripts of others ----


def find_vectors(name):
    """The directory of a corpus; None: it is not at hand."""
    shared = os.environ.get("CORESDK_SHARED", str(pathlib.Path(__file__).resolve().parents[3] / "shared"))
    directory = pathlib.Path(shared, "security/vectors", name)
    return directory if directory.is_dir() else None


def exchange(d, data):
    """What the daemon says to it, all of it, and the codes of its RST_STREAM and GOAWAY frames."""
    got, at, codes = b"", 0, []
    with socket.create_connection(("127.0.0.1", d.port)) as s:
        s.settimeout(5)
        try:
            s.sendall(data + frame(PING, 0, 0, b"the last"))
            while b"the last" not in got:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except OSError:
            pass
    while at + 9 <= len(got):
        length, kind = int.from_bytes(got[at:at + 3], "big"), got[at + 3]
        if kind in (RST, GOAWAY):
            codes.append(int.from_bytes(got[at + 9 + (4 if kind == GOAWAY else 0):][:4], "big"))
        at += 9 + length
    return b"the last" in got, codes


def frames():
    """Frames that are malformed end their connection or stream with the code that the corpus names."""
    corpus = find_vectors("http2-frame")
    if corpus is None:
        return
    with house_of() as house:
        d = house.start()
        for path in sorted(corpus.glob("error/*.json")):
            case = json.loads(path.read_text())
            # A frame of a stream needs one that is open.
            opened = frame(HEADERS, 4, 1, REQUEST) if "increment" in path.name else b""
            alive, codes = exchange(d, HELLO + opened + bytes.fromhex(case["wire"]))
            ok(any(code in case["error"] for code in codes), f"frames: {case['description']}: {case['error']}",
               f"{codes}, {'goes on' if alive else 'ended'}")
        d.stop()


def late_frames():
    """Requests on old streams end their connection; what crossed our reset on its way is passed over."""
    with house_of() as house:
        d = house.start()
        headers = lambda i, end=False: frame(HEADERS, 5 if end else 4, i, REQUEST)
        trailers = lambda i: frame(HEADERS, 5, i, literal(b"x-last", b"1"))
        elsewhere = REQUEST.replace(b"Evaluate", b"Evaluatx")
        table = [
            ("a request on a stream below the newest", headers(5, True) + headers(3, True), False, 1),
            ("a request on a stream that its client has reset", headers(1) + frame(RST, 0, 1, b"\0\0\0\x08") +
             headers(1, True), False, 5),
            ("the trailers of a stream too many", b"".join(headers(2 * i + 1) for i in range(256)) + headers(513) +
             frame(DATA, 0, 513, b"x") + trailers(513), True, 7),
            ("the trailers of a request that makes no sense", headers(1) + frame(HEADERS, 4, 3, literal(b"X", b"1")) +
             frame(PING, 0, 0, b"12345678") + trailers(3), True, 1),
        ]
        for label, sent, goes_on, code in table:
            alive, codes = exchange(d, HELLO + sent)
            ok(alive == goes_on and code in codes, f"late: {label}: {'goes on' if goes_on else 'ends'}, {code}",
               f"{alive}, {codes}")
        with socket.create_connection(("127.0.0.1", d.port)) as s:
            s.settimeout(5)
            got = b""
            s.sendall(HELLO + frame(HEADERS, 4, 1, elsewhere))
            while frame(RST, 0, 1, FOUR) not in got:
                got += s.recv(65536)
            s.sendall(frame(DATA, 0, 1, b"x") + trailers(1) + frame(PING, 0, 0, b"the last"))
            while b"the last" not in got:
                part = s.recv(65536)
                if not part:
                    break
                got += part
            ok(b"the last" in got, "late: the rest of a request that was answered early", got.hex())
        d.stop()


def header_blocks():
    """Blocks of other encoders are decoded, whatever is thought of the requests in them."""
    corpus = find_vectors("hpack")
    if corpus is None:
        return
    with house_of() as house:
        d = house.start()
        blocks, broken = 0, []
        _, codes = exchange(d, HELLO + frame(HEADERS, 5, 1, b"\xff\xff\x03"))
        ok(codes == [9], "header blocks: one that names what is not in the table is refused", codes)
        for path in sorted(corpus.glob("*/story_*.json")):
            cases = [c for c in json.loads(path.read_text())["cases"] if "wire" in c][:60]
            if not cases:
                continue
            alive, codes = exchange(d, HELLO + b"".join(
                frame(HEADERS, 5, 2 * i + 1, bytes.fromhex(c["wire"])) for i, c in enumerate(cases)))
            blocks += len(cases)
            if 9 in codes:
                broken.append(f"{path.parent.name}/{path.name}: {codes}")
        ok(blocks > 1000 and not broken, f"header blocks: {blocks} of other encoders are decoded", "\n".join(broken))
        d.stop()


def is_fine(expect, got, ended):
    kinds, at = [], 0
    while at + 9 <= len(got):
        length, kind = int.from_bytes(got[at:at + 3], "big"), got[at + 3]
        kinds.append(kind)
        at += 9 + length
    cut = ended or GOAWAY in kinds
    return {"any-no-crash": True, "goaway-or-close": cut, "close": cut, "served": HEADERS in kinds,
            "stream-error-or-status": cut or RST in kinds or HEADERS in kinds}[expect]


def replay(d, cases, bytes_of, open_ones):
    end = time.monotonic() + 5
    for case in cases:
        s = socket.create_connection(("127.0.0.1", d.port))
        s.setblocking(False)
        case.update(data=memoryview(bytes_of[os.path.basename(case["file"])]), got=bytearray(), ended=False)
        open_ones[s] = case
    while open_ones and time.monotonic() < end:
        readable, writable, _ = select.select(list(open_ones), [s for s, c in open_ones.items() if c["data"]], [], 0.1)
        for s in {*readable, *writable}:
            case = open_ones[s]
            try:
                if s in writable:
                    case["data"] = case["data"][s.send(case["data"][:65536]):]
                if s in readable:
                    part = s.recv(65536)
                    case["got"] += part
                    case["ended"] = not part
            except BlockingIOError:
                pass
            except OSError:
                case["ended"] = True
            if case["ended"]:
                s.close()
                del open_ones[s]


def scripts():
    """The byte scripts of the corpus, when it is at hand, all at once; each waits as long as our deadlines say."""
    corpus = find_vectors("h2-attacks")
    if corpus is None:
        return
    cases = [json.loads(line) for line in corpus.joinpath("index.jsonl").read_text().splitlines()]
    with tarfile.open(corpus / "files.tar.xz") as tar:
        bytes_of = {os.path.basename(m.name): tar.extractfile(m).read() for m in tar if m.isfile()}
    with house_of() as house:
        d = house.start()
        quiet, before, open_ones = be_quiet(d), rss_kib(d), {}
        watched("scripts", d, quiet, lambda: replay(d, cases, bytes_of, open_ones))
        for case in cases:
            ok(is_fine(case["expect"], case["got"], case["ended"]),
               f"scripts: {case['id']} {case['note'][:60]}: {case['expect']}", bytes(case["got"][:200]).hex())
        ok(not open_ones, f"scripts: of {len(cases)} connections {len(open_ones)} are open at the end")
        grown = (rss_kib(d) - before) / 1024
        ok(grown < GROWTH_MIB, f"scripts: memory grows by {grown:.1f} MiB")
        d.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--good"]:
        be_good(sys.argv[2], sys.argv[3])
        sys.exit(0)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    run_scenarios(floods, slow_ones, idle_ones, half_open, late_frames, frames, header_blocks, scripts)
