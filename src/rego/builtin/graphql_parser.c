/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/graphql_parser.h"

void
graphql_parser_init(struct graphql_parser *p, struct graphql *g, str_t text, bool built_in)
{
	*p = (struct graphql_parser){ .g = g };
	graphql_lexer_init(&p->lexer, g, text, built_in);
}

/* ---- tokens ---- */

bool
graphql_stopped(const struct graphql_parser *p)
{
	return p->g->refused || p->g->halted;
}

static void
keep_comment(struct graphql_parser *p, const struct graphql_token *token)
{
	struct graphql_comment *comment = GRAPHQL_NEW(p->g, struct graphql_comment);

	if (p->comments == NULL)
		p->comments = GRAPHQL_NEW(p->g, struct graphql_comments);
	if (comment == NULL || p->comments == NULL)
		return;
	comment->value = token->value;
	(void)graphql_push(p->g, &p->comments->list, comment);
}

const struct graphql_token *
graphql_peek(struct graphql_parser *p)
{
	if (graphql_stopped(p))
		return &p->last;
	if (p->has_ahead)
		return &p->ahead;
	p->ahead = graphql_lexer_next(&p->lexer);
	while (p->ahead.kind == GRAPHQL_T_COMMENT && graphql_work(p->g, 1)) {
		keep_comment(p, &p->ahead);
		p->last = p->ahead;
		p->ahead = graphql_lexer_next(&p->lexer);
	}
	p->has_ahead = graphql_work(p->g, 1 + p->ahead.value.len / 64);
	return p->has_ahead ? &p->ahead : &p->last;
}

const struct graphql_token *
graphql_take(struct graphql_parser *p)
{
	const struct graphql_token *token = graphql_peek(p);

	if (graphql_stopped(p))
		return &p->last;
	p->last = *token;
	p->has_ahead = false;
	p->comments = NULL;
	if (p->last.kind == GRAPHQL_T_INVALID)
		(void)graphql_refuse(p->g, p->last.pos, "%.*s", STR_FMT(p->last.problem));
	return &p->last;
}

bool
graphql_skip(struct graphql_parser *p, enum graphql_token_kind kind)
{
	if (graphql_stopped(p) || graphql_peek(p)->kind != kind)
		return false;
	(void)graphql_take(p);
	return true;
}

bool
graphql_at_name(struct graphql_parser *p, const char *name)
{
	/* Also a string of that text, as the library has it. */
	return !graphql_stopped(p) && str_eq(graphql_peek(p)->value, str_of(name));
}

/* ---- problems ---- */

static void
print_token(struct graphql *g, struct buf *b, const struct graphql_token *token)
{
	buf_add_text(b, graphql_token_kind_name(token->kind));
	if (token->value.len == 0)
		return;
	buf_add_char(b, ' ');
	graphql_quote(g, b, token->value);
}

void
graphql_unexpected_token(struct graphql_parser *p, const struct graphql_token *token)
{
	struct buf text;

	buf_init(&text, p->g->arena->limit);
	print_token(p->g, &text, token);
	(void)graphql_refuse(p->g, token->pos, "Unexpected %.*s", STR_FMT(buf_str(&text)));
	buf_fini(&text);
}

void
graphql_unexpected(struct graphql_parser *p)
{
	graphql_unexpected_token(p, graphql_peek(p));
}

struct graphql_token
graphql_expect(struct graphql_parser *p, enum graphql_token_kind kind)
{
	const struct graphql_token *token = graphql_peek(p);

	if (token->kind == kind)
		return *graphql_take(p);
	(void)graphql_refuse(p->g, token->pos, "Expected %s, found %s",
	    graphql_token_kind_name(kind), graphql_token_kind_name(token->kind));
	return *token;
}

struct graphql_comments *
graphql_expect_word(struct graphql_parser *p, const char *word)
{
	const struct graphql_token *token = graphql_peek(p);
	struct graphql_comments *comments = p->comments;
	struct buf text;

	if (token->kind == GRAPHQL_T_NAME && str_eq(token->value, str_of(word))) {
		(void)graphql_take(p);
		return comments;
	}
	buf_init(&text, p->g->arena->limit);
	print_token(p->g, &text, token);
	(void)graphql_refuse(
	    p->g, token->pos, "Expected \"%s\", found %.*s", word, STR_FMT(buf_str(&text)));
	buf_fini(&text);
	return NULL;
}

/* ---- lists ---- */

void
graphql_many(struct graphql_parser *p, enum graphql_token_kind begin,
    enum graphql_token_kind end, graphql_item_fn *item, void *into)
{
	if (!graphql_skip(p, begin))
		return;
	while (graphql_peek(p)->kind != end && !graphql_stopped(p))
		item(p, into);
	(void)graphql_take(p);
}

struct graphql_comments *
graphql_some(struct graphql_parser *p, enum graphql_token_kind begin,
    enum graphql_token_kind end, graphql_item_fn *item, void *into)
{
	struct graphql_comments *comments;
	bool any = false;

	if (!graphql_skip(p, begin))
		return NULL;
	for (; graphql_peek(p)->kind != end && !graphql_stopped(p); any = true)
		item(p, into);
	if (!any) {
		const struct graphql_token *token = graphql_peek(p);

		(void)graphql_refuse(p->g, token->pos,
		    "expected at least one definition, found %s",
		    graphql_token_kind_name(token->kind));
		return NULL;
	}
	comments = p->comments;
	(void)graphql_take(p);
	return comments;
}

/* ---- parts of both grammars ---- */

str_t
graphql_name(struct graphql_parser *p)
{
	return graphql_expect(p, GRAPHQL_T_NAME).value;
}

str_t
graphql_operation_word(struct graphql_parser *p)
{
	const struct graphql_token *token = graphql_take(p);

	if (!str_eq(token->value, STR("query")) && !str_eq(token->value, STR("mutation")) &&
	    !str_eq(token->value, STR("subscription")))
		graphql_unexpected_token(p, token);
	return token->value;
}

struct graphql_type *
graphql_type(struct graphql_parser *p)
{
	struct graphql_type *type = GRAPHQL_NEW(p->g, struct graphql_type);

	if (type == NULL || !graphql_enter(p->g))
		return NULL;
	if (graphql_skip(p, GRAPHQL_T_BRACKET_L)) {
		type->pos = graphql_peek(p)->pos;
		type->elem = graphql_type(p);
		(void)graphql_expect(p, GRAPHQL_T_BRACKET_R);
	} else {
		type->pos = graphql_peek(p)->pos;
		type->named = graphql_name(p);
	}
	type->non_null = graphql_skip(p, GRAPHQL_T_BANG);
	graphql_leave(p->g);
	return type;
}

/* ---- values ---- */

struct children {
	struct graphql_value *of;
	bool constant;
};

static struct graphql_child *
add_child(struct graphql_parser *p, struct graphql_value *of)
{
	struct graphql_child *child = GRAPHQL_NEW(p->g, struct graphql_child);

	return child != NULL && graphql_push(p->g, &of->children, child) ? child : NULL;
}

static void
list_item(struct graphql_parser *p, void *into)
{
	struct children *children = into;
	struct graphql_child *child = add_child(p, children->of);

	if (child != NULL)
		child->value = graphql_value(p, children->constant);
}

static void
object_item(struct graphql_parser *p, void *into)
{
	struct children *children = into;
	struct graphql_child *child = add_child(p, children->of);

	if (child == NULL)
		return;
	child->pos = graphql_peek(p)->pos;
	child->comments = p->comments;
	child->name = graphql_name(p);
	(void)graphql_expect(p, GRAPHQL_T_COLON);
	child->value = graphql_value(p, children->constant);
}

static enum graphql_value_kind
kind_of_name(str_t name)
{
	if (str_eq(name, STR("true")) || str_eq(name, STR("false")))
		return GRAPHQL_BOOLEAN;
	return str_eq(name, STR("null")) ? GRAPHQL_NULL : GRAPHQL_ENUM_VALUE;
}

static void
parse_value(struct graphql_parser *p, bool constant, struct graphql_value *value)
{
	const struct graphql_token *token = graphql_peek(p);
	struct children children = { value, constant };

	value->pos = token->pos;
	switch (token->kind) {
	case GRAPHQL_T_BRACKET_L:
		value->kind = GRAPHQL_LIST;
		value->comments = p->comments;
		graphql_many(p, GRAPHQL_T_BRACKET_L, GRAPHQL_T_BRACKET_R, list_item,
		    &children);
		return;
	case GRAPHQL_T_BRACE_L:
		value->kind = GRAPHQL_OBJECT_VALUE;
		value->comments = p->comments;
		graphql_many(p, GRAPHQL_T_BRACE_L, GRAPHQL_T_BRACE_R, object_item, &children);
		return;
	case GRAPHQL_T_DOLLAR:
		if (constant)
			break;
		(void)graphql_take(p);
		value->kind = GRAPHQL_VARIABLE;
		value->raw = graphql_name(p);
		return;
	case GRAPHQL_T_INT:
		value->kind = GRAPHQL_INT;
		value->raw = graphql_take(p)->value;
		return;
	case GRAPHQL_T_FLOAT:
		value->kind = GRAPHQL_FLOAT;
		value->raw = graphql_take(p)->value;
		return;
	case GRAPHQL_T_STRING:
		value->kind = GRAPHQL_STRING;
		value->raw = graphql_take(p)->value;
		return;
	case GRAPHQL_T_BLOCK_STRING:
		value->kind = GRAPHQL_BLOCK;
		value->raw = graphql_take(p)->value;
		return;
	case GRAPHQL_T_NAME:
		value->kind = kind_of_name(token->value);
		value->raw = graphql_take(p)->value;
		return;
	default:
		break;
	}
	graphql_unexpected(p);
}

struct graphql_value *
graphql_value(struct graphql_parser *p, bool constant)
{
	struct graphql_value *value = GRAPHQL_NEW(p->g, struct graphql_value);

	if (value == NULL || !graphql_enter(p->g))
		return NULL;
	parse_value(p, constant, value);
	graphql_leave(p->g);
	return value;
}

/* ---- directives ---- */

struct arguments {
	struct graphql_list *list;
	bool constant;
};

static void
argument_item(struct graphql_parser *p, void *into)
{
	struct arguments *arguments = into;
	struct graphql_argument *argument = GRAPHQL_NEW(p->g, struct graphql_argument);

	if (argument == NULL)
		return;
	argument->pos = graphql_peek(p)->pos;
	argument->comments = p->comments;
	argument->name = graphql_name(p);
	(void)graphql_expect(p, GRAPHQL_T_COLON);
	argument->value = graphql_value(p, arguments->constant);
	(void)graphql_push(p->g, arguments->list, argument);
}

void
graphql_arguments(struct graphql_parser *p, bool constant, struct graphql_list *into)
{
	struct arguments arguments = { into, constant };

	(void)graphql_some(p, GRAPHQL_T_PAREN_L, GRAPHQL_T_PAREN_R, argument_item, &arguments);
}

void
graphql_directives(struct graphql_parser *p, bool constant, struct graphql_list *into)
{
	while (graphql_peek(p)->kind == GRAPHQL_T_AT && !graphql_stopped(p)) {
		struct graphql_directive *directive =
		    GRAPHQL_NEW(p->g, struct graphql_directive);

		if (directive == NULL)
			return;
		(void)graphql_take(p);
		directive->pos = graphql_peek(p)->pos;
		directive->name = graphql_name(p);
		graphql_arguments(p, constant, &directive->arguments);
		(void)graphql_push(p->g, into, directive);
	}
}
