/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

static const struct format_row heads[] = {
	{ "x = 1", "x := 1" },
	{ "x := true", NULL },
	{ "default x = false", "default x := false" },
	{ "default f(_) := 1", NULL },
	{ "x if true", "x := true" },
	{ "x if { true }", "x := true" },
	{ "x := 1 if { true }", "x := 1" },
	{ "x := true if { a }", "x if a" },
	{ "f(1)", NULL },
	{ "f(x,y) := x if y", "f(x, y) := x if y" },
	{ "f(x) if true", "f(x) := true" },
	{ "f([x,\ny], z) := 1", "f(\n\t[\n\t\tx,\n\t\ty,\n\t],\n\tz,\n) := 1" },
	{ "f(x,\ny) := 1", "f(\n\tx,\n\ty,\n) := 1" },
	{ "p contains 1", NULL },
	{ "p contains x if x := 1", NULL },
	{ "p contains x if { true }", "p contains x" },
	{ "p[\"x\"] := 1", NULL },
	{ "p.x := 1", "p[\"x\"] := 1" },
	{ "p[x] if x := 1", NULL },
	{ "p[x] = y if { x := 1; y := 2 }", "p[x] := y if {\n\tx := 1\n\ty := 2\n}" },
	{ "a.b.c := 1\n\np[\"x\"] := 2", "a.b.c := 1\n\np.x := 2" },
	{ "a.b contains 1\n\np[\"x\"] := 2", "a.b contains 1\n\np.x := 2" },
	{ "a.f(x) := x", NULL },
	{ "a.b[x].c if x := 1", NULL },
	{ "a.b[\"c-d\"] := 1", NULL },
	{ "a.b.if := 1", NULL },
	{ "a.b[\"if\"] := 1", NULL },
	{ "if.x.y := 1", NULL },
	{ "p[{\"a\": # key\n1}] := 2", "p[{\"a\": # key\n1}] := 2" },
};

static const struct format_row bodies[] = {
	{ "p if {a}", "p if a" },
	{ "p if { a; b }", "p if {\n\ta\n\tb\n}" },
	{ "p if {\n\ta\n}", NULL },
	{ "p if\na", "p if {\n\ta\n}" },
	{ "p if { {1} }", "p if {\n\t{1}\n}" },
	{ "p if { set() }", "p if {\n\tset()\n}" },
	{ "p if {x | x := 1}", NULL },
	{ "p if {\"a\": 1}", NULL },
	{ "p if { (a|b)\nc }", "p if {\n\t(a | b)\n\tc\n}" },
	{ "p if { (a|b) == c\nd }", "p if {\n\t(a | b) == c\n\td\n}" },
	{ "p if { a } # one", "p if a # one" },
	{ "p if { # one\n\ta # two\n\t# three\n} # four", NULL },
	{ "p if { a; b } # one", "p if { # one\n\ta\n\tb\n}" },
	{ "x := f(\n1,\n2) if a", "x := f(\n\t1,\n\t2,\n) if a" },
	{ "p if not a", NULL },
	{ "p if some x in xs", NULL },
};

static const struct format_row elses[] = {
	{ "p := 1 if { a } else := 2", "p := 1 if a\n\nelse := 2" },
	{ "p := 1 if {\n\ta\n} else := 2 if {\n\tb\n}", NULL },
	{ "p := 1 if {\n\ta\n}\n\nelse := 2 if {\n\tb\n}", NULL },
	{ "p := 1 if {\n\ta\n}\nelse := 2", "p := 1 if {\n\ta\n}\n\nelse := 2" },
	{ "p if {\n\ta\n} else if b", NULL },
	{ "p if {\n\ta\n} else := 2 if { true }", "p if {\n\ta\n} else := 2" },
	{ "p if {\n} else := 2", "p if {}\n\nelse := 2" },
	{ "p := 1 if { true } else := 2", "p := 1 if true\n\nelse := 2" },
	{ "p if {\n\ta\n} else := `x\ny`", NULL },
	{ "p if {\n\ta\n} else := 2 if f(`a`)", NULL },
	{ "p if {\n\ta\n} else := 2 if f(\n1,\n2)",
	    "p if {\n\ta\n} else := 2 if f(\n\t1,\n\t2,\n)" },
	{ "p if {\n\ta\n} # one\nelse := 2", "p if {\n\ta\n} # one\n\nelse := 2" },
	{ "p if {\n\ta\n}\n# one\nelse := 2", "p if {\n\ta\n}\n\n# one\nelse := 2" },
	{ "p := 1 if { a } # one\nelse := 2", "p := 1 if a # one\n\nelse := 2" },
	{ "p if {\n\ta\n} else := # one\n2 if {\n\tb\n}",
	    "p if {\n\ta\n} else := 2 if { # one\n\tb\n}" },
};

static const struct format_row old[] = {
	{ "p { a }", "p {\n\ta\n}" },
	{ "p = 1 { a }", "p = 1 {\n\ta\n}" },
	{ "p := 1", NULL },
	{ "p[x] { x = 1 }", "p[x] {\n\tx = 1\n}" },
	{ "p[\"x\"]", NULL },
	{ "p.x", "p[\"x\"]" },
	{ "p[\"x\"] = true { a }", "p[\"x\"] = true {\n\ta\n}" },
	{ "p[\"x\"] = 1 { true }", "p[\"x\"] = 1" },
	{ "a.b.c", "a.b.c = true" },
	{ "p { a } { b }", "p {\n\ta\n}\n\np {\n\tb\n}" },
	{ "f([x,\ny]) = 1 { a } { b }",
	    "f([\n\tx,\n\ty,\n]) = 1 {\n\ta\n}\n\nf([x, y]) = 1 {\n\tb\n}" },
	{ "p = 1 { a } else = 2 { b }", "p = 1 {\n\ta\n}\n\nelse = 2 {\n\tb\n}" },
	{ "f(x) { true }", "f(x) = true" },
	{ "import future.keywords.if\n\np { a }", "import future.keywords.if\n\np if a" },
	{ "import future.keywords.if\n\np[x] { a }",
	    "import future.keywords.if\n\np[x] {\n\ta\n}" },
	{ "import future.keywords\n\np[x] { x := 1 }",
	    "import future.keywords\n\np contains x if x := 1" },
	{ "import future.keywords.contains\n\np contains 1", NULL },
	{ "p[1]\n\nimport future.keywords\n\nq[1]",
	    "p[1]\n\nimport future.keywords\n\nq contains 1" },
};

int
main(void)
{
	FORMAT_ROWS("head", FORMAT_MODULE, REGO_V1, heads);
	FORMAT_ROWS("body", FORMAT_MODULE, REGO_V1, bodies);
	FORMAT_ROWS("else", FORMAT_MODULE, REGO_V1, elses);
	FORMAT_ROWS("v0", FORMAT_MODULE, REGO_V0, old);
	return tap_done();
}
