/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/outputs.h"

#include "rego/pass/walk.h"

/* ---- what `=` binds ---- */

/* Binds `var` once all of `needs` are bound, and they when it is. */
struct dependency {
	rego_name_t var;
	struct var_set needs;
};

struct unifier {
	struct compiler *compiler;
	const struct var_set *bound; /* before */
	struct var_set unified; /* bound by the equation */
	VEC(struct dependency) open;
};

static bool
is_bound(const struct unifier *u, rego_name_t var)
{
	return var_set_has(u->bound, var) || var_set_has(&u->unified, var);
}

static void
bind(struct unifier *u, rego_name_t var)
{
	if (var_set_has(&u->unified, var))
		return;
	var_set_add(u->compiler, &u->unified, var);
	for (size_t i = 0; i < u->open.count; i++) {
		if (u->open.at[i].var == var) {
			struct var_set needs = u->open.at[i].needs;

			for (size_t k = 0; k < needs.count; k++)
				bind(u, needs.at[k]);
		} else if (var_set_has(&u->open.at[i].needs, var) &&
		    var_set_has_all(&u->unified, &u->open.at[i].needs)) {
			bind(u, u->open.at[i].var);
		}
	}
}

static void
bind_all(struct unifier *u, const struct ast_term *t)
{
	struct var_set vars = { 0 };

	vars_of_term(u->compiler, &vars, t, SKIP_FOR_UNIFY);
	for (size_t i = 0; i < vars.count; i++)
		bind(u, vars.at[i]);
}

static void
depend(struct unifier *u, rego_name_t var, rego_name_t need)
{
	struct dependency d = { .var = var };

	for (size_t i = 0; i < u->open.count; i++) {
		if (u->open.at[i].var == var) {
			var_set_add(u->compiler, &u->open.at[i].needs, need);
			return;
		}
	}
	var_set_add(u->compiler, &d.needs, need);
	PUSH(u->compiler, &u->open, d);
}

/* A variable against an array or object. */
static void
unify_var(struct unifier *u, const struct ast_term *var, const struct ast_term *t)
{
	struct var_set vars = { 0 };
	bool all_bound = true;

	if (is_bound(u, var->var.name)) {
		bind_all(u, t);
		return;
	}
	vars_of_term(u->compiler, &vars, t, SKIP_FOR_UNIFY);
	for (size_t i = 0; i < vars.count; i++) {
		if (!is_bound(u, vars.at[i])) {
			all_bound = false;
			depend(u, var->var.name, vars.at[i]);
		}
	}
	if (all_bound)
		bind(u, var->var.name);
}

static bool
is_ref_bound(struct compiler *c, const struct ast_term *ref, const struct var_set *bound)
{
	const struct ast_term *head = ref->items.at[0];
	struct var_set vars = { 0 };

	vars_of_term(c, &vars, head, head->kind == AST_CALL ? SKIP_FOR_SAFETY : 0);
	return var_set_has_all(bound, &vars);
}

/* Does the term have a value whatever the other side is? */
static bool
is_known(struct unifier *u, const struct ast_term *t)
{
	struct var_set vars = { 0 };

	if (t->kind == AST_REF)
		return is_ref_bound(u->compiler, t, u->bound);
	if (t->kind == AST_CALL) {
		vars_of_term(u->compiler, &vars, t, SKIP_FOR_SAFETY);
		return var_set_has_all(u->bound, &vars);
	}
	return term_is_comp(t);
}

static void unify(struct unifier *, const struct ast_term *, const struct ast_term *);

static void
unify_objects(struct unifier *u, const struct ast_terms *a, const struct ast_terms *b)
{
	if (a->count != b->count)
		return;
	for (size_t i = 0; i < a->count; i += 2) {
		for (size_t k = 0; k < b->count; k += 2) {
			const struct ast_term *x = a->at[i], *y = b->at[k];
			bool same = x->kind == y->kind &&
			    ((x->kind == AST_CONST && value_equal(x->constant, y->constant)) ||
				(x->kind == AST_VAR && x->var.name == y->var.name));

			if (same) {
				unify(u, a->at[i + 1], b->at[k + 1]);
				break;
			}
		}
	}
}

static void
unify_vars(struct unifier *u, const struct ast_term *a, const struct ast_term *b)
{
	if (is_bound(u, b->var.name)) {
		bind(u, a->var.name);
	} else if (is_bound(u, a->var.name)) {
		bind(u, b->var.name);
	} else {
		depend(u, a->var.name, b->var.name);
		depend(u, b->var.name, a->var.name);
	}
}

static bool
is_pattern(const struct ast_term *t)
{
	return t->kind == AST_ARRAY || t->kind == AST_OBJECT;
}

static void
unify(struct unifier *u, const struct ast_term *a, const struct ast_term *b)
{
	if (a->kind == AST_VAR && b->kind == AST_VAR) {
		unify_vars(u, a, b);
		return;
	}
	if (b->kind == AST_VAR || (is_pattern(b) && !is_pattern(a) && a->kind != AST_VAR)) {
		const struct ast_term *swapped = a;

		a = b;
		b = swapped;
	}
	if (a->kind == AST_VAR) {
		if (is_pattern(b))
			unify_var(u, a, b);
		else if ((b->kind != AST_REF && b->kind != AST_CALL) || is_known(u, b))
			bind(u, a->var.name);
	} else if (is_pattern(a)) {
		if (a->kind == AST_ARRAY && b->kind == AST_ARRAY) {
			for (size_t i = 0; a->items.count == b->items.count && i < a->items.count; i++)
				unify(u, a->items.at[i], b->items.at[i]);
		} else if (a->kind == AST_OBJECT && b->kind == AST_OBJECT) {
			unify_objects(u, &a->items, &b->items);
		} else if (!is_pattern(b) && is_known(u, b)) {
			bind_all(u, a);
		}
	}
}

/* ---- what references bind ---- */

static void
add_ref_outputs(struct compiler *c, struct var_set *out, const struct ast_term *t,
    const struct var_set *bound)
{
	if (t->kind == AST_CONST || t->kind == AST_VAR || t->kind == AST_TEMPLATE || term_is_comp(t))
		return;
	if (t->kind == AST_REF) {
		if (!is_ref_bound(c, t, bound))
			return;
		vars_of_term(c, out, t, SKIP_REF_HEAD);
	}
	for (size_t i = 0; i < t->items.count; i++)
		add_ref_outputs(c, out, t->items.at[i], bound);
}

static struct var_set
ref_outputs(struct compiler *c, const struct ast_expr *e, const struct var_set *bound)
{
	struct var_set out = { 0 };

	for (size_t i = 0; i < e->terms.count; i++)
		add_ref_outputs(c, &out, e->terms.at[i], bound);
	return out;
}

/* ---- expressions ---- */

static struct var_set
equality_outputs(struct compiler *c, const struct ast_expr *e, const struct var_set *bound)
{
	struct var_set refs = ref_outputs(c, e, bound), right = { 0 };
	struct var_set out = var_set_within(bound);
	struct unifier u = { .compiler = c, .bound = &out };

	var_set_add_all(c, &out, &refs);
	/* What stands right of := is only read. */
	if (e->assigned)
		vars_of_term(c, &right, e->terms.at[2], SKIP_FOR_UNIFY);
	if (var_set_has_all(&out, &right))
		unify(&u, e->terms.at[1], e->terms.at[2]);
	var_set_add_all(c, &out, &u.unified);
	out.around = NULL;
	return out;
}

static struct var_set
call_outputs(struct compiler *c, const struct ast_expr *e, const struct var_set *bound)
{
	enum { SKIP = SKIP_FOR_UNIFY | SKIP_SETS };
	struct var_set out = ref_outputs(c, e, bound), inputs = { 0 };
	int arity = compiler_arity(c, e->terms.at[0]);

	if (arity == ARITY_UNKNOWN)
		return (struct var_set){ 0 };
	if (arity == ARITY_ANY || (size_t)arity + 1 >= e->terms.count)
		return out;
	for (size_t i = 0; i <= (size_t)arity; i++)
		vars_of_term(c, &inputs, e->terms.at[i], SKIP);
	for (size_t i = 0; i < inputs.count; i++) {
		if (!var_set_has(&out, inputs.at[i]) && !var_set_has(bound, inputs.at[i]))
			return (struct var_set){ 0 };
	}
	for (size_t i = (size_t)arity + 1; i < e->terms.count; i++)
		vars_of_term(c, &out, e->terms.at[i], SKIP);
	return out;
}

struct var_set
outputs_of_expr(struct compiler *c, const struct ast_expr *e, const struct var_set *bound)
{
	struct var_set out = { 0 }, withs = { 0 };

	if (e->negated || e->logic != NULL)
		return out;
	for (size_t i = 0; i < e->withs.count; i++)
		vars_of_with(c, &withs, &e->withs.at[i], SKIP_FOR_SAFETY);
	if (!var_set_has_all(bound, &withs))
		return out;
	if (e->kind == AST_EXPR_EVERY)
		add_ref_outputs(c, &out, e->every->domain, bound);
	else if (expr_is_equality(e))
		out = equality_outputs(c, e, bound);
	else if (e->kind == AST_EXPR_CALL)
		out = call_outputs(c, e, bound);
	else
		out = ref_outputs(c, e, bound);
	return var_set_minus(c, &out, bound);
}

struct var_set
outputs_of_exprs(struct compiler *c, struct ast_expr *const *exprs, size_t count,
    const struct var_set *bound)
{
	struct var_set all = var_set_within(bound);

	for (size_t i = 0; i < count; i++) {
		struct var_set out = outputs_of_expr(c, exprs[i], &all);

		var_set_add_all(c, &all, &out);
	}
	all.around = NULL;
	return all;
}
