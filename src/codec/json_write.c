/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/must.h"
#include "base/utf8.h"
#include "value/number.h"
#include "value/work.h"

struct writer {
	struct buf *out;
	bool escape_html, pretty;
	str_t prefix, indent;
};

/* ---- strings ---- */

/* 0: stands for itself; 'u': as \u00XX; else the letter of its escape. */
static const char escapes[128] = {
	[0x00 ... 0x07] = 'u', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', [0x0b] = 'u',
	['\f'] = 'f', ['\r'] = 'r', [0x0e ... 0x1f] = 'u', ['"'] = '"', ['\\'] = '\\',
};

static bool
is_plain(char c, bool escape_html)
{
	if ((signed char)c < 0 || escapes[(uint8_t)c] != 0)
		return false;
	return !escape_html || (c != '<' && c != '>' && c != '&');
}

static const char *
skip_plain(const char *at, const char *end, bool escape_html)
{
#ifdef __SSE2__
	while (!escape_html && end - at >= 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i special = _mm_or_si128(
		    _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
			_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
		    /* signed: below ' ' are the controls and everything from 0x80 */
		    _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
		unsigned mask = (unsigned)_mm_movemask_epi8(special);

		if (mask != 0)
			return at + __builtin_ctz(mask);
		at += 16;
	}
#endif
	while (at < end && is_plain(*at, escape_html))
		at++;
	return at;
}

static void
write_unicode_escape(struct buf *out, uint32_t rune)
{
	static const char hex[] = "0123456789abcdef";
	const char text[] = { '\\', 'u', hex[rune >> 12 & 15], hex[rune >> 8 & 15],
		hex[rune >> 4 & 15], hex[rune & 15] };

	buf_add(out, text, sizeof(text));
}

/* Writes the sequence at `at`, which is not plain, and answers its length. */
static size_t
write_special(struct buf *out, const char *at, const char *end)
{
	size_t len;
	uint32_t rune = utf8_decode(str_make(at, (size_t)(end - at)), &len);

	/* JavaScript takes these two for line ends, so Go escapes them wherever they are. */
	if (rune == 0x2028 || rune == 0x2029 ||
	    (rune == UTF8_BAD && len == 1)) /* raw bytes, from base64.decode say */
		write_unicode_escape(out, rune);
	else if (rune >= 0x80)
		buf_add(out, at, len);
	else if (escapes[rune] != 0 && escapes[rune] != 'u')
		buf_add(out, (char[]){ '\\', escapes[rune] }, 2);
	else
		write_unicode_escape(out, rune);
	return len;
}

void
json_write_string(struct buf *out, str_t s, bool escape_html)
{
	const char *at = s.data, *end = s.len > 0 ? s.data + s.len : s.data;

	buf_add_char(out, '"');
	while (at < end) {
		const char *special = skip_plain(at, end, escape_html);

		buf_add(out, at, (size_t)(special - at));
		at = special < end ? special + write_special(out, special, end) : end;
	}
	buf_add_char(out, '"');
}

/* ---- values ---- */

static void write_value(const struct writer *w, value_t v, size_t depth);

static void
write_line_end(const struct writer *w, size_t depth)
{
	if (!w->pretty)
		return;
	buf_add_char(w->out, '\n');
	buf_add_str(w->out, w->prefix);
	for (size_t i = 0; i < depth; i++)
		buf_add_str(w->out, w->indent);
}

/* A key that is not a string is the JSON text of it, as a string. */
static void
write_key(const struct writer *w, value_t key)
{
	struct buf text;

	if (value_is_string(key)) {
		json_write_string(w->out, value_str(key), w->escape_html);
		return;
	}
	buf_init(&text, w->out->limit);
	json_write(&text, key);
	json_write_string(w->out, buf_str(&text), w->escape_html);
	if (buf_failed(&text))
		w->out->failed = true;
	buf_fini(&text);
}

static void
write_collection(const struct writer *w, value_t v, size_t depth)
{
	bool is_object = v.tag == VALUE_OBJECT;
	value_t key, item;

	buf_add_char(w->out, is_object ? '{' : '[');
	for (uint32_t i = 0; i < v.count; i++) {
		if (i > 0)
			buf_add_char(w->out, ',');
		write_line_end(w, depth + 1);
		value_entry_at(v, i, &key, &item);
		if (is_object) {
			write_key(w, key);
			buf_add_text(w->out, w->pretty ? ": " : ":");
		}
		write_value(w, item, depth + 1);
	}
	if (v.count > 0)
		write_line_end(w, depth);
	buf_add_char(w->out, is_object ? '}' : ']');
}

static void
write_value(const struct writer *w, value_t v, size_t depth)
{
	switch (v.tag) {
	case VALUE_FALSE:
		buf_add_text(w->out, "false");
		break;
	case VALUE_TRUE:
		buf_add_text(w->out, "true");
		break;
	case VALUE_NULL:
		buf_add_text(w->out, "null");
		break;
	case VALUE_INT:
		buf_add_int(w->out, v.integer);
		break;
	case VALUE_NUMBER:
		number_print(w->out, v);
		break;
	case VALUE_STRING:
		json_write_string(w->out, value_str(v), w->escape_html);
		break;
	default:
		must(value_is_collection(v));
		if (buf_failed(w->out) || !value_work_take(v.count)) /* do not walk what is not kept */
			w->out->failed = true;
		else
			write_collection(w, v, depth);
	}
}

void
json_write(struct buf *out, value_t v)
{
	write_value(&(struct writer){ .out = out }, v, 0);
}

void
json_write_escaped(struct buf *out, value_t v)
{
	write_value(&(struct writer){ .out = out, .escape_html = true }, v, 0);
}

void
json_write_pretty(struct buf *out, value_t v, str_t prefix, str_t indent)
{
	write_value(&(struct writer){
			.out = out, .pretty = true, .prefix = prefix, .indent = indent }, v, 0);
}

void
json_write_pretty_escaped(struct buf *out, value_t v, str_t prefix, str_t indent)
{
	write_value(&(struct writer){ .out = out, .escape_html = true, .pretty = true,
			.prefix = prefix, .indent = indent }, v, 0);
}
