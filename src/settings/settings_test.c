/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "settings/settings.h"
#include "settings/tag.h"
#include "tap.h"

static const struct {
	const char *text, *want; /* row:col: the beginning of the first finding; "" none */
} files[] = {
	{ "", "" },
	{ "# nothing\n", "" },
	{ "{\"values\": {\"a\": 1}, \"flags\": {}}", "" },
	{ "[1]", "1:1: the file must be a mapping" },
	{ "flag: {}", "1:1: the file has no key `flag`" },
	{ "flags:\n  a: { enabled: maybe }", "2:17: true or false" },
	{ "flags:\n  a: { enabledd: true }", "2:8: a flag has no key `enabledd`" },
	{ "flags:\n  a: 1", "2:6: a flag must be a mapping" },
	{ "flags:\n  a: {}\n  a: {}", "3:3: this key stands here a second time" },
	{ "flags: { a: { default: blue } }", "1:24: the flag `a` has no variant `blue`" },
	{ "flags: { a: { variants: [x, y], rules: [ { users: [u] } ] } }", "1:42: the rule must say" },
	{ "flags: { a: { rules: [ { serve: blue } ] } }", "1:33: the flag `a` has no variant `blue`" },
	{ "flags: { a: { rules: [ { rollout: 100.01 } ] } }", "1:35: a percentage" },
	{ "flags: { a: { rules: [ { rollout: 1.234 } ] } }", "1:35: a percentage" },
	{ "flags: { a: { rules: [ { rollout: -1 } ] } }", "1:35: a percentage" },
	{ "flags: { a: { rules: [ { rollout: 1e1 } ] } }", "1:35: a percentage" },
	{ "flags: { a: { rules: [ { split: { on: 30, off: 60 } } ] } }", "1:33: the shares" },
	{ "flags: { a: { rules: [ { split: { on: 30, off: 70 }, serve: on } ] } }", "1:33: a rule with a split" },
	{ "flags: { a: { rules: [ { users: [] } ] } }", "1:33: an empty list" },
	{ "flags: { a: { rules: [ { users: [null] } ] } }", "1:34: a text is missing" },
	{ "flags: { a: { variants: {} } }", "1:25: variants are" },
	{ "flags: { a: { rules: {} } }", "1:22: rules must be a list" },
	{ "rate_limits: [ { key: a, limit: 0, window_secs: 1 } ]", "1:33: a whole number" },
	{ "rate_limits: [ { key: a, limit: 1 } ]", "1:16: a rate limit has a key" },
	{ "rate_limits: [ { key: a, limit: 1, window: 60 } ]", "1:36: a rate limit has no key `window`" },
	{ "tenants: { acme: { nam: x } }", "1:20: a tenant has no key `nam`" },
	{ "values: [1]", "1:9: this must be a mapping" },
	{ "values: {a: &x 1, b: *x}", "1:22: aliases are not served" },
	{ "a: b: c", "1:5: mapping values" },
	{ "values: {a: 1}\n---\nvalues: {}", "2:1: there is a second document" },
	{ "values: {[1]: 2}", "1:10: a key must be a word" },
	{ "\xff", "1:1: " },
};

static void
try_files(void)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		struct arena *arena = arena_new(1 << 20);
		struct settings s;
		struct diag diag;
		str_t got = STR_NONE;
		err_t err;

		diag_init(&diag, arena, 8);
		err = settings_read(arena, STR("config.yaml"), str_of(files[i].text), &diag, &s);
		if (diag.first != NULL)
			got = arena_printf(arena, "%u:%u: %.*s", diag.first->place.row, diag.first->place.col,
			    STR_FMT(diag.first->message));
		ok((err == ERR_OK) == (files[i].want[0] == '\0') && str_has_prefix(got, str_of(files[i].want)),
		    "%s: %.*s", files[i].text, STR_FMT(got));
		arena_free(&arena);
	}
}

static const char good[] =
    "values:\n  region: eu-1\n  limits: { a: [1, 2] }\n  empty: \"\"\n"
    "rate_limits:\n  - { key: login, tenants: [acme], limit: 5, window_secs: 60 }\n"
    "  - { key: \"log*\", limit: 9, window_secs: 1 }\n"
    "tenants:\n  globex: {}\n  acme: { name: Acme Corp, aliases: [acme-corp], attributes: { plan: team } }\n"
    "flags:\n  b: { enabled: false }\n  a: {}\n";

static void
try_look_ups(void)
{
	struct arena *arena = arena_new(1 << 20);
	const struct settings_rate *rate;
	const struct settings_tenant *tenant;
	struct settings s = { 0 };
	struct diag diag;

	diag_init(&diag, arena, 8);
	ok(settings_read(arena, STR("f"), str_of(good), &diag, &s) == ERR_OK, "a good file: %.*s",
	    STR_FMT(diag_first_message(&diag)));
	ok(s.values.count == 3 && str_eq(s.values.at[0].key, STR("empty")) &&
		str_eq(s.values.at[1].value, STR("{\"a\":[1,2]}")) && str_eq(s.values.at[2].value, STR("eu-1")),
	    "values: sorted; what is no text is JSON");
	ok(s.version.len == SETTINGS_VERSION_LEN, "the version is %.*s", STR_FMT(s.version));
	rate = settings_rate(&s, STR("acme"), STR("login"));
	ok(rate != NULL && rate->limit == 5, "the first rate limit that fits");
	rate = settings_rate(&s, STR("globex"), STR("login"));
	ok(rate != NULL && rate->limit == 9, "another tenant: the next");
	ok(settings_rate(&s, STR("acme"), STR("lo")) == NULL, "no key fits");
	tenant = settings_tenant(&s, STR("acme-corp"));
	ok(tenant != NULL && str_eq(tenant->id, STR("acme")) && str_eq(tenant->name, STR("Acme Corp")) &&
		str_eq(tenant->attributes.at[0].value, STR("team")),
	    "a tenant by its alias");
	tenant = settings_tenant(&s, STR("globex"));
	ok(tenant != NULL && str_eq(tenant->name, STR("globex")), "a tenant without a name has its id");
	ok(settings_tenant(&s, STR("initech")) == NULL, "an unknown tenant");
	ok(settings_flag(&s, STR("a")) != NULL && settings_flag(&s, STR("b")) != NULL &&
		settings_flag(&s, STR("c")) == NULL,
	    "flags by key");
	arena_free(&arena);
}

/* RFC 4231, test case 2 */
static void
try_tags(void)
{
	char tag[TAG_LEN + 2] = { 0 };
	str_t key = STR("Jefe"), text = STR("what do ya want for nothing?");

	tag_make(key, text, tag);
	ok(memcmp(tag, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", TAG_LEN) == 0,
	    "the tag of rfc4231 4.3");
	ok(tag_check(key, text, str_make(tag, TAG_LEN)) == ERR_OK, "a right tag");
	tag[TAG_LEN] = '\n';
	ok(tag_check(key, text, str_make(tag, TAG_LEN + 1)) == ERR_OK, "with its newline");
	ok(tag_check(key, STR("what do ya want for nothing!"), str_make(tag, TAG_LEN)) == ERR_SIGNATURE,
	    "of another text");
	ok(tag_check(STR("jefe"), text, str_make(tag, TAG_LEN)) == ERR_SIGNATURE, "of another key");
	ok(tag_check(key, text, str_make(tag, TAG_LEN - 1)) == ERR_SIGNATURE, "cut");
	ok(tag_check(key, text, STR_NONE) == ERR_SIGNATURE, "none");
	tag[3] ^= 1;
	ok(tag_check(key, text, str_make(tag, TAG_LEN)) == ERR_SIGNATURE, "changed");
}

int
main(void)
{
	try_files();
	try_look_ups();
	try_tags();
	return tap_done();
}
