/* SPDX-License-Identifier: Apache-2.0 */
/* The trees that `core parse` prints; parse_corpus_test.c has many more, without places. */
#include "rego/ast_json.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "rego/ast_tree.h"
#include "rego/error_text.h"
#include "rego/parser.h"
#include "tap.h"

enum { MEMORY_LIMIT = 64 << 20, TEXT_LIMIT = 1 << 16 };

struct bench {
	struct arena *arena;
	struct diag diag;
	struct rego_unit unit;
	struct ast_module *module; /* NULL: did not parse */
	struct buf out;
};

static void
open_bench(struct bench *b, const char *text)
{
	*b = (struct bench){ .arena = arena_new(MEMORY_LIMIT) };
	diag_init(&b->diag, b->arena, 100);
	b->unit = (struct rego_unit){ .arena = b->arena,
		.diag = &b->diag,
		.intern = intern_new(b->arena),
		.annotations = true };
	buf_init(&b->out, TEXT_LIMIT);
	if (rego_parse_module(&b->unit, STR("x.rego"), str_of(text), REGO_V1, &b->module) !=
	    ERR_OK)
		b->module = NULL;
}

static void
close_bench(struct bench *b, const char *text, const char *want)
{
	int line = (int)str_find_char(str_of(text), '\n', 0);

	ok(str_eq(buf_str(&b->out), str_of(want)), "%.*s", line, text);
	if (!str_eq(buf_str(&b->out), str_of(want)))
		tap_note("want %s\n# got  %.*s", want, STR_FMT(buf_str(&b->out)));
	buf_fini(&b->out);
	arena_free(&b->arena);
}

/* ---- trees of lines ---- */

static const struct {
	const char *text, *want;
} tree_cases[] = {
	{ "package x\np = 1",
	    "module\n package\n  ref\n   data\n   \"x\"\n rule\n  head\n   ref\n    p\n   1\n"
	    "  body\n   expr index=0\n    true\n" },
	{ "package a.b\nimport data.c as d\nimport input\n# METADATA\n# title: t\n"
	  "f(x) if not x with input as 1 else := [\"y\"]",
	    "module\n package\n  ref\n   data\n   \"a\"\n   \"b\"\n import\n  ref\n   data\n  "
	    " \"c\"\n  d\n import\n"
	    "  ref\n   input\n  \n rule\n  head\n   ref\n    f\n   args\n    x\n   true\n  "
	    "body\n"
	    "   expr negated index=0\n    x\n    with\n     ref\n      input\n     1\n  "
	    "rule\n   head\n    ref\n"
	    "     f\n    args\n     x\n    array\n     \"y\"\n   body\n    expr index=0\n     "
	    "true\n annotations\n"
	    " comment\n comment\n" },
	{ "package x\np contains {k: v | some k; every v in [1] { v }}",
	    "module\n package\n  ref\n   data\n   \"x\"\n rule\n  head\n   ref\n    p\n  "
	    "body\n   expr index=0\n"
	    "    true\n" },
	{ "package x\np := {k: 1 | some k, v in q; every a, b in c { a }}",
	    "module\n package\n  ref\n   data\n   \"x\"\n rule\n  head\n   ref\n    p\n   "
	    "objectcomprehension\n"
	    "    k\n    1\n    body\n     expr index=0\n      somedecl\n       call\n        "
	    "ref\n         internal\n"
	    "         \"member_3\"\n        k\n        v\n        q\n     expr index=1\n      "
	    "every\n       a\n"
	    "       b\n       c\n       body\n        expr index=0\n         a\n  body\n   "
	    "expr index=0\n    true\n" },
};

/* ---- places ---- */

/* row:col of every location, and its text in brackets, in the order of the JSON. */
static void
print_places(struct bench *b, value_t v)
{
	value_t location = value_object_get_text(v, "location");

	if (value_is_defined(location)) {
		value_t text = value_object_get_text(location, "text");
		str_t decoded = STR_NONE;

		if (value_is_defined(text))
			(void)base64_decode(b->arena, value_str(text),
			    BASE64_STANDARD | BASE64_PADDED, &decoded, NULL);
		buf_printf(&b->out, "%lld:%lld[%.*s] ",
		    (long long)value_object_get_text(location, "row").integer,
		    (long long)value_object_get_text(location, "col").integer,
		    STR_FMT(decoded));
	}
	for (uint32_t i = 0; value_is_collection(v) && i < v.count; i++) {
		value_t key, item;

		value_entry_at(v, i, &key, &item);
		print_places(b, item);
	}
}

static const struct {
	const char *text, *want;
} place_cases[] = {
	{ "package x\n\np = 1\n",
	    "1:1[package] 1:9[x] 1:9[x] 3:1[p = 1] 3:5[1] 3:5[1] 3:1[p = 1] 3:1[p] 3:5[1] " },
	{ "package x\n\na.b := true\n",
	    "1:1[package] 1:9[x] 1:9[x] 3:1[a.b := true] 3:8[true] 3:8[true] "
	    "3:1[a.b := true] 3:3[b] 3:1[a] 3:3[b] 3:8[true] " },
	{ "package x\nimport rego.v1\ndefault p = false\np = true if {\n  q == 2\n}\n",
	    "2:1[import] 2:8[rego.v1] 2:8[rego] 2:13[v1] 1:1[package] 1:9[x] 1:9[x] "
	    "3:1[default] 3:1[default] "
	    "3:1[default] 3:9[p = false] 3:9[p] 3:13[false] 4:1[p = true if {\n  q == 2\n}] "
	    "5:3[q == 2] "
	    "5:5[==] 5:5[==] 5:3[q] 5:8[2] 4:1[p = true] 4:1[p] 4:5[true] " },
	{ "# METADATA\n# title: t\npackage x\n",
	    "1:1[# METADATA\n# title: t] 3:1[package] 3:9[x] 3:9[x] " },
};

/* ---- errors as one text ---- */

static const struct {
	const char *text, *want;
} error_cases[] = {
	{ "", "x.rego:0: rego_parse_error: empty module" },
	{ "package foo.", "1 error occurred: x.rego:1: rego_parse_error: unexpected eof "
			  "token: expected identifier\n"
			  "\tpackage foo.\n\t           ^" },
	{ "package x\n\tp := 01",
	    "2 errors occurred:\nx.rego:2: rego_parse_error: unexpected number token: "
	    "expected number without "
	    "leading zero\n\tp := 01\n\t     ^\nx.rego:2: rego_parse_error: unexpected number "
	    "token: expected "
	    "rule value term (e.g., p := <VALUE> { ... })\n\tp := 01\n\t     ^" },
	{ "package x\np { q }", "1 error occurred: x.rego:2: rego_parse_error: `if` keyword "
				"is required before rule body" },
};

int
main(void)
{
	struct bench b;

	for (size_t i = 0; i < COUNT(tree_cases); i++) {
		open_bench(&b, tree_cases[i].text);
		if (b.module != NULL)
			rego_ast_print_tree(&b.out, b.module, true);
		close_bench(&b, tree_cases[i].text, tree_cases[i].want);
	}
	for (size_t i = 0; i < COUNT(place_cases); i++) {
		open_bench(&b, place_cases[i].text);
		if (b.module != NULL)
			print_places(&b, rego_ast_module_json(b.arena, b.module,
					     &b.unit.files.at[0], true, false));
		close_bench(&b, place_cases[i].text, place_cases[i].want);
	}
	for (size_t i = 0; i < COUNT(error_cases); i++) {
		open_bench(&b, error_cases[i].text);
		buf_add_str(&b.out, rego_error_text(b.arena, &b.diag));
		close_bench(&b, error_cases[i].text, error_cases[i].want);
	}
	return tap_done();
}
