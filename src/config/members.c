/* SPDX-License-Identifier: Apache-2.0 */
#include "config/members.h"

#include "base/vec.h"

/* Where an unescaped `mark` stands; the length if it does not. */
static size_t
find_mark(str_t text, char mark)
{
	size_t i = 0;

	while (i < text.len && text.data[i] != mark)
		i += text.data[i] == '\\' && i + 1 < text.len ? 2 : 1;
	return i;
}

str_t
config_member_text(struct arena *arena, str_t text)
{
	char *bytes = arena_copy(arena, text.data, text.len);
	size_t len = 0;

	if (bytes == NULL)
		return STR_NONE;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\\' && i + 1 < text.len)
			i++;
		bytes[len++] = text.data[i];
	}
	bytes[len] = '\0';
	return str_make(bytes, len);
}

struct config_list
config_member_list(struct arena *arena, str_t text)
{
	VEC(str_t) list = { 0 };

	while (text.len > 0) {
		size_t end = find_mark(text, ',');

		if (end > 0 && !VEC_PUSH(arena, &list, config_member_text(arena, str_sub(text, 0, end))))
			break;
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return (struct config_list){ .at = list.at, .count = list.count };
}

/* Which of the names between the bars it is; SIZE_MAX: none. */
static size_t
find_member(str_t names, str_t name)
{
	for (size_t i = 0; names.len > 0; i++) {
		size_t end = str_find_char(names, '|', 0);

		if (str_eq(str_sub(names, 0, end), name))
			return i;
		names = str_skip(names, end < names.len ? end + 1 : end);
	}
	return SIZE_MAX;
}

str_t
config_members_read(struct arena *arena, const struct config_row *row, str_t entry,
    config_member_fn *set, void *context)
{
	uint32_t seen = 0;

	while (entry.len > 0) {
		size_t end = find_mark(entry, ' '), equals, member;
		str_t word = str_sub(entry, 0, end), wrong;

		entry = str_skip(entry, end < entry.len ? end + 1 : end);
		if (word.len == 0)
			continue;
		equals = str_find_char(word, '=', 0);
		if (equals == word.len)
			return arena_printf(
			    arena, "`%.*s` is not of the form member=value", STR_FMT(word));
		member = find_member(str_of(row->limits), str_sub(word, 0, equals));
		if (member == SIZE_MAX)
			return arena_printf(arena, "there is no member `%.*s`: %s",
			    STR_FMT(str_sub(word, 0, equals)), row->limits);
		if (seen >> member & 1)
			return arena_printf(arena, "%.*s is given twice",
			    STR_FMT(str_sub(word, 0, equals)));
		seen |= UINT32_C(1) << member;
		wrong = set(arena, member, str_skip(word, equals + 1), context);
		if (wrong.len > 0)
			return wrong;
	}
	return STR_NONE;
}
