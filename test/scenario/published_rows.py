# SPDX-License-Identifier: Apache-2.0
"""published_rows: every call that a published client makes: the bytes it sends, and what it must read.

A row: client, rpc, what it shows, the message, the fields that the client reads, and members of the audit record.
In place of the fields a text is the gRPC status.  A field's want: number, text, list of texts, some pairs of a
map, None for unset, or a function of its values.
"""
import base64
import json
import time
from collections import namedtuple

from published import text
from rig import field as f

Row = namedtuple("Row", "client rpc shows message want record")
VALIDATE, AUTHORIZE = "AuthService/ValidateToken", "AuthService/Authorize"
TENANTS = ("default", "acme", "globex", "initech", "my-tenant", "t1", "orders", "acme-corp", "acme-prod")


def forged(token):
    head, body, mark = token.split(".")
    return ".".join((head, body, mark[:-8] + ("AAAAAAAA" if mark[-8:] != "AAAAAAAA" else "BBBBBBBB")))


class Tokens:
    def __init__(self, house, refresh):
        make = house.issuer.token
        self.reader = make(sub="u-1", roles=["reader"], scope="orders.read jobs.*", email="u@acme.example", groups=["a", "b"])
        self.acme = make(sub="u-2", tenant_id="acme", roles=["reader"], scope="orders.read jobs.*")
        self.grouped = make(sub="u-3", groups=["ops", "dev"])
        self.audience = make(sub="u-4", aud="app")
        self.distant = make(sub="u-5", exp=1 << 33)
        self.expired = make(sub="u-6", exp=int(time.time()) - 1000)
        self.revoked, self.kept = make(sub="u-7"), make(sub="u-8")
        self.forged = forged(self.reader)
        self.refresh = refresh
        self.all = [v for v in vars(self).values() if isinstance(v, str)]


def jwks(values):
    return [k["kid"] for k in json.loads(values[0])["keys"]] == ["k1"]


def later(values):
    return time.time() < values[0] < 1 << 31


def chain(values):
    return json.loads(values[0]) == ["u-2"]


def document(want):
    return lambda values: json.loads(values[0]) == want


def validate_rows(t):
    for tenant in TENANTS:
        yield Row("python", VALIDATE, f"tenant {tenant} as text", f(1, t.reader) + f(2, tenant),
                  {1: 1, 2: "u-1", 3: ["reader"], 5: later, 6: None,
                   4: {"email": "u@acme.example", "scope": "orders.read jobs.*", "groups": "a,b"}},
                  {"tenant_id": tenant, "subject": "u-1", "allow": True})
    for client in ("go", "java"):
        yield Row(client, VALIDATE, "token and tenant", f(1, t.reader) + f(2, "acme"), {1: 1, 2: "u-1", 3: ["reader"]},
                  {"tenant_id": "acme"})
    yield Row("java", VALIDATE, "no tenant set", f(1, t.reader), {1: 1}, {"tenant_id": "default"})
    yield Row("java", VALIDATE, "an empty tenant", f(1, t.reader) + f(2, ""), {1: 1}, {"tenant_id": "default"})
    yield Row("python", VALIDATE, "what is signed outranks the field", f(1, t.acme) + f(2, "globex"),
              {1: 1, 4: {"tenant_id": "acme"}}, {"tenant_id": "acme"})
    yield Row("python", VALIDATE, "groups for roles", f(1, t.grouped) + f(2, "acme"), {1: 1, 3: ["ops", "dev"]}, {})
    for start in ("Bearer ", "bearer ", "BEARER "):
        yield Row("python", VALIDATE, f"a leading {start!r}", f(1, start + t.reader) + f(2, "acme"), {1: 1}, {})
        yield Row("ts", VALIDATE, f"a leading {start!r}", f(1, start + t.reader), {1: 1, 2: "u-1"}, {})
    yield Row("python", VALIDATE, "3 is the resource, 4 the action", f(1, t.reader) + f(2, "acme") + f(3, "doc-1") + f(4, "read"),
              {1: 1}, {"resource": "doc-1", "action": "read", "allow": True})
    yield Row("python", VALIDATE, "an action that the policy denies", f(1, t.reader) + f(2, "acme-corp") + f(3, "doc-1") +
              f(4, "delete"), {1: 0, 6: text}, {"resource": "doc-1", "action": "delete", "allow": False})
    yield Row("python", VALIDATE, "an action alone", f(1, t.reader) + f(2, "acme") + f(4, "read"), {1: 1},
              {"resource": "", "action": "read"})
    yield Row("ts", VALIDATE, "no tenant", f(1, t.reader), {1: 1, 2: "u-1", 3: ["reader"], 5: later}, {"tenant_id": "default"})
    yield Row("ts", VALIDATE, "4 is the resource", f(1, t.reader) + f(4, "shared"), {1: 1}, {"resource": "shared", "allow": True})
    yield Row("ts", VALIDATE, "a resource that the policy denies", f(1, t.reader) + f(4, "safe"), {1: 0}, {"resource": "safe"})
    for client in ("python", "old python", "go", "java", "ts"):
        tail = b"" if client == "ts" else f(2, "acme")
        for label, token in (("expired", t.expired), ("forged", t.forged), ("junk", "junk"), ("empty", "")):
            yield Row(client, VALIDATE, f"a token that is {label} is an answer, not an error", f(1, token) + tail,
                      {1: 0, 2: "", 3: [], 5: 0, 6: text}, {"allow": False})
    yield Row("old python", VALIDATE, "valid is in the same place", f(1, t.reader) + f(2, "acme"), {1: 1, 2: "u-1"}, {})
    yield Row("go", VALIDATE, "an expiry beyond 2^31", f(1, t.distant) + f(2, "acme"), {1: 1, 5: 1 << 33}, {})


def authorize_rows(t):
    yield Row("python", AUTHORIZE, "2 action, 3 resource, 7 token", f(2, "read") + f(3, "doc-1") + f(7, t.reader),
              {1: 1, 2: "", 3: None}, {"subject": "u-1", "action": "read", "resource": "doc-1", "tenant_id": "default"})
    yield Row("python", AUTHORIZE, "a leading Bearer", f(2, "read") + f(3, "doc-1") + f(7, "Bearer " + t.reader), {1: 1}, {})
    for label, token, action in (("denied", t.reader, "delete"), ("expired", t.expired, "read"), ("junk", "junk", "read")):
        yield Row("python", AUTHORIZE, f"{label}: a reason, and `error` unset", f(2, action) + f(3, "doc-1") + f(7, token),
                  {1: 0, 2: text, 3: None, 4: None, 5: None}, {"allow": False})
    for tail, label in ((f(4, "acme"), "tenant as text"), (f(4, ""), "an empty tenant"), (b"", "no tenant")):
        yield Row("java", AUTHORIZE, f"1 token, 2 resource, 3 action: {label}", f(1, t.reader) + f(2, "doc-1") + f(3, "read") + tail,
                  {1: 1}, {"subject": "u-1", "action": "read", "resource": "doc-1"})
        yield Row("java", AUTHORIZE, f"a forged token is in no record: {label}", f(1, t.forged) + f(2, "doc-1") + f(3, "read") + tail,
                  {1: 0, 3: None}, {"subject": "", "action": "read", "resource": "doc-1"})


def policy_rows():
    read = json.dumps({"tenant_id": "acme", "subject": "u-1", "action": "read", "resource": "x", "context": {"roles": ["reader"]}})
    for client, path in (("python", "Evaluate"), ("old python", "EvaluatePolicy"), ("go", "Evaluate"), ("java", "Evaluate"), ("ts", "Evaluate"),
                         ("python", "DryRun")):
        for rule in ("data.authz.allow", "authz.allow", "data.myapp.allow", "data.coresdk.allow"):
            yield Row(client, f"PolicyService/{path}", rule, f(1, rule) + f(2, read) + f(3, "acme"), {1: rule != "data.coresdk.allow"},
                      {} if path == "DryRun" else {"policy": "data." + rule.replace("data.", ""), "tenant_id": "acme", "action": "read"})
        yield Row(client, f"PolicyService/{path}", "a rule that is not there", f(1, "data.none.allow") + f(2, "{}") + f(3, "default"),
                  {1: 0, 2: text}, {})
    for tenant in TENANTS:
        yield Row("python", "PolicyService/Evaluate", f"tenant {tenant} as text", f(1, "authz.allow") + f(2, read) + f(3, tenant),
                  {1: 1}, {"tenant_id": tenant})


def token_rows(t):
    revoke, ask = "AuthService/RevokeToken", "AuthService/IsRevoked"
    yield Row("python", ask, "not revoked", f(1, t.revoked), {1: 0}, {})
    yield Row("python", revoke, "token, tenant, reason", f(1, "Bearer " + t.revoked) + f(2, "acme") + f(3, "stolen"), {1: 1},
              {"action": "token.revoke", "subject": "u-7"})
    for client in ("go", "java", "ts"):
        yield Row(client, revoke, "token and tenant", f(1, t.revoked) + f(2, "acme"), {1: 1}, {"action": "token.revoke"})
    for client in ("python", "go", "ts"):
        tail = b"" if client == "python" else f(2, "acme")
        yield Row(client, ask, "revoked", f(1, t.revoked) + tail, {1: 1}, {})
        yield Row(client, ask, "another is not", f(1, t.kept) + tail, {1: 0}, {})
        yield Row(client, VALIDATE, "a revoked token", f(1, t.revoked) + (f(2, "acme") if client != "ts" else b""), {1: 0}, {})
    for client in ("python", "go", "ts"):
        yield Row(client, "AuthService/GetJwks", "the key set as text", b"", {1: jwks}, {})
    yield Row("python", "AuthService/ValidateSAMLAssertion", "says why not", f(1, "PHg+") + f(2, "idp") + f(3, "acme"), "UNIMPLEMENTED", {})
    for client, scopes in (("python", ["orders.read"]), ("ts", ["orders.read", "jobs.write"])):
        yield Row(client, "AuthService/MintAgentToken", "for a service", f(1, t.acme) + f(2, "billing") +
                  b"".join(f(3, s) for s in scopes) + f(4, 60) + f(5, "acme"), {1: text, 2: 60, 3: chain}, {"action": "agent.delegate", "resource": "billing"})
        yield Row(client, "AuthService/MintAgentToken", "no more than the parent may", f(1, t.acme) + f(2, "billing") +
                  f(3, "orders.write") + f(4, 60) + f(5, "acme"), "PERMISSION_DENIED" if client != "ts" else "no data", {"allow": False})


def other_rows(t):
    for client in ("python", "go", "java", "ts"):
        yield Row(client, "RateLimitService/Check", "limit 0 is the server's default", f(1, f"free-{client}") + f(2, "acme"), {1: 1, 2: 99, 3: 0}, {})
    yield Row("python", "RateLimitService/Check", "one of one", f(1, "k") + f(2, "acme") + f(3, 1) + f(4, 60), {1: 1, 2: 0, 3: 0}, {})
    yield Row("python", "RateLimitService/Check", "two of one", f(1, "k") + f(2, "acme") + f(3, 1) + f(4, 60),
              {1: 0, 2: 0, 3: lambda v: 0 < v[0] <= 60000}, {})
    yield Row("python", "RateLimitService/Check", "another tenant's key", f(1, "k") + f(2, "acme-prod") + f(3, 1) + f(4, 60), {1: 1}, {})
    for client in ("python", "go", "java", "ts"):
        first = client == "python"
        both = f(2, "acme") + f(3, "u1") if first else f(2, "u1") + f(3, "acme")
        order = "tenant and user" if first else "user and tenant"
        yield Row(client, "FlagService/Evaluate", order, f(1, "checkout") + both, {1: 1, 2: "on", 3: text, 4: None}, {})
        yield Row(client, "FlagService/Evaluate", "an unknown flag is an answer", f(1, "nothing") + both, {1: 0, 2: "", 3: text}, {})
        unlisted = f(2, "umbrella") + f(3, "u1") if first else f(2, "u1") + f(3, "umbrella")
        yield Row(client, "FlagService/Evaluate", f"{order}, of a tenant that is not listed", f(1, "wet") + unlisted, {1: 1}, {})
    yield Row("ts", "FlagService/Evaluate", "no user", f(1, "checkout") + f(3, "acme"), {1: 1}, {})
    yield Row("ts", "FlagService/Evaluate", "the tenant is written before the user", f(1, "checkout") + f(3, "acme") + f(2, "u1"), {1: 1}, {})
    yield Row("java", "FlagService/Evaluate", "an empty tenant", f(1, "checkout") + f(2, "u1"), {1: 0, 3: text}, {})
    yield Row("python", "FlagService/Evaluate", "attributes", f(1, "vip") + f(2, "globex") + f(3, "u2") + f(4, '{"role":"gold"}'), {1: 1}, {})
    for client in ("python", "java", "go", "ts"):
        for key, entitled, number in (("saml", 1, 0), ("max_tenants", 1, 50), ("unknown", 0, 0), ("__license_meta__", 1, 0)):
            want = {1: entitled, 2: number, 3: later, 4: "team", 5: None} if client in ("python", "java") else {1: entitled}
            yield Row(client, "LicenseService/CheckEntitlement", key, f(1, key) + f(2, "acme"), want, {})
    snapshot = lambda v: {"region": "eu-1"}.items() <= {p[1][0].decode(): p[2][0].decode() for p in map(fields_of, fields_of(v[0])[2])}.items()
    for client in ("python", "ts"):
        yield Row(client, "ConfigService/GetConfig", "version and values", b"", {1: snapshot, 2: None}, {})
        yield Row(client, "TenantService/ValidateIsolation", "the same tenant", f(1, "acme") + f(2, "acme"), {1: 1}, {"allow": True})
        yield Row(client, "TenantService/ValidateIsolation", "another tenant", f(1, "acme") + f(2, "globex"), {1: 0}, {"allow": False})
        yield Row(client, "TenantService/ResolveTenant", "of a token", f(1, "Bearer " + t.acme) + f(2, ""),
                  {1: lambda v: fields_of(v[0])[1] == [b"acme"] and fields_of(v[0])[2] == [b"Acme Corp"]}, {})
        yield Row(client, "TenantService/ResolveTenant", "of no token: none", f(1, "junk") + f(2, "acme"), {1: None}, {})
        yield Row(client, "MaskingService/Mask", "an empty list of names and patterns", f(1, '{"api_key":"k","a":1}'),
                  {1: document({"api_key": "[REDACTED]", "a": 1})}, {})
        yield Row(client, "MaskingService/Mask", "names and patterns", f(1, '{"plate":"B 1","o":"EMP-1 x"}') + f(2, "plate") + f(3, "EMP-[0-9]+"),
                  {1: lambda v: b"B 1" not in v[0] and b"EMP-1" not in v[0]}, {})
        yield Row(client, "MaskingService/MaskString", "a token in a text", f(1, "of " + t.kept + " yes"), {1: "of [REDACTED] yes"}, {})
        yield Row(client, "MaskingService/MaskString", "nothing to mask is never empty", f(1, "plain"), {1: "plain"}, {})
        yield Row(client, "EgressService/CheckEgress", "the metadata address", f(1, "http://169.254.169.254/") + f(2, "acme"), {1: 0, 2: text}, {})
    emitted = {1: text, 2: lambda v: v[0] > 0, 3: text, 4: text, 5: None, 6: None}
    yield Row("python", "AuditService/Emit", "as the descriptor", b"".join(f(n, v) for n, v in enumerate(
        ("login", "app", "7", "acme", "u-1", "success", '{"a":"1"}'), 1)), emitted, {"tenant_id": "acme", "action": "login"})
    others = f(1, "login") + f(2, "u-1") + f(3, "success") + f(4, "acme")
    for client, more in (("ts", f(5, '{"a":"1"}')), ("java", f(5, "{}")), ("go", f(5, "a=1") + f(5, "b=2"))):
        yield Row(client, "AuditService/Emit", "2 user, 3 outcome, 5 metadata", others + more, emitted, {"tenant_id": "acme", "action": "login"})
    yield Row("python", "MaskingService/CheckPrompt", "JSON in 1", f(1, '{"messages":[{"password":"p"}]}'),
              {1: document({"messages": [{"password": "[REDACTED]"}]})}, {})
    yield Row("python", "JobService/SubmitJob", "says why not", f(1, f(1, "acme")), "UNIMPLEMENTED", {})


def fields_of(message):
    from rig import fields
    return fields(message)


def rows(t):
    for part in (validate_rows(t), authorize_rows(t), policy_rows(), token_rows(t), other_rows(t)):
        yield from part
