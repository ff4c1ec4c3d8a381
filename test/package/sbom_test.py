# SPDX-License-Identifier: Apache-2.0
"""sbom: both forms are what their specifications ask for, and name what the linker was given."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
from rig import done, make_room, ok, remove_room

BUILD, CORE, SIDECAR, COURIER = pathlib.Path(os.environ["BUILD"]), os.environ["CORE"], os.environ["SIDECAR"], os.environ["COURIER"]
# SPDX identifiers that may stand in an expression here
LICENSES = {"Apache-2.0", "ISC", "MIT", "Zlib", "BSD-3-Clause", "LGPL-3.0-or-later", "GPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later",
            "GPL-3.0-or-later", "GCC-exception-3.1", "curl"}


def core(*args):
    return subprocess.run([CORE, "sbom", *args], capture_output=True, text=True)


def linked(target):
    """The libraries outside the tree that Ninja links a program with."""
    text = (BUILD / "build.ninja").read_text()
    block = re.search(rf"^build {re.escape(target)}: .*?\n LINK_ARGS = (.*?)$", text, re.M | re.S)[1]
    named = {"lib" + word[2:] for word in block.split() if re.match(r"-l\w+$", word)}
    return named | {re.sub(r"\.(a|so)$", "", os.path.basename(word)) for word in block.split() if re.match(r"/.*/lib\w+\.(a|so)$", word)}


def try_cyclonedx(name, args, target, path):
    done_ = core(*args)
    bom = json.loads(done_.stdout)
    ok(bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.5" and bom["version"] == 1, f"{name}: CycloneDX 1.5")
    ok(re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", bom["serialNumber"]), f"{name}: a serial number")
    ok(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bom["metadata"]["timestamp"]), f"{name}: a time", bom["metadata"])
    about = bom["metadata"]["component"]
    digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    ok(about["name"] == name and about["type"] == "application" and about["hashes"] == [{"alg": "SHA-256", "content": digest}],
       f"{name}: it is this very program", about)
    parts = bom["components"]
    ok(all({"type", "name", "version", "purl", "licenses", "bom-ref"} <= c.keys() and re.match(r"pkg:[a-z]+/\S+@\S+$", c["purl"])
           and re.match(r"\d+(\.\d+)*", c["version"]) and c["version"] != "0.0.0" for c in parts), f"{name}: each component is whole", parts)
    words = {w for c in parts for lic in c["licenses"] for w in re.findall(r"[A-Za-z0-9.+-]+", lic.get("expression") or lic["license"]["id"])}
    ok(words - {"OR", "AND", "WITH"} <= LICENSES, f"{name}: licenses are SPDX expressions", words)
    refs = {about["bom-ref"], *(c["bom-ref"] for c in parts)}
    ok(len(refs) == len(parts) + 1 and {d["ref"] for d in bom["dependencies"]} == refs, f"{name}: references are unique and all resolve")
    ok(set(bom["dependencies"][0]["dependsOn"]) == refs - {about["bom-ref"]}, f"{name}: the program depends on all of them")
    libraries = {word for c in parts for p in c["properties"] for word in p["value"].split()}
    given = linked(target)
    ok(given and given <= libraries, f"{name}: each library that is linked is named", given - libraries)
    implied = {"libstdc++", "libgcc", "libgcc_eh", "libc", "libm", "libdl", "libpthread", "libssl"}
    ok(libraries <= given | implied, f"{name}: and no other", libraries - given - implied)
    ok(core(*args).stdout == done_.stdout, f"{name}: the same words each time")
    return parts, digest


def try_spdx(name, args, parts, digest):
    bom = json.loads(core("--format", "spdx", *args).stdout)
    ok(bom["spdxVersion"] == "SPDX-2.3" and bom["dataLicense"] == "CC0-1.0" and bom["SPDXID"] == "SPDXRef-DOCUMENT", f"{name}: SPDX 2.3")
    ok(bom["documentNamespace"].endswith(digest) and "#" not in bom["documentNamespace"], f"{name}: a namespace of its own")
    ok(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bom["creationInfo"]["created"]) and bom["creationInfo"]["creators"][0].startswith("Tool: core-"),
       f"{name}: who made it, and when")
    packages = bom["packages"]
    need = {"SPDXID", "name", "versionInfo", "downloadLocation", "filesAnalyzed", "licenseConcluded", "licenseDeclared", "copyrightText"}
    ok(all(need <= p.keys() and re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", p["SPDXID"]) for p in packages), f"{name}: each package is whole")
    ok([p["name"] for p in packages] == [name, *(c["name"] for c in parts)], f"{name}: the same components as in CycloneDX")
    ok(packages[0]["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}], f"{name}: the program's digest")
    ids = {"SPDXRef-DOCUMENT", *(p["SPDXID"] for p in packages)}
    ok({r["spdxElementId"] for r in bom["relationships"]} | {r["relatedSpdxElement"] for r in bom["relationships"]} == ids
       and bom["relationships"][0]["relationshipType"] == "DESCRIBES", f"{name}: relationships tie them all together")


for program, arguments, link, place in (("core", (), "src/cli/core", CORE), ("coresdk-sidecar", (SIDECAR,), "src/sidecar/coresdk-sidecar", SIDECAR),
                                       ("coresdk-courier", (COURIER,), "src/courier/coresdk-courier", COURIER)):
    try_spdx(program, arguments, *try_cyclonedx(program, arguments, link, place))
wrong = core("--format", "xml")
ok(wrong.returncode == 64 and "cyclonedx or spdx" in wrong.stderr, "another form is refused", wrong.stderr)
room = make_room()
pathlib.Path(room, "other").write_bytes(b"\x7fELF of somebody else")
other = core(f"{room}/other")
ok(other.returncode == 1 and "no coresdk-sidecar or coresdk-courier of version" in other.stderr and other.stdout == "", "a program of another build is not described", other.stderr)
ok(core(f"{room}/none").returncode == 6, "a file that is not there: exit 6")
remove_room(room)
done()
