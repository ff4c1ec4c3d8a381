/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/hex.h"

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

err_t
hex_read(struct arena *arena, str_t text, str_t *ret, size_t *ret_bad)
{
	char *bytes = arena_alloc_raw(arena, text.len / 2 + 1, 1);
	size_t at = 0;

	if (bytes == NULL)
		return ERR_MEMORY;
	while (at < text.len && hex_digit(text.data[at]) >= 0) {
		int digit = hex_digit(text.data[at]);

		bytes[at / 2] = (char)(at % 2 == 0 ? digit << 4 : bytes[at / 2] | digit);
		at++;
	}
	if (at < text.len || text.len % 2 != 0) {
		if (ret_bad != NULL)
			*ret_bad = at;
		return ERR_SYNTAX;
	}
	*ret = str_make(bytes, text.len / 2);
	return ERR_OK;
}

void
hex_write(struct buf *out, str_t bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t byte = (uint8_t)bytes.data[i];

		buf_add(out, (char[]){ digits[byte >> 4], digits[byte & 15] }, 2);
	}
}
