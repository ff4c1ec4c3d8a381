/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/parser_internal.h"

/*
 * Operators by how tightly they bind.  `in` binds less tightly than all of these
 * and is handled apart, since it may have two operands on its left; := and = bind
 * least and belong to expressions, not to terms.
 */
enum binding { BIND_NONE, BIND_RELATION, BIND_OR, BIND_AND, BIND_SUM, BIND_PRODUCT, BIND_TERM };

static enum binding
binding_of(enum lexeme_kind kind)
{
	switch (kind) {
	case LEX_EQUAL:
	case LEX_NEQ:
	case LEX_LT:
	case LEX_GT:
	case LEX_LTE:
	case LEX_GTE:
		return BIND_RELATION;
	case LEX_OR:
		return BIND_OR;
	case LEX_AND:
		return BIND_AND;
	case LEX_ADD:
	case LEX_SUB:
		return BIND_SUM;
	case LEX_MUL:
	case LEX_DIV:
	case LEX_REM:
		return BIND_PRODUCT;
	default:
		return BIND_NONE;
	}
}

/* The place of a call is its left operand's; its text begins where the operand's did. */
static struct ast_loc
call_loc(const struct parser *p, const struct ast_term *left, uint32_t from)
{
	struct ast_loc loc = left->loc;

	loc.offset = from;
	return parser_extend(p, loc);
}

static struct ast_term *
make_call(struct parser *p, struct ast_term *operator, struct ast_term *first,
    struct ast_term *second, struct ast_term *third, uint32_t from)
{
	struct ast_terms items = { 0 };

	parser_push(p, &items, operator);
	parser_push(p, &items, first);
	parser_push(p, &items, second);
	if (third != NULL)
		parser_push(p, &items, third);
	return parser_make_items(p, AST_CALL, call_loc(p, first, from), items);
}

/*
 * Precedence climbing.  When an operator's right side cannot be read, the left
 * side is what was found, with the error on record: looser operators may still
 * follow, tighter or equal ones not.
 */
static struct ast_term *
parse_binary(struct parser *p, enum binding least, uint32_t from)
{
	struct ast_term *left = parser_term(p);
	enum binding most = BIND_TERM;
	unsigned chain = 0;

	while (left != NULL) {
		enum lexeme_kind kind = p->s.word.kind;
		enum binding binding = binding_of(kind);
		struct ast_loc loc = p->s.loc;
		struct ast_term *right;

		if (binding < least || binding > most || binding == BIND_NONE)
			break;
		if (!parser_enter(p, PARSER_CHAIN_WEIGHT)) {
			left = NULL;
			break;
		}
		chain += PARSER_CHAIN_WEIGHT;
		parser_scan(p);
		right = parse_binary(p, binding + 1, p->s.loc.offset);
		most = right != NULL ? binding : binding - 1;
		if (right != NULL)
			left = make_call(p, parser_make_operator(p, loc, rego_lexeme_text(kind)),
			    left, right, NULL, from);
	}
	parser_leave(p, chain);
	return left;
}

/* `left, middle in xs`: NULL, and the state as before, if that is not what follows. */
static struct ast_term *
parse_key_value_in(struct parser *p, struct ast_term *left, uint32_t from)
{
	struct parser_state saved = p->s;
	struct ast_term *middle, *right;
	struct ast_loc loc;

	parser_scan(p);
	middle = parse_binary(p, BIND_RELATION, from);
	if (middle != NULL && p->s.word.kind == LEX_IN) {
		loc = p->s.loc;
		parser_scan(p);
		right = parse_binary(p, BIND_RELATION, p->s.loc.offset);
		if (right != NULL)
			return make_call(p, parser_make_operator(p, loc, "internal.member_3"), left,
			    middle, right, from);
	}
	p->s = saved;
	return NULL;
}

static struct ast_term *
parse_in(struct parser *p, bool key_value)
{
	uint32_t from = p->s.loc.offset;
	struct ast_term *left = parse_binary(p, BIND_RELATION, from), *right;
	unsigned chain = 0;

	while (left != NULL) {
		struct ast_loc loc;

		if (key_value && p->s.word.kind == LEX_COMMA) {
			struct ast_term *call = parse_key_value_in(p, left, from);

			if (call != NULL) {
				left = call;
				if (p->s.word.kind != LEX_IN)
					break;
			}
		}
		(void)parser_take_ref_keyword(p);
		if (p->s.word.kind != LEX_IN)
			break;
		if (!parser_enter(p, PARSER_CHAIN_WEIGHT)) {
			left = NULL;
			break;
		}
		chain += PARSER_CHAIN_WEIGHT;
		loc = p->s.loc;
		parser_scan(p);
		right = parse_binary(p, BIND_RELATION, p->s.loc.offset);
		if (right == NULL)
			break;
		left = make_call(p, parser_make_operator(p, loc, "internal.member_2"), left, right,
		    NULL, from);
		if (p->s.word.kind != LEX_IN)
			break;
	}
	parser_leave(p, chain);
	return left;
}

static struct ast_term *
parse_guarded(struct parser *p, bool key_value)
{
	struct ast_term *term;

	if (!parser_enter(p, 1))
		return NULL;
	term = parse_in(p, key_value);
	parser_leave(p, 1);
	return term;
}

struct ast_term *
parser_infix(struct parser *p)
{
	return parse_guarded(p, true);
}

struct ast_term *
parser_infix_in_list(struct parser *p)
{
	return parse_guarded(p, false);
}
