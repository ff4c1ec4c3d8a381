/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/package.h"

static bool
is_name_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (!first && c >= '0' && c <= '9');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
skip_blanks_and_comments(str_t text, size_t at)
{
	while (at < text.len && (is_blank(text.data[at]) || text.data[at] == '#')) {
		if (text.data[at] == '#')
			at = str_find_char(text, '\n', at);
		else
			at++;
	}
	return at;
}

static size_t
read_name(str_t text, size_t at)
{
	size_t end = at;

	while (end < text.len && is_name_char(text.data[end], end == at))
		end++;
	return end;
}

/* `["text"]`: the text has no escapes in any package worth signing. */
static bool
read_bracket(str_t text, size_t *at, str_t *ret)
{
	size_t from = *at + 2, to;

	if (text.len - *at < 4 || text.data[*at] != '[' || text.data[*at + 1] != '"')
		return false;
	to = str_find_char(text, '"', from);
	if (text.len - to < 2 || text.data[to + 1] != ']')
		return false;
	*ret = str_sub(text, from, to - from);
	*at = to + 2;
	return true;
}

static str_t
join(struct arena *arena, str_t path, str_t part)
{
	return path.len == 0 ? part
	                     : arena_printf(arena, "%.*s/%.*s", STR_FMT(path), STR_FMT(part));
}

str_t
package_find(struct arena *arena, str_t text)
{
	size_t at = skip_blanks_and_comments(text, 0), end = read_name(text, at);
	str_t path, part;

	if (!str_eq(str_sub(text, at, end - at), STR("package")))
		return STR_NONE;
	at = skip_blanks_and_comments(text, end);
	end = read_name(text, at);
	path = str_sub(text, at, end - at);
	for (at = end; at < text.len;) {
		if (text.data[at] == '.') {
			end = read_name(text, at + 1);
			part = str_sub(text, at + 1, end - at - 1);
			at = end;
		} else if (!read_bracket(text, &at, &part)) {
			break;
		}
		if (part.len == 0)
			return STR_NONE;
		path = join(arena, path, part);
	}
	return path;
}
