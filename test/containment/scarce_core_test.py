# SPDX-License-Identifier: Apache-2.0
"""Every command of `core`, with the n-th allocation refused, and with all from the n-th on.

Each must end by itself: with its usual answer, or with an error, an exit status that says
so and words that say why; never by a signal, and never with a yes that was a no.
SAMPLES: allocations tried for each command (0: all).
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
from house import House, run_scenarios  # noqa: E402
from rig import ok  # noqa: E402
from scarce import Memory, sample  # noqa: E402

CORE = os.path.abspath(os.environ.get("SCARCE_CORE", "build/test/containment/scarce-core"))
SANITIZER = os.environ.get("SANITIZER", "none")  # it has a malloc of its own
SAMPLES = int(os.environ.get("SAMPLES", "16"))
ONLY = os.environ.get("ONLY", "")


def prepare(house):
    """A directory in which every command has something to do."""
    def write(name, text):
        path = pathlib.Path(house.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("p/authz.rego", "package authz\n\nimport rego.v1\n\ndefault allow := false\n\n"
          "allow if {\n\tsome r in input.roles\n\tregex.match(`^adm`, r)\n}\n")
    write("p/authz_test.rego", "package authz_test\n\nimport rego.v1\n\ntest_a if data.authz.allow with input as {\"roles\": [\"admin\"]}\n")
    write("p/data.yaml", "limits:\n  max: 10\n")
    write("broken/b.rego", "package b\n\nimport rego.v1\n\nallow if nothing\n")
    write("input.json", '{"roles": ["admin"]}')
    write("config.yaml", "flags:\n  a:\n    enabled: true\n")
    write("key.hmac", "k" * 64)
    os.chmod(house.path("key.hmac"), 0o600)
    d = house.start()
    for i in range(20):
        d.evaluate("data.authz.allow", {"id": i})
    d.stop()
    log = pathlib.Path(house.path("audit/audit.ndjson")).read_text()
    write("broken.ndjson", log.replace('"r1"', '"r2"', 1) if '"r1"' in log else log[:-200] + log[-180:])
    write("token", house.issuer.token(sub="u"))
    write("bad-token", house.issuer.token(sub="u")[:-8] + "AAAAAAAA")


def commands(house):
    token, bad = (pathlib.Path(house.path(n)).read_text() for n in ("token", "bad-token"))
    return [
        ["eval", "-d", "p", "-i", "input.json", "data.authz.allow"],
        ["eval", "--fail", "-d", "p", "-i", "config.yaml", "data.authz.allow == true"],
        ["check", "p"], ["check", "broken"], ["fmt", "p/authz.rego"], ["fmt", "--diff", "broken/b.rego"],
        ["parse", "p/authz.rego"], ["dis", "p"], ["builtins"], ["capabilities"],
        ["policy", "lint", "p"], ["policy", "lint", "broken"], ["policy", "test", "p"],
        ["policy", "bundle", "inspect", "bundle.tar.gz", "--verify-key", "signing-key.pub"],
        ["config", "check", "coresdk-sidecar.yaml"], ["config", "check", "config.yaml"], ["config", "show"],
        ["config", "sign", "config.yaml", "--key", "key.hmac"],
        ["license", "inspect", "token"],
        ["audit", "verify", "audit/audit.ndjson"], ["audit", "verify", "broken.ndjson"],
        ["audit", "query", "audit/audit.ndjson"],
        ["jwks", "inspect", "jwks.json"], ["jwks", "check", "jwks.json"], ["jwks", "convert", "jwks.json"],
        ["token", "verify", token, "--jwks", "jwks.json"], ["token", "verify", bad, "--jwks", "jwks.json"],
        ["token", "inspect", token], ["sidecar", "status", "--socket", "none.sock"], ["--help"], ["nonsense"],
    ]


def judge(usual, got, denied):
    """What is wrong with how it ended; empty: nothing."""
    if got.returncode < 0:
        return f"signal {signal.Signals(-got.returncode).name}"
    if "Sanitizer" in got.stderr or "runtime error" in got.stderr:
        return "a sanitizer's finding"
    said, says = (re.sub(r"[0-9.]+ ms", "", x.stdout) for x in (usual, got))
    if got.returncode == usual.returncode == 0 and said != says and not denied:
        return "another answer, and exit 0"
    if got.returncode == 0 and usual.returncode != 0:
        return f"exit 0 instead of {usual.returncode}"
    if got.returncode != usual.returncode and not got.stderr and not got.stdout:
        return f"exit {got.returncode} without a word"
    return ""


def sweep(memory, house, args):
    def run(at=0, sticky=False):
        try:
            return memory.run([CORE, *args], at, sticky, cwd=house.room)
        except subprocess.TimeoutExpired as e:
            return subprocess.CompletedProcess(args, -signal.SIGXCPU, "", str(e))

    usual = run()
    total, wrong, tried = memory.count, {}, 0
    for sticky in (False, True):
        for at in sample(total, SAMPLES):
            got = run(at, sticky)
            tried += 1
            why = judge(usual, got, memory.failed == 0)
            if why:
                wrong.setdefault(f"{why}{', sticky' if sticky else ''}", []).append((at, got.stderr[-300:]))
    name = " ".join(args)[:60]
    ok(not wrong and (total > 0 or SANITIZER != "none"), f"core {name}: {tried} of {2 * total} failures of memory end well",
       "\n".join(f"{why}: {len(all_)} times, first at {all_[0]}" for why, all_ in wrong.items()))


def every_command():
    with House() as house:
        prepare(house)
        memory = Memory(house.path("memory"))
        for args in commands(house):
            if ONLY in " ".join(args):
                sweep(memory, house, args)


run_scenarios(every_command)
