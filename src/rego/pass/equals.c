/* SPDX-License-Identifier: Apache-2.0 */
/* `==` was a test for the safety pass, which binds nothing; from here on it is `=`. */
#include "rego/pass/walk.h"

static bool
rewrite_expr(struct walker *w, struct ast_expr *e)
{
	if (e->terms.count == 3 && expr_is_call_of(e, "equal"))
		e->terms.at[0] = make_operator(w->compiler, "eq", e->terms.at[0]->loc);
	return true;
}

void
pass_equals(struct compiler *c)
{
	struct walker w = { .on_expr = rewrite_expr, .compiler = c };

	for (size_t i = 0; i < c->rules.count; i++)
		walk_rule(&w, c->rules.at[i]);
}
