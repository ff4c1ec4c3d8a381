/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/graphql_shape.h"

#include <stddef.h>

#define TEXT(name, type, member) \
	{ name, GRAPHQL_M_TEXT, offsetof(struct type, member), NULL, "string", 0, 0 }
#define WORD(name, go, type, member) \
	{ name, GRAPHQL_M_TEXT, offsetof(struct type, member), NULL, "ast." go, 0, 0 }
#define INTEGER(name, go, type, member) \
	{ name, GRAPHQL_M_INT, offsetof(struct type, member), NULL, "ast." go, 0, 0 }
#define FLAG(name, type, member) \
	{ name, GRAPHQL_M_BOOL, offsetof(struct type, member), NULL, "bool", 0, 0 }
#define NAMES(name, go, type, member) \
	{ name, GRAPHQL_M_NAMES, offsetof(struct type, member), NULL, go, 0, 0 }
#define NODE(name, shape, go, type, member) \
	{ name, GRAPHQL_M_NODE, offsetof(struct type, member), &shape, "ast." go, 0, 0 }
#define NEEDED(name, shape, go, type, member) \
	{ name, GRAPHQL_M_NODE, offsetof(struct type, member), &shape, "ast." go, 0, 1 }
#define NODES(name, shape, go, type, member) \
	{ name, GRAPHQL_M_NODES, offsetof(struct type, member), &shape, "ast." go, 0, 0 }
#define SELECTIONS(type) \
	{ "SelectionSet", GRAPHQL_M_SELECTIONS, offsetof(struct type, selections.list), NULL, \
		"[]json.RawMessage", 0, 0 }
#define COMMENTS(name, type, member) NODE(name, comments_shape, "CommentGroup", type, member)
/* One that the type's own reader does not know. */
#define LOST_COMMENTS(type) \
	{ "Comment", GRAPHQL_M_NODE, offsetof(struct type, comments), &comments_shape, \
		"ast.CommentGroup", 1, 0 }
#define DIRECTIVES(type) \
	NODES("Directives", directive_shape, "DirectiveList", type, directives)
#define SHAPE(variable, go, type, own, list) \
	static const struct graphql_shape variable = { go, sizeof(struct type), own, list }

static const struct graphql_shape definition_shape, directive_definition_shape, field_shape,
    fragment_shape, type_shape, value_shape, variable_shape;

/* ---- both kinds of documents ---- */

static const struct graphql_member comment_members[] = {
	TEXT("Value", graphql_comment, value),
	{ 0 },
};
SHAPE(comment_shape, "Comment", graphql_comment, false, comment_members);

static const struct graphql_member comments_members[] = {
	NODES("List", comment_shape, "Comment", graphql_comments, list),
	{ 0 },
};
SHAPE(comments_shape, "CommentGroup", graphql_comments, false, comments_members);

static const struct graphql_member type_members[] = {
	TEXT("NamedType", graphql_type, named),
	NODE("Elem", type_shape, "Type", graphql_type, elem),
	FLAG("NonNull", graphql_type, non_null),
	{ 0 },
};
SHAPE(type_shape, "Type", graphql_type, false, type_members);

static const struct graphql_member child_members[] = {
	TEXT("Name", graphql_child, name),
	NEEDED("Value", value_shape, "Value", graphql_child, value),
	COMMENTS("Comment", graphql_child, comments),
	{ 0 },
};
SHAPE(child_shape, "ChildValue", graphql_child, false, child_members);

static const struct graphql_member value_members[] = {
	TEXT("Raw", graphql_value, raw),
	NODES("Children", child_shape, "ChildValueList", graphql_value, children),
	INTEGER("Kind", "ValueKind", graphql_value, kind),
	COMMENTS("Comment", graphql_value, comments),
	NODE("Definition", definition_shape, "Definition", graphql_value, definition),
	NODE("VariableDefinition", variable_shape, "VariableDefinition", graphql_value,
	    variable),
	NODE("ExpectedType", type_shape, "Type", graphql_value, expected),
	FLAG("ExpectedTypeHasDefault", graphql_value, has_default),
	{ 0 },
};
SHAPE(value_shape, "Value", graphql_value, false, value_members);

static const struct graphql_member argument_members[] = {
	TEXT("Name", graphql_argument, name),
	NEEDED("Value", value_shape, "Value", graphql_argument, value),
	COMMENTS("Comment", graphql_argument, comments),
	{ 0 },
};
SHAPE(argument_shape, "Argument", graphql_argument, false, argument_members);

static const struct graphql_member directive_members[] = {
	TEXT("Name", graphql_directive, name),
	NODES("Arguments", argument_shape, "ArgumentList", graphql_directive, arguments),
	NODE("ParentDefinition", definition_shape, "Definition", graphql_directive, parent),
	NODE("Definition", directive_definition_shape, "DirectiveDefinition",
	    graphql_directive, definition),
	WORD("Location", "DirectiveLocation", graphql_directive, location),
	{ 0 },
};
SHAPE(directive_shape, "Directive", graphql_directive, false, directive_members);

/* ---- queries ---- */

static const struct graphql_member variable_members[] = {
	TEXT("Variable", graphql_variable, name),
	NEEDED("Type", type_shape, "Type", graphql_variable, type),
	NODE("DefaultValue", value_shape, "Value", graphql_variable, default_value),
	DIRECTIVES(graphql_variable),
	COMMENTS("Comment", graphql_variable, comments),
	NODE("Definition", definition_shape, "Definition", graphql_variable, definition),
	FLAG("Used", graphql_variable, used),
	{ 0 },
};
SHAPE(variable_shape, "VariableDefinition", graphql_variable, false, variable_members);

static const struct graphql_member selected_members[] = {
	TEXT("Alias", graphql_selection, alias),
	TEXT("Name", graphql_selection, name),
	NODES("Arguments", argument_shape, "ArgumentList", graphql_selection, arguments),
	DIRECTIVES(graphql_selection),
	SELECTIONS(graphql_selection),
	LOST_COMMENTS(graphql_selection),
	NODE("Definition", field_shape, "FieldDefinition", graphql_selection, definition),
	NODE("ObjectDefinition", definition_shape, "Definition", graphql_selection, parent),
	{ 0 },
};
SHAPE(selected_shape, "Field", graphql_selection, true, selected_members);

static const struct graphql_member spread_members[] = {
	TEXT("Name", graphql_selection, name),
	DIRECTIVES(graphql_selection),
	NODE("ObjectDefinition", definition_shape, "Definition", graphql_selection, parent),
	NODE("Definition", fragment_shape, "FragmentDefinition", graphql_selection, fragment),
	COMMENTS("Comment", graphql_selection, comments),
	{ 0 },
};
SHAPE(spread_shape, "FragmentSpread", graphql_selection, false, spread_members);

static const struct graphql_member inline_members[] = {
	TEXT("TypeCondition", graphql_selection, condition),
	DIRECTIVES(graphql_selection),
	SELECTIONS(graphql_selection),
	NODE("ObjectDefinition", definition_shape, "Definition", graphql_selection, parent),
	LOST_COMMENTS(graphql_selection),
	{ 0 },
};
SHAPE(inline_shape, "InlineFragment", graphql_selection, true, inline_members);

const struct graphql_shape *const graphql_selection_shapes[] = {
	[GRAPHQL_FIELD] = &selected_shape,
	[GRAPHQL_SPREAD] = &spread_shape,
	[GRAPHQL_INLINE] = &inline_shape,
};

static const struct graphql_member operation_members[] = {
	WORD("Operation", "Operation", graphql_operation, operation),
	TEXT("Name", graphql_operation, name),
	NODES("VariableDefinitions", variable_shape, "VariableDefinitionList",
	    graphql_operation, variables),
	DIRECTIVES(graphql_operation),
	SELECTIONS(graphql_operation),
	LOST_COMMENTS(graphql_operation),
	{ 0 },
};
SHAPE(operation_shape, "OperationDefinition", graphql_operation, true, operation_members);

static const struct graphql_member fragment_members[] = {
	TEXT("Name", graphql_fragment, name),
	NODES("VariableDefinition", variable_shape, "VariableDefinitionList", graphql_fragment,
	    variables),
	TEXT("TypeCondition", graphql_fragment, condition),
	DIRECTIVES(graphql_fragment),
	SELECTIONS(graphql_fragment),
	NODE("Definition", definition_shape, "Definition", graphql_fragment, definition),
	LOST_COMMENTS(graphql_fragment),
	{ 0 },
};
SHAPE(fragment_shape, "FragmentDefinition", graphql_fragment, true, fragment_members);

static const struct graphql_member query_members[] = {
	NODES("Operations", operation_shape, "OperationList", graphql_query, operations),
	NODES("Fragments", fragment_shape, "FragmentDefinitionList", graphql_query, fragments),
	COMMENTS("Comment", graphql_query, comments),
	{ 0 },
};
const struct graphql_shape graphql_query_shape = { "QueryDocument",
	sizeof(struct graphql_query), false, query_members };

/* ---- schemas ---- */

#define AROUND_DESCRIPTION(type) \
	COMMENTS("BeforeDescriptionComment", type, before), \
	    COMMENTS("AfterDescriptionComment", type, after)

static const struct graphql_member argument_definition_members[] = {
	TEXT("Description", graphql_field, description),
	TEXT("Name", graphql_field, name),
	NODE("DefaultValue", value_shape, "Value", graphql_field, default_value),
	NEEDED("Type", type_shape, "Type", graphql_field, type),
	DIRECTIVES(graphql_field),
	AROUND_DESCRIPTION(graphql_field),
	{ 0 },
};
SHAPE(argument_definition_shape, "ArgumentDefinition", graphql_field, false,
    argument_definition_members);

static const struct graphql_member field_members[] = {
	TEXT("Description", graphql_field, description),
	TEXT("Name", graphql_field, name),
	NODES("Arguments", argument_definition_shape, "ArgumentDefinitionList", graphql_field,
	    arguments),
	NODE("DefaultValue", value_shape, "Value", graphql_field, default_value),
	NEEDED("Type", type_shape, "Type", graphql_field, type),
	DIRECTIVES(graphql_field),
	AROUND_DESCRIPTION(graphql_field),
	{ 0 },
};
SHAPE(field_shape, "FieldDefinition", graphql_field, false, field_members);

static const struct graphql_member enum_value_members[] = {
	TEXT("Description", graphql_enum_value, description),
	TEXT("Name", graphql_enum_value, name),
	DIRECTIVES(graphql_enum_value),
	AROUND_DESCRIPTION(graphql_enum_value),
	{ 0 },
};
SHAPE(enum_value_shape, "EnumValueDefinition", graphql_enum_value, false, enum_value_members);

static const struct graphql_member definition_members[] = {
	WORD("Kind", "DefinitionKind", graphql_definition, kind),
	TEXT("Description", graphql_definition, description),
	TEXT("Name", graphql_definition, name),
	DIRECTIVES(graphql_definition),
	NAMES("Interfaces", "[]string", graphql_definition, interfaces),
	NODES("Fields", field_shape, "FieldList", graphql_definition, fields),
	NAMES("Types", "[]string", graphql_definition, types),
	NODES("EnumValues", enum_value_shape, "EnumValueList", graphql_definition, values),
	FLAG("BuiltIn", graphql_definition, built_in),
	AROUND_DESCRIPTION(graphql_definition),
	COMMENTS("EndOfDefinitionComment", graphql_definition, end),
	{ 0 },
};
SHAPE(definition_shape, "Definition", graphql_definition, false, definition_members);

static const struct graphql_member directive_definition_members[] = {
	TEXT("Description", graphql_directive_definition, description),
	TEXT("Name", graphql_directive_definition, name),
	NODES("Arguments", argument_definition_shape, "ArgumentDefinitionList",
	    graphql_directive_definition, arguments),
	NAMES("Locations", "[]ast.DirectiveLocation", graphql_directive_definition, locations),
	FLAG("IsRepeatable", graphql_directive_definition, repeatable),
	AROUND_DESCRIPTION(graphql_directive_definition),
	{ 0 },
};
SHAPE(directive_definition_shape, "DirectiveDefinition", graphql_directive_definition, false,
    directive_definition_members);

static const struct graphql_member operation_type_members[] = {
	WORD("Operation", "Operation", graphql_operation_type, operation),
	TEXT("Type", graphql_operation_type, type),
	COMMENTS("Comment", graphql_operation_type, comments),
	{ 0 },
};
SHAPE(operation_type_shape, "OperationTypeDefinition", graphql_operation_type, false,
    operation_type_members);

static const struct graphql_member schema_members[] = {
	TEXT("Description", graphql_schema_definition, description),
	DIRECTIVES(graphql_schema_definition),
	NODES("OperationTypes", operation_type_shape, "OperationTypeDefinitionList",
	    graphql_schema_definition, operation_types),
	AROUND_DESCRIPTION(graphql_schema_definition),
	COMMENTS("EndOfDefinitionComment", graphql_schema_definition, end),
	{ 0 },
};
SHAPE(schema_shape, "SchemaDefinition", graphql_schema_definition, false, schema_members);

static const struct graphql_member document_members[] = {
	NODES("Schema", schema_shape, "SchemaDefinitionList", graphql_document, schema),
	NODES("SchemaExtension", schema_shape, "SchemaDefinitionList", graphql_document,
	    schema_extensions),
	NODES("Directives", directive_definition_shape, "DirectiveDefinitionList",
	    graphql_document, directives),
	NODES("Definitions", definition_shape, "DefinitionList", graphql_document,
	    definitions),
	NODES("Extensions", definition_shape, "DefinitionList", graphql_document, extensions),
	COMMENTS("Comment", graphql_document, comments),
	{ 0 },
};
const struct graphql_shape graphql_document_shape = { "SchemaDocument",
	sizeof(struct graphql_document), false, document_members };
