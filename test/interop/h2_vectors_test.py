#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""h2_vectors_test: HTTP/2 as others attack and test it, script by script, in cleartext and within TLS.

Of a script of h2-attacks is judged what its index expects, the memory and the CPU time that
it costs, and that a good client on another connection sees no error.  h2spec's list has
titles; what each sends is in h2spec_rows.py.  http2-frame's well-formed frames and the
header blocks of hpack are decoded by nghttp2, which is not ours to test: here they pass
through what is ours, which follows frame boundaries and counts.  All of it needs the
corpora (CORESDK_SHARED, or ../shared) and skips without them.
"""
import json
import os
import pathlib
import socket
import ssl
import sys
import tarfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))

from attack_test import (DATA, GOAWAY, HEADERS, HELLO, PING, PUSH, RST, SETTINGS, Good, find_vectors,  # noqa: E402
                         frame, rss_kib)
from h2spec_rows import (ANSWER, CALM, PONG, PREFACE, SETTLED, SIZE, WAIT, listed, rows)  # noqa: E402
from house import House, run_scenarios  # noqa: E402
from rig import make_certificates, ok  # noqa: E402

DEADLINE_S = 4  # of the daemon; what a script deserves at once must come before it
TIMEOUTS = {f"{name}_ms": DEADLINE_S * 1000 for name in ("handshake", "preface", "header", "body", "stall", "idle")}
GLANCE_S = 0.4  # for what may take its time; then it is put aside
GROWTH_MIB, CPU_MS = 16, 500
LAST = b"the last"


class Doors:
    """A daemon, in cleartext or with client certificates, and connections to it."""

    def __init__(self, secured):
        self.secured = secured
        self.house = House(workers=1, listen={"timeouts": TIMEOUTS, "max_connections": 4096})
        if secured:
            make_certificates(self.house.room)
            self.house.config["tls"] = {"mode": "mtls", "ca_cert": self.house.path("ca.crt"),
                                        "server_cert": self.house.path("server.crt"),
                                        "server_key": self.house.path("server.key")}
            self.house.write_config()
        # A sanitizer's freed memory would count as the daemon's.
        self.d = self.house.start(wait=not secured, env={"ASAN_OPTIONS": "detect_leaks=0:quarantine_size_mb=4"})
        end = time.monotonic() + 20
        while "ready." not in self.d.logged() and self.d.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)

    def good(self):
        return Good(self.d, self.house.room if self.secured else "")

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.d.port))
        if self.secured:
            context = ssl.create_default_context(cafile=self.house.path("ca.crt"))
            context.set_alpn_protocols(["h2"])
            context.load_cert_chain(self.house.path("client.crt"), self.house.path("client.key"))
            s = context.wrap_socket(s, server_hostname="localhost")
        s.setblocking(False)
        return s

    def cpu_ms(self):
        """Of all threads, in nanoseconds' grain."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.d.process.pid}/task").iterdir():
            try:
                total += int(task.joinpath("schedstat").read_text().split()[0])
            except OSError:
                pass
        return total / 1e6

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.d.stop()
        self.house.__exit__()


class Talk:
    """One connection: what is still to be sent, and what has come, as frames."""

    def __init__(self, doors, data=b""):
        self.s, self.data = doors.connect(), memoryview(data)
        self.got, self.at, self.frames, self.ended = bytearray(), 0, [], False
        self.begin = time.monotonic()

    def send(self, data):
        self.data = memoryview(bytes(self.data) + data)

    def step(self, wait):
        """Sends and receives what goes; waits so long if nothing does."""
        moved = False
        try:
            if self.data:
                self.data = self.data[self.s.send(self.data[:16384]):]
                moved = True
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            self.data = memoryview(b"")  # what it said before it ended may still be read
        try:
            part = self.s.recv(65536)
            self.ended, moved = not part, True
            self.got += part
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.ended = moved = True
        while self.at + 9 <= len(self.got):
            length = int.from_bytes(self.got[self.at:self.at + 3], "big")
            if self.at + 9 + length > len(self.got):
                break
            head, body = self.got[self.at:self.at + 9], bytes(self.got[self.at + 9:self.at + 9 + length])
            self.frames.append((head[3], head[4], int.from_bytes(head[5:], "big"), body))
            self.at += 9 + length
        if not moved:
            time.sleep(wait)

    def until(self, comes, seconds):
        end = time.monotonic() + seconds
        while not comes() and not self.ended and time.monotonic() < end:
            self.step(0.001)
        return comes()

    def of(self, kind, stream=None):
        return [f for f in self.frames if f[0] == kind and stream in (None, f[2])]

    def codes(self, kind):
        return [int.from_bytes(body[4 if kind == GOAWAY else 0:][:4], "big") for *_, body in self.of(kind)]

    def pong(self, what):
        return any(flags & 1 and body == what for _, flags, _, body in self.of(PING))

    def close(self):
        self.s.close()


# ---- h2-attacks ----


def has_come(talk, expect):
    cut = talk.ended or bool(talk.of(GOAWAY))
    if expect in ("goaway-or-close", "close"):
        return cut
    if expect == "served":
        return any(stream for _, _, stream, _ in talk.of(HEADERS)) and not cut
    if expect == "stream-error-or-status":
        return cut or (not talk.data and bool(talk.of(RST) or talk.of(HEADERS)))
    assert expect == "any-no-crash", expect
    return cut or not talk.data


def tell(talk, case, doors, cost):
    at_once = time.monotonic() - talk.begin < DEADLINE_S
    fine = has_come(talk, case["expect"]) and (case["expect"] != "goaway-or-close" or at_once)
    ok(fine, f"{doors}: {case['id']} {case['note'][:60]}: {case['expect']}",
       f"ended {talk.ended}, left {len(talk.data)}, frames {[(f[0], f[2]) for f in talk.frames[-5:]]}")
    limits = case["limits"]
    grown, spent = cost
    if grown is not None:
        most = limits.get("max_rss_growth_mib", GROWTH_MIB)
        ok(grown <= most, f"{doors}: {case['id']}: memory grows by at most {most} MiB", f"{grown:.1f} MiB")
        most = limits.get("max_cpu_ms", CPU_MS)
        ok(spent < most, f"{doors}: {case['id']}: less than {most} ms of CPU", f"{spent:.0f} ms")


def replay_all(doors, name, cases, bytes_of):
    aside, worst = [], {"MiB": (0, ""), "ms": (0, "")}
    for case in cases:
        rss, cpu, peak = rss_kib(doors.d), doors.cpu_ms(), [0]
        talk = Talk(doors, bytes_of[os.path.basename(case["file"])])
        patience = DEADLINE_S if case["expect"] == "goaway-or-close" else GLANCE_S

        def comes():
            peak[0] = max(peak[0], rss_kib(doors.d))
            return has_come(talk, case["expect"])

        if not talk.until(comes, patience):
            aside.append((case, talk))
            continue
        cost = (peak[0] - rss) / 1024, doors.cpu_ms() - cpu
        worst = {unit: max(worst[unit], (value, case["id"])) for unit, value in zip(worst, cost)}
        tell(talk, case, name, cost)
        talk.close()
    print(f"# {name}: the costliest: {worst}")
    end = time.monotonic() + 3 * DEADLINE_S  # deadlines may follow one another
    while time.monotonic() < end and not all(has_come(t, c["expect"]) for c, t in aside):
        for case, talk in aside:
            if not talk.ended:
                talk.step(0.001)
    for case, talk in aside:
        tell(talk, case, f"{name}, in time", (None, None))
        talk.close()


def count_starts(doors, name, cases, bytes_of):
    """How many requests a script makes us begin; nobody else asks."""
    for case in cases:
        most = case["limits"].get("max_handler_starts")
        if most is None:
            continue
        before = doors.d.admin({"command": "status"})["requests"]
        talk = Talk(doors, bytes_of[os.path.basename(case["file"])])
        talk.until(lambda: talk.ended, 2 * DEADLINE_S)
        talk.close()
        begun = doors.d.admin({"command": "status"})["requests"] - before
        ok(begun <= most, f"{name}: {case['id']}: at most {most} requests are begun", begun)


def scripts(secured):
    corpus = find_vectors("h2-attacks")
    cases = [json.loads(line) for line in corpus.joinpath("index.jsonl").read_text().splitlines()]
    with tarfile.open(corpus / "files.tar.xz") as tar:
        bytes_of = {os.path.basename(m.name): tar.extractfile(m).read() for m in tar if m.isfile()}
    name = "tls" if secured else "clear"
    with Doors(secured) as doors:
        Talk(doors, HELLO).until(lambda: False, 0.2)
        before, good = rss_kib(doors.d), doors.good()
        replay_all(doors, name, cases, bytes_of)
        p99, calls, wrong = good.stop()
        ok(calls > 100 and not wrong, f"{name}: the good client sees no error in {calls} calls", wrong[:5])
        print(f"# {name}: the good client's p99 is {p99:.2f} ms in {calls} calls")
        grown = (rss_kib(doors.d) - before) / 1024
        ok(grown < GROWTH_MIB, f"{name}: memory has grown by less than {GROWTH_MIB} MiB, {grown:.2f}")
        count_starts(doors, name, cases, bytes_of)


def scripts_in_cleartext():
    scripts(False)


def scripts_within_tls():
    scripts(True)


# ---- h2spec's list ----


def is_settled(talk):
    return [f for f in talk.of(SETTINGS) if not f[1] & 1] and [f for f in talk.of(SETTINGS) if f[1] & 1]


def is_answered(talk):
    return any(flags & 1 for kind in (HEADERS, DATA) for _, flags, _, _ in talk.of(kind, 1))


def meets(talk, must, data_seen):
    if isinstance(must, tuple):
        kind, values = must
        gone = set(talk.codes(GOAWAY)) & set(values)
        return {"gone": lambda: bool(gone),
                "end": lambda: bool(gone) or (talk.ended and not talk.of(GOAWAY)),
                "reset": lambda: bool(gone or set(talk.codes(RST)) & set(values)),
                "data": lambda: [len(f[3]) for f in talk.of(DATA, 1)[data_seen:]][:1] == list(values)}[kind]()
    return {ANSWER: lambda: bool(talk.of(HEADERS, 1)) and not talk.of(GOAWAY),
            PONG: lambda: talk.pong(LAST) and not talk.of(GOAWAY),
            SETTLED: lambda: bool(is_settled(talk)) and talk.pong(LAST),
            "quiet": lambda: talk.pong(LAST) or (talk.ended and not set(talk.codes(GOAWAY)) - {0}),
            # What was sent before a reset arrived is passed over; the other end cannot know (rfc9113 5.1).
            "closed": lambda: talk.pong(LAST) or 5 in talk.codes(RST) + talk.codes(GOAWAY)}[must]()


def play(doors, steps, must):
    """None: what must come has come; otherwise what came."""
    first = b"INVALID CONNECTION PREFACE\r\n\r\n" if steps[0] is None else HELLO
    talk, data_seen = Talk(doors, first), 0
    for step in steps:
        if step in (WAIT, "data"):
            talk.until(lambda: is_answered(talk) if step == WAIT else talk.of(DATA, 1), 5)
            data_seen = len(talk.of(DATA, 1))
        elif step is not None:
            talk.send(step)
    if must in (PONG, SETTLED, "quiet", "closed"):
        talk.send(frame(PING, 0, 0, LAST))
    fine = talk.until(lambda: meets(talk, must, data_seen), DEADLINE_S - 0.5) or meets(talk, must, data_seen)
    talk.close()
    return None if fine else f"ended {talk.ended}; {[(f[0], f[1], f[2], f[3][:8].hex()) for f in talk.frames]}"


def spec():
    corpus = find_vectors("h2spec")
    titles = listed(corpus.joinpath("h2spec-cases.txt").read_text().splitlines())
    found = rows()
    ok(len(titles) > 100 and set(titles) == set(found), f"h2spec: each of {len(titles)} cases listed has a row",
       set(titles) ^ set(found))
    for secured in (False, True):
        with Doors(secured) as doors:
            for place, title in titles.items():
                came = play(doors, *found[place])
                ok(came is None, f"h2spec{' tls' if secured else ''}: {place}: {title}: {found[place][1]}", came)


# ---- http2-frame, hpack ----


def well_formed_frames():
    """A frame that is well formed is never refused for its size, whatever else is wrong with it: some header blocks are dummies."""
    corpus = find_vectors("http2-frame")
    with Doors(False) as doors:
        for path in sorted(corpus.glob("*/*.json")):
            case = json.loads(path.read_text())
            if case["error"] is not None:
                continue
            wire = bytes.fromhex(case["wire"])
            continued = wire[3] in (HEADERS, PUSH) and not wire[4] & 4
            talk = Talk(doors, HELLO + wire + (b"" if continued else frame(PING, 0, 0, LAST)))
            talk.until(lambda: talk.pong(LAST) or talk.of(GOAWAY), 1 if continued else DEADLINE_S)
            codes = set(talk.codes(GOAWAY) + talk.codes(RST))
            ok((continued or talk.pong(LAST) or codes) and SIZE not in codes,
               f"frames: {path.parent.name}/{path.name}: {case['description']}: {sorted(codes) or 'goes on'}")
            talk.close()


def header_blocks():
    """
    A story a connection: no block is refused by its compression.  Answers, and what speaks of its connection,
    make malformed requests, and who sends a hundred of these is cut off.
    """
    corpus = find_vectors("hpack")
    blocks, wrong = 0, []
    with Doors(False) as doors:
        for path in sorted(corpus.glob("*/story_*.json")):
            story = [c for c in json.loads(path.read_text())["cases"] if "wire" in c]
            wires = [bytes.fromhex(c["wire"]) for c in story]
            malformed = any(name in h for name in (":status", "connection") for c in story for h in c["headers"])
            talk = Talk(doors, HELLO)
            for i in range(0, len(wires), 40):
                mark = i.to_bytes(8, "big")
                talk.send(b"".join(frame(HEADERS, 5, 2 * k + 1, wire) for k, wire in enumerate(wires[i:i + 40], i)) +
                          frame(PING, 0, 0, mark))
                if not talk.until(lambda: talk.pong(mark), 5):
                    if not malformed or talk.codes(GOAWAY) != [CALM] or i < 80:
                        wrong.append(f"{path.parent.name}/{path.name}, block {i}: {talk.codes(GOAWAY)}")
                    break
                blocks += len(wires[i:i + 40])
            talk.close()
    ok(blocks > 7000 and not wrong, f"header blocks: {blocks} are decoded", "\n".join(wrong[:20]))


if __name__ == "__main__":
    if any(find_vectors(name) is None for name in ("h2-attacks", "h2spec", "http2-frame", "hpack")):
        print("1..0 # SKIP the corpora are not at hand")
        sys.exit(0)
    run_scenarios(scripts_in_cleartext, scripts_within_tls, spec, well_formed_frames, header_blocks)
