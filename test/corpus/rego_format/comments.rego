# above the package
package a.b # behind it

import data.z # last
import data.y["if"] as w
import rego.v1

# METADATA
# title: one
# METADATA
# title: two
p contains x if { # open
	some x in [1, # one
		2] # two

	# inside
	not input.deny with input.a as {"k": # value
		1}
		with data.b as 2
	# at the end
} # close

q[{"a": # key
"b"} # behind
] := $"{x # part
} and {1}" if x := 1

f(a, [b, # b
c]) := a | b if a & b
else := `raw
line` if {
	every k, v in a { k == v; v } # every
} else := 3 # three
# last
