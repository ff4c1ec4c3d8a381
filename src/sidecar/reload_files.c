/* SPDX-License-Identifier: Apache-2.0 */
/* What a reload reads beside the configuration and the bundle: key set, settings, license, TLS files. */
#include "base/clock.h"
#include "codec/pem.h"
#include "config/issuer.h"
#include "crypt/secret.h"
#include "crypt/x509.h"
#include "net/tls.h"
#include "settings/tag.h"
#include "sidecar/reload_internal.h"

enum { PEM_MAX = 1 << 20, CRL_MAX = 16 << 20, TAG_TEXT_MAX = 256 };
#define SETTINGS_CHECK_MAX ((size_t)256 << 20)
#define ISSUER_BYTES_MAX ((size_t)4 << 20)
#define LICENSE_CHECK_MAX ((size_t)1 << 20)
#define TLS_CHECK_MAX ((size_t)64 << 20)

void
reload_set_name(struct buf *name, str_t text)
{
	buf_clear(name);
	buf_add_str(name, text);
}

err_t
reload_read_optional(str_t path, enum file_trust trust, struct buf *bytes, struct diag *diag)
{
	err_t err;

	buf_clear(bytes);
	if (path.len == 0)
		return ERR_OK;
	err = file_read(NULL, path.data, trust, bytes, NULL);
	if (err == ERR_OK)
		return ERR_OK;
	buf_clear(bytes);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	/* Once more for the sentence: it is only worth having when the file exists. */
	return file_read(NULL, path.data, trust, bytes, diag);
}

void
reload_swap(struct buf *a, struct buf *b)
{
	struct buf held = *a;

	*a = *b;
	*b = held;
}

/* Without the first there may be no tokens at all; the others were asked for by name. */
static void
warn_of_absent(const struct key_files *files, const str_t *paths, size_t count,
    struct diag *diag)
{
	for (size_t i = 1; i < count; i++)
		if (!str_eq(paths[i], paths[0]) && key_files_find(files, paths[i]) == NULL)
			(void)diag_add(diag, DIAG_WARNING, "jwks", (struct diag_place){ .row = 0 },
			    "%.*s: there is no key set: no token of its issuer is believed",
			    STR_FMT(paths[i]));
}

/* A key set that cannot be read is no reason to lose the one in use. */
err_t
reload_take_keys(struct reload *r, const struct config *c, struct diag *diag)
{
	size_t room = c->auth_issuers.count + 1;
	struct arena *arena = arena_new(ISSUER_BYTES_MAX);
	str_t *paths = arena != NULL ? ARENA_ARRAY(arena, str_t, room) : NULL;
	struct config_issuer issuer;
	size_t count = 0;
	err_t err = ERR_MEMORY;

	if (paths != NULL) {
		paths[count++] = c->auth_jwks_path;
		for (size_t i = 0; i < c->auth_issuers.count; i++)
			if (config_issuer_read(arena, c, c->auth_issuers.at[i], &issuer).len == 0)
				paths[count++] = issuer.jwks_path;
		err = key_files_take(&r->key_files, paths, count,
		    (size_t)c->auth_jwks_max_keys, diag);
		warn_of_absent(&r->key_files, paths, count, diag);
	}
	reload_note_part(r, VITALS_KEYS, err, r->key_files.changed);
	diag_keep(diag);
	arena_free(&arena);
	return err;
}

static err_t
read_pem(str_t path, enum file_trust trust, struct buf *pem, struct diag *diag)
{
	buf_clear(pem);
	return path.len == 0 ? ERR_OK : file_read(NULL, path.data, trust, pem, diag);
}

/* When the first of these certificates ends, unix; 0: there is none that can be read. */
static int64_t
first_end(str_t pem)
{
	struct arena *arena = arena_new(TLS_CHECK_MAX);
	struct x509_certificate certificate;
	struct pem_block block;
	int64_t end = 0;
	str_t why;

	while (arena != NULL && pem_read(arena, &pem, &block)) {
		if (str_eq(block.label, STR("CERTIFICATE")) &&
		    x509_read(arena, block.bytes, &certificate, &why) == ERR_OK &&
		    (end == 0 || certificate.not_after.seconds < end))
			end = certificate.not_after.seconds;
	}
	arena_free(&arena);
	return end;
}

err_t
reload_take_tls(struct reload *r, const struct config *c, struct diag *diag)
{
	struct tls_context *context = NULL;
	struct buf cert, key, ca, crl;
	err_t err;

	if (c->tls_mode != CONFIG_TLS_MTLS && c->tls_mode != CONFIG_TLS_ONE_WAY)
		return ERR_OK;
	buf_init(&cert, PEM_MAX);
	buf_init(&key, PEM_MAX);
	buf_init(&ca, PEM_MAX);
	buf_init(&crl, CRL_MAX);
	err = read_pem(c->tls_server_cert, FILE_ANY, &cert, diag);
	if (err == ERR_OK)
		err = read_pem(c->tls_server_key, FILE_ANY, &key, diag);
	if (err == ERR_OK && c->tls_mode == CONFIG_TLS_MTLS)
		err = read_pem(c->tls_ca_cert, FILE_ANY, &ca, diag);
	if (err == ERR_OK && c->tls_mode == CONFIG_TLS_MTLS)
		err = read_pem(c->tls_crl, FILE_ANY, &crl, diag);
	if (err == ERR_OK) {
		struct tls_config tls = { .certificate_pem = buf_str(&cert),
			.key_pem = buf_str(&key),
			.client_ca_pem = buf_str(&ca),
			.crl_pem = buf_str(&crl),
			.require_client = c->tls_mode == CONFIG_TLS_MTLS };

		err = tls_context_new(&tls, &context, diag);
	}
	if (err == ERR_OK && (err = shared_publish(r->tls, context)) != ERR_OK)
		tls_context_destroy(context);
	reload_note_part(r, VITALS_TLS, err, true);
	if (err == ERR_OK) {
		r->vitals.certificate_until_s = first_end(buf_str(&cert));
		r->vitals.ca_until_s = first_end(buf_str(&ca));
	}
	secret_wipe(key.data, key.len);
	buf_fini(&cert);
	buf_fini(&key);
	buf_fini(&ca);
	buf_fini(&crl);
	return err;
}

/* ---- settings ---- */

/* With a key configured, a file without its tag is as good as one of somebody else's. */
static err_t
check_tag(const struct config *c, str_t text, struct diag *diag)
{
	str_t tag_path = arena_printf(diag->arena, "%.*s.hmac", STR_FMT(c->cache_config_path));
	struct buf key, tag;
	err_t err;

	if (c->cache_hmac_key_path.len == 0)
		return ERR_OK;
	buf_init(&key, TAG_KEY_MAX);
	buf_init(&tag, TAG_TEXT_MAX);
	err = tag_key_read(c->cache_hmac_key_path.data, &key, diag);
	if (err == ERR_OK)
		err = file_read(NULL, tag_path.data, FILE_ANY, &tag, diag);
	if (err == ERR_OK) {
		err = tag_check(buf_str(&key), text, buf_str(&tag));
		if (err != ERR_OK)
			diag_say(diag, "settings",
			    "%.*s does not have the tag in %.*s: it was changed, or made with another key "
			    "(core config sign makes one)",
			    STR_FMT(c->cache_config_path), STR_FMT(tag_path));
	}
	secret_wipe(key.data, key.len);
	buf_fini(&key);
	buf_fini(&tag);
	return err;
}

static err_t
check_settings(str_t name, str_t text, struct diag *diag)
{
	struct arena *arena = arena_new(SETTINGS_CHECK_MAX);
	struct settings settings;
	err_t err = arena != NULL ? settings_read(arena, name, text, diag, &settings) : ERR_MEMORY;

	diag_keep(diag);
	arena_free(&arena);
	return err;
}

/* A file or a tag that is no good is no reason to lose the settings in use. */
err_t
reload_take_settings(struct reload *r, const struct config *c, struct diag *diag)
{
	str_t path = c->cache_config_path;
	struct buf text;
	err_t err;

	buf_init(&text, RELOAD_SETTINGS_MAX);
	err = reload_read_optional(path, FILE_OURS, &text, diag);
	if (err == ERR_OK && text.len == 0 && r->settings.len > 0) {
		diag_say(diag, "settings", "%.*s is not there any more; the settings in use stay", STR_FMT(path));
		err = ERR_NOT_FOUND;
	}
	if (err == ERR_OK && text.len > 0)
		err = check_tag(c, buf_str(&text), diag);
	if (err == ERR_OK && text.len > 0)
		err = check_settings(path, buf_str(&text), diag);
	reload_note_part(r, VITALS_SETTINGS, err, !str_eq(buf_str(&text), buf_str(&r->settings)));
	if (err == ERR_OK && !str_eq(buf_str(&text), buf_str(&r->settings)))
		r->settings_s = clock_wall_s(&clock_system);
	if (err == ERR_OK) {
		reload_swap(&r->settings, &text);
		reload_set_name(&r->settings_name, path);
	}
	buf_fini(&text);
	return err;
}

/* ---- license ---- */

static err_t
read_license(const struct config *c, struct buf *text, struct diag *diag)
{
	if (c->license_token.len == 0)
		return reload_read_optional(c->license_token_path, FILE_ANY, text, diag);
	buf_add_str(text, c->license_token);
	return ERR_OK;
}

/* A token that does not verify is no reason to lose one that does. */
static err_t
check_license(struct reload *r, str_t text, struct diag *diag)
{
	struct arena *arena = arena_new(LICENSE_CHECK_MAX);
	struct license license;
	err_t err = arena != NULL ? license_read(arena, text, r->license_keys, &license) : ERR_MEMORY;

	if (err == ERR_OK && license.present && license.reason != TOKEN_NONE) {
		diag_say(diag, "license", "the license token is not valid: %s", token_reason_text(license.reason));
		err = ERR_TOKEN;
	}
	arena_free(&arena);
	return err;
}

err_t
reload_take_license(struct reload *r, const struct config *c, struct diag *diag)
{
	struct buf text;
	err_t err;

	buf_init(&text, LICENSE_TEXT_MAX);
	err = read_license(c, &text, diag);
	if (err == ERR_OK && text.len == 0 && r->license.len > 0) {
		diag_say(diag, "license", "%.*s is not there any more; the license in use stays",
		    STR_FMT(c->license_token_path));
		err = ERR_NOT_FOUND;
	}
	if (err == ERR_OK)
		err = check_license(r, buf_str(&text), diag);
	reload_note_part(r, VITALS_LICENSE, err, !str_eq(buf_str(&text), buf_str(&r->license)));
	/* At the start there is none to keep: what is invalid shows as that, not as none. */
	if (err == ERR_OK || (err == ERR_TOKEN && r->license.len == 0))
		reload_swap(&r->license, &text);
	buf_fini(&text);
	return err;
}
