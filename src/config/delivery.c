/* SPDX-License-Identifier: Apache-2.0 */
#include "config/delivery.h"

#include "config/members.h"
#include "config/value.h"

enum { NAME, PATH, VERIFY_KEYS, VERIFY_THRESHOLD, SCOPE }; /* as in config.def */

enum { THRESHOLD_MAX = 16 };

static str_t
set_name(struct arena *arena, str_t value, str_t *ret)
{
	str_t name = config_member_text(arena, value);

	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return arena_printf(arena,
			    "its name may have small letters, digits, - and _, not `%.*s`", STR_FMT(name));
	}
	if (name.len > CONFIG_DELIVERY_NAME_MAX)
		return STR("its name is longer than 64 bytes");
	if (str_eq(name, STR("main")))
		return STR("main is the name of the bundle in cache.policy_bundle_path");
	*ret = name;
	return STR_NONE;
}

static str_t
set_threshold(struct arena *arena, str_t value, int64_t *ret)
{
	int64_t count;

	if (!config_read_int(value, &count) || count < 1 || count > THRESHOLD_MAX)
		return arena_printf(
		    arena, "verify_threshold must be 1 to 16, not `%.*s`", STR_FMT(value));
	*ret = count;
	return STR_NONE;
}

static str_t
set_member(struct arena *arena, size_t member, str_t value, void *delivery)
{
	struct config_delivery *d = delivery;

	switch (member) {
	case NAME:
		return set_name(arena, value, &d->name);
	case PATH:
		d->path = config_member_text(arena, value);
		return STR_NONE;
	case VERIFY_KEYS:
		d->verify_keys = config_member_list(arena, value);
		return STR_NONE;
	case VERIFY_THRESHOLD:
		return set_threshold(arena, value, &d->verify_threshold);
	default:
		d->scope = config_member_text(arena, value);
		return STR_NONE;
	}
}

void
config_delivery_main(const struct config *c, struct config_delivery *ret)
{
	*ret = (struct config_delivery){
		.name = STR("main"),
		.path = c->cache_policy_bundle_path,
		.scope = c->policy_bundle_scope,
		.verify_keys = c->policy_verify_keys,
		.verify_threshold = c->policy_verify_threshold,
	};
}

str_t
config_delivery_read(
    struct arena *arena, const struct config *c, str_t entry, struct config_delivery *ret)
{
	struct config_delivery d;
	str_t wrong;

	config_delivery_main(c, &d);
	d.name = d.path = STR_NONE;
	wrong = config_members_read(arena, config_row(CONFIG_KEY_policy_bundles), entry, set_member,
	    &d);
	if (wrong.len > 0)
		return wrong;
	if (d.name.len == 0)
		return STR("it has no name");
	if (d.path.len == 0)
		return STR("it has no path");
	*ret = d;
	return STR_NONE;
}
