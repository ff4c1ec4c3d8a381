/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include "base/must.h"
#include "base/vec.h"

enum { TEXT_MAX = 4096 };

static bool
next_word(str_t *rest, char separator, str_t *ret)
{
	size_t end;

	if (rest->data == NULL)
		return false;
	end = str_find_char(*rest, separator, 0);
	*ret = str_sub(*rest, 0, end);
	*rest = end < rest->len ? str_skip(*rest, end + 1) : STR_NONE;
	return true;
}

/* The index of `word` among "one|of|these"; -1: it is none of them. */
static int
find_word(const char *words, str_t word)
{
	str_t rest = str_of(words), one;

	for (int i = 0; next_word(&rest, '|', &one); i++) {
		if (str_eq_nocase(one, word))
			return i;
	}
	return -1;
}

bool
config_entry_has_members(const struct config_row *row, str_t entry)
{
	str_t name = str_sub(entry, 0, str_find_char(entry, '=', 0));

	return name.len < entry.len && config_entry_has_member(row, name);
}

bool
config_entry_has_member(const struct config_row *row, str_t name)
{
	str_t rest = str_of(row->limits), one;

	while (next_word(&rest, '|', &one))
		if (str_eq(one, name))
			return true;
	return false;
}

static str_t
list_words(struct arena *arena, const char *words)
{
	str_t rest = str_of(words), one, text = STR_NONE;

	while (next_word(&rest, '|', &one))
		text = text.len == 0 ? arena_printf(arena, "%.*s", STR_FMT(one)) :
				       arena_printf(arena, "%.*s, %.*s", STR_FMT(text), STR_FMT(one));
	return text;
}

bool
config_read_int(str_t text, int64_t *ret)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	int64_t value = 0;
	size_t i = negative;

	if (text.len == i || text.len > 19)
		return false;
	for (; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text.data[i] - '0', &value))
			return false;
	}
	*ret = negative ? -value : value;
	return true;
}

/* Also the words that YAML 1.1 has for them. */
static str_t
set_flag(struct arena *arena, str_t text, bool *ret)
{
	int word = find_word("false|true|no|yes|off|on", text);

	if (word < 0)
		return arena_printf(arena, "must be true or false, not `%.*s`", STR_FMT(text));
	*ret = word % 2 == 1;
	return STR_NONE;
}

static str_t
set_int(struct arena *arena, const struct config_row *row, str_t text, int64_t *ret)
{
	str_t limits = str_of(row->limits);
	size_t dots = str_find(limits, STR(".."), 0);
	int64_t least, most, value;

	must(config_read_int(str_sub(limits, 0, dots), &least) &&
	    config_read_int(str_skip(limits, dots + 2), &most));
	if (!config_read_int(text, &value))
		return arena_printf(arena, "must be a whole number of %s, not `%.*s`", row->unit,
		    STR_FMT(text));
	if (value < least || value > most)
		return arena_printf(arena, "must be %lld to %lld %s, not %.*s", (long long)least,
		    (long long)most, row->unit, STR_FMT(text));
	*ret = value;
	return STR_NONE;
}

static str_t
set_choice(struct arena *arena, const struct config_row *row, str_t text, int *ret)
{
	int i = find_word(row->limits, text);

	if (i < 0)
		return arena_printf(arena, "must be one of %.*s, not `%.*s`",
		    STR_FMT(list_words(arena, row->limits)), STR_FMT(text));
	*ret = i;
	return STR_NONE;
}

static str_t
set_text(struct arena *arena, str_t text, str_t *ret)
{
	if (text.len > TEXT_MAX)
		return arena_printf(arena, "is longer than %d bytes", TEXT_MAX);
	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		return STR("holds a NUL");
	*ret = arena_str(arena, text);
	return STR_NONE;
}

static str_t
set_list(struct arena *arena, const struct config_row *row, const struct config_words *words,
    struct config_list *ret)
{
	VEC(str_t) list = { 0 };

	for (size_t i = 0; i < words->count; i++) {
		str_t text, wrong;

		if (row->type == CONFIG_TYPE_LIST && row->limits[0] != '\0' &&
		    find_word(row->limits, words->at[i]) < 0)
			return arena_printf(arena, "may list %.*s, not `%.*s`",
			    STR_FMT(list_words(arena, row->limits)), STR_FMT(words->at[i]));
		wrong = set_text(arena, words->at[i], &text);
		if (wrong.len > 0)
			return wrong;
		if (!VEC_PUSH(arena, &list, text))
			break;
	}
	*ret = (struct config_list){ list.at, list.count, words->marks };
	return STR_NONE;
}

str_t
config_value_set(struct arena *arena, const struct config_row *row,
    const struct config_words *words, struct config *config)
{
	void *at = (char *)config + row->offset;
	str_t text = words->count > 0 ? words->at[0] : STR_NONE;

	if (row->type == CONFIG_TYPE_LIST || row->type == CONFIG_TYPE_ENTRIES)
		return set_list(arena, row, words, at);
	if (words->is_list)
		return STR("must be one value, not a list");
	if (words->is_quoted && (row->type == CONFIG_TYPE_FLAG || row->type == CONFIG_TYPE_INT))
		return arena_printf(arena, "must be %s, not the text \"%.*s\"",
		    row->type == CONFIG_TYPE_FLAG ? "true or false" : "a number", STR_FMT(text));
	switch (row->type) {
	case CONFIG_TYPE_FLAG:
		return set_flag(arena, text, at);
	case CONFIG_TYPE_INT:
		return set_int(arena, row, text, at);
	case CONFIG_TYPE_CHOICE:
		return set_choice(arena, row, text, at);
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_SECRET:
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ENTRIES:
		break;
	}
	return set_text(arena, text, at);
}

/*
 * Commas separate the entries, and also the words of a member: one behind the members
 * of an entry goes on with the last of them, unless a new entry begins.  So entries
 * without members stand in front.
 */
static bool
continues(const struct config_row *row, str_t entry, str_t piece)
{
	return row->type == CONFIG_TYPE_ENTRIES && config_entry_has_members(row, entry) &&
	    !config_entry_has_members(row, piece);
}

static str_t
until(str_t first, str_t last)
{
	if (last.len == 0)
		return first;
	return str_make(first.data, (size_t)(last.data + last.len - first.data));
}

str_t
config_value_set_text(struct arena *arena, const struct config_row *row, str_t text,
    struct config *config)
{
	VEC(str_t) words = { 0 };
	str_t rest = text, one;

	if (row->type != CONFIG_TYPE_LIST && row->type != CONFIG_TYPE_ENTRIES)
		return config_value_set(arena, row,
		    &(struct config_words){ .at = &text, .count = 1 }, config);
	while (next_word(&rest, ',', &one)) {
		one = str_trim_space(one);
		if (words.count > 0 && continues(row, words.at[words.count - 1], one))
			words.at[words.count - 1] = until(words.at[words.count - 1], one);
		else if (one.len > 0 && !VEC_PUSH(arena, &words, one))
			break;
	}
	return config_value_set(arena, row,
	    &(struct config_words){ .at = words.at, .count = words.count, .is_list = true },
	    config);
}
