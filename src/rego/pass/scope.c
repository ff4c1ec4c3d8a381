/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/scope.h"

#include "rego/pass/walk.h"

static bool
add_declared(struct walker *w, struct ast_expr *e)
{
	struct var_set *vars = w->context;

	if (expr_is_assignment(e))
		vars_of_term(w->compiler, vars, e->terms.at[1], 0);
	for (size_t i = 0; e->kind == AST_EXPR_SOME && i < e->terms.count; i++) {
		const struct ast_term *t = e->terms.at[i];

		if (t->kind == AST_VAR)
			var_set_add(w->compiler, vars, t->var.name);
		for (size_t k = 1; t->kind == AST_CALL && k + 1 < t->items.count; k++)
			vars_of_term(w->compiler, vars, t->items.at[k], 0);
	}
	return true;
}

static bool
stop_at_comp(struct walker *w, struct ast_term *t)
{
	return !term_is_comp(t);
}

struct var_set
declared_vars(struct compiler *c, struct ast_body *b)
{
	struct var_set vars = { 0 };
	struct walker w = { .on_expr = add_declared, .on_term = stop_at_comp, .compiler = c,
		.context = &vars };

	walk_body(&w, b);
	return vars;
}

struct var_set
declared_vars_of_expr(struct compiler *c, struct ast_expr *e)
{
	struct var_set vars = { 0 };
	struct walker w = { .on_expr = add_declared, .on_term = stop_at_comp, .compiler = c,
		.context = &vars };

	walk_expr(&w, e);
	return vars;
}

/* ---- imports ---- */

bool
import_is_feature(const struct ast_import *import)
{
	str_t root = name_str(import->path->items.at[0]->var.name);

	return str_eq(root, STR("future")) || str_eq(root, STR("rego"));
}

rego_name_t
import_name(struct compiler *c, const struct ast_import *import)
{
	const struct ast_terms *path = &import->path->items;

	if (import->alias != NULL)
		return import->alias;
	if (path->count == 1)
		return path->at[0]->var.name;
	return compiler_name(c, value_str(path->at[path->count - 1]->constant));
}
