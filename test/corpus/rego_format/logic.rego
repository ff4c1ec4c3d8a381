package t

import future.keywords.and
import future.keywords.not
import future.keywords.or

p if {
	{a; b} or # first
	(c and not {(d | e)}) and
	# own line
	({1} == x) with input.x as 1
	not (not f(x))
	x := [y | y = z[_]; y or {1}]
}

q if {or(a, b) == c}

r if not {x
y} else := (1 + 2) * -3 if (x | y)[0]
