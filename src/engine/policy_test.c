/* SPDX-License-Identifier: Apache-2.0 */
/* Modules and data to a program, step by step; a policy that failed can only be freed. */
#include "engine/policy.h"

#include <tap.h>

static struct arena *arena;

static const struct {
	const char *what, *module, *data;
	err_t add, compile; /* of the data or the module; of the whole */
	const char *code; /* of the first finding */
	uint32_t row;
} cases[] = {
	{ "a policy", "package a\np := data.x\n", "{\"x\": 1}", ERR_OK, ERR_OK, "", 0 },
	{ "only data", NULL, "{\"x\": 1}", ERR_OK, ERR_OK, "", 0 },
	{ "nothing at all", NULL, NULL, ERR_OK, ERR_OK, "", 0 },
	{ "no package", "p := 1\n", NULL, ERR_POLICY, ERR_OK, "rego_parse_error", 1 },
	{ "a syntax error", "package a\np := }\n", NULL, ERR_POLICY, ERR_OK, "rego_parse_error", 2 },
	{ "an unsafe variable", "package a\n\np if x > 1\n", NULL, ERR_OK, ERR_POLICY, "rego_unsafe_var_error", 3 },
	{ "recursion", "package a\np if q\nq if p\n", NULL, ERR_OK, ERR_POLICY, "rego_recursion_error", 2 },
	{ "a wrong type", "package a\np := count(1)\n", NULL, ERR_OK, ERR_POLICY, "rego_type_error", 2 },
	{ "data that is no object", NULL, "[1]", ERR_SYNTAX, ERR_OK, "data", 1 },
	{ "data that is no JSON", NULL, "{\"a\":\n x}", ERR_SYNTAX, ERR_OK, "json", 2 },
};

static void
try_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy *p = NULL;
		struct diag diag;
		err_t e;

		diag_init(&diag, arena, 10);
		e = policy_new(64 << 20, &diag, &p);
		if (e == ERR_OK && cases[i].data != NULL)
			e = policy_add_data_json(p, STR("data.json"), str_of(cases[i].data));
		if (e == ERR_OK && cases[i].module != NULL)
			e = policy_add_module(p, STR("a.rego"), str_of(cases[i].module), REGO_V1);
		ok((e == ERR_OK) == (cases[i].add == ERR_OK), "%s: added: %s", cases[i].what, err_text(e));
		if (e == ERR_OK)
			ok(policy_compile(p) == cases[i].compile, "%s: compiled", cases[i].what);
		if (cases[i].row > 0)
			ok(diag.first != NULL && str_eq(diag.first->code, str_of(cases[i].code)) &&
			        diag.first->place.row == cases[i].row, "%s: line %u", cases[i].what,
			    cases[i].row);
		else
			ok(diag.error_count == 0, "%s: nothing found", cases[i].what);
		policy_free(&p);
		ok(p == NULL, "freed");
	}
}

static void
try_limit(void)
{
	struct policy *p = NULL;
	struct diag diag;
	err_t e;

	diag_init(&diag, arena, 10);
	e = policy_new(64 << 10, &diag, &p);
	if (e == ERR_OK)
		e = policy_add_module(p, STR("a.rego"), STR("package a\np := [x | some x in [1, 2, 3]]\n"), REGO_V1);
	for (int i = 0; e == ERR_OK && i < 1000; i++)
		e = policy_add_module(p, STR("b.rego"), STR("package b\nq contains 1 if input.x == [1, 2]\n"), REGO_V1);
	ok(e != ERR_OK, "memory has its limit: %s", err_text(e));
	policy_free(&p);
}

int
main(void)
{
	arena = arena_new(64 << 20);
	try_cases();
	try_limit();
	arena_free(&arena);
	return tap_done();
}
