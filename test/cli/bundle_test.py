# SPDX-License-Identifier: Apache-2.0
"""core policy bundle verify, list, extract, diff: bundles of ours, of OPA's, and hostile ones."""
import gzip
import io
import json
import os
import pathlib
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import opa_bundle as opa  # noqa: E402

CORE, MEASURE = os.environ["CORE"], os.environ["MEASURE"]
HERE = pathlib.Path(__file__).resolve()
SHARED = pathlib.Path(os.environ.get("CORESDK_SHARED", HERE.parents[3] / "shared"))
MIB = 1 << 20
POLICY = "package authz\n\ndefault allow := false\n\nallow if input.user == data.owners[_]\n"
count = failed = 0


def ok(good, name, note=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good and note:
        print("\n".join("# " + line for line in str(note).splitlines()))


class Result:
    """What a run of core said, and the most memory that it had (bytes)."""

    def __init__(self, *args):
        done = subprocess.run([MEASURE, "peak", CORE, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
                              env={**os.environ, "SOURCE_DATE_EPOCH": "1773921600"}, timeout=300)
        self.out, self.err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        self.code, self.peak = done.returncode, int(pathlib.Path("peak").read_text()) * 1024

    def __str__(self):
        return f"exit {self.code}, {self.peak // 1024} KiB\n{self.out[-500:]}{self.err[-500:]}"


def bundle(*args):
    return Result("policy", "bundle", *args)


def check(got, code, *pieces, name):
    text = got.out + got.err
    ok(got.code == code and all(p in text for p in pieces) and "runtime error" not in text, name, got)
    return got


def write(name, text):
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def make(name, files, *options):
    for file, text in files.items():
        write(f"{name}/{file}", text)
    got = bundle("--dir", name, "--sign-key", "signing-key.pem", "--output", f"{name}.tar.gz", *options)
    ok(got.code == 0, f"{name} is built", got)
    return f"{name}.tar.gz"


# ---- our own ----

def try_verify():
    made = make("old", {"authz/p.rego": POLICY, "data.json": '{"owners": ["ann"], "deep": {"a/b": 1, "l": [1]}}'},
                "--revision", "r1", "--revision-number", "7", "--expires", "1900000000")
    Result("policy", "keygen", "--out", "other")
    check(bundle("verify", made, "--pubkey", "signing-key.pub"), 0, "verified", "Revision: r1", "Revision number: 7",
          name="a good bundle is verified")
    got = check(bundle("verify", made, "--pubkey", "other/signing-key.pub", "--pubkey", "signing-key.pub", "--format",
                       "json"), 0, name="by one of several keys")
    ok(json.loads(got.out or "{}").get("revision_number") == 7, "and said in JSON", got)
    check(bundle("verify", made, "--pubkey", "other/signing-key.pub"), 5, "no signature verifies",
          name="with another key it is not")
    check(bundle("verify", made), 64, "--pubkey is needed", name="nor without any")
    check(bundle("verify", made, "--pubkey", "signing-key.pub", "--at", "1900000001"), 5, "has expired",
          name="nor when it has expired")
    check(bundle("verify", made, "--pubkey", "signing-key.pub", "--scope", "other"), 5, "another scope",
          name="nor for another scope")
    raw = bytearray(pathlib.Path(made).read_bytes())
    raw[len(raw) // 2] ^= 1
    check(bundle("verify", write("bent.tar.gz", bytes(raw)), "--pubkey", "signing-key.pub"), 5, name="nor a changed byte")
    first = pathlib.Path(made).read_bytes()
    make("old", {}, "--revision", "r1", "--revision-number", "7", "--expires", "1900000000")
    ok(first != b"" and first == pathlib.Path(made).read_bytes(), "built twice it is the same to the bit")
    got = check(bundle("list", made), 0, "authz/p.rego", "data.json", ".signatures.json", name="its files are listed")
    rows = json.loads(bundle("list", made, "--format", "json").out)
    ok({r["name"] for r in rows} == {"authz/p.rego", "data.json", ".manifest", ".signatures.json"}, "as JSON too", rows)
    check(bundle("--dir", "old", "--sign-key", "signing-key.pem", "--output", "quiet.tar.gz"), 0,
          name="built without a terminal")
    ok("\r" not in bundle("--dir", "old", "--sign-key", "signing-key.pem", "--output", "quiet.tar.gz").err,
       "nothing is said of progress then")


def try_terminal():
    """A terminal on stderr sees one line that is written over and wiped."""
    leader, terminal = os.openpty()
    code = subprocess.run([CORE, "policy", "bundle", "--dir", "old", "--sign-key", "signing-key.pem", "--output",
                           "quiet.tar.gz"], stderr=terminal, stdout=subprocess.DEVNULL, timeout=60).returncode
    os.close(terminal)
    said = os.read(leader, 4096).decode()
    os.close(leader)
    ok(code == 0 and "signing and packing" in said and said.endswith("\r\033[K"), "a terminal is shown the progress", repr(said))


def try_extract():
    made = "old.tar.gz"
    os.umask(0o077)
    check(bundle("extract", made, "--to", "out/deep"), 0, "authz/p.rego", "not verified", name="it is extracted")
    ok(pathlib.Path("out/deep/authz/p.rego").read_text() == POLICY, "with what was put in")
    ok(stat.S_IMODE(os.stat("out/deep/authz/p.rego").st_mode) == 0o644 and
       stat.S_IMODE(os.stat("out/deep/authz").st_mode) == 0o755, "modes are fixed, whatever the umask")
    os.umask(0o022)
    check(bundle("extract", made, "--to", "out/deep"), 6, "it is there already", name="nothing is replaced")
    check(bundle("extract", made, "--to", "out/deep", "--overwrite", "--pubkey", "signing-key.pub"), 0,
          name="unless that is asked for")
    os.makedirs("trap")
    os.makedirs("elsewhere")
    os.symlink("../elsewhere", "trap/authz")
    check(bundle("extract", made, "--to", "trap", "--overwrite"), 6, "a link or no directory", name="no link is followed")
    write("victim", "kept")
    os.makedirs("trap2/authz")
    os.symlink("../../victim", "trap2/authz/p.rego")
    check(bundle("extract", made, "--to", "trap2", "--overwrite"), 0, name="a link in a file's place is replaced")
    ok(pathlib.Path("victim").read_text() == "kept" and not os.listdir("elsewhere") and
       not os.path.islink("trap2/authz/p.rego"), "and nothing was written through one")
    check(bundle("extract", made, "--to", "no", "--pubkey", "other/signing-key.pub"), 5, name="another key's is not extracted")
    ok(not os.path.exists("no"), "and leaves nothing")
    check(bundle("extract", made), 64, "--to is needed", name="extract needs a place")


def try_diff():
    again = make("again", {"z.rego": "# moved, and said otherwise\npackage authz\n\nallow if {\n\tinput.user == data.owners[_]\n}\n\n"
                           "default   allow := false\n", "data.json": '{"deep": {"l": [1.0], "a/b": 1}, "owners": ["ann"]}'},
                 "--revision", "r1", "--revision-number", "7", "--expires", "1900000000")
    got = check(bundle("diff", "old.tar.gz", again), 0, name="comments, blanks and order are no difference")
    ok(got.out == "", "and nothing is said", got)
    new = make("new", {"authz/p.rego": POLICY.replace("data.owners", "data.bosses") + "deny contains 1 if input.bad\n",
                       "more.rego": "package more.of[\"x y\"]\n\nq := 1\n",
                       "data.json": '{"owners": [], "deep": {"a/b": 2, "l": [1, {"k": 2}]}, "bosses": ["bob"]}'},
               "--revision", "r2", "--revision-number", "8")
    got = check(bundle("diff", "old.tar.gz", new), 1, "~ rule authz.allow (authz/p.rego:3)\n",
                "+ rule authz.deny (authz/p.rego:6)\n", '+ rule more.of["x y"].q (more.rego:3)\n', '~ data "/deep/a~1b"\n',
                '+ data "/bosses"\n', '+ data "/deep/l/1"\n', '- data "/owners/0"\n', '~ manifest revision "r1" -> "r2"\n',
                "~ manifest revision_number 7 -> 8\n", "- manifest expires 1900000000\n", name="rules, data and manifest differ")
    ok("roots" not in got.out and "/deep\"" not in got.out, "and what does not is not named", got)
    report = json.loads(bundle("diff", "old.tar.gz", new, "--format", "json", "--pubkey", "signing-key.pub").out)
    ok(report["same"] is False and report["rules"]["changed"] == [{"rule": "authz.allow", "file": "authz/p.rego", "line": 3}] and
       report["data"]["changed"] == ["/deep/a~1b"] and report["manifest"]["removed"] == [{"field": "expires", "old": 1900000000}],
       "as JSON too", report)
    report = json.loads(bundle("diff", new, "old.tar.gz", "--format", "json").out)
    ok([r["rule"] for r in report["rules"]["removed"]] == ["authz.deny", 'more.of["x y"].q'], "and backwards", report)
    check(bundle("diff", "old.tar.gz", "bent.tar.gz"), 5, name="a bundle that is refused is not compared")


# ---- OPA's own ----

OPA_FILES = {
    "data.json": '{"b": 1.50, "a": "<ä>&\\u2029", "n": [1e2, -0.0, 100000000000000000000]}'.encode(),
    "nested/deeper/data.json": b'{"list": [{"z": null, "y": true}]}',
    "policy.rego": b"package p\n\nallow if input.x\n",
    "old.rego": b"package old\n\nallow { input.x }\n",
}


def opa_files(**manifest):
    text = {"revision": "rev", "roots": [""], "rego_version": 1, "file_rego_versions": {"/old.rego": 0}, **manifest}
    return {**OPA_FILES, ".manifest": json.dumps(text).encode()}


def try_opa():
    key = opa.make_key("opa")
    yaml = {"conf": {"t": "yes", "k": [1, 2]}}
    files = {**opa_files(), "more/data.yaml": b"conf:\n  k: [1, 2]\n  t: 'yes'\n"}
    for algorithm in ("SHA-256", "SHA-384", "SHA-512"):
        for prefix, listed, directories in (("/", "", ()), ("", "", ()), ("./", "", ("./", "./more/")), ("/", "/", ("/nested",))):
            signed = {**files, ".signatures.json": opa.signatures(files, key, algorithm, {"more/data.yaml": yaml}, listed,
                                                                  keyid="k", iat=1773921600)}
            path = opa.write("opa.tar.gz", signed, prefix, directories)
            check(bundle("verify", path, "--pubkey", "opa.pub"), 0, "Revision: rev",
                  name=f"OPA's bundle, {algorithm}, names with {prefix!r}, listed with {listed!r}")
    got = Result("eval", "--bundle", "opa.tar.gz", "--format", "raw",
                 "[data.nested.deeper.list, data.more.conf.k, data.p.allow, data.old.allow, data.b] "
                 "with input as {\"x\": true}")
    ok(got.code == 0 and json.loads(got.out) == [[{"z": None, "y": True}], [1, 2], True, True, 1.5], "and is evaluated", got)
    rows = (
        ("a listed file is missing", lambda f: f.pop("policy.rego"), "covered by the signature but missing"),
        ("a file is not listed", lambda f: f.update({"x.rego": b"package x\n"}), "not covered by the signature"),
        ("data changed in value", lambda f: f.update({"data.json": f["data.json"].replace(b"1.50", b"1.5")}), "changed after signing"),
        ("a policy changed by a blank", lambda f: f.update({"policy.rego": f["policy.rego"] + b"\n"}), "changed after signing"),
        ("nested data changed", lambda f: f.update({"nested/deeper/data.json": b"{}"}), "changed after signing"),
        ("the manifest changed", lambda f: f.update({".manifest": f[".manifest"].replace(b"rev", b"ver")}), ".manifest: "),
        ("YAML changed", lambda f: f.update({"more/data.yaml": b"conf: 1\n"}), "changed after signing"),
    )
    for name, spoil, why in rows:
        changed = dict(signed)
        spoil(changed)
        check(bundle("verify", opa.write("spoilt.tar.gz", changed), "--pubkey", "opa.pub"), 5, why, name="refused: " + name)
    spaced = {**signed, "data.json": json.dumps(json.loads(signed["nested/deeper/data.json"])).encode()}
    check(bundle("verify", opa.write("spaced.tar.gz", {**signed, "nested/deeper/data.json":
          b'{ "list" : [ {"y":true,\n"z":null} ] }'}), "--pubkey", "opa.pub"), 0,
          name="OPA signs what data says, not how it is laid out")
    ok(spaced != signed, "(that was another text)")
    for name, more, why in (
            ("Wasm resolvers", {".manifest": json.dumps({"wasm": [{"entrypoint": "p/allow", "module": "/policy.wasm"}]}).encode()},
             "Wasm modules, which are not run here"),
            ("a Wasm module", {"policy.wasm": b"\0asm"}, "Wasm modules are not run here"),
            ("a delta bundle", {"patch.json": b'{"data": []}'}, "delta bundles are not taken: send a whole one"),
            ("a compiled plan", {"plan.json": b"{}"}, "compiled plans are not taken"),
            ("data outside the roots", {".manifest": b'{"roots": ["p"]}'}, "roots do not permit"),
            ("a package outside the roots", {".manifest": b'{"roots": ["nested", "a", "b", "n", "old"]}'}, "roots do not permit its package"),
            ("roots that overlap", {".manifest": b'{"roots": ["p", "p/q"]}'}, "overlap"),
            ("a Rego version of 2", {".manifest": b'{"rego_version": 2}'}, "neither 0 nor 1")):
        check(bundle("list", opa.write("odd.tar.gz", {**OPA_FILES, **more})), 5, why, name="refused: " + name)


# ---- hostile archives ----

def header(name, size=0, kind=b"0", link=b"", magic=b"ustar\x0000", prefix=b"", size_field=None):
    head = bytearray(512)

    def put(at, data):
        head[at:at + len(data)] = data
    put(0, name.encode() if isinstance(name, str) else name)
    put(100, b"0000644\0" b"0000000\0" b"0000000\0")
    put(124, size_field or b"%011o\0" % size)
    put(136, b"00000000000\0" b"        ")
    put(156, kind)
    put(157, link)
    put(257, magic)
    put(345, prefix)
    put(148, b"%06o\0 " % sum(head))
    return bytes(head)


def padded(data):
    return data + bytes(-len(data) % 512)


def entry(name, data=b"package p\n", **more):
    return header(name, len(data), **more) + padded(data)


def record(key, value):
    body = f" {key}={value}\n".encode()
    size = len(body) + len(str(len(body)))
    size += len(str(size)) - len(str(len(body)))
    return str(size).encode() + body


def pax(**records):
    return entry("pax", b"".join(record(k.replace("_", "."), v) for k, v in records.items()), kind=b"x")


END = bytes(1024)
GOOD = entry("p.rego")


def gz(raw):
    return gzip.compress(raw, 6, mtime=0)


def zeros(size, head=b""):
    """A gzip member of `head` and so many zeros, made without holding them."""
    packer, parts, crc = zlib.compressobj(6, zlib.DEFLATED, -15), [], zlib.crc32(head)
    parts.append(packer.compress(head))
    block = bytes(MIB)
    for _ in range(size // MIB):
        parts.append(packer.compress(block))
        crc = zlib.crc32(block, crc)
    parts.append(packer.flush())
    return (b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + b"".join(parts) +
            struct.pack("<II", crc, (size + len(head)) & 0xffffffff))


def small_files(number):
    """So many files of no byte, one header after the other: they are counted before they are compared."""
    packer, parts, crc, size = zlib.compressobj(6, zlib.DEFLATED, -15), [], 0, 0
    block = b"".join(header(f"d{k:04}.rego") for k in range(1000))
    for _ in range(0, number, 1000):
        parts.append(packer.compress(block))
        crc, size = zlib.crc32(block, crc), size + len(block)
    parts += [packer.compress(END), packer.flush()]
    return (b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + b"".join(parts) +
            struct.pack("<II", zlib.crc32(END, crc), size + len(END)))


def attacks():
    """(name, bytes, piece of the message)."""
    raw = GOOD + END
    yield from ((name, gz(body + END), why) for name, body, why in (
        ("traversal", entry("../p.rego"), "../p.rego: its name leads out of the bundle"),
        ("traversal in the middle", entry("a/../../p.rego"), "leads out of the bundle"),
        ("traversal behind ./", entry("./../p.rego"), "leads out of the bundle"),
        ("traversal by prefix", entry("p.rego", prefix=b"a/.."), "leads out of the bundle"),
        ("absolute twice", entry("//etc/p.rego"), "its name has an empty part"),
        ("absolute by prefix", entry("p.rego", prefix=b"/etc"), "a name is absolute"),
        ("backslash", entry("a\\p.rego"), "a character that is not allowed"),
        ("escape sequence", entry("a\033[2Jp.rego"), "\\x1b"),
        ("home", entry("~root/p.rego"), "begins or ends with a character that deceives"),
        ("hard link", GOOD + header("q.rego", kind=b"1", link=b"p.rego"), "it is a hard link"),
        ("symbolic link", GOOD + header("q.rego", kind=b"2", link=b"/etc/passwd"), "it is a symbolic link"),
        ("character device", header("null", kind=b"3"), "it is a device"),
        ("block device", header("sda", kind=b"4"), "it is a device"),
        ("pipe", header("fifo", kind=b"6"), "it is a pipe"),
        ("GNU sparse", entry("p.rego", kind=b"S"), "neither file nor directory"),
        ("pax sparse", pax(GNU_sparse_major="1") + GOOD, "a record of an unknown kind"),
        ("pax traversal", pax(path="../../p.rego") + GOOD, "leads out of the bundle"),
        ("pax name of a file that is there", pax(path="p.rego") + entry("q.rego") + GOOD, "it is in the bundle twice"),
        ("pax name of 600 bytes", pax(path="a" * 595 + ".rego") + GOOD, "longer than 512 bytes"),
        ("pax size against header", pax(size="5") + GOOD, "a file has two sizes"),
        ("pax global", entry("g", record("path", "x.rego"), kind=b"g") + GOOD, "a global pax header"),
        ("pax of 65 KiB", entry("pax", record("comment", "c" * 66000), kind=b"x") + GOOD, "longer than 64 KiB"),
        ("GNU long name traversal", entry("././@LongLink", b"../" * 60 + b"p.rego\0", kind=b"L") + GOOD, "leads out of the bundle"),
        ("GNU long name of 70 KiB", entry("././@LongLink", b"a" * 70000 + b"\0", kind=b"L") + GOOD, "longer than 64 KiB"),
        ("GNU long name and pax", entry("././@LongLink", b"a.rego\0", kind=b"L") + pax(path="b.rego") + GOOD,
         "more than one extension header"),
        ("GNU long link", entry("././@LongLink", b"/etc/passwd\0", kind=b"K") + GOOD, "neither file nor directory"),
        ("a name twice", GOOD + GOOD, "p.rego: it is in the bundle twice"),
        ("a name twice, once with a slash", GOOD + entry("/p.rego"), "it is in the bundle twice"),
        ("a name twice, once with ./", GOOD + entry("./p.rego"), "it is in the bundle twice"),
        ("file and directory", entry("a.rego") + entry("a.rego/p.rego"), "both a file and a directory"),
        ("unknown file", entry("install.sh", b"#!/bin/sh\n"), "a bundle holds only"),
        ("size beyond the end", header("p.rego", 1 << 30), "a file is cut off"),
        ("size beyond 64 bits", header("p.rego", size_field=b"\x80" + b"\xff" * 11), "a size is not a number"),
        ("negative size", header("p.rego", size_field=b"\xff" * 12), "a size is not a number"),
        ("size of one byte more", header("p.rego", 513) + bytes(512), "its end is missing"),
        ("something in the padding", header("p.rego", 10) + b"package p\n".ljust(512, b"x"), "something in the padding"),
        ("wrong checksum", GOOD[:20] + b"x" + GOOD[21:], "does not have its checksum"),
    ))
    yield "no end", gz(GOOD), "its end is missing"
    yield "half an end", gz(GOOD + bytes(512)), "its end is missing"
    yield "behind the end", gz(raw + GOOD + END), "something behind its end"
    yield "a cut block", gz(raw[:-100]), "not a whole number of blocks"
    yield "two members", gz(GOOD) + gz(END), "there is something behind its end"
    yield "an empty member in front", gz(b"") + gz(raw), "there is something behind its end"
    yield "trailing zeros", gz(raw) + bytes(512), ""
    yield "trailing byte", gz(raw) + b"\n", ""
    yield "cut", gz(raw)[:-9], ""
    yield "damaged", gz(raw)[:30] + b"\xff\xff\xff" + gz(raw)[33:], "damaged"
    yield "wrong checksum of all", gz(raw)[:-8] + b"abcd" + gz(raw)[-4:], "does not have its checksum"
    yield "says too little", gz(raw)[:-4] + struct.pack("<I", len(raw) - 512), "unpacks to more than it says"
    yield "says too much", gz(raw)[:-4] + struct.pack("<I", len(raw) + 512), "unpacks to less than it says"
    yield "no gzip", raw, "it is not gzip"
    yield "nothing", b"", "it is not gzip"


def try_attacks():
    base = bundle("list", write("good.tar.gz", gz(GOOD + END)))
    ok(base.code == 0, "a good archive is listed", base)
    messages = {}
    for name, raw, why in attacks():
        got = check(bundle("list", write("attack.tar.gz", raw)), 5, why, name=f"refused: {name}")
        if got.peak - base.peak > 2 * MIB:
            ok(False, f"{name}: memory", got)
        messages[name] = got.err
    ok(all(len(m.strip()) > 20 and m.count("\n") <= 4 for m in messages.values()), "each with a sentence", messages)
    twins = write("twins.tar.gz", gz(entry("a.rego") + entry("A.rego", b"package q\n") + END))
    check(bundle("extract", twins, "--to", "twins"), 5, "but for upper and lower case", name="refused: case twins")
    check(bundle("inspect", twins), 5, "but for upper and lower case", name="case twins are not loaded")
    check(bundle("list", twins), 0, "A.rego", name="but they can be looked at")
    bomb = zeros(1 << 30, header("data.json", 1 << 30))
    for name, raw, growth in (
            ("a bomb of 1 GiB", bomb, 4),
            ("a bomb of 1 GiB that says 64 KiB", bomb[:-4] + struct.pack("<I", 1 << 16), 4),
            ("a bomb in a good archive's place", zeros(256 * MIB, GOOD), 4),
            # Unpacked whole before it is looked at: a block for each, within the limit of 1 GiB.
            ("100,000 small files", small_files(100000), 100000 // 1900 + 4),
            ("a million small files", small_files(1000000), 1000000 // 1900 + 4)):
        got = check(bundle("list", write("bomb.tar.gz", raw)), 5, name=f"refused: {name}")
        ok(got.peak - base.peak < (growth + len(raw) / MIB) * MIB,
           f"{name}: {(got.peak - base.peak) / MIB:.1f} MiB more than a good one, {len(raw) / MIB:.1f} of them the file", got)


def try_corpora():
    vectors = SHARED / "security" / "vectors"
    if not (vectors / "tar-attacks" / "index.jsonl").exists():
        print("# the shared corpora are not here: skipped")
        return
    for line in (vectors / "tar-attacks" / "index.jsonl").read_text().splitlines():
        row = json.loads(line)
        got = bundle("list", vectors / "tar-attacks" / row["file"])
        ok(got.code == (5 if row["expect"] == "reject" else 0) and (got.code == 0 or len(got.err) > 20),
           f"{row['id']} {row['expect']}: {row['note']}", got)
    for corpus in ("tar-go", "tar-libarchive"):
        files = sorted(p for p in (vectors / corpus).iterdir() if p.suffix not in ("", ".md"))
        refused = 0
        for path in files:
            packed = write("packed.tar.gz", gz(path.read_bytes()))
            refused += all(bundle("list", p).code == 5 for p in (path, packed))
        ok(refused == len(files) > 30, f"{corpus}: {refused} of {len(files)} refused, none crashes")


def main():
    with tempfile.TemporaryDirectory() as room:
        os.chdir(room)
        ok(Result("policy", "keygen").code == 0, "a key")
        for part in (try_verify, try_terminal, try_extract, try_diff, try_opa, try_attacks, try_corpora):
            part()
        os.chdir("/")
    print(f"1..{count}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
