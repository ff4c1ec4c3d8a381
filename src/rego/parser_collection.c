/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays, sets, objects, and the comprehensions that look like them. */
#include "rego/parser_internal.h"

bool
parser_list(struct parser *p, enum lexeme_kind end, struct ast_terms *items)
{
	while (p->s.word.kind != end) {
		struct ast_term *item = parser_infix_in_list(p);

		if (item == NULL)
			return false;
		parser_push(p, items, item);
		if (p->s.word.kind == end)
			return true;
		if (p->s.word.kind != LEX_COMMA) {
			parser_unexpected(p, "expected \",\" or \"%s\"", rego_lexeme_text(end));
			return false;
		}
		parser_scan(p);
	}
	return true;
}

static bool
parse_pairs(struct parser *p, struct ast_terms *items)
{
	while (p->s.word.kind != LEX_RBRACE) {
		struct ast_term *key = parser_infix_in_list(p), *value;

		if (key == NULL)
			return false;
		if (p->s.word.kind != LEX_COLON) {
			parser_unexpected(p, "expected \":\"");
			return false;
		}
		parser_scan(p);
		value = parser_infix_in_list(p);
		if (value == NULL)
			return false;
		parser_push(p, items, key);
		parser_push(p, items, value);
		if (p->s.word.kind == LEX_RBRACE)
			return true;
		if (p->s.word.kind != LEX_COMMA) {
			parser_unexpected(p, "expected \",\" or \"}\"");
			return false;
		}
		parser_scan(p);
	}
	return true;
}

/* Up to the closing bracket, which is the current lexeme. */
static struct ast_loc
closed_loc(const struct parser *p, struct ast_loc loc)
{
	loc.len = p->s.word.end - loc.offset;
	return loc;
}

/* `| body` behind a head; false: no body, and *ret_again says whether `|` may be an operator. */
static bool
parse_comp_body(struct parser *p, enum lexeme_kind end, struct ast_body *body, bool *ret_again)
{
	parser_scan(p);
	if (parser_body(p, end, body))
		return true;
	*ret_again = p->s.word.kind == LEX_COMMA;
	return false;
}

static struct ast_term *
parse_items(struct parser *p, enum ast_term_kind kind, struct ast_loc loc, enum lexeme_kind end,
    struct ast_term *first)
{
	struct ast_terms items = { 0 };

	if (first != NULL)
		parser_push(p, &items, first);
	if (!parser_list(p, end, &items))
		return NULL;
	return parser_make_items(p, kind, closed_loc(p, loc), items);
}

struct ast_term *
parser_array(struct parser *p)
{
	struct ast_loc loc = p->s.loc;
	bool may_comprehend = true, again;
	struct parser_state saved;
	struct ast_term *head;
	struct ast_body body = { 0 };

	parser_scan(p);
	if (p->s.word.kind == LEX_RBRACK)
		return parser_make_items(p, AST_ARRAY, closed_loc(p, loc), (struct ast_terms){ 0 });
	if (p->s.word.kind == LEX_COMMA) { /* [, x]: tolerated, as OPA does */
		may_comprehend = false;
		parser_scan(p);
	}
	saved = p->s;
	/* A comprehension comes before a union: so only a term, no operators yet. */
	head = parser_term(p);
	if (head == NULL)
		return NULL;
	if (p->s.word.kind == LEX_COMMA) {
		parser_scan(p);
		return parse_items(p, AST_ARRAY, loc, LEX_RBRACK, head);
	}
	if (p->s.word.kind == LEX_RBRACK)
		return parse_items(p, AST_ARRAY, loc, LEX_RBRACK, head);
	if (p->s.word.kind == LEX_OR && may_comprehend) {
		if (parse_comp_body(p, LEX_RBRACK, &body, &again))
			return parser_make_comp(p, AST_ARRAY_COMP, closed_loc(p, loc), NULL, head, body);
		if (!again)
			return NULL;
	}
	p->s = saved;
	return parse_items(p, AST_ARRAY, loc, LEX_RBRACK, NULL);
}

/* ---- braces ---- */

struct braces {
	struct ast_loc loc;
	struct parser_state start; /* behind the brace */
	bool may_comprehend;
};

static struct ast_term *
parse_set(struct parser *p, const struct braces *b, struct ast_term *head, bool may_comprehend)
{
	struct ast_body body = { 0 };
	bool again;

	if (p->s.word.kind == LEX_RBRACE)
		return parse_items(p, AST_SET, b->loc, LEX_RBRACE, head);
	if (p->s.word.kind == LEX_COMMA) {
		parser_scan(p);
		return parse_items(p, AST_SET, b->loc, LEX_RBRACE, head);
	}
	if (may_comprehend) {
		if (parse_comp_body(p, LEX_RBRACE, &body, &again))
			return parser_make_comp(p, AST_SET_COMP, closed_loc(p, b->loc), NULL, head, body);
		if (!again)
			return NULL;
	}
	p->s = b->start;
	return parse_items(p, AST_SET, b->loc, LEX_RBRACE, NULL);
}

/* Behind the first key and value. */
static struct ast_term *
parse_object_rest(struct parser *p, const struct braces *b, struct ast_term *key,
    struct ast_term *value, bool may_comprehend)
{
	struct ast_terms items = { 0 };
	struct ast_body body = { 0 };

	parser_push(p, &items, key);
	parser_push(p, &items, value);
	switch (p->s.word.kind) {
	case LEX_RBRACE:
		return parser_make_items(p, AST_OBJECT, closed_loc(p, b->loc), items);
	case LEX_COMMA:
		parser_scan(p);
		if (!parse_pairs(p, &items))
			return NULL;
		return parser_make_items(p, AST_OBJECT, closed_loc(p, b->loc), items);
	case LEX_OR:
		if (!may_comprehend) {
			parser_unexpected(p, "non-terminated object");
			return NULL;
		}
		parser_scan(p);
		if (!parser_body(p, LEX_RBRACE, &body))
			return NULL;
		return parser_make_comp(p, AST_OBJECT_COMP, closed_loc(p, b->loc), key, value, body);
	default:
		return NULL;
	}
}

/* At the colon behind the first key. */
static struct ast_term *
parse_object(struct parser *p, const struct braces *b, struct ast_term *key)
{
	struct parser_state saved;
	struct ast_term *value, *object;
	bool may_relate = true;
	enum lexeme_kind next;

	parser_scan(p);
	saved = p->s;
	/* The value as a term first, so that {k: v | ...} is a comprehension. */
	value = parser_term(p);
	if (value == NULL)
		return NULL;
	next = p->s.word.kind;
	if (b->may_comprehend && (next == LEX_RBRACE || next == LEX_COMMA || next == LEX_OR)) {
		may_relate = next == LEX_OR;
		object = parse_object_rest(p, b, key, value, true);
		if (object != NULL)
			return object;
	}
	p->s = saved;
	if (may_relate) {
		value = parser_infix_in_list(p);
		if (value == NULL)
			return NULL;
		next = p->s.word.kind;
		if (next == LEX_RBRACE || next == LEX_COMMA)
			return parse_object_rest(p, b, key, value, false);
	}
	parser_unexpected(p, "non-terminated object");
	return NULL;
}

struct ast_term *
parser_braces(struct parser *p)
{
	struct braces b = { .loc = p->s.loc, .may_comprehend = true };
	struct ast_term *head;

	parser_scan(p);
	if (p->s.word.kind == LEX_RBRACE)
		return parser_make_items(p, AST_OBJECT, closed_loc(p, b.loc), (struct ast_terms){ 0 });
	if (p->s.word.kind == LEX_COMMA) { /* {, x}: tolerated, as OPA does */
		b.may_comprehend = false;
		parser_scan(p);
	}
	b.start = p->s;
	head = parser_term(p);
	if (head == NULL)
		return NULL;
	switch (p->s.word.kind) {
	case LEX_OR:
		if (b.may_comprehend)
			return parse_set(p, &b, head, true);
		break;
	case LEX_RBRACE:
	case LEX_COMMA:
		return parse_set(p, &b, head, b.may_comprehend);
	case LEX_COLON:
		return parse_object(p, &b, head);
	default:
		break;
	}
	p->s = b.start;
	head = parser_infix_in_list(p);
	if (head == NULL)
		return NULL;
	if (p->s.word.kind == LEX_RBRACE || p->s.word.kind == LEX_COMMA)
		return parse_set(p, &b, head, false);
	if (p->s.word.kind == LEX_COLON)
		return parse_object(p, &b, head);
	parser_unexpected(p, "non-terminated set");
	return NULL;
}
