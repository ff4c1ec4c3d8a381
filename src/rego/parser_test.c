/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_print.h"
#include "rego/parser_internal.h"
#include "tap.h"

enum { MEMORY_LIMIT = 64 << 20, TEXT_LIMIT = 1 << 16 };

struct bench {
	struct arena *arena;
	struct diag diag;
	struct rego_unit unit;
	struct buf out;
};

static void
open_bench(struct bench *b)
{
	*b = (struct bench){ .arena = arena_new(MEMORY_LIMIT) };
	diag_init(&b->diag, b->arena, 100);
	b->unit = (struct rego_unit){ .arena = b->arena, .diag = &b->diag,
		.intern = intern_new(b->arena) };
	buf_init(&b->out, TEXT_LIMIT);
}

static void
close_bench(struct bench *b)
{
	buf_fini(&b->out);
	arena_free(&b->arena);
}

/* row:col message, one a line */
static void
print_errors(struct bench *b)
{
	for (const struct diag_finding *f = b->diag.first; f != NULL; f = f->next)
		buf_printf(&b->out, "%s%u:%u %.*s", b->out.len > 0 ? "\n" : "", f->place.row,
		    f->place.col, STR_FMT(f->message));
}

static void
check(struct bench *b, const char *text, const char *want)
{
	int line = (int)str_find_char(str_of(text), '\n', 0);

	ok(str_eq(buf_str(&b->out), str_of(want)), "%.*s", line, text);
	if (!str_eq(buf_str(&b->out), str_of(want)))
		tap_note("want %s\n# got  %.*s", want, STR_FMT(buf_str(&b->out)));
}

/* ---- queries: what was understood, as text with every operator a call ---- */

static const struct {
	const char *text, *want;
} query_cases[] = {
	{ "x", "x" },
	{ "input", "input" },
	{ "a.b[c].d[\"e f\"]", "a.b[c].d[\"e f\"]" },
	{ "input.if.in.default", "input[\"if\"][\"in\"][\"default\"]" },
	{ "1 + 2 * 3 - 4", "minus(plus(1, mul(2, 3)), 4)" },
	{ "(1 + 2) * 3", "mul(plus(1, 2), 3)" },
	{ "a | b & c", "or(a, and(b, c))" },
	{ "1 + 2 == 3", "equal(plus(1, 2), 3)" },
	{ "a == b == c", "equal(equal(a, b), c)" },
	{ "x := 1 + 1", "assign(x, plus(1, 1))" },
	{ "x = y", "x = y" },
	{ "x in xs", "internal.member_2(x, xs)" },
	{ "k, v in xs", "internal.member_3(k, v, xs)" },
	{ "1 in [1] == true", "internal.member_2(1, equal([1], true))" },
	{ "a in b in c", "internal.member_2(internal.member_2(a, b), c)" },
	{ "f(1, 2 in [2])", "f(1, internal.member_2(2, [2]))" },
	{ "f((1, 2 in [2]))", "f(internal.member_3(1, 2, [2]))" },
	{ "-1", "-1" },
	{ "3 - -1", "minus(3, -1)" },
	{ "-input.x", "minus(0, input.x)" },
	{ "1e2 == 1.0", "equal(1e2, 1.0)" },
	{ "{}", "{}" },
	{ "set()", "set()" },
	{ "{3, 1, 2, 1}", "{1, 2, 3}" },
	{ "{1.0, 1}", "{1.0}" },
	{ "{\"b\": 1, \"a\": 2, \"b\": 3}", "{\"a\": 2, \"b\": 3}" },
	{ "{1 | 2}", "{1 | 2}" },
	{ "{(1 | 2)}", "{or(1, 2)}" },
	{ "[x | x := xs[_]; x > 1]", "[x | assign(x, xs[_]); gt(x, 1)]" },
	{ "{k: v | v := xs[k]}", "{k: v | assign(v, xs[k])}" },
	{ "{x + 1: 2}", "{plus(x, 1): 2}" },
	{ "[1, 2,]", "[1, 2]" },
	{ "[, 1]", "[1]" },
	{ "f(x)[0].a", "f(x)[0].a" },
	{ "[1, 2][0]", "[1, 2][0]" },
	{ "not p", "not p" },
	{ "not p with input as 1 with data.x as {}", "not p with input as 1 with data.x as {}" },
	{ "some x, y", "some x, y" },
	{ "some x in xs", "some x in xs" },
	{ "some k, v in xs", "some k, v in xs" },
	{ "every k, v in xs { v > k }", "every k, v in xs { gt(v, k) }" },
	{ "a; b\nc", "a; b; c" },
	{ "`a\\n`", "\"a\\\\n\"" },
	{ "$\"a{x}\\{{1 + 1}\"", "$\"a{x}\\{{plus(1, 1)}\"" },
	{ "contains(\"ab\", \"a\")", "contains(\"ab\", \"a\")" },
	{ "true[0]", "true[0]" },
	{ ".5", "0.5" },
};

static void
test_queries(void)
{
	for (size_t i = 0; i < COUNT(query_cases); i++) {
		struct bench b;
		struct ast_body body;

		open_bench(&b);
		if (rego_parse_body(&b.unit, STR(""), str_of(query_cases[i].text), REGO_V1, &body) ==
		    ERR_OK)
			rego_ast_print_body(&b.out, &body);
		print_errors(&b);
		check(&b, query_cases[i].text, query_cases[i].want);
		close_bench(&b);
	}
}

/* ---- modules: the rules behind `package p`, printed as v1, or the errors ---- */

static const struct {
	enum rego_version version;
	const char *text, *want;
} module_cases[] = {
	{ REGO_V1, "p := 1", "p := 1 if { true }" },
	{ REGO_V1, "p if { x }", "p = true if { x }" },
	{ REGO_V1, "p if x > 1", "p = true if { gt(x, 1) }" },
	{ REGO_V1, "p if\n  x", "p = true if { x }" },
	{ REGO_V1, "p contains x if { x := 1 }", "p contains x if { assign(x, 1) }" },
	{ REGO_V1, "p contains 1", "p contains 1 if { true }" },
	{ REGO_V1, "p[x] if { x := 1 }", "p[x] = true if { assign(x, 1) }" },
	{ REGO_V1, "p[x] := y if { x := 1; y := 2 }", "p[x] := y if { assign(x, 1); assign(y, 2) }" },
	{ REGO_V1, "p.q[x].r := 1 if x", "p.q[x].r := 1 if { x }" },
	{ REGO_V1, "p.q[x] contains y if { z }", "p.q[x] contains y if { z }" },
	{ REGO_V1, "f(x, [y, _]) := x + y", "f(x, [y, _]) := plus(x, y) if { true }" },
	{ REGO_V1, "f(x) if x == 1\nelse := 2 if x == 2\nelse := 3",
	    "f(x) = true if { equal(x, 1) } else = 2 if { equal(x, 2) } else = 3 if { true }" },
	{ REGO_V1, "default p := {\"a\": [1]}", "default p := {\"a\": [1]}" },
	{ REGO_V1, "default f(_) := 7", "default f(_) := 7" },
	{ REGO_V1, "if.x := 1", "if.x := 1 if { true }" },
	{ REGO_V1, "import rego.v1\np if x", "p = true if { x }" },
	{ REGO_V1, "p := x with input as 1",
	    "2:1 expressions using with keyword cannot be used for rule head" },
	{ REGO_V1, "p { x }", "2:1 `if` keyword is required before rule body" },
	{ REGO_V1, "f(x) { x }", "2:1 `if` keyword is required before function body" },
	{ REGO_V1, "p[x] { x }",
	    "2:1 `if` keyword is required before rule body\n"
	    "2:1 `contains` keyword is required for partial set rules" },
	{ REGO_V1, "p", "2:1 var cannot be used for rule name" },
	{ REGO_V1, "p.q.r", "2:1 rule must have value assignment and/or body declaration" },
	{ REGO_V1, "1 = 2", "2:1 number cannot be used for rule name" },
	{ REGO_V1, "not p", "2:1 negated expressions cannot be used for rule head" },
	{ REGO_V1, "count(x)", "2:1 rule name conflicts with built-in function" },
	{ REGO_V1, "package q", "2:1 unexpected package" },
	{ REGO_V1, "p if {}", "p = true if { {} }" }, /* an object, as OPA has it */
	{ REGO_V0, "p {}", "2:4 found empty body" },
	{ REGO_V1, "p if { x", "2:8 unexpected eof token: expected \\n or ; or }" },
	{ REGO_V1, "p := -(1)", "2:7 unexpected ( token: expected number\n"
	                       "2:7 unexpected ( token: expected rule value term (e.g., p := "
	                       "<VALUE> { ... })" },
	{ REGO_V1, "p := 01", "2:6 unexpected number token: expected number without leading zero\n"
	                      "2:6 unexpected number token: expected rule value term (e.g., p := "
	                      "<VALUE> { ... })" },
	{ REGO_V1, "p := \"\\x\"", "2:6 illegal escape sequence\n2:6 illegal token\n2:6 illegal token" },
	{ REGO_V1, "p := 1e100000", "2:6 number too big\n2:6 unexpected number token: expected rule "
	                            "value term (e.g., p := <VALUE> { ... })" },
	{ REGO_V1, "default p := x", "2:1 illegal default rule (value cannot contain var)" },
	{ REGO_V1, "default f(x, x) := 1",
	    "2:1 illegal default rule (arguments cannot be repeated x)" },
	{ REGO_V1, "p[x] if { x } else := 1",
	    "2:15 else keyword cannot be used on rules with variables in head" },
	{ REGO_V1, "p contains 1 if { x } else := 1",
	    "2:23 else keyword cannot be used on multi-value rules" },
	{ REGO_V1, "import foo.bar",
	    "2:8 unexpected import path, must begin with one of: {data, future, input, rego}, got: "
	    "foo (hint: if this is unexpected, try updating OPA)" },
	{ REGO_V1, "import data.if",
	    "2:13 unexpected import path, must not end with a keyword, got: if (hint: import a "
	    "different path or use an alias)" },
	{ REGO_V1, "import future.keywords.foo",
	    "2:8 unexpected keyword, must be one of [contains every if in not]" },
	{ REGO_V1, "import rego.v2\np if x",
	    "2:8 invalid import, `rego.v2` is not supported by current capabilities" },
	{ REGO_V0, "import rego.v3", "2:8 invalid import `rego.v3`, must be `rego.v1`" },
	{ REGO_V0, "p { x } { y }", "p = true if { x }\np = true if { y }" },
	{ REGO_V0, "p[x] { x = 1 }", "p contains x if { x = 1 }" },
	{ REGO_V0, "p[x] = y { z }", "p[x] = y if { z }" },
	{ REGO_V0, "if := 1", "if := 1 if { true }" },
	{ REGO_V0, "import future.keywords.in\np { 1 in [1] }",
	    "p = true if { internal.member_2(1, [1]) }" },
	{ REGO_V0, "import rego.v1\np { x }", "3:1 `if` keyword is required before rule body" },
	{ REGO_V0, "p { some x in y }",
	    "2:12 unexpected identifier token: expected \\n or ; or } (hint: `import "
	    "future.keywords.in` for `some x in xs` expressions)" },
	{ REGO_V1, "import future.keywords.not\np if not { x; y }", "p = true if { not { x; y } }" },
};

static void
test_module(const char *source, enum rego_version version, bool experimental, const char *want)
{
	struct bench b;
	struct ast_module *m;
	str_t text;

	open_bench(&b);
	b.unit.experimental = experimental;
	text = arena_printf(b.arena, "package p\n%s", source);
	if (rego_parse_module(&b.unit, STR("p.rego"), text, version, &m) == ERR_OK)
		for (size_t k = 0; k < m->rules.count; k++) {
			buf_add_text(&b.out, k > 0 ? "\n" : "");
			rego_ast_print_rule(&b.out, m->rules.at[k], REGO_V1);
		}
	print_errors(&b);
	check(&b, source, want);
	close_bench(&b);
}

static void
test_modules(void)
{
	for (size_t i = 0; i < COUNT(module_cases); i++)
		test_module(module_cases[i].text, module_cases[i].version, false, module_cases[i].want);
	test_module("import rego.v2\np if not { x; y }", REGO_V1, true, "p = true if { not { x; y } }");
	test_module("import rego.v2\np if { x and y }", REGO_V0, true, "p = true if { x and y }");
	test_module("import rego.v2\np { x }", REGO_V0, true,
	    "3:1 `if` keyword is required before rule body");
	test_module("import rego.v2 as v", REGO_V1, true, "2:8 `rego` imports cannot be aliased");
}

/* ---- limits ---- */

/* `before`, then `open` and `close` around `middle`, many times. */
static const struct {
	const char *before, *open, *middle, *close;
} deep_cases[] = {
	{ "x := ", "[", "1", "]" },
	{ "x := ", "(", "1", ")" },
	{ "x := ", "{\"a\": ", "1", "}" },
	{ "x := ", "[y | ", "1", "]" },
	{ "x := ", "f(", "1", ")" },
	{ "x := ", "a[", "1", "]" },
	{ "x := ", "$\"{", "1", "}\"" },
	{ "x := 1", " + 1", "", "" },
	{ "x := y", " in y", "", "" },
	{ "", "every x in y { ", "x", " }" },
};

static err_t
parse_deep(struct bench *b, size_t i, unsigned levels)
{
	struct buf text;
	struct ast_body body;
	err_t err;

	buf_init(&text, 1 << 24);
	buf_add_text(&text, deep_cases[i].before);
	for (unsigned k = 0; k < levels; k++)
		buf_add_text(&text, deep_cases[i].open);
	buf_add_text(&text, deep_cases[i].middle);
	for (unsigned k = 0; k < levels; k++)
		buf_add_text(&text, deep_cases[i].close);
	err = rego_parse_body(&b->unit, STR(""), buf_str(&text), REGO_V1, &body);
	buf_fini(&text);
	return err;
}

static void
test_depth(void)
{
	for (size_t i = 0; i < COUNT(deep_cases); i++) {
		struct bench b;

		open_bench(&b);
		ok(parse_deep(&b, i, 400) == ERR_OK, "400 levels of %s", deep_cases[i].open);
		ok(parse_deep(&b, i, 100000) == ERR_POLICY && b.diag.error_count == 1 &&
		        str_eq(diag_first_message(&b.diag),
			    STR("max parsing recursion depth exceeded")),
		    "100,000 levels of %s", deep_cases[i].open);
		close_bench(&b);
	}
}

int
main(void)
{
	test_queries();
	test_modules();
	test_depth();
	return tap_done();
}
