# SPDX-License-Identifier: Apache-2.0
"""Updates by hand: a program that is not well goes back by itself."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from house import House, run_scenarios
from rig import Key, free_port, ok

CORE = os.path.abspath(os.environ.get("CORE", "build/bin/core"))
SIDECAR = os.path.abspath(os.environ.get("SIDECAR", "build/bin/coresdk-sidecar"))
PLATFORM = "linux/amd64" if os.uname().machine == "x86_64" else "linux/arm64"
# What systemd does, in a few lines: ends the old process, starts whatever is in place.
RESTART = """#!/bin/sh
cd '{room}'
if [ -f pid ]; then
    kill "$(cat pid)" 2>/dev/null
    while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.05; done
fi
export CORESDK_SIDECAR_ADDR=127.0.0.1:{port} CORESDK_LISTEN_HTTP=127.0.0.1:{http} ASAN_OPTIONS=detect_leaks=0
setsid ./coresdk-sidecar --config '{room}/coresdk-sidecar.yaml' >>daemon.log 2>&1 </dev/null &
echo $! >pid
"""


def core(*args):
    done = subprocess.run([CORE, *map(str, args)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Machine(House):
    def __init__(self):
        super().__init__()
        self.office = Key(self.path("office"))
        self.config.update({"auto_update": {"channel": "manual", "binary_path": self.path("coresdk-sidecar"),
                                            "rollback_timeout_secs": 30},
                            "listen": {"admin": self.path("admin.sock")}})
        self.write_config()
        self.restart = self.path("restart")
        pathlib.Path(self.restart).write_text(RESTART.format(room=self.room, port=free_port(), http=free_port()))
        os.chmod(self.restart, 0o755)
        self.sign(SIDECAR, "coresdk-sidecar")
        subprocess.run([self.restart], check=True)
        for _ in range(200):
            if self.pid():
                break
            time.sleep(0.05)

    def sign(self, source, name, version="0.1.0", key=None):
        if source.startswith("#!"):
            pathlib.Path(self.path(name)).write_text(source)
            os.chmod(self.path(name), 0o755)
        else:
            shutil.copy(source, self.path(name))
        status, said = core("sign", "binary", self.path(name), "--key", (key or self.office).pem, "--version", version,
                            "--platform", PLATFORM)
        if status != 0:
            raise RuntimeError(said)
        return self.path(name)

    def pid(self):
        status, said = core("sidecar", "status", "--admin", self.path("admin.sock"), "--format", "json")
        return json.loads(said)["pid"] if status == 0 else None

    def apply(self, name, *more, timeout=60, restart=None, key=None):
        return core("update", "apply", self.path(name), "--pubkey", (key or self.office).pub, "--config",
                    self.path("coresdk-sidecar.yaml"), "--rollback-timeout", timeout, "--restart",
                    restart or self.restart, *more)

    def __exit__(self, *_):
        for name in ("pid", "other-pid"):
            try:
                pid = int(pathlib.Path(self.path(name)).read_text())
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGKILL)
            except (OSError, ValueError):
                pass
        super().__exit__()


def good():
    with Machine() as m:
        first, old = m.pid(), digest(m.path("coresdk-sidecar"))
        m.sign(SIDECAR, "new", "0.1.0+build.2")
        status, said = m.apply("new")
        ok(status == 0 and "now runs v0.1.0" in said and m.pid() not in (None, first), "a good one runs", said)
        ok(digest(m.path("coresdk-sidecar")) == digest(m.path("new")) and digest(m.path("coresdk-sidecar.previous")) == old,
           "the old one is beside it")
        second = m.pid()
        rollback = ("update", "rollback", "--config", m.path("coresdk-sidecar.yaml"), "--restart", m.restart)
        status, said = core(*rollback)
        ok(status == 0 and "Rolled back" in said and digest(m.path("coresdk-sidecar")) == old and
           m.pid() not in (None, second), "rolled back by hand", said)
        status, said = core(*rollback, "--format", "json")
        ok(status == 0 and json.loads(said)["pid"] == m.pid() and digest(m.path("coresdk-sidecar")) == digest(m.path("new")),
           "and once more: back again", said)
        m.config["auto_update"]["rollback_timeout_secs"] = 0
        m.write_config()
        status, said = core(*rollback)
        ok(status == 4 and "rollback_timeout_secs" in said, "the timeout has its bounds: 0", said)
        m.config["auto_update"]["rollback_timeout_secs"] = 3600
        m.write_config()
        status, said = core(*rollback)
        ok(status == 0, "the timeout has its bounds: 3600", said)
        for bad in ("0", "3601"):
            status, said = core(*rollback, "--rollback-timeout", bad)
            ok(status == 64, f"--rollback-timeout {bad}", said)


def bad():
    with Machine() as m:
        old = digest(m.path("coresdk-sidecar"))

        def back(what, status, said, *texts):
            ok(status == 8 and "put back and serves" in said and all(t in said for t in texts) and
               digest(m.path("coresdk-sidecar")) == old and m.pid() is not None and
               not os.path.exists(m.path("coresdk-sidecar.previous")) and
               not os.path.exists(m.path("state/media/journal.json")), what, f"{status} {said}")

        m.sign("#!/bin/sh\nexit 3\n", "exits", "0.2.0")
        back("one that exits", *m.apply("exits", timeout=3))
        m.sign("#!/bin/sh\nexec sleep 600\n", "hangs", "0.2.0")
        back("one that hangs", *m.apply("hangs", timeout=3))
        m.sign(SIDECAR, "liar", "0.3.0")
        back("one that is another version than was signed", *m.apply("liar", timeout=60), "another version")
        pathlib.Path(m.path("no-exec")).write_bytes(b"\x7fELF junk")
        m.sign(m.path("no-exec"), "junk", "0.2.0")
        back("one that cannot be run", *m.apply("junk", timeout=1))
        m.sign(SIDECAR, "fine", "0.1.0+3")
        back("a restart that fails", *m.apply("fine", timeout=60, restart=f"[ -f {m.path('tried')} ] || {{ touch {m.path('tried')}; exit 1; }}; {m.restart}"),
             "status 1")
        os.unlink(m.path("tried"))
        back("a restart that hangs", *m.apply("fine", timeout=2, restart=f"[ -f {m.path('tried')} ] || {{ touch {m.path('tried')}; exec sleep 600; }}; {m.restart}"),
             "did not end in time")
        back("a restart that restarts nothing", *m.apply("fine", timeout=1, restart="true"), "still the old process")


def refused():
    with Machine() as m:
        old, pid = digest(m.path("coresdk-sidecar")), m.pid()
        stranger = Key(m.path("stranger"))

        def check(what, text, status, said):
            ok(status == 5 and text in said and digest(m.path("coresdk-sidecar")) == old and m.pid() == pid, what,
               f"{status} {said}")

        m.sign(SIDECAR, "older", "0.0.9")
        check("an older one", "--allow-downgrade", *m.apply("older"))
        m.sign(SIDECAR, "foreign", "0.2.0", key=stranger)
        check("one of another key", "another key", *m.apply("foreign"))
        shutil.copy(SIDECAR, m.path("bare"))
        check("one that is not signed", "never signed", *m.apply("bare"))
        data = bytearray(pathlib.Path(m.sign(SIDECAR, "flipped")).read_bytes())
        data[4000] ^= 1
        pathlib.Path(m.path("flipped")).write_bytes(data)
        check("one that was changed", "changed after it was signed", *m.apply("flipped"))
        status, said = m.apply("older", "--allow-downgrade", timeout=60)
        ok(status == 8 and "another version" in said, "--allow-downgrade takes it, and sees that it is no 0.0.9", said)
        m.config["listen"] = {"admin": ""}
        m.write_config()
        status, said = m.apply("older", "--allow-downgrade")
        ok(status == 4 and "listen.admin" in said, "without an admin socket nobody can tell", said)


def killed():
    """kill -9 in the middle, while the new program was being started."""
    with Machine() as m:
        old = digest(m.path("coresdk-sidecar"))
        m.sign("#!/bin/sh\nexec sleep 600\n", "hangs", "0.2.0")
        update = subprocess.Popen([CORE, "update", "apply", m.path("hangs"), "--pubkey", m.office.pub, "--config",
                                   m.path("coresdk-sidecar.yaml"), "--restart", m.restart, "--rollback-timeout", "60"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(400):
            if digest(m.path("coresdk-sidecar")) != old and m.pid() is None:
                break
            time.sleep(0.02)
        update.kill()
        update.wait()
        ok(digest(m.path("coresdk-sidecar")) == digest(m.path("hangs")), "killed with the new one in place")
        status, said = core("media", "recover", "--config", m.path("coresdk-sidecar.yaml"))
        ok(status == 0 and "was undone" in said and digest(m.path("coresdk-sidecar")) == old, "recovered", said)
        subprocess.run([m.restart], check=True)
        ok(any(m.pid() or time.sleep(0.05) for _ in range(200)), "and serves")


run_scenarios(good, bad, refused, killed)
