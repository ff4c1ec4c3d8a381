/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/type_check.h"

#include "rego/pass/hint.h"
#include "rego/pass/text.h"
#include "rego/pass/type_unify.h"
#include "rego/pass/walk.h"

struct type_finding *
check_refuse(struct checker *k, struct ast_loc loc, str_t message, bool hole)
{
	struct type_finding f = { loc, message, STR_NONE, hole };

	PUSH(k->compiler, &k->findings, f);
	return &k->findings.at[k->findings.count - 1];
}

/* ---- closures ---- */

static void
check_comp(struct checker *k, struct ast_term *t)
{
	struct compiler *c = k->compiler;
	size_t before = k->findings.count;
	type_t value, type = NULL;

	env_push(&k->env);
	check_body(k, &t->comp.body);
	if (k->findings.count == before) {
		value = env_term(&k->env, t->comp.value);
		if (t->kind == AST_OBJECT_COMP)
			type = type_object(c, NULL, 0, env_term(&k->env, t->comp.key), value);
		else
			type = t->kind == AST_SET_COMP ? type_set(c, value)
			                               : type_array(c, NULL, 0, value);
	}
	env_pop(&k->env);
	env_set_comp(&k->env, t, type);
}

static bool
check_closure(struct walker *w, struct ast_term *t)
{
	if (!term_is_comp(t))
		return true;
	check_comp(w->context, t);
	return false;
}

static bool
check_logic(struct walker *w, struct ast_expr *e)
{
	struct checker *k = w->context;

	if (e->logic == NULL)
		return true;
	env_push(&k->env);
	check_body(k, &e->logic->left);
	env_pop(&k->env);
	env_push(&k->env);
	check_body(k, &e->logic->right);
	env_pop(&k->env);
	return false;
}

/* ---- expressions ---- */

static void
refuse_call(struct checker *k, const struct ast_expr *e, type_t f, const char *why)
{
	struct compiler *c = k->compiler;
	str_t name = term_text(c, e->terms.at[0]);
	size_t count = e->terms.count - 1 < f->count ? e->terms.count - 1 : f->count;
	type_t *have = compiler_alloc(c, count, sizeof(*have));
	bool hole = false;
	struct type_finding *found;

	for (size_t i = 1; i < e->terms.count; i++)
		hole = hole || type_has_hole(env_term(&k->env, e->terms.at[i]));
	for (size_t i = 0; i < count; i++)
		have[i] = env_term(&k->env, e->terms.at[i + 1]);
	found = check_refuse(k, e->loc, arena_printf(c->arena, "%.*s: %s", STR_FMT(name), why), hole);
	found->hint = hint_operands(c, name, f, have, count);
}

static void
check_call(struct checker *k, const struct ast_expr *e)
{
	type_t f = env_ref(&k->env, e->terms.at[0]);
	size_t given = e->terms.count - 1;

	/* A function with an error in it has any type. */
	if (f == NULL || f->kind == TYPE_ANY || f->variadic)
		return;
	if (f->kind != TYPE_FUNCTION) {
		str_t name = term_text(k->compiler, e->terms.at[0]);

		check_refuse(k, e->loc, arena_printf(k->compiler->arena, "undefined function %.*s",
		    STR_FMT(name)), false);
		return;
	}
	if (given > f->count + (f->result != NULL ? 1 : 0)) {
		refuse_call(k, e, f, "too many arguments");
		return;
	}
	if (given < f->count) {
		refuse_call(k, e, f, "too few arguments");
		return;
	}
	for (size_t i = 0; i < given; i++) {
		if (!unify_term(&k->env, e->terms.at[i + 1], i < f->count ? f->items[i] : f->result,
			false)) {
			refuse_call(k, e, f, "invalid argument(s)");
			return;
		}
	}
}

static void
check_equality(struct checker *k, const struct ast_expr *e)
{
	const struct ast_term *a = e->terms.at[1], *b = e->terms.at[2];
	type_t left = env_term(&k->env, a), right = env_term(&k->env, b);
	struct type_finding *found;

	if (unify_terms(&k->env, a, b))
		return;
	found = check_refuse(k, e->loc, STR("match error"),
	    type_has_hole(left) || type_has_hole(right));
	found->hint = hint_equality(k->compiler, left, right);
}

static bool
check_withs(struct checker *k, const struct ast_expr *e)
{
	for (size_t i = 0; i < e->withs.count; i++) {
		const struct ast_with *w = &e->withs.at[i];
		type_t target = env_term(&k->env, w->target), value = env_term(&k->env, w->value);

		if (target == NULL || target->kind != TYPE_FUNCTION || value == NULL ||
		    value->kind != TYPE_FUNCTION || type_unifies(target, value))
			continue;
		check_refuse(k, w->loc, arena_printf(k->compiler->arena, "%.*s: arity mismatch",
		    STR_FMT(term_text(k->compiler, w->target))), false);
		return false;
	}
	return true;
}

static void
check_expr(struct checker *k, struct ast_expr *e)
{
	const uint8_t *effects_around = k->env.effects;
	size_t depth_around = k->effect_depth, targets_around = k->env.targets.count;
	struct walker closures = { .on_term = check_closure, .on_expr = check_logic,
		.compiler = k->compiler, .context = k };
	size_t before = k->findings.count, inside;

	bool withs_fit = check_withs(k, e);

	check_enter_withs(k, e);
	walk_expr(&closures, e);
	check_refs(k, e);
	inside = k->findings.count;
	if (withs_fit && e->kind == AST_EXPR_CALL) {
		if (expr_is_equality(e))
			check_equality(k, e);
		else
			check_call(k, e);
	}
	/* Where a part is wrong, that the whole does not fit is no news. */
	if (inside > before && k->findings.count > inside && k->findings.at[inside].hole)
		k->findings.count = inside;
	k->env.effects = effects_around;
	k->effect_depth = depth_around;
	k->env.targets.count = targets_around;
}

void
check_body(struct checker *k, struct ast_body *b)
{
	for (size_t i = 0; i < b->exprs.count; i++)
		check_expr(k, b->exprs.at[i]);
}
