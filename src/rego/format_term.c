/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_compare.h"
#include "rego/format_internal.h"

/* ---- constants and names ---- */

/* As written, if it stands there in quotes; so escapes and backquotes stay. */
static void
write_string(struct format *f, const struct ast_term *t)
{
	str_t text = STR_NONE;
	char quote;

	if (!f->adrift && t->loc.len >= 2 && format_end(t->loc) <= f->text.len)
		text = str_sub(f->text, t->loc.offset, t->loc.len);
	quote = text.len > 0 ? text.data[0] : '\0';
	if ((quote == '"' || quote == '`') && text.data[text.len - 1] == quote) {
		format_text(f, text);
		return;
	}
	format_value(f, t->constant);
}

static void
write_constant(struct format *f, const struct ast_term *t)
{
	if (value_is_string(t->constant))
		write_string(f, t);
	else
		format_value(f, t->constant);
}

/* ---- references ---- */

static bool
is_identifier(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			(i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return s.len > 0;
}

/* A keyword is written as it was: behind a dot or in brackets. */
static bool
may_follow_dot(const struct format *f, const struct ast_term *part)
{
	str_t name;

	if (part->kind != AST_CONST || !value_is_string(part->constant))
		return false;
	name = value_str(part->constant);
	if (!is_identifier(name))
		return false;
	if (rego_lexeme_keyword(name, REGO_WORDS_V1 | REGO_WORD_NOT | f->style.keywords) ==
	    LEX_NAME)
		return true;
	return !f->adrift && part->loc.len == name.len &&
	       format_end(part->loc) <= f->text.len &&
	       str_eq(str_sub(f->text, part->loc.offset, part->loc.len), name);
}

void
format_ref_part(struct format *f, const struct ast_term *part)
{
	if (may_follow_dot(f, part)) {
		format_join(f, part->loc.offset);
		format_chars(f, ".");
		format_text(f, value_str(part->constant));
	} else {
		format_bracketed(f, part);
	}
}

void
format_bracketed(struct format *f, const struct ast_term *part)
{
	uint32_t end = format_end(part->loc),
		 close = f->adrift ? end : format_skip(f, end, '\0');

	format_chars(f, "[");
	format_term(f, part, FORMAT_ARGUMENT);
	if (close > end && format_has_comment(f, end, close))
		format_break(f, end, close, FORMAT_TIGHT);
	format_chars(f, "]");
}

void
format_ref(struct format *f, struct ast_term *const *parts, size_t count)
{
	format_term(f, parts[0], FORMAT_TERM);
	for (size_t i = 1; i < count; i++)
		format_ref_part(f, parts[i]);
}

static void
write_call(struct format *f, const struct ast_term *t)
{
	uint32_t open = format_end(t->items.at[0]->loc);

	format_term(f, t->items.at[0], FORMAT_VALUE);
	format_chars(f, "(");
	format_list(f, &t->items, 1, open, t->parens ? 0 : format_end(t->loc) - 1, ")");
}

/* ---- template strings ---- */

/* May a constant stand as plain text in the template?  OPA writes it so. */
static bool
is_plain_part(const struct ast_term *template, const struct ast_term *part)
{
	if (part->kind != AST_CONST || part->commented)
		return false;
	return !template->multiline || !value_is_string(part->constant) ||
	       memchr(value_str(part->constant).data, '`', value_str(part->constant).len) ==
		   NULL;
}

static void
write_template_text(struct format *f, str_t text, bool raw)
{
	static const char *const plain = "\"\\\b\f\n\r\t", *const named = "\"\\bfnrt";

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		const char *at = c == '\0' ? NULL : strchr(plain, c);

		if (c == '{')
			buf_add_text(f->out, "\\{");
		else if (raw || (at == NULL && (unsigned char)c >= 0x20))
			buf_add_char(f->out, c);
		else if (at != NULL)
			buf_printf(f->out, "\\%c", named[at - plain]);
		else
			buf_printf(f->out, "\\u%04x", (unsigned)c);
	}
}

static void
write_template_term(struct format *f, const struct ast_term *t, const struct ast_withs *withs)
{
	format_chars(f, "{");
	format_term(f, t, FORMAT_VALUE);
	for (size_t i = 0; withs != NULL && i < withs->count; i++) {
		format_chars(f, " with ");
		format_term(f, withs->at[i].target, FORMAT_VALUE);
		format_chars(f, " as ");
		format_term(f, withs->at[i].value, FORMAT_VALUE);
	}
	format_chars(f, "}");
}

static void
write_template(struct format *f, const struct ast_term *t)
{
	const char *quote = t->multiline ? "`" : "\"";

	if (!f->adrift && !f->lenient && !t->parens &&
	    format_has_comment(f, t->loc.offset, format_end(t->loc))) {
		format_verbatim(f, t->loc.offset, format_end(t->loc));
		return;
	}
	format_chars(f, "$");
	format_chars(f, quote);
	f->indent++;
	for (size_t i = 0; i < t->items.count; i++) {
		const struct ast_term *part = t->items.at[i];

		if (!is_plain_part(t, part)) {
			write_template_term(f, part, t->withs != NULL ? &t->withs[i] : NULL);
		} else if (value_is_string(part->constant)) {
			write_template_text(f, value_str(part->constant), t->multiline);
		} else {
			value_print(f->out, part->constant);
		}
	}
	f->indent--;
	format_chars(f, quote);
}

/* ---- terms ---- */

bool
format_leads_with_brace(const struct format *f, const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_SET:
		return t->items.count > 0;
	case AST_OBJECT:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return true;
	case AST_REF:
		return format_leads_with_brace(f, t->items.at[0]);
	case AST_CALL: /* an operand that is a call itself would be in parentheses */
		return format_operator_of(f, &t->items) != NULL &&
		       t->items.at[1]->kind != AST_CALL &&
		       format_leads_with_brace(f, t->items.at[1]);
	default:
		return false;
	}
}

/* OPA puts a union in parentheses where a bar could begin a comprehension's body. */
static bool
needs_parens(const struct format *f, const struct ast_term *t, enum format_place place)
{
	if (place == FORMAT_TERM)
		return true;
	return format_is_key_value_in(f, &t->items) ||
	       (place == FORMAT_ELEMENT && format_is_union(f, &t->items));
}

static void
write_operation(struct format *f, const struct ast_term *t, const struct format_operator *op,
    enum format_place place)
{
	bool parens = needs_parens(f, t, place);

	if (parens)
		format_chars(f, "(");
	format_infix_term(f, t, op);
	if (parens)
		format_chars(f, ")");
}

static void
write_term(struct format *f, const struct ast_term *t, enum format_place place)
{
	const struct format_operator *op;

	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		write_constant(f, t);
		break;
	case AST_VAR:
		format_text(
		    f, t->var.name->bytes[0] == '$' ? STR("_") : rego_name_str(t->var.name));
		break;
	case AST_REF:
		format_ref(f, t->items.at, t->items.count);
		break;
	case AST_CALL:
		op = format_operator_of(f, &t->items);
		if (op != NULL)
			write_operation(f, t, op, place);
		else
			write_call(f, t);
		break;
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
		format_collection(f, t);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		format_comprehension(f, t);
		break;
	case AST_TEMPLATE:
		write_template(f, t);
		break;
	}
}

void
format_term(struct format *f, const struct ast_term *t, enum format_place place)
{
	uint32_t from = t->loc.offset, to = format_end(t->loc);
	bool in_head = f->in_head;
	struct format_mark mark;

	format_join(f, from);
	if (f->stuck)
		return;
	if (f->adrift || to > f->text.len || !format_has_comment(f, from, to)) {
		write_term(f, t, place);
		return;
	}
	mark = format_mark(f);
	f->in_head = false;
	write_term(f, t, place);
	f->in_head = in_head;
	if (format_is_settled(f, mark, to))
		return;
	format_restore(f, mark);
	format_verbatim(f, from, to);
}
