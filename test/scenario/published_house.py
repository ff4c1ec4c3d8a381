# SPDX-License-Identifier: Apache-2.0
"""published_house: a house with all that the published clients ask about: settings, a license, a key of its own."""
import os
import pathlib
import subprocess
import time

from house import House
from rig import mac_token, make_bundle

CORE = os.environ.get("CORE", "build/bin/core")
VENDOR_KEY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/license/development.pem")
LOCAL_KEY = "00112233445566778899aabbccddeeff"

AUTHZ = """package authz
import rego.v1
default allow := false
allow if { input.action == "read"; "reader" in input.context.roles }
allow if { input.action == "spawn"; "orders.read" in input.context.scopes }
allow if input.resource == "shared"
deny contains "only readers may read" if not "reader" in input.context.roles
big if input.n == 9007199254740993
"""
OTHERS = {
    "myapp.rego": "package myapp\ndefault allow = true\n",
    "coresdk.rego": "package coresdk\ndefault allow = false\n",
    "agents.rego": """package coresdk.agent_delegation
default allow = false
allow if { input.target_service == "billing"; input.parent_claims.sub == "u-2" }
"""}
SETTINGS = """
values: { region: eu-1 }
tenants:
  acme: { name: Acme Corp, attributes: { plan: team } }
  globex: {}
flags:
  checkout: { rules: [ { tenants: [acme] } ] }
  wet: { rules: [ { tenants: [umbrella] } ] }
  vip: { rules: [ { roles: [gold] } ] }
"""


def published_house(**config):
    house = House(**config)
    make_bundle(house.path("bundle.tar.gz"), {"authz.rego": AUTHZ, **OTHERS}, house.key, number=6)
    pathlib.Path(house.path("local.key")).write_text(LOCAL_KEY + "\n")
    os.chmod(house.path("local.key"), 0o600)
    pathlib.Path(house.path("config.yaml")).write_text(SETTINGS)
    os.chmod(VENDOR_KEY, 0o600)
    subprocess.run([CORE, "license", "issue", "--key", VENDOR_KEY, "--org", "acme", "--feature", "saml", "--limit", "max_tenants=50",
                    "--limit", "max_rps=5000000000", "--output", house.path("license.jwt")], check=True, capture_output=True)
    house.config["auth"]["local_key_path"] = house.path("local.key")
    house.config["cache"]["config_path"] = house.path("config.yaml")
    house.config["license"] = {"token_path": house.path("license.jwt")}
    house.write_config()
    return house


def refresh_token():
    now = int(time.time())
    return mac_token({"iss": "coresdk-sidecar", "sub": "alice", "tenant_id": "acme", "typ": "refresh", "iat": now, "exp": now + 86400}, LOCAL_KEY)
