/* SPDX-License-Identifier: Apache-2.0 */
/* No rule, argument or variable may be called `data` or `input` (v1, strict). */
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

static bool
check_assignment(struct walker *w, struct ast_expr *e)
{
	struct compiler *c = w->compiler;

	if (expr_is_call_of(e, "assign") && e->terms.count > 1 && term_is_root(c, e->terms.at[1]))
		compiler_error(c, COMPILE_ERROR, e->loc,
		    "variables must not shadow %.*s (use a different variable name)",
		    STR_FMT(term_text(c, e->terms.at[1])));
	return true;
}

static void
check_head(struct compiler *c, struct ast_rule *rule)
{
	rego_name_t name = rule->head.ref->items.at[0]->var.name;

	if (name == c->data || name == c->input)
		compiler_error(c, COMPILE_ERROR, rule->loc,
		    "rules must not shadow %.*s (use a different rule name)",
		    STR_FMT(name_str(name)));
	for (size_t i = 0; i < rule->head.args.count; i++) {
		struct ast_term *arg = rule->head.args.at[i];

		if (term_is_root(c, arg))
			compiler_error(c, COMPILE_ERROR, arg->loc,
			    "args must not shadow %.*s (use a different variable name)",
			    STR_FMT(term_text(c, arg)));
	}
}

static void
check_module(struct compiler *c, struct ast_module *m)
{
	struct walker w = { .on_expr = check_assignment, .compiler = c };

	for (size_t i = 0; i < m->rules.count; i++)
		check_head(c, m->rules.at[i]);
	for (size_t i = 0; i < m->rules.count; i++) {
		for (struct ast_rule *r = m->rules.at[i]; r != NULL; r = r->else_rule)
			walk_rule(&w, r);
	}
}

void
pass_keyword_overrides(struct compiler *c)
{
	for (size_t i = 0; i < c->modules.count; i++) {
		if (c->unit->strict || c->modules.at[i]->version == REGO_V1)
			check_module(c, c->modules.at[i]);
	}
}
