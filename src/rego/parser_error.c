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

/* Likely mends, by how the message begins; OPA has none for these. */
static const struct {
	const char *message, *hint;
} mends[] = {
	{ "unexpected eof", "the text ends too early: look for a bracket that is not closed" },
	{ "non-terminated string", "a string in \"...\" ends on its line; one in `...` may go on" },
	{ "illegal escape", "in `...` a backslash stands for itself, as regular expressions like it" },
	{ "found empty body", "a body that always holds is `{ true }`" },
	{ "rule name conflicts", "a rule of this name cannot stand as a bare call: choose another name" },
	{ "var cannot be used", "a rule needs a value or a body: `name := value` or `name if { ... }`" },
	{ "expressions using with", "`with` belongs into a body: `name := value if { ... with ... }`" },
	{ "illegal default rule (value", "a default is a constant; compute it in a rule instead" },
	{ "unexpected number token: expected number without", "drop the leading zero" },
	{ "else keyword cannot", "only rules with one value and a constant name can have `else`" },
};

static str_t
find_mend(str_t message)
{
	for (size_t i = 0; i < COUNT(mends); i++)
		if (str_has_prefix(message, str_of(mends[i].message)))
			return str_of(mends[i].hint);
	return STR_NONE;
}

static void
report(struct parser *p, struct ast_loc loc, str_t text, str_t hint)
{
	struct diag_place place = {
		.file = p->unit->files.at[p->file].name,
		.source = p->text,
		.row = loc.row,
		.col = loc.col,
		.width = loc.len,
	};
	struct diag_finding *found = diag_add(p->unit->diag, DIAG_ERROR, "rego_parse_error", place,
	    "%.*s", STR_FMT(text));

	if (hint.len == 0)
		hint = find_mend(text);
	if (found != NULL)
		found->is_general = p->assembling;
	if (found != NULL && hint.len > 0)
		diag_hint(p->unit->diag, found, "%.*s", STR_FMT(hint));
}

void
parser_report(struct parser *p)
{
	struct parser_note *oldest = NULL;

	for (struct parser_note *n = p->s.errors, *older; n != NULL; n = older) {
		older = n->older;
		n->older = oldest;
		oldest = n;
	}
	for (; oldest != NULL; oldest = oldest->older)
		report(p, oldest->loc, oldest->text, oldest->hint);
}
