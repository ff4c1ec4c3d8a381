#!/usr/bin/python3
"""workloads.py OUT: writes the bench's own workloads, the same bytes every time.

Each is a folder with policy.rego, data.json, input_allow.json and
input_deny.json; queries.json names the rule that each asks.
"""
import json
import pathlib
import random
import sys

dice = random.Random(20261123)
ACTIONS = ["read", "write", "list", "export", "approve"]

SMALL = """package authz

default allow := false

allow if "admin" in input.context.roles

allow if input.subject == input.resource_owner

allow if {
	input.action == "read"
	input.context.public
}
"""

ROLES = """package roles

default allow := false

allow if "superuser" in data.members[input.user]

allow if {
	some role in data.members[input.user]
	some permit in data.permits[role]
	permit.action == input.action
	permit.kind == input.kind
}
"""

SCAN = """package scan

default allow := false

allow if {
	some row in data.rows
	row.user == input.user
	row.thing == input.thing
	row.action == input.action
}
"""

TEXT = """package text

default allow := false

parts := split(trim(input.path, "/"), "/")

routes := [`^/v[0-9]+/users/[a-z0-9-]+$`, `^/v[0-9]+/orders/[0-9]+/lines/[0-9]+$`, `^/v[0-9]+/reports/(day|week)/[0-9-]{10}$`]

known if {
	some route in routes
	regex.match(route, input.path)
}

scope := sprintf("%s:%s", [parts[1], lower(input.method)])

allow if {
	known
	scope in split(input.scopes, " ")
	endswith(input.host, ".example.org")
	not startswith(input.host, "internal.")
}
"""


def roles():
    permits = {f"role{r}": [{"action": dice.choice(ACTIONS), "kind": f"kind{dice.randrange(40)}"} for _ in range(8)]
               for r in range(400)}
    members = {f"user{u}": [f"role{dice.randrange(400)}" for _ in range(4)] for u in range(800)}
    last = permits[members["user7"][3]][7]
    return ({"members": members, "permits": permits}, {"user": "user7", **last},
            {"user": "user7", "action": "export", "kind": "kind99"})


def scan(count):
    rows = [{"user": f"user{dice.randrange(100)}", "thing": f"thing{dice.randrange(count)}", "action": dice.choice(ACTIONS)}
            for _ in range(count)]
    rows[-1] = {"user": "user5", "thing": "thing-last", "action": "export"}
    return {"rows": rows}, rows[-1], {**rows[-1], "action": "drop"}


def small():
    ask = {"subject": "alice", "action": "write", "resource_owner": "bob", "resource": "doc-17"}
    return ({}, {**ask, "context": {"roles": ["viewer", "editor", "admin"], "public": False}},
            {**ask, "context": {"roles": ["viewer", "editor", "author"], "public": False}})


def text():
    ask = {"path": "/v2/reports/week/2026-11-23", "method": "GET", "host": "shop.example.org", "scopes": "openid users:get reports:get"}
    return {}, ask, {**ask, "scopes": "openid users:get"}


out = pathlib.Path(sys.argv[1])
workloads = {"small": (SMALL, "data.authz.allow", small()), "roles": (ROLES, "data.roles.allow", roles()),
             "scan1000": (SCAN, "data.scan.allow", scan(1000)), "text": (TEXT, "data.text.allow", text())}
for name, (policy, _, (data, allow, deny)) in workloads.items():
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.rego").write_text(policy)
    for stem, document in (("data", data), ("input_allow", allow), ("input_deny", deny)):
        (folder / f"{stem}.json").write_text(json.dumps(document))
(out / "queries.json").write_text(json.dumps({name: query for name, (_, query, _) in workloads.items()}))
