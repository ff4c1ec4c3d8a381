/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of fragments, where they are defined and where they are spread. */
#include "rego/builtin/graphql_validate.h"

/* ---- FragmentsOnCompositeTypes ---- */

static void
inline_on_composite(struct graphql_check *c, struct graphql_selection *fragment)
{
	const struct graphql_definition *d = graphql_find_type(c->schema, fragment->condition);

	if (d != NULL && (d->bits & GRAPHQL_COMPOSITE) == 0)
		graphql_error(c, fragment->pos,
		    "Fragment cannot condition on non composite type \"%.*s\".",
		    STR_FMT(fragment->condition));
}

static void
fragment_on_composite(struct graphql_check *c, struct graphql_fragment *fragment)
{
	const struct graphql_definition *d = fragment->definition;

	if (d != NULL && fragment->condition.len > 0 && (d->bits & GRAPHQL_COMPOSITE) == 0)
		graphql_error(c, fragment->pos,
		    "Fragment \"%.*s\" cannot condition on non composite type \"%.*s\".",
		    STR_FMT(fragment->name), STR_FMT(fragment->condition));
}

const struct graphql_rule graphql_fragments_on_composite_types = {
	.name = "FragmentsOnCompositeTypes",
	.inline_fragment = inline_on_composite,
	.fragment = fragment_on_composite,
};

/* ---- KnownFragmentNames ---- */

static void
known_fragment_name(struct graphql_check *c, struct graphql_selection *spread)
{
	if (spread->fragment == NULL)
		graphql_error(
		    c, spread->pos, "Unknown fragment \"%.*s\".", STR_FMT(spread->name));
}

const struct graphql_rule graphql_known_fragment_names = { .name = "KnownFragmentNames",
	.spread = known_fragment_name };

/* ---- KnownTypeNames ---- */

static void
known_variable_type(struct graphql_check *c, struct graphql_variable *variable)
{
	str_t name = graphql_type_name(variable->type);

	if (graphql_find_type(c->schema, name) == NULL)
		graphql_error(c, variable->pos, "Unknown type \"%.*s\".", STR_FMT(name));
}

static void
known_inline_type(struct graphql_check *c, struct graphql_selection *fragment)
{
	if (fragment->condition.len > 0 &&
	    graphql_find_type(c->schema, fragment->condition) == NULL)
		graphql_error(
		    c, fragment->pos, "Unknown type \"%.*s\".", STR_FMT(fragment->condition));
}

static void
known_fragment_type(struct graphql_check *c, struct graphql_fragment *fragment)
{
	struct graphql_list types = { 0 };
	struct graphql_names names = { 0 };
	struct buf *b;

	if (graphql_find_type(c->schema, fragment->condition) != NULL)
		return;
	b = graphql_error_begin(c, fragment->pos);
	buf_printf(b, "Unknown type \"%.*s\".", STR_FMT(fragment->condition));
	(void)graphql_index_sorted(c->g, &c->schema->types, &types);
	for (size_t i = 0; i < types.count && !c->g->halted; i++)
		(void)graphql_push_name(c->g, &names,
		    ((struct graphql_definition *)types.at[i])->name);
	graphql_suggest(c, b, "Did you mean", fragment->condition, &names);
	graphql_error_end(c);
}

const struct graphql_rule graphql_known_type_names = { .name = "KnownTypeNames",
	.variable = known_variable_type,
	.inline_fragment = known_inline_type,
	.fragment = known_fragment_type };

/* ---- NoFragmentCycles ---- */

/* All spreads below; sets nested in each other are emptied from the last to the first. */
static bool
collect_spreads(struct graphql_check *c, const struct graphql_selections *from,
    struct graphql_list *ret)
{
	struct graphql_list sets = { 0 };

	if (!graphql_push(c->g, &sets, (void *)(uintptr_t)from))
		return false;
	while (sets.count > 0) {
		const struct graphql_selections *set = sets.at[--sets.count];

		for (size_t i = 0; i < set->list.count; i++) {
			struct graphql_selection *selection = set->list.at[i];

			if (!graphql_work(c->g, 1) ||
			    !(selection->kind == GRAPHQL_SPREAD
				    ? graphql_push(c->g, ret, selection)
				    : graphql_push(c->g, &sets, &selection->selections)))
				return false;
		}
	}
	return true;
}

static void
report_cycle(struct graphql_check *c, const struct graphql_selection *spread,
    const struct graphql_list *path, size_t from)
{
	struct buf *b = graphql_error_begin(c, spread->pos);

	buf_printf(b, "Cannot spread fragment \"%.*s\" within itself", STR_FMT(spread->name));
	for (size_t i = from; i < path->count && graphql_work(c->g, 1); i++) {
		const struct graphql_selection *via = path->at[i];

		buf_printf(b, "%s\"%.*s\"", i == from ? " via " : ", ", STR_FMT(via->name));
	}
	buf_add_char(b, '.');
	graphql_error_end(c);
}

/* `path`: the spreads that lead to this fragment. */
static void
follow_fragment(struct graphql_check *c, const struct graphql_fragment *fragment,
    struct graphql_list *path)
{
	struct graphql_fragment *named = graphql_find_fragment(c, fragment->name);
	struct graphql_list spreads = { 0 };

	if (named->visited || !graphql_enter(c->g))
		return;
	named->visited = true;
	named->in_path =
	    collect_spreads(c, &fragment->selections, &spreads) && spreads.count > 0;
	named->path_index = path->count;
	for (size_t i = 0; i < spreads.count && !c->g->halted; i++) {
		struct graphql_selection *spread = spreads.at[i];
		struct graphql_fragment *next = graphql_find_fragment(c, spread->name);

		if (next != NULL && next->in_path) {
			report_cycle(c, spread, path, next->path_index);
		} else if (next != NULL && graphql_push(c->g, path, spread)) {
			follow_fragment(c, next, path);
			path->count--;
		}
	}
	named->in_path = false;
	graphql_leave(c->g);
}

static void
no_fragment_cycles(struct graphql_check *c, struct graphql_fragment *fragment)
{
	struct graphql_list path = { 0 };

	follow_fragment(c, fragment, &path);
}

const struct graphql_rule graphql_no_fragment_cycles = { .name = "NoFragmentCycles",
	.fragment = no_fragment_cycles };

/* ---- NoUnusedFragments ---- */

static void
use_fragment(struct graphql_check *c, struct graphql_selection *spread)
{
	if (!c->in_fragments && spread->fragment != NULL)
		spread->fragment->used = true;
}

static void
no_unused_fragment(struct graphql_check *c, struct graphql_fragment *fragment)
{
	if (!graphql_find_fragment(c, fragment->name)->used)
		graphql_error(c, fragment->pos, "Fragment \"%.*s\" is never used.",
		    STR_FMT(fragment->name));
}

const struct graphql_rule graphql_no_unused_fragments = {
	.name = "NoUnusedFragments", .spread = use_fragment, .fragment = no_unused_fragment
};

/* ---- PossibleFragmentSpreads ---- */

static bool
share_a_type(struct graphql_check *c, const struct graphql_definition *parent,
    const struct graphql_definition *fragment)
{
	for (size_t i = 0; i < fragment->possible.count; i++) {
		const struct graphql_definition *d = fragment->possible.at[i];

		if (!graphql_work(c->g, 1 + parent->possible.count / 8))
			return true;
		if (parent->bits == GRAPHQL_OBJECT) {
			if (str_eq(parent->name, d->name))
				return true;
			continue;
		}
		for (size_t k = 0; k < parent->possible.count; k++) {
			if (str_eq(((struct graphql_definition *)parent->possible.at[k])->name,
				d->name))
				return true;
		}
	}
	return false;
}

static bool
is_possible(struct graphql_check *c, const struct graphql_definition *parent, str_t condition)
{
	const struct graphql_definition *d = graphql_find_type(c->schema, condition);

	if (parent == NULL || (parent->bits & GRAPHQL_COMPOSITE) == 0 || d == NULL ||
	    (d->bits & GRAPHQL_COMPOSITE) == 0)
		return true;
	return share_a_type(c, parent, d);
}

static void
possible_inline(struct graphql_check *c, struct graphql_selection *fragment)
{
	if (!is_possible(c, fragment->parent, fragment->condition))
		graphql_error(c, fragment->pos,
		    "Fragment cannot be spread here as objects of type \"%.*s\" can never be "
		    "of type "
		    "\"%.*s\".",
		    STR_FMT(fragment->parent->name), STR_FMT(fragment->condition));
}

static void
possible_spread(struct graphql_check *c, struct graphql_selection *spread)
{
	if (spread->fragment != NULL &&
	    !is_possible(c, spread->parent, spread->fragment->condition))
		graphql_error(c, spread->pos,
		    "Fragment \"%.*s\" cannot be spread here as objects of type \"%.*s\" can "
		    "never be of "
		    "type \"%.*s\".",
		    STR_FMT(spread->name), STR_FMT(spread->parent->name),
		    STR_FMT(spread->fragment->condition));
}

const struct graphql_rule graphql_possible_fragment_spreads = { .name =
								    "PossibleFragmentSpreads",
	.inline_fragment = possible_inline,
	.spread = possible_spread };

/* ---- UniqueFragmentNames ---- */

static void
unique_fragment_name(struct graphql_check *c, struct graphql_fragment *fragment)
{
	if (graphql_find_fragment(c, fragment->name) != fragment)
		graphql_error(c, fragment->pos,
		    "There can be only one fragment named \"%.*s\".", STR_FMT(fragment->name));
}

const struct graphql_rule graphql_unique_fragment_names = { .name = "UniqueFragmentNames",
	.fragment = unique_fragment_name };
