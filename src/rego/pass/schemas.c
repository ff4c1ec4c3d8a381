/* SPDX-License-Identifier: Apache-2.0 */
/* The schema without a path is that of `input`, in all rules and queries. */
#include "rego/pass/type_schema.h"

const struct rego_schema *
find_schema(const struct rego_unit *unit, const struct ast_terms *path, size_t from)
{
	for (size_t i = 0; i < unit->schemas.count; i++) {
		const struct rego_schema *s = &unit->schemas.at[i];
		size_t k = 0;

		if (s->path.count + from != path->count)
			continue;
		while (k < s->path.count && path->at[from + k]->kind == AST_CONST &&
		    value_equal(s->path.items[k], path->at[from + k]->constant))
			k++;
		if (k == s->path.count)
			return s;
	}
	return NULL;
}

void
pass_schemas(struct compiler *c)
{
	static const struct ast_terms nothing = { 0 };
	const struct rego_schema *s = find_schema(c->unit, &nothing, 0);
	struct ast_loc nowhere = { 0 };
	str_t problem;

	if (s == NULL)
		return;
	c->unit->input_type = type_of_schema(c, s->document, &problem);
	if (c->unit->input_type == NULL)
		compiler_error(c, TYPE_ERROR, nowhere, "%.*s", STR_FMT(problem));
}
