/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/floor.h"

#include <string.h>

static bool
read_number(str_t text, uint64_t *ret)
{
	uint64_t value = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' ||
		    __builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value))
			return false;
	}
	*ret = value;
	return true;
}

static bool
read_digest(str_t text, char ret[FLOOR_DIGEST_LEN])
{
	if (text.len != FLOOR_DIGEST_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!((text.data[i] >= '0' && text.data[i] <= '9') ||
		        (text.data[i] >= 'a' && text.data[i] <= 'f')))
			return false;
	memcpy(ret, text.data, FLOOR_DIGEST_LEN);
	return true;
}

static str_t
take_word(str_t *text)
{
	size_t end = str_find_char(*text, ' ', 0);
	str_t word = str_sub(*text, 0, end);

	*text = str_skip(*text, end < text->len ? end + 1 : end);
	return word;
}

void
floor_read(struct floor *f, str_t text)
{
	*f = (struct floor){ .number = 0 };
	if (text.len == 0)
		return;
	text = str_trim_space(text);
	f->spoiled = !read_number(take_word(&text), &f->number);
	f->has_digests = text.len > 0;
	if (f->has_digests && !(read_digest(take_word(&text), f->content) &&
	                          read_digest(take_word(&text), f->file) && text.len == 0))
		f->spoiled = true;
}

void
floor_write(const struct floor *f, struct buf *out)
{
	buf_printf(out, "%llu", (unsigned long long)f->number);
	if (f->has_digests)
		buf_printf(out, " %.64s %.64s", f->content, f->file);
	buf_add_char(out, '\n');
}

void
floor_set(struct floor *f, const struct floor_claim *c)
{
	*f = (struct floor){ .number = c->number };
	f->has_digests =
	    c->content.len == FLOOR_DIGEST_LEN && c->file.len == FLOOR_DIGEST_LEN;
	if (!f->has_digests)
		return;
	memcpy(f->content, c->content.data, FLOOR_DIGEST_LEN);
	memcpy(f->file, c->file.data, FLOOR_DIGEST_LEN);
}

bool
floor_has_file(const struct floor *f, str_t digest)
{
	return f->has_digests && str_eq(str_make(f->file, FLOOR_DIGEST_LEN), digest);
}

enum floor_verdict
floor_judge(const struct floor *f, const struct floor_claim *c, uint64_t step)
{
	if (f->spoiled)
		return FLOOR_SPOILED;
	if (c->number < f->number)
		return FLOOR_BELOW;
	if (c->number - f->number > step)
		return FLOOR_FAR;
	if (c->number > 0 && c->number == f->number && f->has_digests &&
	    !str_eq(str_make(f->content, FLOOR_DIGEST_LEN), c->content))
		return FLOOR_TWICE;
	return FLOOR_FINE;
}
