/* SPDX-License-Identifier: Apache-2.0 */
/* core license: what a license token says, and (for who sells them) making one. */
#include "base/clock.h"
#include "base/file.h"
#include "bundle/keys.h"
#include "cli/cli.h"
#include "codec/json.h"
#include "license/license.h"
#include "token/claims.h"
#include "token/jws.h"

enum { TOKEN_MODE = 0644 };

const struct cli_spec cmd_license_inspect_options[] = {
	{ "--at", NULL, "UNIX", "as if it were this time" },
	{ 0 },
};

const struct cli_spec cmd_license_issue_options[] = {
	{ "--key", NULL, "KEY", "the private key: a path, the PEM text itself, or env:NAME" },
	{ "--org", NULL, "TEXT", "the organization" },
	{ "--plan", NULL, "TEXT", "the plan (team)" },
	{ "--days", NULL, "N", "how long it is valid (365)" },
	{ "--from", NULL, "UNIX", "when it begins (now)" },
	{ "--feature", NULL, "NAME", "a feature; may be repeated" },
	{ "--limit", NULL, "NAME=N", "a limit, e.g. max_tenants=50; may be repeated" },
	{ "--output", "-o", "FILE", "where the token goes (license.jwt)" },
	{ 0 },
};

/* ---- inspect ---- */

static void
print_entitlements(struct cli *cli, value_t entitlements)
{
	value_t features = value_object_get_text(entitlements, "features");

	buf_add_text(&cli->out, "Features:");
	for (uint32_t i = 0; features.tag == VALUE_ARRAY && i < features.count; i++) {
		if (value_is_string(features.items[i]))
			buf_printf(&cli->out, " %.*s", STR_FMT(value_str(features.items[i])));
	}
	buf_add_text(&cli->out, "\nLimits:");
	for (uint32_t i = 0; i < entitlements.count; i++) {
		const struct value_entry e = value_object_entry(entitlements.object, i);

		if (e.value.tag == VALUE_INT)
			buf_printf(&cli->out, " %.*s %lld", STR_FMT(value_str(e.key)), (long long)e.value.integer);
	}
	buf_add_char(&cli->out, '\n');
}

static void
print_json(struct cli *cli, const struct license *l, int64_t now)
{
	struct object_builder o;

	object_builder_init(&o, cli->arena, 10);
	(void)object_builder_add_text(&o, "state", value_text(cli->arena, license_state_name(license_state(l, now))));
	(void)object_builder_add_text(&o, "organization", value_string(cli->arena, l->organization));
	(void)object_builder_add_text(&o, "plan", value_string(cli->arena, l->plan));
	(void)object_builder_add_text(&o, "from", value_int(l->from_s));
	(void)object_builder_add_text(&o, "until", value_int(l->until_s));
	(void)object_builder_add_text(&o, "days_left", value_int(license_days_left(l, now)));
	(void)object_builder_add_text(&o, "entitlements", l->entitlements);
	(void)object_builder_add_text(&o, "kid", value_string(cli->arena, l->kid));
	(void)object_builder_add_text(&o, "algorithm", value_string(cli->arena, l->algorithm));
	cli_print_json(cli, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

static void
print_text(struct cli *cli, const struct license *l, int64_t now)
{
	buf_printf(&cli->out, "License: %s\n", cli->rest[0]);
	buf_printf(&cli->out, "Organization: %.*s (plan %.*s)\n", STR_FMT(l->organization), STR_FMT(l->plan));
	buf_printf(&cli->out, "Valid: %.*s to %.*s\n", STR_FMT(cli_time(cli, l->from_s)),
	    STR_FMT(cli_time(cli, l->until_s)));
	buf_printf(&cli->out, "State: %s (%lld days left)\n", license_state_name(license_state(l, now)),
	    (long long)license_days_left(l, now));
	print_entitlements(cli, l->entitlements);
	buf_printf(&cli->out, "Signed: yes (%.*s%s)\n", STR_FMT(l->algorithm),
	    license_keys_are_development() ? ", development key" : "");
}

err_t
cmd_license_inspect(struct cli *cli)
{
	struct jwks *keys = NULL;
	struct license l;
	int64_t now;
	str_t text;
	err_t err;

	TRY(cli_number(cli, "--at", clock_wall_s(&clock_system), &now));
	TRY(cli_read(cli, cli->rest[0], &text));
	TRY(license_keys_new(&keys));
	err = license_read(cli->arena, text, keys, &l);
	jwks_free(&keys);
	TRY(err);
	if (!l.present || l.reason != TOKEN_NONE) {
		diag_say(&cli->diag, "license", "%s is no valid license: %s", cli->rest[0],
		    l.present ? token_reason_text(l.reason) : "it is empty");
		return ERR_TOKEN;
	}
	if (cli->json)
		print_json(cli, &l, now);
	else
		print_text(cli, &l, now);
	return license_is_good(license_state(&l, now)) ? ERR_OK : ERR_NEGATIVE;
}

/* ---- issue ---- */

static err_t
make_entitlements(struct cli *cli, value_t *ret)
{
	const char *const *features, *const *limits;
	int feature_count = cli_values(cli, "--feature", &features);
	int limit_count = cli_values(cli, "--limit", &limits);
	value_t *items = ARENA_ARRAY(cli->arena, value_t, feature_count);
	struct object_builder o;

	object_builder_init(&o, cli->arena, (size_t)limit_count + 1);
	for (int i = 0; i < limit_count; i++) {
		str_t text = str_of(limits[i]);
		size_t equals = str_find_char(text, '=', 0);
		int64_t number;

		if (equals == text.len || equals == 0) {
			diag_say(&cli->diag, "usage", "--limit takes NAME=N, not %s", limits[i]);
			return ERR_USAGE;
		}
		TRY(cli_read_number(cli, "--limit", limits[i] + equals + 1, &number));
		(void)object_builder_add(&o, value_string(cli->arena, str_sub(text, 0, equals)), value_int(number));
	}
	for (int i = 0; i < feature_count; i++)
		items[i] = value_text(cli->arena, features[i]);
	(void)object_builder_add_text(&o, "features", value_array_of(items, (size_t)feature_count));
	*ret = object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
	return ERR_OK;
}

static err_t
make_claims(struct cli *cli, struct buf *ret)
{
	const char *plan = cli_value(cli, "--plan");
	struct object_builder o;
	int64_t days, from;
	value_t entitlements;

	TRY(cli_number(cli, "--days", 365, &days));
	TRY(cli_number(cli, "--from", clock_wall_s(&clock_system), &from));
	TRY(make_entitlements(cli, &entitlements));
	if (days == 0 || days > 36500) {
		diag_say(&cli->diag, "usage", "--days takes 1 to 36500");
		return ERR_USAGE;
	}
	object_builder_init(&o, cli->arena, 6);
	(void)object_builder_add_text(&o, "iss", value_text(cli->arena, LICENSE_ISSUER));
	(void)object_builder_add_text(&o, "sub", value_text(cli->arena, cli_value(cli, "--org")));
	(void)object_builder_add_text(&o, "iat", value_int(from));
	(void)object_builder_add_text(&o, "exp", value_int(from + days * LICENSE_DAY_S));
	(void)object_builder_add_text(&o, "plan", value_text(cli->arena, plan != NULL ? plan : "team"));
	(void)object_builder_add_text(&o, "entitlements", entitlements);
	json_write(ret, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
	return buf_failed(ret) ? ERR_LIMIT : ERR_OK;
}

static err_t
sign(struct cli *cli, const struct key *key, str_t claims)
{
	const char *path = cli_value(cli, "--output");
	enum algorithm a = key_kind(key) == KEY_RSA ? ALGORITHM_RS256 : ALGORITHM_ES256;
	struct buf token;
	err_t err;

	if (key_kind(key) != KEY_RSA && key_kind(key) != KEY_P256) {
		diag_say(&cli->diag, "license", "a license is signed with ES256 or RS256, not with a key of %s",
		    key_kind_name(key_kind(key)));
		return ERR_KEY;
	}
	path = path != NULL ? path : "license.jwt";
	buf_init(&token, LICENSE_TEXT_MAX);
	err = jws_sign(&token, key, a, key_thumbprint(key), STR("JWT"), claims);
	buf_add_char(&token, '\n');
	if (err == ERR_OK)
		err = file_replace(NULL, path, TOKEN_MODE, buf_str(&token), &cli->diag);
	if (err == ERR_OK)
		buf_printf(&cli->out, "License: %s (signed by key %.*s)\n", path, STR_FMT(key_thumbprint(key)));
	buf_fini(&token);
	return err;
}

err_t
cmd_license_issue(struct cli *cli)
{
	const char *source = cli_value(cli, "--key");
	struct key *key = NULL;
	struct buf claims;
	err_t err;

	if (source == NULL || cli_value(cli, "--org") == NULL) {
		diag_say(&cli->diag, "usage", "core license issue needs --key and --org");
		return ERR_USAGE;
	}
	TRY(bundle_key_source(source, &cli->diag, &key));
	buf_init(&claims, LICENSE_TEXT_MAX);
	err = make_claims(cli, &claims);
	if (err == ERR_OK)
		err = sign(cli, key, buf_str(&claims));
	buf_fini(&claims);
	key_free(&key);
	return err;
}
