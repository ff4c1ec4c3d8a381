package tenant

ask := {
	"tenant_id": "acme",
	"subject": "alice",
	"action": "read",
	"resource": "orders/17",
	"context": {"roles": [], "scopes": ["orders:read"], "groups": []},
	"claims": {"tenant_id": "acme"},
}

test_scope_reads_orders if {
	allow with input as ask
}

test_no_scope_reads_nothing if {
	not allow with input as object.union(ask, {"context": {"scopes": []}})
}

test_owner_cancels if {
	allow with input as object.union(ask, {"action": "cancel", "resource_owner": "alice"})
}

test_tenants_are_apart if {
	foreign := object.union(ask, {"claims": {"tenant_id": "globex"}})
	not allow with input as foreign
	deny["the token belongs to another tenant"] with input as foreign
}

test_law_binds_administrators if {
	every action in ["update", "delete"] {
		not allow with input as object.union(ask, {
			"action": action,
			"resource": "data/retained/2024",
			"context": {"roles": ["admin"]},
		})
	}
}
