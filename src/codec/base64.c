/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64.h"

static const char alphabets[2][65] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/* Value of a character, or -1. */
static int
digit_of(char c, unsigned form)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == ((form & BASE64_URL) ? '-' : '+'))
		return 62;
	if (c == ((form & BASE64_URL) ? '_' : '/'))
		return 63;
	return -1;
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

err_t
base64_decode(struct arena *arena, str_t text, unsigned form, str_t *ret, size_t *ret_bad)
{
	struct reader r = { .text = text, .form = form };
	bool done = false;

	r.out = arena_alloc_raw(arena, text.len / 4 * 3 + 3, 1);
	if (r.out == NULL)
		return ERR_MEMORY;
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
