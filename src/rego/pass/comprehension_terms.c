/* SPDX-License-Identifier: Apache-2.0 */
/* [x[0] | ...] becomes [__local0__ | ...; __local0__ = x[0]]. */
#include "rego/pass/walk.h"

static struct ast_term *
move_to_body(struct compiler *c, struct ast_term *t, struct ast_body *b)
{
	struct ast_expr *capture;

	if (!term_needs_eval(t))
		return t;
	capture = make_capture(c, t);
	body_add(c, b, capture);
	return make_var(c, captured(capture)->var.name, t->loc);
}

static bool
flatten_comp(struct walker *w, struct ast_term *t)
{
	if (term_is_comp(t)) {
		t->comp.key = move_to_body(w->compiler, t->comp.key, &t->comp.body);
		t->comp.value = move_to_body(w->compiler, t->comp.value, &t->comp.body);
	}
	return true;
}

void
pass_comprehension_terms(struct compiler *c)
{
	struct walker w = { .on_term = flatten_comp, .compiler = c };

	for (size_t i = 0; i < c->rules.count; i++)
		walk_rule(&w, c->rules.at[i]);
}
