/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/uri_escape.h"

static const char digits[] = "0123456789ABCDEF";

bool
uri_is_one_of(char c, const char *chars)
{
	return c != '\0' && strchr(chars, c) != NULL;
}

bool
uri_is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    uri_is_one_of(c, "-._~");
}

bool
uri_is_bare(char c, enum uri_part part)
{
	static const char *const chars[] = {
		[URI_PATH] = "$&+,/:;=@",
		[URI_USER] = "$&+,;=",
		[URI_FRAGMENT] = "$&+,/:;=?@!()*",
		[URI_HOST] = "!$&'()*+,;=:[]<>\"",
		[URI_ZONE] = "!$&'()*+,;=:[]<>\"",
	};

	return uri_is_unreserved(c) || uri_is_one_of(c, chars[part]);
}

void
uri_add_escaped(struct buf *out, str_t plain, enum uri_part part)
{
	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.data[i];

		if (uri_is_bare((char)c, part)) {
			buf_add_char(out, (char)c);
		} else {
			buf_add_char(out, '%');
			buf_add_char(out, digits[c >> 4]);
			buf_add_char(out, digits[c & 15]);
		}
	}
}

bool
uri_is_default(str_t raw, str_t plain, enum uri_part part)
{
	size_t at = 0;

	for (size_t i = 0; i < plain.len; i++) {
		char c = plain.data[i];
		char escape[] = { '%', digits[(unsigned char)c >> 4], digits[c & 15] };
		str_t expected =
		    uri_is_bare(c, part) ? str_sub(plain, i, 1) : str_make(escape, sizeof(escape));

		if (!str_has_prefix(str_skip(raw, at), expected))
			return false;
		at += expected.len;
	}
	return at == raw.len;
}

bool
uri_is_escaped(str_t raw, enum uri_part part)
{
	for (size_t i = 0; i < raw.len; i++) {
		if (!uri_is_bare(raw.data[i], part) && !uri_is_one_of(raw.data[i], "!'()*[]%"))
			return false;
	}
	return true;
}
