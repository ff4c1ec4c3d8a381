# The rule that the sidecar asks: a tenant's border first, then the policy of the
# resource's kind, which is the first part of its name ("orders/17").
package tenant

default allow := false

kind := split(input.resource, "/")[0]

allow if {
	count(deny) == 0
	permitted
}

permitted if {
	kind == "orders"
	data.orders.allow
}

permitted if {
	kind == "reports"
	data.reports.allow
}

permitted if {
	kind == "config"
	data.config.allow
}

permitted if {
	kind == "data"
	data.data.allow
}

permitted if data.admin.allow

deny contains "the token belongs to another tenant" if {
	input.claims.tenant_id != input.tenant_id
}

deny contains "the resource belongs to another tenant" if {
	input.resource_tenant != input.tenant_id
}

deny contains sprintf("%s may not %s %s", [input.subject, input.action, input.resource]) if {
	not permitted
}
