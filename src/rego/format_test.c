/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

#include "rego/parser.h"

static const struct format_row modules[] = {
	{ "package  a.b", "package a.b\n" },
	{ "package a[\"b\"][\"c-d\"]\n", "package a.b[\"c-d\"]\n" },
	{ "package a[\"if\"].in\n", NULL },
	{ "# one\n\n\n# two\npackage a # three\n# four",
	    "# one\n\n# two\npackage a # three\n\n# four\n" },
	{ "\n\npackage a\n\n\n", "package a\n" },
	{ "package a\r\n\r\nx := 1 # one\r\ny := `a\r\nb`\r\n",
	    "package a\n\nx := 1 # one\ny := `a\r\nb`\n" },
	{ "package a\n# one\n\n# two\n\nx := 1", "package a\n\n# one\n\n# two\n\nx := 1\n" },
	{ "# METADATA\n# a: 1\n# METADATA\n# b: 2\npackage a\n",
	    "# METADATA\n# a: 1\n\n# METADATA\n# b: 2\npackage a\n" },
	{ "# one\n# METADATA\npackage a\n", NULL },
};

static const struct format_row imports[] = {
	{ "import data.b\nimport data.a", "import data.a\nimport data.b" },
	{ "import data.b\n\nimport data.a", NULL },
	{ "import data.b # b\nimport data.a # a", "import data.a # a\nimport data.b # b" },
	{ "# first\nimport data.b\nimport data.a\n# last\nimport data.a.c",
	    "# first\nimport data.a\nimport data.b\n\n# last\nimport data.a.c" },
	{ "import data[\"b\"].c as d\nimport input", "import data.b.c as d\nimport input" },
	{ "import data[\"if\"] as x\nimport data.in as y",
	    "import data[\"if\"] as x\nimport data.in as y" },
	{ "x := 1\nimport data.b\nimport data.a\ny := 2",
	    "x := 1\n\nimport data.a\nimport data.b\n\ny := 2" },
	{ "import data.b\nimport input.x as b\nimport data.a",
	    "import data.b\nimport input.x as b\nimport data.a" },
	{ "import rego.v1 # one\nimport future.keywords.if # two\n\nx := 1",
	    "import rego.v1 # one\n\n# two\n\nx := 1" },
	{ "import future.keywords.in\n\nx := 1", NULL },
	{ "import rego.v1\nimport future.keywords\n\np if not a",
	    "import future.keywords\nimport rego.v1\n\np if not a" },
};

static const struct format_row groups[] = {
	{ "x := 1\ny := 2", NULL },
	{ "x := 1\n\ny := 2", NULL },
	{ "x := 1\n\n\n\ny := 2", "x := 1\n\ny := 2" },
	{ "p if a\nq if b", NULL },
	{ "p if a\nq if { b; c }", "p if a\n\nq if {\n\tb\n\tc\n}" },
	{ "p if { b; c }\nq if a", "p if {\n\tb\n\tc\n}\n\nq if a" },
	{ "default x := 1\nx := 2 if a", "default x := 1\n\nx := 2 if a" },
	{ "p contains 1\np contains 2", NULL },
	{ "p if { {1} }\nq if a", "p if {\n\t{1}\n}\n\nq if a" },
	{ "p if a else := 1\nq if b", "p if a\n\nelse := 1\n\nq if b" },
	{ "x := 1\n# one\ny := 2", "x := 1\n\n# one\ny := 2" },
	{ "x := 1 # one\ny := 2 # two", NULL },
	{ "x := [\n\t1,\n]\ny := 2", "x := [\n\t1,\n]\n\ny := 2" },
	{ "x := `a\nb`\ny := 1", "x := `a\nb`\n\ny := 1" },
};

static const struct rego_format_options both = { .target = REGO_FORMAT_BOTH },
					drop = { .drop_v0_imports = true };

static const struct format_row as_both[] = {
	{ "package a\n\np { b }\n", "package a\n\nimport rego.v1\n\np if b\n" },
	{ "package a # c\n\np[x] { x = 1 }\n",
	    "package a # c\n\nimport rego.v1\n\np contains x if x = 1\n" },
	{ "package a\n\nimport future.keywords.if\nimport data.x\n\np = 1 if b\n",
	    "package a\n\nimport rego.v1\n\nimport data.x\n\np := 1 if b\n" },
	{ "package a\n\nimport rego.v1\n\np if b\n", NULL },
	{ "package a\n\np.x { true }\n", "package a\n\nimport rego.v1\n\np contains \"x\"\n" },
	{ "package a\n\np[k] = v { k = 1; v = 2 }\n",
	    "package a\n\nimport rego.v1\n\np[k] := v if {\n\tk = 1\n\tv = 2\n}\n" },
};

static const struct format_row without_imports[] = {
	{ "import rego.v1\n\nx := 1", "x := 1" },
	{ "import future.keywords.in\nimport data.a\n\nx := 1", "import data.a\n\nx := 1" },
	{ "import future.keywords.not\n\nx := 1", NULL },
};

/* What v1 refuses: names of rules that it reserves, deprecated built-ins. */
static void
test_v1(void)
{
	static const struct {
		const char *text;
		size_t errors;
	} rows[] = {
		{ "package a\n\nif { true }\n\nin = 1\n", 2 },
		{ "package a\n\nx = 1\n\nx.every.y = 2\n", 0 },
		{ "package a\n\np { all([true]) } else { x := [any([y]) | y = 1] }\n", 2 },
		{ "package a\n\np { net.cidr_overlap(1, 2) }\n", 1 },
		{ "package a\n\nall(x) = x\n\np { all([true]) }\n", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_new(1 << 24);
		struct diag diag;
		struct rego_unit unit = {
			.arena = arena, .intern = intern_new(arena), .diag = &diag
		};
		struct ast_module *m;
		err_t e;

		diag_init(&diag, arena, 10);
		e = rego_parse_module(&unit, STR("t.rego"), str_of(rows[i].text), REGO_V0, &m);
		if (e == ERR_OK)
			e = rego_format_check_v1(&unit, m);
		ok(diag.error_count == rows[i].errors &&
			(e == ERR_OK) == (rows[i].errors == 0),
		    "v1 finds %zu errors: %s", rows[i].errors, rows[i].text);
		arena_free(&arena);
	}
}

int
main(void)
{
	FORMAT_ROWS("module", "%s", REGO_V1, modules);
	FORMAT_ROWS("import", FORMAT_MODULE, REGO_V1, imports);
	FORMAT_ROWS("group", FORMAT_MODULE, REGO_V1, groups);
	format_rows("as both", "%s", REGO_V0, &both, as_both, COUNT(as_both));
	format_rows(
	    "drop", FORMAT_MODULE, REGO_V1, &drop, without_imports, COUNT(without_imports));
	test_v1();
	return tap_done();
}
