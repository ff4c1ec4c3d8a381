/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query reports the value of each expression: `data.p; 1 < 2` becomes
 * `data.p = x; x; lt(1, 2, y); y`.  The variable alone behind each keeps a false
 * value from counting as success, unless it is the only expression and has one
 * value: then false is what is reported.
 */
#include "rego/builtin.h"
#include "rego/compile.h"
#include "rego/pass/walk.h"

static bool
find_iteration(struct walker *w, struct ast_term *t)
{
	bool *found = w->context;

	if (term_is_comp(t))
		return false;
	if (t->kind == AST_REF) {
		uint32_t id = compiler_builtin(w->compiler, t);

		if (id != REGO_BUILTIN_NONE && (rego_builtin_at(id)->flags & REGO_RELATION) != 0)
			*found = true;
		for (size_t i = 1; i < t->items.count; i++)
			*found = *found || t->items.at[i]->kind == AST_VAR;
	}
	return true;
}

/* Does the query look for several answers? */
static bool
iterates(struct compiler *c, struct ast_body *b)
{
	bool found = false;
	struct walker w = { .on_term = find_iteration, .compiler = c, .context = &found };

	walk_body(&w, b);
	return found;
}

/* The variable that will hold the expression's value; NULL: it has none but true. */
static struct ast_term *
capture(struct compiler *c, struct ast_expr *e)
{
	struct ast_term *var;
	int arity;

	if (e->negated || (e->kind != AST_EXPR_TERM && e->kind != AST_EXPR_CALL) ||
	    expr_is_call_of(e, "assign") || expr_is_call_of(e, "eq"))
		return NULL;
	var = make_local(c, e->loc);
	if (e->kind == AST_EXPR_TERM) {
		struct ast_expr *equal = make_equal(c, e->terms.at[0], var, e->loc);

		e->kind = AST_EXPR_CALL;
		e->terms = equal->terms;
		return make_var(c, var->var.name, var->loc);
	}
	uint32_t id = compiler_builtin(c, e->terms.at[0]);

	arity = compiler_arity(c, e->terms.at[0]);
	if ((id != REGO_BUILTIN_NONE && rego_builtin_is_void(id)) || arity < 0 ||
	    (size_t)arity + 1 != e->terms.count)
		return NULL;
	PUSH(c, &e->terms, var);
	return make_var(c, var->var.name, var->loc);
}

void
pass_capture_values(struct compiler *c)
{
	struct ast_body *b = &c->rules.at[0]->body;
	size_t count = b->exprs.count;
	bool check = count > 1 || iterates(c, b);

	for (size_t i = 0; i < count; i++) {
		struct ast_term *var = capture(c, b->exprs.at[i]);
		struct ast_expr *e;

		if (var == NULL)
			continue;
		PUSH(c, &c->values, ((struct query_value){ b->exprs.at[i], var }));
		if (!check)
			continue;
		e = make_expr(c, AST_EXPR_TERM, var->loc);
		e->generated = true;
		PUSH(c, &e->terms, make_var(c, var->var.name, var->loc));
		body_add(c, b, e);
	}
}
