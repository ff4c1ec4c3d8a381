/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls inside terms become expressions of their own, before the one that holds
 * them: f(g(x)) is g(x, __local0__); f(__local0__).  So do heads of references
 * that are no names: [1, 2][i] is __local0__ = [1, 2]; __local0__[i].
 */
#include "rego/pass/walk.h"

struct hoist {
	struct compiler *compiler;
	struct ast_body *out; /* where the new expressions go */
	const struct ast_withs *withs; /* what they are under; NULL */
};

static void
add_hoisted(const struct hoist *h, struct ast_expr *e)
{
	e->generated = true;
	if (h->withs != NULL)
		e->withs = *h->withs;
	body_add(h->compiler, h->out, e);
}

static void expand_body(struct compiler *, struct ast_body *);
static struct ast_term *expand_term(const struct hoist *, struct ast_term *);

static void
expand_terms(const struct hoist *h, struct ast_terms *terms, size_t from)
{
	for (size_t i = from; i < terms->count; i++)
		terms->at[i] = expand_term(h, terms->at[i]);
}

static struct ast_term *
expand_call(const struct hoist *h, struct ast_term *call)
{
	struct ast_expr *e = make_expr(h->compiler, AST_EXPR_CALL, call->loc);
	struct ast_term *output;

	expand_terms(h, &call->items, 1);
	output = make_local(h->compiler, call->loc);
	for (size_t i = 0; i < call->items.count; i++)
		PUSH(h->compiler, &e->terms, call->items.at[i]);
	PUSH(h->compiler, &e->terms, output);
	name_map_put(h->compiler, &h->compiler->captured, output->var.name, call);
	add_hoisted(h, e);
	return make_var(h->compiler, output->var.name, call->loc);
}

static void
expand_comp(struct compiler *c, struct ast_term *t)
{
	struct ast_body extra = { 0 };
	struct hoist inside = { c, &extra, NULL };

	if (t->comp.key != NULL)
		t->comp.key = expand_term(&inside, t->comp.key);
	t->comp.value = expand_term(&inside, t->comp.value);
	for (size_t i = 0; i < extra.exprs.count; i++)
		body_add(c, &t->comp.body, extra.exprs.at[i]);
	expand_body(c, &t->comp.body);
}

/* The term that stands for `t` once its calls have moved out. */
static struct ast_term *
expand_term(const struct hoist *h, struct ast_term *t)
{
	struct ast_term *head;

	switch ((enum ast_term_kind)t->kind) {
	case AST_CALL:
		return expand_call(h, t);
	case AST_REF:
		expand_terms(h, &t->items, 0);
		head = t->items.at[0];
		if (head->kind != AST_VAR && head->kind != AST_REF && head->kind != AST_CONST) {
			struct ast_expr *capture = make_capture(h->compiler, head);

			t->items.at[0] = make_var(h->compiler, captured(capture)->var.name, head->loc);
			add_hoisted(h, capture);
		}
		break;
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
		expand_terms(h, &t->items, 0);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		expand_comp(h->compiler, t);
		break;
	case AST_CONST:
	case AST_VAR:
	case AST_TEMPLATE:
		break;
	}
	return t;
}

static void
expand_every(const struct hoist *h, struct ast_expr *e)
{
	struct ast_expr *capture = make_capture(h->compiler, e->every->domain);

	capture->terms.at[2] = expand_term(h, capture->terms.at[2]);
	e->every->domain = make_var(h->compiler, captured(capture)->var.name, capture->loc);
	add_hoisted(h, capture);
	expand_body(h->compiler, &e->every->body);
}

static void
expand_expr(struct compiler *c, struct ast_body *out, struct ast_expr *e)
{
	struct hoist values = { c, out, NULL };
	struct hoist terms = { c, out, e->withs.count > 0 ? &e->withs : NULL };

	for (size_t i = 0; i < e->withs.count; i++)
		e->withs.at[i].value = expand_term(&values, e->withs.at[i].value);
	switch ((enum ast_expr_kind)e->kind) {
	case AST_EXPR_TERM:
		expand_terms(&terms, &e->terms, 0);
		break;
	case AST_EXPR_CALL:
		expand_terms(&terms, &e->terms, 1);
		break;
	case AST_EXPR_EVERY:
		expand_every(&terms, e);
		break;
	case AST_EXPR_SOME:
		break;
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		expand_body(c, &e->logic->left);
		expand_body(c, &e->logic->right);
		break;
	}
	body_add(c, out, e);
}

static void
expand_body(struct compiler *c, struct ast_body *b)
{
	struct ast_body out = { .loc = b->loc };

	for (size_t i = 0; i < b->exprs.count; i++)
		expand_expr(c, &out, b->exprs.at[i]);
	*b = out;
}

static void
expand_head(struct compiler *c, struct ast_rule *r)
{
	struct hoist h = { c, &r->body, NULL };
	struct ast_head *head = &r->head;

	expand_terms(&h, &head->args, 0);
	if (head->key != NULL)
		head->key = expand_term(&h, head->key);
	if (head->value != NULL)
		head->value = expand_term(&h, head->value);
}

void
pass_expr_terms(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++) {
		expand_head(c, c->rules.at[i]);
		expand_body(c, &c->rules.at[i]->body);
	}
}
