/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "rego/ast_compare.h"
#include "rego/ast_print.h"
#include "rego/parser_internal.h"
#include "value/number.h"

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

/* ---- scalars ---- */

/*
 * The binary exponent of a decimal spelling, about; OPA refuses numbers beyond
 * 2^100000 either way, since printing them costs too much.
 */
static bool
is_too_big(str_t digits)
{
	double mantissa = 0, exponent = 0, scale = 0;
	bool fraction = false, negative = false;
	size_t i = 0;

	for (; i < digits.len && (digits.data[i] | 0x20) != 'e'; i++) {
		if (digits.data[i] == '.') {
			fraction = true;
			continue;
		}
		if (mantissa < 1e15)
			mantissa = mantissa * 10 + (digits.data[i] - '0');
		else
			scale++;
		if (fraction)
			scale--;
	}
	for (i++; i < digits.len; i++) {
		if (digits.data[i] == '-')
			negative = true;
		else if (digits.data[i] != '+' && exponent < 1e9)
			exponent = exponent * 10 + (digits.data[i] - '0');
	}
	if (mantissa == 0)
		return false;
	scale += negative ? -exponent : exponent;
	return fabs(log2(mantissa) + scale * log2(10)) >= 1e5;
}

static struct ast_term *
parse_number(struct parser *p)
{
	struct ast_loc loc = p->s.loc;
	bool negative = p->s.word.kind == LEX_SUB, point = false;
	str_t digits;
	value_t number;

	if (negative) {
		parser_scan(p);
		if (p->s.word.kind != LEX_NUMBER && p->s.word.kind != LEX_DOT) {
			parser_unexpected(p, "expected number");
			return NULL;
		}
	}
	if (p->s.word.kind == LEX_DOT) {
		point = true;
		parser_scan(p);
		if (p->s.word.kind != LEX_NUMBER) {
			parser_unexpected(p, "expected number");
			return NULL;
		}
	}
	digits = parser_word(p);
	if (!point && digits.len > 1 && digits.data[0] == '0' && digits.data[1] != '.' &&
	    !(digits.len > 2 && (digits.data[1] | 0x20) == 'e')) {
		parser_unexpected(p, "expected number without leading zero");
		return NULL;
	}
	if (point && memchr(digits.data, '.', digits.len) != NULL) {
		parser_unexpected(p, "invalid float");
		return NULL;
	}
	if (is_too_big(digits)) {
		parser_error(p, p->s.loc, "number too big");
		return NULL;
	}
	number = number_parse(p->arena, arena_printf(p->scratch, "%s%s%.*s", negative ? "-" : "",
	    point ? "0." : "", STR_FMT(digits)));
	if (!value_is_defined(number))
		parser_unexpected(p, "invalid float");
	return parser_make_const(p, loc, number);
}

static str_t
inner_text(str_t literal)
{
	return str_sub(literal, 1, literal.len - 2);
}

static struct ast_term *
parse_string(struct parser *p)
{
	str_t literal = parser_word(p), text = inner_text(literal);

	if (p->s.word.kind == LEX_STRING &&
	    !rego_lexeme_unescape(p->scratch, text, false, &text)) {
		parser_error(p, p->s.loc, "illegal string literal: %.*s", STR_FMT(literal));
		return NULL;
	}
	return parser_make_string(p, p->s.loc, text);
}

struct ast_term *
parser_var(struct parser *p)
{
	str_t name = parser_word(p);

	if (str_eq(name, STR("_")))
		return parser_make_wildcard(p, p->s.loc);
	return parser_make_var(p, p->s.loc, name);
}

/* ---- template strings ---- */

struct template {
	struct ast_terms parts;
	VEC(struct ast_withs) withs; /* of each part */
	bool has_with;
};

static void
push_part(struct parser *p, struct template *t, struct ast_term *part, struct ast_withs withs)
{
	parser_push(p, &t->parts, part);
	if (!VEC_PUSH(p->arena, &t->withs, withs))
		p->stopped = true;
	t->has_with |= withs.count > 0;
}

static bool
is_operator(const struct ast_expr *e, const char *name)
{
	const struct ast_term *op = e->kind == AST_EXPR_CALL ? e->terms.at[0] : NULL;

	return op != NULL && op->kind == AST_REF && op->items.count == 1 &&
	    op->items.at[0]->kind == AST_VAR &&
	    str_eq(rego_name_str(op->items.at[0]->var.name), str_of(name));
}

/* What an expression in a template must not be; NULL: it is fine. */
static const char *
template_fault(const struct ast_expr *e)
{
	if (e->negated)
		return "negation ('not')";
	if (is_operator(e, "eq"))
		return "unification ('=')";
	if (is_operator(e, "assign"))
		return "assignment (':=')";
	if (e->kind == AST_EXPR_EVERY)
		return "'every'";
	if (e->kind == AST_EXPR_SOME)
		return "'some'";
	return NULL;
}

static struct ast_term *
expr_as_term(struct parser *p, struct ast_expr *e)
{
	if (e->kind == AST_EXPR_TERM)
		return e->terms.at[0];
	return parser_make_items(p, AST_CALL, e->loc, e->terms);
}

static bool
parse_template_expr(struct parser *p, struct template *t)
{
	struct ast_expr *e;
	const char *fault;

	parser_scan(p);
	e = parser_literal(p);
	if (e == NULL) {
		parser_error(p, p->s.loc, "invalid template-string expression");
		return false;
	}
	fault = template_fault(e);
	if (fault == NULL && e->kind >= AST_EXPR_NOT)
		fault = "logical expression";
	if (fault != NULL) {
		parser_error(p, e->loc, "unexpected %s in template-string expression", fault);
		return false;
	}
	push_part(p, t, expr_as_term(p, e), e->withs);
	if (p->s.word.kind != LEX_RBRACE) {
		parser_error(p, p->s.loc, "expected } to end template string expression");
		return false;
	}
	return true;
}

static bool
parse_template_text(struct parser *p, bool raw, bool first, struct template *t)
{
	str_t literal = parser_word(p), inner, text;
	size_t open = first ? 2 : 0; /* the dollar and the quote */

	inner = str_sub(literal, open, literal.len - open - 1);
	if (raw ? !rego_lexeme_unescape_raw(p->scratch, inner, &text)
	        : !rego_lexeme_unescape(p->scratch, inner, true, &text)) {
		parser_error(p, p->s.loc, "illegal template-string part: %.*s", STR_FMT(literal));
		return false;
	}
	if (text.len > 0)
		push_part(p, t, parser_make_string(p, p->s.loc, text), (struct ast_withs){ 0 });
	return true;
}

static struct ast_term *
parse_template(struct parser *p, bool raw)
{
	struct ast_loc loc = p->s.loc;
	struct template t = { 0 };
	struct ast_term *term;

	for (bool first = true;; first = false) {
		enum lexeme_kind kind = p->s.word.kind;

		if (kind != LEX_TEMPLATE_PART && kind != LEX_TEMPLATE_END &&
		    kind != LEX_RAW_TEMPLATE_PART && kind != LEX_RAW_TEMPLATE_END) {
			parser_error(p, p->s.loc, "expected template-string part");
			return NULL;
		}
		if (!parse_template_text(p, raw, first, &t))
			return NULL;
		if (kind == LEX_TEMPLATE_END || kind == LEX_RAW_TEMPLATE_END)
			break;
		if (!parse_template_expr(p, &t))
			return NULL;
		parser_scan_template(p, raw);
	}
	loc.len = p->s.word.end - loc.offset;
	term = parser_make_items(p, AST_TEMPLATE, loc, t.parts);
	if (term != NULL) {
		term->multiline = raw;
		term->withs = t.has_with ? t.withs.at : NULL;
	}
	return term;
}

/* ---- lists ---- */

/* Elements up to `end`, commas between them; a last comma may stand alone. */
static bool
parse_list(struct parser *p, enum lexeme_kind end, struct ast_terms *items)
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
	if (!parse_list(p, end, &items))
		return NULL;
	return parser_make_items(p, kind, closed_loc(p, loc), items);
}

static struct ast_term *
parse_array(struct parser *p)
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

static struct ast_term *
parse_braces(struct parser *p)
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
	if (!parse_list(p, LEX_RPAREN, &items))
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
		operand = parse_number(p);
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
		return parse_number(p);
	case LEX_STRING:
	case LEX_RAW_STRING:
		return parse_string(p);
	case LEX_TEMPLATE_PART:
	case LEX_TEMPLATE_END:
		return parse_template(p, false);
	case LEX_RAW_TEMPLATE_PART:
	case LEX_RAW_TEMPLATE_END:
		return parse_template(p, true);
	case LEX_NAME:
	case LEX_CONTAINS: /* a keyword in heads only */
		return parser_var(p);
	case LEX_LBRACK:
		return parse_array(p);
	case LEX_LBRACE:
		return parse_braces(p);
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
