# Documents by class: data/public/..., data/internal/..., data/secret/...
package data

default allow := false

class := split(input.resource, "/")[1]

allow if {
	input.action == "read"
	class == "public"
}

allow if {
	input.action == "read"
	class == "internal"
	not endswith(object.get(input.claims, "email", ""), "@partner.example.org")
}
