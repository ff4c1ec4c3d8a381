/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon would read: bundle, keys, settings, license, certificates. */
#include <sys/stat.h>

#include "base/file.h"
#include "bundle/bundle.h"
#include "codec/pem.h"
#include "config/delivery.h"
#include "crypt/secret.h"
#include "crypt/x509.h"
#include "doctor/doctor.h"
#include "engine/snapshot.h"
#include "license/license.h"
#include "settings/settings.h"
#include "settings/tag.h"

enum { DAY_S = 86400, SOON_DAYS = 30, OLD_DAYS = 365, PEM_MAX = 1 << 20, SETTINGS_MAX = 8 << 20 };

/* The whole file.  The diag gets the sentence. */
static err_t
read_file(str_t path, enum file_trust trust, size_t limit, struct diag *diag, str_t *ret)
{
	struct buf bytes;
	err_t err;

	buf_init(&bytes, limit);
	err = file_read(NULL, path.data, trust, &bytes, diag);
	if (err == ERR_OK)
		*ret = arena_str(diag->arena, buf_str(&bytes));
	buf_fini(&bytes);
	return err == ERR_OK && ret->data == NULL ? ERR_MEMORY : err;
}

static void
say_first(struct doctor *d, enum doctor_mark mark, const char *about, const char *help, const struct diag *diag)
{
	doctor_say(d, mark, about, help, "%.*s", STR_FMT(diag_first_message(diag)));
}

/* ---- bundle ---- */

static void
judge_bundles(struct doctor *d, const struct snapshot_bundle *bundles, size_t count, struct diag *diag)
{
	const struct config *c = &d->config;
	struct snapshot_options options = { .bundles = bundles,
		.bundle_count = count,
		.policy_dir = c->policy_dir,
		.require_signature = c->policy_require_signature,
		.allow_network = c->policy_capabilities == CONFIG_CONNECTED,
		.experimental = c->policy_experimental,
		.default_rule = c->policy_default_rule,
		.now = d->now_s };
	const struct snapshot_facts *f;
	struct snapshot *s;

	if (snapshot_make(&options, diag, &s) != ERR_OK) {
		say_first(d, DOCTOR_TROUBLE, "bundle", "sign it with the key whose public half is in policy.verify_keys", diag);
		return;
	}
	f = snapshot_facts(s);
	d->bundle_created_s = f->created;
	if (f->expires > 0 && f->expires - d->now_s < SOON_DAYS * DAY_S)
		doctor_say(d, DOCTOR_WARNING, "bundle", "bring a newer one", "it expires in %lld days",
		    (long long)((f->expires - d->now_s) / DAY_S));
	if (snapshot_entry(s, c->policy_default_rule) == REGO_ENTRY_NONE)
		doctor_say(d, DOCTOR_WARNING, "bundle", "set policy.default_rule to a rule of the bundle",
		    "it has no %.*s", STR_FMT(c->policy_default_rule));
	doctor_say(d, DOCTOR_FINE, "bundle", "", "%.*s: revision %.*s, %u policies, %s",
	    STR_FMT(count > 0 ? c->cache_policy_bundle_path : c->policy_dir), STR_FMT(f->revision), f->policy_count,
	    f->algorithm.len > 0 ? "signature verified" : "not signed");
	snapshot_free(&s);
}

static err_t
read_keys(const struct config *c, const struct config_delivery *from, struct diag *diag, struct bundle_keys **ret)
{
	err_t err = ERR_OK;

	*ret = bundle_keys_new();
	if (*ret == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; err == ERR_OK && i < from->verify_keys.count; i++)
		err = bundle_keys_add_path(*ret, from->verify_keys.at[i].data, diag);
	if (err == ERR_OK && c->policy_revoked_keys.len > 0)
		err = bundle_keys_revoke_path(*ret, c->policy_revoked_keys.data, diag);
	return err;
}

/* False: it was said why not. */
static bool
take_bundle(struct doctor *d, const struct config_delivery *from, struct diag *diag, struct bundle_keys **keys,
    struct snapshot_bundle *ret)
{
	str_t bytes;

	if (d->config.policy_require_signature && read_keys(&d->config, from, diag, keys) != ERR_OK) {
		say_first(d, DOCTOR_TROUBLE, "verify keys", "carry the public key of whoever signs to policy.verify_keys", diag);
		return false;
	}
	if (read_file(from->path, FILE_ANY, BUNDLE_PACKED_MAX, diag, &bytes) != ERR_OK) {
		say_first(d, DOCTOR_TROUBLE, "bundle", "carry a bundle there: core policy bundle makes one", diag);
		return false;
	}
	*ret = (struct snapshot_bundle){ .id = from->name,
		.name = from->path,
		.bytes = bytes,
		.verify_keys = *keys,
		.threshold = (unsigned)from->verify_threshold,
		.scope = from->scope };
	return true;
}

void
doctor_bundle(struct doctor *d)
{
	const struct config *c = &d->config;
	size_t count = c->policy_dir.len > 0 ? 0 : c->policy_bundles.count + 1;
	struct bundle_keys *keys[CONFIG_DELIVERIES_MAX] = { NULL };
	struct snapshot_bundle bundles[CONFIG_DELIVERIES_MAX];
	struct config_delivery from;
	struct diag diag;
	bool good = count <= CONFIG_DELIVERIES_MAX;

	diag_init(&diag, d->arena, 16);
	for (size_t i = 0; good && i < count; i++) {
		if (i == 0)
			config_delivery_main(c, &from);
		else
			good = config_delivery_read(d->arena, c, c->policy_bundles.at[i - 1], &from).len == 0;
		good = good && take_bundle(d, &from, &diag, &keys[i], &bundles[i]);
	}
	if (good)
		judge_bundles(d, bundles, count, &diag);
	for (size_t i = 0; i < COUNT(keys); i++)
		bundle_keys_free(&keys[i]);
}

/* ---- keys, settings, license ---- */

void
doctor_keys(struct doctor *d)
{
	str_t path = d->config.auth_jwks_path, text;
	struct jwks *keys = NULL;
	struct stat st = { 0 };
	struct diag diag;
	err_t err;

	diag_init(&diag, d->arena, 16);
	err = read_file(path, FILE_OURS, JWKS_TEXT_MAX, &diag, &text);
	if (err == ERR_NOT_FOUND) {
		say_first(d, DOCTOR_WARNING, "key set", "carry the issuer's key set to auth.jwks_path: without it no token is believed",
		    &diag);
		return;
	}
	if (err == ERR_OK)
		err = jwks_new(text, path, &diag, &keys);
	if (err != ERR_OK) {
		say_first(d, DOCTOR_TROUBLE, "key set", "it must be a JWKS of public keys, owned by root or the daemon, writable by no one else",
		    &diag);
		return;
	}
	if (stat(path.data, &st) == 0 && d->now_s - st.st_mtim.tv_sec > (int64_t)OLD_DAYS * DAY_S)
		doctor_say(d, DOCTOR_WARNING, "key set", "ask the issuer whether it still signs with these",
		    "%.*s is %lld days old", STR_FMT(path), (long long)(d->now_s - st.st_mtim.tv_sec) / DAY_S);
	doctor_say(d, DOCTOR_FINE, "key set", "", "%.*s: %zu keys, %lld days old", STR_FMT(path), jwks_count(keys),
	    (long long)(d->now_s - st.st_mtim.tv_sec) / DAY_S);
	jwks_free(&keys);
}

static err_t
check_tag(struct doctor *d, str_t text, struct diag *diag)
{
	str_t tag, path = arena_printf(d->arena, "%.*s.hmac", STR_FMT(d->config.cache_config_path));
	struct buf key;
	err_t err;

	if (d->config.cache_hmac_key_path.len == 0)
		return ERR_OK;
	buf_init(&key, TAG_KEY_MAX);
	err = tag_key_read(d->config.cache_hmac_key_path.data, &key, diag);
	if (err == ERR_OK)
		err = read_file(path, FILE_ANY, 256, diag, &tag);
	if (err == ERR_OK && (err = tag_check(buf_str(&key), text, tag)) != ERR_OK)
		diag_say(diag, "settings", "it does not have the tag in %.*s", STR_FMT(path));
	secret_wipe(key.data, key.len);
	buf_fini(&key);
	return err;
}

void
doctor_settings(struct doctor *d)
{
	str_t path = d->config.cache_config_path, text;
	struct settings s;
	struct diag diag;
	err_t err;

	diag_init(&diag, d->arena, 16);
	err = read_file(path, FILE_OURS, SETTINGS_MAX, &diag, &text);
	if (err == ERR_NOT_FOUND) {
		doctor_say(d, DOCTOR_FINE, "settings", "", "%.*s: none", STR_FMT(path));
		return;
	}
	if (err == ERR_OK)
		err = check_tag(d, text, &diag);
	if (err == ERR_OK)
		err = settings_read(d->arena, path, text, &diag, &s);
	if (err != ERR_OK)
		say_first(d, DOCTOR_TROUBLE, "settings", "core config check FILE shows where; core config sign makes the tag", &diag);
	else
		doctor_say(d, DOCTOR_FINE, "settings", "", "%.*s: %zu flags, %zu tenants", STR_FMT(path), s.flag_count,
		    s.tenant_count);
}

void
doctor_license(struct doctor *d)
{
	const struct config *c = &d->config;
	enum doctor_mark bad = c->license_required ? DOCTOR_TROUBLE : DOCTOR_WARNING;
	struct jwks *keys = NULL;
	struct license license;
	str_t text = c->license_token;
	enum license_state state;
	struct diag diag;
	err_t err = ERR_OK;

	diag_init(&diag, d->arena, 4);
	if (text.len == 0 && c->license_token_path.len > 0)
		err = read_file(c->license_token_path, FILE_ANY, LICENSE_TEXT_MAX, &diag, &text);
	if (err != ERR_OK && err != ERR_NOT_FOUND) {
		say_first(d, bad, "license", "the daemon must be able to read it", &diag);
		return;
	}
	err = license_keys_new(&keys);
	if (err == ERR_OK)
		err = license_read(d->arena, text, keys, &license);
	jwks_free(&keys);
	if (err != ERR_OK) {
		doctor_say(d, bad, "license", "try again", "%s", err_text(err));
		return;
	}
	state = license_state(&license, d->now_s);
	if (state == LICENSE_NONE)
		doctor_say(d, c->license_required ? DOCTOR_TROUBLE : DOCTOR_FINE, "license", "ask for one, or unset license.required",
		    "%s", "none");
	else
		doctor_say(d, state == LICENSE_VALID ? DOCTOR_FINE : state == LICENSE_EXPIRING ? DOCTOR_WARNING : bad, "license",
		    "ask for a new one and put it in its place", "%s, %lld days left", license_state_name(state),
		    (long long)license_days_left(&license, d->now_s));
}

/* ---- certificates ---- */

static void
judge_certificates(struct doctor *d, const char *about, str_t path, str_t pem)
{
	struct x509_certificate certificate;
	struct pem_block block;
	size_t count = 0;
	str_t why = STR("there is no certificate in it");

	while (pem_read(d->arena, &pem, &block)) {
		int64_t left;

		if (!str_eq(block.label, STR("CERTIFICATE")))
			continue;
		if (x509_read(d->arena, block.bytes, &certificate, &why) != ERR_OK) {
			count = 0;
			break;
		}
		count++;
		left = certificate.not_after.seconds - d->now_s;
		if (left <= 0 || certificate.not_before.seconds > d->now_s)
			doctor_say(d, DOCTOR_TROUBLE, about, "bring a certificate that is valid now", "%.*s: certificate %zu %s",
			    STR_FMT(path), count, left <= 0 ? "has expired" : "is not valid yet");
		else
			doctor_say(d, left < SOON_DAYS * DAY_S ? DOCTOR_WARNING : DOCTOR_FINE, about, "bring a new one in time",
			    "%.*s: certificate %zu: %lld days left", STR_FMT(path), count, (long long)left / DAY_S);
	}
	if (count == 0)
		doctor_say(d, DOCTOR_TROUBLE, about, "it must be PEM", "%.*s: %.*s", STR_FMT(path), STR_FMT(why));
}

static void
judge_key(struct doctor *d, str_t certificate_pem, str_t key_pem, struct diag *diag)
{
	struct key *key = NULL, *certified = NULL;
	struct stat st;

	if (key_read_pem(key_pem, KEY_LENIENT, diag, &key) != ERR_OK || !key_is_private(key))
		doctor_say(d, DOCTOR_TROUBLE, "TLS key", "it must be an unencrypted private key (PEM)", "%.*s is no private key",
		    STR_FMT(d->config.tls_server_key));
	else if (key_read_pem(certificate_pem, KEY_LENIENT, diag, &certified) == ERR_OK && !key_same(key, certified))
		doctor_say(d, DOCTOR_TROUBLE, "TLS key", "bring the key that the certificate was made for",
		    "%.*s does not belong to the certificate", STR_FMT(d->config.tls_server_key));
	else if (stat(d->config.tls_server_key.data, &st) == 0 && (st.st_mode & 077) != 0)
		doctor_say(d, DOCTOR_WARNING, "TLS key", "chmod 600", "%.*s can be read by others (mode %03o)",
		    STR_FMT(d->config.tls_server_key), (unsigned)st.st_mode & 0777);
	else
		doctor_say(d, DOCTOR_FINE, "TLS key", "", "%.*s belongs to the certificate", STR_FMT(d->config.tls_server_key));
	key_free(&key);
	key_free(&certified);
}

void
doctor_certificates(struct doctor *d)
{
	const struct config *c = &d->config;
	str_t certificate, key, ca;
	struct diag diag;

	if (c->tls_mode != CONFIG_TLS_MTLS && c->tls_mode != CONFIG_TLS_ONE_WAY) {
		doctor_say(d, DOCTOR_FINE, "TLS", "", "%s", "off: loopback and Unix sockets only, unless tls.mode is off by wish");
		return;
	}
	diag_init(&diag, d->arena, 16);
	if (read_file(c->tls_server_cert, FILE_ANY, PEM_MAX, &diag, &certificate) != ERR_OK ||
	    read_file(c->tls_server_key, FILE_ANY, PEM_MAX, &diag, &key) != ERR_OK ||
	    (c->tls_mode == CONFIG_TLS_MTLS && read_file(c->tls_ca_cert, FILE_ANY, PEM_MAX, &diag, &ca) != ERR_OK)) {
		say_first(d, DOCTOR_TROUBLE, "TLS", "the daemon must be able to read tls.server_cert, .server_key and .ca_cert", &diag);
		return;
	}
	judge_certificates(d, "certificate", c->tls_server_cert, certificate);
	if (c->tls_mode == CONFIG_TLS_MTLS)
		judge_certificates(d, "client CA", c->tls_ca_cert, ca);
	judge_key(d, certificate, key, &diag);
	secret_wipe((char *)(uintptr_t)key.data, key.len);
}
