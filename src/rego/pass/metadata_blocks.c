/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata blocks are read here if the parser was not asked to, but only when some rule
 * asks for metadata: nobody else may stumble over a comment that is no good YAML.
 */
#include "rego/metadata.h"
#include "rego/pass/walk.h"

static bool
note_call(struct walker *w, struct ast_expr *e)
{
	bool *found = w->context;

	*found = *found || expr_is_call_of(e, "rego.metadata.chain") ||
		 expr_is_call_of(e, "rego.metadata.rule");
	return !*found;
}

static bool
metadata_is_wanted(struct compiler *c)
{
	bool found = false;
	struct walker w = { .on_expr = note_call, .compiler = c, .context = &found };

	for (size_t i = 0; i < c->rules.count && !found; i++)
		walk_rule(&w, c->rules.at[i]);
	return found;
}

static void
report(struct compiler *c, const char *code, const struct metadata_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		compiler_error(
		    c, code, faults->at[i].loc, "%.*s", STR_FMT(faults->at[i].message));
}

static void
read_blocks(struct compiler *c, struct ast_module *m)
{
	struct metadata_faults faults = { 0 };

	if (!rego_metadata_parse(
		c->unit, m->comments.at, m->comments.count, &m->annotations, &faults) ||
	    !rego_metadata_attach(c->arena, m, &faults))
		compiler_give_up(c);
	report(c, "rego_parse_error", &faults);
}

void
pass_metadata_blocks(struct compiler *c)
{
	if (!metadata_is_wanted(c))
		return;
	for (size_t i = 0; i < c->modules.count; i++)
		if (c->modules.at[i]->annotations.count == 0)
			read_blocks(c, c->modules.at[i]);
}
