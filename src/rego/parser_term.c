/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_compare.h"
#include "rego/ast_print.h"
#include "rego/parser_internal.h"

static struct ast_term *parse_ref(struct parser *, struct ast_term *head, uint32_t from);

/* ---- terms already read ---- */

/*
 * The grammar reads the same term more than once when it goes back; the second
 * time it costs one step.  Reading a term forgets those inside it and behind it.
 */
static const struct parser_cached *
find_cached(struct parser *p)
{
	for (const struct parser_cached *c = p->cache; c != NULL; c = c->next) {
		if (c->offset == p->s.loc.offset)
			return c;
		if (c->offset < p->s.loc.offset)
			break;
		p->work++;
	}
	return NULL;
}

static void
keep_cached(struct parser *p, uint32_t offset, struct ast_term *term)
{
	struct parser_cached *kept = p->cache, *c;

	while (kept != NULL && kept->offset >= offset)
		kept = kept->next;
	c = arena_alloc_raw(p->scratch, sizeof(*c), _Alignof(struct parser_cached));
	if (c == NULL) {
		p->stopped = true;
		return;
	}
	c->next = kept;
	c->offset = offset;
	c->term = term;
	c->after = p->s;
	p->cache = c;
}

struct ast_term *
parser_var(struct parser *p)
{
	str_t name = parser_word(p);

	if (str_eq(name, STR("_")))
		return parser_make_wildcard(p, p->s.loc);
	return parser_make_var(p, p->s.loc, name);
}

/* ---- references and calls ---- */

/* Behind a term that is complete: the lexeme after it, or what it is the head of. */
static struct ast_term *
finish_plain(struct parser *p, struct ast_term *head)
{
	struct ast_terms items = { 0 };
	str_t name = head->kind == AST_VAR ? rego_name_str(head->var.name) : STR_NONE;

	if (!str_eq(name, STR("input")) && !str_eq(name, STR("data")))
		return head;
	parser_push(p, &items, head);
	return parser_make_items(p, AST_REF, head->loc, items);
}

static bool
at_ref_part(const struct parser *p)
{
	enum lexeme_kind kind = p->s.word.kind;

	return kind == LEX_LPAREN || kind == LEX_DOT || kind == LEX_LBRACK;
}

static struct ast_term *
finish_term(struct parser *p, struct ast_term *head)
{
	parser_scan_space(p);
	if (at_ref_part(p))
		return parse_ref(p, head, head->loc.offset);
	if (p->s.word.kind == LEX_WHITESPACE)
		parser_scan(p);
	return finish_plain(p, head);
}

struct ast_term *
parser_finish_head(struct parser *p, struct ast_term *head)
{
	parser_scan_space(p);
	switch (p->s.word.kind) {
	case LEX_ADD: case LEX_SUB: case LEX_MUL: case LEX_DIV: case LEX_REM:
	case LEX_AND: case LEX_OR: case LEX_EQUAL: case LEX_NEQ:
	case LEX_GT: case LEX_GTE: case LEX_LT: case LEX_LTE:
		parser_unexpected(p, "%s", "");
		break;
	case LEX_WHITESPACE: /* f (x) is a head, though not a call */
		parser_scan(p);
		break;
	default:
		break;
	}
	if (at_ref_part(p))
		return parse_ref(p, head, head->loc.offset);
	return finish_plain(p, head);
}

static struct ast_loc
text_loc(struct ast_loc loc, uint32_t from, uint32_t to)
{
	loc.offset = from;
	loc.len = to > from ? to - from : 0;
	return loc;
}

/* At the parenthesis behind `operator`. */
static struct ast_term *
parse_call(struct parser *p, struct ast_term *operator, uint32_t from)
{
	struct ast_terms items = { 0 };
	struct ast_loc loc;
	bool is_set;

	parser_scan(p);
	is_set = p->s.word.kind == LEX_RPAREN && operator->items.count == 1 &&
	    operator->items.at[0]->kind == AST_VAR &&
	    str_eq(rego_name_str(operator->items.at[0]->var.name), STR("set"));
	if (!is_set)
		parser_push(p, &items, operator);
	if (!parser_list(p, LEX_RPAREN, &items))
		return NULL;
	loc = text_loc(operator->loc, from, p->s.word.end);
	parser_scan_space(p);
	return parser_make_items(p, is_set ? AST_SET : AST_CALL, loc, items);
}

static struct ast_term *
finish_call(struct parser *p, struct ast_terms *items, struct ast_loc loc, uint32_t from)
{
	struct ast_term *operator = parser_make_items(p, AST_REF,
	    text_loc(loc, from, p->s.loc.offset), *items);
	struct ast_term *call = operator != NULL ? parse_call(p, operator, from) : NULL;

	if (call == NULL)
		return NULL;
	if (p->s.word.kind == LEX_WHITESPACE)
		parser_scan(p);
	else if (p->s.word.kind == LEX_DOT || p->s.word.kind == LEX_LBRACK)
		return parse_ref(p, call, from);
	return call;
}

/* One .name or [term]; false: an error. */
static bool
parse_ref_part(struct parser *p, struct ast_terms *items)
{
	struct ast_term *part;

	if (p->s.word.kind == LEX_DOT) {
		parser_scan_space(p);
		if (p->s.word.kind != LEX_NAME && !parser_is_ref_keyword(p, p->s.word.kind)) {
			parser_unexpected(p, "expected identifier");
			return false;
		}
		part = parser_make_string(p, p->s.loc, parser_word(p));
	} else {
		parser_scan(p);
		part = parser_infix(p);
		if (part == NULL)
			return false;
		if (p->s.word.kind != LEX_RBRACK) {
			parser_unexpected(p, "expected ["); /* OPA's wording; it means ] */
			return false;
		}
	}
	parser_push(p, items, part);
	parser_scan_space(p);
	return !p->stopped || p->s.word.kind == LEX_EOF;
}

static struct ast_term *
parse_ref_parts(struct parser *p, struct ast_term *head, uint32_t from)
{
	struct ast_terms items = { 0 };
	uint32_t end;

	if (head->kind == AST_CONST || head->kind == AST_REF || head->kind == AST_TEMPLATE)
		parser_error(p, head->loc, "illegal ref (head cannot be %s)", rego_ast_kind_name(head));
	parser_push(p, &items, head);
	while (at_ref_part(p)) {
		if (p->s.word.kind == LEX_LPAREN)
			return finish_call(p, &items, head->loc, from);
		if (!parse_ref_part(p, &items))
			return NULL;
	}
	end = p->s.last_end;
	if (p->s.word.kind == LEX_WHITESPACE)
		parser_scan(p);
	return parser_make_items(p, AST_REF, text_loc(head->loc, from, end), items);
}

static struct ast_term *
parse_ref(struct parser *p, struct ast_term *head, uint32_t from)
{
	struct ast_term *term;

	if (!parser_enter(p, 1))
		return NULL;
	term = parse_ref_parts(p, head, from);
	parser_leave(p, 1);
	return term;
}

/* ---- terms ---- */

static struct ast_term *
parse_parens(struct parser *p)
{
	uint32_t from = p->s.loc.offset;
	struct ast_term *inner, *term;

	parser_scan(p);
	inner = parser_infix(p);
	if (inner == NULL)
		return NULL;
	if (p->s.word.kind != LEX_RPAREN) {
		parser_error(p, p->s.loc, "non-terminated expression");
		return NULL;
	}
	/* A copy: the inner term may be remembered without its parentheses. */
	term = ARENA_NEW(p->arena, struct ast_term);
	if (term == NULL)
		return NULL;
	*term = *inner;
	term->parens = true;
	term->loc = text_loc(inner->loc, from, p->s.word.end);
	return term;
}

/* -x of a variable or reference is 0 - x; of a number a number; of all else an error. */
static struct ast_term *
parse_minus(struct parser *p)
{
	struct ast_loc loc = p->s.loc;
	struct parser_state saved = p->s;
	struct ast_terms items = { 0 };
	struct ast_term *operand;

	parser_scan(p);
	if (p->s.word.kind != LEX_NAME && p->s.word.kind != LEX_CONTAINS) {
		p->s = saved;
		operand = parser_number(p);
		return operand != NULL ? finish_term(p, operand) : NULL;
	}
	operand = parser_var(p);
	if (operand != NULL)
		operand = finish_term(p, operand);
	if (operand == NULL)
		return NULL;
	parser_push(p, &items, parser_make_operator(p, loc, "minus"));
	parser_push(p, &items, parser_make_const(p, loc, value_int(0)));
	parser_push(p, &items, operand);
	return parser_make_items(p, AST_CALL, parser_extend(p, loc), items);
}

static struct ast_term *
parse_plain(struct parser *p)
{
	switch (p->s.word.kind) {
	case LEX_NULL:
		return parser_make_const(p, p->s.loc, value_null());
	case LEX_TRUE:
	case LEX_FALSE:
		return parser_make_const(p, p->s.loc, value_bool(p->s.word.kind == LEX_TRUE));
	case LEX_DOT:
	case LEX_NUMBER:
		return parser_number(p);
	case LEX_STRING:
	case LEX_RAW_STRING:
		return parser_string(p);
	case LEX_TEMPLATE_PART:
	case LEX_TEMPLATE_END:
		return parser_template(p, false);
	case LEX_RAW_TEMPLATE_PART:
	case LEX_RAW_TEMPLATE_END:
		return parser_template(p, true);
	case LEX_NAME:
	case LEX_CONTAINS: /* a keyword in heads only */
		return parser_var(p);
	case LEX_LBRACK:
		return parser_array(p);
	case LEX_LBRACE:
		return parser_braces(p);
	case LEX_LPAREN:
		return parse_parens(p);
	default:
		parser_unexpected(p, "%s", "");
		return NULL;
	}
}

struct ast_term *
parser_term(struct parser *p)
{
	const struct parser_cached *cached;
	struct ast_term *term;
	uint32_t offset = p->s.loc.offset;

	if (!parser_enter(p, 1))
		return NULL;
	cached = find_cached(p);
	if (cached != NULL) {
		p->s = cached->after;
		parser_leave(p, 1);
		return cached->term;
	}
	/* and(x, y) and or(x, y) are calls of the set operators where a term must stand. */
	if (parser_at_logic(p) && parser_peek_space(p) == LEX_LPAREN)
		p->s.word.kind = LEX_NAME;
	if (p->s.word.kind == LEX_SUB) {
		term = parse_minus(p);
	} else {
		term = parse_plain(p);
		if (term != NULL)
			term = finish_term(p, term);
	}
	keep_cached(p, offset, term);
	parser_leave(p, 1);
	return term;
}
