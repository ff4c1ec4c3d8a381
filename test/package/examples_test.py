# SPDX-License-Identifier: Apache-2.0
"""examples: what the Kubernetes and Ansible examples say is what the programs take."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "test/scenario"))
from rig import done, make_room, ok, remove_room

try:
    import yaml
except ImportError:
    print("1..0 # SKIP python3-yaml is not here")
    sys.exit(0)
CORE = os.environ["CORE"]


def check(text):
    path = pathlib.Path(room, "coresdk-sidecar.yaml")
    path.write_text(text)
    return subprocess.run([CORE, "config", "check", str(path)], capture_output=True, text=True)


def try_kubernetes():
    parts = {d["kind"]: d for d in yaml.safe_load_all((TOP / "examples/kubernetes/sidecar.yaml").read_text())}
    ok(set(parts) == {"ConfigMap", "Deployment", "NetworkPolicy"}, "kubernetes: configuration, pods, and no way out")
    text = parts["ConfigMap"]["data"]["coresdk-sidecar.yaml"]
    checked = check(text)
    ok(checked.returncode == 0, "kubernetes: the configuration is one", checked.stdout + checked.stderr)
    template = parts["Deployment"]["spec"]["template"]
    pod = template["spec"]
    sidecar = pod["initContainers"][0]
    ok(sidecar["restartPolicy"] == "Always", "kubernetes: the sidecar outlives the application")
    ok(all(c["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
           for c in (sidecar, *pod["containers"])) and pod["securityContext"]["runAsNonRoot"], "kubernetes: no container may more than it needs")
    mounted = {m["mountPath"] for m in sidecar["volumeMounts"]}
    ok({m["name"] for c in (sidecar, *pod["containers"]) for m in c["volumeMounts"]} == {v["name"] for v in pod["volumes"]}, "kubernetes: volumes are used and there")
    paths = re.findall(r"/(?:etc|run|var)/[\w./-]+", text) + [sidecar["args"][-1]]
    ok(all(any(p.startswith(m + "/") for m in mounted) for p in paths) and {"/var/lib/coresdk", "/run/coresdk"} <= mounted,
       "kubernetes: each path of the configuration is on a volume", (paths, mounted))
    ok(all(sidecar[p]["exec"]["command"][1:] == ["sidecar", "status"] for p in ("startupProbe", "livenessProbe", "readinessProbe")), "kubernetes: probes ask the daemon")
    policy = parts["NetworkPolicy"]["spec"]
    ok(policy["egress"] == [] and policy["policyTypes"] == ["Egress"] and policy["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items(),
       "kubernetes: nothing leaves these pods")


def try_ansible():
    for name in ("install", "deliver"):
        path = TOP / f"examples/ansible/{name}.yaml"
        play = yaml.safe_load(path.read_text())[0]
        ok(play["hosts"] == "coresdk" and all("name" in task for task in play["tasks"]), f"ansible: {name} is a play")
        commands = [t["ansible.builtin.command"] for t in play["tasks"] if "ansible.builtin.command" in t]
        known = subprocess.run([CORE, "--help"], capture_output=True, text=True).stdout
        ok(commands and all(" ".join(c.split()[:3]) in known for c in commands), f"ansible: {name} gives commands that core has", commands)
        if shutil.which("ansible-playbook"):
            seen = subprocess.run(["ansible-playbook", "--syntax-check", str(path)], capture_output=True, text=True)
            ok(seen.returncode == 0, f"ansible: {name}: ansible can read it", seen.stderr)
    install = (TOP / "examples/ansible/install.yaml").read_text()
    ok("install.sh --pubkey" in install and "--pubkey" in (TOP / "pack/offline/install.sh").read_text(), "ansible: what is installed was checked first")
    units = set(re.findall(r"coresdk-sidecar[\w-]*\.(?:service|socket)", install))
    ok(units == {p.name for p in (TOP / "pack/systemd").iterdir() if p.suffix in (".service", ".socket")}, "ansible: the units are those that there are", units)


room = make_room()
for name in ("examples/coresdk-sidecar.yaml", "pack/coresdk-sidecar.yaml"):
    result = check((TOP / name).read_text())
    ok(result.returncode == 0, f"{name} is a configuration", result.stdout + result.stderr)
wrong = check("listn:\n  unix: /x\n")
ok(wrong.returncode == 4, "and what is none is told apart", wrong.stderr)
try_kubernetes()
try_ansible()
remove_room(room)
done()
