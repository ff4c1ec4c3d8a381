/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a rule's path that are neither variables nor constants move into the
 * body: `p[x.y] := 1` becomes `p[__local0__] := 1 if { __local0__ = x.y }`.
 */
#include "rego/ast_compare.h"
#include "rego/compile.h"
#include "rego/pass/text.h"
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

/* Heads that older versions of OPA do not know. */
static void
check_head(struct compiler *c, const struct ast_rule *rule)
{
	const struct ast_terms *parts = &rule->head.ref->items;
	bool variable = false;

	for (size_t i = 1; i + 1 < parts->count; i++)
		variable = variable || parts->at[i]->kind != AST_CONST;
	if (parts->count > 1 + (rule->head.key != NULL) &&
	    rego_capabilities_lack(c->unit->capabilities, REGO_FEATURE_STRING_HEADS))
		compiler_error(c, COMPILE_ERROR, rule->loc, "rule heads with refs are not supported: %.*s",
		    STR_FMT(term_text(c, rule->head.ref)));
	else if (variable && rego_capabilities_lack(c->unit->capabilities, REGO_FEATURE_HEADS))
		compiler_error(c, COMPILE_ERROR, rule->loc,
		    "rule heads with general refs (containing variables) are not supported: %.*s",
		    STR_FMT(term_text(c, rule->head.ref)));
}

void
pass_head_refs(struct compiler *c)
{
	for (size_t m = 0; m < c->modules.count; m++) {
		for (size_t i = 0; i < c->modules.at[m]->rules.count; i++)
			check_head(c, c->modules.at[m]->rules.at[i]);
		for (size_t i = 0; i < c->modules.at[m]->rules.count; i++)
			flatten_head(c, c->modules.at[m]->rules.at[i]);
	}
}
