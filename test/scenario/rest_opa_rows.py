# SPDX-License-Identifier: Apache-2.0
"""What OPA's documentation of its REST API shows, as rows: policies, data, and each request with its answer.

Writes (PUT, PATCH, DELETE), /v1/compile and the order of a set of solutions are OPA's own; see `DIFFER`.
"""

SERVERS = [
    {"id": "s1", "name": "app", "protocols": ["https", "ssh"], "ports": ["p1", "p2", "p3"]},
    {"id": "s2", "name": "db", "protocols": ["mysql"], "ports": ["p3"]},
    {"id": "s3", "name": "cache", "protocols": ["memcache"], "ports": ["p3"]},
    {"id": "s4", "name": "dev", "protocols": ["http"], "ports": ["p1", "p2"]},
]
DATA = {
    "servers": SERVERS,
    "networks": [{"id": "n1", "public": False}, {"id": "n2", "public": False}, {"id": "n3", "public": True}],
    "ports": [{"id": "p1", "networks": ["n1"]}, {"id": "p2", "networks": ["n3"]}, {"id": "p3", "networks": ["n2"]}],
    "reports": [{"clearance_level": 3}, {"clearance_level": 5}],
    "break_glass": False,
}
POLICIES = {
    "example1.rego": """package opa.examples

import data.networks
import data.ports
import data.servers

public_servers contains server if {
	some k, m
	server := servers[_]
	server.ports[_] == ports[k].id
	ports[k].networks[_] == networks[m].id
	networks[m].public == true
}
""",
    "example2.rego": """package opa.examples

import input.example.flag

allow_request if flag == true
""",
    "example3.rego": """package example

allow if {
	input.subject.clearance_level >= data.reports[_].clearance_level
}

allow if {
	data.break_glass == true
}

some_strings := ["hello", "world"]
""",
    "main.rego": """package system

main := msg if {
	msg := sprintf("hello, %v", input.user)
}
""",
    "health.rego": """package system.health

# opa is live if it can process this rule
default live := true

# by default, opa is not ready
default ready := false

# opa is ready once all plugins have reported OK at least once AND
# the bundle plugin is currently in an OK state
ready if {
	input.plugins_ready
	input.plugin_state.bundle == "OK"
}

default never := false
""",
}
FLAG = {"example": {"flag": True}}
NO_FLAG = {"example": {"flag": False}}
PUBLIC = [SERVERS[0], SERVERS[3]]
WARNING = {"code": "api_usage_warning", "message": "'input' key missing from the request"}

# (label, method, path, body, fields, status, answer); "decision_id" is taken out before.
ROWS = (
    ("get a document", "GET", "/v1/data/opa/examples/public_servers", None, {}, 200, {"result": PUBLIC}),
    ("get a document, with a slash at its end", "GET", "/v1/data/opa/examples/public_servers/", None, {}, 200, {"result": PUBLIC}),
    ("get a base document", "GET", "/v1/data/servers", None, {}, 200, {"result": SERVERS}),
    ("an element by its index", "GET", "/v1/data/servers/3/name", None, {}, 200, {"result": "dev"}),
    ("beyond the last element", "GET", "/v1/data/servers/4", None, {}, 200, {}),
    ("a name where an index belongs", "GET", "/v1/data/servers/dev", None, {}, 200, {}),
    ("an undefined document is 200 without a result", "GET", "/v1/data/opa/examples/nothing", None, {}, 200, {}),
    ("get with an input parameter", "GET", "/v1/data/opa/examples/allow_request?input=%7B%22example%22%3A%7B%22flag%22%3Atrue%7D%7D",
     None, {}, 200, {"result": True}),
    ("get with input", "POST", "/v1/data/opa/examples/allow_request", {"input": FLAG}, {"Content-Type": "application/json"}, 200,
     {"result": True}),
    ("get with input, undefined", "POST", "/v1/data/opa/examples/allow_request", {"input": NO_FLAG},
     {"Content-Type": "application/json"}, 200, {}),
    ("the input in YAML", "POST", "/v1/data/opa/examples/allow_request", "input:\n  example:\n    flag: true\n",
     {"Content-Type": "application/yaml"}, 200, {"result": True}),
    ("post without input", "POST", "/v1/data/example/some_strings", {}, {}, 200, {"result": ["hello", "world"], "warning": WARNING}),
    ("post without a body", "POST", "/v1/data/example/some_strings", None, {}, 200, {"result": ["hello", "world"], "warning": WARNING}),
    ("webhook", "POST", "/v0/data/opa/examples/allow_request", FLAG, {"Content-Type": "application/json"}, 200, True),
    ("webhook, undefined", "POST", "/v0/data/opa/examples/allow_request", NO_FLAG, {}, 404,
     {"code": "undefined_document", "message": "document undefined: data.opa.examples.allow_request"}),
    ("webhook, missing", "POST", "/v0/data/does/not/exist", {}, {}, 404,
     {"code": "undefined_document", "message": "document missing: data.does.not.exist"}),
    ("webhook, of all data that there is", "POST", "/v0/data/servers/1/name", None, {}, 200, "db"),
    ("the default decision", "POST", "/", {"user": ["alice"]}, {"Content-Type": "application/json"}, 200, "hello, alice"),
    ("the default decision, undefined", "POST", "/", {}, {}, 404,
     {"code": "undefined_document", "message": "document undefined: data.system.main"}),
    ("bad input is 400", "POST", "/v1/data/opa/examples/allow_request", "{\"input\": ", {}, 400, "invalid_parameter"),
    ("a bad parameter is 400", "GET", "/v1/data/opa/examples/allow_request?input=x", None, {}, 400, "invalid_parameter"),
    ("the clearance is enough", "POST", "/v1/data/example/allow", {"input": {"subject": {"clearance_level": 4}}}, {}, 200, {"result": True}),
    ("the clearance is not enough", "POST", "/v1/data/example/allow", {"input": {"subject": {"clearance_level": 2}}}, {}, 200, {}),
    ("query", "GET", "/v1/query?q=data.servers%5Bi%5D.ports%5B_%5D%20%3D%20%22p2%22%3B%20data.servers%5Bi%5D.name%20%3D%20name", None, {}, 200,
     {"result": [{"i": 0, "name": "app"}, {"i": 3, "name": "dev"}]}),
    ("query, posted", "POST", "/v1/query", {"query": 'input.servers[i].ports[_] = "p2"; input.servers[i].name = name',
                                            "input": {"servers": SERVERS}}, {"Content-Type": "application/json"}, 200,
     {"result": [{"i": 0, "name": "app"}, {"i": 3, "name": "dev"}]}),
    ("query, of nothing", "POST", "/v1/query", {"query": ""}, {}, 400, "invalid_parameter"),
    ("health", "GET", "/health", None, {}, 200, {}),
    ("health with bundles", "GET", "/health?bundles", None, {}, 200, {}),
    ("health with plugins", "GET", "/health?plugins", None, {}, 200, {}),
    ("health with plugins, some excluded", "GET", "/health?plugins&exclude-plugin=decision-logs&exclude-plugin=status", None, {}, 200, {}),
    ("ready", "GET", "/health/ready", None, {}, 200, {}),
    ("live", "GET", "/health/live", None, {}, 200, {}),
    ("a health rule that is false", "GET", "/health/never", None, {}, 500,
     {"error": "health check (data.system.health.never) returned unexpected value"}),
    ("a policy that is not there", "GET", "/v1/policies/example9", None, {}, 404, "resource_not_found"),
)

# What is answered otherwise than OPA does, and how.
DIFFER = (
    ("PUT", "/v1/policies/example1", "package x", 405, "invalid_operation", "signed bundle"),
    ("DELETE", "/v1/policies/example2", None, 405, "invalid_operation", "signed bundle"),
    ("PUT", "/v1/data/us-west/servers", "{}", 405, "invalid_operation", "signed bundle"),
    ("PATCH", "/v1/data/servers", "[]", 405, "invalid_operation", "signed bundle"),
    ("DELETE", "/v1/data/servers", None, 405, "invalid_operation", "signed bundle"),
    ("POST", "/v1/compile", {"query": "data.example.allow == true", "input": {"subject": {"clearance_level": 4}},
                             "options": {"disableInlining": []}, "unknowns": ["data.reports"]}, 501, "invalid_operation", "partial evaluation"),
    ("POST", "/v1/compile/filters/include", {"input": {"favorite": "pineapple"}}, 501, "invalid_operation", "partial evaluation"),
)
