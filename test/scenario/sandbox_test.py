# SPDX-License-Identifier: Apache-2.0
"""The sandbox from outside: what it says, what goes on working inside, and every system call of a life."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from house import House, run_scenarios
from rig import field, fields, make_certificates, ok

LAYERS = ("privileges", "netns", "landlock", "seccomp")
VALIDATE = "/coresdk.v1.AuthService/ValidateToken"
RELOADS = int(os.environ.get("RELOADS", "15"))
DECISIONS = int(os.environ.get("DECISIONS", "200"))


def states(d):
    """What the daemon says of each layer at its start."""
    for line in d.logged().splitlines():
        if '"body":"sandbox"' in line:
            return json.loads(line)["attributes"]
    return {}


def reload(d):
    """By SIGHUP; True: everything was taken."""
    before = d.logged()
    good, bad = "everything was read again", "not everything could be read again"
    d.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        now = d.logged()
        if now.count(good) > before.count(good):
            return True
        if now.count(bad) > before.count(bad):
            return False
        time.sleep(0.01)
    return None


def status_of(d):
    text = pathlib.Path(f"/proc/{d.process.pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def privileges():
    with House() as house:
        d = house.start()
        said = states(d)
        ok(set(said) == set(LAYERS) and said["privileges"] == "on" and said["seccomp"] == "on",
           f"it says what holds: {said}", d.logged())
        found = status_of(d)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            if name != "CapBnd" or os.geteuid() == 0:
                ok(int(found[name], 16) == 0, f"{name} is empty", found[name])
        ok(found["NoNewPrivs"] == "1" and found["Seccomp"] == "2" and found["Umask"] == "0027", "no_new_privs, a filter, the mask")
        limits = pathlib.Path(f"/proc/{d.process.pid}/limits").read_text()
        ok(re.search(r"Max core file size +0 +0 ", limits) is not None, "no core file")
        ok(os.stat(f"/proc/{d.process.pid}/environ").st_uid == 0, "its environment is root's alone to read")
        workers = [t for t in pathlib.Path(f"/proc/{d.process.pid}/task").iterdir()
                   if "Seccomp_filters:\t2" in (t / "status").read_text()]
        ok(len(workers) >= 1, f"{len(workers)} workers have a filter of their own besides")
        if said["netns"] == "on":
            ok(os.readlink(f"/proc/{d.process.pid}/ns/net") != os.readlink("/proc/self/ns/net"), "it has left the network")
        ok(oct(os.stat(house.path("audit/audit.ndjson")).st_mode & 0o777) == "0o640", "the log is still its group's to read")
        d.stop()


def wishes():
    for layer in LAYERS[1:]:
        with House(sandbox={layer: "off"}) as house:
            d = house.start()
            ok(states(d).get(layer) == "off" and d.evaluate("data.authz.allow", {"id": 1})[0], f"sandbox.{layer}: off", d.logged())
            d.stop()
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return
    poor = ("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin")
    with House() as house:
        d = house.start(wrap=poor)
        ok(states(d).get("netns") == "missing" and "CAP_SYS_ADMIN" in d.logged(), "without the capability: it says what is missing, and why")
        d.stop()
    with House(sandbox={"netns": "required"}) as house:
        d = house.start(wrap=poor)
        ok(d.ready_after is None and d.stop()[1] == 8, "required: it does not start without", d.logged())
        ok("sandbox.netns is required" in d.logged() and "netns: auto" in d.logged(), "required: and says which, and what helps")
    with House(sandbox={name: "required" for name in LAYERS[1:]}) as house:
        d = house.start()
        ok(d.ready_after is not None, "required: it starts with all", d.logged())
        d.stop()


def unprivileged():
    """As the unit runs it: nobody in particular."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return
    with House() as house:
        run = subprocess.run
        run(["chown", "-R", "65534:65534", house.room], check=True)
        d = house.start(wrap=("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"))
        ok(d.ready_after is not None, "not root: it starts", d.logged())
        ok(states(d).get("seccomp") == "on" and states(d).get("netns") == "missing",
           f"not root: {states(d)}")
        ok(d.evaluate("data.authz.allow", {"id": 1})[0] and reload(d), "not root: it decides and reloads")
        d.stop()


def where_files_are():
    """What was configured may be read for ever; what is named later only where the start said so."""
    with House() as house, House() as other:
        issuer, elsewhere = pathlib.Path(house.path("jwks.json")).read_text(), other.path("moved.json")
        for name in ("v1", "v2"):
            os.makedirs(house.path(name))
            pathlib.Path(house.path(f"{name}/jwks.json")).write_text(issuer)
        os.symlink("v1", house.path("current"))
        house.config["auth"]["jwks_path"] = house.path("current/jwks.json")
        house.write_config()
        pathlib.Path(elsewhere).write_text(issuer)
        d = house.start()
        token = house.issuer.token(sub="u")
        os.symlink("v2", house.path("current.new"))
        os.replace(house.path("current.new"), house.path("current"))
        shutil.rmtree(house.path("v1"))
        ok(reload(d) and fields(d.call(VALIDATE, field(1, token))).get(1) == [1], "a link that is swapped is followed", d.logged())
        house.write_bundle(revision="r2", number=6)
        ok(reload(d) and d.admin({"command": "status"})["revision"] == "r2", "a bundle that is replaced is read")
        house.config["auth"]["jwks_path"] = elsewhere
        house.write_config()
        holds = states(d)["landlock"] != "missing"
        ok(reload(d) is not holds and (not holds or "sandbox.read_dirs" in d.logged()), "a file elsewhere is refused, and it says why",
           d.logged())
        ok(not holds or 1 not in fields(d.call(VALIDATE, field(1, token))), "and no token of its issuer is believed")
        d.reload_policy(other.write_bundle(key=house.key, revision="r3", number=7))
        ok(d.admin({"command": "status"})["revision"] == "r3", "a bundle from elsewhere comes by descriptor")
        d.stop()
        house.config["auth"]["jwks_path"] = house.path("jwks.json")
        house.write_bundle(revision="r4", number=8)
        house.config["sandbox"] = {"read_dirs": [other.room]}
        house.write_config()
        d = house.start()
        house.config["auth"]["jwks_path"] = elsewhere
        house.write_config()
        ok(reload(d) and fields(d.call(VALIDATE, field(1, token))).get(1) == [1], "sandbox.read_dirs: then it is read", d.logged())
        d.stop()


def everything_goes_on():
    """Rotation, packing, secrets, certificates, revocation: all of it with all layers on."""
    with House(sandbox={"seccomp": "required"}) as house:
        make_certificates(house.room)
        os.makedirs(house.path("secrets/acme"))
        pathlib.Path(house.path("secrets/acme/db")).write_text("hunter2")
        os.chmod(house.path("secrets/acme/db"), 0o600)
        house.config["secrets"] = {"dir": house.path("secrets")}
        house.config["audit"]["file"].update({"rotate_mb": 1, "keep_rotated": 3})
        house.config["tls"] = {"auto_pki": True}
        house.config["listen"] = {"unix": house.path("grpc.sock")}
        house.write_config()
        import grpc
        d = house.start(wait=False)
        end = time.monotonic() + 15
        while "CoreSDK Sidecar ready." not in d.logged() and time.monotonic() < end:
            time.sleep(0.02)
        with grpc.insecure_channel(f"unix:{house.path('grpc.sock')}") as channel:
            document = json.dumps({"id": 1, "pad": "x" * 2000})
            end = time.monotonic() + 30
            packed = []
            while len(packed) < 2 and time.monotonic() < end:
                for _ in range(300):
                    d.evaluate("data.authz.allow", document, channel=channel)
                packed = list(pathlib.Path(house.path("audit")).glob("*.gz"))
            ok(len(packed) >= 2, f"the log is rotated and packed: {len(packed)} files", d.logged()[-2000:])
            ok(reload(d), "certificates and all are read again", d.logged()[-2000:])
        took, code = d.stop()
        ok(code == 0 and not os.path.exists(house.path("grpc.sock")) and not os.path.exists(house.path("admin.sock")),
           "it stops, and removes its sockets")


def all_system_calls():
    if not shutil.which("strace"):
        return
    with House() as house:
        trace = house.path("trace")
        d = house.start(wrap=("strace", "-D", "-f", "-qq", "-o", trace, "-e", "trace=%network,seccomp,execve,execveat,clone,clone3,io_uring_setup"))
        ok(d.ready_after is not None, "traced: it runs", d.logged())
        for i in range(DECISIONS):
            d.evaluate("data.authz.allow", {"id": i})
        for token in (house.issuer.token(sub="u"), house.issuer.token(sub="u", kid="unknown"), "junk"):
            d.call(VALIDATE, field(1, token) + field(2, "t"))
        good = pathlib.Path(house.path("bundle.tar.gz")).read_bytes()
        taken = 0
        for i in range(RELOADS):
            bad = i % 3 == 2
            if bad:
                pathlib.Path(house.path("bundle.tar.gz")).write_bytes(good[:-7])
            else:
                house.write_bundle(revision=f"r{i}", number=10 + i)
                good = pathlib.Path(house.path("bundle.tar.gz")).read_bytes()
            taken += reload(d) is not bad
        ok(taken == RELOADS, f"traced: {RELOADS} reloads, each third of a bad bundle")
        d.reload_policy(house.path("bundle.tar.gz"))
        ok(d.stop()[1] == 0, "traced: it stops")
        lines = pathlib.Path(trace).read_text().splitlines()
        sealed = [i for i, line in enumerate(lines) if "seccomp(SECCOMP_SET_MODE_FILTER" in line and "TSYNC" in line and line.endswith("= 0")]
        ok(len(sealed) == 1 and any("listen(" in line for line in lines[:sealed[0]]), "traced: it is sealed once, after it listens")
        after = lines[sealed[0]:] if sealed else lines
        ok(sum("accept4(" in line for line in after) > 0, f"traced: {len(after)} calls after that")
        for label, pattern in (("connect", r"\bconnect\("), ("socket of any family", r"\bsocket\("), ("bind or listen", r"\b(bind|listen)\("),
                               ("sendto with an address", r"\bsendto\(.*sa_family"), ("sendmsg", r"\bsendm?msg\("),
                               ("execve", r"\bexecve"), ("io_uring", r"io_uring"), ("process", r"\bclone3?\((?!.*CLONE_THREAD)")):
            hits = [line for line in after if re.search(pattern, line)]
            ok(not hits, f"traced: 0 {label}", "\n".join(hits[:5]))
        ok(not any(re.search(r"\bconnect\(", line) for line in lines), "traced: 0 connect before that either")


run_scenarios(privileges, wishes, unprivileged, where_files_are, everything_goes_on, all_system_calls)
