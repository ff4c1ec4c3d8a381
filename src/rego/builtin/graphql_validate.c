/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/graphql_validate.h"

#include <stdarg.h>
#include <stdio.h>

static const struct graphql_rule *const rules[] = {
	&graphql_fields_on_correct_type,
	&graphql_fragments_on_composite_types,
	&graphql_known_argument_names,
	&graphql_known_directives,
	&graphql_known_fragment_names,
	&graphql_known_root_type,
	&graphql_known_type_names,
	&graphql_lone_anonymous_operation,
	&graphql_max_introspection_depth,
	&graphql_no_fragment_cycles,
	&graphql_no_undefined_variables,
	&graphql_no_unused_fragments,
	&graphql_no_unused_variables,
	&graphql_overlapping_fields_can_be_merged,
	&graphql_possible_fragment_spreads,
	&graphql_provided_required_arguments,
	&graphql_scalar_leafs,
	&graphql_single_field_subscriptions,
	&graphql_unique_argument_names,
	&graphql_unique_directives_per_location,
	&graphql_unique_fragment_names,
	&graphql_unique_input_field_names,
	&graphql_unique_operation_names,
	&graphql_unique_variable_names,
	&graphql_values_of_correct_type,
	&graphql_variables_are_input_types,
	&graphql_variables_in_allowed_position,
};

/* Tells all rules that care; the walk goes on while there is work left. */
#define TELL(c, event, node)                                                                  \
	do {                                                                                  \
		for (size_t rule = 0; rule < COUNT(rules); rule++) {                          \
			if (rules[rule]->event != NULL && graphql_work((c)->g, 1))            \
				rules[rule]->event((c), (node));                              \
		}                                                                             \
	} while (0)

/* ---- errors ---- */

struct buf *
graphql_error_begin(struct graphql_check *c, struct graphql_pos pos)
{
	struct buf *b = &c->g->problem;

	c->g->refused = true;
	(void)graphql_work(c->g, 4);
	buf_add_text(b, pos.built_in ? "prelude.graphql" : "input");
	if (pos.line != 0)
		buf_printf(b, ":%d:%d", pos.line, pos.column);
	buf_add_text(b, ": ");
	return b;
}

void
graphql_error_end(struct graphql_check *c)
{
	buf_add_char(&c->g->problem, '\n');
}

void
graphql_error(struct graphql_check *c, struct graphql_pos pos, const char *format, ...)
{
	struct buf *b = graphql_error_begin(c, pos);
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0 && buf_reserve(b, (size_t)len + 1)) {
		va_start(args, format);
		(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
		va_end(args);
		b->len += (size_t)len;
	}
	graphql_error_end(c);
}

str_t
graphql_type_text(struct graphql_check *c, const struct graphql_type *type)
{
	struct buf text;
	str_t result;

	buf_init(&text, c->g->arena->limit);
	graphql_type_print(&text, type);
	result = arena_str(c->g->arena, buf_str(&text));
	buf_fini(&text);
	return result;
}

struct graphql_fragment *
graphql_find_fragment(struct graphql_check *c, str_t name)
{
	return graphql_index_find(&c->fragments, name);
}

/* ---- the walk: values and directives ---- */

static void walk_value(struct graphql_check *, struct graphql_value *);

/* What `value` is expected to be, if that is known. */
static void
expect_field(struct graphql_check *c, struct graphql_value *value,
    const struct graphql_field *field)
{
	if (field == NULL)
		return;
	value->expected = field->type;
	value->has_default =
	    field->default_value != NULL && field->default_value->kind != GRAPHQL_NULL;
	value->definition = graphql_find_type(c->schema, graphql_type_name(field->type));
}

static void
walk_children(struct graphql_check *c, struct graphql_value *value)
{
	for (size_t i = 0; i < value->children.count && graphql_work(c->g, 1); i++) {
		const struct graphql_child *child = value->children.at[i];

		if (value->kind == GRAPHQL_OBJECT_VALUE && value->definition != NULL)
			expect_field(c, child->value,
			    graphql_find_field(c->g, &value->definition->fields, child->name));
		if (value->kind == GRAPHQL_LIST && value->expected != NULL &&
		    value->expected->elem != NULL) {
			child->value->expected = value->expected->elem;
			child->value->definition = value->definition;
		}
		walk_value(c, child->value);
	}
}

static struct graphql_variable *
find_variable(struct graphql_check *c, str_t name)
{
	const struct graphql_list *variables = &c->operation->variables;
	struct graphql_variable *found = NULL;
	size_t i = 0;

	for (; i < variables->count && found == NULL; i++) {
		struct graphql_variable *variable = variables->at[i];

		if (str_eq(variable->name, name))
			found = variable;
	}
	return graphql_work(c->g, 1 + i / 8) ? found : NULL;
}

static void
walk_value(struct graphql_check *c, struct graphql_value *value)
{
	if (!graphql_enter(c->g))
		return;
	if (value->kind == GRAPHQL_VARIABLE && c->operation != NULL) {
		value->variable = find_variable(c, value->raw);
		if (value->variable != NULL)
			value->variable->used = true;
	}
	if (value->kind == GRAPHQL_OBJECT_VALUE || value->kind == GRAPHQL_LIST)
		walk_children(c, value);
	TELL(c, value, value);
	graphql_leave(c->g);
}

/* `definitions`: of the arguments there are; NULL: not known. */
static void
walk_arguments(struct graphql_check *c, const struct graphql_list *definitions,
    const struct graphql_list *arguments)
{
	for (size_t i = 0; i < arguments->count && !c->g->halted; i++) {
		const struct graphql_argument *argument = arguments->at[i];

		if (definitions != NULL)
			expect_field(c, argument->value,
			    graphql_find_field(c->g, definitions, argument->name));
		walk_value(c, argument->value);
	}
}

static void
walk_directives(struct graphql_check *c, struct graphql_definition *parent,
    const struct graphql_list *directives, const char *location)
{
	for (size_t i = 0; i < directives->count && !c->g->halted; i++) {
		struct graphql_directive *directive = directives->at[i];
		struct graphql_directive_definition *d =
		    graphql_index_find(&c->schema->directives, directive->name);

		directive->definition = d;
		directive->parent = parent;
		directive->location = str_of(location);
		walk_arguments(c, d != NULL ? &d->arguments : NULL, &directive->arguments);
		TELL(c, directive, directive);
	}
	TELL(c, directives, directives);
}

/* ---- the walk: selections ---- */

static void walk_selections(struct graphql_check *, struct graphql_definition *parent,
    const struct graphql_selections *);

static void
walk_field(struct graphql_check *c, struct graphql_definition *parent,
    struct graphql_selection *field)
{
	struct graphql_definition *next = NULL;

	field->definition = NULL;
	if (str_eq(field->name, STR("__typename")))
		field->definition = c->typename;
	else if (parent != NULL)
		field->definition = graphql_find_field(c->g, &parent->fields, field->name);
	field->parent = parent;
	if (field->definition != NULL)
		next =
		    graphql_find_type(c->schema, graphql_type_name(field->definition->type));
	walk_arguments(c, field->definition != NULL ? &field->definition->arguments : NULL,
	    &field->arguments);
	walk_directives(c, next, &field->directives, "FIELD");
	walk_selections(c, next, &field->selections);
	TELL(c, field, field);
}

static void
walk_inline(struct graphql_check *c, struct graphql_definition *parent,
    struct graphql_selection *fragment)
{
	struct graphql_definition *next = parent;

	fragment->parent = parent;
	if (fragment->condition.len > 0)
		next = graphql_find_type(c->schema, fragment->condition);
	walk_directives(c, next, &fragment->directives, "INLINE_FRAGMENT");
	walk_selections(c, next, &fragment->selections);
	TELL(c, inline_fragment, fragment);
}

static void
walk_spread(struct graphql_check *c, struct graphql_definition *parent,
    struct graphql_selection *spread)
{
	struct graphql_fragment *fragment = graphql_find_fragment(c, spread->name);
	struct graphql_definition *next = NULL;

	spread->fragment = fragment;
	spread->parent = parent;
	if (fragment != NULL)
		next = graphql_find_type(c->schema, fragment->condition);
	walk_directives(c, next, &spread->directives, "FRAGMENT_SPREAD");
	if (fragment != NULL && fragment->walked != c->walk) {
		fragment->walked = c->walk;
		walk_selections(c, next, &fragment->selections);
	}
	TELL(c, spread, spread);
}

static void
walk_selections(struct graphql_check *c, struct graphql_definition *parent,
    const struct graphql_selections *selections)
{
	if (!graphql_enter(c->g))
		return;
	for (size_t i = 0; i < selections->list.count && graphql_work(c->g, 1); i++) {
		struct graphql_selection *selection = selections->list.at[i];

		if (selection->kind == GRAPHQL_FIELD)
			walk_field(c, parent, selection);
		else if (selection->kind == GRAPHQL_INLINE)
			walk_inline(c, parent, selection);
		else
			walk_spread(c, parent, selection);
	}
	graphql_leave(c->g);
}

/* ---- the walk: definitions ---- */

static void
walk_variables(struct graphql_check *c, struct graphql_operation *operation)
{
	const struct graphql_list *variables = &operation->variables;

	for (size_t i = 0; i < variables->count && !c->g->halted; i++) {
		struct graphql_variable *variable = variables->at[i];

		variable->definition =
		    graphql_find_type(c->schema, graphql_type_name(variable->type));
		TELL(c, variable, variable);
		if (variable->default_value != NULL) {
			variable->default_value->expected = variable->type;
			variable->default_value->definition = variable->definition;
		}
	}
	for (size_t i = 0; i < variables->count && !c->g->halted; i++) {
		struct graphql_variable *variable = variables->at[i];

		if (variable->default_value != NULL)
			walk_value(c, variable->default_value);
		walk_directives(
		    c, variable->definition, &variable->directives, "VARIABLE_DEFINITION");
	}
}

static void
walk_operation(struct graphql_check *c, struct graphql_operation *operation)
{
	struct graphql_definition *root = NULL;
	const char *location = "";

	c->operation = operation;
	walk_variables(c, operation);
	if (operation->operation.len == 0 || str_eq(operation->operation, STR("query"))) {
		root = c->schema->query;
		location = "QUERY";
	} else if (str_eq(operation->operation, STR("mutation"))) {
		root = c->schema->mutation;
		location = "MUTATION";
	} else if (str_eq(operation->operation, STR("subscription"))) {
		root = c->schema->subscription;
		location = "SUBSCRIPTION";
	}
	walk_directives(c, root, &operation->directives, location);
	walk_selections(c, root, &operation->selections);
	TELL(c, operation, operation);
	c->operation = NULL;
}

static void
walk_fragment(struct graphql_check *c, struct graphql_fragment *fragment)
{
	fragment->definition = graphql_find_type(c->schema, fragment->condition);
	walk_directives(c, fragment->definition, &fragment->directives, "FRAGMENT_DEFINITION");
	walk_selections(c, fragment->definition, &fragment->selections);
	TELL(c, fragment, fragment);
}

static void
walk_all(struct graphql_check *c)
{
	for (size_t i = 0; i < c->query->operations.count && !c->g->halted; i++) {
		c->walk++;
		walk_operation(c, c->query->operations.at[i]);
	}
	c->in_fragments = true;
	for (size_t i = 0; i < c->query->fragments.count && !c->g->halted; i++) {
		c->walk++;
		walk_fragment(c, c->query->fragments.at[i]);
	}
}

/* ---- all ---- */

static bool
prepare(struct graphql_check *c)
{
	const struct graphql_list *fragments = &c->query->fragments;
	struct graphql_type *string = GRAPHQL_NEW(c->g, struct graphql_type);

	c->typename = GRAPHQL_NEW(c->g, struct graphql_field);
	if (string == NULL || c->typename == NULL ||
	    !graphql_index_init(c->g, &c->fragments, fragments->count))
		return false;
	string->named = STR("String");
	c->typename->name = STR("__typename");
	c->typename->type = string;
	for (size_t i = 0; i < fragments->count; i++) {
		struct graphql_fragment *fragment = fragments->at[i];

		if (graphql_find_fragment(c, fragment->name) == NULL)
			graphql_index_put(&c->fragments, fragment->name, fragment);
	}
	return true;
}

bool
graphql_validate(struct graphql *g, const struct graphql_schema *schema,
    struct graphql_query *query)
{
	struct graphql_check check = { .g = g, .schema = schema, .query = query };

	if (!prepare(&check))
		return false;
	walk_all(&check);
	return !g->halted && !g->refused;
}
