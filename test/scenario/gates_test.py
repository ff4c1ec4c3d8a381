# SPDX-License-Identifier: Apache-2.0
"""DataGateService: each gate a question to the policy, with the token's identity and what the gate says."""
import json

from house import House, run_scenarios
from rig import field, fields, make_bundle, ok

PATH = "/coresdk.v1.DataGateService/"
POLICY = """package authz
import rego.v1
default allow := false
default gate := false
allow if input.resource == "by-default"
gate if { input.gate.kind == "gate"; input.action == "dance"; input.resource == "floor/1"; input.subject == "alice" }
gate if { input.gate == {"kind": "storage", "bucket": "b", "object_key": "k/1"}; input.resource == "storage/b/k/1"
	"reader" in input.context.roles; input.context.colour == "red" }
gate if { input.gate.kind == "storage"; input.action == "list"; input.resource == "storage/b/" }
gate if { input.gate.collection == "users"; input.gate.query.id == 7; input.resource == "database/users" }
gate if { input.gate.kind == "database"; not input.gate.query; input.action == "admin" }
gate if { input.gate.workflow_id == "w"; input.gate.input.steps[_] == "go"; input.tenant_id == "acme" }
gate if { input.gate.secret_name == "db"; input.gate.provider == "vault"; input.resource == "secret/db" }
deny contains "not through this gate" if not gate
"""
TENANT = field(1, "globex") + field(2, "Globex")
METADATA = field(1, "r-1") + field(2, "t-1")


def pairs(number, **entries):
    return b"".join(field(number, field(1, k) + field(2, v)) for k, v in entries.items())


def ask(d, rpc, message):
    """(allowed, reason, permissions)"""
    answer = fields(d.call(PATH + rpc, message))
    ok((4 in answer) == (1 not in answer), f"{rpc}: a problem where it is denied")
    return (answer.get(1, [0])[0] == 1, answer.get(2, [b""])[0].decode(), [p.decode() for p in answer.get(3, [])])


def gates():
    with House() as house:
        house.config["policy"]["gate_rule"] = "data.authz.gate"
        house.write_config()
        make_bundle(house.path("bundle.tar.gz"), {"authz.rego": POLICY}, house.key)
        token = house.issuer.token(sub="alice", tenant_id="acme", roles=["reader"], scope="a.read b.write")
        t = field(1, token)
        d = house.start()
        ok(d.ready_after is not None, "it is up", d.logged())

        message = t + field(2, "dance") + field(3, "floor/1")
        ok(ask(d, "Gate", message) == (True, "", ["a.read", "b.write"]), "Gate: allowed, with the token's scopes")
        ok(ask(d, "Gate", message + field(4, TENANT) + field(5, METADATA) + pairs(6, a="b"))[0], "Gate: all fields")
        ok(ask(d, "Gate", message.replace(token.encode(), token.encode()) + field(4, "globex"))[0], "Gate: a bare tenant")
        ok(ask(d, "Gate", field(1, "Bearer " + token) + message[len(t):])[0], "Gate: a token with `Bearer `")
        ok(ask(d, "Gate", t + field(2, "sit") + field(3, "floor/1")) ==
           (False, "not through this gate", ["a.read", "b.write"]), "Gate: denied, with the policy's reason")
        ok(ask(d, "Gate", t + field(3, "floor/1"))[1] == "the request names no action", "Gate: no action")

        storage = t + field(2, "read") + field(3, "b") + field(4, "k/1")
        ok(ask(d, "StorageGate", storage + field(5, TENANT) + field(6, METADATA) + pairs(7, colour="red"))[0],
           "StorageGate: bucket, key and context are in the input")
        ok(not ask(d, "StorageGate", storage)[0], "StorageGate: denied")
        ok(ask(d, "StorageGate", t + field(2, "list") + field(3, "b"))[0], "StorageGate: a list of the whole bucket")
        for action in ("copy", "Read", "read write", "admin"):
            ok(ask(d, "StorageGate", t + field(2, action) + field(3, "b"))[:2] ==
               (False, "a storage gate knows the actions read write delete list"), f"StorageGate: no action {action!r}")
        ok("slash" in ask(d, "StorageGate", t + field(2, "list") + field(3, "b/c"))[1], "StorageGate: a bucket with a slash")
        ok("bucket" in ask(d, "StorageGate", t + field(2, "list") + field(4, "k"))[1], "StorageGate: no bucket")

        ok(not ask(d, "StorageGate", t + field(2, "list") + field(3, "b\0evil") + field(4, "\0x"))[0],
           "StorageGate: a NUL ends nothing")

        database = t + field(2, "write") + field(3, "users")
        ok(ask(d, "DatabaseGate", database + field(4, json.dumps({"id": 7})))[0], "DatabaseGate: the query is a document")
        ok(not ask(d, "DatabaseGate", database + field(4, json.dumps({"id": "7"})))[0], "DatabaseGate: another query")
        ok(ask(d, "DatabaseGate", t + field(2, "admin") + field(3, "x"))[0], "DatabaseGate: no query: undefined")
        ok("read write delete admin" in ask(d, "DatabaseGate", t + field(2, "list") + field(3, "x"))[1], "DatabaseGate: actions")
        code, text = d.status(PATH + "DatabaseGate", database + field(4, '{"id": 7,\n "a" 1}'))
        ok(code.name == "INVALID_ARGUMENT" and text.startswith("query_json:2:6: "), "DatabaseGate: malformed JSON", text)
        code, text = d.status(PATH + "DatabaseGate", database + field(4, "[" * 300 + "]" * 300))
        ok(code.name == "INVALID_ARGUMENT", "DatabaseGate: JSON that is too deep", text)
        code, text = d.status(PATH + "DatabaseGate", database + field(4, b'"\xff"'))
        ok(code.name == "INVALID_ARGUMENT" and text.startswith("query_json:1:"), "DatabaseGate: JSON that is no UTF-8", text)

        workflow = t + field(2, "execute") + field(3, "w")
        ok(ask(d, "WorkflowGate", workflow + field(4, '{"steps": ["stop", "go"]}'))[0], "WorkflowGate")
        ok(not ask(d, "WorkflowGate", workflow)[0], "WorkflowGate: denied")
        ok("execute read cancel" in ask(d, "WorkflowGate", t + field(2, "write") + field(3, "w"))[1], "WorkflowGate: actions")
        code, text = d.status(PATH + "WorkflowGate", workflow + field(4, "{"))
        ok(code.name == "INVALID_ARGUMENT" and text.startswith("input_json:1:2: "), "WorkflowGate: malformed JSON", text)

        secret = t + field(2, "rotate") + field(3, "db") + field(4, "vault")
        ok(ask(d, "SecretGate", secret)[0], "SecretGate")
        ok(not ask(d, "SecretGate", secret[:-7] + field(4, "aws"))[0], "SecretGate: denied")
        ok("read write rotate" in ask(d, "SecretGate", t + field(2, "delete") + field(3, "db"))[1], "SecretGate: actions")

        for name, bad in {"none": b"", "junk": field(1, "x.y.z"), "expired": field(1, house.issuer.token(sub="a", exp=9)),
                          "of nobody": field(1, house.key.token(sub="a"))}.items():
            allowed, reason, permissions = ask(d, "Gate", bad + field(2, "dance") + field(3, "floor/1"))
            ok(not allowed and "token" in reason and permissions == [], f"a token: {name}", reason)
        code, _ = d.status(PATH + "Gate", t + field(2, b"\xff"))
        ok(code.name == "INVALID_ARGUMENT", "an action that is no text")
        code, _ = d.status(PATH + "Gate", t + pairs(6, **{f"k{i}": "v" for i in range(257)}))
        ok(code.name == "RESOURCE_EXHAUSTED", "more context than there may be")
        code, text = d.status(PATH + "AgentSpawnGate", b"")
        ok(code.name == "FAILED_PRECONDITION" and "auth.local_key_path" in text, "AgentSpawnGate needs a key to sign with", text)

        records = house.audit()
        first = records[0]
        ok(first["method"] == "Gate" and first["allow"] and first["subject"] == "alice" and first["action"] == "dance" and
           first["resource"] == "floor/1" and first["tenant_id"] == "acme" and first["policy"] == "data.authz.gate" and
           len(first["token_sha256"]) == 64, "recorded", first)
        resources = {r["method"]: r["resource"] for r in records if r["allow"] and "Gate" in r["method"]}
        ok(resources == {"Gate": "floor/1", "StorageGate": "storage/b/", "DatabaseGate": "database/x",
                         "WorkflowGate": "workflow/w", "SecretGate": "secret/db"}, "resources by kind", resources)
        d.stop()
        ok(token not in d.logged() and token not in json.dumps(records), "no token in log or records")


def default_rule():
    with House() as house:
        make_bundle(house.path("bundle.tar.gz"), {"authz.rego": POLICY}, house.key)
        d = house.start()
        t = field(1, house.issuer.token(sub="alice"))
        ok(ask(d, "Gate", t + field(2, "x") + field(3, "by-default"))[0], "no gate_rule: the default rule")
        house.config["policy"]["gate_rule"] = "data.nowhere.allow"
        house.write_config()
        d.admin({"command": "reload"})
        allowed, reason, _ = ask(d, "Gate", t + field(2, "x") + field(3, "by-default"))
        ok(not allowed and "data.nowhere.allow" in reason, "a rule that is not there denies", reason)
        d.stop()


run_scenarios(gates, default_rule)
