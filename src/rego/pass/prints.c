/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print() is taken out, or, when it is wanted, its operands are put into sets:
 * internal.print([{__local0__ | __local0__ = x}]), so that an undefined operand
 * does not stop the body.
 */
#include "rego/pass/outputs.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

static bool
is_print(const struct ast_expr *e)
{
	return expr_is_call_of(e, "print");
}

/* ---- erasing ---- */

static bool
erase_in_body(struct walker *w, struct ast_body *b)
{
	struct compiler *c = w->compiler;
	size_t kept = 0, count = b->exprs.count;
	struct ast_expr *first = count > 0 ? b->exprs.at[0] : NULL;

	for (size_t i = 0; i < count; i++) {
		if (is_print(b->exprs.at[i]))
			continue;
		b->exprs.at[kept] = b->exprs.at[i];
		b->exprs.at[kept]->index = (uint32_t)kept;
		kept++;
	}
	b->exprs.count = kept;
	if (kept == 0 && count > 0) {
		struct ast_expr *e = make_expr(c, AST_EXPR_TERM, first->loc);

		PUSH(c, &e->terms, make_const(c, value_bool(true), first->loc));
		body_add(c, b, e);
	}
	return true;
}

/* ---- keeping ---- */

static void rewrite_body(struct compiler *, struct ast_body *, const struct var_set *bound);

struct closure_scope {
	struct var_set bound;
};

static bool
rewrite_comp(struct walker *w, struct ast_term *t)
{
	struct closure_scope *scope = w->context;

	if (!term_is_comp(t))
		return true;
	rewrite_body(w->compiler, &t->comp.body, &scope->bound);
	return false;
}

static bool
rewrite_closure(struct walker *w, struct ast_expr *e)
{
	struct closure_scope *scope = w->context;

	if (e->kind == AST_EXPR_EVERY) {
		vars_of_term(w->compiler, &scope->bound, e->every->key, 0);
		vars_of_term(w->compiler, &scope->bound, e->every->value, 0);
		rewrite_body(w->compiler, &e->every->body, &scope->bound);
		return false;
	}
	if (e->logic != NULL) {
		rewrite_body(w->compiler, &e->logic->left, &scope->bound);
		rewrite_body(w->compiler, &e->logic->right, &scope->bound);
		return false;
	}
	return true;
}

static bool
add_generated(struct walker *w, struct ast_term *t)
{
	if (t->kind == AST_VAR && name_is_generated(t->var.name))
		var_set_add(w->compiler, w->context, t->var.name);
	return true;
}

/* Adds what an expression binds for those behind it; renamed variables in it count. */
static void
add_bound(struct compiler *c, struct var_set *bound, struct ast_expr *e)
{
	struct var_set vars = outputs_of_expr(c, e, bound);
	struct walker w = { .on_term = add_generated, .compiler = c, .context = bound };

	var_set_add_all(c, bound, &vars);
	walk_expr(&w, e);
}

static bool
check_operand(struct compiler *c, const struct ast_term *operand, const struct var_set *bound)
{
	struct var_set vars = { 0 };

	vars_of_term(c, &vars, operand, SKIP_FOR_SAFETY);
	vars = var_set_minus(c, &vars, bound);
	var_set_sort(&vars);
	for (size_t i = 0; i < vars.count; i++) {
		rego_name_t name = compiler_source(c, vars.at[i]);

		compiler_error(c, COMPILE_ERROR, operand->loc, "var %.*s is undeclared",
		    STR_FMT(name_is_wildcard(name) ? STR("_") : name_str(name)));
	}
	return vars.count == 0;
}

static void
rewrite_print(struct compiler *c, struct ast_expr *e, const struct var_set *bound)
{
	struct ast_term *sets = make_term(c, AST_ARRAY, e->loc);
	bool good = true;

	for (size_t i = 1; i < e->terms.count; i++) {
		struct ast_term *operand = e->terms.at[i];
		struct ast_term *set = make_term(c, AST_SET_COMP, operand->loc);
		struct ast_term *var = make_local(c, operand->loc);

		good = check_operand(c, operand, bound) && good;
		set->comp.value = make_var(c, var->var.name, operand->loc);
		set->comp.body.loc = operand->loc;
		body_add(c, &set->comp.body, make_equal(c, var, operand, operand->loc));
		PUSH(c, &sets->items, set);
	}
	if (!good)
		return;
	e->terms.count = 0;
	PUSH(c, &e->terms, make_operator(c, "internal.print", e->loc));
	PUSH(c, &e->terms, sets);
}

static void
rewrite_body(struct compiler *c, struct ast_body *b, const struct var_set *bound)
{
	struct var_set before = var_set_within(bound);

	for (size_t i = 0; i < b->exprs.count; i++) {
		struct ast_expr *e = b->exprs.at[i];
		struct closure_scope scope = { var_set_within(&before) };
		struct walker w = { .on_term = rewrite_comp, .on_expr = rewrite_closure,
			.compiler = c, .context = &scope };

		walk_expr(&w, e);
		if (is_print(e))
			rewrite_print(c, e, &before);
		else
			add_bound(c, &before, e);
	}
}

void
pass_prints(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++) {
		struct ast_rule *r = c->rules.at[i];
		struct walker erase = { .on_body = erase_in_body, .compiler = c };
		struct closure_scope scope = { var_set_within(&c->reserved) };
		struct walker keep = { .on_term = rewrite_comp, .compiler = c, .context = &scope };

		if (!c->unit->keep_prints) {
			walk_rule(&erase, r);
			continue;
		}
		vars_of_args(c, &scope.bound, &r->head);
		walk_head(&keep, &r->head);
		rewrite_body(c, &r->body, &scope.bound);
	}
}
