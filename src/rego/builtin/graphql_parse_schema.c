/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions of types and directives, and extensions (the specification's Type System). */
#include "rego/builtin/graphql_parser.h"

struct description {
	str_t text;
	struct graphql_comments *comments; /* before it */
};

static struct description
parse_description(struct graphql_parser *p)
{
	enum graphql_token_kind kind = graphql_peek(p)->kind;
	struct description d = { STR(""), NULL };

	if (graphql_stopped(p) || (kind != GRAPHQL_T_STRING && kind != GRAPHQL_T_BLOCK_STRING))
		return d;
	d.comments = p->comments;
	d.text = graphql_take(p)->value;
	return d;
}

/* That of a member: an empty one is none, and its comments are lost. */
static void
parse_own_description(struct graphql_parser *p, str_t *ret,
    struct graphql_comments **ret_before, struct graphql_comments **ret_after)
{
	struct description d = parse_description(p);

	*ret = d.text;
	*ret_before = d.text.len > 0 ? d.comments : NULL;
	(void)graphql_peek(p);
	*ret_after = p->comments;
}

/* ---- fields and arguments ---- */

static struct graphql_field *
begin_field(struct graphql_parser *p)
{
	struct graphql_field *field = GRAPHQL_NEW(p->g, struct graphql_field);

	if (field == NULL)
		return NULL;
	field->pos = graphql_peek(p)->pos;
	parse_own_description(p, &field->description, &field->before, &field->after);
	field->name = graphql_name(p);
	return field;
}

/* An argument, or a field of an input object. */
static void
input_item(struct graphql_parser *p, void *into)
{
	struct graphql_field *field = begin_field(p);

	if (field == NULL)
		return;
	(void)graphql_expect(p, GRAPHQL_T_COLON);
	field->type = graphql_type(p);
	if (graphql_skip(p, GRAPHQL_T_EQUALS))
		field->default_value = graphql_value(p, true);
	graphql_directives(p, true, &field->directives);
	(void)graphql_push(p->g, into, field);
}

static void
parse_argument_definitions(struct graphql_parser *p, struct graphql_list *into)
{
	(void)graphql_some(p, GRAPHQL_T_PAREN_L, GRAPHQL_T_PAREN_R, input_item, into);
}

static void
field_item(struct graphql_parser *p, void *into)
{
	struct graphql_field *field = begin_field(p);

	if (field == NULL)
		return;
	parse_argument_definitions(p, &field->arguments);
	(void)graphql_expect(p, GRAPHQL_T_COLON);
	field->type = graphql_type(p);
	graphql_directives(p, true, &field->directives);
	(void)graphql_push(p->g, into, field);
}

static void
enum_item(struct graphql_parser *p, void *into)
{
	struct graphql_enum_value *value = GRAPHQL_NEW(p->g, struct graphql_enum_value);

	if (value == NULL)
		return;
	value->pos = graphql_peek(p)->pos;
	parse_own_description(p, &value->description, &value->before, &value->after);
	value->name = graphql_name(p);
	graphql_directives(p, true, &value->directives);
	(void)graphql_push(p->g, into, value);
}

/* ---- types ---- */

/* Names with a mark between them, and perhaps one before. */
static void
parse_names(struct graphql_parser *p, enum graphql_token_kind mark, struct graphql_names *into)
{
	(void)graphql_skip(p, mark);
	do
		(void)graphql_push_name(p->g, into, graphql_name(p));
	while (graphql_skip(p, mark) && !graphql_stopped(p));
}

static void
parse_interfaces(struct graphql_parser *p, struct graphql_definition *d)
{
	if (!graphql_at_name(p, "implements"))
		return;
	(void)graphql_take(p);
	parse_names(p, GRAPHQL_T_AMP, &d->interfaces);
}

static void
parse_members(struct graphql_parser *p, struct graphql_definition *d, graphql_item_fn *item,
    struct graphql_list *into)
{
	d->end = graphql_some(p, GRAPHQL_T_BRACE_L, GRAPHQL_T_BRACE_R, item, into);
}

static void
parse_object_body(struct graphql_parser *p, struct graphql_definition *d)
{
	parse_members(p, d, field_item, &d->fields);
}

static void
parse_union_body(struct graphql_parser *p, struct graphql_definition *d)
{
	if (graphql_skip(p, GRAPHQL_T_EQUALS))
		parse_names(p, GRAPHQL_T_PIPE, &d->types);
}

static void
parse_enum_body(struct graphql_parser *p, struct graphql_definition *d)
{
	parse_members(p, d, enum_item, &d->values);
}

static void
parse_input_body(struct graphql_parser *p, struct graphql_definition *d)
{
	parse_members(p, d, input_item, &d->fields);
}

static const struct type_word {
	const char *word, *kind;
	bool implements;           /* has interfaces */
	bool extension_implements; /* an extension of an interface has none */
	bool free;                 /* variables may stand in an extension's directives */
	void (*body)(struct graphql_parser *, struct graphql_definition *);
} type_words[] = {
	{ "scalar", "SCALAR", false, false, false, NULL },
	{ "type", "OBJECT", true, true, false, parse_object_body },
	{ "interface", "INTERFACE", true, false, false, parse_object_body },
	{ "union", "UNION", false, false, false, parse_union_body },
	{ "enum", "ENUM", false, false, false, parse_enum_body },
	{ "input", "INPUT_OBJECT", false, false, true, parse_input_body },
};

static const struct type_word *
find_type_word(struct graphql_parser *p)
{
	for (size_t i = 0; i < COUNT(type_words); i++) {
		if (graphql_at_name(p, type_words[i].word))
			return &type_words[i];
	}
	return NULL;
}

static void
parse_type(struct graphql_parser *p, const struct type_word *word,
    struct description description, struct graphql_list *into)
{
	struct graphql_definition *d = GRAPHQL_NEW(p->g, struct graphql_definition);

	if (d == NULL)
		return;
	d->before = description.comments;
	d->description = description.text;
	d->after = graphql_expect_word(p, word->word);
	d->kind = str_of(word->kind);
	d->built_in = p->lexer.built_in;
	d->pos = graphql_peek(p)->pos;
	d->name = graphql_name(p);
	if (word->implements)
		parse_interfaces(p, d);
	graphql_directives(p, true, &d->directives);
	if (word->body != NULL)
		word->body(p, d);
	(void)graphql_push(p->g, into, d);
}

static void
parse_type_extension(struct graphql_parser *p, const struct type_word *word,
    struct graphql_comments *comments, struct graphql_list *into)
{
	struct graphql_definition *d = GRAPHQL_NEW(p->g, struct graphql_definition);

	if (d == NULL)
		return;
	(void)graphql_expect_word(p, word->word);
	d->after = comments;
	d->kind = str_of(word->kind);
	d->built_in = p->lexer.built_in;
	d->pos = graphql_peek(p)->pos;
	d->name = graphql_name(p);
	if (word->extension_implements)
		parse_interfaces(p, d);
	graphql_directives(p, !word->free, &d->directives);
	if (word->body != NULL)
		word->body(p, d);
	if (d->interfaces.count == 0 && d->directives.count == 0 && d->fields.count == 0 &&
	    d->types.count == 0 && d->values.count == 0)
		graphql_unexpected(p);
	(void)graphql_push(p->g, into, d);
}

/* ---- schema ---- */

static void
operation_type_item(struct graphql_parser *p, void *into)
{
	struct graphql_operation_type *type = GRAPHQL_NEW(p->g, struct graphql_operation_type);

	if (type == NULL)
		return;
	type->pos = graphql_peek(p)->pos;
	type->comments = p->comments;
	type->operation = graphql_operation_word(p);
	(void)graphql_expect(p, GRAPHQL_T_COLON);
	type->type = graphql_name(p);
	(void)graphql_push(p->g, into, type);
}

static void
parse_schema(struct graphql_parser *p, struct description description,
    struct graphql_comments *extends, bool extension, struct graphql_list *into)
{
	struct graphql_schema_definition *d =
	    GRAPHQL_NEW(p->g, struct graphql_schema_definition);

	if (d == NULL)
		return;
	d->before = description.comments;
	d->description = description.text;
	d->after = graphql_expect_word(p, "schema");
	if (extension)
		d->after = extends;
	d->pos = graphql_peek(p)->pos;
	graphql_directives(p, true, &d->directives);
	d->end = graphql_some(p, GRAPHQL_T_BRACE_L, GRAPHQL_T_BRACE_R, operation_type_item,
	    &d->operation_types);
	if (extension && d->directives.count == 0 && d->operation_types.count == 0)
		graphql_unexpected(p);
	(void)graphql_push(p->g, into, d);
}

/* ---- directives ---- */

static void
parse_locations(struct graphql_parser *p, struct graphql_names *into)
{
	static const char *const known[] = { "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD",
		"FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT",
		"VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION",
		"ARGUMENT_DEFINITION", "INTERFACE", "UNION", "ENUM", "ENUM_VALUE",
		"INPUT_OBJECT", "INPUT_FIELD_DEFINITION" };

	(void)graphql_skip(p, GRAPHQL_T_PIPE);
	do {
		struct graphql_token token = graphql_expect(p, GRAPHQL_T_NAME);
		size_t i = 0;

		while (i < COUNT(known) && !str_eq(token.value, str_of(known[i])))
			i++;
		if (i == COUNT(known))
			graphql_unexpected_token(p, &token);
		(void)graphql_push_name(p->g, into, token.value);
	} while (graphql_skip(p, GRAPHQL_T_PIPE) && !graphql_stopped(p));
}

static void
parse_directive(struct graphql_parser *p, struct description description,
    struct graphql_list *into)
{
	struct graphql_directive_definition *d =
	    GRAPHQL_NEW(p->g, struct graphql_directive_definition);

	if (d == NULL)
		return;
	d->before = description.comments;
	d->description = description.text;
	d->after = graphql_expect_word(p, "directive");
	(void)graphql_expect(p, GRAPHQL_T_AT);
	d->pos = graphql_peek(p)->pos;
	d->name = graphql_name(p);
	parse_argument_definitions(p, &d->arguments);
	if (graphql_peek(p)->kind == GRAPHQL_T_NAME && graphql_at_name(p, "repeatable")) {
		d->repeatable = true;
		(void)graphql_take(p);
	}
	(void)graphql_expect_word(p, "on");
	parse_locations(p, &d->locations);
	(void)graphql_push(p->g, into, d);
}

/* ---- documents ---- */

static void
parse_extension(struct graphql_parser *p, struct graphql_document *doc)
{
	struct graphql_comments *comments = graphql_expect_word(p, "extend");
	const struct type_word *word = find_type_word(p);

	if (word != NULL)
		parse_type_extension(p, word, comments, &doc->extensions);
	else if (graphql_at_name(p, "schema"))
		parse_schema(p, (struct description){ STR(""), NULL }, comments, true,
		    &doc->schema_extensions);
	else
		graphql_unexpected(p);
}

static void
parse_definition(struct graphql_parser *p, struct graphql_document *doc)
{
	struct description description = parse_description(p);
	const struct type_word *word;

	if (graphql_peek(p)->kind != GRAPHQL_T_NAME) {
		graphql_unexpected(p);
		return;
	}
	word = find_type_word(p);
	if (word != NULL) {
		parse_type(p, word, description, &doc->definitions);
	} else if (graphql_at_name(p, "schema")) {
		parse_schema(p, description, NULL, false, &doc->schema);
	} else if (graphql_at_name(p, "directive")) {
		parse_directive(p, description, &doc->directives);
	} else if (graphql_at_name(p, "extend")) {
		if (description.text.len > 0)
			graphql_unexpected_token(p, &p->last);
		parse_extension(p, doc);
	} else {
		graphql_unexpected(p);
	}
}

bool
graphql_parse_schema(struct graphql *g, str_t text, bool built_in,
    struct graphql_document *ret)
{
	struct graphql_parser parser, *p = &parser;
	static const struct graphql_document empty;

	*ret = empty;
	graphql_parser_init(p, g, text, built_in);
	while (graphql_peek(p)->kind != GRAPHQL_T_EOF && !graphql_stopped(p))
		parse_definition(p, ret);
	ret->comments = p->comments;
	return !graphql_stopped(p);
}
