# SPDX-License-Identifier: Apache-2.0
"""stubs_rows: every rpc of the descriptors, as generated code calls it.

A row: rpc, what it shows, the request as protobuf's JSON, and a function of the answer that is true; or the
gRPC status as text, or one of some.
"""
import json
import time
from collections import namedtuple

Row = namedtuple("Row", "rpc shows request want")
ACME = {"tenant_id": "acme", "tenant_name": "Acme Corp", "roles": ["reader", "auditor"], "attributes": {"plan": "team"}}
META = {"request_id": "r-1", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7", "service_name": "svc"}


def problem(status, suffix):
    return lambda m: m.error.status == status and m.error.type == "https://errors.coresdk.io/" + suffix and m.error.title


row = Row


def auth_rows(t):
    validate, authorize = "AuthService/ValidateToken", "AuthService/Authorize"
    yield row(validate, "everything set", {"token": t.audience, "tenant": ACME, "metadata": META, "expected_audience": "app"},
              lambda m: m.valid and m.subject == "u-4" and m.expires_at > time.time() and m.claims["aud"] == "app")
    yield row(validate, "another audience", {"token": t.audience, "tenant": ACME, "expected_audience": "other"},
              lambda m: not m.valid and problem(401, "auth/invalid-token")(m))
    yield row(validate, "an audience without a tenant", {"token": t.audience, "expected_audience": "other"}, lambda m: not m.valid)
    yield row(validate, "an expiry beyond 2^31", {"token": t.distant, "tenant": ACME}, lambda m: m.valid and m.expires_at == 1 << 33)
    yield row(validate, "no token", {}, lambda m: not m.valid and problem(401, "auth/missing-token")(m))
    yield row(validate, "an expired one", {"token": t.expired}, lambda m: not m.valid and problem(401, "auth/token-expired")(m))
    yield row(authorize, "everything set", {"subject": "x", "action": "read", "resource": "doc-1", "tenant": ACME, "metadata": META,
              "context": {"a": "b"}, "token": t.reader, "required_scope": "orders.read jobs.write"},
              lambda m: m.allowed and not m.HasField("error"))
    yield row(authorize, "a scope that is not granted", {"action": "read", "resource": "d", "token": t.reader, "required_scope": "a.b"},
              lambda m: not m.allowed and "a.b" in m.reason and not m.HasField("error"))
    yield row(authorize, "a subject with a tenant's roles", {"subject": "u", "action": "read", "resource": "d", "tenant": ACME},
              lambda m: m.allowed)
    yield row(authorize, "denied: `error` unset", {"subject": "u", "action": "delete", "tenant": ACME},
              lambda m: not m.allowed and m.reason and not m.HasField("error"))
    yield row("AuthService/GetJwks", "with a tenant", {"tenant": ACME}, lambda m: len(json.loads(m.jwks_json)["keys"]) == 1)
    yield row("AuthService/IsRevoked", "of one that is good", {"token": t.kept}, lambda m: not m.revoked)
    yield row("AuthService/RevokeToken", "of junk", {"token": "junk", "tenant_id": "acme", "reason": "r"}, lambda m: not m.success)
    yield row("AuthService/RefreshToken", "a new one", {"refresh_token": t.refresh},
              lambda m: m.token.count(".") == 2 and m.expires_at > time.time() and not m.HasField("error"))
    yield row("AuthService/RefreshToken", "not with an access token", {"refresh_token": t.reader},
              lambda m: not m.token and m.error.status == 401)
    yield row("AuthService/MintAgentToken", "for a service", {"parent_token": t.acme, "target_service": "billing", "scopes": ["jobs.run"],
              "ttl_seconds": 4294967295, "tenant_id": "acme"}, lambda m: m.token and m.expires_in_seconds == 300)
    yield row("AuthService/ValidateSAMLAssertion", "says why not", {"assertion_b64": "PHg+"}, "UNIMPLEMENTED")
    yield row("AuthService/ValidatePlatformContext", "says why not", {"raw_context": "e30="}, "UNIMPLEMENTED")


def policy_rows():
    ask = {"rule": "data.authz.allow", "input_json": '{"action":"read","context":{"roles":["reader"]}}', "tenant": ACME, "metadata": META}
    yield row("PolicyService/Evaluate", "allowed", ask, lambda m: m.result and not m.dry_run and not m.HasField("error"))
    yield row("PolicyService/DryRun", "allowed", ask, lambda m: m.result and m.dry_run)
    yield row("PolicyService/Evaluate", "denied", {**ask, "input_json": "{}"}, lambda m: not m.result and m.reason and problem(403, "policy/denied")(m))
    yield row("PolicyService/Evaluate", "no such rule", {**ask, "rule": "data.x.y"}, lambda m: not m.result and problem(403, "policy/missing-rule")(m))
    yield row("PolicyService/Evaluate", "no JSON", {**ask, "input_json": "{"}, "INVALID_ARGUMENT")
    yield row("PolicyService/Evaluate", "a number beyond 2^53", {**ask, "rule": "data.authz.big", "input_json": '{"n": 9007199254740993}'}, lambda m: m.result)
    yield row("PolicyService/WatchPolicyUpdates", "the first update", {"tenant": ACME, "last_bundle_version": "r0"},
              lambda m: m.bundle_version == "r1" and m.updated_at > 1 << 30)


def audit_rows():
    yield row("AuditService/EmitAuditEvent", "kept", {"action": "login", "resource_type": "app", "resource_id": "7", "tenant_id": "acme",
              "user_id": "u-1", "outcome": "success", "metadata_json": '{"a":1}'},
              lambda m: m.event_id and m.sequence_id and m.record_hash and m.previous_hash and not m.HasField("error"))
    yield row("AuditService/EmitAuthEvent", "accepted", {"event_id": "01890a5d-ac96-774b-bcce-b302099a8057", "event_type": "auth.login.password",
              "timestamp": str(int(time.time() * 1000)), "tenant_id": "acme", "outcome": "success", "subject_kind": "user", "subject_id": "u-1",
              "severity": "info"}, lambda m: m.accepted)
    yield row("AuditService/QueryAudit", "a page", {"tenant_id": "acme", "limit": 5}, lambda m: 0 < len(m.events) <= 5)


def setting_rows():
    yield row("ConfigService/GetConfig", "everything set", {"tenant": ACME, "metadata": META},
              lambda m: m.snapshot.values["region"] == "eu-1" and m.snapshot.updated_at > 1 << 30 and not m.HasField("error"))
    yield row("ConfigService/WatchConfig", "the first snapshot", {"tenant": ACME, "last_version": "none"}, lambda m: m.values["region"] == "eu-1")
    yield row("FlagService/EvaluateFlag", "tenant, then user", {"flag_key": "checkout", "tenant_id": "acme", "user_id": "u1"},
              lambda m: m.enabled and m.variant == "on" and not m.HasField("error"))
    yield row("FlagService/EvaluateFlag", "user, then tenant", {"flag_key": "checkout", "tenant_id": "u1", "user_id": "acme"}, lambda m: m.enabled)
    yield row("FlagService/EvaluateFlag", "attributes that are no JSON", {"flag_key": "vip", "tenant_id": "acme", "attributes_json": "{"},
              lambda m: not m.enabled and problem(400, "flags/invalid-attributes")(m))
    yield row("LicenseService/CheckEntitlement", "a limit", {"entitlement_key": "max_tenants", "tenant_id": "acme"},
              lambda m: m.entitled and m.numeric_value == 50 and m.plan == "team" and m.expires_at > time.time() and not m.HasField("error"))
    yield row("LicenseService/CheckEntitlement", "a limit beyond 2^31", {"entitlement_key": "max_rps", "tenant_id": "acme"},
              lambda m: m.numeric_value == 5000000000)
    yield row("MaskingService/Mask", "names and patterns", {"json_value": '{"a":"EMP-1","b":2,"ssn":3}', "extra_blocked_fields": ["b", "c"],
              "extra_patterns": ["EMP-[0-9]+", "x+"]},
              lambda m: json.loads(m.masked_json) == {"a": "[REDACTED]", "b": "[REDACTED]", "ssn": "[REDACTED]"})
    yield row("MaskingService/Mask", "nothing set", {}, lambda m: m.masked_json == '"[REDACTED]"' and problem(400, "masking/invalid-request")(m))
    yield row("MaskingService/MaskString", "patterns", {"value": "EMP-1 x", "extra_patterns": ["EMP-[0-9]+"]}, lambda m: m.masked_value == "[REDACTED] x")
    yield row("RateLimitService/CheckRateLimit", "limit 0", {"key": "d", "tenant_id": "acme"}, lambda m: m.allowed and m.remaining == 99)
    yield row("RateLimitService/CheckRateLimit", "the largest limit", {"key": "e", "limit": 4294967295, "window_seconds": 4294967295},
              lambda m: m.allowed and m.remaining == 4294967294)
    one = {"key": "f", "tenant_id": "acme", "limit": 1, "window_seconds": 60}
    yield row("RateLimitService/CheckRateLimit", "one of one", one, lambda m: m.allowed and not m.HasField("error"))
    yield row("RateLimitService/CheckRateLimit", "two of one", one, lambda m: not m.allowed and m.retry_after_ms and problem(429, "rate-limit/exceeded")(m))
    yield row("RateLimitService/ResetRateLimit", "begins again", {"key": "f", "tenant_id": "acme"}, lambda m: m.success)
    yield row("RateLimitService/CheckRateLimit", "one of one again", one, lambda m: m.allowed)


def tenant_rows(t):
    yield row("TenantService/ResolveTenant", "of a token", {"token": t.acme, "tenant_hint": "acme", "metadata": META},
              lambda m: m.tenant.tenant_id == "acme" and m.tenant.tenant_name == "Acme Corp" and list(m.tenant.roles) == ["reader"]
              and m.tenant.attributes["plan"] == "team" and not m.HasField("error"))
    yield row("TenantService/ResolveTenant", "of none", {"tenant_hint": "nobody"}, lambda m: not m.HasField("tenant") and problem(404, "tenant/not-found")(m))
    yield row("TenantService/ValidateIsolation", "the same", {"requesting_tenant_id": "acme", "resource_tenant_id": "acme", "metadata": META},
              lambda m: m.isolated and not m.HasField("error"))
    yield row("TenantService/ValidateIsolation", "another", {"requesting_tenant_id": "acme", "resource_tenant_id": "globex"},
              lambda m: not m.isolated and problem(403, "tenant/isolation")(m))


def gate_rows(t):
    """All are judged by the default rule: readers may read."""
    common = {"token": t.reader, "action": "read", "tenant": ACME, "metadata": META, "context": {"a": "b"}}
    for rpc, more in (("Gate", {"resource": "r"}), ("StorageGate", {"bucket": "b", "object_key": "k"}),
                      ("DatabaseGate", {"collection": "c", "query_json": "{}"}), ("SecretGate", {"secret_name": "s", "provider": "env"}),
                      ("WorkflowGate", {"workflow_id": "w", "input_json": "{}"})):
        yield row(f"DataGateService/{rpc}", "a reader", {**common, **more}, lambda m: m.allowed and not m.HasField("error"))
        yield row(f"DataGateService/{rpc}", "a forged token", {**common, **more, "token": t.forged},
                  lambda m: not m.allowed and m.reason and problem(401, "auth/invalid-token")(m))
    for ttl, want in ((str(1 << 40), 300), ("60", 60), ("-5", 1), ("0", 300)):
        yield row("DataGateService/AgentSpawnGate", f"{ttl} seconds", {"user_jwt": t.acme, "agent_id": "a1", "capabilities": ["orders.read", "admin"],
                  "ttl_secs": ttl, "tenant": ACME, "metadata": META},
                  lambda m, want=want: m.allowed and m.granted_ttl_secs == want and list(m.effective_permissions) == ["orders.read"] and m.agent_token)
    yield row("DataGateService/AgentSpawnGate", "a forged token", {"user_jwt": t.forged, "agent_id": "a1"},
              lambda m: not m.allowed and not m.agent_token and problem(401, "auth/invalid-token")(m))
    yield row("SecretsService/ResolveSecret", "of none", {"caller": {"tenant_id": "acme"}, "refs": [{"name": "nothing"}]},
              ("NOT_FOUND", "UNAVAILABLE", "PERMISSION_DENIED"))
    yield row("EgressService/CheckEgress", "a loopback address", {"url": "http://127.1:80/", "tenant_id": "acme", "service_name": "s"},
              lambda m: not m.allowed and m.reason)


def job_rows():
    for rpc, request in (("SubmitJob", {}), ("GetJob", {}), ("ListJobs", {}), ("CancelJob", {}), ("WatchJob", {}), ("GetJobLogs", {}), ("GetJobOutput", {})):
        yield row(f"JobService/{rpc}", "says why not", request, "UNIMPLEMENTED")


def rows(t):
    for part in (auth_rows(t), policy_rows(), audit_rows(), setting_rows(), tenant_rows(t), gate_rows(t), job_rows()):
        yield from part
