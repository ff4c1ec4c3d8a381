/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str: borrowed bytes, a pointer and a length.
 *
 * Never NUL-terminated by contract and never freed: whoever made the bytes
 * owns them and says how long they live.  Text that crosses a trust border is
 * always a str_t, so that an embedded NUL cannot shorten it.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/must.h"

typedef struct str {
	const char *data;
	size_t len;
} str_t;

#define STR(literal) ((str_t){ "" literal, sizeof(literal) - 1 })
#define STR_FMT(s) (int)(s).len, (s).data /* for "%.*s" */
#define STR_NONE ((str_t){ NULL, 0 })
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline str_t
str_make(const char *data, size_t len)
{
	return (str_t){ data, len };
}

static inline str_t
str_of(const char *text) /* NULL gives the empty string */
{
	return (str_t){ text, text != NULL ? strlen(text) : 0 };
}

static inline bool
str_eq(str_t a, str_t b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline int
str_cmp(str_t a, str_t b) /* by bytes, then by length */
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

	if (order != 0)
		return order < 0 ? -1 : 1;
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static inline bool
str_has_prefix(str_t s, str_t prefix)
{
	return s.len >= prefix.len &&
	    (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

static inline bool
str_has_suffix(str_t s, str_t suffix)
{
	return s.len >= suffix.len &&
	    (suffix.len == 0 ||
		memcmp(s.data + s.len - suffix.len, suffix.data, suffix.len) == 0);
}

static inline str_t
str_skip(str_t s, size_t count) /* `count` at most s.len */
{
	return (str_t){ count > 0 ? s.data + count : s.data, s.len - count }; /* NULL + 0 is undefined */
}

static inline str_t
str_sub(str_t s, size_t from, size_t len) /* within bounds: whoever is wrong dies of it */
{
	must(from <= s.len && len <= s.len - from);
	return (str_t){ from > 0 ? s.data + from : s.data, len };
}

static inline str_t
str_cut(str_t s, size_t most) /* its first bytes, `most` of them at most */
{
	return (str_t){ s.data, s.len < most ? s.len : most };
}

/* Index of the first `needle` in `s` at or after `from`; s.len if there is none. */
size_t str_find(str_t s, str_t needle, size_t from);
size_t str_find_char(str_t s, char needle, size_t from);
str_t str_trim_space(str_t s); /* ASCII blanks at both ends */
bool str_eq_nocase(str_t a, str_t b); /* ASCII letters */

#endif
