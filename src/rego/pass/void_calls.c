/* SPDX-License-Identifier: Apache-2.0 */
/* A built-in without a result, such as print(), is no value. */
#include "rego/builtin.h"
#include "rego/pass/hint.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

static bool
check_call(struct walker *w, struct ast_term *t)
{
	struct compiler *c = w->compiler;
	struct diag_finding *found;
	uint32_t id;

	if (t->kind != AST_CALL)
		return true;
	id = compiler_builtin(c, t->items.at[0]);
	if (id == REGO_BUILTIN_NONE || !rego_builtin_is_void(id))
		return true;
	found = compiler_error(c, TYPE_ERROR, t->generated ? (struct ast_loc){ 0 } : t->loc,
	    "%.*s used as value", STR_FMT(call_text(c, &t->items)));
	if (t->generated)
		hint_place(c, found, t->loc);
	return true;
}

void
pass_void_calls(struct compiler *c)
{
	struct walker w = { .on_term = check_call, .compiler = c };

	for (size_t i = 0; i < c->rules.count; i++)
		walk_rule(&w, c->rules.at[i]);
}
