#!/usr/bin/python3
"""Every policy of cases.py, and of the shared index when it is at hand, ends in time, within
memory, with an error that names the rule and its row.  CORE: the program."""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

import cases

CORE = os.environ["CORE"]
os.environ["ASAN_OPTIONS"] = "intercept_memmem=0"  # which looks at the whole text at each call
SHARED = os.environ.get("CORESDK_SHARED") or os.path.join(os.path.dirname(__file__), "../../../shared")
SLOW = 20 if "build-asan" in CORE or "build-tsan" in CORE or "build-cover" in CORE else 1
WALL_SECONDS = 3.0 * SLOW  # generous: the budget is 0.1 s, the machine may be busy
CPU_SECONDS = 0.6 * SLOW
LOAD_CPU_SECONDS = 4.0 * SLOW
MEMORY_KIB = 96 << 10  # 32 MiB of values, a text on its way, the program and its compiler
COMPILER_KIB = 256 << 10

WORDS = {
    "time": "takes longer than it may",
    "steps": "steps",
    "memory": "needs more memory",
    "depth": "calls nest too deep",
    "deep": "nests deeper than",
    "big": "number too big",
}

count = failed = 0


def ok(good, name, note=""):
    global count, failed
    count += 1
    failed += not good
    print(("ok" if good else "not ok"), count, "-", name)
    if not good:
        print("# " + note)


def run(path, query, limits="server"):
    """Answers the verdict, its error, the seconds of CPU and the KiB it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen([CORE, "eval", "--limits", limits, "-d", path, query],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    timer = time.monotonic()
    out = b""
    try:
        out, _ = child.communicate(timeout=WALL_SECONDS * 10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return "hangs", {}, 0, 0, time.monotonic() - timer
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.monotonic() - timer
    try:
        answer = json.loads(out)
    except ValueError:
        return "crash %s" % child.returncode, {}, cpu, after.ru_maxrss, wall
    if "errors" not in answer:
        return "fine" if "result" in answer else "undefined", {}, cpu, after.ru_maxrss, wall
    error = answer["errors"][0]
    if child.returncode < 0:
        return "crash", error, cpu, after.ru_maxrss, wall
    if error["code"] != "eval_cancel_error":
        return ("load" if not error["code"].startswith("eval_") else "error"), error, cpu, after.ru_maxrss, wall
    for word, text in WORDS.items():
        if text in error["message"]:
            return word, error, cpu, after.ru_maxrss, wall
    return "limit", error, cpu, after.ru_maxrss, wall


def isolated(name, path, query, wanted, text):
    """In a process of its own, so that ru_maxrss is this one's alone."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        verdict, error, cpu, memory, wall = run(path, query)
        os.write(writer, json.dumps([verdict, error, cpu, memory, wall]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        verdict, error, cpu, memory, wall = json.loads(pipe.read())
    os.waitpid(pid, 0)
    row = error.get("location", {}).get("row", 0)
    named = re.search(r"data\.\w|\w\.?\w*: | of query | that query ", error.get("message", "")) is not None
    large = len(text) > 100000
    note = "%s (%s) at row %d, %.2f s, %.2f s of CPU, %d KiB" % (
        verdict, error.get("message"), row, wall, cpu, memory)
    good = verdict in wanted and cpu < (LOAD_CPU_SECONDS if large else CPU_SECONDS)
    good = good and wall < WALL_SECONDS * 5
    good = good and (SLOW > 1 or memory < (COMPILER_KIB if large else MEMORY_KIB))
    if verdict in WORDS or verdict == "limit":
        good = good and named and 1 <= row <= text.count("\n") + 1
    if os.environ.get("VERBOSE"):
        print("# " + note)
    ok(good, "%s: %s" % (name, verdict), "wanted " + "/".join(sorted(wanted)) + ": " + note)


def try_cases(only):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bomb.rego")
        for name, wanted, body in cases.CASES:
            if only and only not in name:
                continue
            text = "package t\n" + body + "\n"
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            wanted = set(wanted.split("|"))
            wanted |= {"time"}  # which comes first where the machine is busy
            if "fine" in wanted:
                wanted |= {"undefined"}
            isolated(name, path, "data.t.p", wanted, text)


# What the index's words allow.
ALLOWED = {
    "budget": set(WORDS) | {"limit"},
    "error": {"error"},
    "undefined": {"undefined"},
    "refused": {"undefined", "error", "load", "limit"} | set(WORDS),
}
EXPECT = {
    "budget-error": "budget",
    "load-error": "load",
    "ok": "fine",
    "ok-or-budget": "fine budget",
    "ok-or-load-error": "fine undefined load",
    "ok-or-undefined": "fine undefined",
    "ok-or-eval-error": "fine undefined error",
    "eval-error-or-undefined": "error undefined",
    "eval-error-or-undefined-or-budget": "error undefined budget",
    "load-error-or-eval-error": "load error",
    "eval-error-or-load-error": "load error",
    "budget-error-or-refused": "budget refused",
    "linear-time-or-refused": "fine refused",
    "refused-or-undefined-and-zero-network-syscalls": "fine refused",
    "zero-network-syscalls": "fine refused",
    "no-secrets": "fine undefined",
}
# Where OPA, and so this compiler, does not come to evaluating: the type checker refuses
# [1][18446744073709551616] and input.x + "a"; `with` may not stand in a rule's head; a huge
# width is no width for fmt.
STRICTER = {"rego-087": "load", "rego-091": "load", "rego-036": "fine", "rego-080": "load fine"}


def try_index():
    folder = os.path.join(SHARED, "security/vectors/policy-bombs")
    index = os.path.join(folder, "index.jsonl")
    if not os.path.exists(index):
        ok(True, "the shared index # SKIP it is not here")
        return
    with open(index, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        wanted = set()
        for word in (EXPECT[row["expect"]] + " " + STRICTER.get(row["id"], "")).split():
            wanted |= ALLOWED.get(word, {word})
        path = os.path.join(folder, row["file"])
        with open(path, encoding="utf-8", errors="replace") as policy:
            isolated("%s, %s" % (row["id"], row["note"]), path, row["query"], wanted, policy.read())


if __name__ == "__main__":
    try_cases(sys.argv[1] if len(sys.argv) > 1 else "")
    if len(sys.argv) < 2:
        try_index()
    print("1..%d" % count)
    sys.exit(failed > 0)
