/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "codec/json.h"
#include "settings/settings.h"
#include "tap.h"

static const char text[] =
    "flags:\n"
    "  plain: {}\n"
    "  everybody: { default: on }\n"
    "  killed: { enabled: false, rules: [ { serve: on } ] }\n"
    "  tenant: { rules: [ { tenants: [acme, globex] } ] }\n"
    "  user: { rules: [ { users: u1 }, { users: [u2], tenants: [acme] } ] }\n"
    "  role: { rules: [ { roles: [admin] } ] }\n"
    "  attribute: { rules: [ { attributes: { plan: [pro, team], age: 18, beta: true } } ] }\n"
    "  first: { variants: [a, b, c], default: c, rules: [ { users: [u1], serve: a }, { serve: b } ] }\n"
    "  typed: { variants: { off: 0, small: 1.5, big: { n: 2 } }, rules: [ { users: [u1], serve: small },"
    " { users: [u2], serve: big } ] }\n"
    "  half: { rules: [ { rollout: 50 } ] }\n"
    "  quarter-of-half: { rules: [ { rollout: 25 } ] }\n"
    "  by-tenant: { rules: [ { rollout: 50, by: tenant } ] }\n"
    "  by-device: { rules: [ { rollout: 50, by: device } ] }\n"
    "  all: { rules: [ { rollout: 100 } ] }\n"
    "  nobody: { rules: [ { rollout: 0 } ] }\n"
    "  split: { variants: [x, y, z], rules: [ { split: { x: 10, y: 30, z: 60 } } ] }\n";

static struct arena *arena;
static struct settings settings;

static const struct {
	const char *flag, *tenant, *user, *attributes, *want; /* variant, rule */
	bool enabled;
} rows[] = {
	{ "plain", "", "", "{}", "off 0", false },
	{ "everybody", "", "", "{}", "on 0", true },
	{ "killed", "acme", "u1", "{}", "off 0", false },
	{ "tenant", "acme", "", "{}", "on 1", true },
	{ "tenant", "Acme", "", "{}", "off 0", false },
	{ "tenant", "", "", "{}", "off 0", false },
	{ "user", "", "u1", "{}", "on 1", true },
	{ "user", "acme", "u2", "{}", "on 2", true },
	{ "user", "globex", "u2", "{}", "off 0", false },
	{ "role", "", "", "{\"role\":\"admin\"}", "on 1", true },
	{ "role", "", "", "{\"roles\":[\"user\",\"admin\"]}", "on 1", true },
	{ "role", "", "", "{\"roles\":[\"user\"],\"role\":1}", "off 0", false },
	{ "role", "", "", "null", "off 0", false },
	{ "attribute", "", "", "{\"plan\":\"pro\",\"age\":18.0,\"beta\":true}", "on 1", true },
	{ "attribute", "", "", "{\"plan\":[\"x\",\"team\"],\"age\":18,\"beta\":true}", "on 1", true },
	{ "attribute", "", "", "{\"plan\":\"pro\",\"age\":\"18\",\"beta\":true}", "off 0", false },
	{ "attribute", "", "", "{\"plan\":\"pro\",\"age\":18}", "off 0", false },
	{ "first", "", "u1", "{}", "a 1", true },
	{ "first", "", "u2", "{}", "b 2", true },
	{ "typed", "", "u1", "{}", "small 1", true },
	{ "typed", "", "u2", "{}", "big 2", true },
	{ "typed", "", "u3", "{}", "off 0", false },
	{ "half", "acme", "", "{}", "off 0", false }, /* goes by the user, and there is none */
	{ "by-device", "acme", "u1", "{\"device\":7}", "off 0", false },
	{ "all", "", "u1", "{}", "on 1", true },
	{ "nobody", "", "u1", "{}", "off 0", false },
};

static void
try_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct flag *flag = settings_flag(&settings, str_of(rows[i].flag));
		struct flag_question q = { .tenant = str_of(rows[i].tenant), .user = str_of(rows[i].user) };
		struct flag_answer a;
		str_t got;

		(void)json_read(arena, str_of(rows[i].attributes), NULL, NULL, &q.attributes);
		a = flag_ask(flag, &q);
		got = arena_printf(arena, "%.*s %zu", STR_FMT(a.variant->name), a.rule);
		ok(str_eq(got, str_of(rows[i].want)) && a.enabled == rows[i].enabled,
		    "%s for `%s` `%s` %s: %.*s", rows[i].flag, rows[i].tenant, rows[i].user, rows[i].attributes,
		    STR_FMT(got));
	}
}

static struct flag_answer
ask_user(const char *flag, unsigned number)
{
	char user[16];
	int len = snprintf(user, sizeof(user), "user-%u", number);
	struct flag_question q = { .user = str_make(user, (size_t)len), .attributes = value_empty_object() };

	return flag_ask(settings_flag(&settings, str_of(flag)), &q);
}

/* Fixed places: they must be the same on every host, in every version. */
static void
try_places(void)
{
	ok(flag_place(STR("new-checkout"), STR("u1")) == 1188, "u1 stands at %u",
	    flag_place(STR("new-checkout"), STR("u1")));
	ok(flag_place(STR("new-checkou"), STR("tu1")) != flag_place(STR("new-checkout"), STR("u1")),
	    "key and text are two things");
}

static void
try_shares(void)
{
	unsigned half = 0, split[3] = { 0 }, disagree = 0;

	for (unsigned i = 0; i < 20000; i++) {
		struct flag_answer a = ask_user("split", i);

		half += ask_user("half", i).enabled;
		split[a.variant->name.data[0] - 'x']++;
		disagree += ask_user("half", i).enabled != ask_user("quarter-of-half", i).enabled;
	}
	ok(half > 9700 && half < 10300, "half of 20000 users: %u", half);
	ok(split[0] > 1800 && split[0] < 2200 && split[1] > 5700 && split[1] < 6300 && split[2] > 11700,
	    "10, 30 and 60 percent: %u %u %u", split[0], split[1], split[2]);
	ok(disagree > 9000, "two flags choose different users: %u differ", disagree);
}

/* Raising a roll-out keeps everybody who is in. */
static void
try_growth(void)
{
	unsigned before = 0, lost = 0;

	for (uint32_t percent = 1; percent <= 100; percent++) {
		struct flag_rule rule = { .rollout = percent * 100, .by = STR("user") };
		struct flag flag = *settings_flag(&settings, STR("half"));
		unsigned count = 0;

		flag.rules = &rule;
		for (unsigned i = 0; i < 500; i++) {
			char user[16];
			int len = snprintf(user, sizeof(user), "user-%u", i);
			bool in = flag_place(flag.key, str_make(user, (size_t)len)) < rule.rollout;
			struct flag_question q = { .user = str_make(user, (size_t)len) };

			lost += in != flag_ask(&flag, &q).enabled;
			count += in;
		}
		lost += count < before;
		before = count;
	}
	ok(lost == 0 && before == 500, "from 1 to 100 percent nobody falls out");
}

int
main(void)
{
	struct diag diag;

	arena = arena_new(4 << 20);
	diag_init(&diag, arena, 8);
	ok(settings_read(arena, STR("flags.yaml"), str_of(text), &diag, &settings) == ERR_OK, "flags: %.*s",
	    STR_FMT(diag_first_message(&diag)));
	try_rows();
	try_places();
	try_shares();
	try_growth();
	arena_free(&arena);
	return tap_done();
}
