/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations and fragments (the specification's Executable Definitions).
 *
 * A short query, a bare { ... }, has no comment: the library loses it.
 */
#include "rego/builtin/graphql_parser.h"

static void parse_selections(struct graphql_parser *, struct graphql_list *into);

static void
variable_item(struct graphql_parser *p, void *into)
{
	struct graphql_variable *variable = GRAPHQL_NEW(p->g, struct graphql_variable);

	if (variable == NULL)
		return;
	variable->pos = graphql_peek(p)->pos;
	variable->comments = p->comments;
	(void)graphql_expect(p, GRAPHQL_T_DOLLAR);
	variable->name = graphql_name(p);
	(void)graphql_expect(p, GRAPHQL_T_COLON);
	variable->type = graphql_type(p);
	if (graphql_skip(p, GRAPHQL_T_EQUALS))
		variable->default_value = graphql_value(p, true);
	graphql_directives(p, false, &variable->directives);
	(void)graphql_push(p->g, into, variable);
}

static void
parse_variables(struct graphql_parser *p, struct graphql_list *into)
{
	(void)graphql_some(p, GRAPHQL_T_PAREN_L, GRAPHQL_T_PAREN_R, variable_item, into);
}

/* ---- selections ---- */

static void
parse_field(struct graphql_parser *p, struct graphql_selection *field)
{
	field->kind = GRAPHQL_FIELD;
	field->pos = graphql_peek(p)->pos;
	field->comments = p->comments;
	field->alias = graphql_name(p);
	field->name = graphql_skip(p, GRAPHQL_T_COLON) ? graphql_name(p) : field->alias;
	graphql_arguments(p, false, &field->arguments);
	graphql_directives(p, false, &field->directives);
	if (graphql_peek(p)->kind == GRAPHQL_T_BRACE_L)
		parse_selections(p, &field->selections.list);
}

/* Behind the dots: the name of a fragment, or one that stands there itself. */
static void
parse_spread(struct graphql_parser *p, struct graphql_selection *spread)
{
	const struct graphql_token *token;

	spread->comments = p->comments;
	(void)graphql_take(p);
	token = graphql_peek(p);
	spread->pos = token->pos;
	if (token->kind == GRAPHQL_T_NAME && !graphql_at_name(p, "on")) {
		spread->kind = GRAPHQL_SPREAD;
		spread->name = graphql_name(p);
		graphql_directives(p, false, &spread->directives);
		return;
	}
	spread->kind = GRAPHQL_INLINE;
	if (graphql_at_name(p, "on")) {
		(void)graphql_take(p);
		spread->condition = graphql_name(p);
	}
	graphql_directives(p, false, &spread->directives);
	parse_selections(p, &spread->selections.list);
}

static void
selection_item(struct graphql_parser *p, void *into)
{
	struct graphql_selection *selection = GRAPHQL_NEW(p->g, struct graphql_selection);

	if (selection == NULL)
		return;
	if (graphql_peek(p)->kind == GRAPHQL_T_SPREAD)
		parse_spread(p, selection);
	else
		parse_field(p, selection);
	(void)graphql_push(p->g, into, selection);
}

static void
parse_selections(struct graphql_parser *p, struct graphql_list *into)
{
	if (graphql_peek(p)->kind != GRAPHQL_T_BRACE_L) {
		(void)graphql_expect(p, GRAPHQL_T_BRACE_L);
		return;
	}
	if (!graphql_enter(p->g))
		return;
	(void)graphql_some(p, GRAPHQL_T_BRACE_L, GRAPHQL_T_BRACE_R, selection_item, into);
	graphql_leave(p->g);
}

/* ---- definitions ---- */

static void
parse_operation(struct graphql_parser *p, struct graphql_list *into)
{
	struct graphql_operation *operation = GRAPHQL_NEW(p->g, struct graphql_operation);

	if (operation == NULL)
		return;
	operation->pos = graphql_peek(p)->pos;
	operation->operation = STR("query");
	if (graphql_peek(p)->kind != GRAPHQL_T_BRACE_L) {
		operation->comments = p->comments;
		operation->operation = graphql_operation_word(p);
		if (graphql_peek(p)->kind == GRAPHQL_T_NAME)
			operation->name = graphql_take(p)->value;
		parse_variables(p, &operation->variables);
		graphql_directives(p, false, &operation->directives);
	}
	parse_selections(p, &operation->selections.list);
	(void)graphql_push(p->g, into, operation);
}

static void
parse_fragment(struct graphql_parser *p, struct graphql_list *into)
{
	struct graphql_fragment *fragment = GRAPHQL_NEW(p->g, struct graphql_fragment);

	if (fragment == NULL)
		return;
	fragment->pos = graphql_peek(p)->pos;
	fragment->comments = graphql_expect_word(p, "fragment");
	if (graphql_at_name(p, "on"))
		graphql_unexpected(p);
	fragment->name = graphql_name(p);
	parse_variables(p, &fragment->variables);
	(void)graphql_expect_word(p, "on");
	fragment->condition = graphql_name(p);
	graphql_directives(p, false, &fragment->directives);
	parse_selections(p, &fragment->selections.list);
	(void)graphql_push(p->g, into, fragment);
}

bool
graphql_parse_query(struct graphql *g, str_t text, struct graphql_query *ret)
{
	struct graphql_parser parser, *p = &parser;
	static const struct graphql_query empty;

	*ret = empty;
	graphql_parser_init(p, g, text, false);
	while (graphql_peek(p)->kind != GRAPHQL_T_EOF && !graphql_stopped(p)) {
		bool word = graphql_peek(p)->kind == GRAPHQL_T_NAME;

		if (word && graphql_at_name(p, "fragment"))
			parse_fragment(p, &ret->fragments);
		else if (graphql_peek(p)->kind == GRAPHQL_T_BRACE_L ||
			 (word &&
			     (graphql_at_name(p, "query") || graphql_at_name(p, "mutation") ||
				 graphql_at_name(p, "subscription"))))
			parse_operation(p, &ret->operations);
		else
			graphql_unexpected(p);
	}
	return !graphql_stopped(p);
}
