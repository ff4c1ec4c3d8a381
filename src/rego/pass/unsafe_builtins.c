/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses built-ins that the capabilities do not grant. */
#include "rego/builtin.h"
#include "rego/compile.h"
#include "rego/pass/walk.h"

static bool
check_expr(struct walker *w, struct ast_expr *e)
{
	struct compiler *c = w->compiler;
	uint32_t id = e->kind == AST_EXPR_CALL ? compiler_builtin(c, e->terms.at[0])
	                                       : (uint32_t)REGO_BUILTIN_NONE;
	struct diag_finding *found;

	if (id == REGO_BUILTIN_NONE || compiler_allows(c, id))
		return true;
	found = compiler_error(c, TYPE_ERROR, e->loc,
	    "unsafe built-in function calls in expression: %s", rego_builtin_at(id)->name);
	if (found != NULL)
		diag_hint(c->unit->diag, found, "the profile `%s` grants nothing that needs a network",
		    c->unit->capabilities->name);
	return true;
}

void
pass_unsafe_builtins(struct compiler *c)
{
	struct walker w = { .on_expr = check_expr, .compiler = c };

	for (size_t i = 0; c->unit->capabilities != NULL && i < c->rules.count; i++)
		walk_rule(&w, c->rules.at[i]);
}
