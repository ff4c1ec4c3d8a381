/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/hint.h"
#include "rego/pass/text.h"
#include "rego/pass/type_check.h"
#include "rego/pass/type_unify.h"
#include "rego/pass/walk.h"

/* `t`: the type that has no such part as the one at `i`; NULL: it is not known. */
static bool
refuse_ref(struct checker *k, const struct ast_term *ref, type_t t, size_t i)
{
	struct arena *a = k->compiler->arena;
	str_t text = term_text(k->compiler, ref);
	struct type_finding *f = check_refuse(k, ref->items.at[0]->loc,
	    arena_printf(a, "undefined ref: %.*s", STR_FMT(text)), false);

	if (t != NULL)
		f->hint = hint_key(k->compiler, t, ref->items.at[i]);
	return false;
}

/* A variable as a key: it has one of the keys' types, or gets it. */
static bool
check_key_var(struct checker *k, const struct ast_term *var, type_t keys)
{
	type_t known = env_var(&k->env, var->var.name);

	if (known != NULL)
		return type_unifies(known, keys);
	env_set_var(&k->env, var->var.name, keys);
	return true;
}

static bool
check_ref_in_type(struct checker *k, const struct ast_term *ref, type_t t, size_t from)
{
	struct compiler *c = k->compiler;

	for (size_t i = from; i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];
		type_t keys = type_keys(c, t), known;
		bool good = true;

		if (keys == NULL)
			return refuse_ref(k, ref, t, i);
		if (part->kind == AST_CONST) {
			known = type_select(c, t, part->constant);
			if (known == NULL)
				return refuse_ref(k, ref, t, i);
			t = known;
			continue;
		}
		if (part->kind == AST_VAR) {
			good = check_key_var(k, part, keys);
		} else if (part->kind == AST_REF) {
			known = env_ref(&k->env, part);
			good = known == NULL || type_unifies(known, keys);
		} else {
			good = unify_term(&k->env, part, keys, false);
		}
		if (!good)
			return refuse_ref(k, ref, t, i);
		t = type_values(c, t);
	}
	return true;
}

static bool
check_data_ref(struct checker *k, const struct ast_term *ref)
{
	const struct rego_node *node = k->compiler->unit->root;

	if (!k->env.rules->present[node->id])
		return check_ref_in_type(k, ref, &type_any, 1);
	for (size_t i = 1; node != NULL && i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];
		const struct rego_node *child = NULL;
		bool is_string = part->kind == AST_CONST && value_is_string(part->constant);

		/* The first two steps are a package's. */
		if (i <= 2 && part->kind != AST_VAR && !is_string)
			return refuse_ref(k, ref, NULL, i);
		if (part->kind == AST_VAR &&
		    !check_key_var(k, part, type_keys(k->compiler, env_extent(&k->env, node))))
			return refuse_ref(k, ref, NULL, i);
		if (part->kind == AST_CONST)
			child = compiler_child(node, part->constant);
		if (child == NULL || !k->env.rules->present[child->id])
			return check_ref_in_type(k, ref, &type_any, 1);
		if (env_effect(&k->env, child) >= EFFECT_ANY)
			return check_ref_in_type(k, ref, env_effect_type(&k->env, child), i + 1);
		if (k->env.rules->of[child->id] != NULL)
			return check_ref_in_type(k, ref, k->env.rules->of[child->id], i + 1);
		node = child;
	}
	return true;
}

static bool
check_ref(struct walker *w, struct ast_term *t)
{
	struct checker *k = w->context;
	const struct ast_term *head;
	type_t type;

	if (term_is_comp(t))
		return false;
	if (t->kind != AST_REF)
		return true;
	head = t->items.at[0];
	type = env_ref(&k->env, t);
	if (type != NULL && type->kind == TYPE_FUNCTION) {
		str_t text = term_text(k->compiler, t);

		check_refuse(k, head->loc, arena_printf(k->compiler->arena,
		    "function %.*s used as reference, not called", STR_FMT(text)), false);
		return false;
	}
	if (head->kind != AST_VAR)
		return true;
	type = env_var(&k->env, head->var.name);
	if (type != NULL) {
		(void)check_ref_in_type(k, t, type, 1);
	} else if (head->var.name == k->compiler->data && k->env.data != NULL) {
		(void)check_ref_in_type(k, t, k->env.data, 1);
	} else if (head->var.name == k->compiler->data) {
		hint_near_path(k->compiler, t);
		(void)check_data_ref(k, t);
	} else if (head->var.name == k->compiler->input && k->env.input != NULL) {
		(void)check_ref_in_type(k, t, k->env.input, 1);
	} else {
		if (head->var.name != k->compiler->input)
			env_set_var(&k->env, head->var.name, &type_any);
		(void)check_ref_in_type(k, t, &type_any, 1);
	}
	return true;
}

/* References in operands; what stands in a `with` is not looked at. */
static bool
check_refs_of_expr(struct walker *w, struct ast_expr *e)
{
	if (e->kind == AST_EXPR_EVERY) {
		walk_term(w, e->every->domain);
		walk_body(w, &e->every->body);
	}
	for (size_t i = e->kind == AST_EXPR_CALL ? 1 : 0; i < e->terms.count; i++)
		walk_term(w, e->terms.at[i]);
	return false;
}

void
check_refs(struct checker *k, struct ast_expr *e)
{
	struct walker w = { .on_term = check_ref, .on_expr = check_refs_of_expr,
		.compiler = k->compiler, .context = k };

	if (e->logic == NULL)
		walk_expr(&w, e);
}
