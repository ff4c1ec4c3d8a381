/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, values and arguments that need evaluating move into the body. */
#include "rego/pass/walk.h"

static void
move_to_body(struct compiler *c, struct ast_term **slot, struct ast_body *b)
{
	struct ast_expr *capture;

	if (!term_needs_eval(*slot))
		return;
	capture = make_capture(c, *slot);
	*slot = make_var(c, captured(capture)->var.name, capture->loc);
	body_add(c, b, capture);
}

void
pass_head_terms(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++) {
		struct ast_rule *r = c->rules.at[i];

		move_to_body(c, &r->head.key, &r->body);
		move_to_body(c, &r->head.value, &r->body);
		for (size_t k = 0; k < r->head.args.count; k++)
			move_to_body(c, &r->head.args.at[k], &r->body);
	}
}
