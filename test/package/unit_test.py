# SPDX-License-Identifier: Apache-2.0
"""unit: systemd takes the units, judges them safe, and the daemon can live with what they allow."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "test/scenario"))
from house import House
from rig import done, free_port, make_room, ok, remove_room

UNITS = TOP / "pack/systemd"
SERVICE = (UNITS / "coresdk-sidecar.service").read_text()
MOST = 0.5  # exposure, of 10

# Descriptors 3, 4, … as systemd passes them.
ACTIVATE = """import os, sys
fds = [int(x) for x in sys.argv[1].split(",")]
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i, inheritable=True)
    os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


def values(text, key):
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(key + "=")]


def analyze(*args):
    return subprocess.run(["systemd-analyze", *args], capture_output=True, text=True, env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})


def try_text():
    need = {"Type": "notify", "WatchdogSec": "30s", "DynamicUser": "yes", "StateDirectory": "coresdk", "LogsDirectory": "coresdk",
            "RuntimeDirectory": "coresdk", "IPAddressDeny": "any", "IPAddressAllow": "localhost", "PrivateNetwork": "yes", "NoNewPrivileges": "yes",
            "CapabilityBoundingSet": ""}
    wrong = {k: values(SERVICE, k) for k, v in need.items() if values(SERVICE, k) != [v]}
    ok(not wrong, "the service is what the manual says it is", wrong)
    sockets = {p.name: values(p.read_text(), "FileDescriptorName") for p in UNITS.glob("*.socket")}
    ok(sockets == {"coresdk-sidecar.socket": ["grpc"], "coresdk-sidecar-health.socket": ["http"]}, "sockets have the names that the daemon knows", sockets)
    ok(set(values(SERVICE, "Requires")[0].split()) == set(sockets), "the service needs both, for its own network is empty")
    group = values((UNITS / "coresdk-sidecar.socket").read_text(), "SocketGroup")[0]
    ok(re.search(rf"^g {group} -$", (UNITS / "coresdk-sidecar.sysusers").read_text(), re.M), "the socket's group is made by sysusers")


def try_systemd():
    if not shutil.which("systemd-analyze"):
        print("# systemd-analyze is not here: units are not verified")
        return
    scored = analyze("security", "--offline=yes", str(UNITS / "coresdk-sidecar.service"))
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", scored.stdout)
    ok(score and float(score[1]) <= MOST, f"exposure {score and score[1]} is at most {MOST}", scored.stdout[-400:] + scored.stderr)
    root = make_room()
    for folder in ("usr/lib/systemd", "etc/systemd", "usr/bin", "bin"):
        os.makedirs(f"{root}/{folder}")
    shutil.copytree(UNITS, f"{root}/usr/lib/systemd/system")
    for target in ("sysinit", "basic", "shutdown", "sockets", "local-fs", "multi-user"):
        pathlib.Path(f"{root}/usr/lib/systemd/system/{target}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    for program in ("usr/bin/coresdk-sidecar", "bin/kill"):
        shutil.copy("/bin/true", f"{root}/{program}")
    units = [f"{root}/usr/lib/systemd/system/coresdk-sidecar{suffix}" for suffix in (".service", ".socket", "-health.socket")]
    seen = analyze("verify", "--man=no", f"--root={root}", *units)
    ours = "\n".join(line for line in seen.stderr.splitlines() if "coresdk" in line)
    ok(not ours and seen.returncode == 0, "systemd-analyze verify finds nothing", seen.stderr)
    with open(units[0], "a") as unit:
        unit.write("[Service]\nNoSuchKey=yes\n")
    ok("NoSuchKey" in analyze("verify", "--man=no", f"--root={root}", units[0]).stderr, "but would")
    remove_room(root)


def expand(words):
    """System calls of a SystemCallFilter=, groups taken apart as systemd does."""
    calls = set()
    for word in words:
        if not word.startswith("@"):
            calls.add(word)
            continue
        listed = analyze("syscall-filter", word).stdout.splitlines()
        calls |= expand(line.strip() for line in listed[1:] if line.strip() and not line.strip().startswith("#"))
    return calls


def passing(house):
    """The three listeners that the socket units make, and the daemon started with them under strace."""
    def listen(family, address):
        s = socket.socket(family)
        s.bind(address)
        s.listen(16)
        return s
    port = free_port()
    sockets = [listen(socket.AF_INET, ("127.0.0.1", port)), listen(socket.AF_UNIX, house.path("grpc.sock")), listen(socket.AF_INET, ("127.0.0.1", free_port()))]
    return port, sockets


def try_filter():
    if not (shutil.which("systemd-analyze") and shutil.which("strace")):
        print("# strace or systemd-analyze is not here: the filter is not tried")
        return
    allowed = set()
    for line in values(SERVICE, "SystemCallFilter"):  # each adds to what the ones before let through, or takes away
        names = expand(w.lstrip("~") for w in line.split())
        allowed = allowed - names if line.startswith("~") else allowed | names
    with House(workers=2) as house:
        port, sockets = passing(house)
        fds = [s.fileno() for s in sockets]
        trace = house.path("trace")
        daemon = house.start(wrap=("strace", "-f", "-qq", "-o", trace, "-e", "inject=prlimit64,setrlimit,sched_setaffinity:error=EPERM", sys.executable, "-c", ACTIVATE, ",".join(map(str, fds)), "grpc:grpc:http"),
                             fds=fds, port=port)
        ok(daemon.ready_after is not None, "the daemon serves on sockets that it was given", daemon.logged())
        daemon.evaluate("data.authz.allow", {"id": 1})
        ok(daemon.reload_policy(house.write_bundle(revision="r2", number=6))["ok"], "and takes a new bundle")
        begun, called, families = False, set(), set()
        child = re.search(r"^(\d+) .*execve\(\"[^\"]*coresdk-sidecar\"", pathlib.Path(trace).read_text(errors="replace"), re.M)
        subprocess.run(["kill", child[1]], check=True)  # strace passes nothing on
        daemon.process.wait(20)
        for line in pathlib.Path(trace).read_text(errors="replace").splitlines():
            begun = begun or ("execve(" in line and "coresdk-sidecar" in line)
            match = re.match(r"\d+ +(\w+)\(", line)
            if not begun or not match or "execve(" in line:
                continue
            called.add(match[1])
            if match[1] == "socket":
                families.add(line.split("(")[1].split(",")[0])
        refused = called - allowed
        # Limits are the unit's (LimitNOFILE=); that asking for them is refused was made so above.
        ok(called > {"accept4", "seccomp", "openat"}, "its system calls were seen", sorted(called))
        ok(refused <= {"prlimit64", "sched_setaffinity", "setrlimit"}, "the unit's filter lets through what the daemon calls", refused)
        ok(families <= {"AF_UNIX"}, "it opens no socket but Unix ones, as RestrictAddressFamilies= has it", families)
        for s in sockets:
            s.close()


try_text()
try_systemd()
try_filter()
done()
