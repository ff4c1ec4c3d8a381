/* SPDX-License-Identifier: Apache-2.0 */
#include "config/issuer.h"

#include "config/members.h"
#include "config/value.h"

static str_t
set_algorithms(struct arena *arena, str_t value, struct config_list *ret)
{
	const struct config_row *row = config_row(CONFIG_KEY_auth_algorithms);
	struct config_list list = config_member_list(arena, value);

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

enum { ISSUER, JWKS_PATH, AUDIENCES, ALGORITHMS, LEEWAY }; /* as in config.def */

static str_t
set_member(struct arena *arena, size_t member, str_t value, void *issuer)
{
	struct config_issuer *i = issuer;

	switch (member) {
	case ISSUER:
		i->issuer = config_member_text(arena, value);
		return STR_NONE;
	case JWKS_PATH:
		i->jwks_path = config_member_text(arena, value);
		return STR_NONE;
	case AUDIENCES:
		i->audiences = config_member_list(arena, value);
		return STR_NONE;
	case ALGORITHMS:
		return set_algorithms(arena, value, &i->algorithms);
	default:
		return set_leeway(arena, value, &i->leeway_secs);
	}
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
		wrong = config_members_read(arena, config_row(CONFIG_KEY_auth_issuers), entry,
		    set_member, &issuer);
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
