# SPDX-License-Identifier: Apache-2.0
"""Who may connect: certificates and what revokes them, names, Unix users; and systemd's side."""
import ctypes
import json
import os
import pathlib
import signal
import socket
import ssl
import sys
import threading
import time

import grpc

from house import House, run_scenarios
from rig import field, free_port, make_certificates, ok, run
from watch import Watch

EVALUATE = "/coresdk.v1.PolicyService/Evaluate"
HEALTH = "/grpc.health.v1.Health/Watch"
UPDATES = "/coresdk.v1.PolicyService/WatchPolicyUpdates"
VALIDATE = "/coresdk.v1.AuthService/ValidateToken"
ASK = field(1, "data.authz.allow") + field(2, '{"id":1}')
CA_CONFIG = """[ca]
default_ca = c
[c]
database = {room}/index.txt
crlnumber = {room}/crlnumber
default_md = sha256
default_crl_days = 1
crl_extensions = e
[e]
authorityKeyIdentifier = keyid
"""


class Secured(House):
    """A house with a CA of its own, whose daemon wants client certificates."""

    def __init__(self, **tls):
        super().__init__()
        make_certificates(self.room)
        self.config["tls"] = {"mode": "mtls", "ca_cert": self.path("ca.crt"), "server_cert": self.path("server.crt"),
                              "server_key": self.path("server.key"), **tls}
        self.write_config()
        pathlib.Path(self.path("index.txt")).write_text("")
        pathlib.Path(self.path("crlnumber")).write_text("01\n")
        pathlib.Path(self.path("ca.conf")).write_text(CA_CONFIG.format(room=self.room))

    def read(self, name):
        return pathlib.Path(self.path(name)).read_bytes()

    def issue(self, name, san, usage="clientAuth", ca="ca"):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            self.path(name + ".key"), "-out", self.path(name + ".csr"), "-subj", f"/CN={name}")
        pathlib.Path(self.path(name + ".ext")).write_text(f"subjectAltName={san}\nextendedKeyUsage={usage}")
        run("openssl", "x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path(ca + ".crt"), "-CAkey",
            self.path(ca + ".key"), "-CAcreateserial", "-days", "2", "-extfile", self.path(name + ".ext"), "-out",
            self.path(name + ".crt"))

    def list_revoked(self, *names, expired=False):
        ca = ("openssl", "ca", "-config", self.path("ca.conf"), "-cert", self.path("ca.crt"), "-keyfile",
              self.path("ca.key"))
        for name in names:
            run(*ca, "-revoke", self.path(name + ".crt"))
        when = ("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z") if expired else ()
        run(*ca, "-gencrl", *when, "-out", self.path("crl.pem"))

    def ask(self, d, client="client", path=EVALUATE, message=ASK, timeout=3):
        """The status of one call on a connection of its own."""
        pair = (self.read(client + ".key"), self.read(client + ".crt"))
        credentials = grpc.ssl_channel_credentials(self.read("ca.crt"), *pair)
        with grpc.secure_channel(f"localhost:{d.port}", credentials, [("grpc.use_local_subchannel_pool", 1)]) as c:
            return d.status(path, message, channel=c, timeout=timeout)[0]

    def start(self, client="client"):
        d = super().start(wait=False)
        end = time.monotonic() + 10
        while self.ask(d, client, "/grpc.health.v1.Health/Check", b"", 1) != grpc.StatusCode.OK:
            if d.process.poll() is not None or time.monotonic() > end:
                break
            time.sleep(0.05)
        return d


OK, DENIED = grpc.StatusCode.OK, grpc.StatusCode.PERMISSION_DENIED
BROKEN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def revoked():
    with Secured() as house:
        house.issue("second", "DNS:second.local")
        house.list_revoked()
        house.config["tls"]["crl"] = house.path("crl.pem")
        house.write_config()
        d = house.start()
        ok(house.ask(d) == OK and house.ask(d, "second") == OK, "crl: what is not on it is served", d.logged())
        house.list_revoked("second")
        ok(d.admin({"command": "reload"})["ok"], "crl: a new one is read")
        ok(house.ask(d, "second") in BROKEN and house.ask(d) == OK, "crl: and what it revokes is refused")
        pathlib.Path(house.path("crl.pem")).write_text("rubbish")
        ok(not d.admin({"command": "reload"})["ok"], "crl: one that is none is refused")
        ok(house.ask(d, "second") in BROKEN and house.ask(d) == OK, "crl: and the last good one serves on")
        house.list_revoked(expired=True)
        ok(d.admin({"command": "reload"})["ok"] and house.ask(d) in BROKEN, "crl: one that has run out refuses all")
        d.stop()
    with Secured() as house:
        house.list_revoked()
        both = house.read("ca.crt") + house.read("other.crt")
        pathlib.Path(house.path("both.crt")).write_bytes(both)
        house.config["tls"].update(ca_cert=house.path("both.crt"), crl=house.path("crl.pem"))
        house.write_config()
        d = house.start()
        ok(house.ask(d) == OK and house.ask(d, "stranger") in BROKEN,
           "crl: a CA that none covers admits nobody", d.logged())
        d.stop()


def streams_are_looked_at(house, d):
    """A stream that is open hears of a list that leaves its client out; one that anybody may open does not."""
    def connect(client):
        credentials = grpc.ssl_channel_credentials(house.read("ca.crt"), house.read(client + ".key"),
                                                   house.read(client + ".crt"))
        return grpc.secure_channel(f"localhost:{d.port}", credentials, [("grpc.use_local_subchannel_pool", 1)])

    def allow(*clients):
        house.config["tls"]["allowed_clients"] = list(clients)
        house.write_config()
        return d.admin({"command": "reload"})["ok"]

    ok(allow("app.local", "other.local"), "streams: two clients are allowed")
    with connect("client") as first, connect("app.local") as second:
        goes, stays = Watch(d, UPDATES, channel=first), Watch(d, UPDATES, channel=second)
        health = Watch(d, HEALTH, channel=first)
        ok(isinstance(goes.next(), bytes) and isinstance(stays.next(), bytes) and isinstance(health.next(), bytes),
           "streams: both are told of the policy", d.logged())
        ok(allow("app.local", "other.local") and goes.next(0.3) is None, "streams: the same list ends nothing")
        ok(allow("other.local"), "streams: one is allowed no more")
        ok(goes.next() == DENIED and "tls.allowed_clients" in goes.call.details(), "streams: its stream is ended")
        ok(stays.next(0.3) is None and health.next(0.1) is None, "streams: the other's, and health's, are not")
        house.write_bundle(revision="r2", number=6)
        ok(d.admin({"command": "reload"})["ok"] and isinstance(stays.next(), bytes), "streams: which hears on")
        ok(Watch(d, UPDATES, channel=first).next() == DENIED, "streams: who was left out opens none again")


def refusals_are_told():
    """Why a certificate is refused is in the log, at its usual level, and not once for each."""
    with Secured() as house:
        house.issue("serves", "DNS:serves.local", "serverAuth")
        house.issue("good", "DNS:good.local")
        d = house.start()

        def reasons():
            lines = [json.loads(line) for line in d.logged().splitlines() if line.startswith("{")]
            return [line["attributes"] for line in lines if line["body"] == "a client's certificate is refused"
                    and line["severity"] == "WARN"]

        def wait_for_more(known):
            """The line is written after the client hears of it."""
            end = time.monotonic() + 5
            while len(reasons()) == known and time.monotonic() < end:
                time.sleep(0.02)
            return reasons()[known:]

        for client, reason in (("stranger", "issuer"), ("serves", "purpose")):
            known = len(reasons())
            time.sleep(1.1)
            ok(house.ask(d, client) in BROKEN, f"told: {client} is refused")
            new = wait_for_more(known)
            ok(len(new) >= 1 and reason in new[0]["reason"] and new[0]["peer"], f"told: and why: {reason}", d.logged())
        context = ssl.create_default_context(cafile=house.path("ca.crt"))
        context.set_alpn_protocols(["h2"])
        time.sleep(1.1)
        known, begin = len(reasons()), time.monotonic()
        for _ in range(200):
            with socket.create_connection(("localhost", d.port)) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as s:
                try:
                    s.recv(1)
                except OSError:
                    pass
        took = time.monotonic() - begin
        ok(1 <= len(wait_for_more(known)) <= took + 2, f"told: 200 without one in {took:.1f} s: {len(reasons()) - known} lines")
        time.sleep(1.1)
        lines = len(reasons())
        ok(house.ask(d, "stranger") in BROKEN and wait_for_more(lines)[-1]["untold"] > 0,
           "told: a line says how many it stands for", reasons()[-3:])
        ok(any("certificate" in r["reason"] for r in reasons()[known:]), "told: that none was shown", reasons()[known:])
        known = len(reasons())
        ok(house.ask(d, "good") == OK and len(reasons()) == known, "told: a good one is not")
        d.stop()


def allowed():
    with Secured(allowed_clients=["app.local", "spiffe://test/web/*", "AuthService=spiffe://test/auth"]) as house:
        house.issue("web", "URI:spiffe://test/web/1")
        house.issue("auth", "URI:spiffe://test/auth")
        house.issue("both", "URI:spiffe://test/auth,URI:spiffe://test/web/1")
        house.issue("app.local", "DNS:other.local")
        d = house.start()
        validate = field(1, "x") + field(2, "t")
        table = {"client": (OK, DENIED), "web": (OK, DENIED), "auth": (DENIED, OK), "both": (DENIED, DENIED),
                 "app.local": (DENIED, DENIED)}
        for client, (policy, auth) in table.items():
            ok(house.ask(d, client) == policy, f"allowed: {client} asks for policy: {policy}", d.logged())
            ok(house.ask(d, client, VALIDATE, validate) == auth, f"allowed: {client} asks for tokens: {auth}")
        house.config["tls"]["allowed_clients"] = ["other.local"]
        house.write_config()
        ok(d.admin({"command": "reload"})["ok"] and house.ask(d) == DENIED and house.ask(d, "app.local") == OK,
           "allowed: another list comes with a reload")
        streams_are_looked_at(house, d)
        for entry in ("*.local", "AuditServices=app.local", "spiffe://a/../b"):
            house.config["tls"]["allowed_clients"] = [entry]
            house.write_config()
            ok(not d.admin({"command": "reload"})["ok"] and house.ask(d, "app.local") == OK,
               f"allowed: {entry} is refused, and the list in use stays")
        d.stop()


def certificates_change():
    """New certificates by the dozen while clients connect: no handshake fails."""
    with Secured() as house:
        d = house.start()
        counts, failures, stop = [0], [], threading.Event()

        def connect():
            while not stop.is_set():
                status = house.ask(d, timeout=10)
                if status != OK:
                    failures.append(status)
                counts[0] += 1

        threads = [threading.Thread(target=connect) for _ in range(4)]
        for t in threads:
            t.start()
        taken = 0
        for i in range(12):
            house.issue("new", "DNS:localhost,IP:127.0.0.1", "serverAuth")
            os.replace(house.path("new.key"), house.path("server.key"))
            torn = d.admin({"command": "reload"})["ok"]
            os.replace(house.path("new.crt"), house.path("server.crt"))
            taken += d.admin({"command": "reload"})["ok"] and not torn
        stop.set()
        for t in threads:
            t.join()
        ok(taken == 12, f"change: {taken} of 12 pairs are taken; a key without its certificate never")
        ok(counts[0] > 50 and not failures, f"change: none of {counts[0]} handshakes fails", failures[:5])
        d.stop()


def unix_users():
    me, mine = os.geteuid(), os.getegid()
    table = [({"unix_users": [str(me)]}, True), ({"unix_users": [str(me + 4321)]}, False),
             ({"unix_groups": [str(mine)]}, True), ({"unix_groups": [str(mine + 4321)]}, False),
             ({"unix_users": ["root", "nobody"]}, me in (0, 65534)), ({"unix_mode": "0600"}, True)]
    for rule, admitted in table:
        with House() as house:
            house.config["listen"] = {"unix": house.path("grpc.sock"), **rule}
            house.write_config()
            d = house.start()
            with grpc.insecure_channel(f"unix:{house.path('grpc.sock')}") as channel:
                status = d.status(EVALUATE, ASK, channel=channel, timeout=3)[0]
            refused = d.admin({"command": "status"})["connections_refused"]
            ok((status == OK) == admitted and (refused > 0) == (not admitted), f"unix: {rule}: {status}", d.logged())
            if "unix_mode" in rule:
                ok(os.stat(house.path("grpc.sock")).st_mode & 0o777 == 0o600, "unix: the file has the mode")
            ok(d.evaluate("data.authz.allow", {"id": 1})[0], "unix: the other address is open")
            d.stop()
    with House(listen={"unix_users": ["no such user, ever"]}) as house:
        d = house.start()
        ok(d.ready_after is None and "no such user, ever" in d.logged(), "unix: a user who is not there is an error")
        d.stop()


def certificates_made():
    with House(tls={"auto_pki": True}) as house:
        pki = lambda name: house.path("state/pki/" + name)
        read = lambda name: pathlib.Path(pki(name)).read_bytes()

        def serve():
            pathlib.Path(house.path("daemon.log")).write_text("")
            d = house.start(wait=False)
            end = time.monotonic() + 10
            while "ready." not in d.logged() and d.process.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            return d

        def ask(d, host="localhost"):
            credentials = grpc.ssl_channel_credentials(read("ca.crt"), read("client.key"), read("client.crt"))
            with grpc.secure_channel(f"{host}:{d.port}", credentials,
                                     [("grpc.use_local_subchannel_pool", 1)]) as channel:
                return d.status(EVALUATE, ASK, channel=channel, timeout=3)[0]

        d = serve()
        ok(ask(d) == OK and ask(d, "127.0.0.1") == OK, "auto: the client made is served by the server made", d.logged())
        ok(d.status(EVALUATE, ASK, timeout=2)[0] in BROKEN, "auto: and nobody without a certificate")
        modes = {name: os.stat(pki(name)).st_mode & 0o777 for name in sorted(os.listdir(pki("")))}
        ok(modes == {"ca.crt": 0o644, "ca.key": 0o600, "client.crt": 0o644, "client.key": 0o640, "server.crt": 0o644,
                     "server.key": 0o600}, "auto: modes", {k: oct(v) for k, v in modes.items()})
        text = run("openssl", "x509", "-in", pki("server.crt"), "-noout", "-text").decode()
        host = socket.gethostname()
        ok(all(x in text for x in ("DNS:localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "P-256", host)), "auto: names", text)
        d.stop()
        made = {name: read(name) for name in modes}
        d = serve()
        ok({name: read(name) for name in modes} == made and ask(d) == OK, "auto: a second start uses them again")
        d.stop()
        # A year later: the server's ends in a week.
        run("openssl", "req", "-new", "-key", pki("server.key"), "-subj", "/CN=old", "-out", house.path("old.csr"))
        run("openssl", "x509", "-req", "-in", house.path("old.csr"), "-CA", pki("ca.crt"), "-CAkey", pki("ca.key"),
            "-CAcreateserial", "-days", "7", "-out", pki("server.crt"))
        os.unlink(pki("client.key"))
        d = serve()
        ok(read("server.crt") != made["server.crt"] and read("ca.crt") == made["ca.crt"] and ask(d) == OK,
           "auto: what is about to end or is missing is made anew, by the same CA", d.logged())
        d.stop()
        os.unlink(pki("ca.key"))
        d = serve()
        ok(ask(d) == OK, "auto: the CA's key may be taken away", d.logged())
        d.stop()
        os.unlink(pki("server.crt"))
        d = serve()
        ok(d.process.poll() is not None and "must be made anew" in d.logged(), "auto: but then nothing is renewed")
        d.stop()
        pathlib.Path(pki("ca.crt")).write_text("rubbish")
        d = serve()
        ok(d.process.poll() is not None and "cannot be used" in d.logged(), "auto: a damaged CA is an error")
        d.stop()
    with House(tls={"auto_pki": True, "mode": "off"}) as house:
        d = house.start()
        ok(d.ready_after is not None and not os.path.exists(house.path("state/pki")), "auto: not with TLS off")
        d.stop()


# ---- systemd's side ----

# What systemd does: the sockets are descriptors 3, 4, …, and the process knows that they are its own.
ACTIVATE = """import os, sys
fds = [int(x) for x in sys.argv[1].split(",")]
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i, inheritable=True)
    os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


def activate(house, sockets, names, **more):
    fds = [s.fileno() for s in sockets]
    return house.start(wrap=(sys.executable, "-c", ACTIVATE, ",".join(map(str, fds)), names), fds=fds, **more)


def listen(path_or_port):
    s = socket.socket(socket.AF_UNIX if isinstance(path_or_port, str) else socket.AF_INET)
    s.bind(path_or_port if isinstance(path_or_port, str) else ("127.0.0.1", path_or_port))
    s.listen(16)
    return s


def sockets_passed():
    with House(workers=2) as house:
        port = free_port()
        passed = [listen(port), listen(house.path("passed.sock")), listen(free_port()), listen(house.path("control.sock"))]
        d = activate(house, passed, "grpc:grpc:http:admin", port=port)
        ok(d.ready_after is not None, "passed: gRPC is served on the socket passed", d.logged())
        with grpc.insecure_channel(f"unix:{house.path('passed.sock')}") as channel:
            ok(d.status(EVALUATE, ASK, channel=channel)[0] == OK, "passed: and on the second")
        with socket.create_connection(passed[2].getsockname()) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            ok(s.recv(100).startswith(b"HTTP/1.1 200"), "passed: health is served on its own")
        ok(not os.path.exists(house.path("admin.sock")), "passed: what is configured is not opened beside it")
        os.symlink(house.path("control.sock"), house.path("admin.sock"))
        ok(d.admin({"command": "status"})["ok"], "passed: so is administration")
        # Restarted, with the same sockets: who connects meanwhile waits and is served.
        d.stop()
        ok(os.path.exists(house.path("passed.sock")), "passed: the file stays when the daemon goes")
        early = socket.create_connection(("127.0.0.1", port))
        early.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
        again = activate(house, passed, "grpc:grpc:http:admin", port=port)
        early.settimeout(5)
        ok(early.recv(9)[3:4] == b"\4", "passed: who came while it was away is answered")
        early.close()
        again.stop()
        for names, what in (("grpc:tea:http:admin", "a name that says nothing"), ("", "no names")):
            d = activate(house, passed, names, port=port)
            ok(d.ready_after is None and "LISTEN_FDNAMES" in d.logged(), f"passed: {what} is an error")
            d.stop()
        with open(os.devnull) as null:
            d = activate(house, [null], "grpc", port=port)
            ok(d.ready_after is None and "not a listening" in d.logged(), "passed: so is a file")
            d.stop()
        for s in passed:
            s.close()


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17


def ptrace(request, tid):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.ptrace(ctypes.c_long(request), ctypes.c_long(tid), None, None) == 0


def waits_for_events(task):
    try:
        return task.joinpath("syscall").read_text().split()[0] in ("22", "232", "281")
    except (OSError, IndexError):
        return False


def watchdog():
    with House(workers=2) as house, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(house.path("notify.sock"))
        d = house.start(env={"NOTIFY_SOCKET": house.path("notify.sock"), "WATCHDOG_USEC": "300000"})

        def pings(seconds):
            end, count, words = time.monotonic() + seconds, 0, []
            while time.monotonic() < end:
                manager.settimeout(max(0.01, end - time.monotonic()))
                try:
                    said = manager.recv(512)
                except TimeoutError:
                    break
                count += said == b"WATCHDOG=1\n"
                words.append(said)
            return count, words

        count, _ = pings(2)
        ok(10 <= count <= 24, f"watchdog: {count} pings in 2 s, where 7 would do")
        d.process.send_signal(signal.SIGHUP)
        _, words = pings(2)
        reloading = next((w for w in words if w.startswith(b"RELOADING=1\nMONOTONIC_USEC=")), b"")
        said = int(reloading.split(b"MONOTONIC_USEC=")[1]) if reloading else 0
        ok(abs(time.monotonic() * 1e6 - said) < 10e6 and any(b"READY=1" in w for w in words[words.index(reloading):]),
           "reload: systemd hears when it began, by its clock, and when it ended", words)
        threads = [t for t in pathlib.Path(f"/proc/{d.process.pid}/task").iterdir() if waits_for_events(t)]
        stuck = int(threads[0].name) if threads else 0
        if stuck and ptrace(PTRACE_SEIZE, stuck):
            ptrace(PTRACE_INTERRUPT, stuck)
            pings(0.3)
            count, _ = pings(1.5)
            ok(count == 0, f"watchdog: one of {len(threads)} threads hangs: {count} pings in 1.5 s")
            ptrace(PTRACE_DETACH, stuck)
            count, _ = pings(1.5)
            ok(count > 5, f"watchdog: it goes on: {count} pings")
        else:
            ok(True, "watchdog: a thread that hangs # SKIP it cannot be made to hang here")
        d.stop()


run_scenarios(revoked, allowed, refusals_are_told, certificates_change, unix_users, certificates_made, sockets_passed, watchdog)
