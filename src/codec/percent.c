/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/percent.h"

#include "codec/hex.h"

err_t
percent_read(struct arena *arena, str_t text, str_t *ret, size_t *ret_bad)
{
	char *bytes = arena_alloc_raw(arena, text.len + 1, 1);
	size_t len = 0;

	if (bytes == NULL)
		return ERR_MEMORY;
	for (size_t at = 0; at < text.len; at++) {
		char c = text.data[at];

		if (c == '%') {
			if (text.len - at < 3 || hex_digit(text.data[at + 1]) < 0 ||
			    hex_digit(text.data[at + 2]) < 0) {
				if (ret_bad != NULL)
					*ret_bad = at;
				return ERR_SYNTAX;
			}
			c = (char)(hex_digit(text.data[at + 1]) << 4 | hex_digit(text.data[at + 2]));
			at += 2;
		} else if (c == '+') {
			c = ' ';
		}
		bytes[len++] = c;
	}
	*ret = str_make(bytes, len);
	return ERR_OK;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '_' || c == '.' || c == '~';
}

void
percent_write(struct buf *out, str_t bytes)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t byte = (uint8_t)bytes.data[i];

		if (is_plain(bytes.data[i]))
			buf_add_char(out, bytes.data[i]);
		else if (byte == ' ')
			buf_add_char(out, '+');
		else
			buf_add(out, (char[]){ '%', digits[byte >> 4], digits[byte & 15] }, 3);
	}
}
