/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/walk.h"

static void
walk_terms(struct walker *w, struct ast_terms *terms)
{
	for (size_t i = 0; i < terms->count; i++)
		walk_term(w, terms->at[i]);
}

static void
walk_withs(struct walker *w, struct ast_withs *withs)
{
	for (size_t i = 0; i < withs->count; i++) {
		walk_term(w, withs->at[i].target);
		walk_term(w, withs->at[i].value);
	}
}

void
walk_term(struct walker *w, struct ast_term *t)
{
	if (t == NULL || (w->on_term != NULL && !w->on_term(w, t)))
		return;
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
	case AST_VAR:
		break;
	case AST_REF:
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_CALL:
		walk_terms(w, &t->items);
		break;
	case AST_TEMPLATE:
		walk_terms(w, &t->items);
		for (size_t i = 0; t->withs != NULL && i < t->items.count; i++)
			walk_withs(w, &t->withs[i]);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		walk_term(w, t->comp.key);
		walk_term(w, t->comp.value);
		walk_body(w, &t->comp.body);
		break;
	}
}

void
walk_expr(struct walker *w, struct ast_expr *e)
{
	if (w->on_expr != NULL && !w->on_expr(w, e))
		return;
	if (e->kind == AST_EXPR_EVERY) {
		walk_term(w, e->every->key);
		walk_term(w, e->every->value);
		walk_term(w, e->every->domain);
		walk_body(w, &e->every->body);
	} else if (e->logic != NULL) {
		walk_body(w, &e->logic->left);
		walk_body(w, &e->logic->right);
	} else {
		walk_terms(w, &e->terms);
	}
	walk_withs(w, &e->withs);
}

void
walk_body(struct walker *w, struct ast_body *b)
{
	if (w->on_body != NULL && !w->on_body(w, b))
		return;
	for (size_t i = 0; i < b->exprs.count; i++)
		walk_expr(w, b->exprs.at[i]);
}

void
walk_head(struct walker *w, struct ast_head *h)
{
	walk_terms(w, &h->args);
	walk_term(w, h->key);
	walk_term(w, h->value);
}

void
walk_rule(struct walker *w, struct ast_rule *r)
{
	walk_head(w, &r->head);
	walk_body(w, &r->body);
}

/* ---- questions ---- */

bool
ref_head_is(const struct ast_term *t, rego_name_t name)
{
	return t->kind == AST_REF && t->items.at[0]->kind == AST_VAR &&
	    t->items.at[0]->var.name == name;
}

bool
term_is_root(const struct compiler *c, const struct ast_term *t)
{
	return t->kind == AST_REF && t->items.count == 1 &&
	    (ref_head_is(t, c->data) || ref_head_is(t, c->input));
}

bool
term_is_comp(const struct ast_term *t)
{
	return t->kind == AST_ARRAY_COMP || t->kind == AST_SET_COMP || t->kind == AST_OBJECT_COMP;
}

bool
term_is_scalar(const struct ast_term *t)
{
	return t->kind == AST_CONST;
}

bool
term_needs_eval(const struct ast_term *t)
{
	if (t == NULL)
		return false;
	if (t->kind == AST_REF || term_is_comp(t))
		return true;
	if (t->kind == AST_CONST || t->kind == AST_VAR)
		return false;
	for (size_t i = 0; i < t->items.count; i++) {
		if (term_needs_eval(t->items.at[i]))
			return true;
	}
	return false;
}

bool
ref_is_ground(const struct ast_term *ref)
{
	for (size_t i = 1; i < ref->items.count; i++) {
		if (ref->items.at[i]->kind != AST_CONST)
			return false;
	}
	return true;
}

bool
ref_is_builtin(const struct ast_term *ref, const char *name)
{
	str_t rest = str_of(name);

	if (ref->kind != AST_REF)
		return false;
	for (size_t i = 0; i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];
		size_t dot = str_find_char(rest, '.', 0);
		str_t text;

		if (i == 0 && part->kind == AST_VAR)
			text = name_str(part->var.name);
		else if (i > 0 && part->kind == AST_CONST && value_is_string(part->constant))
			text = value_str(part->constant);
		else
			return false;
		if (!str_eq(text, str_sub(rest, 0, dot)))
			return false;
		if (dot == rest.len)
			return i + 1 == ref->items.count;
		rest = str_skip(rest, dot + 1);
	}
	return false;
}

bool
expr_is_closure(const struct ast_expr *e)
{
	return e->kind == AST_EXPR_EVERY || e->kind == AST_EXPR_AND || e->kind == AST_EXPR_OR ||
	    (e->kind == AST_EXPR_NOT && e->logic->explicit_left);
}

bool
expr_is_call_of(const struct ast_expr *e, const char *builtin)
{
	return e->kind == AST_EXPR_CALL && ref_is_builtin(e->terms.at[0], builtin);
}

bool
expr_is_equality(const struct ast_expr *e)
{
	return e->terms.count == 3 && expr_is_call_of(e, "eq");
}

bool
expr_is_assignment(const struct ast_expr *e)
{
	return e->terms.count == 3 && expr_is_call_of(e, "assign");
}

const char *
term_kind_name(const struct ast_term *t)
{
	static const char *const names[] = { [AST_VAR] = "var", [AST_REF] = "ref",
		[AST_ARRAY] = "array", [AST_SET] = "set", [AST_OBJECT] = "object",
		[AST_CALL] = "call", [AST_ARRAY_COMP] = "arraycomprehension",
		[AST_SET_COMP] = "setcomprehension", [AST_OBJECT_COMP] = "objectcomprehension",
		[AST_TEMPLATE] = "templatestring" };

	return t->kind == AST_CONST ? value_type_name(t->constant) : names[t->kind];
}

/* ---- making ---- */

struct ast_term *
make_term(struct compiler *c, enum ast_term_kind kind, struct ast_loc loc)
{
	struct ast_term *t = NEW(c, struct ast_term);

	t->kind = (uint8_t)kind;
	t->loc = loc;
	t->generated = true;
	return t;
}

struct ast_term *
make_var(struct compiler *c, rego_name_t name, struct ast_loc loc)
{
	struct ast_term *t = make_term(c, AST_VAR, loc);

	t->var.name = name;
	return t;
}

struct ast_term *
make_local(struct compiler *c, struct ast_loc loc)
{
	return make_var(c, compiler_local(c), loc);
}

struct ast_term *
make_const(struct compiler *c, value_t value, struct ast_loc loc)
{
	struct ast_term *t = make_term(c, AST_CONST, loc);

	t->constant = value;
	return t;
}

struct ast_term *
make_operator(struct compiler *c, const char *builtin, struct ast_loc loc)
{
	struct ast_term *ref = make_term(c, AST_REF, loc);
	str_t rest = str_of(builtin);

	for (;;) {
		size_t dot = str_find_char(rest, '.', 0);
		rego_name_t part = compiler_name(c, str_sub(rest, 0, dot));

		if (ref->items.count == 0)
			PUSH(c, &ref->items, make_var(c, part, loc));
		else
			PUSH(c, &ref->items, make_const(c, intern_add(c->unit->intern, name_str(part)), loc));
		if (dot == rest.len)
			return ref;
		rest = str_skip(rest, dot + 1);
	}
}

struct ast_expr *
make_expr(struct compiler *c, enum ast_expr_kind kind, struct ast_loc loc)
{
	struct ast_expr *e = NEW(c, struct ast_expr);

	e->kind = (uint8_t)kind;
	e->loc = loc;
	return e;
}

struct ast_expr *
make_equal(struct compiler *c, struct ast_term *a, struct ast_term *b, struct ast_loc loc)
{
	struct ast_expr *e = make_expr(c, AST_EXPR_CALL, loc);

	PUSH(c, &e->terms, make_operator(c, "eq", loc));
	PUSH(c, &e->terms, a);
	PUSH(c, &e->terms, b);
	return e;
}

struct ast_expr *
make_capture(struct compiler *c, struct ast_term *t)
{
	struct ast_expr *e = make_equal(c, make_local(c, t->loc), t, t->loc);

	e->generated = true;
	name_map_put(c, &c->captured, captured(e)->var.name, t);
	return e;
}

struct ast_term *
captured(const struct ast_expr *capture)
{
	return capture->terms.at[1];
}

static struct ast_terms
copy_terms(struct compiler *c, const struct ast_terms *terms)
{
	struct ast_terms copy = { 0 };

	for (size_t i = 0; i < terms->count; i++)
		PUSH(c, &copy, copy_term(c, terms->at[i]));
	return copy;
}

static struct ast_withs
copy_withs(struct compiler *c, const struct ast_withs *withs)
{
	struct ast_withs copy = { 0 };

	for (size_t i = 0; i < withs->count; i++) {
		struct ast_with w = { copy_term(c, withs->at[i].target),
			copy_term(c, withs->at[i].value), withs->at[i].loc };

		PUSH(c, &copy, w);
	}
	return copy;
}

struct ast_term *
copy_term(struct compiler *c, const struct ast_term *t)
{
	struct ast_term *copy;

	if (t == NULL)
		return NULL;
	copy = NEW(c, struct ast_term);
	*copy = *t;
	if (t->kind == AST_CONST || t->kind == AST_VAR)
		return copy;
	if (term_is_comp(t)) {
		copy->comp.key = copy_term(c, t->comp.key);
		copy->comp.value = copy_term(c, t->comp.value);
		copy->comp.body = copy_body(c, &t->comp.body);
		return copy;
	}
	copy->items = copy_terms(c, &t->items);
	if (t->kind == AST_TEMPLATE && t->withs != NULL) {
		copy->withs = compiler_alloc(c, t->items.count, sizeof(*copy->withs));
		for (size_t i = 0; i < t->items.count; i++)
			copy->withs[i] = copy_withs(c, &t->withs[i]);
	}
	return copy;
}

struct ast_expr *
copy_expr(struct compiler *c, const struct ast_expr *e)
{
	struct ast_expr *copy = NEW(c, struct ast_expr);

	*copy = *e;
	copy->terms = copy_terms(c, &e->terms);
	copy->withs = copy_withs(c, &e->withs);
	if (e->every != NULL) {
		copy->every = NEW(c, struct ast_every);
		copy->every->key = copy_term(c, e->every->key);
		copy->every->value = copy_term(c, e->every->value);
		copy->every->domain = copy_term(c, e->every->domain);
		copy->every->body = copy_body(c, &e->every->body);
	}
	if (e->logic != NULL) {
		copy->logic = NEW(c, struct ast_logic);
		*copy->logic = *e->logic;
		copy->logic->left = copy_body(c, &e->logic->left);
		copy->logic->right = copy_body(c, &e->logic->right);
	}
	return copy;
}

struct ast_body
copy_body(struct compiler *c, const struct ast_body *b)
{
	struct ast_body copy = { .loc = b->loc };

	for (size_t i = 0; i < b->exprs.count; i++)
		body_add(c, &copy, copy_expr(c, b->exprs.at[i]));
	return copy;
}

void
body_add(struct compiler *c, struct ast_body *b, struct ast_expr *e)
{
	e->index = (uint32_t)b->exprs.count;
	PUSH(c, &b->exprs, e);
}

/* ---- heads ---- */

static size_t
ref_part_count(const struct ast_head *h)
{
	return h->ref == NULL ? 0 : h->ref->items.count - 1;
}

size_t
head_part_count(const struct ast_head *h)
{
	return h->args.count + ref_part_count(h) + 2;
}

struct ast_term **
head_part(struct ast_head *h, size_t i)
{
	if (i < h->args.count)
		return &h->args.at[i];
	i -= h->args.count;
	if (i < ref_part_count(h))
		return &h->ref->items.at[i + 1];
	return i == ref_part_count(h) ? &h->key : &h->value;
}
