/* SPDX-License-Identifier: Apache-2.0 */
#include "config/hide.h"

/* What the names of secrets have in common, as people write them. */
static const char *const words[] = { "tok", "secret", "passw", "pwd", "credential" };

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
stands_at(str_t line, size_t at, const char *word)
{
	size_t i = 0;

	for (; word[i] != '\0'; i++)
		if (at + i >= line.len || lower(line.data[at + i]) != word[i])
			return false;
	return true;
}

/* Behind the first colon after such a name; the line's length if there is none. */
static size_t
find_value(str_t line)
{
	for (size_t at = 0; at < line.len; at++)
		for (size_t i = 0; i < COUNT(words); i++)
			if (stands_at(line, at, words[i])) {
				at = str_find_char(line, ':', at);
				return at < line.len ? at + 1 : at;
			}
	return line.len;
}

str_t
config_hide_secrets(struct arena *arena, str_t text)
{
	char *shown = arena_copy(arena, text.data, text.len);
	size_t begin = 0;

	if (shown == NULL)
		return STR_NONE;
	while (begin < text.len) {
		size_t end = str_find_char(text, '\n', begin);
		str_t line = str_sub(text, begin, end - begin);

		for (size_t i = find_value(line); i < line.len; i++)
			if (line.data[i] > ' ' || line.data[i] < 0)
				shown[begin + i] = '*';
		begin = end + 1;
	}
	return str_make(shown, text.len);
}
