/* SPDX-License-Identifier: Apache-2.0 */
/* v1 and strict mode refuse deprecated built-ins. */
#include "rego/builtin.h"
#include "rego/pass/hint.h"
#include "rego/pass/walk.h"

static bool
check_expr(struct walker *w, struct ast_expr *e)
{
	struct compiler *c = w->compiler;
	uint32_t id;

	if (e->kind != AST_EXPR_CALL)
		return true;
	id = compiler_builtin(c, e->terms.at[0]);
	if (id != REGO_BUILTIN_NONE && (rego_builtin_at(id)->flags & REGO_DEPRECATED) != 0)
		hint_deprecated(c,
		    compiler_error(c, TYPE_ERROR, e->loc,
			"deprecated built-in function calls in expression: %s",
			rego_builtin_at(id)->name),
		    str_of(rego_builtin_at(id)->name));
	return true;
}

void
pass_deprecated(struct compiler *c)
{
	struct walker w = { .on_expr = check_expr, .compiler = c };

	for (size_t i = 0; i < c->rules.count; i++) {
		const struct ast_module *m = c->rules.at[i]->module;

		if (c->unit->strict || (c->query == NULL && m->version == REGO_V1))
			walk_rule(&w, c->rules.at[i]);
	}
}
