/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OPA's messages of parser and compiler, each provoked: the first finding is wanted whole,
 * as "row:column code message"; code without its rego_ and _error.
 *
 * Of OPA's list some are missing.  Not reachable in OPA itself: "expected else keyword",
 * "expected partial rule value term", "must be call", "ref not ground", "cannot be used as
 * rule name", "cannot be used in function signature", "unexpected import alias".  Of its Go
 * interface only: "expected exactly one ...", "failed to parse ...", "invalid path", "cannot
 * complement", "illegal transform".  Of capabilities that leave the language out: "... not
 * supported".  Of metadata and schemas: the tests of those.
 */
#include "rego/compile.h"
#include "rego/parser.h"
#include "tap.h"

#define P "package t\n"

enum { STRICT = 1, PRINTS = 2, EXPERIMENTAL = 4, V0 = 8 };

/* `---` on a line of its own divides two modules. */
static const struct {
	unsigned flags;
	const char *text, *want;
} rows[] = {
	{ 0, "package f(x).y", "1:9 parse unexpected call token: expecting var" },
	{ 0, "package a[x]", "1:11 parse unexpected var token: expecting string" },
	{ 0, "package 1", "1:9 parse unexpected number token" },
	{ 0, P "import f(x)", "2:11 parse expected path" },
	{ 0, P "import foo.bar", "2:8 parse unexpected import path, must begin with one of: {data, future, input, rego}, got: foo (hint: if this is unexpected, try updating OPA)" },
	{ 0, P "import data.x as 1", "2:18 parse unexpected number token: expected var" },
	{ 0, P "import data.x.if", "2:15 parse unexpected import path, must not end with a keyword, got: if (hint: import a different path or use an alias)" },
	{ 0, P "import data[x]", "2:13 parse unexpected var token: expecting string" },
	{ 0, P "p[x] := 1 if { x := 1 } else := 2", "2:25 parse else keyword cannot be used on rules with variables in head" },
	{ 0, P "p contains 1 if { true } else := 2", "2:26 parse else keyword cannot be used on multi-value rules" },
	{ 0, P "p if { true } else", "2:18 parse unexpected eof token: expected else value term or rule body" },
	{ 0, P "default 1 := 2", "2:1 parse unexpected default keyword" },
	{ 0, P "f(x)[y] := 1", "2:1 parse invalid rule head: f(x)[y]" },
	{ 0, P "f(x) contains y if true", "2:6 parse unexpected contains keyword: the contains keyword can only be used with multi-value rule definitions (e.g., f contains <VALUE> { ... })" },
	{ 0, P "p contains if true", "2:12 parse unexpected if keyword" },
	{ 0, P "p[x] :=", "2:7 parse unexpected eof token" },
	{ 0, P "f(x) :=", "2:7 parse unexpected eof token" },
	{ 0, P "p.q[x] = }", "2:10 parse unexpected } token" },
	{ 0, P "default p :=", "2:12 parse unexpected eof token" },
	{ 0, P "p :=", "2:4 parse unexpected eof token" },
	{ 0, P "p if { true true }", "2:13 parse unexpected true keyword: expected \\n or ; or }" },
	{ 0, P "p if { not some x in [1] }", "2:12 parse unexpected some keyword: illegal negation of 'some'" },
	{ 0, P "p if { not every x in [1] { x } }", "2:12 parse unexpected every keyword: illegal negation of 'every'" },
	{ 0, P "p if { some 1 }", "2:13 parse unexpected number token: expected var" },
	{ 0, P "p if { true with 1 as 2 }", "2:18 parse unexpected number token: expected ident" },
	{ 0, P "p if { true with input 2 }", "2:24 parse unexpected number token: expected as keyword" },
	{ 0, P "p if { every x }", "2:16 parse unexpected } token: expected `x[, y] in xs { ... }` expression" },
	{ 0, P "p if { every [k], v in [1] { v } }", "2:28 parse unexpected { token: expected key to be a variable" },
	{ 0, P "p if { every [v] in [1] { v } }", "2:25 parse unexpected { token: expected value to be a variable" },
	{ 0, P "p if { every v in [1] }", "2:23 parse unexpected } token: missing body" },
	{ 0, P "p if { some x in }", "2:15 parse unexpected in keyword: expected \\n or ; or }" },
	{ 0, P "p := (1 + 2", "2:11 parse non-terminated expression" },
	{ 0, P "p := 01", "2:6 parse unexpected number token: expected number without leading zero" },
	{ 0, P "p := 1e100000000000", "2:6 parse number too big" },
	{ 0, P "p := \"\\q\"", "2:6 parse illegal escape sequence" },
	{ 0, P "p := $\"{}\"", "2:9 parse unexpected } token" },
	{ 0, P "p := $\"{not x}\"", "2:9 parse unexpected negation ('not') in template-string expression" },
	{ 0, P "p := $\"{x = 1}\"", "2:9 parse unexpected unification ('=') in template-string expression" },
	{ 0, P "p := $\"{x := 1}\"", "2:9 parse unexpected assignment (':=') in template-string expression" },
	{ 0, P "p := $\"{every x in [1] { x }}\"", "2:9 parse unexpected 'every' in template-string expression" },
	{ 0, P "p := $\"{some x in [1]}\"", "2:9 parse unexpected 'some' in template-string expression" },
	{ 0, P "p := $\"{1 2}\"", "2:11 parse expected } to end template string expression" },
	{ 0, P "p := \"a\".b", "2:6 parse illegal ref (head cannot be string)" },
	{ 0, P "p := 1[0]", "2:6 parse illegal ref (head cannot be number)" },
	{ 0, P "p := x[1", "2:8 parse unexpected eof token: expected [" },
	{ 0, P "p := x.1", "2:8 parse unexpected number token: expected identifier" },
	{ 0, P "p := {1", "2:7 parse unexpected eof token: non-terminated set" },
	{ 0, P "p := {\"a\": 1", "2:12 parse unexpected eof token: non-terminated object" },
	{ 0, P "p := [1", "2:7 parse unexpected eof token: expected \",\" or \"]\"" },
	{ 0, P "p := {1 | true", "2:14 parse unexpected eof token: expected \\n or ; or }" },
	{ 0, P "p := f(1", "2:8 parse unexpected eof token: expected \",\" or \")\"" },
	{ 0, P "p := {\"a\": 1, \"b\"}", "2:12 parse unexpected number token: non-terminated object" },
	{ 0, P "default p contains 1", "2:1 parse illegal default rule (must have a value)" },
	{ 0, P "default p[x]", "2:1 parse illegal default rule (must have a value)" },
	{ 0, P "default p := input", "2:1 parse illegal default rule (value cannot contain ref)" },
	{ 0, P "default p := x", "2:1 parse illegal default rule (value cannot contain var)" },
	{ 0, P "default p := f(1)", "2:1 parse illegal default rule (value cannot contain call)" },
	{ 0, P "default f(x, x) := 1", "2:1 parse illegal default rule (arguments cannot be repeated x)" },
	{ 0, P "default f([x]) := 1", "2:1 parse illegal default rule (arguments cannot contain array)" },
	{ 0, P "default p := 1 if true", "2:16 parse unexpected if keyword" },
	{ 0, P "import rego", "2:8 parse invalid import `rego`, must be `rego.v1`" },
	{ 0, P "import rego.v1.x", "2:8 parse invalid import `rego.v1.x`, must be `rego.v1`" },
	{ 0, P "import future.keywords.foo", "2:8 parse unexpected keyword, must be one of [contains every if in not]" },
	{ 0, P "import future", "2:8 parse invalid import, must be `future.keywords`" },
	{ 0, P "import future.foo", "2:8 parse invalid import, must be `future.keywords`" },
	{ 0, P "import future.keywords as x", "2:8 parse `future` imports cannot be aliased" },
	{ 0, P "import future.keywords.in as x", "2:8 parse `future` imports cannot be aliased" },
	{ 0, P "true; false", "2:1 parse multiple expressions cannot be used for rule head" },
	{ 0, P "p with input as 1", "2:1 parse expressions using with keyword cannot be used for rule head" },
	{ 0, P "not p", "2:1 parse negated expressions cannot be used for rule head" },
	{ 0, P "some x", "2:1 parse 'some' declarations cannot be used for rule head" },
	{ 0, P "some x in [1]", "2:1 parse 'some' declarations cannot be used for rule head" },
	{ 0, P "1", "2:1 parse number cannot be used for rule name" },
	{ 0, P "[1]", "2:1 parse array cannot be used for rule name" },
	{ 0, P "every x in [1] { x }", "2:1 parse expression cannot be used for rule head" },
	{ 0, P "count(x)", "2:1 parse rule name conflicts with built-in function" },
	{ 0, P "\"a\"[x]", "2:1 parse illegal ref (head cannot be string)" },
	{ 0, P "[1].x = 1", "2:1 parse invalid rule head: [1].x" },
	{ 0, P "eq(1)", "2:1 parse assignment requires two operands" },
	{ 0, P "foo()", "2:1 parse rule argument list must take at least one argument" },
	{ 0, "", "0:0 parse empty module" },
	{ 0, "# nothing", "0:0 parse empty module" },
	{ 0, "p := 1", "1:1 parse package expected" },
	{ 0, P "package u", "2:1 parse unexpected package" },
	{ 0, P "if := 1", "2:1 parse unexpected if keyword" },
	{ 0, P "import rego.v1\ncontains := 1", "3:1 parse contains keyword cannot be used for rule name" },
	{ 0, P "p.q.r", "2:1 parse rule must have value assignment and/or body declaration" },
	{ 0, P "p { true }", "2:1 parse `if` keyword is required before rule body" },
	{ 0, P "p[1]", "2:1 parse `contains` keyword is required for partial set rules" },
	{ 0, P "p := `a", "2:6 parse non-terminated string" },
	{ 0, P "p := 1a", "2:6 parse illegal number format" },
	{ 0, P "p := 1e", "2:6 parse expected exponent" },
	{ 0, P "p := 1.", "2:6 parse expected fraction" },
	{ 0, P "p := !x", "2:6 parse illegal ! character" },
	{ 0, P "p := ~", "2:6 parse illegal token" },
	{ 0, P "p if q\nq if p", "2:1 recursion rule data.t.p is recursive: data.t.p -> data.t.q -> data.t.p" },
	{ 0, P "p if p", "2:1 recursion rule data.t.p is recursive: data.t.p -> data.t.p" },
	{ 0, P "f(x) := f(x)", "2:1 recursion rule data.t.f is recursive: data.t.f -> data.t.f" },
	{ 0, P "p := 1\np.q := 2", "2:1 type rule data.t.p conflicts with:\n  rule data.t.p.q at a.rego:3" },
	{ 0, P "p := 1\np contains 1", "2:1 type conflicting rules data.t.p found" },
	{ 0, P "f(x) := 1\nf(x, y) := 1", "2:1 type conflicting rules data.t.f found" },
	{ 0, P "default p := 1\ndefault p := 2", "1:1 type multiple default rules data.t.p found at a.rego:2, a.rego:3" },
	{ 0, P "p := foo(1)", "2:6 type undefined function foo" },
	{ 0, P "p := data.foo.bar(1)", "2:6 type undefined function data.foo.bar" },
	{ 0, P "f(x, y) := 1\np := f(1)", "3:6 type function data.t.f has arity 2, got 1 argument" },
	{ 0, P "f(x) := 1\np := f(1, 2)", "3:6 type function data.t.f has arity 1, got 2 arguments" },
	{ 0, P "p := count()", "2:6 type count: arity mismatch" },
	{ 0, P "p if x == 1", "2:6 unsafe_var var x is unsafe" },
	{ 0, P "p := print(1)", "2:6 type print(1) used as value" },
	{ STRICT, P "p if { x := 1 }", "2:8 compile assigned var x unused" },
	{ 0, P "p if { some x; true }", "2:8 compile declared var x unused" },
	{ STRICT, P "f(x) := 1", "2:1 compile unused argument x. (hint: use _ (wildcard variable) instead)" },
	{ STRICT, P "import data.x", "2:1 compile import data.x unused" },
	{ 0, P "import data.a.x\nimport data.b.x", "3:1 compile import must not shadow import data.a.x" },
	{ 0, P "f(input) := 1", "2:1 compile args must not shadow input (use a different variable name)" },
	{ 0, P "f([data]) := 1", "2:1 compile args must not shadow data (use a different variable name)" },
	{ 0, P "p if { data := 1 }", "2:8 compile variables must not shadow data (use a different variable name)" },
	{ 0, P "data := 1", "2:1 compile rules must not shadow data (use a different rule name)" },
	{ 0, P "f(count(x)) := 1", "2:3 compile rule arguments cannot contain calls" },
	{ 0, P "p if { not x := 1 }", "2:8 compile cannot assign vars inside negated expression" },
	{ 0, P "p if { input.x := 1 }", "2:8 compile cannot assign to ref" },
	{ 0, P "p if { 1 := 1 }", "2:8 compile cannot assign to number" },
	{ 0, P "f(x) := x\np if { f := 1; f(f) == 1 }", "3:16 compile called function f shadowed" },
	{ 0, P "p if { x; x := 1 }", "2:11 compile var x referenced above" },
	{ 0, P "p if { x := 1; x := 2; x }", "2:16 compile var x assigned above" },
	{ 0, P "p if { some x; some x; x = 1 }", "2:16 compile var x declared above" },
	{ 0, P "f(x) := 1 if { x := 2 }", "2:16 compile arg x redeclared" },
	{ 0, P "q := 1\np if { true with data.t.q.r as 1 }", "3:18 compile with keyword cannot partially replace virtual document(s)" },
	{ 0, P "p if { true with foo as 1 }", "2:18 type with keyword target must reference existing input, data, or a function" },
	{ 0, P "p if { true with eq as 1 }", "2:18 compile with keyword replacing built-in function: replacement of \"eq\" invalid" },
	{ 0, P "p if { true with internal.print as 1 }", "2:18 compile with keyword replacing built-in function: replacement of internal function \"internal.print\" invalid" },
	{ 0, P "p if { true with walk as 1 }", "2:18 compile with keyword replacing built-in function: target must not be a relation" },
	{ 0, P "p if { true with print as 1 }", "2:18 compile with keyword replacing built-in function: target must not be a void function" },
	{ 0, P "p if { 1 == \"a\" }", "2:8 type match error" },
	{ 0, P "f(x) := x\np := f", "3:6 type function data.t.f used as reference, not called" },
	{ 0, P "q := {\"a\": 1}\np := q.b", "3:6 type undefined ref: data.t.q.b" },
	{ 0, P "p := [1, 2][2]", "2:6 type undefined ref: [1, 2][2]" },
	{ 0, P "q := 1\np := q.x", "3:6 type undefined ref: data.t.q.x" },
	{ 0, P "p := count(1)", "2:6 type count: invalid argument(s)" },
	{ 0, P "p := f(1)\nf(x) := x + \"a\"", "3:9 type plus: invalid argument(s)" },
	{ 0, P "p := $\"{input.a[x]}\"", "2:9 compile var x is undeclared" },
	{ 0, P "p := $\"{walk(1)}\"", "0:0 compile illegal call to relation built-in 'walk' that may cause multiple outputs" },
	{ 0, P "p := re_match(\"a\", \"b\")", "2:6 type deprecated built-in function calls in expression: re_match" },
	{ 0, P "p if {", "2:6 parse unexpected eof token" },
	{ 0, P "p := -(1)", "2:7 parse unexpected ( token: expected number" },
	{ 0, P "p := \"\\uzzzz\"", "2:6 parse illegal string literal: \"\\uzzzz\"" },
	{ 0, P "p := \"a\nb\"", "2:6 parse non-terminated string" },
	{ 0, P "p { }", "2:5 parse found empty body" },
	{ V0, P "p { }", "2:5 parse found empty body" },
	{ V0, P "import rego.v1 as x", "2:8 parse `rego` imports cannot be aliased" },
	{ V0, P "f(x) { every y in x }", "2:14 parse unexpected identifier token: expected \\n or ; or }" },
	{ V0, P "p if { true }", "2:1 parse var cannot be used for rule name" },
	{ V0, P "p { x in [1] }", "2:7 parse unexpected identifier token: expected \\n or ; or }" },
	{ V0, P "p { some x in [1] }", "2:12 parse unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.in` for `some x in xs` expressions)" },
	{ V0, P "p contains 1 { true }", "2:1 parse var cannot be used for rule name" },
	{ V0, P "import rego.v1\np { true }", "3:1 parse `if` keyword is required before rule body" },
	{ V0, P "import rego.v1\nimport rego.v1 as y\np[1] if true", "3:8 parse `rego` imports cannot be aliased" },
	{ V0, P "p { 1 == 2 } else = 1 if true", "2:23 parse var cannot be used for rule name" },
	{ 0, P "p contains x if x := 1 if true", "2:24 parse unexpected if keyword" },
	{ 0, P "p := 1 else", "2:8 parse unexpected else keyword" },
	{ 0, P "p := 1 { true } else { }", "2:24 parse found empty body" },
	{ 0, P "p if { every x, y }", "2:15 parse unexpected , token: expected `x[, y] in xs { ... }` expression" },
	{ 0, P "p if { some x, y }", "2:8 compile declared var x unused" },
	{ 0, P "p if { some in [1] }", "2:13 parse unexpected in keyword: expected var" },
	{ 0, P "p if { some 1, 2 }", "2:13 parse unexpected number token: expected var" },
	{ 0, P "p if { not }", "2:12 parse unexpected } token" },
	{ 0, P "p if { true with foo[x] as }", "2:28 parse unexpected } token" },
	{ 0, P "p if { true with }", "2:18 parse unexpected } token: expected ident" },
	{ 0, P "p if { true with \"a\" as 1 }", "2:18 parse unexpected string token: expected ident" },
	{ 0, P "p := [x | ]", "2:11 parse found empty body" },
	{ 0, P "p := {x: y | }", "2:14 parse unexpected } token" },
	{ 0, P "p := {1: 2, 3}", "2:10 parse unexpected number token: non-terminated object" },
	{ 0, P "p := {1, 2: 3}", "2:11 parse unexpected : token: expected \",\" or \"}\"" },
	{ 0, P "p := x.", "2:7 parse unexpected eof token: expected identifier" },
	{ 0, P "p := x[]", "2:8 parse unexpected ] token" },
	{ 0, P "p := [1 | true", "2:14 parse unexpected eof token: expected \\n or ; or ]" },
	{ 0, P "p := f(1,", "2:9 parse unexpected eof token" },
	{ 0, P "p := 1 +", "2:8 parse unexpected eof token" },
	{ 0, P "p := {\"a\": }", "2:12 parse unexpected } token" },
	{ 0, P "p := {\"a\" 1}", "2:11 parse unexpected number token: non-terminated set" },
	{ 0, P "p := $`{}`", "2:9 parse unexpected } token" },
	{ 0, P "p := $\"a", "2:6 parse non-terminated string" },
	{ 0, P "p := $\"\\q\"", "2:6 parse illegal escape sequence" },
	{ 0, P "import", "2:6 parse unexpected eof token" },
	{ 0, P "import data.", "2:12 parse unexpected eof token: expected identifier" },
	{ 0, P "import data.x as", "2:16 parse unexpected eof token: expected var" },
	{ 0, P "import data.x y", "2:15 parse var cannot be used for rule name" },
	{ 0, "package", "1:7 parse unexpected eof token" },
	{ 0, "package t.", "1:10 parse unexpected eof token: expected identifier" },
	{ 0, "package t[1]", "1:11 parse unexpected number token: expecting string" },
	{ 0, "package if.x\np := q", "2:6 unsafe_var var q is unsafe" },
	{ 0, P "default", "2:1 parse unexpected default keyword" },
	{ 0, P "default p = ", "2:12 parse unexpected eof token" },
	{ 0, P "default p = [x | x := data.a]\nq := r", "3:6 unsafe_var var r is unsafe" },
	{ 0, P "default p = {x: 1}", "2:1 parse illegal default rule (value cannot contain var)" },
	{ 0, P "default f(1) := 1", "2:1 parse illegal default rule (arguments cannot contain number)" },
	{ 0, P "p := 1;q := r", "2:1 parse multiple expressions cannot be used for rule head" },
	{ 0, P "p.q contains x if { x := 1 } else := 2", "2:30 parse else keyword cannot be used on multi-value rules" },
	{ 0, P "p := 1 if { true } else contains 2 if true", "2:25 parse unexpected contains keyword: expected else value term or rule body" },
	{ 0, P "p[x].q := 1 if { x := 1 } else := 2", "2:27 parse else keyword cannot be used on rules with variables in head" },
	{ 0, P "1 := p", "2:1 parse number cannot be used for rule name" },
	{ 0, P "\"a\" := p", "2:1 parse string cannot be used for rule name" },
	{ 0, P "p := 1 with input as 1", "2:1 parse expressions using with keyword cannot be used for rule head" },
	{ 0, P "not p := 1", "2:1 parse negated expressions cannot be used for rule head" },
	{ 0, P "x in [1]", "2:1 parse rule name conflicts with built-in function" },
	{ 0, P "{1} = x", "2:1 parse set cannot be used for rule name" },
	{ 0, P "true := 1", "2:1 parse boolean cannot be used for rule name" },
	{ 0, P "null", "2:1 parse null cannot be used for rule name" },
	{ 0, P "in := 1", "2:1 parse unexpected in keyword" },
	{ 0, P "every := 1", "2:7 parse unexpected assign token" },
	{ 0, P "not := 1", "2:5 parse unexpected assign token" },
	{ 0, P "a contains", "2:10 parse unexpected eof token" },
	{ 0, P "p := 1 if", "2:9 parse unexpected eof token" },
	{ 0, P "p := 1 if {", "2:11 parse unexpected eof token" },
	{ 0, P "# only a comment\np", "3:1 parse var cannot be used for rule name" },
	{ 0, P "p := \x01", "2:6 parse illegal token" },
	{ 0, P "p := \xC3" "\xA9", "2:6 parse illegal token" },
	{ 0, P "p = 1e999999999999", "2:5 parse number too big" },
	{ 0, P "p = 0x1", "2:5 parse illegal number format" },
	{ 0, P "p = 1.2.3", "2:5 parse illegal ref (head cannot be number)" },
	{ 0, P "p = 00.1", "2:5 parse unexpected number token: expected number without leading zero" },
	{ 0, P "p = -", "2:5 parse unexpected eof token: expected number" },
	{ 0, P "p if { q }\nq if { not r }\nr := count(s)\ns contains 1 if p", "2:1 recursion rule data.t.p is recursive: data.t.p -> data.t.q -> data.t.r -> data.t.s -> data.t.p" },
	{ 0, P "p[x] if { p[x] }", "2:1 recursion rule data.t.p[x] is recursive: data.t.p[x] -> data.t.p[x]" },
	{ 0, P "f(x) := g(x)\ng(x) := f(x)", "2:1 recursion rule data.t.f is recursive: data.t.f -> data.t.g -> data.t.f" },
	{ 0, P "p if { data.t[x] }", "2:1 recursion rule data.t.p is recursive: data.t.p -> data.t.p" },
	{ 0, P "p := 1\np := f(2)\nf(x) := p", "3:1 recursion rule data.t.p is recursive: data.t.p -> data.t.f -> data.t.p" },
	{ 0, P "p if { true with data.x as p }", "2:1 recursion rule data.t.p is recursive: data.t.p -> data.t.p" },
	{ 0, P "p.q.r := 1\np.q := 2", "3:1 type rule data.t.p.q conflicts with:\n  rule data.t.p.q.r at a.rego:2" },
	{ 0, P "p[x] := 1 if x := 1\np contains 1", "2:1 type conflicting rules data.t.p found" },
	{ 0, P "p.q contains 1\np.q := 2", "2:1 type conflicting rules data.t.p.q found" },
	{ 0, P "f(x) := 1\nf := 2", "2:1 type conflicting rules data.t.f found" },
	{ 0, P "default f(x) := 1\ndefault f(x) := 2", "1:1 type multiple default rules data.t.f found at a.rego:2, a.rego:3" },
	{ 0, P "p := data.t.q(1)\nq := 2", "2:6 type function data.t.q has arity 0, got 1 argument" },
	{ 0, P "p := plus(1)", "2:6 type plus: arity mismatch" },
	{ 0, P "p := io.jwt.nope(1)", "2:6 type undefined function io.jwt.nope" },
	{ 0, P "p if { x = y }", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p if { x > 1; y < x }", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p if { not x == 1 }", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p := [x | y := 1]", "2:6 unsafe_var var x is unsafe" },
	{ 0, P "p := {x: y | x := 1}", "2:6 unsafe_var var y is unsafe" },
	{ 0, P "p if { input[x] == y }", "2:8 unsafe_var var y is unsafe" },
	{ 0, P "p if { every x in [1] { x == y } }", "2:25 unsafe_var var y is unsafe" },
	{ 0, P "p if { every x in y { x } }", "2:19 unsafe_var var y is unsafe" },
	{ 0, P "p if { f(x) }\nf(x) := x", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p[x] := y if { true }", "2:3 unsafe_var var x is unsafe" },
	{ 0, P "p contains x", "2:12 unsafe_var var x is unsafe" },
	{ 0, P "p if { x := y; y := 1 }", "2:16 compile var y referenced above" },
	{ 0, P "p if { true with input as x }", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p if { _ == 1 }", "2:8 unsafe_var var _ is unsafe" },
	{ 0, P "f(x, y) := z if { x == y }", "2:12 unsafe_var var z is unsafe" },
	{ 0, P "p if { x = 1 } q if { y == 1 }", "2:23 unsafe_var var y is unsafe in rule q" },
	{ 0, P "p if { a := b\n c := a\n c }", "2:8 unsafe_var var a is unsafe" },
	{ 0, P "p := 1 if { else_ == 1 }", "2:13 unsafe_var var else_ is unsafe" },
	{ 0, P "p if { x = [x | x = 1] }", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p if { x = y; x = [y | y = 1] }", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p if { f({x}, y); x = y }\nf(_) := 1", "2:8 unsafe_var var x is unsafe" },
	{ STRICT, P "import data.x as y\nimport input.z\np := z", "2:1 compile import data.x as y unused" },
	{ STRICT, P "p if { x := 1; y := x }", "2:16 compile assigned var y unused" },
	{ STRICT, P "p := [1 | x := 1]", "2:11 compile assigned var x unused" },
	{ STRICT, P "f([x, y]) := x", "2:1 compile unused argument y. (hint: use _ (wildcard variable) instead)" },
	{ STRICT, P "p if { every x in [1] { y := 2 } }", "2:25 compile assigned var y unused" },
	{ STRICT, P "import data.a\nimport data.a\np := a", "3:1 compile import must not shadow import data.a" },
	{ STRICT, P "f(_, x) := 1 if { true } else := 2", "2:1 compile unused argument x. (hint: use _ (wildcard variable) instead)" },
	{ 0, P "p if { some x in [1]; some y }", "2:23 compile declared var y unused" },
	{ 0, P "p if { some x, y; x = 1 }", "2:8 compile declared var y unused" },
	{ 0, P "import data.a\nimport input.a\np := a", "3:1 compile import must not shadow import data.a" },
	{ 0, P "import data.a as b\nimport data.c as b\np := b", "3:1 compile import must not shadow import data.a as b" },
	{ 0, P "p if { input = 1; input := 2 }", "2:19 compile variables must not shadow input (use a different variable name)" },
	{ 0, P "p if { every data in [1] { true } }", "2:26 parse unexpected { token: expected value to be a variable" },
	{ 0, P "f(x, x) := 1\np := q", "3:6 unsafe_var var q is unsafe" },
	{ 0, P "f({\"a\": count(x)}) := 1", "2:9 compile rule arguments cannot contain calls" },
	{ 0, P "p if { [x, 1] := [1, 1]; {x} := {1} }", "2:12 compile cannot assign to number" },
	{ 0, P "p if { count(x) := 1 }", "2:8 compile cannot assign to call" },
	{ 0, P "p if { \"a\" := x }", "2:8 compile cannot assign to string" },
	{ 0, P "p if { [x | true] := 1 }", "2:8 compile cannot assign to arraycomprehension" },
	{ 0, P "p if { not [x] := [1] }", "2:8 compile cannot assign vars inside negated expression" },
	{ 0, P "p if { some x in [1]; x := 2 }", "2:23 compile var x declared above" },
	{ 0, P "p if { x := 1; some x in [1]; x }", "2:16 compile var x assigned above" },
	{ 0, P "p if { y := x; x := 1 }", "2:16 compile var x referenced above" },
	{ 0, P "p if { x := 1; every x in [1] { x := 2 } }", "2:33 compile var x declared above" },
	{ 0, P "f(x) := y if { some x; y = x }", "2:16 compile arg x redeclared" },
	{ 0, P "f(x) := y if { some x in [1]; y = x }", "2:16 compile arg x redeclared" },
	{ 0, P "p if { some count; count([1]) }", "2:20 type undefined function count" },
	{ 0, P "p if { true with data.t.p as 1 }", "2:1 recursion rule data.t.p is recursive: data.t.p -> data.t.p" },
	{ 0, P "q[x] := 1 if x := 1\np if { true with data.t.q[1] as 2; q.a.b with data.t.q.a.b as 3 }", "3:18 compile with keyword cannot partially replace virtual document(s)" },
	{ 0, P "q contains 1\np if { true with data.t.q.r as 2 }", "3:18 compile with keyword cannot partially replace virtual document(s)" },
	{ 0, P "f(x) := x\np if { true with f as 1; true with data.t.f.g as 2 }", "3:36 compile with keyword cannot partially replace virtual document(s)" },
	{ 0, P "p if { true with http.send as input.x }\nq := r", "3:6 unsafe_var var r is unsafe" },
	{ 0, P "p if { true with rego.metadata.rule as 1 }", "2:18 compile with keyword replacing built-in function: replacement of \"rego.metadata.rule\" invalid" },
	{ 0, P "f(x, y) := 1\np if { count([1]) == 1 with count as f }", "3:24 type count: arity mismatch" },
	{ 0, P "f(x) := 1\ng(x, y) := 1\np if { f(1) with f as g }", "4:13 type data.t.f: arity mismatch" },
	{ 0, P "p if { x := 1; true with x as 2 }", "2:26 type with keyword target must reference existing input, data, or a function" },
	{ 0, P "p if { true == null }", "2:8 type match error" },
	{ 0, P "p if { [1] == [1, 2] }", "2:8 type match error" },
	{ 0, P "p if { {\"a\": 1} == {\"b\": 1} }", "2:8 type match error" },
	{ 0, P "p if { {1} == {\"a\"} }", "2:8 type match error" },
	{ 0, P "p if { x := 1; x == \"a\" }", "2:16 type match error" },
	{ 0, P "p if { 1 == f(1) }\nf(x) := \"a\"", "2:8 type match error" },
	{ 0, P "p if { [x, 1] = [\"a\", \"b\"]; x }", "2:8 type match error" },
	{ 0, P "p := \"a\" * 2", "2:6 type mul: invalid argument(s)" },
	{ 0, P "p := {1} & [1]", "2:6 type and: invalid argument(s)" },
	{ 0, P "p := concat(\",\", [1])", "2:6 type concat: invalid argument(s)" },
	{ 0, P "p := sum(\"a\")", "2:6 type sum: invalid argument(s)" },
	{ 0, P "p := upper(1)", "2:6 type upper: invalid argument(s)" },
	{ 0, P "p := object.get([1], 0, 1)", "2:6 type object.get: invalid argument(s)" },
	{ 0, P "p := q[0]\nq := {\"a\": 1}", "2:6 type undefined ref: data.t.q[0]" },
	{ 0, P "p := q.a.b.c\nq := {\"a\": {\"b\": 1}}", "2:6 type undefined ref: data.t.q.a.b.c" },
	{ 0, P "p := {1, 2}[\"a\"]", "2:6 type undefined ref: {1, 2}.a" },
	{ 0, P "p := f(1).a\nf(x) := 1", "2:6 type undefined ref: data.t.f(1).a" },
	{ 0, P "p := count", "2:6 unsafe_var var count is unsafe" },
	{ 0, P "p if { data.t.f }\nf(x) := x", "2:8 type function data.t.f used as reference, not called" },
	{ 0, P "p if { input.x := y }", "2:8 compile cannot assign to ref" },
	{ 0, P "p if { data.t.f[1] }\nf(x) := x", "2:8 type undefined ref: data.t.f[1]" },
	{ 0, P "p if { x := input.y; x + \"a\" }", "2:22 type plus: invalid argument(s)" },
	{ 0, P "p := json.unmarshal(1)", "2:6 type json.unmarshal: invalid argument(s)" },
	{ 0, P "p if { startswith(\"a\", 1) }", "2:8 type startswith: invalid argument(s)" },
	{ 0, P "p := print", "2:6 unsafe_var var print is unsafe" },
	{ 0, P "p if { x := print(\"a\") }", "2:13 type print(\"a\") used as value" },
	{ 0, P "p := all([true])", "2:6 type deprecated built-in function calls in expression: all" },
	{ 0, P "p := {re_match(\"a\", \"b\")}", "2:7 type deprecated built-in function calls in expression: re_match" },
	{ V0 | STRICT, P "p { any([true]) }", "2:5 type deprecated built-in function calls in expression: any" },
	{ V0 | STRICT, P "input = 1", "2:1 compile rules must not shadow input (use a different rule name)" },
	{ V0 | STRICT, P "import data.a\nimport input.a\np { a }", "3:1 compile import must not shadow import data.a" },
	{ V0 | STRICT, P "p { data := 1 }", "2:5 compile variables must not shadow data (use a different variable name)" },
	{ PRINTS, P "p if { some x; print(x) }", "2:22 compile var x is undeclared" },
	{ PRINTS, P "p if { print(x, y) }", "2:14 compile var x is undeclared" },
	{ PRINTS, P "p if { print(input[x]) }", "2:14 compile var x is undeclared" },
	{ PRINTS, P "p if { every x in [1] { print(y, x) } }", "2:31 compile var y is undeclared" },
	{ PRINTS, P "p := [1 | print(z)]", "2:17 compile var z is undeclared" },
	{ 0, P "p := $\"{x + 1}\"", "0:0 compile var x is undeclared" },
	{ 0, P "p := $\"{[y]}\"", "2:9 compile var y is undeclared" },
	{ 0, P "p := $\"{_}\"", "2:6 unsafe_var var _ is unsafe" },
	{ 0, P "p := [$\"{a[_]}\" | a := [1]]", "2:10 compile var _ is undeclared" },
	{ 0, P "p := $\"{print(1)}\"", "0:0 type print(1) used as value" },
	{ 0, P "p if { $\"{x}\" }", "2:8 unsafe_var var x is unsafe" },
	{ 0, P "p := 1 + $\"a\"", "2:6 type plus: invalid argument(s)" },
	{ EXPERIMENTAL, P "import future.keywords.or\np if { {1 | 2} or true }", "3:8 parse ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension (hint: write `({1 | 2})` for the comprehension, or `{(1 | 2)}` for the set union)" },
	{ EXPERIMENTAL, P "import future.keywords.or\np if { {\"a\": 1} or true }", "3:8 parse operand of `or` cannot begin with `{` unless the braces hold a body (hint: wrap the operand to keep the value: `({\"a\": 1}) or ...`)" },
	{ EXPERIMENTAL, P "import future.keywords.or\np if { {1}[x] or true }", "3:8 parse operand of `or` cannot begin with `{` unless the braces hold a body (hint: wrap the operand to keep the value: `({1}[x]) or ...`)" },
	{ EXPERIMENTAL, P "import future.keywords.and\np if { () and true }", "3:9 parse unexpected ) token" },
	{ EXPERIMENTAL, P "import future.keywords.and\np if { (true and true }", "3:23 parse expected ) to close parenthesized group" },
	{ EXPERIMENTAL, P "import future.keywords.or\np if { true with input as 1 or false }", "3:13 parse `with` modifier is not allowed on operand of `or` (hint: Wrap the operand in `(...)` or `{...}` to scope, or move `with` after the `or` expression to apply it to the whole expression)" },
	{ EXPERIMENTAL, P "import future.keywords.or\np if { true or print(1) }", "3:16 parse operand of `or` cannot consist only of calls to `print` (hint: `print` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail)" },
	{ EXPERIMENTAL, P "import future.keywords.or\np if { true or }", "3:16 parse unexpected } token" },
	{ EXPERIMENTAL, P "import future.keywords.not\np if { not {1 | 2} }", "3:12 parse ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension (hint: write `not ({1 | 2})` for the comprehension, or `not {(1 | 2)}` for the set union)" },
	{ EXPERIMENTAL, P "import future.keywords.not\np if { not {} }", "3:13 parse found empty body" },
	{ EXPERIMENTAL, P "import future.keywords.not\np if { not x := 1 }", "3:8 unsafe_var var x is unsafe" },
	{ EXPERIMENTAL, P "import future.keywords.and\np if { ({true; false}) and true }", "3:8 parse `(...)` in an operand position cannot contain a body (hint: drop the parens to keep the body: `{true; false}`)" },
	{ 0, P "p := \"a\\n\tb\"", "2:6 parse illegal string literal: \"a\\n\tb\"" },
	{ 0, P "p := $\"\\uzzzz\"", "2:6 parse illegal template-string part: $\"\\uzzzz\"" },
	{ 0, P "p if { true with f(1) as 2 }", "2:23 parse unexpected as keyword: expected with target path" },
	{ V0, P "p { true } else { true } { true }", "2:26 parse expected else keyword" },
	{ 0, P "p if true else if", "2:17 parse unexpected eof token: rule body expected" },
	{ 0, P "f(x).y(z) := 1", "2:11 parse unexpected assign token: rule head ref f(x).y invalid" },
	{ 0, P "p[ := 1", "2:4 parse unexpected assign token" },
	{ 0, P "p if { some internal.member_2(x) }", "2:34 parse unexpected } token: illegal domain" },
	{ 0, P "p if { every internal.member_2(x) { true } }", "2:35 parse unexpected { token: illegal domain" },
	{ 0, P "p if { some f(x) }", "2:18 parse unexpected } token: expected `x in xs` or `x, y in xs` expression" },
	{ 0, P "default f(x) contains 1", "2:14 parse unexpected contains keyword: the contains keyword can only be used with multi-value rule definitions (e.g., f contains <VALUE> { ... })" },
	{ 0, P "p := x[\"a\"", "2:10 parse unexpected eof token: expected [" },
	{ 0, P "p := set(1)", "2:6 type undefined function set" },
	{ 0, P "p := set(", "2:9 parse unexpected eof token" },
	{ 0, P "p.q.r = ", "2:8 parse unexpected eof token" },
	{ 0, P "p[x] = ", "2:7 parse unexpected eof token" },
	{ 0, P "u := 1\n---\npackage t.u\np := 1", "2:1 type rule data.t.u conflicts with:\n  rule data.t.u.p at b.rego:2" },
	{ 0, P "p := 1\n---\npackage t\np contains 2", "2:1 type conflicting rules data.t.p found" },
	{ 0, P "f(x) := 1\n---\npackage t\nf(x, y) := 1", "2:1 type conflicting rules data.t.f found" },
	{ 0, P "default p := 1\n---\npackage t\ndefault p := 2", "1:1 type multiple default rules data.t.p found at a.rego:2, b.rego:2" },
	{ 0, "package a\np := data.b.q\n---\npackage b\nq := data.a.p", "2:1 recursion rule data.a.p is recursive: data.a.p -> data.b.q -> data.a.p" },
	{ 0, "package a\nimport data.b.f\np := f(1, 2)\n---\npackage b\nf(x) := x", "3:6 type function data.b.f has arity 1, got 2 arguments" },
	{ 0, "package a\np := data.b.nope(1)\n---\npackage b\nf(x) := x", "2:6 type undefined function data.b.nope" },
};

static err_t
add_modules(struct rego_unit *unit, str_t text, enum rego_version version)
{
	str_t divider = STR("\n---\n");
	size_t end = str_find(text, divider, 0);
	err_t e = rego_parse_module(unit, STR("a.rego"), str_sub(text, 0, end), version, NULL);

	if (e == ERR_OK && end < text.len)
		e = rego_parse_module(unit, STR("b.rego"), str_skip(text, end + divider.len), version, NULL);
	return e;
}

static str_t
describe(struct arena *arena, const struct diag_finding *f)
{
	str_t code = f->code;

	if (str_has_prefix(code, STR("rego_")))
		code = str_skip(code, STR("rego_").len);
	if (str_has_suffix(code, STR("_error")))
		code = str_sub(code, 0, code.len - STR("_error").len);
	return arena_printf(arena, "%u:%u %.*s %.*s", f->place.row, f->place.col, STR_FMT(code),
	    STR_FMT(f->message));
}

static void
check(size_t i)
{
	struct arena *arena = arena_new(16 << 20);
	unsigned flags = rows[i].flags;
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .intern = intern_new(arena), .diag = &diag,
		.data = VALUE_NONE, .strict = (flags & STRICT) != 0,
		.keep_prints = (flags & PRINTS) != 0, .experimental = (flags & EXPERIMENTAL) != 0 };
	str_t have;

	diag_init(&diag, arena, 20);
	if (add_modules(&unit, str_of(rows[i].text), (flags & V0) != 0 ? REGO_V0 : REGO_V1) == ERR_OK)
		(void)rego_compile(&unit);
	have = diag.first == NULL ? STR("none") : describe(arena, diag.first);
	if (!ok(str_eq(have, str_of(rows[i].want)), "%s", rows[i].want))
		tap_note("in %s\nhave %.*s", rows[i].text, STR_FMT(have));
	arena_free(&arena);
}

/* What cannot be written in a row: many brackets, and more errors than are told. */
static void
check_repeated(const char *before, const char *repeated, unsigned times, const char *want)
{
	struct arena *arena = arena_new(64 << 20);
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .intern = intern_new(arena), .diag = &diag, .data = VALUE_NONE };
	const struct diag_finding *last = NULL;
	struct buf text;

	diag_init(&diag, arena, 20);
	buf_init(&text, 1 << 20);
	buf_add_text(&text, before);
	for (unsigned i = 0; i < times; i++)
		buf_add_text(&text, repeated);
	if (rego_parse_module(&unit, STR("a.rego"), buf_str(&text), REGO_V1, NULL) == ERR_OK)
		(void)rego_compile(&unit);
	for (const struct diag_finding *f = diag.first; f != NULL; f = f->next)
		last = str_find(f->message, str_of(want), 0) < f->message.len ? f : last;
	ok(last != NULL, "%s", want);
	buf_fini(&text);
	arena_free(&arena);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i);
	check_repeated(P "p := ", "[", 50000, "max parsing recursion depth exceeded");
	check_repeated(P, "p if x == y\n", 8, "error limit reached");
	return tap_done();
}
