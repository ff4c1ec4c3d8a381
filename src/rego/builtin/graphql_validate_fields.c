/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of fields and their arguments. */
#include "base/sort.h"
#include "rego/builtin/graphql_validate.h"

/* ---- FieldsOnCorrectType ---- */

struct usage { /* of a type that has the field */
	str_t name;
	size_t count; /* as an interface of others */
};

static int
compare_usage(const void *left, const void *right, void *context)
{
	const struct usage *a = left, *b = right;

	(void)context;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return str_cmp(a->name, b->name);
}

static bool
has_field(struct graphql_check *c, const struct graphql_definition *d, str_t name)
{
	return d != NULL && graphql_find_field(c->g, &d->fields, name) != NULL;
}

/* Counts an interface: one that is counted already, or a new one behind the others. */
static size_t
count_interface(struct graphql_check *c, struct usage *usages, size_t count, str_t name)
{
	size_t i = 0;

	while (i < count && !str_eq(usages[i].name, name))
		i++;
	if (i == count)
		usages[count++] = (struct usage){ name, 0 };
	usages[i].count++;
	(void)graphql_work(c->g, 1 + i / 8);
	return count;
}

/* Interfaces that have the field, by how often they are implemented, then objects. */
static struct graphql_names
suggest_types(struct graphql_check *c, const struct graphql_definition *parent, str_t name)
{
	struct graphql_names result = { 0 };
	struct usage *usages, *scratch;
	size_t most = 0, count = 0;

	if ((parent->bits & GRAPHQL_ABSTRACT) == 0)
		return result;
	for (size_t i = 0; i < parent->possible.count; i++) {
		const struct graphql_definition *d = parent->possible.at[i];

		most += 1 + d->interfaces.count;
	}
	usages =
	    graphql_work(c->g, 1 + most) ? ARENA_ARRAY(c->g->arena, struct usage, most) : NULL;
	scratch = ARENA_ARRAY(c->g->arena, struct usage, most);
	if (usages == NULL || scratch == NULL)
		return result;
	for (size_t i = 0; i < parent->possible.count; i++) {
		const struct graphql_definition *d = parent->possible.at[i];

		if (!has_field(c, d, name))
			continue;
		for (size_t k = 0; k < d->interfaces.count; k++) {
			str_t interface = d->interfaces.at[k];

			if (has_field(c, graphql_find_type(c->schema, interface), name))
				count = count_interface(c, usages, count, interface);
		}
	}
	for (size_t i = 0, interfaces = count; i < parent->possible.count; i++) {
		const struct graphql_definition *d = parent->possible.at[i];
		struct usage usage = { d->name, 0 };

		for (size_t k = 0; k < interfaces; k++) {
			if (str_eq(usages[k].name, d->name))
				usage.count = usages[k].count;
		}
		if (has_field(c, d, name))
			usages[count++] = usage;
	}
	sort_stable(usages, count, sizeof(usages[0]), scratch, compare_usage, NULL);
	for (size_t i = 0; i < count; i++)
		(void)graphql_push_name(c->g, &result, usages[i].name);
	return result;
}

static struct graphql_names
names_of(struct graphql_check *c, const struct graphql_list *fields)
{
	struct graphql_names names = { 0 };

	for (size_t i = 0; i < fields->count && graphql_work(c->g, 1); i++)
		(void)graphql_push_name(c->g, &names,
		    ((struct graphql_field *)fields->at[i])->name);
	return names;
}

static void
fields_on_correct_type(struct graphql_check *c, struct graphql_selection *field)
{
	const struct graphql_definition *parent = field->parent;
	struct graphql_names names;
	struct buf *b;

	if (parent == NULL || field->definition != NULL)
		return;
	b = graphql_error_begin(c, field->pos);
	buf_printf(b, "Cannot query field \"%.*s\" on type \"%.*s\".", STR_FMT(field->name),
	    STR_FMT(parent->name));
	names = suggest_types(c, parent, field->name);
	if (names.count > 0) {
		buf_add_text(b, " Did you mean to use an inline fragment on ");
		graphql_print_choice(b, &names);
		buf_add_char(b, '?');
	} else if ((parent->bits & (GRAPHQL_OBJECT | GRAPHQL_INTERFACE)) != 0) {
		names = names_of(c, &parent->fields);
		graphql_suggest(c, b, "Did you mean", field->name, &names);
	}
	graphql_error_end(c);
}

const struct graphql_rule graphql_fields_on_correct_type = { .name = "FieldsOnCorrectType",
	.field = fields_on_correct_type };

/* ---- ScalarLeafs ---- */

static void
scalar_leafs(struct graphql_check *c, struct graphql_selection *field)
{
	const struct graphql_definition *type;
	bool selects = field->selections.list.count > 0;

	if (field->definition == NULL)
		return;
	type = graphql_find_type(c->schema, graphql_type_name(field->definition->type));
	if (type == NULL)
		return;
	if ((type->bits & GRAPHQL_LEAF) != 0 && selects)
		graphql_error(c, field->pos,
		    "Field \"%.*s\" must not have a selection since type \"%.*s\" has no "
		    "subfields.",
		    STR_FMT(field->name), STR_FMT(type->name));
	if ((type->bits & GRAPHQL_LEAF) == 0 && !selects)
		graphql_error(c, field->pos,
		    "Field \"%.*s\" of type \"%.*s\" must have a selection of subfields. "
		    "Did you mean \"%.*s { ... }\"?",
		    STR_FMT(field->name),
		    STR_FMT(graphql_type_text(c, field->definition->type)),
		    STR_FMT(field->name));
}

const struct graphql_rule graphql_scalar_leafs = { .name = "ScalarLeafs",
	.field = scalar_leafs };

/* ---- KnownArgumentNames ---- */

static void
suggest_argument(struct graphql_check *c, struct buf *b,
    const struct graphql_argument *argument, const struct graphql_list *definitions)
{
	struct graphql_names names = names_of(c, definitions);

	graphql_suggest(c, b, "Did you mean", argument->name, &names);
	graphql_error_end(c);
}

static void
known_field_arguments(struct graphql_check *c, struct graphql_selection *field)
{
	if (field->definition == NULL || field->parent == NULL)
		return;
	for (size_t i = 0; i < field->arguments.count && !c->g->halted; i++) {
		const struct graphql_argument *argument = field->arguments.at[i];
		struct buf *b;

		if (graphql_find_field(c->g, &field->definition->arguments, argument->name) !=
		    NULL)
			continue;
		b = graphql_error_begin(c, field->pos);
		buf_printf(b, "Unknown argument \"%.*s\" on field \"%.*s.%.*s\".",
		    STR_FMT(argument->name), STR_FMT(field->parent->name),
		    STR_FMT(field->name));
		suggest_argument(c, b, argument, &field->definition->arguments);
	}
}

static void
known_directive_arguments(struct graphql_check *c, struct graphql_directive *directive)
{
	if (directive->definition == NULL)
		return;
	for (size_t i = 0; i < directive->arguments.count && !c->g->halted; i++) {
		const struct graphql_argument *argument = directive->arguments.at[i];
		struct buf *b;

		if (graphql_find_field(
			c->g, &directive->definition->arguments, argument->name) != NULL)
			continue;
		b = graphql_error_begin(c, directive->pos);
		buf_printf(b, "Unknown argument \"%.*s\" on directive \"@%.*s\".",
		    STR_FMT(argument->name), STR_FMT(directive->name));
		suggest_argument(c, b, argument, &directive->definition->arguments);
	}
}

const struct graphql_rule graphql_known_argument_names = { .name = "KnownArgumentNames",
	.field = known_field_arguments,
	.directive = known_directive_arguments };

/* ---- ProvidedRequiredArguments ---- */

/* `kind` is "Field" or "Directive"; a directive's name has its @. */
static void
require_arguments(struct graphql_check *c, const char *kind, str_t name,
    struct graphql_pos pos, const struct graphql_list *definitions,
    const struct graphql_list *arguments)
{
	for (size_t i = 0; i < definitions->count && graphql_work(c->g, 1); i++) {
		const struct graphql_field *wanted = definitions->at[i];

		if (wanted->type->non_null && wanted->default_value == NULL &&
		    graphql_find_argument(c->g, arguments, wanted->name) == NULL)
			graphql_error(c, pos,
			    "%s%.*s\" argument \"%.*s\" of type \"%.*s\" is required, but it "
			    "was not provided.",
			    kind, STR_FMT(name), STR_FMT(wanted->name),
			    STR_FMT(graphql_type_text(c, wanted->type)));
	}
}

static void
required_field_arguments(struct graphql_check *c, struct graphql_selection *field)
{
	if (field->definition != NULL)
		require_arguments(c, "Field \"", field->name, field->pos,
		    &field->definition->arguments, &field->arguments);
}

static void
required_directive_arguments(struct graphql_check *c, struct graphql_directive *directive)
{
	if (directive->definition != NULL)
		require_arguments(c, "Directive \"@", directive->definition->name,
		    directive->pos, &directive->definition->arguments, &directive->arguments);
}

const struct graphql_rule graphql_provided_required_arguments = {
	.name = "ProvidedRequiredArguments",
	.field = required_field_arguments,
	.directive = required_directive_arguments,
};

/* ---- UniqueArgumentNames ---- */

/* The second of a name is an error; the third says nothing new. */
static void
unique_arguments(struct graphql_check *c, const struct graphql_list *arguments)
{
	for (size_t i = 1; i < arguments->count && graphql_work(c->g, 1 + i / 8); i++) {
		const struct graphql_argument *argument = arguments->at[i];
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += str_eq(((struct graphql_argument *)arguments->at[k])->name,
			    argument->name);
		if (before == 1)
			graphql_error(c, argument->pos,
			    "There can be only one argument named \"%.*s\".",
			    STR_FMT(argument->name));
	}
}

static void
unique_field_arguments(struct graphql_check *c, struct graphql_selection *field)
{
	unique_arguments(c, &field->arguments);
}

static void
unique_directive_arguments(struct graphql_check *c, struct graphql_directive *directive)
{
	unique_arguments(c, &directive->arguments);
}

const struct graphql_rule graphql_unique_argument_names = { .name = "UniqueArgumentNames",
	.field = unique_field_arguments,
	.directive = unique_directive_arguments };

/* ---- MaxIntrospectionDepth ---- */

enum { MOST_LISTS = 3 };

static bool is_deep(struct graphql_check *, const struct graphql_selections *, int lists);

static bool
is_deep_field(struct graphql_check *c, const struct graphql_selection *field, int lists)
{
	static const char *const names[] = { "fields", "interfaces", "possibleTypes",
		"inputFields" };

	for (size_t i = 0; i < COUNT(names); i++)
		lists += str_eq(field->name, str_of(names[i]));
	return lists >= MOST_LISTS || is_deep(c, &field->selections, lists);
}

static bool
is_deep_spread(struct graphql_check *c, const struct graphql_selection *spread, int lists)
{
	struct graphql_fragment *fragment = spread->fragment;
	bool deep;

	if (fragment == NULL || fragment->in_depth)
		return false;
	fragment->in_depth = true;
	deep = is_deep(c, &fragment->selections, lists);
	fragment->in_depth = false;
	return deep;
}

static bool
is_deep(struct graphql_check *c, const struct graphql_selections *selections, int lists)
{
	bool deep = false;

	if (!graphql_enter(c->g))
		return false;
	for (size_t i = 0; i < selections->list.count && !deep && graphql_work(c->g, 1); i++) {
		const struct graphql_selection *selection = selections->list.at[i];

		if (selection->kind == GRAPHQL_FIELD)
			deep = is_deep_field(c, selection, lists);
		else if (selection->kind == GRAPHQL_SPREAD)
			deep = is_deep_spread(c, selection, lists);
		else
			deep = is_deep(c, &selection->selections, lists);
	}
	graphql_leave(c->g);
	return deep;
}

static void
max_introspection_depth(struct graphql_check *c, struct graphql_selection *field)
{
	if ((str_eq(field->name, STR("__schema")) || str_eq(field->name, STR("__type"))) &&
	    is_deep_field(c, field, 0))
		graphql_error(c, field->pos, "Maximum introspection depth exceeded");
}

const struct graphql_rule graphql_max_introspection_depth = { .name = "MaxIntrospectionDepth",
	.field = max_introspection_depth };
