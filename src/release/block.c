/* SPDX-License-Identifier: Apache-2.0 */
#include "release/block.h"

#include "codec/hex.h"

#define BEGIN_LINE "\n-----BEGIN CORESDK SIGNATURE-----\n"
#define END_START "\n-----END CORESDK SIGNATURE "
#define END_STOP "-----\n"

enum {
	DIGITS = 8,
	BEGIN_SIZE = sizeof(BEGIN_LINE) - 1,
	END_SIZE = sizeof(END_START) - 1 + DIGITS + sizeof(END_STOP) - 1,
};

/* The last line of a block, at the very end of `s`; *ret_size is what it says. */
static bool
ends_with_block(str_t s, size_t *ret_size)
{
	size_t size = 0;
	str_t line;

	if (s.len < END_SIZE)
		return false;
	line = str_skip(s, s.len - END_SIZE);
	if (!str_has_prefix(line, STR(END_START)) || !str_has_suffix(line, STR(END_STOP)))
		return false;
	line = str_sub(line, sizeof(END_START) - 1, DIGITS);
	for (size_t i = 0; i < DIGITS; i++) {
		int digit = hex_digit(line.data[i]);

		if (digit < 0 || (line.data[i] >= 'A' && line.data[i] <= 'F'))
			return false;
		size = size << 4 | (size_t)digit;
	}
	*ret_size = size;
	return true;
}

static bool
is_jws_text(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return s.len > 0;
}

enum block_state
block_read(str_t tail, struct block *ret)
{
	size_t size = 0, before = 0;
	str_t block, text;

	if (!ends_with_block(tail, &size)) {
		size_t end = str_find(tail, STR(END_START), 0);

		if (end < tail.len && tail.len - end >= END_SIZE)
			return BLOCK_TRAILED;
		return str_find(tail, STR(BEGIN_LINE), 0) < tail.len ? BLOCK_CUT : BLOCK_NONE;
	}
	if (size > tail.len || size > BLOCK_SIZE_MAX || size < BEGIN_SIZE + END_SIZE)
		return BLOCK_MALFORMED;
	block = str_skip(tail, tail.len - size);
	text = str_sub(block, BEGIN_SIZE, size - BEGIN_SIZE - END_SIZE);
	if (!str_has_prefix(block, STR(BEGIN_LINE)) || !is_jws_text(text))
		return BLOCK_MALFORMED;
	if (ends_with_block(str_sub(tail, 0, tail.len - size), &before))
		return BLOCK_TWICE;
	*ret = (struct block){ .text = text, .size = size };
	return BLOCK_FOUND;
}

const char *
block_state_text(enum block_state state)
{
	static const char *const texts[] = {
		[BLOCK_FOUND] = "there is a signature block",
		[BLOCK_NONE] = "it has no signature block: it was never signed, or is cut off",
		[BLOCK_CUT] = "its signature block is cut off",
		[BLOCK_TRAILED] = "something follows its signature block",
		[BLOCK_MALFORMED] = "its signature block is malformed",
		[BLOCK_TWICE] = "it has two signature blocks",
	};

	return texts[state];
}

err_t
block_write(struct buf *out, str_t text)
{
	size_t size = BEGIN_SIZE + text.len + END_SIZE;

	if (size > BLOCK_SIZE_MAX)
		return ERR_LIMIT;
	buf_add_text(out, BEGIN_LINE);
	buf_add_str(out, text);
	buf_printf(out, END_START "%08zx" END_STOP, size);
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}
