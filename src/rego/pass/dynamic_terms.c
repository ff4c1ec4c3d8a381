/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References and comprehensions in operands are bound to variables beforehand,
 * out of negations too: f(input.x) is __local0__ = input.x; f(__local0__).  The two
 * sides of `=`, and terms alone, keep theirs.
 */
#include "rego/pass/walk.h"

static void rewrite_body(struct compiler *, struct ast_body *);
static struct ast_term *bind_term(struct compiler *, struct ast_body *, const struct ast_expr *,
    struct ast_term *);

static struct ast_term *
bind_whole(struct compiler *c, struct ast_body *out, const struct ast_expr *original,
    struct ast_term *t)
{
	struct ast_expr *capture = make_capture(c, t);

	capture->withs = original->withs;
	body_add(c, out, capture);
	return make_var(c, captured(capture)->var.name, t->loc);
}

static void
bind_terms(struct compiler *c, struct ast_body *out, const struct ast_expr *original,
    struct ast_terms *terms, size_t from)
{
	for (size_t i = from; i < terms->count; i++)
		terms->at[i] = bind_term(c, out, original, terms->at[i]);
}

/* What stands for the term: itself with its parts bound, or a variable. */
static struct ast_term *
bind_term(struct compiler *c, struct ast_body *out, const struct ast_expr *original,
    struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_REF:
		bind_terms(c, out, original, &t->items, 1);
		return bind_whole(c, out, original, t);
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
		bind_terms(c, out, original, &t->items, 0);
		return t;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		rewrite_body(c, &t->comp.body);
		return bind_whole(c, out, original, t);
	case AST_CONST:
	case AST_VAR:
	case AST_CALL:
	case AST_TEMPLATE:
		break;
	}
	return t;
}

/* A term that may stay where it is: only what is inside it is bound. */
static struct ast_term *
bind_inside(struct compiler *c, struct ast_body *out, const struct ast_expr *original,
    struct ast_term *t)
{
	if (t->kind == AST_REF)
		bind_terms(c, out, original, &t->items, 1);
	else if (term_is_comp(t))
		rewrite_body(c, &t->comp.body);
	else
		return bind_term(c, out, original, t);
	return t;
}

static void
rewrite_expr(struct compiler *c, struct ast_body *out, struct ast_expr *e)
{
	if (e->kind == AST_EXPR_EVERY) {
		e->every->domain = bind_term(c, out, e, e->every->domain);
		rewrite_body(c, &e->every->body);
	} else if (e->logic != NULL) {
		rewrite_body(c, &e->logic->left);
		rewrite_body(c, &e->logic->right);
	} else if (e->kind == AST_EXPR_CALL && !expr_is_equality(e)) {
		bind_terms(c, out, e, &e->terms, 1);
	} else {
		for (size_t i = e->kind == AST_EXPR_CALL ? 1 : 0; i < e->terms.count; i++)
			e->terms.at[i] = bind_inside(c, out, e, e->terms.at[i]);
	}
	body_add(c, out, e);
}

static void
rewrite_body(struct compiler *c, struct ast_body *b)
{
	struct ast_body out = { .loc = b->loc };

	for (size_t i = 0; i < b->exprs.count; i++)
		rewrite_expr(c, &out, b->exprs.at[i]);
	*b = out;
}

void
pass_dynamic_terms(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++)
		rewrite_body(c, &c->rules.at[i]->body);
}
