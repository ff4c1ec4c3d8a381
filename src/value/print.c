/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "value/number.h"
#include "value/value.h"
#include "value/work.h"

static const char hex_digits[] = "0123456789abcdef";

static void
print_escape(struct buf *b, char kind, uint32_t code, int digits)
{
	buf_add_char(b, '\\');
	buf_add_char(b, kind);
	while (digits-- > 0)
		buf_add_char(b, hex_digits[code >> (4 * digits) & 0xF]);
}

static void
print_control(struct buf *b, unsigned char c)
{
	static const char letters[] = "abtnvfr"; /* from U+0007 */

	if (c >= '\a' && c <= '\r') {
		buf_add_char(b, '\\');
		buf_add_char(b, letters[c - '\a']);
	} else {
		print_escape(b, 'x', c, 2);
	}
}

/* Bytes at the front that stand for themselves between quotes. */
static size_t
plain_prefix(str_t s)
{
	size_t i = 0;

	while (i < s.len && s.data[i] >= ' ' && s.data[i] < 0x7F && s.data[i] != '"' &&
	    s.data[i] != '\\')
		i++;
	return i;
}

/* As Go quotes: what does not print is escaped, wrong bytes too. */
static void
print_string(struct buf *b, str_t s)
{
	buf_add_char(b, '"');
	while (s.len > 0) {
		size_t width = plain_prefix(s);
		uint32_t rune;

		buf_add(b, s.data, width);
		s = str_skip(s, width);
		if (s.len == 0)
			break;
		rune = utf8_decode(s, &width);
		if (rune == '"' || rune == '\\') {
			buf_add_char(b, '\\');
			buf_add_char(b, (char)rune);
		} else if (rune == UTF8_BAD && width == 1) {
			print_escape(b, 'x', (unsigned char)s.data[0], 2);
		} else if (utf8_is_printable(rune)) {
			buf_add(b, s.data, width);
		} else if (rune < 0x80) {
			print_control(b, (unsigned char)rune);
		} else if (rune < 0x10000) {
			print_escape(b, 'u', rune, 4);
		} else {
			print_escape(b, 'U', rune, 8);
		}
		s = str_skip(s, width);
	}
	buf_add_char(b, '"');
}

static void
print_items(struct buf *b, const value_t *items, uint32_t count)
{
	for (uint32_t i = 0; i < count && !buf_failed(b); i++) {
		if (i > 0)
			buf_add_str(b, STR(", "));
		value_print(b, items[i]);
	}
}

static void
print_object(struct buf *b, const struct value_object *o)
{
	buf_add_char(b, '{');
	for (uint32_t i = 0; i < o->count && !buf_failed(b); i++) {
		if (i > 0)
			buf_add_str(b, STR(", "));
		value_print(b, o->keys[i]);
		buf_add_str(b, STR(": "));
		value_print(b, o->values[i]);
	}
	buf_add_char(b, '}');
}

void
value_print(struct buf *b, value_t v)
{
	if (value_is_collection(v) && !value_work_take(v.count)) {
		b->failed = true;
		return;
	}
	switch (v.tag) {
	case VALUE_NULL:
		buf_add_str(b, STR("null"));
		break;
	case VALUE_FALSE:
		buf_add_str(b, STR("false"));
		break;
	case VALUE_TRUE:
		buf_add_str(b, STR("true"));
		break;
	case VALUE_INT:
		buf_add_int(b, v.integer);
		break;
	case VALUE_NUMBER:
		number_print(b, v);
		break;
	case VALUE_STRING:
		print_string(b, value_str(v));
		break;
	case VALUE_ARRAY:
		buf_add_char(b, '[');
		print_items(b, v.items, v.count);
		buf_add_char(b, ']');
		break;
	case VALUE_OBJECT:
		print_object(b, v.object);
		break;
	case VALUE_SET:
		if (v.count == 0) {
			buf_add_str(b, STR("set()"));
			break;
		}
		buf_add_char(b, '{');
		print_items(b, v.set->items, v.count);
		buf_add_char(b, '}');
		break;
	default:
		buf_add_str(b, STR("<undefined>"));
		break;
	}
}
