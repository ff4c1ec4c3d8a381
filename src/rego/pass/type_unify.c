/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/type_unify.h"

#include "rego/ast_compare.h"

static bool
unify_array(struct type_env *env, const struct ast_terms *items, type_t t, bool unite)
{
	if (items->count != t->count && t->rest == NULL)
		return false;
	for (size_t i = 0; i < items->count; i++) {
		if (!unify_term(env, items->at[i], i < t->count ? t->items[i] : t->rest, unite))
			return false;
	}
	return true;
}

static bool
unify_object(struct type_env *env, const struct ast_terms *items, type_t t, bool unite)
{
	if (items->count / 2 != t->count && t->rest == NULL)
		return false;
	for (size_t i = 0; i + 1 < items->count; i += 2) {
		value_t key = constant_of(env->compiler, items->at[i]);
		type_t value = &type_any;

		/* Under a key that is not known there may be anything. */
		if (value_is_defined(key))
			value = type_select(env->compiler, t, key);
		if (value == NULL ||
		    (!unify_term(env, items->at[i + 1], value, unite) && value_is_defined(key)))
			return false;
	}
	return true;
}

static bool
unify_set(struct type_env *env, const struct ast_terms *items, type_t t, bool unite)
{
	for (size_t i = 0; i < items->count; i++) {
		if (!unify_term(env, items->at[i], t->rest, unite))
			return false;
	}
	return true;
}

/* An array, object or set against a union. */
static bool
unify_composite_any(struct type_env *env, const struct ast_term *term, type_t any)
{
	bool found = false;

	if (type_is_any(any)) {
		for (size_t i = 0; i < term->items.count; i++)
			(void)unify_term(env, term->items.at[i], &type_any, true);
		return true;
	}
	for (uint32_t i = 0; i < any->count; i++)
		found = unify_term(env, term, any->items[i], true) || found;
	return found;
}

static bool
unify_var(struct type_env *env, rego_name_t name, type_t t, bool unite)
{
	type_t known = env_var(env, name);

	if (known != NULL && (!unite || !var_set_has(&env->uniting, name)))
		return type_unifies(known, t);
	if (unite)
		var_set_add(env->compiler, &env->uniting, name);
	env_set_var(env, name, unite ? type_or(env->compiler, known, t) : t);
	return true;
}

bool
unify_term(struct type_env *env, const struct ast_term *term, type_t t, bool unite)
{
	if (!unite)
		env->uniting = (struct var_set){ 0 };
	switch ((enum ast_term_kind)term->kind) {
	case AST_VAR:
		return unify_var(env, term->var.name, t, unite);
	case AST_ARRAY:
	case AST_OBJECT:
	case AST_SET:
		if (t == NULL)
			return false;
		if (t->kind == TYPE_ANY)
			return unify_composite_any(env, term, t);
		if (term->kind == AST_ARRAY && t->kind == TYPE_ARRAY)
			return unify_array(env, &term->items, t, unite);
		if (term->kind == AST_OBJECT && t->kind == TYPE_OBJECT)
			return unify_object(env, &term->items, t, unite);
		return term->kind == AST_SET && t->kind == TYPE_SET &&
		    unify_set(env, &term->items, t, unite);
	default:
		return type_unifies(env_term(env, term), t);
	}
}

static bool
unify_objects(struct type_env *env, const struct ast_terms *a, const struct ast_terms *b)
{
	if (a->count != b->count)
		return false;
	/* Both are sorted by key. */
	for (size_t i = 0; i + 1 < a->count; i += 2) {
		if (rego_ast_compare(a->at[i], b->at[i]) != 0 ||
		    !unify_terms(env, a->at[i + 1], b->at[i + 1]))
			return false;
	}
	return true;
}

static bool
unify_arrays(struct type_env *env, const struct ast_terms *a, const struct ast_terms *b)
{
	for (size_t i = 0; a->count == b->count && i < a->count; i++) {
		if (!unify_terms(env, a->at[i], b->at[i]))
			return false;
	}
	return a->count == b->count;
}

static bool
is_pattern(const struct ast_term *t)
{
	return t->kind == AST_ARRAY || t->kind == AST_OBJECT;
}

/* Of neither term is the whole type known. */
static bool
unify_unknown(struct type_env *env, const struct ast_term *a, const struct ast_term *b)
{
	if (a->kind == AST_ARRAY && b->kind == AST_ARRAY)
		return unify_arrays(env, &a->items, &b->items);
	if (a->kind == AST_OBJECT && b->kind == AST_OBJECT)
		return unify_objects(env, &a->items, &b->items);
	if (a->kind == AST_VAR && (b->kind == AST_VAR || is_pattern(b))) {
		const struct ast_term *first = is_pattern(b) ? b : a;
		const struct ast_term *second = is_pattern(b) ? a : b;

		return unify_term(env, first, &type_any, false) &&
		    unify_term(env, second, env_term(env, first), false);
	}
	if (is_pattern(a) && b->kind == AST_VAR)
		return unify_unknown(env, b, a);
	return false;
}

bool
unify_terms(struct type_env *env, const struct ast_term *a, const struct ast_term *b)
{
	type_t x = env_term(env, a), y = env_term(env, b);
	bool hole_x = type_has_hole(x), hole_y = type_has_hole(y);

	if (hole_x && !hole_y)
		return unify_term(env, a, y, false);
	if (hole_y && !hole_x)
		return unify_term(env, b, x, false);
	if (!hole_x)
		return type_unifies(x, y);
	return unify_unknown(env, a, b);
}
