/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_internal.h"

static bool
is_true(const struct ast_term *t)
{
	return t->kind == AST_CONST && t->constant.tag == VALUE_TRUE;
}

/* A body of `true` alone, in which nothing is to be seen but the value. */
static bool
is_constant(const struct ast_rule *rule)
{
	const struct ast_expr *e = rule->body.exprs.at[0];

	return rule->body.exprs.count == 1 && rule->else_rule == NULL &&
	       e->kind == AST_EXPR_TERM && !e->negated && e->withs.count == 0 &&
	       is_true(e->terms.at[0]);
}

/* ---- heads ---- */

static bool
is_member(const struct ast_head *head)
{
	return head->key != NULL && head->value == NULL;
}

/* p["q"], as long as no head needs p.q; with comments in it, as it was. */
static void
write_bracketed(struct format *f, const struct ast_term *ref)
{
	uint32_t from = ref->loc.offset, to = format_end(ref->loc);

	if (!f->lenient && !f->adrift && format_has_comment(f, from, to)) {
		format_verbatim(f, from, to);
		return;
	}
	format_term(f, ref->items.at[0], FORMAT_TERM);
	format_bracketed(f, ref->items.at[1]);
}

static void
write_name(struct format *f, const struct ast_head *head)
{
	const struct ast_terms *parts = &head->ref->items;

	if (parts->count == 2 && !f->style.dotted_heads && !head->contains) {
		write_bracketed(f, head->ref);
	} else {
		format_ref(f, parts->at, parts->count);
	}
	if (head->args.count > 0) {
		format_chars(f, "(");
		format_list(f, &head->args, 0, format_end(head->ref->loc), 0, ")");
	}
	if (!is_member(head))
		return;
	format_chars(f, f->style.contains ? " contains " : "[");
	format_term(f, head->key, FORMAT_ARGUMENT);
	format_chars(f, f->style.contains ? "" : "]");
}

static bool
shows_value(const struct format *f, const struct ast_rule *rule)
{
	const struct ast_head *head = &rule->head;

	if (head->value == NULL)
		return false;
	if (head->generated_value)
		return is_constant(rule);
	if (!is_true(head->value))
		return true;
	if (head->args.count > 0 && head->value->loc.offset == head->loc.offset)
		return false; /* f(1), as it was */
	if (rule->is_default || is_constant(rule))
		return true;
	/* p[x] = true { ... } without `if`: p[x] alone would be a set. */
	return !f->style.ifs && head->key != NULL;
}

static void
write_value(struct format *f, const struct ast_rule *rule)
{
	if (!shows_value(f, rule))
		return;
	format_chars(f, rule->head.assign || f->style.v1 ? " := " : " = ");
	format_term(f, rule->head.value, FORMAT_VALUE);
}

/* The head of a further body, p { ... } { ... }, is a copy placed at its brace. */
static bool
is_copied(const struct format *f, const struct ast_rule *rule)
{
	return format_byte(f, rule->head.ref->loc.offset) == '{';
}

static void
write_head(struct format *f, const struct ast_rule *rule, bool is_else)
{
	f->in_head = true;
	f->adrift = is_copied(f, rule);
	if (rule->is_default)
		format_chars(f, "default ");
	if (is_else)
		format_chars(f, "else");
	else
		write_name(f, &rule->head);
	f->adrift = f->adrift && !is_else;
	write_value(f, rule);
	f->adrift = f->in_head = false;
}

/* ---- bodies ---- */

/* Behind `if` a set in braces is a body with its elements, so it needs braces itself. */
static bool
is_lone_set(const struct ast_expr *e)
{
	return e->kind == AST_EXPR_TERM && !e->negated && e->terms.at[0]->kind == AST_SET;
}

static bool
takes_if(const struct format *f, const struct ast_rule *rule)
{
	return f->style.ifs && (f->style.contains || !is_member(&rule->head));
}

static const struct ast_body *
body_of(const struct ast_rule *rule)
{
	return rule->written != NULL ? rule->written : &rule->body;
}

static bool
is_one_literal(const struct format *f, const struct ast_rule *rule)
{
	const struct ast_body *body = body_of(rule);
	uint32_t end = format_end(rule->head.loc);

	if (!takes_if(f, rule) || body->exprs.count != 1 || is_lone_set(body->exprs.at[0]))
		return false;
	if (is_copied(f, rule))
		end = rule->head.loc.offset;
	return format_row(f, body->exprs.at[0]->loc.offset) == format_row(f, end) ||
	       format_row(f, body->exprs.at[0]->loc.offset) ==
		   format_row(f, rule->head.loc.offset);
}

/* The closing brace, if there is one. */
static uint32_t
clause_end(const struct format *f, const struct ast_rule *rule)
{
	uint32_t end = format_body_end(body_of(rule)), brace = format_skip(f, end, '\0');

	return format_byte(f, brace) == '}' ? brace : end;
}

static void
write_body(struct format *f, const struct ast_rule *rule)
{
	const struct ast_body *body = body_of(rule);
	bool has_if = takes_if(f, rule);

	if (has_if)
		format_chars(f, " if");
	format_chars(f, " ");
	if (is_one_literal(f, rule)) {
		format_literal(f, body->exprs.at[0], false);
		return;
	}
	format_chars(f, "{");
	if (format_row(f, clause_end(f, rule)) == format_row(f, rule->loc.offset))
		format_claim(
		    f, clause_end(f, rule)); /* { ... } # on one line: behind the head */
	format_braced(f, body, format_body_start(f, body), has_if);
}

/* ---- else ---- */

/* On the line that closes the body before it, as in `} else := 1`. */
static bool
is_inline_else(
    const struct format *f, const struct ast_rule *before, const struct ast_rule *rule)
{
	uint32_t offset = rule->loc.offset;

	return !format_begins_row(f, offset) &&
	       format_row(f, offset) > format_row(f, before->loc.offset) &&
	       !format_has_comment(f, clause_end(f, before), offset);
}

static void
write_clause(struct format *f, const struct ast_rule *rule, bool is_else)
{
	format_join(f, rule->loc.offset);
	write_head(f, rule, is_else);
	if (!is_constant(rule))
		write_body(f, rule);
}

static void
write_chain(struct format *f, const struct ast_rule *rule)
{
	unsigned lines = f->lines;

	write_clause(f, rule, false);
	for (; rule->else_rule != NULL && !f->stuck; rule = rule->else_rule) {
		const struct ast_rule *next = rule->else_rule;

		/* What became one line would not be told from one that was. */
		if (f->lines > lines && is_inline_else(f, rule, next))
			format_chars(f, " ");
		else
			format_break(f, clause_end(f, rule), next->loc.offset, FORMAT_BLANK);
		lines = f->lines;
		write_clause(f, next, true);
	}
}

void
format_rule(struct format *f, const struct ast_rule *rule)
{
	struct format_mark mark = format_mark(f);

	f->lenient = false;
	write_chain(f, rule);
	f->lenient = true;
	if (!f->stuck)
		return;
	format_restore(f, mark);
	write_chain(f, rule); /* comments may move, but none gets lost */
}

bool
format_may_group(const struct format *f, const struct ast_rule *rule)
{
	return rule->body.exprs.count == 1 && !rule->is_default && takes_if(f, rule);
}
