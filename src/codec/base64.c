/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64.h"

static const char alphabets[2][65] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/* Value of a character plus one; 0: not a digit. */
/* clang-format off */
#define SHARED_DIGITS \
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8, \
	['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, \
	['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, \
	['Y'] = 25, ['Z'] = 26, \
	['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, \
	['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, \
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, \
	['y'] = 51, ['z'] = 52, \
	['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, \
	['8'] = 61, ['9'] = 62,

static const uint8_t digits[2][256] = {
	{ SHARED_DIGITS ['+'] = 63, ['/'] = 64 },
	{ SHARED_DIGITS ['-'] = 63, ['_'] = 64 },
};
/* clang-format on */

static int
digit_of(char c, unsigned form)
{
	return digits[form & BASE64_URL][(unsigned char)c] - 1;
}

struct reader {
	str_t text;
	size_t at;
	unsigned form;
	char *out;
	size_t len;
};

static void
skip_line_ends(struct reader *r)
{
	while ((r->form & BASE64_LOOSE) && r->at < r->text.len &&
	    (r->text.data[r->at] == '\n' || r->text.data[r->at] == '\r'))
		r->at++;
}

/* Behind `count` digits of a quantum stands a `=`; at is behind it.  SIZE_MAX: it ends well. */
static size_t
read_padding(struct reader *r, size_t count)
{
	if (!(r->form & BASE64_PADDED) || count < 2)
		return r->at - 1;
	if (count == 2) {
		skip_line_ends(r);
		if (r->at == r->text.len)
			return r->text.len;
		if (r->text.data[r->at] != '=')
			return r->at - 1;
		r->at++;
	}
	skip_line_ends(r);
	return r->at < r->text.len ? r->at : SIZE_MAX;
}

/* Adds what `count` digits hold; false: the last one has bits that belong to no byte. */
static bool
put_quantum(struct reader *r, uint32_t bits, size_t count)
{
	bits <<= 6 * (4 - count);
	for (size_t i = 0; i + 1 < count; i++)
		r->out[r->len++] = (char)(bits >> (16 - 8 * i));
	return (r->form & BASE64_LOOSE) || count == 4 || (bits & (count == 2 ? 0xffff : 0xff)) == 0;
}

/* Up to four digits.  SIZE_MAX: fine, and *ret_done says whether the text is over. */
static size_t
read_quantum(struct reader *r, bool *ret_done)
{
	size_t count = 0, bad = SIZE_MAX;
	uint32_t bits = 0;

	*ret_done = false;
	while (count < 4) {
		int digit;

		skip_line_ends(r);
		if (r->at == r->text.len) {
			if (count == 1 || (count > 0 && (r->form & BASE64_PADDED)))
				return r->at - count;
			*ret_done = true;
			break;
		}
		digit = digit_of(r->text.data[r->at++], r->form);
		if (digit < 0) {
			if (r->text.data[r->at - 1] != '=')
				return r->at - 1;
			bad = read_padding(r, count);
			if (bad != SIZE_MAX)
				return bad;
			*ret_done = true;
			break;
		}
		bits = bits << 6 | (uint32_t)digit;
		count++;
	}
	return count == 0 || put_quantum(r, bits, count) ? SIZE_MAX : r->text.len - 1;
}

/* As far as four digits stand together; the rest is for read_quantum(). */
static void
read_whole_quanta(struct reader *r)
{
	const uint8_t *table = digits[r->form & BASE64_URL];
	const unsigned char *text = (const unsigned char *)r->text.data;

	for (; r->text.len - r->at >= 4; r->at += 4) {
		const unsigned char *at = text + r->at;
		uint8_t a = table[at[0]], b = table[at[1]], c = table[at[2]], d = table[at[3]];
		uint32_t bits;

		if (a == 0 || b == 0 || c == 0 || d == 0)
			return;
		bits = (uint32_t)(a - 1) << 18 | (uint32_t)(b - 1) << 12 | (uint32_t)(c - 1) << 6 |
		    (uint32_t)(d - 1);
		r->out[r->len++] = (char)(bits >> 16);
		r->out[r->len++] = (char)(bits >> 8);
		r->out[r->len++] = (char)bits;
	}
}

err_t
base64_decode(struct arena *arena, str_t text, unsigned form, str_t *ret, size_t *ret_bad)
{
	struct reader r = { .text = text, .form = form };
	bool done = false;

	r.out = arena_alloc_raw(arena, text.len / 4 * 3 + 3, 1);
	if (r.out == NULL)
		return ERR_MEMORY;
	read_whole_quanta(&r);
	while (!done) {
		size_t bad = read_quantum(&r, &done);

		if (bad == SIZE_MAX)
			continue;
		if (ret_bad != NULL)
			*ret_bad = bad;
		return ERR_SYNTAX;
	}
	*ret = str_make(r.out, r.len);
	return ERR_OK;
}

void
base64_encode(struct buf *out, str_t bytes, unsigned form)
{
	const char *alphabet = alphabets[form & BASE64_URL];

	for (size_t at = 0; at < bytes.len; at += 3) {
		size_t count = bytes.len - at < 3 ? bytes.len - at : 3;
		uint32_t bits = 0;
		char four[4];

		for (size_t i = 0; i < 3; i++)
			bits = bits << 8 | (i < count ? (uint8_t)bytes.data[at + i] : 0);
		for (size_t i = 0; i < 4; i++)
			four[i] = i <= count ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
		buf_add(out, four, (form & BASE64_PADDED) ? 4 : count + 1);
	}
}
