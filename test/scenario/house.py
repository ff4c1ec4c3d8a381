# SPDX-License-Identifier: Apache-2.0
"""house: everything that a daemon needs to serve, in a directory of its own; and how scenarios are run."""
import json
import os
import pathlib

from rig import Daemon, Key, done, make_bundle, make_room, ok, read_audit, remove_room, stop_all

POLICY = """package authz
import rego.v1
default allow := false
allow if { input.action == "read"; "reader" in input.context.roles }
allow if input.id > 0
allow if input.resource_owner == input.subject
deny contains "only readers may read" if not "reader" in input.context.roles
"""
OTHER = "package authz\nimport rego.v1\ndefault allow := false\nversion_two if true\n"


class House:
    """Keys, a bundle, a key set and a configuration in a directory of their own."""

    def __init__(self, **config):
        self.room = make_room()
        self.key, self.issuer = Key(self.path("signing-key")), Key(self.path("issuer"))
        self.write_bundle(revision="r1", number=5)
        jwks = {"keys": [{**self.issuer.jwk, "kid": "k1"}]}
        pathlib.Path(self.path("jwks.json")).write_text(json.dumps(jwks))
        self.config = {
            "cache": {"policy_bundle_path": self.path("bundle.tar.gz")},
            "policy": {"verify_keys": [self.path("signing-key.pub")]},
            "auth": {"jwks_path": self.path("jwks.json")},
            "audit": {"file": {"path": self.path("audit/audit.ndjson")}},
            "data_dir": self.path("state"), **config}
        self.write_config()

    def path(self, name):
        return os.path.join(self.room, name)

    def write_bundle(self, policy=POLICY, name="bundle.tar.gz", key=None, **more):
        make_bundle(self.path(name), {"authz.rego": policy}, key or self.key, **more)
        return self.path(name)

    def write_config(self):
        pathlib.Path(self.path("coresdk-sidecar.yaml")).write_text(json.dumps(self.config, indent=2))

    def start(self, *args, **more):
        return Daemon(self.room, *args, **more)

    def audit(self):
        return read_audit(self.path("audit/audit.ndjson"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        remove_room(self.room)


def run_scenarios(*scenarios):
    for scenario in scenarios:
        try:
            scenario()
        except Exception as e:  # a scenario that breaks is a failure, not the end of the others
            ok(False, f"{scenario.__name__} ran to its end", repr(e))
        stop_all()
    done()
