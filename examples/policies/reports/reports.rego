# Each report names the groups that may read it: data.json beside this file.
package reports

default allow := false

allow if {
	input.action == "read"
	some group in input.context.groups
	group in data.reports.readers[name]
}

name := split(input.resource, "/")[1]
