/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/vars.h"

#include <stdlib.h>

#include "rego/pass/walk.h"

enum {
	SCAN_LIMIT = 8, /* sets up to this size are searched from end to end */
	FIRST_SLOTS = 16,
};

static uint32_t
slot_of(const struct name_map *m, rego_name_t key)
{
	uint64_t mixed = ((uintptr_t)key >> 4) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = (uint32_t)(mixed >> 32) & m->mask;

	while (m->slots[i].key != NULL && m->slots[i].key != key)
		i = (i + 1) & m->mask;
	return i;
}

void *
name_map_find(const struct name_map *m, rego_name_t key)
{
	return m->slots == NULL ? NULL : m->slots[slot_of(m, key)].value;
}

static void
grow_map(struct compiler *c, struct name_map *m)
{
	struct name_map old = *m;
	uint32_t size = old.slots == NULL ? FIRST_SLOTS : 2 * (old.mask + 1);

	m->slots = compiler_alloc(c, size, sizeof(*m->slots));
	m->mask = size - 1;
	for (uint32_t i = 0; old.slots != NULL && i <= old.mask; i++) {
		if (old.slots[i].key != NULL)
			m->slots[slot_of(m, old.slots[i].key)] = old.slots[i];
	}
}

void
name_map_put(struct compiler *c, struct name_map *m, rego_name_t key, void *value)
{
	if (m->slots == NULL || 4 * (m->count + 1) > 3 * (m->mask + 1))
		grow_map(c, m);

	struct name_slot *slot = &m->slots[slot_of(m, key)];

	if (slot->key == NULL)
		m->count++;
	*slot = (struct name_slot){ key, value };
}

static bool
has_itself(const struct var_set *s, rego_name_t name)
{
	if (s->count > SCAN_LIMIT)
		return name_map_find(&s->index, name) != NULL;
	for (size_t i = 0; i < s->count; i++) {
		if (s->at[i] == name)
			return true;
	}
	return false;
}

bool
var_set_has(const struct var_set *s, rego_name_t name)
{
	for (; s != NULL; s = s->around) {
		if (has_itself(s, name))
			return true;
	}
	return false;
}

bool
var_set_has_all(const struct var_set *s, const struct var_set *part)
{
	for (size_t i = 0; i < part->count; i++) {
		if (!var_set_has(s, part->at[i]))
			return false;
	}
	return true;
}

void
var_set_add(struct compiler *c, struct var_set *s, rego_name_t name)
{
	if (var_set_has(s, name))
		return;
	PUSH(c, s, name);
	if (s->count <= SCAN_LIMIT)
		return;
	for (size_t i = s->count == SCAN_LIMIT + 1 ? 0 : s->count - 1; i < s->count; i++)
		name_map_put(c, &s->index, s->at[i], s);
}

void
var_set_add_all(struct compiler *c, struct var_set *s, const struct var_set *more)
{
	for (size_t i = 0; i < more->count; i++)
		var_set_add(c, s, more->at[i]);
}

struct var_set
var_set_minus(struct compiler *c, const struct var_set *s, const struct var_set *less)
{
	struct var_set rest = { 0 };

	for (size_t i = 0; i < s->count; i++) {
		if (!var_set_has(less, s->at[i]))
			var_set_add(c, &rest, s->at[i]);
	}
	return rest;
}

struct var_set
var_set_within(const struct var_set *around)
{
	return (struct var_set){ .around = around };
}

bool
var_set_equal(const struct var_set *a, const struct var_set *b)
{
	return a->count == b->count && var_set_has_all(a, b);
}

static int
compare_names(const void *a, const void *b)
{
	return str_cmp(name_str(*(const rego_name_t *)a), name_str(*(const rego_name_t *)b));
}

void
var_set_sort(struct var_set *s)
{
	if (s->count > 1)
		qsort(s->at, s->count, sizeof(*s->at), compare_names);
}

bool
name_is_generated(rego_name_t name)
{
	return str_has_prefix(name_str(name), STR("__local"));
}

bool
name_is_wildcard(rego_name_t name)
{
	str_t text = name_str(name);

	return text.len > 0 && (text.data[0] == '$' || str_eq(text, STR("_")));
}

static void vars_of_withs(struct compiler *, struct var_set *, const struct ast_withs *,
    unsigned skip);

static void
vars_of_terms(struct compiler *c, struct var_set *s, const struct ast_terms *terms, size_t from,
    unsigned skip)
{
	for (size_t i = from; i < terms->count; i++)
		vars_of_term(c, s, terms->at[i], skip);
}

/* The operator and operands of a call: items of an AST_CALL, terms of an AST_EXPR_CALL. */
static void
vars_of_call(struct compiler *c, struct var_set *s, const struct ast_terms *call, unsigned skip)
{
	if ((skip & SKIP_CALL_HEAD) == 0 || call->at[0]->kind != AST_REF) {
		vars_of_terms(c, s, call, 0, skip);
		return;
	}
	vars_of_terms(c, s, &call->at[0]->items, 1, skip);
	vars_of_terms(c, s, call, 1, skip);
}

void
vars_of_term(struct compiler *c, struct var_set *s, const struct ast_term *t, unsigned skip)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		break;
	case AST_VAR:
		var_set_add(c, s, t->var.name);
		break;
	case AST_REF:
		vars_of_terms(c, s, &t->items, (skip & SKIP_REF_HEAD) != 0 ? 1 : 0, skip);
		break;
	case AST_SET:
		if ((skip & SKIP_SETS) == 0)
			vars_of_terms(c, s, &t->items, 0, skip);
		break;
	case AST_OBJECT:
		for (size_t i = 0; i < t->items.count; i++) {
			if (i % 2 == 1 || (skip & SKIP_OBJECT_KEYS) == 0)
				vars_of_term(c, s, t->items.at[i], skip);
		}
		break;
	case AST_CALL:
		vars_of_call(c, s, &t->items, skip);
		break;
	case AST_TEMPLATE:
		if ((skip & SKIP_CLOSURES) != 0)
			break;
		vars_of_terms(c, s, &t->items, 0, skip);
		for (size_t i = 0; t->withs != NULL && i < t->items.count; i++)
			vars_of_withs(c, s, &t->withs[i], skip);
		break;
	case AST_ARRAY:
		vars_of_terms(c, s, &t->items, 0, skip);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		if ((skip & SKIP_CLOSURES) != 0)
			break;
		if (t->kind == AST_OBJECT_COMP)
			vars_of_term(c, s, t->comp.key, skip);
		vars_of_term(c, s, t->comp.value, skip);
		vars_of_body(c, s, &t->comp.body, skip);
		break;
	}
}

void
vars_of_with(struct compiler *c, struct var_set *s, const struct ast_with *w, unsigned skip)
{
	bool skip_head = (skip & SKIP_CALL_HEAD) != 0;

	if (skip_head && w->target->kind == AST_REF)
		vars_of_terms(c, s, &w->target->items, 1, skip);
	else if (!skip_head)
		vars_of_term(c, s, w->target, skip);
	if (skip_head && w->value->kind == AST_REF)
		vars_of_terms(c, s, &w->value->items, 1, skip);
	else
		vars_of_term(c, s, w->value, skip);
}

/*
 * A body behind `not` is a closure when it is written in braces.  Else it is like
 * any negated expression: its variables are those of the body around it.
 */
static void
vars_of_logic(struct compiler *c, struct var_set *s, const struct ast_expr *e, unsigned skip)
{
	struct var_set inside = { 0 };

	if ((skip & SKIP_CLOSURES) == 0) {
		vars_of_body(c, s, &e->logic->left, skip);
		vars_of_body(c, s, &e->logic->right, skip);
	} else if (!expr_is_closure(e)) {
		vars_of_body(c, &inside, &e->logic->left, skip);
		for (size_t i = 0; i < inside.count; i++) {
			if (!name_is_generated(compiler_source(c, inside.at[i])))
				var_set_add(c, s, inside.at[i]);
		}
	}
}

static void
vars_of_withs(struct compiler *c, struct var_set *s, const struct ast_withs *withs, unsigned skip)
{
	for (size_t i = 0; i < withs->count; i++)
		vars_of_with(c, s, &withs->at[i], skip);
}

void
vars_of_expr(struct compiler *c, struct var_set *s, const struct ast_expr *e, unsigned skip)
{
	if (e->kind == AST_EXPR_EVERY) {
		vars_of_term(c, s, e->every->domain, skip);
		if ((skip & SKIP_CLOSURES) == 0) {
			if (e->every->key != NULL)
				vars_of_term(c, s, e->every->key, skip);
			vars_of_term(c, s, e->every->value, skip);
			vars_of_body(c, s, &e->every->body, skip);
		}
	} else if (e->logic != NULL) {
		vars_of_logic(c, s, e, skip);
	} else if (e->kind == AST_EXPR_CALL) {
		vars_of_call(c, s, &e->terms, skip);
	} else {
		vars_of_terms(c, s, &e->terms, 0, skip);
	}
	vars_of_withs(c, s, &e->withs, skip);
}

void
vars_of_body(struct compiler *c, struct var_set *s, const struct ast_body *b, unsigned skip)
{
	for (size_t i = 0; i < b->exprs.count; i++)
		vars_of_expr(c, s, b->exprs.at[i], skip);
}

void
vars_of_args(struct compiler *c, struct var_set *s, const struct ast_head *head)
{
	vars_of_terms(c, s, &head->args, 0, 0);
}
