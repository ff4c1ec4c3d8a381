/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes make of a rule or query, as text; and what they refuse. */
#include "rego/compile.h"

#include "base/buf.h"
#include "base/must.h"
#include "codec/json.h"
#include "rego/ast_print.h"
#include "rego/builtin.h"
#include "rego/parser.h"
#include "rego/pass/type.h"
#include "tap.h"

enum { ARENA_LIMIT = 16 << 20, TEXT_LIMIT = 1 << 20 };

struct fixture {
	struct arena *arena;
	struct diag diag;
	struct rego_unit unit;
	struct buf text;
};

static void
open_fixture(struct fixture *f)
{
	f->arena = arena_new(ARENA_LIMIT);
	diag_init(&f->diag, f->arena, 100);
	f->unit = (struct rego_unit){ .arena = f->arena, .intern = intern_new(f->arena),
		.diag = &f->diag };
	buf_init(&f->text, TEXT_LIMIT);
}

static void
close_fixture(struct fixture *f)
{
	buf_fini(&f->text);
	arena_free(&f->arena);
}

static err_t
compile(struct fixture *f, const char *rules)
{
	str_t text = arena_printf(f->arena, "package t\n%s\n", rules);
	err_t err = rego_parse_module(&f->unit, STR("t.rego"), text, REGO_V1, NULL);

	return err == ERR_OK ? rego_compile(&f->unit) : err;
}

static const char *
first_message(const struct fixture *f)
{
	str_t message = diag_first_message(&f->diag);

	return arena_copy(f->arena, message.data, message.len);
}

/* ---- rewriting ---- */

static const struct {
	const char *what, *rule, *want;
} rewrites[] = {
	{ "assignment", "p if { x := 1; x > 0 }",
	    "p = true if { __local0__ = 1; gt(__local0__, 0) }" },
	{ "some in", "p if { some x in input.xs; x }",
	    "p = true if { __local2__ = input.xs[__local1__]; __local2__ }" },
	{ "arguments", "f(x, [y, 1]) := x + y",
	    "f(__local0__, [__local1__, 1]) := __local2__ if { true; plus(__local0__, __local1__, __local2__) }" },
	{ "nested calls", "p if { count(split(input.s, \",\")) > 2 }",
	    "p = true if { __local2__ = input.s; split(__local2__, \",\", __local0__); "
	    "count(__local0__, __local1__); gt(__local1__, 2) }" },
	{ "negation", "p if not startswith(input.a, \"x\")",
	    "p = true if { __local0__ = input.a; not startswith(__local0__, \"x\") }" },
	{ "head value", "p := input.x[i]", "p := __local0__ if { true; __local0__ = input.x[i] }" },
	{ "head path", "p[input.k] := 1", "p[__local0__] := 1 if { true; __local0__ = input.k }" },
	{ "set member", "p contains x if x := input.a",
	    "p contains __local0__ if { __local0__ = input.a }" },
	{ "equality", "p if input.a == 1", "p = true if { input.a = 1 }" },
	{ "comprehension", "p := [x.a | some x in input.xs]",
	    "p := __local4__ if { true; __local4__ = [__local3__ | "
	    "__local2__ = input.xs[__local1__]; __local3__ = __local2__.a] }" },
	{ "reference to a rule", "q := 1\np if q > 0",
	    "q := 1 if { true }\np = true if { __local0__ = data.t.q; gt(__local0__, 0) }" },
	{ "with value", "p if input.x with input as {\"x\": data.y}",
	    "p = true if { __local1__ = data.y; __local0__ = {\"x\": __local1__}; "
	    "input.x with input as __local0__ }" },
	{ "with kept on what is taken out", "p if count(data.y) > 0 with data.y as [1]",
	    "p = true if { __local1__ = data.y with data.y as [1]; "
	    "count(__local1__, __local0__) with data.y as [1]; "
	    "gt(__local0__, 0) with data.y as [1] }" },
	{ "order", "p if { x > 1; x = input.a }",
	    "p = true if { x = input.a; gt(x, 1) }" },
	{ "order around a negation", "p if { not x; x = input.a }",
	    "p = true if { x = input.a; not x }" },
	{ "order around a closure", "p if { y = [z | z = x]; x = input.a }",
	    "p = true if { x = input.a; y = [z | z = x] }" },
	{ "prints go", "p if { print(input.x); true }", "p = true if { true }" },
	{ "import and alias", "import data.a.b as c\np := c.d",
	    "p := __local0__ if { true; __local0__ = data.a.b.d }" },
	{ "shadowed rule", "q := 1\np if { q := 2; q == 2 }",
	    "q := 1 if { true }\np = true if { __local0__ = 2; __local0__ = 2 }" },
};

static void
test_rewrites(void)
{
	for (size_t i = 0; i < COUNT(rewrites); i++) {
		struct fixture f;
		str_t have;

		open_fixture(&f);
		if (compile(&f, rewrites[i].rule) == ERR_OK) {
			const struct ast_rules *rules = &f.unit.modules.at[0]->rules;

			for (size_t k = 0; k < rules->count; k++) {
				if (k > 0)
					buf_add_char(&f.text, '\n');
				rego_ast_print_rule(&f.text, rules->at[k], REGO_V1);
			}
		}
		have = buf_str(&f.text);
		ok(str_eq(have, str_of(rewrites[i].want)), "%s: %.*s%s", rewrites[i].what,
		    STR_FMT(have), first_message(&f));
		close_fixture(&f);
	}
}

/* ---- refusing ---- */

static const struct {
	const char *rules, *code, *message;
	uint32_t row, col;
} refusals[] = {
	{ "p if x > 1", "rego_unsafe_var_error", "var x is unsafe", 2, 6 },
	{ "p := x", "rego_unsafe_var_error", "var x is unsafe", 2, 6 },
	{ "p if { x := y; x = 7 }", "rego_unsafe_var_error", "var y is unsafe", 2, 8 },
	{ "p if { x := x }", "rego_compile_error", "var x referenced above", 2, 8 },
	{ "p if { x; x := 1 }", "rego_compile_error", "var x referenced above", 2, 11 },
	{ "p if { x := 1; x := 2 }", "rego_compile_error", "var x assigned above", 2, 16 },
	{ "f(x) if { x := 1 }", "rego_compile_error", "arg x redeclared", 2, 11 },
	{ "p if { some x; true }", "rego_compile_error", "declared var x unused", 2, 8 },
	{ "p if nope(1)", "rego_type_error", "undefined function nope", 2, 6 },
	{ "f(x) := x\np := f(1, 2)", "rego_type_error",
	    "function data.t.f has arity 1, got 2 arguments", 3, 6 },
	{ "p := 1\np contains 2", "rego_type_error", "conflicting rules data.t.p found", 2, 1 },
	{ "p if q\nq if p", "rego_recursion_error",
	    "rule data.t.p is recursive: data.t.p -> data.t.q -> data.t.p", 2, 1 },
	{ "p if 1 == \"a\"", "rego_type_error", "match error", 2, 6 },
	{ "q := 1\np := q()", "rego_type_error", "undefined function data.t.q", 3, 6 },
	{ "p := {\"a\": 1}.b", "rego_type_error", "undefined ref: {\"a\": 1}.b", 2, 6 },
	{ "p if input.x with foo as 1", "rego_type_error",
	    "with keyword target must reference existing input, data, or a function", 2, 19 },
	{ "p := 1\nq if p.x with data.t.p.x as 1", "rego_compile_error",
	    "with keyword cannot partially replace virtual document(s)", 3, 15 },
	{ "p := $\"{input.a[i]}\"", "rego_compile_error", "var i is undeclared", 2, 9 },
};

static void
test_refusals(void)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct fixture f;
		const struct diag_finding *found;
		bool as_wanted;

		open_fixture(&f);
		(void)(compile(&f, refusals[i].rules) == ERR_OK);
		found = f.diag.first;
		as_wanted = found != NULL && str_eq(found->code, str_of(refusals[i].code)) &&
		    str_eq(found->message, str_of(refusals[i].message)) &&
		    found->place.row == refusals[i].row && found->place.col == refusals[i].col;
		ok(as_wanted, "%s: %s at %u:%u", refusals[i].rules, first_message(&f),
		    found != NULL ? found->place.row : 0, found != NULL ? found->place.col : 0);
		close_fixture(&f);
	}
}

/* ---- queries ---- */

static const struct {
	const char *query, *body, *vars, *terms;
} queries[] = {
	{ "x := 1; y = data.foo", "__localq0__ = 1; y = data.foo", "x y", "true true" },
	{ "data.t.q", "data.t.q = __localq0__", "", "__localq0__" },
	{ "1 < 2; data.a[i]", "lt(1, 2, __localq0__); data.a[i] = __localq1__; __localq0__; __localq1__",
	    "i", "__localq0__ __localq1__" },
	{ "some k; input[k]", "input[__localq1__] = __localq0__; __localq0__", "k", "__localq0__" },
	{ "not data.t.q", "not data.t.q", "", "true" },
};

static void
print_query(struct fixture *f, const struct rego_query *q)
{
	rego_ast_print_body(&f->text, &q->body);
	buf_add_text(&f->text, " |");
	for (size_t i = 0; i < q->vars.count; i++) {
		buf_add_char(&f->text, ' ');
		buf_add(&f->text, q->vars.at[i].source->bytes, q->vars.at[i].source->len);
	}
	buf_add_text(&f->text, " |");
	for (size_t i = 0; i < q->terms.count; i++) {
		buf_add_char(&f->text, ' ');
		if (q->terms.at[i] == NULL)
			buf_add_text(&f->text, "true");
		else
			rego_ast_print_term(&f->text, q->terms.at[i]);
	}
}

static void
test_queries(void)
{
	for (size_t i = 0; i < COUNT(queries); i++) {
		struct fixture f;
		struct rego_query q;
		str_t want;

		open_fixture(&f);
		if (compile(&f, "q := true") == ERR_OK) {
			f.unit.local_count = 0;
			if (rego_compile_query(&f.unit, str_of(queries[i].query), REGO_V1, NULL, 0,
				STR_NONE, &q) == ERR_OK)
				print_query(&f, &q);
		}
		want = arena_printf(f.arena, "%s |%s%s | %s", queries[i].body,
		    queries[i].vars[0] != '\0' ? " " : "", queries[i].vars, queries[i].terms);
		ok(str_eq(buf_str(&f.text), want), "%s: %.*s%s", queries[i].query,
		    STR_FMT(buf_str(&f.text)), first_message(&f));
		close_fixture(&f);
	}
}

static void
test_query_scope(void)
{
	struct fixture f;
	struct rego_query q;
	str_t import = STR("data.t.q as r");

	open_fixture(&f);
	ok(compile(&f, "q := true") == ERR_OK, "a module");
	ok(rego_compile_query(&f.unit, STR("r; q"), REGO_V1, &import, 1, STR("data.t"), &q) == ERR_OK,
	    "imports and package of a query");
	rego_ast_print_body(&f.text, &q.body);
	ok(str_find(buf_str(&f.text), STR("data.t.q = "), 0) == 0, "%.*s",
	    STR_FMT(buf_str(&f.text)));
	ok(rego_compile_query(&f.unit, STR("z > 1"), REGO_V1, NULL, 0, STR_NONE, &q) == ERR_POLICY,
	    "an unsafe query: %s", first_message(&f));
	close_fixture(&f);
}

/* ---- limits ---- */

static void
test_error_limit(void)
{
	struct fixture f;
	size_t count = 0;
	const struct diag_finding *last = NULL;

	open_fixture(&f);
	for (int i = 0; i < 20; i++)
		buf_printf(&f.text, "p%d := x\n", i);
	buf_add_char(&f.text, '\0');
	ok(compile(&f, f.text.data) == ERR_POLICY, "twenty errors");
	for (const struct diag_finding *d = f.diag.first; d != NULL; d = d->next, count++)
		last = d;
	ok(count == 11 && str_eq(last->message, STR("error limit reached")), "ten, and a word on it");
	close_fixture(&f);
}

static void
test_data_conflicts(void)
{
	static const struct {
		const char *rule, *want; /* NULL: no conflict */
	} cases[] = {
		{ "p := 1", "conflicting rule for data path t/p found" },
		{ "p.q := 1", "conflicting rule for data path t/p/q found" },
		{ "q := 1", NULL },
		{ "p.r := 1", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;
		str_t data = STR("{\"t\": {\"p\": {\"q\": 1}}}");

		open_fixture(&f);
		f.unit.check_data_conflicts = true;
		ok(json_read(f.arena, data, NULL, NULL, &f.unit.data) == ERR_OK, "base data");
		ok((compile(&f, cases[i].rule) == ERR_OK) == (cases[i].want == NULL), "%s",
		    cases[i].rule);
		ok(str_eq(diag_first_message(&f.diag), str_of(cases[i].want)), "%s: %s",
		    cases[i].rule, first_message(&f));
		close_fixture(&f);
	}
}

static void
test_capabilities(void)
{
	struct fixture f;

	for (uint32_t i = 0; i < rego_builtin_count(); i++) {
		const struct rego_builtin *b = rego_builtin_at(i);
		str_t rule;

		if ((b->flags & REGO_NETWORK) == 0)
			continue;
		open_fixture(&f);
		f.unit.capabilities = &rego_capabilities_air_gapped;
		rule = arena_printf(f.arena, "p := %s(input.x)", b->name);
		ok(compile(&f, rule.data) == ERR_POLICY, "%s is refused: %s", b->name,
		    first_message(&f));
		close_fixture(&f);
	}
	open_fixture(&f);
	f.unit.capabilities = &rego_capabilities_air_gapped;
	ok(compile(&f, "p if input.a == 1") == ERR_OK, "others are not");
	close_fixture(&f);
	open_fixture(&f);
	f.unit.capabilities = &rego_capabilities_air_gapped;
	ok(compile(&f, "p if is_object(input.a) with is_object as http.send") == ERR_POLICY,
	    "nor may they stand in for others: %s", first_message(&f));
	close_fixture(&f);
}

/* A file of capabilities, a rule, and what the compiler says of it. */
static const struct {
	const char *file, *rule, *want; /* want "": it compiles */
} granted[] = {
	{ "{\"builtins\": [{\"name\": \"count\"}, {\"name\": \"gt\"}], \"features\": [\"rego_v1\"]}",
	    "p if count(input.x) > 1", "" },
	{ "{\"builtins\": [{\"name\": \"gt\"}], \"features\": [\"rego_v1\"]}",
	    "p if count(input.x) > 1", "undefined function count" },
	{ "{\"builtins\": [{\"name\": \"not.of.this.world\"}]}", "p if input.x", "" },
	{ "{}", "p.q if input.x", "rule heads with refs are not supported: p.q" },
	{ "{}", "p contains 1", "" },
	{ "{\"builtins\": [{\"name\": \"eq\"}], \"features\": [\"rule_head_refs\"]}", "p[x].q := x if x := input.y", "" },
	{ "{\"features\": [\"rule_head_ref_string_prefixes\"]}", "p[x].q := x if x := input.y",
	    "rule heads with general refs (containing variables) are not supported: p[x].q" },
	{ "{}", "p := $\"{input.x}\"", "template strings are not supported by current capabilities" },
	{ "{\"builtins\": [{\"name\": \"internal.template_string\"}, {\"name\": \"eq\"}], "
	  "\"features\": [\"template_strings\"]}",
	    "p := $\"{input.x}\"", "" },
};

static const struct {
	const char *file, *want;
} bad_files[] = {
	{ "[]", "capabilities are an object with builtins, features and the like" },
	{ "{\"builtins\": 1}", "builtins is a list of objects" },
	{ "{\"builtins\": [{}]}", "each of builtins is an object with a name" },
	{ "{\"features\": {}}", "features, future_keywords and allow_net are lists of strings" },
	{ "{\"allow_net\": [1]}", "features, future_keywords and allow_net are lists of strings" },
};

static void
test_capability_files(void)
{
	struct rego_capabilities c;
	struct fixture f;

	for (size_t i = 0; i < COUNT(granted); i++) {
		open_fixture(&f);
		must(rego_capabilities_read(f.arena, "file", str_of(granted[i].file), &f.diag, &c) == ERR_OK);
		f.unit.capabilities = &c;
		(void)!compile(&f, granted[i].rule);
		ok(str_eq(diag_first_message(&f.diag), str_of(granted[i].want)), "%s with %s: %s",
		    granted[i].rule, granted[i].file, first_message(&f));
		close_fixture(&f);
	}
	for (size_t i = 0; i < COUNT(bad_files); i++) {
		open_fixture(&f);
		ok(rego_capabilities_read(f.arena, "file", str_of(bad_files[i].file), &f.diag, &c) == ERR_SYNTAX &&
		        str_eq(diag_first_message(&f.diag), str_of(bad_files[i].want)),
		    "%s: %s", bad_files[i].file, first_message(&f));
		close_fixture(&f);
	}
}

/* Memory runs out at every step on the way, and nothing but ERR_MEMORY comes of it. */
static void
test_little_memory(void)
{
	static const char policy[] = "package t\n"
				   "import data.x\n"
				   "p[i] := {y: z | some y, z in x[i]} if { not q(i); i = input.a[_] }\n"
				   "q(a) if { every k in a { k > count(x) } } else := f(a)[0] if not f(1) with input as a\n"
				   "f(a) := [a, $\"{a}\", {a}]\n";
	bool refused = false, done = false;

	for (size_t limit = 4096; !done && limit < ARENA_LIMIT; limit += 1024) {
		struct arena *a = arena_new(limit);
		struct diag d;
		struct rego_unit unit = { .arena = a, .intern = intern_new(a), .diag = &d };
		err_t err = ERR_MEMORY;

		diag_init(&d, a, 10);
		if (unit.intern != NULL)
			err = rego_parse_module(&unit, STR("t.rego"), str_of(policy), REGO_V1,
			    NULL);
		if (err == ERR_OK)
			err = rego_compile(&unit);
		done = err == ERR_OK;
		refused = refused || err == ERR_MEMORY;
		arena_free(&a);
	}
	ok(refused && done, "little memory is an error (%d), enough is not (%d)", refused, done);
}

static void
test_signatures(void)
{
	struct fixture f;

	open_fixture(&f);
	ok(compile(&f, "p := 1") == ERR_OK, "a unit for types");
	for (uint32_t i = 0; i < rego_builtin_count(); i++) {
		const struct rego_builtin *b = rego_builtin_at(i);
		struct compiler c = { .unit = &f.unit, .arena = f.arena };
		type_t t;

		if (setjmp(c.out_of_memory) != 0) {
			ok(false, "out of memory");
			break;
		}
		t = type_of_signature(&c, b->signature);
		ok(rego_builtin_arity(i) == (t->variadic ? UINT32_MAX : t->count), "%s: %s", b->name,
		    b->signature);
	}
	close_fixture(&f);
}

int
main(void)
{
	test_rewrites();
	test_refusals();
	test_queries();
	test_query_scope();
	test_error_limit();
	test_data_conflicts();
	test_capabilities();
	test_capability_files();
	test_little_memory();
	test_signatures();
	return tap_done();
}
