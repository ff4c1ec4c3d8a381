/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/str.h"

size_t
str_find(str_t s, str_t needle, size_t from)
{
	if (from > s.len)
		return s.len;
	if (needle.len == 0)
		return from;
	const char *hit =
	    s.len == 0 ? NULL : memmem(s.data + from, s.len - from, needle.data, needle.len);

	return hit != NULL ? (size_t)(hit - s.data) : s.len;
}

size_t
str_find_char(str_t s, char needle, size_t from)
{
	if (from >= s.len)
		return s.len;
	const char *hit = memchr(s.data + from, needle, s.len - from);

	return hit != NULL ? (size_t)(hit - s.data) : s.len;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

str_t
str_trim_space(str_t s)
{
	while (s.len > 0 && is_blank(s.data[0]))
		s = str_skip(s, 1);
	while (s.len > 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
str_eq_nocase(str_t a, str_t b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	}
	return true;
}
