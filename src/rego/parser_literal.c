/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_compare.h"
#include "rego/parser_internal.h"

static struct ast_expr *parse_literal(struct parser *);

/* ---- bodies ---- */

bool
parser_query(struct parser *p, bool require_semicolon, enum lexeme_kind end, struct ast_body *ret)
{
	*ret = (struct ast_body){ 0 };
	if (p->s.word.kind == end) {
		parser_error(p, p->s.loc, "found empty body");
		return false;
	}
	for (;;) {
		struct ast_expr *e = parser_literal(p);

		if (e == NULL || p->stopped)
			return false;
		parser_push_expr(p, ret, e);
		if (p->s.word.kind == LEX_SEMICOLON) {
			parser_scan(p);
			continue;
		}
		if (p->s.word.kind == end || require_semicolon)
			return true;
		if (!p->s.skipped_newline) {
			if (p->s.error_count == 0)
				parser_unexpected(p, "expected \\n or ; or %s", rego_lexeme_text(end));
			return false;
		}
	}
}

bool
parser_body(struct parser *p, enum lexeme_kind end, struct ast_body *ret)
{
	bool done;

	if (!parser_enter(p, PARSER_LITERAL_WEIGHT))
		return false;
	done = parser_query(p, false, end, ret);
	parser_leave(p, PARSER_LITERAL_WEIGHT);
	return done;
}

/* ---- with ---- */

bool
parser_with(struct parser *p, struct ast_withs *ret)
{
	while (p->s.word.kind == LEX_WITH) {
		struct ast_with with = { .loc = p->s.loc };

		parser_scan(p);
		if (p->s.word.kind != LEX_NAME) {
			parser_unexpected(p, "expected ident");
			return false;
		}
		with.target = parser_term(p);
		if (with.target == NULL)
			return false;
		if (with.target->kind != AST_REF && with.target->kind != AST_VAR)
			parser_unexpected(p, "expected with target path");
		if (p->s.word.kind != LEX_AS) {
			parser_unexpected(p, "expected as keyword");
			return false;
		}
		parser_scan(p);
		with.value = parser_infix(p);
		if (with.value == NULL)
			return false;
		with.loc = parser_extend(p, with.loc);
		if (!VEC_PUSH(p->arena, ret, with))
			return false;
	}
	return true;
}

struct ast_expr *
parser_attach_with(struct parser *p, struct ast_expr *e)
{
	if (e == NULL || p->s.word.kind != LEX_WITH)
		return e;
	e->withs = (struct ast_withs){ 0 };
	return parser_with(p, &e->withs) ? e : NULL;
}

/* ---- some and every ---- */

/* 2 for `x in xs`, 3 for `k, v in xs`, 0 for all else. */
static unsigned
membership_of(const struct ast_term *t)
{
	const struct ast_terms *op;
	str_t name;

	if (t == NULL || t->kind != AST_CALL)
		return 0;
	op = &t->items.at[0]->items;
	if (t->items.at[0]->kind != AST_REF || op->count != 2 || op->at[0]->kind != AST_VAR ||
	    !str_eq(rego_name_str(op->at[0]->var.name), STR("internal")) ||
	    op->at[1]->kind != AST_CONST || !value_is_string(op->at[1]->constant))
		return 0;
	name = value_str(op->at[1]->constant);
	return str_eq(name, STR("member_2")) ? 2 : str_eq(name, STR("member_3")) ? 3 : 0;
}

/* Runs with all keywords on, to see whether the text would then be right; the state is put back. */
static bool
would_be(struct parser *p, bool (*attempt)(struct parser *))
{
	struct parser_state saved = p->s;
	struct parser_cached *cache = p->cache;
	bool answer;

	p->s.lexer.words |= REGO_WORDS_V1 | REGO_WORD_NOT | REGO_WORD_AND | REGO_WORD_OR;
	p->cache = NULL;
	answer = attempt(p);
	p->s = saved;
	p->cache = cache;
	return answer;
}

static bool
try_membership(struct parser *p)
{
	return membership_of(parser_infix(p)) != 0;
}

/* `some x in xs`; NULL with *ret_failed unset: it is not that, and the state is to be put back. */
static struct ast_expr *
parse_some_in(struct parser *p, struct ast_loc loc, bool *ret_failed)
{
	struct ast_term *term;
	struct ast_expr *e;
	unsigned membership;

	parser_scan(p);
	term = parser_infix(p);
	*ret_failed = false;
	if (term == NULL || term->kind != AST_CALL)
		return NULL;
	*ret_failed = true;
	membership = membership_of(term);
	if (membership == 0) {
		parser_unexpected(p, "expected `x in xs` or `x, y in xs` expression");
		return NULL;
	}
	if (term->items.count != membership + 1) {
		parser_unexpected(p, "illegal domain");
		return NULL;
	}
	e = parser_make_expr(p, AST_EXPR_SOME, loc);
	if (e == NULL)
		return NULL;
	parser_push(p, &e->terms, term);
	return parser_attach_with(p, e);
}

static struct ast_expr *
parse_some(struct parser *p)
{
	struct ast_loc loc = p->s.loc;
	struct parser_state saved = p->s;
	bool failed;
	struct ast_expr *e = parse_some_in(p, loc, &failed);

	if (e != NULL || failed)
		return e;
	p->s = saved;
	if (p->options.version == REGO_V0) {
		parser_scan(p);
		failed = would_be(p, try_membership);
		p->s = saved;
		if (failed)
			parser_hint(p, "`import future.keywords.in` for `some x in xs` expressions");
	}
	e = parser_make_expr(p, AST_EXPR_SOME, loc);
	if (e == NULL)
		return NULL;
	do {
		parser_scan(p);
		if (p->s.word.kind != LEX_NAME) {
			parser_unexpected(p, "expected var");
			return NULL;
		}
		parser_push(p, &e->terms, parser_var(p));
		parser_scan(p);
	} while (p->s.word.kind == LEX_COMMA);
	return e;
}

/* The variables and the domain of `every k, v in xs`. */
static bool
take_every_terms(struct parser *p, const struct ast_term *call, struct ast_every *every)
{
	unsigned membership = membership_of(call);

	if (membership == 0) {
		parser_unexpected(p, "expected `x[, y] in xs { ... }` expression");
		return false;
	}
	if (call->items.count != membership + 1) {
		parser_unexpected(p, "illegal domain");
		return false;
	}
	every->key = membership == 3 ? call->items.at[1] : NULL;
	every->value = call->items.at[membership - 1];
	every->domain = call->items.at[membership];
	if (every->key != NULL && every->key->kind != AST_VAR) {
		parser_unexpected(p, "expected key to be a variable");
		return false;
	}
	if (every->value->kind != AST_VAR) {
		parser_unexpected(p, "expected value to be a variable");
		return false;
	}
	return true;
}

static struct ast_expr *
parse_every(struct parser *p)
{
	struct ast_expr *e = parser_make_expr(p, AST_EXPR_EVERY, p->s.loc);
	struct ast_term *term;

	if (e == NULL)
		return NULL;
	parser_scan(p);
	term = parser_infix(p);
	if (term == NULL || !take_every_terms(p, term, e->every))
		return NULL;
	if (p->s.word.kind != LEX_LBRACE) {
		parser_unexpected(p, "missing body");
		return NULL;
	}
	parser_scan(p);
	if (!parser_body(p, LEX_RBRACE, &e->every->body))
		return NULL;
	parser_scan(p);
	return parser_attach_with(p, e);
}

static bool
try_every(struct parser *p)
{
	return parse_every(p) != NULL;
}

/* ---- expressions ---- */

struct ast_expr *
parser_expr(struct parser *p)
{
	struct ast_loc loc = p->s.loc;
	struct ast_term *left = parser_infix(p), *right;
	struct ast_term *operator;
	struct ast_expr *e;
	enum lexeme_kind kind = p->s.word.kind;

	if (left == NULL)
		return NULL;
	if (kind != LEX_ASSIGN && kind != LEX_UNIFY)
		return parser_make_term_expr(p, parser_extend(p, loc), left);
	operator = parser_make_operator(p, p->s.loc, rego_lexeme_text(kind));
	parser_scan(p);
	right = parser_infix(p);
	if (right == NULL)
		return NULL;
	e = parser_make_expr(p, AST_EXPR_CALL, parser_extend(p, loc));
	if (e == NULL)
		return NULL;
	parser_push(p, &e->terms, operator);
	parser_push(p, &e->terms, left);
	parser_push(p, &e->terms, right);
	return e;
}

/* In v0 `every` is a name; if it begins what would be an every expression, say so. */
static void
hint_every(struct parser *p, const struct parser_state *start, const struct ast_expr *e)
{
	struct parser_state saved = p->s;
	bool hint;

	if (p->options.version != REGO_V0 || e->kind != AST_EXPR_TERM ||
	    e->terms.at[0]->kind != AST_VAR ||
	    !str_eq(rego_name_str(e->terms.at[0]->var.name), STR("every")))
		return;
	p->s = *start;
	hint = would_be(p, try_every);
	p->s = saved;
	if (hint)
		parser_hint(p, "`import future.keywords.every` for `every x in xs { ... }` expressions");
}

bool
parser_is_negation(struct parser *p)
{
	enum lexeme_kind next;

	if (p->s.word.kind != LEX_NOT)
		return false;
	next = parser_peek_space(p);
	return next != LEX_DOT && next != LEX_LBRACK;
}

/* Wraps `not` around what was read, under future.keywords.not; its `with` moves outwards. */
static struct ast_expr *
negate(struct parser *p, struct ast_expr *e, struct ast_loc not_loc)
{
	struct ast_withs withs = e->withs;
	struct ast_expr *outer;

	if (!p->not_bodies) {
		e->negated = true;
		return e;
	}
	e->withs = (struct ast_withs){ 0 };
	not_loc = parser_extend(p, not_loc);
	e->loc = not_loc;
	outer = parser_make_not(p, not_loc, (struct parser_operand){ .body = parser_body_of(p, e) });
	if (outer != NULL)
		outer->withs = withs;
	return outer;
}

/* An expression that `and` or `or` follows. */
static struct ast_expr *
parse_chain_from(struct parser *p, struct ast_expr *e, struct ast_loc loc, bool negated)
{
	str_t text = parser_text(p, loc.offset, loc.offset + loc.len);

	if (!negated && str_has_prefix(text, STR("{"))) {
		const struct ast_term *t = e->terms.count == 1 ? e->terms.at[0] : NULL;

		if (e->kind == AST_EXPR_TERM && t->kind == AST_OBJECT && t->items.count == 0)
			parser_error(p, loc, "found empty body");
		else
			parser_error_brace_operand(p, loc, text, rego_lexeme_text(p->s.word.kind));
		return NULL;
	}
	return parser_attach_with(p, parser_logic_chain(p,
	    (struct parser_operand){ .body = parser_body_of(p, e), .loc = loc }));
}

static struct ast_expr *
parse_literal_expr(struct parser *p, bool negated, struct ast_loc not_loc)
{
	struct parser_state start = p->s;
	struct parser_operand group;
	struct ast_expr *e;
	struct ast_loc with_loc, loc;
	bool has_with;

	if (negated && p->not_bodies && p->s.word.kind == LEX_LPAREN &&
	    parser_logic_group(p, true, "not ", &group)) {
		struct ast_expr *outer;

		if (group.body.exprs.count == 0)
			return NULL;
		outer = parser_make_not(p, parser_extend(p, not_loc), group);
		if (outer == NULL)
			return NULL;
		return parser_logic_tail(p,
		    (struct parser_operand){ .body = parser_body_of(p, outer), .loc = outer->loc });
	}
	e = parser_expr(p);
	if (e == NULL)
		return NULL;
	has_with = p->s.word.kind == LEX_WITH;
	with_loc = p->s.loc;
	if (parser_attach_with(p, e) == NULL)
		return NULL;
	hint_every(p, &start, e);
	if (negated) {
		e = negate(p, e, not_loc);
		if (e == NULL)
			return NULL;
	}
	if (!parser_at_logic(p))
		return e;
	if (has_with) {
		parser_error_with_on_operand(p, with_loc);
		return NULL;
	}
	loc = parser_extend(p, e->kind == AST_EXPR_NOT ? not_loc : start.loc);
	e->loc = loc;
	return parse_chain_from(p, e, loc, negated);
}

/* `{ body } and ...`; NULL with *ret_failed unset: it is not that, and the state is as before. */
static struct ast_expr *
parse_leading_body(struct parser *p, bool *ret_failed)
{
	struct parser_state saved = p->s;
	struct parser_operand left = { .explicit = true, .loc = p->s.loc };

	*ret_failed = false;
	parser_scan(p);
	if (parser_body(p, LEX_RBRACE, &left.body)) {
		parser_scan(p);
		if (parser_at_logic(p)) {
			*ret_failed = true;
			if (parser_is_ambiguous_union(p, &left.body)) {
				parser_error_ambiguous(p, left.loc, left.loc.offset, &left.body, "");
				return NULL;
			}
			return parser_attach_with(p, parser_logic_chain(p, left));
		}
	}
	p->s = saved;
	return NULL;
}

static struct ast_expr *
parse_negatable(struct parser *p)
{
	struct ast_loc not_loc = p->s.loc;
	bool negated = parser_is_negation(p);

	if (negated)
		parser_scan(p);
	if (negated && p->not_bodies && p->s.word.kind == LEX_LBRACE) {
		struct ast_expr *e = parser_not_body(p, not_loc);

		if (e == NULL)
			return NULL;
		return parser_logic_tail(p,
		    (struct parser_operand){ .body = parser_body_of(p, e), .loc = e->loc });
	}
	if (p->s.word.kind != LEX_SOME && p->s.word.kind != LEX_EVERY)
		return parse_literal_expr(p, negated, not_loc);
	if (negated) {
		parser_unexpected(p, "illegal negation of '%s'", rego_lexeme_text(p->s.word.kind));
		return NULL;
	}
	return p->s.word.kind == LEX_SOME ? parse_some(p) : parse_every(p);
}

static struct ast_expr *
parse_literal(struct parser *p)
{
	if (parser_logic_is_on(p) && p->s.word.kind == LEX_LBRACE) {
		bool failed;
		struct ast_expr *e = parse_leading_body(p, &failed);

		if (e != NULL || failed)
			return e;
	}
	if (parser_logic_is_on(p) && p->s.word.kind == LEX_LPAREN) {
		struct parser_operand group;

		if (parser_logic_group(p, false, "", &group))
			return group.body.exprs.count == 0 ? NULL : parser_logic_tail(p, group);
	}
	if (parser_take_ref_keyword(p))
		return parse_literal_expr(p, false, p->s.loc);
	return parse_negatable(p);
}

struct ast_expr *
parser_literal(struct parser *p)
{
	struct ast_loc loc = p->s.loc;
	struct ast_expr *e;

	if (!parser_enter(p, PARSER_LITERAL_WEIGHT))
		return NULL;
	e = parse_literal(p);
	parser_leave(p, PARSER_LITERAL_WEIGHT);
	if (e == NULL)
		return NULL;
	e->loc = parser_extend(p, loc);
	if (e->kind == AST_EXPR_NOT && !e->logic->explicit_left)
		for (size_t i = 0; i < e->logic->left.exprs.count; i++)
			e->logic->left.exprs.at[i]->loc = e->loc;
	return e;
}
