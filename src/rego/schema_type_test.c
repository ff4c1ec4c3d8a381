/* SPDX-License-Identifier: Apache-2.0 */
/* What schemas, given with a path or written in metadata, let the type checker find. */
#include "base/must.h"
#include "codec/json.h"
#include "rego/compile.h"
#include "rego/parser.h"
#include "rego/pass/type_schema.h"
#include "tap.h"

enum { ARENA_LIMIT = 32 << 20 };

/* ---- schemas as types ---- */

#define PROPS(members) "\"properties\": {" members "}"

static const struct {
	const char *schema, *want; /* the type, or the error */
} types[] = {
	{ "{}", "any" },
	{ "true", "any" },
	{ "{\"type\": \"string\"}", "string" },
	{ "{\"type\": \"integer\"}", "number" },
	{ "{\"type\": \"number\"}", "number" },
	{ "{\"type\": \"boolean\"}", "boolean" },
	{ "{\"type\": \"null\"}", "any" },
	{ "{\"type\": [\"string\", \"boolean\"]}", "boolean" },
	{ "{\"enum\": [1]}", "any" },
	{ "{\"type\": \"object\"}", "object[any: any]" },
	{ "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}}", "object[any: any]" },
	{ "{\"type\": \"array\"}", "array[any]" },
	{ "{" PROPS("\"b\": {}, \"a\": {\"type\": \"number\"}") "}", "object<a: number, b: any>" },
	{ "{\"items\": {\"type\": \"string\"}}", "array[string]" },
	{ "{\"items\": [{\"type\": \"string\"}, {}]}", "array<string, any>" },
	{ "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"number\"}]}", "any<number, string>" },
	{ "{\"type\": \"object\", " PROPS("\"a\": {}") ", \"anyOf\": [{" PROPS("\"b\": {}") "}]}",
	    "any<object<b: any>, object<a: any>>" },
	{ "{\"type\": \"object\", \"anyOf\": [{" PROPS("\"b\": {}") "}]}", "object<b: any>" },
	{ "{\"allOf\": [{" PROPS("\"a\": {\"type\": \"string\"}") "}, {" PROPS("\"b\": {}") "}]}",
	    "object<a: string, b: any>" },
	{ "{\"type\": \"object\", " PROPS("\"c\": {}") ", \"allOf\": [{" PROPS("\"a\": {}") "}]}",
	    "object<a: any, c: any>" },
	{ "{\"allOf\": [{" PROPS("\"a\": {}") "}, {" PROPS("\"a\": {\"type\": \"number\"}") "}]}",
	    "object<a: number>" },
	{ "{\"allOf\": [{\"items\": [{\"type\": \"number\"}]}, {\"items\": [{\"type\": \"number\"}, {}]}]}",
	    "array<number, any>" },
	{ "{\"allOf\": [{\"type\": \"string\"}, {\"type\": \"string\"}]}", "string" },
	{ "{\"allOf\": [{}]}", "any" },
	{ "{\"allOf\": [{\"type\": \"string\"}, {\"type\": \"number\"}]}",
	    "type checking: unable to merge these schemas: type mismatch: string and number" },
	{ "{\"allOf\": [{\"type\": [\"string\", \"null\"]}, {}]}",
	    "type checking: unable to merge these schemas: type mismatch: [string,null] and Undefined" },
	{ "{\"type\": \"string\", \"allOf\": [{\"type\": \"number\"}]}",
	    "type checking: unable to merge these schemas" },
	{ "{\"allOf\": [{\"items\": [{}]}, {\"items\": [{\"type\": \"null\"}]}]}",
	    "type checking: unable to merge these schemas" },
	{ "{" PROPS("\"a\": {\"allOf\": [{\"type\": \"null\"}, {}]}") "}",
	    "type checking: unexpected schema type a: unable to merge these schemas: type mismatch: "
	    "null and Undefined" },
	{ "{\"definitions\": {\"d\": {\"type\": \"number\"}}, " PROPS("\"a\": {\"$ref\": \"#/definitions/d\"}")
	  "}", "object<a: number>" },
	{ "{" PROPS("\"next\": {\"$ref\": \"#\"}, \"v\": {\"type\": \"number\"}") "}",
	    "object<next: object<next: any, v: number>, v: number>" },
	{ "{\"$ref\": \"#\"}", "any" },
	{ "{\"allOf\": [{\"$ref\": \"#\"}]}", "any" },
	{ "{" PROPS("\"a\": {\"pattern\": \"(?!x)\"}") "}", "object<a: any>" },
	{ "null", "no schema as input to compile" },
	{ "[]", "unable to compile the schema: schema is invalid" },
	{ "{\"$ref\": \"https://example.com/s.json\"}",
	    "unable to compile the schema: remote reference loading disabled: "
	    "https://example.com/s.json" },
};

static str_t
describe(struct compiler *c, const char *text)
{
	str_t problem = STR("");
	value_t schema;
	type_t t;

	if (setjmp(c->out_of_memory) != 0)
		return STR("out of memory");
	must(json_read(c->arena, str_of(text), NULL, NULL, &schema) == ERR_OK);
	t = type_of_schema(c, schema, &problem);
	return t != NULL ? type_text(c, t) : problem;
}

static void
test_types(void)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		struct arena *a = arena_new(ARENA_LIMIT);
		struct rego_unit unit = { .arena = a, .intern = intern_new(a) };
		struct compiler c = { .unit = &unit, .arena = a };
		str_t got = describe(&c, types[i].schema);

		if (!ok(str_eq(got, str_of(types[i].want)), "type of %.70s", types[i].schema))
			tap_note("got %.*s", STR_FMT(got));
		arena_free(&a);
	}
}

/* ---- checking ---- */

static const struct {
	const char *path, *text;
} schemas[] = {
	{ "[\"number\"]", "{\"type\": \"number\"}" },
	{ "[\"string\"]", "{\"type\": \"string\"}" },
	{ "[\"request\"]", "{" PROPS("\"user\": {\"type\": \"string\"}, \"operation\": {\"type\": \"string\"}")
	    "}" },
	{ "[\"who-can\"]", "{" PROPS("\"operation\": {\"type\": \"string\"}") "}" },
	{ "[\"deep\", \"acl\"]", "{" PROPS("\"alice\": {\"items\": {\"type\": \"string\"}}, "
		"\"bob\": {\"items\": {\"type\": \"string\"}}") "}" },
	{ "[\"bad\"]", "{\"type\": \"nothing\"}" },
};

#define RULE(list) "# METADATA\n# scope: rule\n# schemas:\n" list
#define IN(path, name) "# - " path ": schema" name "\n"

/* Module texts after their packages; the first error, "" if there is none. */
static const struct {
	const char *what, *module, *second, *want;
} checks[] = {
	{ "known parts", "package t\n" RULE(IN("input", ".request") IN("data.acl", ".deep.acl"))
	    "p if data.acl[input.user][_] == input.operation", NULL, "" },
	{ "an unknown part", "package t\n" RULE(IN("input", ".request")) "p if input.usr == 1", NULL,
	    "t1.rego:6: rego_type_error: undefined ref: input.usr" },
	{ "a type that does not fit", "package t\n" RULE(IN("input", ".request")) "p if input.user == 1",
	    NULL, "t1.rego:6: rego_type_error: match error" },
	{ "an operand that does not fit", "package t\n" RULE(IN("input", ".request"))
	    "p if input.user + 1 == 2", NULL, "t1.rego:6: rego_type_error: plus: invalid argument(s)" },
	{ "the later overrides", "package t\n" RULE(IN("input", ".request") IN("input", "[\"who-can\"]"))
	    "p if input.user", NULL, "t1.rego:7: rego_type_error: undefined ref: input.user" },
	{ "no such schema", "package t\n" RULE(IN("input", ".missing")) "p if input.x", NULL,
	    "t1.rego:6: rego_type_error: undefined schema: schema.missing" },
	{ "a schema that is none", "package t\n" RULE(IN("input", ".bad")) "p if input.x", NULL,
	    "t1.rego:6: rego_type_error: unable to compile the schema: has a primitive type that is NOT "
	    "VALID -- given: /nothing/ Expected valid values are:[array boolean integer number null "
	    "object string]" },
	{ "a part is added to a schema", "package t\n" RULE(IN("input", ".request")
		IN("input.a.b", ".number")) "p if { input.user; input.a.b == 1 }", NULL, "" },
	{ "what is added is closed too", "package t\n" RULE(IN("input", ".request")
		IN("input.a.b", ".number")) "p if input.a.c", NULL,
	    "t1.rego:7: rego_type_error: undefined ref: input.a.c" },
	{ "below what was added", "package t\n" RULE(IN("input", ".request") IN("input.a", ".request")
		IN("input.a.user", ".number")) "p if { input.a.user == 1; input.a.operation == \"x\" }", NULL,
	    "" },
	{ "a part alone leaves the rest open", "package t\n" RULE(IN("input.a.b", ".number"))
	    "p if { input.x.y; input.a.z; input.a.b == 1 }", NULL, "" },
	{ "brackets", "package t\n" RULE(IN("input.a[\"b c\"]", ".number")) "p if input.a[\"b c\"] == \"\"",
	    NULL, "t1.rego:6: rego_type_error: match error" },
	{ "data beside rules", "package t\n" RULE(IN("data.acl", ".deep.acl"))
	    "p if { q == 1; data.acl.alice; data.other.x }\nq := 1", NULL, "" },
	{ "rules keep their types", "package t\n" RULE(IN("data.acl", ".deep.acl"))
	    "p if { data.t.q == \"1\"; data.acl.alice }\nq := 1", NULL,
	    "t1.rego:6: rego_type_error: match error" },
	{ "functions keep theirs", "package t\n" RULE(IN("data.acl", ".deep.acl"))
	    "p if { f(1, 2); data.acl.alice }\nf(x, y) if x == y", NULL, "" },
	{ "data that is not there", "package t\n" RULE(IN("data.acl", ".deep.acl")) "p if data.acl.carol",
	    NULL, "t1.rego:6: rego_type_error: undefined ref: data.acl.carol" },
	{ "through a variable", "package t\n" RULE(IN("data.acl", ".deep.acl"))
	    "p if { some who; data.acl[who][_] == 1 }", NULL, "t1.rego:6: rego_type_error: match error" },
	{ "in a comprehension", "package t\n" RULE(IN("input", ".request")) "p := {x | x := input.typo}",
	    NULL, "t1.rego:6: rego_type_error: undefined ref: input.typo" },
	{ "in a function", "package t\n" RULE(IN("input", ".request")) "f(x) := input.typo if x", NULL,
	    "t1.rego:6: rego_type_error: undefined ref: input.typo" },
	{ "only the rule below", "package t\n" RULE(IN("input", ".request")) "p if input.user\n"
	    "q if input.other", NULL, "" },
	{ "an else is another rule", "package t\n" RULE(IN("input", ".request"))
	    "p := 1 if input.user\nelse := 2 if input.other", NULL, "" },
	{ "a document's rules", "package t\n# METADATA\n# scope: document\n# schemas:\n"
	    IN("input.a", ".number") "p if input.a == 7\n\np if input.a == []", NULL,
	    "t1.rego:8: rego_type_error: match error" },
	{ "a document's rules above", "package t\np if input == 7\n\n# METADATA\n# scope: document\n"
	    "# schemas:\n" IN("input", ".string") "p if input == \"\"", NULL,
	    "t1.rego:2: rego_type_error: match error" },
	{ "rule over document", "package t\n# METADATA\n# scope: document\n# schemas:\n"
	    IN("input.a", ".number") "p if input.a == 7\n\n" RULE(IN("input.a", ".string"))
	    "p if input.a == \"\"", NULL, "" },
	{ "rule beside document", "package t\n# METADATA\n# scope: document\n# schemas:\n"
	    IN("input.a", ".number") "p if input.a == 7\n\n" RULE(IN("input.b", ".string"))
	    "p if { input.b == \"\"; input.a == \"\" }", NULL, "t1.rego:12: rego_type_error: match error" },
	{ "a package", "# METADATA\n# scope: package\n# schemas:\n" IN("input", ".string")
	    "package t\np if input == 7", NULL, "t1.rego:6: rego_type_error: match error" },
	{ "a package's other module", "# METADATA\n# scope: package\n# schemas:\n" IN("input", ".string")
	    "package t", "package t\np if input == 7", "t2.rego:2: rego_type_error: match error" },
	{ "rule over package", "# METADATA\n# scope: package\n# schemas:\n" IN("input", ".string")
	    "package t\n" RULE(IN("input", ".number")) "p if input == 7", NULL, "" },
	{ "packages below", "# METADATA\n# scope: subpackages\n# schemas:\n" IN("input", ".string")
	    "package t", "package t.u\np if input == 7", "t2.rego:2: rego_type_error: match error" },
	{ "package over subpackages", "# METADATA\n# scope: subpackages\n# schemas:\n"
	    IN("input", ".string") "package t", "# METADATA\n# schemas:\n" IN("input", ".number")
	    "package t.u\np if input == 7", "" },
	{ "an inline definition", "package t\n" RULE("# - input: {\"type\": \"string\"}\n")
	    "p if input == 7", NULL, "t1.rego:6: rego_type_error: match error" },
	{ "an inline definition as YAML", "package t\n" RULE("# - input.x: {type: number}\n")
	    "p if input.x == \"\"", NULL, "t1.rego:6: rego_type_error: match error" },
	{ "an inline definition from afar", "package t\n" RULE("# - input: {$ref: \"http://h/s\"}\n")
	    "p if input == 7", NULL, "t1.rego:6: rego_type_error: unable to compile the schema: remote "
	    "reference loading disabled: http://h/s" },
	{ "types go on through rules", "package t\n" RULE(IN("input", ".number")) "p := x if x := input\n"
	    "q if p == \"\"", NULL, "t1.rego:7: rego_type_error: match error" },
	{ "with takes nothing away", "package t\n" RULE(IN("input", ".request"))
	    "p if input.typo with input as {\"typo\": 1}", NULL,
	    "t1.rego:6: rego_type_error: undefined ref: input.typo" },
};

struct fixture {
	struct arena *arena;
	struct diag diag;
	struct rego_unit unit;
};

static value_t
read(struct arena *a, const char *text)
{
	value_t v;

	must(json_read(a, str_of(text), NULL, NULL, &v) == ERR_OK);
	return v;
}

static void
open_fixture(struct fixture *f)
{
	f->arena = arena_new(ARENA_LIMIT);
	diag_init(&f->diag, f->arena, 100);
	f->unit = (struct rego_unit){ .arena = f->arena, .intern = intern_new(f->arena),
		.diag = &f->diag, .annotations = true };
}

static void
give(struct fixture *f, const char *path, const char *schema)
{
	struct rego_schema s = { read(f->arena, path), read(f->arena, schema) };

	must(VEC_PUSH(f->arena, &f->unit.schemas, s));
}

static err_t
compile(struct fixture *f, const char *first, const char *second)
{
	err_t e = rego_parse_module(&f->unit, STR("t1.rego"), str_of(first), REGO_V1, NULL);

	if (e == ERR_OK && second != NULL)
		e = rego_parse_module(&f->unit, STR("t2.rego"), str_of(second), REGO_V1, NULL);
	return e == ERR_OK ? rego_compile(&f->unit) : e;
}

static str_t
first_error(struct fixture *f)
{
	const struct diag_finding *first = f->diag.first;

	if (first == NULL)
		return STR("");
	if (first->place.row == 0)
		return arena_printf(f->arena, "%.*s: %.*s", STR_FMT(first->code), STR_FMT(first->message));
	return arena_printf(f->arena, "%.*s:%u: %.*s: %.*s", STR_FMT(first->place.file), first->place.row,
	    STR_FMT(first->code), STR_FMT(first->message));
}

static void
test_checks(void)
{
	for (size_t i = 0; i < COUNT(checks); i++) {
		struct fixture f;
		str_t got;

		open_fixture(&f);
		for (size_t s = 0; s < COUNT(schemas); s++)
			give(&f, schemas[s].path, schemas[s].text);
		(void)compile(&f, checks[i].module, checks[i].second);
		got = first_error(&f);
		if (!ok(str_eq(got, str_of(checks[i].want)), "%s", checks[i].what))
			tap_note("got %.*s", STR_FMT(got));
		arena_free(&f.arena);
	}
}

/* ---- the whole input ---- */

static const struct {
	const char *schema, *module, *query, *want;
} inputs[] = {
	{ "{" PROPS("\"a\": {\"type\": \"number\"}") "}", "package t\np if input.a == 1", "input.a", "" },
	{ "{" PROPS("\"a\": {\"type\": \"number\"}") "}", "package t\np if input.b == 1", NULL,
	    "t1.rego:2: rego_type_error: undefined ref: input.b" },
	{ "{" PROPS("\"a\": {\"type\": \"number\"}") "}", "package t\np if true", "input.b",
	    "query:1: rego_type_error: undefined ref: input.b" },
	{ "{" PROPS("\"a\": {\"type\": \"number\"}") "}", "package t\n"
	    RULE("# - input.b: {type: string}\n") "p if { input.a == 1; input.b == \"\" }\nq if input.b", NULL,
	    "t1.rego:7: rego_type_error: undefined ref: input.b" },
	{ "{\"type\": \"x\"}", "package t\np if true", NULL,
	    "rego_type_error: unable to compile the schema: has a primitive type that is NOT VALID -- "
	    "given: /x/ Expected valid values are:[array boolean integer number null object string]" },
	{ NULL, "package t\n" RULE(IN("input", ".missing")) "p if input.x", NULL, "" },
};

static void
test_inputs(void)
{
	for (size_t i = 0; i < COUNT(inputs); i++) {
		struct rego_query q;
		struct fixture f;
		str_t got;

		open_fixture(&f);
		if (inputs[i].schema != NULL)
			give(&f, "[]", inputs[i].schema);
		if (compile(&f, inputs[i].module, NULL) == ERR_OK && inputs[i].query != NULL)
			(void)rego_compile_query(&f.unit, str_of(inputs[i].query), REGO_V1, NULL, 0, STR(""), &q);
		got = first_error(&f);
		if (!ok(str_eq(got, str_of(inputs[i].want)), "input: %.60s", inputs[i].module))
			tap_note("got %.*s", STR_FMT(got));
		arena_free(&f.arena);
	}
}

int
main(void)
{
	test_types();
	test_checks();
	test_inputs();
	return tap_done();
}
