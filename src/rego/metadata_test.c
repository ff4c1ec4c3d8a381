/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/metadata_set.h"

#include "codec/json.h"
#include "rego/compile.h"
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
	b->unit = (struct rego_unit){ .arena = b->arena,
		.diag = &b->diag,
		.intern = intern_new(b->arena),
		.annotations = true };
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
print_list(struct bench *b, const struct ast_annotation_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		buf_add_text(&b->out, i > 0 ? "\n" : "");
		json_write(&b->out, rego_metadata_json(b->arena, list->at[i]));
	}
}

static void
check(struct bench *b, const char *text, const char *want)
{
	int line = (int)str_find_char(str_of(text), '\n', 0);

	ok(str_eq(buf_str(&b->out), str_of(want)), "%.*s", line, text);
	if (!str_eq(buf_str(&b->out), str_of(want)))
		tap_note("want %s\n# got  %.*s", want, STR_FMT(buf_str(&b->out)));
}

/* ---- one block, in front of a rule ---- */

static const struct {
	const char *yaml, *want;
} block_cases[] = {
	{ "# title: x", "{\"scope\":\"rule\",\"title\":\"x\"}" },
	{ "# title: 1.50\n# description: yes",
	    "{\"description\":\"yes\",\"scope\":\"rule\",\"title\":\"1.50\"}" },
	{ "# title: ~\n# unknown: {a: [}",
	    "4:1 yaml: line 1: did not find expected node content" },
	{ "# title: ~\n# unknown: 1\n# custom: {}", "{\"scope\":\"rule\"}" },
	{ "#title: x", "{\"scope\":\"rule\",\"title\":\"x\"}" },
	{ "# entrypoint: on", "{\"entrypoint\":true,\"scope\":\"document\"}" },
	{ "# entrypoint: On",
	    "3:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `On` into bool" },
	{ "# scope: document\n# entrypoint: true",
	    "{\"entrypoint\":true,\"scope\":\"document\"}" },
	{ "# organizations: [a, ~, 1]",
	    "{\"organizations\":[\"a\",\"1\"],\"scope\":\"rule\"}" },
	{ "# authors:\n# - Jane   Q. Doe <jane@example.com>\n# - <x@y>\n# - name: N\n#   "
	  "email: e\n"
	  "# - email: only",
	    "{\"authors\":[{\"email\":\"jane@example.com\",\"name\":\"Jane Q. Doe\"},"
	    "{\"email\":\"x@y\",\"name\":\"\"},{\"email\":\"e\",\"name\":\"N\"},"
	    "{\"email\":\"only\",\"name\":\"\"}],\"scope\":\"rule\"}" },
	{ "# authors: ['']", "2:1 invalid author definition : author is an empty string" },
	{ "# authors: [{age: 7}]", "2:1 invalid author definition map[age:%!s(int=7)]: 'name' "
				   "and/or 'email' values required in "
				   "object" },
	{ "# authors: [7]", "2:1 invalid author definition %!s(int=7): invalid value type, "
			    "must be string or map" },
	{ "# related_resources:\n# - HTTPS://example.com/a b?c d\n# - {ref: 'http://x/é', "
	  "description: D}",
	    "{\"related_resources\":[{\"ref\":\"https://example.com/a%20b?c d\"},"
	    "{\"description\":\"D\",\"ref\":\"http://x/%C3%A9\"}],\"scope\":\"rule\"}" },
	{ "# related_resources: [{description: D}]",
	    "2:1 invalid related-resource definition map[description:D]: 'ref' value required "
	    "in object" },
	{ "# related_resources: ['https://a:b/']",
	    "2:1 invalid related-resource definition https://a:b/: parse \"https://a:b/\": "
	    "invalid port "
	    "\":b\" after host" },
	{ "# schemas:\n# - input: schema.a[\"b\"]\n# - data.x: {type: string}\n# - input.y: "
	  "schema",
	    "{\"schemas\":[{\"path\":[{\"type\":\"var\",\"value\":\"input\"}],"
	    "\"schema\":[{\"type\":\"var\",\"value\":\"schema\"},{\"type\":\"string\","
	    "\"value\":\"a\"},"
	    "{\"type\":\"string\",\"value\":\"b\"}]},"
	    "{\"definition\":{\"type\":\"string\"},\"path\":[{\"type\":\"var\",\"value\":"
	    "\"data\"},"
	    "{\"type\":\"string\",\"value\":\"x\"}]},"
	    "{\"path\":[{\"type\":\"var\",\"value\":\"input\"},{\"type\":\"string\",\"value\":"
	    "\"y\"}],"
	    "\"schema\":[{\"type\":\"var\",\"value\":\"schema\"}]}],\"scope\":\"rule\"}" },
	{ "# schemas: [{input: a.b}]", "2:1 invalid schema reference" },
	{ "# schemas: [{input: 1}]", "2:1 invalid schema declaration for path \"input\"" },
	{ "# schemas: [{x: schema}]", "2:1 invalid document reference" },
	{ "# schemas: [{}]", "2:1 invalid document reference" },
	{ "# schemas: {}",
	    "3:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!map into "
	    "[]map[string]interface {}" },
	{ "# compile: {unknowns: [input.a, 7], mask_rule: data.m.r}",
	    "{\"compile\":{\"mask_rule\":[{\"type\":\"var\",\"value\":\"data\"},{\"type\":"
	    "\"string\","
	    "\"value\":\"m\"},{\"type\":\"string\",\"value\":\"r\"}],\"unknowns\":[[{\"type\":"
	    "\"var\","
	    "\"value\":\"input\"},{\"type\":\"string\",\"value\":\"a\"}],null]},\"scope\":"
	    "\"rule\"}" },
	{ "# compile: {unknowns: ['input.']}",
	    "2:1 invalid unknowns element \"input.\": failed to parse ref: failed to parse "
	    "term: 1 error "
	    "occurred: 1:6: rego_parse_error: unexpected eof token: expected "
	    "identifier\n\tinput.\n\t     ^" },
	{ "# custom: {a: [yes, true, 1e3, 2001-2-3], b: {c: ~}}",
	    "{\"custom\":{\"a\":[\"yes\",true,1000,\"2001-02-03T00:00:00Z\"],\"b\":{\"c\":"
	    "null}},"
	    "\"scope\":\"rule\"}" },
	{ "# custom: {1: x}", "{\"custom\":{\"1\":\"x\"},\"scope\":\"rule\"}" },
	{ "# custom: {a: {b: {1: x}}}", "2:1 invalid map key type(s): b" },
	{ "# custom: {a: &x {k: 1, l: 2}, b: {<<: *x, k: 3}}",
	    "{\"custom\":{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":3,\"l\":2}},\"scope\":"
	    "\"rule\"}" },
	{ "# labels: {id: x}", "{\"labels\":{\"id\":\"x\"},\"scope\":\"rule\"}" },
	{ "# title: a\n# title: b",
	    "4:1 yaml: unmarshal errors:\n  line 2: mapping key \"title\" already "
	    "defined at line 1" },
	{ "# title: [a]\n# custom: 7\n# scope: package",
	    "4:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string\n  "
	    "line 2: cannot "
	    "unmarshal !!int `7` into map[string]interface {}" },
	{ "# a: *b", "3:1 yaml: unknown anchor 'b' referenced" },
	{ "# text too long é", "3:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str "
			       "`text to...` into ast.rawAnnotation" },
	{ "# éééé no map", "3:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str "
			   "`ééé\uFFFD...` into "
			   "ast.rawAnnotation" },
	{ "# - a", "3:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into "
		   "ast.rawAnnotation" },
	{ "#", "2:1 expected METADATA block, found whitespace" },
	{ "", "2:1 expected METADATA block, found whitespace" },
	{ " # title: x", "2:1 expected METADATA block, found whitespace" },
	{ "# scope: file", "2:1 invalid annotation scope 'file'. Use one of 'rule', "
			   "'document', 'package', or "
			   "'subpackages'" },
	{ "# scope: package\n# entrypoint: true",
	    "2:1 annotation scope 'package' must be applied to package (have rule)" },
	{ "# scope: rule\n# entrypoint: true",
	    "2:1 annotation entrypoint applied to non-document or package scope 'rule'" },
};

static void
test_blocks(void)
{
	for (size_t i = 0; i < COUNT(block_cases); i++) {
		struct bench b;
		struct ast_module *m;
		str_t text;

		open_bench(&b);
		text = arena_printf(
		    b.arena, "package p\n# METADATA\n%s\np := 1\n", block_cases[i].yaml);
		if (rego_parse_module(&b.unit, STR("p.rego"), text, REGO_V1, &m) == ERR_OK)
			print_list(&b, &m->annotations);
		print_errors(&b);
		check(&b, block_cases[i].yaml, block_cases[i].want);
		close_bench(&b);
	}
}

/* ---- whole modules: which rule gets what ---- */

static const struct {
	const char *text, *want; /* the rules' titles, or errors */
} module_cases[] = {
	{ "# METADATA\n# title: a\npackage p\nq := 1", "q:" },
	{ "package p\n# METADATA\n# title: a\n\n# not part of it\nq := 1", "q: a" },
	{ "package p\n# METADATA\n# title: a\nimport data.x\nq := 1",
	    "2:1 invalid annotation scope 'import'. Use one of 'rule', 'document', 'package', "
	    "or "
	    "'subpackages'" },
	{ "package p\nq := 1\n# METADATA\n# title: a",
	    "3:1 invalid annotation scope ''. Use one of 'rule', 'document', 'package', or "
	    "'subpackages'" },
	{ "package p\nq := 1\n# METADATA\n# scope: rule\n# title: a",
	    "3:1 annotation scope 'rule' must be applied to rule" },
	{ "# METADATA\n# title: a", "1:1 package expected" },
	{ "package p\n# METADATA\n# scope: document\n# title: d\nq contains 1\nq contains "
	  "2\nr := 1",
	    "q: d\nq: d\nr:" },
	{ "package p\n# METADATA\n# title: one\nq contains 1\n# METADATA\n# title: two\nq "
	  "contains 2",
	    "q: one\nq: two" },
	{ "package p\n# METADATA\n# title: one\nq contains 1\nq contains 2", "q: one\nq:" },
	{ "package p\n# METADATA\n# title: one\n# METADATA\n# title: two\nq := 1",
	    "5:1 yaml: line 2: could not find expected ':'" },
	{ "package p\n# METADATA\n# title: x\nq.r[s] := 1 if s := 2\nq.t := 3",
	    "q.r[s]: x\nq.t:" },
	{ "package p\nq := 1 # METADATA\n# title: x\nr := 2", "q:\nr: x" },
};

static void
print_titles(struct bench *b, const struct ast_module *m)
{
	for (size_t i = 0; i < m->rules.count; i++) {
		const struct ast_rule *r = m->rules.at[i];

		buf_add_text(&b->out, i > 0 ? "\n" : "");
		buf_printf(&b->out, "%.*s:",
		    STR_FMT(parser_text(&(struct parser){ .text = b->unit.files.at[0].text },
			r->head.ref->loc.offset,
			r->head.ref->loc.offset + r->head.ref->loc.len)));
		for (size_t k = 0; k < r->annotations.count; k++)
			buf_printf(&b->out, " %.*s", STR_FMT(r->annotations.at[k]->title));
	}
}

static void
test_modules(void)
{
	for (size_t i = 0; i < COUNT(module_cases); i++) {
		struct bench b;
		struct ast_module *m;

		open_bench(&b);
		if (rego_parse_module(&b.unit, STR("p.rego"), str_of(module_cases[i].text),
			REGO_V1, &m) == ERR_OK)
			print_titles(&b, m);
		print_errors(&b);
		check(&b, module_cases[i].text, module_cases[i].want);
		close_bench(&b);
	}
}

/* ---- several modules: chains of the last rule of the last, and entrypoints ---- */

#define SUB(title) "# METADATA\n# scope: subpackages\n# title: " title "\n"
#define DOC(title) "# METADATA\n# scope: document\n# title: " title "\n"

static const struct {
	const char *modules[4];
	const char *chain; /* titles, - for none; or errors */
	const char *entrypoints;
} set_cases[] = {
	{ { "package a\np := 1" }, "-", "" },
	{ { SUB("root") "package a", SUB("sub") "package a.b",
	      "# METADATA\n# title: pkg\npackage a.b\n" DOC(
		  "doc") "\n# METADATA\n# title: far\n\n# METADATA\n# title: near\np := 1" },
	    "near far doc pkg sub root", "" },
	{ { "# METADATA\n# title: other\npackage a.b.c", "package a.b\np := 1" }, "-", "" },
	{ { "# METADATA\n# title: x\npackage a", "# METADATA\n# title: y\npackage a\np := 1" },
	    "1:1 package annotation redeclared: m0.rego:1", "" },
	{ { "package a\n" DOC("x") "p := 1", "package a\n" DOC("y") "p := 1" },
	    "2:1 document annotation redeclared: m0.rego:2", "" },
	{ { "package a\n" DOC("x") "p := 1", SUB("y") "package a.p", "package a\nq := 1" },
	    "1:1 subpackages annotation redeclared: m0.rego:2", "" },
	{ { "package a\n# METADATA\n# entrypoint: true\np.q := 1",
	      "# METADATA\n# entrypoint: true\npackage a.b",
	      "package c\n# METADATA\n# entrypoint: true\nr if true" },
	    "- -", "a/b a/p/q c/r" },
};

static void
print_chain(struct bench *b, const struct metadata_set *set, const struct ast_rule *rule)
{
	value_t chain = rego_metadata_chain(b->arena, set, rule);

	for (uint32_t i = 0; i < chain.count; i++) {
		value_t annotations = value_object_get_text(chain.items[i], "annotations");
		value_t title = value_object_get_text(annotations, "title");

		buf_printf(&b->out, "%s%.*s", i > 0 ? " " : "",
		    STR_FMT(value_is_defined(title) ? value_str(title) : STR("-")));
	}
}

static void
test_set(size_t i)
{
	struct bench b;
	struct ast_module *m = NULL;
	struct metadata_set set;
	struct metadata_faults faults = { 0 };
	struct metadata_paths paths = { 0 };

	open_bench(&b);
	for (size_t k = 0; k < COUNT(set_cases[i].modules) && set_cases[i].modules[k] != NULL;
	     k++)
		ok(rego_parse_module(&b.unit, arena_printf(b.arena, "m%zu.rego", k),
		       str_of(set_cases[i].modules[k]), REGO_V1, &m) == ERR_OK,
		    "case %zu, module %zu", i, k);
	ok(rego_metadata_set_make(
	       &b.unit, b.unit.modules.at, b.unit.modules.count, &set, &faults),
	    "case %zu", i);
	for (size_t k = 0; k < faults.count; k++)
		buf_printf(&b.out, "%u:%u %.*s", faults.at[k].loc.row, faults.at[k].loc.col,
		    STR_FMT(faults.at[k].message));
	if (faults.count == 0)
		print_chain(&b, &set, m->rules.at[m->rules.count - 1]);
	check(&b, set_cases[i].modules[0], set_cases[i].chain);
	buf_clear(&b.out);
	(void)rego_metadata_entrypoints(&b.unit, &paths);
	for (size_t k = 0; k < paths.count; k++)
		buf_printf(&b.out, "%s%.*s", k > 0 ? " " : "", STR_FMT(paths.at[k]));
	check(&b, "entrypoints", set_cases[i].entrypoints);
	close_bench(&b);
}

/* ---- when blocks are read ---- */

static const struct {
	const char *text;
	bool annotations; /* the parser's option */
	const char *want; /* codes of errors */
} lazy_cases[] = {
	{ "package p\n# METADATA\n# scope: nowhere\nq := 1", false, "" },
	{ "package p\n# METADATA\n# scope: nowhere\nq := 1", true, "rego_parse_error" },
	{ "package p\n# METADATA\n# scope: nowhere\nq := rego.metadata.rule()", false,
	    "rego_parse_error" },
	{ "package p\n# METADATA\n# title: x\nq := [y | y := rego.metadata.rule()]", false,
	    "" },
	{ "# METADATA\n# title: x\n\n# METADATA\n# title: y\npackage p", true,
	    "rego_compile_error" },
};

static void
test_lazy(void)
{
	for (size_t i = 0; i < COUNT(lazy_cases); i++) {
		struct bench b;

		open_bench(&b);
		b.unit.annotations = lazy_cases[i].annotations;
		if (rego_parse_module(&b.unit, STR("p.rego"), str_of(lazy_cases[i].text),
			REGO_V1, NULL) == ERR_OK)
			(void)rego_compile(&b.unit);
		for (const struct diag_finding *f = b.diag.first; f != NULL; f = f->next)
			buf_add_str(&b.out, f->code);
		check(&b, lazy_cases[i].text, lazy_cases[i].want);
		close_bench(&b);
	}
}

int
main(void)
{
	test_blocks();
	test_modules();
	for (size_t i = 0; i < COUNT(set_cases); i++)
		test_set(i);
	test_lazy();
	return tap_done();
}
