/* SPDX-License-Identifier: Apache-2.0 */
#include "config/issuer.h"

#include "base/vec.h"
#include "config/value.h"

/* Where an unescaped `mark` stands; the length if it does not. */
static size_t
find_mark(str_t text, char mark)
{
	size_t i = 0;

	while (i < text.len && text.data[i] != mark)
		i += text.data[i] == '\\' && i + 1 < text.len ? 2 : 1;
	return i;
}

static str_t
unescape(struct arena *arena, str_t text)
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

static struct config_list
split(struct arena *arena, str_t text)
{
	VEC(str_t) list = { 0 };

	while (text.len > 0) {
		size_t end = find_mark(text, ',');

		if (end > 0 && !VEC_PUSH(arena, &list, unescape(arena, str_sub(text, 0, end))))
			break;
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return (struct config_list){ .at = list.at, .count = list.count };
}

static str_t
set_algorithms(struct arena *arena, str_t value, struct config_list *ret)
{
	const struct config_row *row = config_row(CONFIG_KEY_auth_algorithms);
	struct config_list list = split(arena, value);

	for (size_t i = 0; i < list.count; i++)
		if (!config_entry_has_member(row, list.at[i]))
			return arena_printf(arena, "algorithms may list %s, not `%.*s`",
			    row->limits, STR_FMT(list.at[i]));
	*ret = list;
	return STR_NONE;
}

static str_t
set_leeway(struct arena *arena, str_t value, int64_t *ret)
{
	int64_t secs;

	if (!config_read_int(value, &secs) || secs < 0 || secs > 3600)
		return arena_printf(
		    arena, "leeway_secs must be 0 to 3600, not `%.*s`", STR_FMT(value));
	*ret = secs;
	return STR_NONE;
}

enum { ISSUER = 1, JWKS_PATH = 2, AUDIENCES = 4, ALGORITHMS = 8, LEEWAY = 16 };

static str_t
set_member(
    struct arena *arena, str_t name, str_t value, unsigned *seen, struct config_issuer *i)
{
	unsigned member = str_eq(name, STR("issuer"))        ? ISSUER
			  : str_eq(name, STR("jwks_path"))   ? JWKS_PATH
			  : str_eq(name, STR("audiences"))   ? AUDIENCES
			  : str_eq(name, STR("algorithms"))  ? ALGORITHMS
			  : str_eq(name, STR("leeway_secs")) ? LEEWAY
							     : 0;

	if (member == 0)
		return arena_printf(arena, "there is no member `%.*s`: %s", STR_FMT(name),
		    config_row(CONFIG_KEY_auth_issuers)->limits);
	if (*seen & member)
		return arena_printf(arena, "%.*s is given twice", STR_FMT(name));
	*seen |= member;
	if (member == ISSUER)
		i->issuer = unescape(arena, value);
	else if (member == JWKS_PATH)
		i->jwks_path = unescape(arena, value);
	else if (member == AUDIENCES)
		i->audiences = split(arena, value);
	else if (member == ALGORITHMS)
		return set_algorithms(arena, value, &i->algorithms);
	else
		return set_leeway(arena, value, &i->leeway_secs);
	return STR_NONE;
}

static str_t
read_members(struct arena *arena, str_t rest, struct config_issuer *issuer)
{
	unsigned seen = 0;

	while (rest.len > 0) {
		size_t end = find_mark(rest, ' '), equals;
		str_t word = str_sub(rest, 0, end), wrong;

		rest = str_skip(rest, end < rest.len ? end + 1 : end);
		if (word.len == 0)
			continue;
		equals = str_find_char(word, '=', 0);
		if (equals == word.len)
			return arena_printf(
			    arena, "`%.*s` is not of the form member=value", STR_FMT(word));
		wrong = set_member(arena, str_sub(word, 0, equals), str_skip(word, equals + 1),
		    &seen, issuer);
		if (wrong.len > 0)
			return wrong;
	}
	return STR_NONE;
}

str_t
config_issuer_read(
    struct arena *arena, const struct config *c, str_t entry, struct config_issuer *ret)
{
	struct config_issuer issuer = {
		.issuer = entry,
		.jwks_path = c->auth_jwks_path,
		.audiences = c->auth_audiences,
		.algorithms = c->auth_algorithms,
		.leeway_secs = c->auth_leeway_secs,
	};

	if (config_entry_has_members(config_row(CONFIG_KEY_auth_issuers), entry)) {
		str_t wrong;

		issuer.issuer = STR_NONE;
		wrong = read_members(arena, entry, &issuer);
		if (wrong.len > 0)
			return wrong;
	}
	if (issuer.issuer.len == 0)
		return STR("it names no issuer");
	if (issuer.jwks_path.len == 0)
		return STR("its jwks_path is empty");
	if (c->auth_require_audience && issuer.audiences.count == 0)
		return STR("auth.require_audience is true, but it names no audiences");
	*ret = issuer;
	return STR_NONE;
}
