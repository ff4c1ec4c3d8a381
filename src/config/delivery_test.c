/* SPDX-License-Identifier: Apache-2.0 */
/* policy.bundles: what an entry says and what it takes over; and what is wrong with it. */
#include <tap.h>

#include "config/delivery.h"

static struct arena *arena;

static err_t
load(const char *text, struct diag *diag, struct config *ret)
{
	const struct config_inputs in = { .environment = NULL };

	diag_init(diag, arena, 20);
	return config_load_text(arena, STR("f.yaml"), str_of(text), &in, diag, ret);
}

static void
try_entries(void)
{
	struct config_delivery d;
	struct config c;
	struct diag diag;

	if (!ok(load("policy:\n"
	             "  verify_keys: [/k]\n"
	             "  verify_threshold: 2\n"
	             "  bundle_scope: edge\n"
	             "  bundles:\n"
	             "    - { name: geo, path: /geo.tar.gz }\n"
	             "    - name: f-2_x\n"
	             "      path: /a b,c.tar.gz\n"
	             "      verify_keys: [/one, \"/t,w o\"]\n"
	             "      verify_threshold: 1\n"
	             "      scope: core\n",
	            &diag, &c) == ERR_OK && c.policy_bundles.count == 2, "two entries"))
		return;
	config_delivery_main(&c, &d);
	ok(str_eq(d.name, STR("main")) && str_eq(d.path, STR("/etc/coresdk/policy-bundle.tar.gz")) &&
	        d.verify_threshold == 2 && str_eq(d.scope, STR("edge")), "the main one");
	ok(config_delivery_read(arena, &c, c.policy_bundles.at[0], &d).len == 0 &&
	        str_eq(d.name, STR("geo")) && str_eq(d.path, STR("/geo.tar.gz")) &&
	        d.verify_keys.count == 1 && d.verify_threshold == 2 && str_eq(d.scope, STR("edge")),
	    "a short one has what policy.* says");
	ok(config_delivery_read(arena, &c, c.policy_bundles.at[1], &d).len == 0 &&
	        str_eq(d.path, STR("/a b,c.tar.gz")) && d.verify_keys.count == 2 &&
	        str_eq(d.verify_keys.at[1], STR("/t,w o")) && d.verify_threshold == 1 &&
	        str_eq(d.scope, STR("core")), "a long one has its own");
}

static const struct {
	const char *entries;
	const char *want; /* part of the message */
} refusals[] = {
	{ "[/geo.tar.gz]", "is not of the form member=value" },
	{ "[{ path: /geo }]", "it has no name" },
	{ "[{ name: geo }]", "it has no path" },
	{ "[{ name: main, path: /geo }]", "main is the name" },
	{ "[{ name: Geo, path: /geo }]", "small letters" },
	{ "[{ name: ../geo, path: /geo }]", "small letters" },
	{ "[{ name: geo, path: /a, verify_threshold: 0 }]", "must be 1 to 16" },
	{ "[{ name: geo, path: /a, verify_threshold: 17 }]", "must be 1 to 16" },
	{ "[{ name: geo, path: /a }, { name: geo, path: /b }]", "the name geo is given twice" },
	{ "[{ name: geo, path: /a, color: red }]", "has no such member" },
	{ "[a1,a2,a3,a4,a5,a6,a7,a8,a9,b1,b2,b3,b4,b5,b6,b7]", "more than 15" },
	{ "[{ name: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg, path: /a }]",
	    "longer than 64" },
};

int
main(void)
{
	arena = arena_new(1 << 22);
	try_entries();
	for (size_t i = 0; i < COUNT(refusals); i++) {
		str_t text = arena_printf(arena, "policy: { bundles: %s }\n", refusals[i].entries), why;
		struct config c;
		struct diag diag;
		err_t err = load(text.data, &diag, &c);

		why = diag_first_message(&diag);
		ok(err == ERR_CONFIG && str_find(why, str_of(refusals[i].want), 0) < why.len, "%s: %.*s",
		    refusals[i].entries, STR_FMT(why));
	}
	arena_free(&arena);
	return tap_done();
}
