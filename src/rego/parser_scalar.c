/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, strings, and template strings. */
#include "rego/ast_compare.h"
#include "rego/parser_internal.h"
#include "value/number.h"

/*
 * The binary exponent of a decimal spelling, about; OPA refuses numbers beyond
 * 2^100000 either way, since printing them costs too much.
 */
static bool
is_too_big(str_t digits)
{
	static const double log2_of_10 = 3.321928094887362;
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
	scale = (scale + (negative ? -exponent : exponent)) * log2_of_10;
	for (; mantissa >= 1; mantissa /= 2)
		scale++;
	return scale > 1e5 || scale < -1e5;
}

struct ast_term *
parser_number(struct parser *p)
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

struct ast_term *
parser_string(struct parser *p)
{
	str_t literal = parser_word(p), text = str_sub(literal, 1, literal.len - 2);

	if (p->s.word.kind == LEX_STRING &&
	    !rego_lexeme_unescape(p->scratch, text, false, &text)) {
		parser_error(p, p->s.loc, "illegal string literal: %.*s", STR_FMT(literal));
		return NULL;
	}
	return parser_make_string(p, p->s.loc, text);
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
expr_as_term(struct parser *p, struct ast_expr *e, bool commented)
{
	struct ast_term *t;

	if (e->kind == AST_EXPR_TERM) {
		if (!commented || e->terms.at[0]->kind != AST_CONST)
			return e->terms.at[0];
		t = parser_copy_term(p, e->terms.at[0], NULL);
		if (t != NULL)
			t->commented = true;
		return t;
	}
	return parser_make_items(p, AST_CALL, e->loc, e->terms);
}

static bool
parse_template_expr(struct parser *p, struct template *t)
{
	const struct parser_note *comments = p->s.comments;
	bool commented;
	struct ast_expr *e;
	const char *fault;

	parser_scan(p);
	commented = p->s.comments != comments;
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
	push_part(p, t, expr_as_term(p, e, commented), e->withs);
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

struct ast_term *
parser_template(struct parser *p, bool raw)
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
