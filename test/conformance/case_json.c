/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and queries that OPA has answered: compile.jsonl, query.jsonl, language-cases.json.
 */
#include "case.h"

/* A member may be null where it is not there. */
static value_t
get_some(value_t object, const char *key)
{
	value_t v = conform_get(object, key);

	return v.tag == VALUE_NULL ? VALUE_NONE : v;
}

static void
read_modules(struct arena *arena, value_t modules, struct conform_case *ret)
{
	for (uint32_t i = 0; modules.tag == VALUE_OBJECT && i < modules.count; i++) {
		struct rego_file file = { value_str(modules.object->keys[i]),
			value_str(modules.object->values[i]) };

		(void)VEC_PUSH(arena, &ret->modules, file);
	}
}

void
case_read_json(struct arena *arena, value_t c, struct conform_case *ret)
{
	value_t expect = get_some(c, "expect");
	bool is_probe = value_is_defined(expect);

	if (!value_is_defined(expect))
		expect = c;
	*ret = (struct conform_case){
		.version = str_eq(conform_text(c, "version"), STR("v0")) ? REGO_V0 : REGO_V1,
		.data = get_some(c, "data"),
		.input = get_some(c, "input"),
		.input_term = conform_text(c, "input_term"),
		.query = conform_text(c, "query"),
		.strict = conform_flag(c, "strict"),
		.keep_prints = conform_flag(c, "print"),
		.experimental = conform_flag(c, "experimental"),
		.strict_builtin_errors = conform_flag(c, "strict_errors"),
		/* Queries were asked with them; of probes and modules each says it. */
		.no_annotations = (is_probe || !value_is_defined(conform_get(c, "query"))) &&
		    !conform_flag(c, "annotations"),
		.with_terms = true,
		.exhaustive = true,
		.results = get_some(expect, "result"),
		.result_terms = get_some(expect, "result_terms"),
		.prints = get_some(expect, "prints"),
	};
	read_modules(arena, conform_get(c, "modules"), ret);
	conform_read_errors(arena, conform_get(expect, "errors"), &ret->errors);
}
