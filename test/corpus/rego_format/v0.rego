package v0

import input.x as y
import input.z as y

default d = {"a": [1,
2]}
p["x"]
p[k] = true { k := 1 } { k := 2 }
a.b.c
f(x) = true { plus(x, 1, 2); 0 - x == -x; internal.member_2(1, x) }
g(1)
else.x { some i, j
xs[i][j] }
