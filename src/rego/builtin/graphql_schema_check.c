/* SPDX-License-Identifier: Apache-2.0 */
/* Is each definition of a schema as it must be (the specification's 3)? */
#include "rego/builtin/graphql_schema.h"

static bool
check_name(struct graphql *g, struct graphql_pos pos, str_t name)
{
	if (!str_has_prefix(name, STR("__")))
		return graphql_work(g, 1);
	return graphql_refuse(g, pos,
	    "Name \"%.*s\" must not begin with \"__\", which is reserved by GraphQL "
	    "introspection.",
	    STR_FMT(name));
}

/* A problem with a name in it that is quoted. */
static bool
refuse_quoted(struct graphql *g, struct graphql_pos pos, str_t before, str_t name, str_t after)
{
	struct buf text;

	buf_init(&text, g->arena->limit);
	graphql_quote(g, &text, name);
	(void)graphql_refuse(
	    g, pos, "%.*s%.*s%.*s", STR_FMT(before), STR_FMT(buf_str(&text)), STR_FMT(after));
	buf_fini(&text);
	return false;
}

/* A problem that ends in a type. */
static str_t
type_text(struct graphql *g, const struct graphql_type *type)
{
	struct buf text;
	str_t result;

	buf_init(&text, g->arena->limit);
	graphql_type_print(&text, type);
	result = arena_str(g->arena, buf_str(&text));
	buf_fini(&text);
	return result;
}

/* ---- directives ---- */

static bool
check_arguments_given(struct graphql *g, const struct graphql_directive *directive,
    const struct graphql_directive_definition *d)
{
	for (size_t i = 0; i < directive->arguments.count; i++) {
		const struct graphql_argument *argument = directive->arguments.at[i];

		if (graphql_find_field(g, &d->arguments, argument->name) == NULL)
			return graphql_refuse(g, argument->pos,
			    "Undefined argument %.*s for directive %.*s.",
			    STR_FMT(argument->name), STR_FMT(directive->name));
	}
	for (size_t i = 0; i < d->arguments.count; i++) {
		const struct graphql_field *wanted = d->arguments.at[i];
		const struct graphql_argument *given;

		if (!wanted->type->non_null || wanted->default_value != NULL)
			continue;
		given = graphql_find_argument(g, &directive->arguments, wanted->name);
		if (given == NULL || given->value->kind == GRAPHQL_NULL)
			return graphql_refuse(g, directive->pos,
			    "Argument %.*s for directive %.*s cannot be null.",
			    STR_FMT(wanted->name), STR_FMT(directive->name));
	}
	return !g->halted;
}

static bool
may_stand(const struct graphql_directive_definition *d, str_t location)
{
	for (size_t i = 0; i < d->locations.count; i++) {
		if (str_eq(d->locations.at[i], location))
			return true;
	}
	return false;
}

bool
graphql_check_directives(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_list *directives, str_t location,
    const struct graphql_directive_definition *self)
{
	for (size_t i = 0; i < directives->count; i++) {
		struct graphql_directive *directive = directives->at[i];
		struct graphql_directive_definition *d;

		if (!check_name(g, directive->pos, directive->name))
			return false;
		if (self != NULL && str_eq(directive->name, self->name))
			return graphql_refuse(g, directive->pos,
			    "Directive %.*s cannot refer to itself.", STR_FMT(self->name));
		d = graphql_index_find(&schema->directives, directive->name);
		if (d == NULL)
			return graphql_refuse(g, directive->pos, "Undefined directive %.*s.",
			    STR_FMT(directive->name));
		if (!may_stand(d, location))
			return graphql_refuse(g, directive->pos,
			    "Directive %.*s is not applicable on %.*s.",
			    STR_FMT(directive->name), STR_FMT(location));
		if (!check_arguments_given(g, directive, d))
			return false;
		directive->definition = d;
	}
	return true;
}

/* ---- fields and arguments ---- */

static bool
check_type_exists(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_type *type)
{
	str_t name = graphql_type_name(type);

	if (graphql_find_type(schema, name) != NULL)
		return true;
	return graphql_refuse(g, type->pos, "Undefined type %.*s.", STR_FMT(name));
}

static bool
check_arguments(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_list *arguments, const struct graphql_directive_definition *self)
{
	for (size_t i = 0; i < arguments->count; i++) {
		const struct graphql_field *argument = arguments->at[i];
		const struct graphql_definition *d;

		if (!check_name(g, argument->pos, argument->name) ||
		    !check_type_exists(g, schema, argument->type))
			return false;
		d = graphql_find_type(schema, graphql_type_name(argument->type));
		if ((d->bits & GRAPHQL_INPUT) == 0)
			return graphql_refuse(g, argument->pos,
			    "cannot use %.*s as argument %.*s because %.*s is not a valid "
			    "input type",
			    STR_FMT(type_text(g, argument->type)), STR_FMT(argument->name),
			    STR_FMT(d->kind));
		if (!graphql_check_directives(
			g, schema, &argument->directives, STR("ARGUMENT_DEFINITION"), self))
			return false;
	}
	return true;
}

static bool
check_fields(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_definition *d)
{
	str_t location = d->bits == GRAPHQL_INPUT_OBJECT ? STR("INPUT_FIELD_DEFINITION")
							 : STR("FIELD_DEFINITION");

	for (size_t i = 0; i < d->fields.count; i++) {
		const struct graphql_field *field = d->fields.at[i];

		if (!check_name(g, field->pos, field->name) ||
		    !check_type_exists(g, schema, field->type) ||
		    !check_arguments(g, schema, &field->arguments, NULL) ||
		    !graphql_check_directives(g, schema, &field->directives, location, NULL))
			return false;
	}
	return true;
}

static bool
check_field_types(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_definition *d)
{
	bool input = d->bits == GRAPHQL_INPUT_OBJECT;

	if (d->fields.count == 0)
		return graphql_refuse(g, d->pos, "%.*s %.*s: must define one or more %s.",
		    STR_FMT(d->kind), STR_FMT(d->name), input ? "input fields" : "fields");
	for (size_t i = 0; i < d->fields.count; i++) {
		const struct graphql_field *field = d->fields.at[i];
		const struct graphql_definition *type =
		    graphql_find_type(schema, graphql_type_name(field->type));

		if (type == NULL)
			continue;
		if (input && (type->bits & GRAPHQL_INPUT) == 0)
			return graphql_refuse(g, field->pos,
			    "%.*s %.*s: field must be one of SCALAR, ENUM, INPUT_OBJECT.",
			    STR_FMT(type->kind), STR_FMT(field->name));
		if (!input && (type->bits & GRAPHQL_OUTPUT) == 0)
			return graphql_refuse(g, field->pos,
			    "%.*s %.*s: field must be one of SCALAR, OBJECT, INTERFACE, "
			    "UNION, ENUM.",
			    STR_FMT(d->kind), STR_FMT(d->name));
	}
	return graphql_work(g, d->fields.count);
}

static bool
check_fields_once(struct graphql *g, const struct graphql_definition *d)
{
	for (size_t i = 0; i < d->fields.count; i++) {
		const struct graphql_field *field = d->fields.at[i];

		if (!graphql_work(g, 1 + (d->fields.count - i) / 8))
			return false;
		for (size_t j = i + 1; j < d->fields.count; j++) {
			const struct graphql_field *other = d->fields.at[j];

			if (str_eq(field->name, other->name))
				return graphql_refuse(g, other->pos,
				    "Field %.*s.%.*s can only be defined once.",
				    STR_FMT(d->name), STR_FMT(other->name));
		}
	}
	return true;
}

/* ---- unions and enums ---- */

static bool
check_union(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_definition *d)
{
	for (size_t i = 0; i < d->types.count && graphql_work(g, 1); i++) {
		str_t name = d->types.at[i];
		const struct graphql_definition *type = graphql_find_type(schema, name);

		if (type == NULL)
			return refuse_quoted(
			    g, d->pos, STR("Undefined type "), name, STR("."));
		if (type->bits != GRAPHQL_OBJECT)
			return refuse_quoted(g, d->pos,
			    arena_printf(g->arena, "%.*s type ", STR_FMT(d->kind)), name,
			    STR(" must be OBJECT."));
	}
	return !g->halted;
}

static bool
check_enum(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_definition *d)
{
	if (d->values.count == 0)
		return graphql_refuse(g, d->pos,
		    "%.*s %.*s: must define one or more unique enum values.", STR_FMT(d->kind),
		    STR_FMT(d->name));
	for (size_t i = 0; i < d->values.count; i++) {
		const struct graphql_enum_value *value = d->values.at[i];

		if (str_eq(value->name, STR("true")) || str_eq(value->name, STR("false")) ||
		    str_eq(value->name, STR("null")))
			return graphql_refuse(g, d->pos, "%.*s %.*s: non-enum value %.*s.",
			    STR_FMT(d->kind), STR_FMT(d->name), STR_FMT(value->name));
		if (!graphql_check_directives(
			g, schema, &value->directives, STR("ENUM_VALUE"), NULL))
			return false;
	}
	return graphql_work(g, d->values.count);
}

/* ---- interfaces ---- */

/* May a field of type `actual` stand for one of type `wanted`? */
static bool
is_covariant(const struct graphql_schema *schema, const struct graphql_type *wanted,
    const struct graphql_type *actual)
{
	const struct graphql_definition *d;

	for (; wanted->named.len == 0; wanted = wanted->elem, actual = actual->elem) {
		if ((wanted->non_null && !actual->non_null) || wanted->elem == NULL ||
		    actual->elem == NULL)
			return false;
	}
	if (wanted->non_null && !actual->non_null)
		return false;
	if (str_eq(wanted->named, actual->named))
		return true;
	d = graphql_find_type(schema, wanted->named);
	for (size_t i = 0; d != NULL && i < d->possible.count; i++) {
		if (str_eq(
			((struct graphql_definition *)d->possible.at[i])->name, actual->named))
			return true;
	}
	return false;
}

static bool
check_field_arguments(struct graphql *g, const struct graphql_definition *d,
    const struct graphql_definition *interface, const struct graphql_field *wanted,
    const struct graphql_field *found)
{
	for (size_t i = 0; i < wanted->arguments.count; i++) {
		const struct graphql_field *argument = wanted->arguments.at[i];
		const struct graphql_field *own =
		    graphql_find_field(g, &found->arguments, argument->name);

		if (own == NULL)
			return graphql_refuse(g, found->pos,
			    "For %.*s to implement %.*s the field %.*s must have the same "
			    "arguments but it is "
			    "missing %.*s.",
			    STR_FMT(d->name), STR_FMT(interface->name), STR_FMT(wanted->name),
			    STR_FMT(argument->name));
		if (!graphql_type_fits(argument->type, own->type))
			return graphql_refuse(g, own->pos,
			    "For %.*s to implement %.*s the field %.*s must have the same "
			    "arguments but %.*s "
			    "has the wrong type.",
			    STR_FMT(d->name), STR_FMT(interface->name), STR_FMT(wanted->name),
			    STR_FMT(argument->name));
	}
	for (size_t i = 0; i < found->arguments.count; i++) {
		const struct graphql_field *own = found->arguments.at[i];

		if (!own->type->non_null || own->default_value != NULL ||
		    graphql_find_field(g, &wanted->arguments, own->name) != NULL)
			continue;
		return graphql_refuse(g, own->pos,
		    "For %.*s to implement %.*s any additional arguments on %.*s must be "
		    "optional or have a "
		    "default value but %.*s is required.",
		    STR_FMT(d->name), STR_FMT(interface->name), STR_FMT(found->name),
		    STR_FMT(own->name));
	}
	return !g->halted;
}

static bool
has_interface(const struct graphql_definition *d, str_t name)
{
	for (size_t i = 0; i < d->interfaces.count; i++) {
		if (str_eq(d->interfaces.at[i], name))
			return true;
	}
	return false;
}

/* What the interface implements must be implemented too. */
static bool
check_ancestors(struct graphql *g, const struct graphql_definition *d,
    const struct graphql_definition *interface)
{
	for (size_t i = 0; i < interface->interfaces.count; i++) {
		str_t ancestor = interface->interfaces.at[i];

		if (!graphql_work(g, 1 + d->interfaces.count / 8))
			return false;
		if (has_interface(d, ancestor))
			continue;
		if (str_eq(ancestor, d->name))
			return graphql_refuse(g, d->pos,
			    "Type %.*s cannot implement %.*s because it would create a "
			    "circular reference.",
			    STR_FMT(d->name), STR_FMT(interface->name));
		return graphql_refuse(g, d->pos,
		    "Type %.*s must implement %.*s because it is implemented by %.*s.",
		    STR_FMT(d->name), STR_FMT(ancestor), STR_FMT(interface->name));
	}
	return true;
}

static bool
check_interface(struct graphql *g, const struct graphql_schema *schema,
    const struct graphql_definition *d, str_t name)
{
	const struct graphql_definition *interface = graphql_find_type(schema, name);

	if (interface == NULL)
		return refuse_quoted(g, d->pos, STR("Undefined type "), name, STR("."));
	if (interface->bits != GRAPHQL_INTERFACE)
		return refuse_quoted(g, d->pos, STR(""), name,
		    arena_printf(
			g->arena, " is a non interface type %.*s.", STR_FMT(interface->kind)));
	for (size_t i = 0; i < interface->fields.count; i++) {
		const struct graphql_field *wanted = interface->fields.at[i];
		const struct graphql_field *found =
		    graphql_find_field(g, &d->fields, wanted->name);

		if (found == NULL)
			return graphql_refuse(g, d->pos,
			    "For %.*s to implement %.*s it must have a field called %.*s.",
			    STR_FMT(d->name), STR_FMT(interface->name), STR_FMT(wanted->name));
		if (!is_covariant(schema, wanted->type, found->type))
			return graphql_refuse(g, found->pos,
			    "For %.*s to implement %.*s the field %.*s must have type %.*s.",
			    STR_FMT(d->name), STR_FMT(interface->name), STR_FMT(wanted->name),
			    STR_FMT(type_text(g, wanted->type)));
		if (!check_field_arguments(g, d, interface, wanted, found))
			return false;
	}
	return check_ancestors(g, d, interface);
}

/* ---- all ---- */

bool
graphql_check_type(struct graphql *g, const struct graphql_schema *schema,
    struct graphql_definition *d)
{
	bool fine = check_fields(g, schema, d) && check_union(g, schema, d);

	for (size_t i = 0; fine && i < d->interfaces.count; i++)
		fine = check_interface(g, schema, d, d->interfaces.at[i]);
	if (fine &&
	    (d->bits & (GRAPHQL_OBJECT | GRAPHQL_INTERFACE | GRAPHQL_INPUT_OBJECT)) != 0)
		fine = check_field_types(g, schema, d);
	if (fine && d->bits == GRAPHQL_ENUM)
		fine = check_enum(g, schema, d);
	return fine && check_fields_once(g, d) &&
	       (d->built_in || check_name(g, d->pos, d->name)) &&
	       graphql_check_directives(g, schema, &d->directives, d->kind, NULL);
}

bool
graphql_check_directive(struct graphql *g, const struct graphql_schema *schema,
    struct graphql_directive_definition *d)
{
	return check_name(g, d->pos, d->name) && check_arguments(g, schema, &d->arguments, d);
}
