/* SPDX-License-Identifier: Apache-2.0 */
/* The form of OPA's own suite: opa/v0, opa/v1, opa/compile, and our own cases. */
#include "case.h"

static enum rego_version
version_of(value_t c, enum rego_version otherwise)
{
	str_t text = conform_text(c, "rego_version");

	return text.len == 0 ? otherwise : str_eq(text, STR("v0")) ? REGO_V0 : REGO_V1;
}

static void
read_modules(struct arena *arena, value_t modules, struct conform_case *ret)
{
	for (uint32_t i = 0; modules.tag == VALUE_ARRAY && i < modules.count; i++) {
		struct rego_file file = { arena_printf(arena, "test-%u.rego", i),
			value_str(modules.items[i]) };

		(void)VEC_PUSH(arena, &ret->modules, file);
	}
}

static void
read_wants(struct arena *arena, value_t c, struct conform_case *ret)
{
	struct conform_want one = { .code = conform_text(c, "want_error_code"),
		.message = conform_text(c, "want_error"),
		.part = true };

	conform_read_errors(arena, conform_get(c, "want_errors"), &ret->errors);
	ret->exhaustive = conform_flag(c, "exhaustive");
	if (value_is_defined(conform_get(c, "want_error_code")) ||
	    value_is_defined(conform_get(c, "want_error")))
		(void)VEC_PUSH(arena, &ret->errors, one);
}

void
case_read_yaml(
    struct arena *arena, value_t c, enum rego_version version, struct conform_case *ret)
{
	*ret = (struct conform_case){
		.version = version_of(c, version),
		.data = conform_get(c, "data"),
		.input = conform_get(c, "input"),
		.input_term = conform_text(c, "input_term"),
		.query = conform_text(c, "query"),
		.strict = str_eq(conform_text(c, "strict"), STR("enabled")),
		.keep_prints = conform_flag(c, "print_statements"),
		.experimental = value_is_defined(conform_get(c, "experimental_keywords")),
		.strict_builtin_errors = conform_flag(c, "strict_error"),
		.results = conform_get(c, "want_result"),
		.result_terms = VALUE_NONE,
		.prints = VALUE_NONE,
		.sort_arrays = conform_flag(c, "sort_bindings"),
	};
	read_modules(arena, conform_get(c, "modules"), ret);
	read_wants(arena, c, ret);
}
