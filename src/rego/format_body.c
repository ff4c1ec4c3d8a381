/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_internal.h"

uint32_t
format_body_end(const struct ast_body *body)
{
	return format_end(body->exprs.at[body->exprs.count - 1]->loc);
}

uint32_t
format_body_start(const struct format *f, const struct ast_body *body)
{
	uint32_t first = body->exprs.at[0]->loc.offset, brace = format_skip_back(f, first);

	return format_byte(f, brace) == '{' ? brace : first;
}

/* ---- literals ---- */

static void
write_declarations(struct format *f, const struct ast_expr *e)
{
	uint32_t row = format_row(f, e->loc.offset);
	unsigned indent = f->indent;

	format_chars(f, "some ");
	for (size_t i = 0; i < e->terms.count; i++) {
		const struct ast_term *t = e->terms.at[i];

		if (i > 0)
			format_chars(f, ",");
		if (i > 0 && format_row(f, t->loc.offset) > row) {
			f->indent = indent + 1;
			format_break(f, format_end(e->terms.at[i - 1]->loc), t->loc.offset,
			    FORMAT_TIGHT);
			row = format_row(f, t->loc.offset);
		} else if (i > 0) {
			format_chars(f, " ");
		}
		format_term(f, t, FORMAT_ARGUMENT);
	}
	f->indent = indent;
}

static void
write_some(struct format *f, const struct ast_expr *e)
{
	const struct ast_term *t = e->terms.at[0];

	if (t->kind != AST_CALL) {
		write_declarations(f, e);
		return;
	}
	format_chars(f, "some ");
	format_infix_expr(f, &t->items, false);
}

static bool
is_on_row(const struct format *f, const struct ast_body *body, uint32_t offset)
{
	uint32_t row = format_row(f, offset);

	for (size_t i = 0; i < body->exprs.count; i++)
		if (format_row(f, body->exprs.at[i]->loc.offset) != row)
			return false;
	return true;
}

static void
write_every(struct format *f, const struct ast_expr *e)
{
	const struct ast_every *every = e->every;
	const struct ast_body *body = &every->body;
	uint32_t open = format_body_start(f, body),
		 close = format_skip(f, format_body_end(body), '\0');

	format_chars(f, "every ");
	if (every->key != NULL) {
		format_term(f, every->key, FORMAT_TERM);
		format_chars(f, ", ");
	}
	format_term(f, every->value, FORMAT_TERM);
	format_chars(f, " in ");
	format_term(f, every->domain, FORMAT_TERM);
	format_chars(f, " {");
	if (!is_on_row(f, body, e->loc.offset) || format_has_comment(f, open, close)) {
		format_braced(f, body, open, false);
		return;
	}
	for (size_t i = 0; i < body->exprs.count && !f->stuck; i++) {
		format_chars(f, i == 0 ? " " : "; ");
		format_literal(f, body->exprs.at[i], false);
	}
	/* Several literals leave no space before the brace: so OPA writes it. */
	format_chars(f, body->exprs.count == 1 ? " }" : "}");
}

/* ---- with ---- */

static void
write_withs(struct format *f, const struct ast_expr *e)
{
	unsigned indent = f->indent;
	uint32_t end = 0;

	for (size_t i = 0; i < e->withs.count && !f->stuck; i++) {
		const struct ast_with *with = &e->withs.at[i];
		bool line = i == 0 ? format_begins_row(f, with->loc.offset)
				   : format_row(f, with->loc.offset) >
					 format_row(f, e->withs.at[i - 1].loc.offset);

		if (line) {
			f->indent = indent + 1;
			format_break(f, end, with->loc.offset, FORMAT_TIGHT);
		} else {
			format_chars(f, " ");
			format_join(f, with->loc.offset);
		}
		format_chars(f, "with ");
		format_term(f, with->target, FORMAT_VALUE);
		format_chars(f, " as ");
		format_term(f, with->value, FORMAT_ARGUMENT);
		end = format_end(with->loc);
	}
	f->indent = indent;
}

/* ---- literals and bodies ---- */

void
format_expr(struct format *f, const struct ast_expr *e, bool first)
{
	format_join(f, e->loc.offset);
	if (e->negated)
		format_chars(f, "not ");
	switch ((enum ast_expr_kind)e->kind) {
	case AST_EXPR_TERM:
		format_term(f, e->terms.at[0], FORMAT_VALUE);
		break;
	case AST_EXPR_CALL:
		format_infix_expr(f, &e->terms, first && !e->negated);
		break;
	case AST_EXPR_SOME:
		write_some(f, e);
		break;
	case AST_EXPR_EVERY:
		write_every(f, e);
		break;
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		format_logic(f, e, first && !e->negated);
		break;
	}
	write_withs(f, e);
}

void
format_literal(struct format *f, const struct ast_expr *e, bool first)
{
	uint32_t from = e->loc.offset, to = format_end(e->loc);
	unsigned indent = f->indent;
	bool chained = f->chained;
	struct format_mark mark;

	format_join(f, from);
	if (f->stuck)
		return;
	mark = format_mark(f);
	f->chained = false;
	format_expr(f, e, first);
	if (!f->adrift && !f->lenient && format_has_comment(f, from, to) &&
	    !format_is_settled(f, mark, to)) {
		format_restore(f, mark);
		format_verbatim(f, from, to);
	}
	f->indent = indent;
	f->chained = chained;
}

void
format_literals(struct format *f, const struct ast_body *body, bool first)
{
	for (size_t i = 0; i < body->exprs.count && !f->stuck; i++) {
		const struct ast_expr *e = body->exprs.at[i];

		if (i > 0)
			format_break(f, format_end(body->exprs.at[i - 1]->loc), e->loc.offset,
			    FORMAT_KEEP);
		format_literal(f, e, first && i == 0);
	}
}

void
format_braced(struct format *f, const struct ast_body *body, uint32_t open, bool first)
{
	uint32_t end = format_body_end(body);

	f->indent++;
	format_break(f, open, body->exprs.at[0]->loc.offset, FORMAT_TIGHT);
	format_literals(f, body, first);
	format_break(f, end, format_skip(f, end, '\0'), FORMAT_TIGHT);
	f->indent--;
	format_chars(f, "}");
}
