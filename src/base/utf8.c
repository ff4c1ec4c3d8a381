/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

size_t
utf8_ascii_prefix(str_t s)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; i + 16 <= s.len; i += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)(s.data + i));
		int high = _mm_movemask_epi8(block);

		if (high != 0)
			return i + (size_t)__builtin_ctz((unsigned)high);
	}
#else
	for (; i + 8 <= s.len; i += 8) {
		uint64_t block;

		memcpy(&block, s.data + i, sizeof(block));
		if ((block & 0x8080808080808080u) != 0)
			break;
	}
#endif
	while (i < s.len && (unsigned char)s.data[i] < 0x80)
		i++;
	return i;
}

/*
 * Width of the sequence at the front of `s`, 0 if it is wrong.  The second byte
 * alone decides about overlong forms, surrogates and what is above U+10FFFF
 * (rfc3629 4).
 */
static size_t
sequence_width(const unsigned char *at, size_t left)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t width;

	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xC2 || at[0] > 0xF4)
		return 0;
	width = at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
	if (width > left)
		return 0;
	if (at[0] == 0xE0)
		low = 0xA0;
	else if (at[0] == 0xED)
		high = 0x9F;
	else if (at[0] == 0xF0)
		low = 0x90;
	else if (at[0] == 0xF4)
		high = 0x8F;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < width; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	}
	return width;
}

static bool
is_tail(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

/* The same, for where speed counts: the common forms of two and three bytes first. */
static inline size_t
quick_width(const unsigned char *at, size_t left)
{
	if (left >= 3) {
		if (at[0] >= 0xC2 && at[0] < 0xE0 && is_tail(at[1]))
			return 2;
		if (at[0] > 0xE0 && at[0] < 0xF0 && at[0] != 0xED && is_tail(at[1]) && is_tail(at[2]))
			return 3;
	}
	return sequence_width(at, left);
}

bool
utf8_is_valid(str_t s)
{
	const unsigned char *at = (const unsigned char *)s.data, *end;

	if (s.len == 0) /* then there may be no bytes to point at */
		return true;
	end = at + s.len;
	for (;;) {
		at += utf8_ascii_prefix(str_make((const char *)at, (size_t)(end - at)));
		while (at < end && *at >= 0x80) {
			size_t width = quick_width(at, (size_t)(end - at));

			if (width == 0)
				return false;
			at += width;
		}
		if (at == end)
			return true;
	}
}

size_t
utf8_count(str_t s)
{
	size_t count = 0;

	while (s.len > 0) {
		size_t ascii = utf8_ascii_prefix(s);

		count += ascii;
		s = str_skip(s, ascii);
		while (s.len > 0 && (unsigned char)s.data[0] >= 0x80) {
			size_t width = sequence_width((const unsigned char *)s.data, s.len);

			s = str_skip(s, width > 0 ? width : 1);
			count++;
		}
	}
	return count;
}

uint32_t
utf8_decode_slow(str_t s, size_t *ret_width)
{
	const unsigned char *at = (const unsigned char *)s.data;
	size_t width = sequence_width(at, s.len);

	*ret_width = width > 0 ? width : 1;
	switch (width) {
	case 1:
		return at[0];
	case 2:
		return (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu);
	case 3:
		return (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
	case 4:
		return (at[0] & 0x07u) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 |
		    (at[3] & 0x3Fu);
	default:
		return UTF8_BAD;
	}
}

size_t
utf8_encode(char out[4], uint32_t rune)
{
	if (rune > UTF8_LAST || (rune >= 0xD800 && rune <= 0xDFFF))
		rune = UTF8_BAD;
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xC0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3F));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xE0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3F));
		out[2] = (char)(0x80 | (rune & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | rune >> 18);
	out[1] = (char)(0x80 | (rune >> 12 & 0x3F));
	out[2] = (char)(0x80 | (rune >> 6 & 0x3F));
	out[3] = (char)(0x80 | (rune & 0x3F));
	return 4;
}

void
utf8_add(struct buf *b, uint32_t rune)
{
	char bytes[4];

	buf_add(b, bytes, utf8_encode(bytes, rune));
}

/* Code points that do not print, first and last, above ASCII (Unicode 15.0). */
static const uint32_t unprintable[][2] = {
#include "base/utf8_unprintable.inc"
};

bool
utf8_is_printable(uint32_t rune)
{
	size_t low = 0, high = COUNT(unprintable);

	if (rune < 0x7F)
		return rune >= 0x20;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rune < unprintable[middle][0])
			high = middle;
		else if (rune > unprintable[middle][1])
			low = middle + 1;
		else
			return false;
	}
	return rune <= UTF8_LAST;
}
