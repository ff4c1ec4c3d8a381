/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and hints while parsing, and what becomes of them. */
#include <stdarg.h>
#include <stdio.h>

#include "base/must.h"
#include "rego/parser_internal.h"

struct parser_note *
parser_note(struct parser *p, struct parser_note *older, struct ast_loc loc, str_t text)
{
	struct parser_note *n = ARENA_NEW(p->scratch, struct parser_note);

	if (n == NULL) {
		p->stopped = true;
		return older;
	}
	*n = (struct parser_note){ .older = older, .loc = loc, .text = text };
	return n;
}

static str_t
format_text(struct parser *p, const char *format, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	must(len >= 0);
	text = arena_alloc_raw(p->scratch, (size_t)len + 1, 1);
	if (text == NULL) {
		p->stopped = true;
		return STR_NONE;
	}
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	return str_make(text, (size_t)len);
}

/* Hints are kept newest first; they are told in the order they came. */
static str_t
join_hints(struct parser *p, const struct parser_note *hints)
{
	str_t text = hints->text;

	for (hints = hints->older; hints != NULL; hints = hints->older)
		text = arena_printf(p->scratch, "%.*s, %.*s", STR_FMT(hints->text), STR_FMT(text));
	return text;
}

static void
add_error(struct parser *p, struct ast_loc loc, str_t text)
{
	const struct parser_note *hints = p->s.hints;

	if (hints != NULL) {
		str_t joined = join_hints(p, hints);

		text = arena_printf(p->scratch, "%.*s (%s: %.*s)", STR_FMT(text),
		    hints->older == NULL ? "hint" : "hints", STR_FMT(joined));
	}
	p->s.hints = NULL;
	p->s.errors = parser_note(p, p->s.errors, loc, text);
	p->s.error_count++;
}

void
parser_error(struct parser *p, struct ast_loc loc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_error(p, loc, format_text(p, format, args));
	va_end(args);
}

void
parser_hint(struct parser *p, const char *format, ...)
{
	va_list args;
	unsigned count = 0;

	/* Hints wait for the next error, maybe for long: a few are enough. */
	for (const struct parser_note *n = p->s.hints; n != NULL; n = n->older)
		if (++count == PARSER_HINT_LIMIT)
			return;
	va_start(args, format);
	p->s.hints = parser_note(p, p->s.hints, p->s.loc, format_text(p, format, args));
	va_end(args);
}

void
parser_unexpected(struct parser *p, const char *format, ...)
{
	enum lexeme_kind kind = p->s.word.kind;
	const char *what = rego_lexeme_is_keyword(kind) ? "keyword" : "token";
	str_t detail;
	va_list args;

	if (kind == LEX_ILLEGAL) {
		parser_error(p, p->s.loc, "illegal token");
		return;
	}
	va_start(args, format);
	detail = format_text(p, format, args);
	va_end(args);
	if (detail.len == 0)
		parser_error(p, p->s.loc, "unexpected %s %s", rego_lexeme_text(kind), what);
	else
		parser_error(p, p->s.loc, "unexpected %s %s: %.*s", rego_lexeme_text(kind), what,
		    STR_FMT(detail));
}

/* ---- from the list of errors to the unit's findings ---- */

static void
report(struct parser *p, const struct parser_note *note, bool is_new_place)
{
	struct ast_loc loc = note->loc;
	str_t text = note->text, hint = note->hint;
	struct diag_place place = {
		.file = p->unit->files.at[p->file].name,
		.source = p->text,
		.row = loc.row,
		.col = loc.col,
		.width = loc.len,
	};
	struct diag_finding *found = diag_add(p->unit->diag, DIAG_ERROR, "rego_parse_error", place,
	    "%.*s", STR_FMT(text));

	if (found != NULL)
		found->is_general = p->assembling;
	/* One mistake may bring several errors: the mend is told once. */
	if (is_new_place) {
		str_t mend = parser_mend(p->scratch, p->text, loc.offset, text);

		hint = mend.len > 0 ? mend : hint;
	}
	if (found != NULL && hint.len > 0)
		diag_hint(p->unit->diag, found, "%.*s", STR_FMT(hint));
}

void
parser_report(struct parser *p)
{
	struct parser_note *oldest = NULL;
	uint32_t last = UINT32_MAX;

	for (struct parser_note *n = p->s.errors, *older; n != NULL; n = older) {
		older = n->older;
		n->older = oldest;
		oldest = n;
	}
	for (; oldest != NULL; oldest = oldest->older) {
		report(p, oldest, oldest->loc.offset != last);
		last = oldest->loc.offset;
	}
}
