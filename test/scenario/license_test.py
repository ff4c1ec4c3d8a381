# SPDX-License-Identifier: Apache-2.0
"""Licenses: made by the vendor's tool, brought as a file, never a reason to stop deciding."""
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

from house import House, run_scenarios
from rig import Key, field, fields, ok

CORE = os.environ.get("CORE", "build/bin/core")
KEY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/license/development.pem")
CHECK = "/coresdk.v1.LicenseService/CheckEntitlement"


def core(*args):
    done = subprocess.run([CORE, *args], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def issue(path, *more, key=KEY):
    os.chmod(KEY, 0o600)
    status, said = core("license", "issue", "--key", key, "--org", "acme", "--feature", "saml", "--limit",
                        "max_tenants=50", "--output", path, *more)
    ok(status == 0, f"core license issue {' '.join(more)}", said)


def check(d, key):
    answer = fields(d.call(CHECK, field(1, key) + field(2, "acme")))
    return tuple(answer.get(n, [0])[0] for n in (1, 2)), answer


def ready(d):
    with urllib.request.urlopen(f"http://127.0.0.1:{d.http}/readyz", timeout=5) as answer:
        return json.loads(answer.read())


def published(d):
    """The states whose sample of coresdk_license_state is 1."""
    with urllib.request.urlopen(f"http://127.0.0.1:{d.http}/metrics", timeout=5) as answer:
        return re.findall(r'^coresdk_license_state\{[^}]*state="(\w+)"[^}]*\} 1$', answer.read().decode(), re.M)


def said(d, text):
    for _ in range(40):
        if text in d.logged():
            return True
        time.sleep(0.1)
    return False


def licensed():
    with House() as house:
        path = house.path("license.jwt")
        house.config["license"] = {"token_path": path}
        house.write_config()
        d = house.start()
        ok(d.ready_after is not None and said(d, "there is no license"), "none: it serves, and says so", d.logged())
        ok(check(d, "saml")[0] == (0, 0) and d.evaluate("data.authz.allow", {"id": 1})[0],
           "none: nothing is entitled, decisions are made")
        ok(published(d) == ["none"], "none: metrics", published(d))
        issue(path)
        ok(d.admin({"command": "reload"})["ok"], "renewal: by file, without a restart")
        ok(check(d, "saml")[0] == (1, 0) and check(d, "max_tenants")[0] == (1, 50) and check(d, "scim")[0] == (0, 0),
           "valid: features and limits")
        entitled, answer = check(d, "__license_meta__")
        ok(entitled[0] == 1 and answer[4] == [b"team"] and abs(answer[3][0] - time.time() - 365 * 86400) < 100 and
           5 not in answer, "valid: the license itself", answer)
        ok(d.admin({"command": "status"})["license"]["state"] == "valid" and "warnings" not in ready(d), "valid: status")
        ok(published(d) == ["valid"], "valid: metrics", published(d))
        good = pathlib.Path(path).read_bytes()
        pathlib.Path(path).write_bytes(good[:200] + b"A" + good[201:])
        answer = d.admin({"command": "reload"})
        ok(not answer["ok"] and "license" in answer["message"] and check(d, "saml")[0] == (1, 0),
           "a tampered file is refused, the license in use stays", answer)
        issue(path, "--days", "89")
        d.admin({"command": "reload"})
        ok(said(d, "expires soon") and check(d, "saml")[0] == (1, 0) and
           ready(d)["warnings"] == ["the license expires soon"], "89 days left: entitled, and a warning")
        ok(published(d) == ["expiring"], "89 days left: metrics", published(d))
        issue(path, "--from", str(int(time.time()) - 86397), "--days", "1")
        d.admin({"command": "reload"})
        ok(check(d, "saml")[0] == (1, 0), "three seconds left: entitled")
        time.sleep(4)
        entitled, answer = check(d, "saml")
        ok(entitled == (0, 0) and b"license/not-valid" in answer[5][0] and
           d.admin({"command": "status"})["license"]["state"] == "expired", "expired: to the second", answer)
        ok(published(d) == ["expired"], "expired: metrics", published(d))
        ok(d.evaluate("data.authz.allow", {"id": 1})[0], "expired: decisions go on")
        d.stop()
        pathlib.Path(path).write_bytes(good[:200] + b"A" + good[201:])
        d = house.start()
        ok(published(d) == ["invalid"], "invalid at the start: metrics", published(d))
        d.stop()


def required():
    with House() as house:
        house.config["license"] = {"token_path": house.path("license.jwt"), "required": True}
        house.write_config()
        d = house.start(wait=False)
        took, status = d.stop(0)
        ok(status == 4 and "license.required" in d.logged(), "required: without one it does not start", d.logged()[-300:])
        other = Key(house.path("other"))
        issue(house.path("license.jwt"), key=other.pem)
        d = house.start(wait=False)
        took, status = d.stop(0)
        ok(status == 4 and "invalid" in d.logged(), "required: nor with one of another key", d.logged()[-300:])
        issue(house.path("license.jwt"))
        d = house.start()
        ok(d.ready_after is not None and "development key" in d.logged(), "required: with a good one it does")
        d.stop()


def inspect():
    with House() as house:
        path = house.path("license.jwt")
        issue(path, "--from", "1767225600", "--plan", "enterprise")
        status, said = core("license", "inspect", path, "--at", "1767225600")
        ok(status == 0 and "State: valid (365 days left)" in said and "Organization: acme (plan enterprise)" in said
           and "Features: saml" in said and "Limits: max_tenants 50" in said, "inspect: valid", said)
        status, said = core("license", "inspect", path, "--at", str(1767225600 + 365 * 86400))
        ok(status == 1 and "State: expired" in said, "inspect: expired", said)
        status, said = core("license", "inspect", path, "--format", "json", "--at", "1767225600")
        ok(json.loads(said)["entitlements"] == {"features": ["saml"], "max_tenants": 50}, "inspect: json", said)
        pathlib.Path(path).write_text("eyJ.x.y")
        status, said = core("license", "inspect", path)
        ok(status == 5, "inspect: junk", said)
        status, said = core("license", "issue", "--key", Key(house.path("k")).pub, "--org", "x")
        ok(status != 0, "issue: needs a private key", said)


run_scenarios(licensed, required, inspect)
