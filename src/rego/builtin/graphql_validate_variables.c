/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of variables. */
#include "rego/builtin/graphql_validate.h"

/* ---- NoUndefinedVariables ---- */

static void
no_undefined_variable(struct graphql_check *c, struct graphql_value *value)
{
	if (c->operation == NULL || value->kind != GRAPHQL_VARIABLE || value->variable != NULL)
		return;
	if (c->operation->name.len > 0)
		graphql_error(c, value->pos,
		    "Variable \"$%.*s\" is not defined by operation \"%.*s\".",
		    STR_FMT(value->raw), STR_FMT(c->operation->name));
	else
		graphql_error(
		    c, value->pos, "Variable \"$%.*s\" is not defined.", STR_FMT(value->raw));
}

const struct graphql_rule graphql_no_undefined_variables = { .name = "NoUndefinedVariables",
	.value = no_undefined_variable };

/* ---- NoUnusedVariables ---- */

static void
no_unused_variables(struct graphql_check *c, struct graphql_operation *operation)
{
	for (size_t i = 0; i < operation->variables.count && graphql_work(c->g, 1); i++) {
		const struct graphql_variable *variable = operation->variables.at[i];

		if (variable->used)
			continue;
		if (operation->name.len > 0)
			graphql_error(c, variable->pos,
			    "Variable \"$%.*s\" is never used in operation \"%.*s\".",
			    STR_FMT(variable->name), STR_FMT(operation->name));
		else
			graphql_error(c, variable->pos, "Variable \"$%.*s\" is never used.",
			    STR_FMT(variable->name));
	}
}

const struct graphql_rule graphql_no_unused_variables = { .name = "NoUnusedVariables",
	.operation = no_unused_variables };

/* ---- UniqueVariableNames ---- */

/* The second of a name is an error; the third says nothing new. */
static void
unique_variable_names(struct graphql_check *c, struct graphql_operation *operation)
{
	const struct graphql_list *variables = &operation->variables;

	for (size_t i = 1; i < variables->count && graphql_work(c->g, 1 + i / 8); i++) {
		const struct graphql_variable *variable = variables->at[i];
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += str_eq(((struct graphql_variable *)variables->at[k])->name,
			    variable->name);
		if (before == 1)
			graphql_error(c, variable->pos,
			    "There can be only one variable named \"$%.*s\".",
			    STR_FMT(variable->name));
	}
}

const struct graphql_rule graphql_unique_variable_names = { .name = "UniqueVariableNames",
	.operation = unique_variable_names };

/* ---- VariablesAreInputTypes ---- */

static void
variables_are_input_types(struct graphql_check *c, struct graphql_operation *operation)
{
	for (size_t i = 0; i < operation->variables.count && graphql_work(c->g, 1); i++) {
		const struct graphql_variable *variable = operation->variables.at[i];

		if (variable->definition != NULL &&
		    (variable->definition->bits & GRAPHQL_INPUT) == 0)
			graphql_error(c, variable->pos,
			    "Variable \"$%.*s\" cannot be non-input type \"%.*s\".",
			    STR_FMT(variable->name),
			    STR_FMT(graphql_type_text(c, variable->type)));
	}
}

const struct graphql_rule graphql_variables_are_input_types = {
	.name = "VariablesAreInputTypes", .operation = variables_are_input_types
};

/* ---- VariablesInAllowedPosition ---- */

/* With a default, here or there, null will not come. */
static void
check_position(struct graphql_check *c, const struct graphql_value *value)
{
	const struct graphql_variable *variable = value->variable;
	struct graphql_type wanted;

	if (value->expected == NULL || variable == NULL || c->operation == NULL)
		return;
	wanted = *value->expected;
	if (value->has_default ||
	    (variable->default_value != NULL && variable->default_value->kind != GRAPHQL_NULL))
		wanted.non_null = false;
	if (!graphql_type_fits(variable->type, &wanted))
		graphql_error(c, value->pos,
		    "Variable \"$%.*s\" of type \"%.*s\" used in position expecting type "
		    "\"%.*s\".",
		    STR_FMT(value->raw), STR_FMT(graphql_type_text(c, variable->type)),
		    STR_FMT(graphql_type_text(c, value->expected)));
}

static bool
is_one_of(const struct graphql_definition *d)
{
	for (size_t i = 0; d != NULL && i < d->directives.count; i++) {
		if (str_eq(
			((struct graphql_directive *)d->directives.at[i])->name, STR("oneOf")))
			return true;
	}
	return false;
}

/* The one field of a oneOf object must not be null. */
static void
check_one_of(struct graphql_check *c, const struct graphql_value *value)
{
	if (!is_one_of(value->definition))
		return;
	for (size_t i = 0; i < value->children.count && graphql_work(c->g, 1); i++) {
		const struct graphql_value *child =
		    ((struct graphql_child *)value->children.at[i])->value;
		const struct graphql_variable *variable = child->variable;

		if (child->kind == GRAPHQL_VARIABLE && variable != NULL &&
		    !variable->type->non_null)
			graphql_error(c, variable->pos.line != 0 ? variable->pos : child->pos,
			    "Variable \"$%.*s\" is of type \"%.*s\" but must be non-nullable "
			    "to be used for "
			    "OneOf Input Object \"%.*s\".",
			    STR_FMT(child->raw), STR_FMT(graphql_type_text(c, variable->type)),
			    STR_FMT(value->definition->name));
	}
}

static void
variable_in_allowed_position(struct graphql_check *c, struct graphql_value *value)
{
	if (value->kind == GRAPHQL_VARIABLE)
		check_position(c, value);
	else if (value->kind == GRAPHQL_OBJECT_VALUE)
		check_one_of(c, value);
}

const struct graphql_rule graphql_variables_in_allowed_position = {
	.name = "VariablesInAllowedPosition",
	.value = variable_in_allowed_position,
};
