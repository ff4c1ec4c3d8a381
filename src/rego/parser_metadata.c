/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata blocks of a text, while it is parsed. */
#include "rego/metadata.h"
#include "rego/parser_internal.h"

static void
report_faults(struct parser *p, const struct metadata_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		parser_error(p, faults->at[i].loc, "%.*s", STR_FMT(faults->at[i].message));
}

struct ast_comment *
parser_comments(struct parser *p, struct arena *arena, size_t *ret_count)
{
	struct ast_comment *comments;
	size_t count = 0;

	for (const struct parser_note *n = p->s.comments; n != NULL; n = n->older)
		count++;
	*ret_count = count;
	comments = arena_alloc_array(arena, count, sizeof(*comments));
	if (comments == NULL)
		return NULL;
	for (const struct parser_note *n = p->s.comments; n != NULL; n = n->older)
		comments[--count] = (struct ast_comment){ .loc = n->loc, .text = n->text };
	return comments;
}

void
parser_metadata(struct parser *p)
{
	struct metadata_faults faults = { 0 };
	struct ast_comment *comments;
	size_t count;

	if (!p->options.annotations || p->stopped)
		return;
	comments = parser_comments(p, p->scratch, &count);
	if (comments == NULL ||
	    !rego_metadata_parse(p->unit, comments, count, &p->annotations, &faults))
		p->stopped = true;
	report_faults(p, &faults);
}

void
parser_attach_metadata(struct parser *p, struct ast_module *m)
{
	struct metadata_faults faults = { 0 };

	m->annotations = p->annotations;
	if (!rego_metadata_attach(p->arena, m, &faults))
		p->stopped = true;
	report_faults(p, &faults);
}
