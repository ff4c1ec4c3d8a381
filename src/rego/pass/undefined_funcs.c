/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of functions that do not exist, or with the wrong number of operands. */
#include "rego/builtin.h"
#include "rego/pass/hint.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

static void
report_arity(struct compiler *c, const struct ast_expr *e, int arity, size_t given)
{
	str_t name = term_text(c, e->terms.at[0]);
	struct diag_finding *found;

	if (compiler_builtin(c, e->terms.at[0]) != REGO_BUILTIN_NONE)
		found = compiler_error(
		    c, TYPE_ERROR, e->loc, "%.*s: arity mismatch", STR_FMT(name));
	else
		found = compiler_error(c, TYPE_ERROR, e->loc,
		    "function %.*s has arity %d, got %zu argument%s", STR_FMT(name), arity,
		    given, given == 1 ? "" : "s");
	hint_arity(c, found, e->terms.at[0]);
}

static bool
check_expr(struct walker *w, struct ast_expr *e)
{
	struct compiler *c = w->compiler;
	size_t operands;
	int arity;

	if (e->kind != AST_EXPR_CALL)
		return true;
	operands = e->terms.count - 1;
	arity = compiler_arity(c, e->terms.at[0]);
	if (arity == ARITY_UNKNOWN) {
		str_t name = term_text(c, e->terms.at[0]);

		hint_function(c,
		    compiler_error(
			c, TYPE_ERROR, e->loc, "undefined function %.*s", STR_FMT(name)),
		    w->context, name);
		return false;
	}
	if (arity == ARITY_ANY)
		return true;
	if (e->generated && !expr_is_call_of(e, "eq")) {
		if (operands != (size_t)arity + 1) {
			report_arity(c, e, arity, operands - 1);
			return false;
		}
	} else if (operands != (size_t)arity && operands != (size_t)arity + 1) {
		report_arity(c, e, arity, operands);
		return false;
	}
	return true;
}

void
pass_undefined_funcs(struct compiler *c)
{
	struct walker w = { .on_expr = check_expr, .compiler = c };

	for (size_t i = 0; i < c->rules.count; i++) {
		w.context = c->rules.at[i];
		walk_rule(&w, c->rules.at[i]);
	}
}
