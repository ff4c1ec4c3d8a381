/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as the same module, and what does not. */
#include "rego/format.h"
#include "rego/parser.h"
#include "tap.h"

static const struct {
	const char *left, *right;
	bool same;
} rows[] = {
	{ "x := 1", "x = 1", true },
	{ "x := 1", "x := 2", false },
	{ "x := 1", "x := 1.0", false },
	{ "x := 1", "y := 1", false },
	{ "x := 1", "x := 1\n\ny := 2", false },
	{ "x := 1 # a", "x := 1", false },
	{ "x := (1)", "x := 1", true },
	{ "x := a.b", "x := a[\"b\"]", true },
	{ "x := `a`", "x := \"a\"", true },
	{ "x := [1, 2]", "x := [2, 1]", false },
	{ "x := {1, 2}", "x := {2, 1}", true },
	{ "x := _", "x := _", true },
	{ "x := $\"{1}a\"", "x := $\"1a\"", true },
	{ "x := $\"{1}a\"", "x := $\"2a\"", false },
	{ "x := $\"{y}a\"", "x := $\"{z}a\"", false },
	{ "x := $\"a\"", "x := $`a`", false },
	{ "x := $\"{y with input as 1}\"", "x := $\"{y}\"", false },
	{ "p if a", "p if { a }", true },
	{ "p if a", "p if not a", false },
	{ "p if a == b", "p if b == a", false },
	{ "p if plus(a, b, c)", "p if c = a + b", true },
	{ "p if plus(a, b, c)", "p if c = a - b", false },
	{ "p if a with input as 1", "p if a", false },
	{ "p if some x in y", "p if some z in y", false },
	{ "p if every x in y { x }", "p if every x in y { y }", false },
	{ "p if [x | x = 1]", "p if [x | x = 2]", false },
	{ "p if a and b", "p if a or b", false },
	{ "p if a and {b}", "p if a and b", false },
	{ "p if not {a}", "p if not a", false },
	{ "p if {\n\ta\n} else := 1", "p if {\n\ta\n}", false },
	{ "p contains 1", "p contains 2", false },
	{ "p contains x if x := 1", "p[x] if x := 1", false },
	{ "f(x) := x", "f(y) := x", false },
	{ "default p := 1", "p := 1", false },
	{ "import data.a\nimport data.b", "import data.b\nimport data.a", true },
	{ "import data.a", "import data.b", false },
	{ "import data.a as b", "import data.a", false },
	{ "import rego.v1", "import data.a", false },
};

static struct ast_module *
parse(struct rego_unit *unit, const char *text)
{
	struct ast_module *m = NULL;
	str_t whole = arena_printf(unit->arena,
	    "package t\nimport future.keywords.and\nimport future.keywords.not\n"
	    "import future.keywords.or\n%s\n",
	    text);

	if (rego_parse_module(unit, STR("t.rego"), whole, REGO_V1, &m) != ERR_OK)
		return NULL;
	return m;
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_new(1 << 24);
		struct diag diag;
		struct rego_unit unit = { .arena = arena,
			.intern = intern_new(arena),
			.diag = &diag,
			.experimental = true };
		const struct ast_module *left, *right;

		diag_init(&diag, arena, 10);
		left = parse(&unit, rows[i].left);
		right = parse(&unit, rows[i].right);
		ok(left != NULL && right != NULL &&
			rego_format_same(left, right) == rows[i].same &&
			rego_format_same(right, left) == rows[i].same,
		    "%s | %s: %s", rows[i].left, rows[i].right,
		    rows[i].same ? "same" : "not the same");
		arena_free(&arena);
	}
	return tap_done();
}
