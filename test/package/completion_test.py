# SPDX-License-Identifier: Apache-2.0
"""completion: shells complete what the table of commands has."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
from rig import done, make_room, ok, remove_room

CORE = os.environ["CORE"]
# the line so far, what must be offered, what must not be
CASES = [
    (["core", "pol"], {"policy"}, {"audit"}),
    (["core", "policy", ""], {"lint", "test", "keygen", "bundle"}, {"inspect", "eval"}),
    (["core", "policy", "bundle", ""], {"inspect"}, {"lint"}),
    (["core", "policy", "bundle", "--s"], {"--sign-key"}, {"--dir"}),
    (["core", "policy", "bundle", "--dir", "x", "--c"], {"--capabilities", "--color", "--connected"}, {"--dir"}),
    (["core", "audit", "query", "--color", ""], {"auto", "always", "never"}, {"json"}),
    (["core", "sbom", "--format", ""], {"cyclonedx", "spdx"}, {"pretty"}),
    (["core", "completion", ""], {"bash", "zsh", "fish"}, {"eval"}),
]
BASH = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _core; printf "%s\\n" "${COMPREPLY[@]}"'


def offered(shell, script, words):
    if shell == "bash":
        text = subprocess.run(["bash", "--norc", "-c", BASH, "bash", script, *words], capture_output=True, text=True).stdout
    else:
        text = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{' '.join(words)}'"], capture_output=True, text=True,
                              env={**os.environ, "HOME": room}).stdout
    return {line.split("\t")[0] for line in text.splitlines()}


room = make_room()
for shell in ("bash", "zsh", "fish"):
    made = subprocess.run([CORE, "completion", shell], capture_output=True, text=True)
    path = f"{room}/core.{shell}"
    pathlib.Path(path).write_text(made.stdout)
    ok(made.returncode == 0 and "reload-policy" in made.stdout, f"{shell}: a script is made", made.stderr)
    if not shutil.which(shell):
        print(f"ok {shell} # SKIP {shell} is not here")
        continue
    read = subprocess.run([shell, "-n", path], capture_output=True, text=True)
    ok(read.returncode == 0 and not read.stderr, f"{shell}: the shell can read it", read.stderr)
    if shell == "zsh":
        continue
    for words, wanted, unwanted in CASES:
        got = offered(shell, path, words)
        ok(wanted <= got and not unwanted & got, f"{shell}: {' '.join(words)}", got)
wrong = subprocess.run([CORE, "completion", "tcsh"], capture_output=True, text=True)
ok(wrong.returncode == 64 and "bash, zsh and fish" in wrong.stderr, "another shell is refused", wrong.stderr)
remove_room(room)
done()
