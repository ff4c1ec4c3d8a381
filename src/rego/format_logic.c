/* SPDX-License-Identifier: Apache-2.0 */
/* and, or, and `not` with a body: an operand in braces keeps them; parentheses stand where
 * they must. */
#include "rego/format_internal.h"

static bool
is_logic(const struct ast_expr *e)
{
	return e->kind == AST_EXPR_NOT || e->kind == AST_EXPR_AND || e->kind == AST_EXPR_OR;
}

/* Behind `not` only what binds tightly, and no brace that would open a body. */
static bool
needs_group_behind_not(const struct format *f, const struct ast_expr *e)
{
	return is_logic(e) || e->negated || e->withs.count > 0 ||
	       format_expr_leads_with_brace(f, e);
}

static bool
needs_group(
    const struct format *f, enum ast_expr_kind outer, const struct ast_expr *e, bool right)
{
	if (e->withs.count > 0)
		return true;
	if (e->kind == AST_EXPR_OR)
		return outer == AST_EXPR_AND || right;
	if (e->kind == AST_EXPR_AND)
		return outer == AST_EXPR_AND && right;
	return e->kind != AST_EXPR_NOT && !e->negated && format_expr_leads_with_brace(f, e);
}

/* On one line if all of it was on the brace's row. */
static bool
has_lines(const struct format *f, const struct ast_body *body, uint32_t open)
{
	uint32_t row = format_row(f, open), end = format_body_end(body);

	if (format_has_comment(f, open, format_skip(f, end, '\0')))
		return true;
	for (size_t i = 0; i < body->exprs.count; i++)
		if (format_row(f, body->exprs.at[i]->loc.offset) != row)
			return true;
	return false;
}

static void
write_body(struct format *f, const struct ast_body *body)
{
	uint32_t open = format_body_start(f, body);
	bool chained = f->chained;

	format_join(f, open);
	format_chars(f, "{");
	f->chained = false;
	if (has_lines(f, body, open)) {
		format_braced(f, body, open, true);
	} else {
		for (size_t i = 0; i < body->exprs.count && !f->stuck; i++) {
			format_chars(f, i == 0 ? " " : "; ");
			format_literal(f, body->exprs.at[i], i == 0);
		}
		format_chars(f, " }");
	}
	f->chained = chained;
}

static void
write_operand(
    struct format *f, const struct ast_body *body, bool explicit, bool group, bool first)
{
	if (explicit || body->exprs.count != 1) {
		write_body(f, body);
		return;
	}
	if (group)
		format_chars(f, "(");
	format_expr(f, body->exprs.at[0], first && !group);
	if (group)
		format_chars(f, ")");
}

/* Does the source break the line before what stands at `offset`, or its parentheses? */
static bool
breaks_before(const struct format *f, uint32_t offset)
{
	while (offset > 0 && memchr(" \t\r(", f->text.data[offset - 1], 4) != NULL)
		offset--;
	return offset > 0 && f->text.data[offset - 1] == '\n';
}

static void
write_chain(struct format *f, const struct ast_expr *e, bool first)
{
	const struct ast_logic *l = e->logic;
	uint32_t right = l->explicit_right ? format_body_start(f, &l->right)
					   : l->right.exprs.at[0]->loc.offset;

	write_operand(f, &l->left, l->explicit_left,
	    needs_group(f, e->kind, l->left.exprs.at[0], false), first);
	format_chars(f, e->kind == AST_EXPR_AND ? " and" : " or");
	if (breaks_before(f, right)) {
		if (!f->chained)
			f->indent++;
		f->chained = true;
		format_break(f, format_body_end(&l->left), right, FORMAT_TIGHT);
	} else {
		format_chars(f, " ");
	}
	write_operand(f, &l->right, l->explicit_right,
	    needs_group(f, e->kind, l->right.exprs.at[0], true), false);
}

void
format_logic(struct format *f, const struct ast_expr *e, bool first)
{
	const struct ast_logic *l = e->logic;

	if (e->kind != AST_EXPR_NOT) {
		write_chain(f, e, first);
		return;
	}
	format_chars(f, "not ");
	write_operand(f, &l->left, l->explicit_left,
	    needs_group_behind_not(f, l->left.exprs.at[0]), false);
}
