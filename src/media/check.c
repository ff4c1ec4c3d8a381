/* SPDX-License-Identifier: Apache-2.0 */
#include "media/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/file.h"
#include "bundle/bundle.h"
#include "bundle/floor.h"
#include "crypt/secret.h"
#include "engine/snapshot.h"
#include "license/license.h"
#include "net/tls_trust.h"
#include "release/version.h"
#include "settings/settings.h"
#include "settings/tag.h"
#include "token/revoked.h"

enum { NUMBER_TEXT_MAX = 64, PACK_REVOKED_MAX = 100000 };

#define SIDECAR_NAME STR("coresdk-sidecar")

static err_t refuse(struct diag *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static err_t
refuse(struct diag *diag, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	diag_say(diag, "media", "%s", text);
	return ERR_SIGNATURE;
}

/* ---- what the daemon remembers ---- */

/* A file with one number; `fallback` if it is not there, INT64_MAX if it is spoiled. */
static int64_t
read_number(const struct config *c, const char *root, const char *name, int64_t fallback)
{
	struct arena *arena = arena_new(16 << 10);
	int64_t number = fallback;
	struct buf text;
	str_t path;

	if (arena == NULL)
		return INT64_MAX;
	path = arena_printf(arena, "%s%.*s/%s", root, STR_FMT(c->data_dir), name);
	buf_init(&text, NUMBER_TEXT_MAX);
	if (path.data != NULL && file_read(NULL, path.data, FILE_ANY, &text, NULL) == ERR_OK) {
		char *end;

		buf_add_char(&text, '\0');
		number = strtoll(text.data, &end, 10);
		if (end == text.data || number < 0 || (*end != '\n' && *end != '\0'))
			number = INT64_MAX;
	}
	buf_fini(&text);
	arena_free(&arena);
	return number;
}

int64_t
check_now(const struct config *c, const char *root)
{
	int64_t now = clock_wall_s(&clock_system),
		mark = read_number(c, root, "clock-mark", 0);

	return mark != INT64_MAX && mark > now ? mark : now;
}

/* ---- parts ---- */

static err_t
add_verify_keys(const struct check_context *x, struct arena *arena, struct bundle_keys *keys,
    struct diag *diag)
{
	for (size_t i = 0; i < x->config->policy_verify_keys.count; i++) {
		str_t path = arena_printf(
		    arena, "%s%.*s", x->root, STR_FMT(x->config->policy_verify_keys.at[i]));

		if (path.data == NULL)
			return ERR_MEMORY;
		TRY(bundle_keys_add_path(keys, path.data, diag));
	}
	if (x->config->policy_revoked_keys.len > 0) {
		str_t path =
		    arena_printf(arena, "%s%.*s", x->root, STR_FMT(x->config->policy_revoked_keys));

		if (path.data == NULL)
			return ERR_MEMORY;
		TRY(bundle_keys_revoke_path(keys, path.data, diag));
	}
	return ERR_OK;
}

/* A floor that cannot be read is spoiled: nothing is above it. */
static void
read_floor(struct arena *arena, const struct check_context *x, struct floor *ret)
{
	str_t path = arena_printf(
	    arena, "%s%.*s/revision-floor", x->root, STR_FMT(x->config->data_dir));
	struct buf text;
	err_t err = ERR_MEMORY;

	buf_init(&text, FLOOR_TEXT_MAX);
	if (path.data != NULL)
		err = file_read(NULL, path.data, FILE_ANY, &text, NULL);
	floor_read(ret, err == ERR_NOT_FOUND ? STR_NONE : buf_str(&text));
	ret->spoiled = ret->spoiled || (err != ERR_OK && err != ERR_NOT_FOUND);
	buf_fini(&text);
}

static err_t
check_floor(struct arena *arena, const struct check_context *x, const struct snapshot_facts *facts,
    struct diag *diag)
{
	const struct snapshot_bundle_facts *b = &facts->bundles[0];
	const struct floor_claim claim = { b->revision_number, b->content, b->digest };
	struct floor floor;

	if (!x->config->policy_require_signature)
		return ERR_OK;
	read_floor(arena, x, &floor);
	switch (floor_judge(&floor, &claim, (uint64_t)x->config->policy_max_revision_step)) {
	case FLOOR_FINE:
		return ERR_OK;
	case FLOOR_FAR:
		return refuse(diag,
		    "bundle: its revision number %llu is more than policy.max_revision_step above %llu, "
		    "the highest that this host ever took",
		    (unsigned long long)claim.number, (unsigned long long)floor.number);
	case FLOOR_TWICE:
		if (x->config->policy_on_equivocation == CONFIG_EQUIVOCATION_ALARM)
			return ERR_OK;
		return refuse(diag,
		    "bundle: this host has another bundle with its revision number %llu: two were "
		    "signed as one",
		    (unsigned long long)claim.number);
	case FLOOR_BELOW:
	case FLOOR_SPOILED:
		break;
	}
	if (x->allow_rollback)
		return ERR_OK;
	return refuse(diag,
	    "bundle: its revision number %llu is below %llu, the highest that this host ever took; "
	    "--allow-rollback takes it, and is recorded",
	    (unsigned long long)claim.number, (unsigned long long)floor.number);
}

/* As the sidecar will: verified and compiled. */
static err_t
try_bundle(struct arena *arena, const struct check_context *x, str_t bytes, struct diag *diag)
{
	const struct config *c = x->config;
	struct snapshot_bundle bundle = { .id = STR("main"),
		.name = STR("bundle"),
		.bytes = bytes,
		.threshold = (unsigned)c->policy_verify_threshold,
		.scope = c->policy_bundle_scope };
	struct snapshot_options options = { .bundles = &bundle,
		.bundle_count = 1,
		.require_signature = c->policy_require_signature,
		.allow_network = c->policy_capabilities == CONFIG_CONNECTED,
		.experimental = c->policy_experimental,
		.default_rule = c->policy_default_rule,
		.now = x->now };
	struct bundle_keys *keys = bundle_keys_new();
	struct snapshot *s = NULL;
	err_t err = keys != NULL ? add_verify_keys(x, arena, keys, diag) : ERR_MEMORY;

	bundle.verify_keys = keys;
	if (err == ERR_OK)
		err = snapshot_make(&options, diag, &s);
	if (err == ERR_OK)
		err = check_floor(arena, x, snapshot_facts(s), diag);
	snapshot_free(&s);
	bundle_keys_free(&keys);
	return err;
}

static err_t
check_bundle(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	const struct bundle_options look = {
		.name = STR("bundle"), .ignore_times = true, .now = x->now
	};
	struct bundle b;

	if (x->config != NULL)
		TRY(try_bundle(arena, x, p->bytes, diag));
	TRY(bundle_read(p->bytes, &look, arena, NULL, diag, &b));
	*ret = b.signature.revision_number > 0
		   ? arena_printf(arena, "%.*s (%llu)", STR_FMT(b.manifest.revision),
			 (unsigned long long)b.signature.revision_number)
		   : b.manifest.revision;
	return ERR_OK;
}

static err_t
check_jwks(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	size_t most =
	    x->config != NULL ? (size_t)x->config->auth_jwks_max_keys : JWKS_KEYS_MAX;
	struct jwks *set = NULL;

	TRY(jwks_new_from_file(p->bytes, STR("jwks"), most, diag, &set));
	*ret = arena_printf(arena, "%zu keys", jwks_count(set));
	jwks_free(&set);
	return ERR_OK;
}

static err_t
check_license(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	struct jwks *keys = NULL;
	struct license l;
	err_t err;

	TRY(license_keys_new(&keys));
	err = license_read(arena, p->bytes, keys, &l);
	jwks_free(&keys);
	TRY(err);
	if (!l.present || l.reason != TOKEN_NONE)
		return refuse(diag, "license: it is not valid: %s",
		    l.present ? token_reason_text(l.reason) : "it is empty");
	if (!license_is_good(license_state(&l, x->now)))
		return refuse(
		    diag, "license: it is %s", license_state_name(license_state(&l, x->now)));
	*ret = arena_printf(arena, "%.*s, %lld days left", STR_FMT(l.organization),
	    (long long)license_days_left(&l, x->now));
	return ERR_OK;
}

static err_t
check_crl(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	if (x->config != NULL && x->config->tls_crl.len == 0)
		return refuse(diag, "crl: this host has no tls.crl, where it would go");
	TRY(tls_trust_check_lists(p->bytes, x->now, diag));
	*ret = STR("");
	return ERR_OK;
}

static err_t
check_revocations(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	size_t most =
	    x->config != NULL ? (size_t)x->config->auth_revoked_max : PACK_REVOKED_MAX;
	struct revoked *list = revoked_new(most, NULL);
	size_t added = 0, spoiled = 0;
	err_t err = list != NULL ? revoked_merge(list, p->bytes, x->now, &added, &spoiled)
				 : ERR_MEMORY;

	revoked_free(&list);
	if (err == ERR_LIMIT)
		return refuse(diag,
		    "revocations: there are more than %zu, which auth.revoked_max allows",
		    most);
	TRY(err);
	if (spoiled > 0)
		return refuse(diag,
		    "revocations: %zu lines are not the SHA-256 of a token's signed part, a "
		    "blank and the "
		    "time until which it counts",
		    spoiled);
	*ret = arena_printf(arena, "%zu tokens", added);
	return ERR_OK;
}

/* With a key on the host, settings without their tag are as good as somebody else's. */
static err_t
check_tag(const struct check_context *x, struct arena *arena, const struct media *m,
    str_t text, struct diag *diag)
{
	const struct media_part *tag = media_find(m, MEDIA_TAG);
	str_t path =
	    arena_printf(arena, "%s%.*s", x->root, STR_FMT(x->config->cache_hmac_key_path));
	struct buf key;
	err_t err;

	if (x->config->cache_hmac_key_path.len == 0)
		return ERR_OK;
	if (tag == NULL)
		return refuse(diag,
		    "config: this host has cache.hmac_key_path, and the delivery has no tag "
		    "(core config sign makes one)");
	buf_init(&key, TAG_KEY_MAX);
	err = tag_key_read(path.data, &key, diag);
	if (err == ERR_OK && tag_check(buf_str(&key), text, tag->bytes) != ERR_OK)
		err = refuse(diag, "config: its tag is not one by the key of this host");
	secret_wipe(key.data, key.len);
	buf_fini(&key);
	return err;
}

static err_t
check_config(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	struct settings s;

	if (x->config != NULL)
		TRY(check_tag(x, arena, m, p->bytes, diag));
	TRY(settings_read(arena, STR("config"), p->bytes, diag, &s));
	*ret = s.version;
	return ERR_OK;
}

static err_t
check_tag_part(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	if (media_find(m, MEDIA_CONFIG) == NULL)
		return refuse(diag, "tag: there is no config that it would belong to");
	if (str_trim_space(p->bytes).len != TAG_LEN)
		return refuse(diag, "tag: it is not 64 hexadecimal digits");
	*ret = STR("");
	return ERR_OK;
}

str_t
check_platform(struct arena *arena)
{
	static const struct {
		const char *machine, *name;
	} machines[] = { { "x86_64", "amd64" }, { "aarch64", "arm64" } };
	struct utsname u;

	if (uname(&u) != 0)
		return STR("");
	for (size_t i = 0; i < COUNT(machines); i++)
		if (strcmp(u.machine, machines[i].machine) == 0)
			return arena_printf(arena, "linux/%s", machines[i].name);
	return arena_printf(arena, "linux/%s", u.machine);
}

static err_t
check_binary(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	struct source s = source_of("binary", p->bytes);
	const struct binary_beside beside = { STR(""), STR("") };
	struct binary_expectation want = { .name = SIDECAR_NAME };
	struct binary_claims in_place;
	struct binary_facts facts;

	if (x->keys == NULL) {
		*ret = STR("");
		return ERR_OK;
	}
	if (x->config != NULL) {
		str_t path = arena_printf(
		    arena, "%s%.*s", x->root, STR_FMT(x->config->auto_update_binary_path));

		want.platform = check_platform(arena);
		if (!x->allow_rollback && path.data != NULL &&
		    binary_read_claims(arena, path.data, &in_place) == ERR_OK)
			want.least_version = in_place.version;
	}
	TRY(binary_verify(arena, &s, &beside, x->keys, &want, diag, &facts));
	*ret = arena_printf(arena, "v%.*s", STR_FMT(version_bare(facts.claims.version)));
	return ERR_OK;
}

static err_t (*const checks[MEDIA_KINDS])(struct arena *, const struct check_context *,
    const struct media *, const struct media_part *, struct diag *, str_t *) = {
	[MEDIA_BUNDLE] = check_bundle,
	[MEDIA_JWKS] = check_jwks,
	[MEDIA_LICENSE] = check_license,
	[MEDIA_CRL] = check_crl,
	[MEDIA_REVOCATIONS] = check_revocations,
	[MEDIA_CONFIG] = check_config,
	[MEDIA_TAG] = check_tag_part,
	[MEDIA_BINARY] = check_binary,
};

err_t
check_part(struct arena *arena, const struct check_context *x, const struct media *m,
    const struct media_part *p, struct diag *diag, str_t *ret)
{
	size_t before = diag->error_count;
	str_t revision = STR("");
	err_t err = checks[p->kind](arena, x, m, p, diag, &revision);

	if (err == ERR_OK && arena_failed(arena))
		err = ERR_MEMORY;
	if (err == ERR_OK) {
		*ret = revision;
		return ERR_OK;
	}
	if (diag->error_count == before)
		diag_say(diag, "media", "%s: %s", media_kind_name(p->kind), err_text(err));
	/* Whatever is wrong with it: the delivery does not pass. */
	return err == ERR_MEMORY || err == ERR_IO || err == ERR_NOT_FOUND ? err
									  : ERR_SIGNATURE;
}
