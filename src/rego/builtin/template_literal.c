/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "codec/hex.h"
#include "rego/builtin/template_internal.h"
#include "value/number.h"

enum { LONGEST_PROBLEM = 256 };

/* ---- problems ---- */

bool
template_refuse(struct template_parser *p, const char *format, ...)
{
	const char *end = p->action.data != NULL ? p->action.data : p->text.data;
	char text[LONGEST_PROBLEM];
	unsigned row = 1;
	va_list args;

	if (p->problem->len > 0)
		return false;
	for (const char *c = p->template->text.data; c < end; c++)
		row += *c == '\n';
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_printf(p->problem, "template: template:%u: %s", row, text);
	return false;
}

bool
template_refuse_quoted(struct template_parser *p, const char *what, str_t text)
{
	struct buf quoted;

	buf_init(&quoted, LONGEST_PROBLEM);
	rego_quote(&quoted, text);
	(void)template_refuse(p, "%s%.*s", what, STR_FMT(buf_str(&quoted)));
	buf_fini(&quoted);
	return false;
}

/* ---- literals ---- */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

/* The code point of an escape; `s` stands behind the backslash.  Bytes read; 0: none. */
static size_t
read_escape(str_t s, uint32_t *ret)
{
	static const char letters[] = "abfnrtv\\'\"", codes[] = "\a\b\f\n\r\t\v\\'\"";
	const char *letter = s.len > 0 && s.data[0] != '\0' ? strchr(letters, s.data[0]) : NULL;
	size_t digits = s.len == 0 ? 0 : s.data[0] == 'x' ? 2 : s.data[0] == 'u' ? 4 : s.data[0] == 'U' ? 8 : 0;

	if (letter != NULL) {
		*ret = (unsigned char)codes[letter - letters];
		return 1;
	}
	*ret = 0;
	for (size_t i = 1; i <= digits; i++) {
		int digit = i < s.len ? hex_digit(s.data[i]) : -1;

		if (digit < 0)
			return 0;
		*ret = *ret << 4 | (uint32_t)digit;
	}
	return digits > 0 && *ret <= UTF8_LAST ? digits + 1 : 0;
}

bool
template_read_string(struct template_parser *p, value_t *ret)
{
	struct buf text;
	size_t i = 1, used;
	char bytes[4];
	uint32_t rune;

	buf_init(&text, p->action.len);
	for (; i < p->action.len && p->action.data[i] != '"' && p->action.data[i] != '\n'; i++) {
		if (p->action.data[i] != '\\') {
			buf_add_char(&text, p->action.data[i]);
			continue;
		}
		used = read_escape(str_skip(p->action, i + 1), &rune);
		if (used == 0)
			break;
		buf_add(&text, bytes, utf8_encode(bytes, rune));
		i += used;
	}
	if (i < p->action.len && p->action.data[i] == '"') {
		*ret = value_string(p->arena, buf_str(&text));
		p->action = str_skip(p->action, i + 1);
		buf_fini(&text);
		return true;
	}
	buf_fini(&text);
	return template_refuse(p, "unterminated quoted string");
}

bool
template_read_raw_string(struct template_parser *p, value_t *ret)
{
	size_t end = str_find_char(p->action, '`', 1);

	if (end == p->action.len)
		return template_refuse(p, "unterminated raw quoted string");
	*ret = value_string(p->arena, str_sub(p->action, 1, end - 1));
	p->action = str_skip(p->action, end + 1);
	return true;
}

static char
front(const struct template_parser *p)
{
	return p->action.len > 0 ? p->action.data[0] : '\0';
}

/* 0x1F, 0b1, 0o7, 017, with _ between digits: as in Go's source.  VALUE_NONE: none of those. */
static value_t
read_integer(str_t text)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	size_t from = text.len > 0 && (negative || text.data[0] == '+') ? 1 : 0;
	unsigned base = 10;
	int64_t value = 0;

	if (text.len > from + 1 && text.data[from] == '0') {
		char c = (char)(text.data[from + 1] | 0x20);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		from += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	for (size_t i = from; i < text.len; i++) {
		int digit = hex_digit(text.data[i]);

		if (text.data[i] == '_' && i > 0 && i + 1 < text.len && text.data[i + 1] != '_')
			continue;
		if (digit < 0 || (unsigned)digit >= base ||
		    __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return VALUE_NONE;
	}
	return from < text.len ? value_int(negative ? -value : value) : VALUE_NONE;
}

/* Go's constants may lack the digits before or behind the point. */
static value_t
read_real(struct arena *arena, str_t text)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	size_t from = text.len > 0 && (negative || text.data[0] == '+') ? 1 : 0, point;
	bool before, behind;

	point = str_find_char(text, '.', 0);
	before = point > from;
	behind = point + 1 < text.len && text.data[point + 1] >= '0' && text.data[point + 1] <= '9';
	if (point == text.len || (!before && !behind))
		return number_parse(arena, str_skip(text, from > 0 && !negative));
	return number_parse(arena, arena_printf(arena, "%s%s%.*s%s%.*s", negative ? "-" : "",
	    before ? "" : "0", STR_FMT(str_sub(text, from, point + 1 - from)), behind ? "" : "0",
	    STR_FMT(str_skip(text, point + 1))));
}

bool
template_read_number(struct template_parser *p, value_t *ret)
{
	str_t rest = p->action, text;
	size_t len = front(p) == '+' || front(p) == '-' ? 1 : 0;
	bool hexadecimal = rest.len > len + 1 && rest.data[len] == '0' && (rest.data[len + 1] | 0x20) == 'x';

	while (len < rest.len && (is_word(rest.data[len]) || rest.data[len] == '.' ||
	    (!hexadecimal && (rest.data[len] == '+' || rest.data[len] == '-') &&
		(rest.data[len - 1] | 0x20) == 'e')))
		len++;
	text = str_sub(rest, 0, len);
	*ret = read_integer(text);
	if (!value_is_defined(*ret) && str_find_char(text, '.', 0) == text.len &&
	    str_find_char(text, 'e', 0) == text.len && str_find_char(text, 'E', 0) == text.len)
		return template_refuse_quoted(p, "bad number syntax: ", text);
	if (!value_is_defined(*ret))
		*ret = read_real(p->arena, text);
	if (!value_is_defined(*ret))
		return template_refuse_quoted(p, "bad number syntax: ", text);
	p->action = str_skip(rest, len);
	return true;
}

/* 'a' is a number: its code point. */
bool
template_read_character(struct template_parser *p, value_t *ret)
{
	str_t s = str_skip(p->action, 1);
	size_t used;
	uint32_t rune = 0;

	if (s.len > 0 && s.data[0] == '\\') {
		used = read_escape(str_skip(s, 1), &rune);
		used += used > 0;
	} else {
		used = 0;
		if (s.len > 0)
			rune = utf8_decode(s, &used);
	}
	if (used == 0 || used >= s.len || s.data[used] != '\'')
		return template_refuse(p, "unterminated character constant");
	*ret = value_int(rune);
	p->action = str_skip(s, used + 1);
	return true;
}
