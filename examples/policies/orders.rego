# Orders are read by whoever has the scope, and changed by their owner or a manager.
package orders

default allow := false

allow if {
	input.action == "read"
	"orders:read" in input.context.scopes
}

allow if {
	input.action in {"update", "cancel"}
	input.subject == input.resource_owner
}

allow if {
	input.action in {"update", "cancel", "refund"}
	"manager" in input.context.roles
}
