# SPDX-License-Identifier: Apache-2.0
"""A life of the daemon - start, decisions, a reload, a bundle by descriptor, stop - with one system call failing in it.

It may refuse to start, but says why; it may refuse to decide; it never dies of a signal and
never permits what it denies otherwise.  Calls that loop until they succeed or whose failure
means that a thread cannot go on (waiting for events) are left out, and brk, which fails the C library before main().
SAMPLES: failures tried for each call (0: all).
"""
import os
import pathlib
import re
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
import grpc  # noqa: E402
from house import House, run_scenarios  # noqa: E402
from rig import Daemon, ok  # noqa: E402
from scarce import sample  # noqa: E402

SAMPLES = int(os.environ.get("SAMPLES", "4"))
ERRORS = {
    "openat": ("EMFILE", "EACCES"), "read": ("EIO", "EINTR"), "newfstatat": ("EIO",), "fstat": ("EIO",), "write": ("ENOSPC", "EIO"),
    "mmap": ("ENOMEM",), "mprotect": ("ENOMEM",), "close": ("EIO",), "fsync": ("EIO",), "rename": ("EIO",), "unlink": ("EIO",),
    "mkdir": ("EROFS",), "socket": ("EMFILE",), "bind": ("EADDRINUSE",), "listen": ("EADDRINUSE",), "setsockopt": ("EINVAL",), "epoll_create1": ("EMFILE",),
    "epoll_ctl": ("ENOMEM",), "eventfd2": ("EMFILE",), "timerfd_create": ("EMFILE",), "signalfd4": ("EMFILE",), "clone3": ("EAGAIN",), "accept4": ("EMFILE",),
    "prctl": ("EINVAL",), "seccomp": ("EINVAL",), "unshare": ("EPERM",), "capset": ("EPERM",), "landlock_create_ruleset": ("EOPNOTSUPP",),
    "landlock_add_rule": ("ENOMEM",), "landlock_restrict_self": ("E2BIG",), "prlimit64": ("EPERM",), "flock": ("EWOULDBLOCK",), "fcntl": ("EINVAL",),
    "getsockname": ("ENOBUFS",), "getrandom": ("EINTR",), "umask": ("EPERM",), "madvise": ("EINVAL",), "sched_getaffinity": ("EINVAL",),
}


def live(house, trace, inject=None):
    """(exit status, answers that permit what is denied, what it said)"""
    pathlib.Path(house.path("daemon.log")).write_text("")
    more = ("-e", inject) if inject else ()
    d = Daemon(house.room, wrap=("strace", "-D", "-f", "-y", "-qq", "-o", trace, "-e", "trace=" + ",".join(ERRORS), *more), wait=False)
    end, wrong = time.monotonic() + 10, 0
    while d.process.poll() is None and "CoreSDK Sidecar ready." not in d.logged() and time.monotonic() < end:
        time.sleep(0.005)
    if d.process.poll() is None:
        for document in ({"id": 1}, {"id": 0}):
            try:
                wrong += d.evaluate("data.authz.allow", document, timeout=1)[0] and not document["id"]
            except grpc.RpcError:
                pass
        before = d.logged().count("read again")
        d.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 2
        while d.process.poll() is None and d.logged().count("read again") == before and time.monotonic() < end:
            time.sleep(0.005)
        try:
            d.reload_policy(house.path("bundle.tar.gz"))
        except (OSError, ValueError):
            pass
    return d.stop()[1], wrong, d.logged()


def every_call():
    if not shutil.which("strace"):
        return
    with House(workers=1) as house:
        trace = house.path("trace")
        code, wrong, said = live(house, trace)
        ok(code == 0 and not wrong, "a life without failures", said)
        text = pathlib.Path(trace).read_text()
        for name, errors in ERRORS.items():
            total, bad, tried = len(re.findall(rf"\b{name}\(", text)), [], 0
            for error in errors:
                for at in sample(total, SAMPLES):
                    code, wrong, said = live(house, trace, f"inject={name}:error={error}:when={at}")
                    hit = [line for line in pathlib.Path(trace).read_text().splitlines() if "INJECTED" in line]
                    if any("eventfd" in line for line in hit) and name == "write":
                        continue  # the kernel has no such failure: a wake-up is never lost
                    tried += 1
                    if code < 0 or wrong or (code > 0 and not said):
                        bad.append((error, at, code, wrong, said[-400:]))
            ok(not bad, f"{name}: {tried} of {total * len(errors)} failures", "\n".join(map(str, bad[:4])))


run_scenarios(every_call)
