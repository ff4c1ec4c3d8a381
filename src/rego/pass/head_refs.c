/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a rule's path that are neither variables nor constants move into the
 * body: `p[x.y] := 1` becomes `p[__local0__] := 1 if { __local0__ = x.y }`.
 */
#include "rego/ast_compare.h"
#include "rego/pass/walk.h"

static void
flatten_head(struct compiler *c, struct ast_rule *rule)
{
	struct ast_head *h = &rule->head;
	size_t last = h->ref->items.count - 1;

	for (size_t i = 1; i <= last; i++) {
		struct ast_term *part = h->ref->items.at[i];
		struct ast_expr *capture;

		if (part->kind == AST_VAR || term_is_scalar(part))
			continue;
		capture = make_capture(c, part);
		if (i == last && h->key != NULL && rego_ast_compare(h->key, part) == 0)
			h->key = captured(capture);
		h->ref->items.at[i] = captured(capture);
		body_add(c, &rule->body, capture);
	}
}

void
pass_head_refs(struct compiler *c)
{
	for (size_t m = 0; m < c->modules.count; m++) {
		for (size_t i = 0; i < c->modules.at[m]->rules.count; i++)
			flatten_head(c, c->modules.at[m]->rules.at[i]);
	}
}
