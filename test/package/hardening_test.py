# SPDX-License-Identifier: Apache-2.0
"""hardening: what the compiler and the linker were asked for is in the programs, and what must not be there is not."""
import glob
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
from rig import done, ok, run

BUILD = pathlib.Path(os.environ["BUILD"])
PROGRAMS = {"core": os.environ["CORE"], "coresdk-sidecar": os.environ["SIDECAR"]}  # not yet stripped

# Nothing of ours may call these; those in the second list not even be in the program.
BANNED = {"getaddrinfo", "gethostbyname", "getnameinfo", "connect", "res_query", "system", "popen", "dlopen", "execve", "execv", "execvp", "fork",
          "vfork", "strcpy", "strcat", "stpcpy", "sprintf", "vsprintf", "strtok", "gets", "tmpnam", "mktemp", "atoi", "atol", "atof", "rand"}
ABSENT = {"system", "popen", "gets", "tmpnam", "mktemp", "execve", "execv", "execvp", "fork", "vfork", "res_query", "res_search",
          "__libc_res_nsend", "__res_context_query", "_nss_dns_gethostbyname4_r", "gethostbyaddr_r", "getservbyname_r"}
UNIX_ONLY = {"src_sidecar_notify.c.o", "notify.c.o", "src_admin_client.c.o", "client.c.o"}  # systemd's and the daemon's Unix socket


def objects():
    """Every object of a room, tests and fuzz targets left out."""
    for path in sorted(glob.glob(f"{BUILD}/src/*/*.p/*.o")):
        if not re.search(r"_(test|fuzz)\.c\.o$|/(tap|certificates|echo|grpc_client|echo_server)\.|test_support|support_|/echo", path):
            yield path


def try_program(name, path):
    head = run("readelf", "-hlWd", path).decode()
    sections = run("readelf", "-SW", path).decode()
    symbols = {line.split()[-1] for line in run("nm", path).decode().splitlines() if " U " not in line}
    ok("DYN (Position-Independent Executable" in head and re.search(r"FLAGS_1.*\bPIE\b", head), f"{name}: position-independent", head)
    ok("INTERP" not in head and "(NEEDED)" not in head, f"{name}: static")
    ok("GNU_RELRO" in head and "BIND_NOW" in head, f"{name}: relocations are done at the start and then read-only")
    ok(".got.plt" not in sections, f"{name}: no part of the GOT stays writable")
    ok(re.search(r"GNU_STACK .* RW +0x", head), f"{name}: no executable stack", head)
    loads = re.findall(r"LOAD .*0x\w+ ((?:R|W|E| )+)0x", head)
    ok(loads and not any("W" in flags and "E" in flags for flags in loads), f"{name}: nothing is writable and executable", loads)
    ok(any(flags.strip() == "R" for flags in loads[:1]), f"{name}: code stands apart from headers and constants", loads)
    ok("TEXTREL" not in head, f"{name}: no relocations in code")
    ok("RPATH" not in head and "RUNPATH" not in head, f"{name}: no search path")
    ok("__stack_chk_fail" in symbols, f"{name}: the stack protector is linked in")
    ok(len([s for s in symbols if re.fullmatch(r"__\w+_chk", s)]) >= 4, f"{name}: checked functions are linked in (FORTIFY)")
    # `core update` and `core media` restart the sidecar by a command; the daemon starts nothing.
    there = symbols & (ABSENT - {"execve"} if name == "core" else ABSENT)
    ok(not there, f"{name}: no resolver, and no way to start a program that it does not need", there)


def try_objects():
    paths = list(objects())
    ok(len(paths) > 150, "objects of the rooms are found", len(paths))
    notes = run("readelf", "-nW", *paths).decode().split("\nFile: ")
    bare = [n.split("\n")[0] for n in notes[1:] if "IBT, SHSTK" not in n]
    ok(not bare, "each object is marked for IBT and shadow stacks", bare)
    calls = {}
    for path, symbol in re.findall(r"^(\S+?):\s+U (\S+)$", run("nm", "-uA", *paths).decode(), re.M):
        calls.setdefault(symbol, set()).add(os.path.basename(path))
    found = {s: calls[s] for s in BANNED & calls.keys() if not (s == "connect" and calls[s] <= UNIX_ONLY)}
    ok(not found, "no object calls what is banned", found)
    ok(calls.get("connect", set()) <= UNIX_ONLY, "connect is called for Unix sockets only", calls.get("connect"))
    ok(len(calls.get("__stack_chk_fail", ())) > 50, "functions with buffers are guarded", len(calls.get("__stack_chk_fail", ())))
    ok(any(s.endswith("_chk") for s in calls), "FORTIFY is on where objects are compiled")


def try_delivered():
    for name in PROGRAMS:
        path = BUILD / "bin" / name
        sections = run("readelf", "-SW", str(path)).decode()
        ok(".symtab" not in sections and ".debug" not in sections, f"{name}: delivered without symbols")
        text = path.read_bytes()
        paths = {p for p in (str(BUILD.resolve()), str(BUILD.resolve().parent)) if p.encode() in text}
        ok(not paths, f"{name}: no path of this machine is in it", paths)
        ok(len(text) < 12 << 20, f"{name}: less than 12 MiB", len(text))


def try_checker():
    """The eyes above are open: they see what a careless build would have."""
    loose = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"loose-{os.getpid()}"
    built = subprocess.run(["cc", "-x", "c", "-", "-o", str(loose), "-z", "execstack", "-z", "norelro", "-no-pie"], capture_output=True,
                           input=b"#include <stdlib.h>\nint main(int n, char **v) { return system(v[0]); }\n")
    if built.returncode == 0:
        head = run("readelf", "-hlWd", str(loose)).decode()
        ok("RWE" in head and "GNU_RELRO" not in head and "DYN" not in head.split("Entry")[0], "a careless program is told apart", head)
        ok("system" in run("nm", "-u", str(loose)).decode(), "and so is what it calls")
        loose.unlink()


for program in PROGRAMS.items():
    try_program(*program)
try_objects()
try_delivered()
try_checker()
done()
