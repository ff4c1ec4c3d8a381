/* SPDX-License-Identifier: Apache-2.0 */
/* Why a text is not JSON, in the words of Go's encoding/json, which policies' authors know. */
#include <stdio.h>

#include "base/utf8.h"
#include "codec/json.h"
#include "rego/builtin/json_internal.h"
#include "rego/builtin/util.h"

enum { DEEPEST = 10000 };

struct scanner {
	str_t rest;
	struct buf *problem;
	struct buf open; /* { and [ that are not closed */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Blames the byte at the front; it is shown as if it were a code point. */
static bool
blame(struct scanner *s, const char *where)
{
	char rune[4];
	struct buf quoted;
	size_t len;

	if (s->rest.len == 0) {
		buf_add_text(s->problem, "unexpected EOF");
		return false;
	}
	buf_init(&quoted, 64);
	len = utf8_encode(rune, (unsigned char)s->rest.data[0]);
	rego_quote(&quoted, str_make(rune, len));
	if (rune[0] == '\'')
		buf_add_text(s->problem, "invalid character '\\''");
	else if (rune[0] == '"')
		buf_add_text(s->problem, "invalid character '\"'");
	else
		buf_printf(s->problem, "invalid character '%.*s'", (int)quoted.len - 2, quoted.data + 1);
	buf_printf(s->problem, " %s", where);
	buf_fini(&quoted);
	return false;
}

static void
skip_space(struct scanner *s)
{
	while (s->rest.len > 0 && is_space(s->rest.data[0]))
		s->rest = str_skip(s->rest, 1);
}

static char
peek(const struct scanner *s)
{
	return s->rest.len > 0 ? s->rest.data[0] : '\0';
}

static bool
take(struct scanner *s, char c)
{
	if (s->rest.len == 0 || s->rest.data[0] != c)
		return false;
	s->rest = str_skip(s->rest, 1);
	return true;
}

static void
skip_digits(struct scanner *s)
{
	while (s->rest.len > 0 && is_digit(s->rest.data[0]))
		s->rest = str_skip(s->rest, 1);
}

static bool
scan_string(struct scanner *s)
{
	while (!take(s, '"')) {
		if (s->rest.len == 0 || (unsigned char)peek(s) < ' ')
			return blame(s, "in string literal");
		if (!take(s, '\\')) {
			s->rest = str_skip(s->rest, 1);
			continue;
		}
		if (peek(s) == '\0' || strchr("bfnrt\\/\"u", peek(s)) == NULL)
			return blame(s, "in string escape code");
		for (int digits = take(s, 'u') ? 4 : 0; digits > 0; digits--) {
			if (peek(s) == '\0' || strchr("0123456789abcdefABCDEF", peek(s)) == NULL)
				return blame(s, "in \\u hexadecimal character escape");
			if (digits > 1) /* the last is skipped below, as other escapes are */
				s->rest = str_skip(s->rest, 1);
		}
		s->rest = str_skip(s->rest, 1);
	}
	return true;
}

static bool
scan_number(struct scanner *s)
{
	(void)take(s, '-');
	if (!is_digit(peek(s)))
		return blame(s, "in numeric literal");
	if (!take(s, '0'))
		skip_digits(s);
	if (take(s, '.')) {
		if (!is_digit(peek(s)))
			return blame(s, "after decimal point in numeric literal");
		skip_digits(s);
	}
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			(void)take(s, '-');
		if (!is_digit(peek(s)))
			return blame(s, "in exponent of numeric literal");
		skip_digits(s);
	}
	return true;
}

static bool
scan_word(struct scanner *s, const char *word)
{
	char where[64];

	for (const char *c = word; *c != '\0'; c++) {
		if (take(s, *c))
			continue;
		(void)snprintf(where, sizeof(where), "in literal %s (expecting '%c')", word, *c);
		return blame(s, where);
	}
	return true;
}

static bool
scan_key(struct scanner *s)
{
	skip_space(s);
	if (!take(s, '"'))
		return blame(s, "looking for beginning of object key string");
	if (!scan_string(s))
		return false;
	skip_space(s);
	return take(s, ':') || blame(s, "after object key");
}

/* A value, or the front of one that holds others: then *ret_open. */
static bool
scan_front(struct scanner *s, bool *ret_open)
{
	*ret_open = false;
	skip_space(s);
	switch (peek(s)) {
	case '{':
	case '[':
		if (s->open.len == DEEPEST) {
			buf_add_text(s->problem, "exceeded max depth");
			return false;
		}
		buf_add_char(&s->open, peek(s));
		s->rest = str_skip(s->rest, 1);
		*ret_open = true;
		return true;
	case '"':
		s->rest = str_skip(s->rest, 1);
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (peek(s) == '-' || is_digit(peek(s)))
			return scan_number(s);
		return blame(s, "looking for beginning of value");
	}
}

/* What stands behind a value, up to the front of the next one; closes what ends. */
static bool
scan_behind(struct scanner *s, bool opened)
{
	while (s->open.len > 0) {
		bool object = s->open.data[s->open.len - 1] == '{';

		skip_space(s);
		if (take(s, object ? '}' : ']')) {
			s->open.len--;
			opened = false;
			continue;
		}
		if (!opened && !take(s, ','))
			return blame(s, object ? "after object key:value pair" : "after array element");
		return !object || scan_key(s);
	}
	return true;
}

/* What stands behind the whole value, as Go prints the token that it reads there. */
static void
blame_token(struct arena *arena, struct buf *problem, str_t token)
{
	value_t text;

	if (token.data[0] == 't' || token.data[0] == 'f')
		token = arena_printf(arena, "%%!s(bool=%.*s)", STR_FMT(token));
	else if (token.data[0] == '"' && json_read(arena, token, NULL, NULL, &text) == ERR_OK)
		token = value_str(text);
	buf_printf(problem, "error: invalid character '%.*s' after top-level value", STR_FMT(token));
}

void
rego_json_fault(struct arena *arena, struct buf *problem, str_t text)
{
	struct scanner s = { .rest = text, .problem = problem };
	bool opened;
	str_t front;

	skip_space(&s);
	if (s.rest.len == 0) {
		buf_add_text(problem, "EOF");
		return;
	}
	buf_init(&s.open, DEEPEST);
	do {
		if (!scan_front(&s, &opened) || !scan_behind(&s, opened)) {
			buf_fini(&s.open);
			return;
		}
	} while (s.open.len > 0 && !buf_failed(&s.open));
	skip_space(&s);
	front = s.rest;
	if (front.len > 0 && scan_front(&s, &opened))
		blame_token(arena, problem, opened ? str_sub(front, 0, 1)
		    : str_sub(front, 0, front.len - s.rest.len));
	buf_fini(&s.open);
}
