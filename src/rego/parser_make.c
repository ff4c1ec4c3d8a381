/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "rego/ast_compare.h"
#include "rego/parser_internal.h"

static struct ast_term *
make(struct parser *p, enum ast_term_kind kind, struct ast_loc loc)
{
	struct ast_term *t = ARENA_NEW(p->arena, struct ast_term);

	if (t == NULL) {
		p->stopped = true;
		return NULL;
	}
	t->kind = kind;
	t->loc = loc;
	return t;
}

struct ast_term *
parser_make_const(struct parser *p, struct ast_loc loc, value_t value)
{
	struct ast_term *t = value_is_defined(value) ? make(p, AST_CONST, loc) : NULL;

	if (t != NULL)
		t->constant = value;
	return t;
}

struct ast_term *
parser_make_string(struct parser *p, struct ast_loc loc, str_t text)
{
	return parser_make_const(p, loc, intern_add(p->unit->intern, text));
}

struct ast_term *
parser_make_var(struct parser *p, struct ast_loc loc, str_t name)
{
	value_t interned = intern_add(p->unit->intern, name);
	struct ast_term *t = value_is_defined(interned) ? make(p, AST_VAR, loc) : NULL;

	if (t != NULL)
		t->var.name = interned.string;
	return t;
}

struct ast_term *
parser_make_wildcard(struct parser *p, struct ast_loc loc)
{
	char name[16];
	int len = snprintf(name, sizeof(name), "$%u", p->s.wildcard_count++);

	return parser_make_var(p, loc, str_make(name, (size_t)len));
}

/* ---- sets and objects: sorted, without duplicates ---- */

struct element {
	struct ast_term *key, *value; /* no value: an element of a set */
	size_t place; /* makes the sort stable */
};

static int
compare_elements(const void *a, const void *b)
{
	const struct element *x = a, *y = b;
	int order = rego_ast_compare(x->key, y->key);

	return order != 0 ? order : x->place < y->place ? -1 : x->place > y->place;
}

/*
 * A set keeps the first of equal elements ({1.0, 1} is {1.0}), an object the
 * first of equal keys with the last value.
 */
static void
sort_items(struct parser *p, struct ast_terms *items, size_t step)
{
	size_t count = items->count / step, kept = 0;
	struct element *sorted = ARENA_ARRAY(p->scratch, struct element, count);

	if (sorted == NULL || count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct element){ .key = items->at[i * step],
			.value = step == 2 ? items->at[i * step + 1] : NULL, .place = i };
	qsort(sorted, count, sizeof(*sorted), compare_elements);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && rego_ast_compare(sorted[kept - 1].key, sorted[i].key) == 0)
			sorted[kept - 1].value = sorted[i].value;
		else
			sorted[kept++] = sorted[i];
	}
	for (size_t i = 0; i < kept; i++) {
		items->at[i * step] = sorted[i].key;
		if (step == 2)
			items->at[i * step + 1] = sorted[i].value;
	}
	items->count = kept * step;
}

struct ast_term *
parser_make_items(struct parser *p, enum ast_term_kind kind, struct ast_loc loc,
    struct ast_terms items)
{
	struct ast_term *t = make(p, kind, loc);

	if (t == NULL || p->stopped)
		return NULL;
	t->items = items;
	if (kind == AST_SET)
		sort_items(p, &t->items, 1);
	if (kind == AST_OBJECT)
		sort_items(p, &t->items, 2);
	return t;
}

struct ast_term *
parser_make_comp(struct parser *p, enum ast_term_kind kind, struct ast_loc loc,
    struct ast_term *key, struct ast_term *value, struct ast_body body)
{
	struct ast_term *t = make(p, kind, loc);

	if (t == NULL)
		return NULL;
	t->comp.key = key;
	t->comp.value = value;
	t->comp.body = body;
	return t;
}

struct ast_term *
parser_make_operator(struct parser *p, struct ast_loc loc, const char *name)
{
	struct ast_terms items = { 0 };
	str_t rest = str_of(name);

	for (;;) {
		size_t dot = str_find_char(rest, '.', 0);
		str_t part = str_sub(rest, 0, dot);

		parser_push(p, &items, items.count == 0 ? parser_make_var(p, loc, part)
		                                        : parser_make_string(p, loc, part));
		if (dot == rest.len)
			return parser_make_items(p, AST_REF, loc, items);
		rest = str_skip(rest, dot + 1);
	}
}

void
parser_push(struct parser *p, struct ast_terms *terms, struct ast_term *term)
{
	if (term == NULL || !VEC_PUSH(p->arena, terms, term))
		p->stopped = true;
}

/* ---- expressions and bodies ---- */

struct ast_expr *
parser_make_expr(struct parser *p, enum ast_expr_kind kind, struct ast_loc loc)
{
	struct ast_expr *e = ARENA_NEW(p->arena, struct ast_expr);

	if (e != NULL) {
		e->kind = kind;
		e->loc = loc;
		if (kind == AST_EXPR_EVERY)
			e->every = ARENA_NEW(p->arena, struct ast_every);
		if (kind >= AST_EXPR_NOT)
			e->logic = ARENA_NEW(p->arena, struct ast_logic);
	}
	if (arena_failed(p->arena)) {
		p->stopped = true;
		return NULL;
	}
	return e;
}

struct ast_expr *
parser_make_term_expr(struct parser *p, struct ast_loc loc, struct ast_term *term)
{
	struct ast_expr *e = parser_make_expr(p, AST_EXPR_TERM, loc);

	if (e == NULL)
		return NULL;
	if (term != NULL && term->kind == AST_CALL) {
		e->kind = AST_EXPR_CALL;
		for (size_t i = 0; i < term->items.count; i++)
			parser_push(p, &e->terms, term->items.at[i]);
	} else {
		parser_push(p, &e->terms, term);
	}
	return p->stopped ? NULL : e;
}

void
parser_push_expr(struct parser *p, struct ast_body *body, struct ast_expr *expr)
{
	if (expr == NULL) {
		p->stopped = true;
		return;
	}
	expr->index = (uint32_t)body->exprs.count;
	if (body->exprs.count == 0)
		body->loc = expr->loc;
	if (!VEC_PUSH(p->arena, &body->exprs, expr))
		p->stopped = true;
}

struct ast_body
parser_body_of(struct parser *p, struct ast_expr *expr)
{
	struct ast_body body = { 0 };

	parser_push_expr(p, &body, expr);
	return body;
}

struct ast_body
parser_true_body(struct parser *p, struct ast_loc loc)
{
	struct ast_term *yes = parser_make_const(p, loc, value_bool(true));

	return parser_body_of(p, parser_make_term_expr(p, loc, yes));
}

struct ast_loc
parser_extend(const struct parser *p, struct ast_loc start)
{
	start.len = p->s.last_end > start.offset ? p->s.last_end - start.offset : 0;
	return start;
}

/* ---- copies ---- */

static struct ast_terms
copy_items(struct parser *p, const struct ast_terms *items, const struct ast_loc *loc)
{
	struct ast_terms copy = { 0 };

	for (size_t i = 0; i < items->count && !p->stopped; i++)
		parser_push(p, &copy, parser_copy_term(p, items->at[i], loc));
	return copy;
}

static struct ast_withs
copy_withs(struct parser *p, const struct ast_withs *withs, const struct ast_loc *loc)
{
	struct ast_withs copy = { 0 };

	for (size_t i = 0; i < withs->count && !p->stopped; i++) {
		struct ast_with w = withs->at[i];

		w.target = parser_copy_term(p, w.target, loc);
		w.value = parser_copy_term(p, w.value, loc);
		w.loc = loc != NULL ? *loc : w.loc;
		if (!VEC_PUSH(p->arena, &copy, w))
			p->stopped = true;
	}
	return copy;
}

struct ast_term *
parser_copy_term(struct parser *p, const struct ast_term *t, const struct ast_loc *loc)
{
	struct ast_term *copy;

	if (t == NULL)
		return NULL;
	copy = make(p, t->kind, loc != NULL ? *loc : t->loc);
	if (copy == NULL)
		return NULL;
	*copy = *t;
	copy->loc = loc != NULL ? *loc : t->loc;
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
	case AST_VAR:
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		copy->comp.key = parser_copy_term(p, t->comp.key, loc);
		copy->comp.value = parser_copy_term(p, t->comp.value, loc);
		copy->comp.body = parser_copy_body(p, &t->comp.body, loc);
		break;
	case AST_TEMPLATE:
		if (t->withs != NULL) {
			copy->withs = ARENA_ARRAY(p->arena, struct ast_withs, t->items.count);
			for (size_t i = 0; copy->withs != NULL && i < t->items.count; i++)
				copy->withs[i] = copy_withs(p, &t->withs[i], loc);
		}
		[[fallthrough]];
	case AST_REF:
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_CALL:
		copy->items = copy_items(p, &t->items, loc);
	}
	return copy;
}

static struct ast_expr *
copy_expr(struct parser *p, const struct ast_expr *e, const struct ast_loc *loc)
{
	struct ast_expr *copy = parser_make_expr(p, e->kind, loc != NULL ? *loc : e->loc);

	if (copy == NULL)
		return NULL;
	copy->negated = e->negated;
	copy->generated = e->generated;
	copy->index = e->index;
	copy->terms = copy_items(p, &e->terms, loc);
	copy->withs = copy_withs(p, &e->withs, loc);
	if (e->every != NULL) {
		copy->every->key = parser_copy_term(p, e->every->key, loc);
		copy->every->value = parser_copy_term(p, e->every->value, loc);
		copy->every->domain = parser_copy_term(p, e->every->domain, loc);
		copy->every->body = parser_copy_body(p, &e->every->body, loc);
	}
	if (e->logic != NULL) {
		*copy->logic = *e->logic;
		copy->logic->left = parser_copy_body(p, &e->logic->left, loc);
		copy->logic->right = parser_copy_body(p, &e->logic->right, loc);
	}
	return copy;
}

struct ast_body
parser_copy_body(struct parser *p, const struct ast_body *body, const struct ast_loc *loc)
{
	struct ast_body copy = { .loc = loc != NULL ? *loc : body->loc };

	for (size_t i = 0; i < body->exprs.count && !p->stopped; i++)
		parser_push_expr(p, &copy, copy_expr(p, body->exprs.at[i], loc));
	return copy;
}

struct ast_head
parser_copy_head(struct parser *p, const struct ast_head *head, const struct ast_loc *loc)
{
	struct ast_head copy = *head;

	copy.loc = loc != NULL ? *loc : head->loc;
	copy.ref = parser_copy_term(p, head->ref, loc);
	copy.args = copy_items(p, &head->args, loc);
	copy.key = parser_copy_term(p, head->key, loc);
	copy.value = parser_copy_term(p, head->value, loc);
	/* Every clause has wildcards of its own. */
	for (size_t i = 0; i < copy.args.count; i++) {
		struct ast_term *arg = copy.args.at[i];

		if (arg->kind == AST_VAR && arg->var.name->bytes[0] == '$')
			copy.args.at[i] = parser_make_wildcard(p, arg->loc);
	}
	return copy;
}

/* ---- groundness ---- */

static bool
are_ground(const struct ast_terms *items, size_t from)
{
	for (size_t i = from; i < items->count; i++)
		if (!parser_is_ground(items->at[i]))
			return false;
	return true;
}

bool
parser_is_ground(const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		return true;
	case AST_REF:
		return are_ground(&t->items, 1);
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_CALL:
	case AST_TEMPLATE:
		return are_ground(&t->items, 0);
	case AST_VAR:
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return false;
	}
	return false;
}
