/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `and`, `or`, and `not` with a body (future.keywords).  An operand is an
 * expression or a body in braces; parentheses group.  In an operand's place a
 * brace opens a body, which takes some care to tell from sets and objects.
 */
#include "rego/ast_compare.h"
#include "rego/ast_print.h"
#include "rego/builtin.h"
#include "rego/parser_internal.h"

bool
parser_logic_is_on(const struct parser *p)
{
	return (p->s.lexer.words & (REGO_WORD_AND | REGO_WORD_OR)) != 0;
}

bool
parser_at_logic(const struct parser *p)
{
	return p->s.word.kind == LEX_LOGICAL_AND || p->s.word.kind == LEX_LOGICAL_OR;
}

static struct parser_operand
operand_of(struct parser *p, struct ast_expr *e)
{
	if (e == NULL)
		return (struct parser_operand){ 0 };
	return (struct parser_operand){ .body = parser_body_of(p, e), .loc = e->loc };
}

struct ast_expr *
parser_make_not(struct parser *p, struct ast_loc loc, struct parser_operand operand)
{
	struct ast_expr *e = parser_make_expr(p, AST_EXPR_NOT, loc);

	if (e == NULL)
		return NULL;
	e->logic->left = operand.body;
	e->logic->explicit_left = operand.explicit;
	return e;
}

/* ---- braces that might be read in two ways ---- */

/*
 * { a | b } as a body would be a union, which nobody means; or(a, b) and (a | b)
 * are fine.  The first expression decides.
 */
bool
parser_is_ambiguous_union(const struct parser *p, const struct ast_body *body)
{
	const struct ast_expr *e = body->exprs.count > 0 ? body->exprs.at[0] : NULL;
	const struct ast_term *op;

	if (e == NULL || e->kind != AST_EXPR_CALL)
		return false;
	op = e->terms.at[0];
	return op->kind == AST_REF && op->items.count == 1 &&
	    str_eq(parser_text(p, op->loc.offset, op->loc.offset + op->loc.len), STR("|")) &&
	    p->text.data[e->loc.offset] != '(';
}

void
parser_error_ambiguous(struct parser *p, struct ast_loc loc, uint32_t brace,
    const struct ast_body *body, const char *prefix)
{
	struct ast_loc first = body->exprs.at[0]->loc;
	str_t all = parser_text(p, brace, p->s.last_end);
	str_t before = parser_text(p, brace, first.offset);
	str_t inner = parser_text(p, first.offset, first.offset + first.len);
	str_t after = parser_text(p, first.offset + first.len, p->s.last_end);

	parser_hint(p, "write `%s(%.*s)` for the comprehension, or `%s%.*s(%.*s)%.*s` for the set union",
	    prefix, STR_FMT(all), prefix, STR_FMT(before), STR_FMT(inner), STR_FMT(after));
	parser_error(p, loc,
	    "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, "
	    "not as a comprehension");
}

void
parser_error_brace_operand(struct parser *p, struct ast_loc loc, str_t operand, const char *word)
{
	parser_hint(p, "wrap the operand to keep the value: `(%.*s) %s ...`", STR_FMT(operand), word);
	parser_error(p, loc, "operand of `%s` cannot begin with `{` unless the braces hold a body",
	    word);
}

/* The value that the leading brace of an infix expression opens. */
static const struct ast_term *
brace_led(const struct parser *p, const struct ast_term *t)
{
	while (t->kind == AST_CALL && t->items.count > 1 &&
	    t->items.at[1]->loc.offset <= t->items.at[0]->loc.offset)
		t = t->items.at[1];
	(void)p;
	return t;
}

static void
error_needs_body(struct parser *p, struct ast_loc loc, const struct ast_term *t, const char *prefix)
{
	str_t operand = parser_text(p, loc.offset, p->s.last_end);

	parser_hint(p, "write `%s(%.*s)` to negate the value, or `%s{%.*s}` for a body holding it",
	    prefix, STR_FMT(operand), prefix, STR_FMT(operand));
	parser_error(p, loc, "`{...}` in an operand position must contain expression(s), got: %s",
	    rego_ast_kind_name(brace_led(p, t)));
}

/*
 * `{ body }` where braces must hold one.  When they hold a value instead, that is
 * what is reported: with `word` for an operand of and/or, else for `not`.
 */
static bool
parse_braced(struct parser *p, const char *word, struct parser_operand *ret)
{
	struct parser_state start = p->s, failed;
	struct ast_term *value;
	bool empty;

	*ret = (struct parser_operand){ .explicit = true, .loc = p->s.loc };
	parser_scan(p);
	empty = p->s.word.kind == LEX_RBRACE;
	if (parser_body(p, LEX_RBRACE, &ret->body)) {
		parser_scan(p);
		return true;
	}
	ret->body = (struct ast_body){ 0 };
	if (empty || (word != NULL && word[0] == '\0'))
		return false;
	failed = p->s;
	p->s = start;
	value = parser_infix(p);
	if (value == NULL) {
		p->s = failed;
	} else if (word == NULL) {
		error_needs_body(p, start.loc, value, "not ");
	} else {
		parser_error_brace_operand(p, start.loc,
		    parser_text(p, start.loc.offset, p->s.last_end), word);
	}
	return false;
}

struct ast_expr *
parser_not_body(struct parser *p, struct ast_loc not_loc)
{
	struct parser_operand operand;

	if (!parse_braced(p, NULL, &operand))
		return NULL;
	if (parser_is_ambiguous_union(p, &operand.body)) {
		parser_error_ambiguous(p, operand.loc, operand.loc.offset, &operand.body, "not ");
		return NULL;
	}
	return parser_make_not(p, parser_extend(p, not_loc), operand);
}

void
parser_error_with_on_operand(struct parser *p, struct ast_loc loc)
{
	const char *word = rego_lexeme_text(p->s.word.kind);

	parser_hint(p,
	    "Wrap the operand in `(...)` or `{...}` to scope, or move `with` after the `%s` "
	    "expression to apply it to the whole expression", word);
	parser_error(p, loc, "`with` modifier is not allowed on operand of `%s`", word);
}

/* ---- operands ---- */

static struct parser_operand
parse_plain_operand(struct parser *p, bool negated, struct ast_loc not_loc)
{
	struct ast_expr *e = parser_expr(p);

	if (e == NULL)
		return (struct parser_operand){ 0 };
	if (negated && p->not_bodies)
		e = parser_make_not(p, parser_extend(p, not_loc), operand_of(p, e));
	else if (negated)
		e->negated = true;
	return operand_of(p, e);
}

/* `word` is the operator's, empty when the caller only tries. */
static struct parser_operand
parse_operand(struct parser *p, const char *word)
{
	struct parser_operand operand;
	struct ast_loc not_loc = p->s.loc;
	bool negated;

	if (p->s.word.kind == LEX_LBRACE) {
		if (parse_braced(p, word, &operand) && parser_is_ambiguous_union(p, &operand.body))
			parser_error_ambiguous(p, operand.loc, operand.loc.offset, &operand.body, "");
		return operand;
	}
	negated = parser_is_negation(p);
	if (negated)
		parser_scan(p);
	if (negated && p->not_bodies && p->s.word.kind == LEX_LBRACE)
		return operand_of(p, parser_not_body(p, not_loc));
	if (p->s.word.kind == LEX_LPAREN && parser_logic_is_on(p) && (!negated || p->not_bodies) &&
	    parser_logic_group(p, true, negated ? "not " : "", &operand)) {
		if (operand.body.exprs.count > 0 && negated)
			return operand_of(p,
			    parser_make_not(p, parser_extend(p, not_loc), operand));
		return operand;
	}
	return parse_plain_operand(p, negated, not_loc);
}

/* ---- chains ---- */

/* print(..) and the like always succeed: an operand of nothing else makes no sense. */
static void
check_void_operand(struct parser *p, const struct ast_body *body, const char *word)
{
	const struct ast_expr *first = NULL;
	str_t first_name = STR_NONE;

	for (size_t i = 0; i < body->exprs.count; i++) {
		const struct ast_expr *e = body->exprs.at[i];
		uint32_t id;
		str_t name;

		if (e->negated || e->kind != AST_EXPR_CALL)
			return;
		name = rego_ast_text(p->scratch, e->terms.at[0]);
		id = rego_builtin_find(name);
		if (id == REGO_BUILTIN_NONE || !rego_builtin_is_void(id))
			return;
		if (first == NULL) {
			first = e;
			first_name = name;
		}
	}
	if (first == NULL)
		return;
	parser_hint(p,
	    "`%.*s` produces no value and always succeeds, so the operand can never fail; "
	    "move it out of the operand, or add an expression that can fail", STR_FMT(first_name));
	parser_error(p, first->loc, "operand of `%s` cannot consist only of calls to `%.*s`", word,
	    STR_FMT(first_name));
}

static struct parser_operand
join(struct parser *p, enum ast_expr_kind kind, struct parser_operand left,
    struct parser_operand right)
{
	const char *word = kind == AST_EXPR_AND ? "and" : "or";
	struct ast_expr *e;

	if (!parser_enter(p, PARSER_CHAIN_WEIGHT)) /* parser_logic_chain() leaves */
		return (struct parser_operand){ 0 };
	check_void_operand(p, &left.body, word);
	check_void_operand(p, &right.body, word);
	e = parser_make_expr(p, kind, parser_extend(p, left.loc));
	if (e == NULL)
		return (struct parser_operand){ 0 };
	*e->logic = (struct ast_logic){ left.body, right.body, left.explicit, right.explicit };
	return operand_of(p, e);
}

/* Folds `and ...` onto `left`; without expressions: an error. */
static struct parser_operand
parse_and_chain(struct parser *p, struct parser_operand left)
{
	while (p->s.word.kind == LEX_LOGICAL_AND && left.body.exprs.count > 0) {
		struct parser_operand right;

		parser_scan(p);
		right = parse_operand(p, "and");
		if (right.body.exprs.count == 0)
			return right;
		left = join(p, AST_EXPR_AND, left, right);
	}
	return left;
}

static struct parser_operand
parse_or_chain(struct parser *p, struct parser_operand left)
{
	left = parse_and_chain(p, left);
	while (p->s.word.kind == LEX_LOGICAL_OR && left.body.exprs.count > 0) {
		struct parser_operand right;

		parser_scan(p);
		right = parse_operand(p, "or");
		if (right.body.exprs.count > 0)
			right = parse_and_chain(p, right);
		if (right.body.exprs.count == 0)
			return right;
		left = join(p, AST_EXPR_OR, left, right);
	}
	return left;
}

struct ast_expr *
parser_logic_chain(struct parser *p, struct parser_operand left)
{
	uint32_t depth = p->depth;
	struct parser_operand chain = parse_or_chain(p, left);

	p->depth = depth;
	return chain.body.exprs.count > 0 ? chain.body.exprs.at[0] : NULL;
}

struct ast_expr *
parser_logic_tail(struct parser *p, struct parser_operand left)
{
	if (parser_at_logic(p))
		return parser_attach_with(p, parser_logic_chain(p, left));
	return parser_attach_with(p, left.body.exprs.at[0]);
}

/* ---- groups ---- */

static bool
expect_rparen(struct parser *p)
{
	if (p->s.word.kind != LEX_RPAREN) {
		parser_error(p, p->s.loc, "expected ) to close parenthesized group");
		return false;
	}
	parser_scan(p);
	return true;
}

/* Finishes a group that is one: at its closing parenthesis, if all is well. */
static bool
close_group(struct parser *p, struct ast_loc open, struct ast_body body, struct parser_operand *ret)
{
	if (body.exprs.count > 0 && !p->stopped && expect_rparen(p))
		*ret = (struct parser_operand){ .body = body, .loc = parser_extend(p, open) };
	return true;
}

/* (a with x): the `with` is the operand's; not a group unless an operand stands here. */
static bool
parse_group_with(struct parser *p, struct ast_loc open, struct ast_body body, bool is_operand,
    struct parser_operand *ret)
{
	struct ast_loc with_loc = p->s.loc;

	if (parser_attach_with(p, body.exprs.at[0]) == NULL)
		return true;
	if (parser_at_logic(p)) {
		parser_error_with_on_operand(p, with_loc);
		return true;
	}
	if (!expect_rparen(p))
		return true;
	if (!is_operand && !parser_at_logic(p))
		return false;
	*ret = (struct parser_operand){ .body = body, .loc = parser_extend(p, open) };
	return true;
}

/* ({ body }): no group; the braces must then hold a value. */
static bool
parse_group_braces(struct parser *p, const struct parser_state *start, struct ast_loc braces,
    const char *prefix)
{
	str_t text = parser_text(p, braces.offset, p->s.last_end);
	struct ast_term *term;

	p->s = *start;
	parser_scan(p);
	term = parser_term(p);
	p->s = *start;
	if (term != NULL)
		return false;
	parser_hint(p, "drop the parens to keep the body: `%s%.*s`", prefix, STR_FMT(text));
	parser_error(p, start->loc, "`(...)` in an operand position cannot contain a body");
	return true;
}

static bool
is_single(const struct ast_body *body, enum ast_expr_kind kind)
{
	return body->exprs.count == 1 && body->exprs.at[0]->kind == kind;
}

/* Behind the parenthesis and one operand: is it a group? */
static bool
parse_group_rest(struct parser *p, const struct parser_state *start, struct parser_operand left,
    bool is_operand, const char *prefix, struct parser_operand *ret)
{
	if (parser_at_logic(p)) {
		struct ast_expr *e = parser_attach_with(p, parser_logic_chain(p, left));

		return e == NULL ? true : close_group(p, start->loc, parser_body_of(p, e), ret);
	}
	if (p->s.word.kind == LEX_WITH && !left.explicit && left.body.exprs.count == 1)
		return parse_group_with(p, start->loc, left.body, is_operand, ret);
	if (left.explicit)
		return parse_group_braces(p, start, left.loc, prefix);
	if (is_single(&left.body, AST_EXPR_AND) || is_single(&left.body, AST_EXPR_OR) ||
	    is_single(&left.body, AST_EXPR_NOT) ||
	    (left.body.exprs.count == 1 && left.body.exprs.at[0]->negated))
		return close_group(p, start->loc, left.body, ret);
	return false;
}

static bool
parse_group(struct parser *p, bool is_operand, const char *prefix, struct parser_operand *ret)
{
	struct parser_state start = p->s;
	struct parser_operand left;

	parser_scan(p);
	if (p->s.word.kind == LEX_RPAREN) {
		if (is_operand)
			parser_error(p, start.loc, "empty parenthesized group");
		else
			p->s = start;
		return is_operand;
	}
	left = parse_operand(p, "");
	if (left.body.exprs.count > 0 &&
	    parse_group_rest(p, &start, left, is_operand, prefix, ret))
		return true;
	p->s = start;
	return false;
}

bool
parser_logic_group(struct parser *p, bool is_operand, const char *prefix,
    struct parser_operand *ret)
{
	bool is_group;

	*ret = (struct parser_operand){ 0 };
	if (!parser_enter(p, PARSER_LITERAL_WEIGHT))
		return true;
	is_group = parse_group(p, is_operand, prefix, ret);
	parser_leave(p, PARSER_LITERAL_WEIGHT);
	return is_group;
}
