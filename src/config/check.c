/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include "config/delivery.h"
#include "config/issuer.h"

static struct diag_place
place_of(const struct config *c, enum config_key key)
{
	const struct config_source *s = &c->source[key];

	return (struct diag_place){ .file = s->name, .source = c->file_text, .row = s->row,
		.col = s->col };
}

struct diag_finding *
config_refuse(const struct config *c, struct diag *diag, enum config_key key, const char *why)
{
	return diag_add(diag, DIAG_ERROR, "config", place_of(c, key), "%s %s",
	    config_row(key)->path, why);
}

static struct diag_finding *
refuse(const struct config *c, struct diag *diag, enum config_key key, const char *why)
{
	return config_refuse(c, diag, key, why);
}

static void
warn(const struct config *c, struct diag *diag, enum config_key key, const char *why)
{
	(void)diag_add(diag, DIAG_WARNING, "config", place_of(c, key), "%s %s",
	    config_row(key)->path, why);
}

bool
config_address_is_loopback(str_t address)
{
	size_t colon = address.len;

	while (colon > 0 && address.data[colon - 1] != ':')
		colon--;
	address.len = colon > 0 ? colon - 1 : 0;
	return str_has_prefix(address, STR("127.")) || str_eq(address, STR("localhost")) ||
	    str_eq(address, STR("[::1]"));
}

static void
check_environment(const struct config *c, struct diag *diag)
{
	if (c->environment == CONFIG_DEVELOPMENT)
		return;
	if (c->policy_dir.len > 0)
		(void)refuse(c, diag, CONFIG_KEY_policy_dir,
		    "is for environment: development; elsewhere policies come as a signed bundle");
	if (!c->policy_require_signature)
		(void)refuse(c, diag, CONFIG_KEY_policy_require_signature,
		    "may be false with environment: development only");
	if (c->fail_mode == CONFIG_FAIL_OPEN)
		warn(c, diag, CONFIG_KEY_fail_mode,
		    "open has no effect with environment: production: what cannot be decided is denied");
}

/* The daemon itself fetches nothing: who asks for it must hear so. */
static void
check_air_gap(const struct config *c, struct diag *diag)
{
	if (c->auth_jwks_refresh)
		warn(c, diag, CONFIG_KEY_auth_jwks_refresh,
		    "is true, but the daemon fetches nothing: keys are read again on reload");
	if (c->auto_update_enabled)
		warn(c, diag, CONFIG_KEY_auto_update_enabled,
		    "is true, but binaries are brought by hand");
}

static void
check_tls_files(const struct config *c, struct diag *diag)
{
	if (c->tls_server_cert.len == 0)
		(void)refuse(c, diag, CONFIG_KEY_tls_server_cert, "is needed by tls.mode");
	if (c->tls_server_key.len == 0)
		(void)refuse(c, diag, CONFIG_KEY_tls_server_key, "is needed by tls.mode");
	if (c->tls_mode == CONFIG_TLS_MTLS && c->tls_ca_cert.len == 0)
		(void)refuse(c, diag, CONFIG_KEY_tls_ca_cert, "is needed by tls.mode: mtls");
}

/* Without TLS, only what this machine alone can reach. */
static void
check_reach(const struct config *c, struct diag *diag, enum config_key key, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct diag_finding *f;

		if (config_address_is_loopback(list->at[i]) || str_has_prefix(list->at[i], STR("unix:")))
			continue;
		f = diag_add(diag, DIAG_ERROR, "config", place_of(c, key),
		    "%s: %.*s can be reached from other machines, and there is no TLS", config_row(key)->path,
		    STR_FMT(list->at[i]));
		diag_hint(diag, f,
		    "set tls.server_cert, tls.server_key and tls.ca_cert, or write `tls: { mode: off }`");
	}
}

/* Nothing is configured, and what is needed shall be made: it has its place. */
static void
place_certificates(struct arena *arena, struct config *c)
{
	if (!c->tls_auto_pki || c->tls_mode == CONFIG_TLS_OFF || c->tls_server_cert.len > 0 ||
	    c->tls_server_key.len > 0 || c->tls_ca_cert.len > 0)
		return;
	c->tls_makes_certificates = true;
	c->tls_ca_cert = arena_printf(arena, "%.*s/pki/ca.crt", STR_FMT(c->data_dir));
	c->tls_server_cert = arena_printf(arena, "%.*s/pki/server.crt", STR_FMT(c->data_dir));
	c->tls_server_key = arena_printf(arena, "%.*s/pki/server.key", STR_FMT(c->data_dir));
}

static void
check_tls(struct arena *arena, struct config *c, struct diag *diag)
{
	place_certificates(arena, c);
	if (c->tls_mode == CONFIG_TLS_AUTO && c->tls_server_cert.len > 0)
		c->tls_mode = CONFIG_TLS_MTLS;
	if (c->tls_mode != CONFIG_TLS_MTLS && c->tls_crl.len > 0)
		(void)refuse(c, diag, CONFIG_KEY_tls_crl, "is for tls.mode: mtls");
	if (c->tls_mode != CONFIG_TLS_MTLS && c->tls_allowed_clients.count > 0)
		(void)refuse(c, diag, CONFIG_KEY_tls_allowed_clients, "is for tls.mode: mtls");
	if (c->tls_mode == CONFIG_TLS_MTLS || c->tls_mode == CONFIG_TLS_ONE_WAY) {
		check_tls_files(c, diag);
		return;
	}
	if (c->tls_mode != CONFIG_TLS_AUTO)
		return;
	check_reach(c, diag, CONFIG_KEY_listen_grpc, &c->listen_grpc);
	check_reach(c, diag, CONFIG_KEY_listen_rest, &c->listen_rest);
}

static void
check_auth(const struct config *c, struct diag *diag)
{
	if (c->auth_require_audience && c->auth_audiences.count == 0 &&
	    c->auth_issuers.count == 0)
		(void)refuse(c, diag, CONFIG_KEY_auth_require_audience,
		    "is true, but auth.audiences names none");
}

static struct diag_place
place_of_entry(const struct config *c, enum config_key key, const struct config_list *list, size_t i)
{
	struct diag_place place = place_of(c, key);

	if (list->marks != NULL) {
		place.row = list->marks[i].row;
		place.col = list->marks[i].col;
	}
	return place;
}

static void
check_issuers(struct arena *arena, const struct config *c, struct diag *diag)
{
	struct config_issuer *all =
	    ARENA_ARRAY(arena, struct config_issuer, c->auth_issuers.count);

	if (c->auth_issuers.count > CONFIG_ISSUERS_MAX) {
		(void)refuse(c, diag, CONFIG_KEY_auth_issuers, "has more than 256 entries");
		return;
	}
	for (size_t i = 0; all != NULL && i < c->auth_issuers.count; i++) {
		str_t wrong = config_issuer_read(arena, c, c->auth_issuers.at[i], &all[i]);

		for (size_t k = 0; wrong.len == 0 && k < i; k++)
			if (str_eq(all[k].issuer, all[i].issuer))
				wrong = arena_printf(arena, "the issuer %.*s is named twice",
				    STR_FMT(all[i].issuer));
		if (wrong.len > 0)
			(void)diag_add(diag, DIAG_ERROR, "config",
			    place_of_entry(c, CONFIG_KEY_auth_issuers, &c->auth_issuers, i),
			    "auth.issuers: %.*s", STR_FMT(wrong));
	}
}

static void
check_deliveries(struct arena *arena, const struct config *c, struct diag *diag)
{
	struct config_delivery all[CONFIG_DELIVERIES_MAX];
	const struct config_list *list = &c->policy_bundles;

	if (list->count > CONFIG_DELIVERIES_MAX - 1) {
		(void)refuse(c, diag, CONFIG_KEY_policy_bundles, "has more than 15 entries");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		str_t wrong = config_delivery_read(arena, c, list->at[i], &all[i]);

		for (size_t k = 0; wrong.len == 0 && k < i; k++)
			if (str_eq(all[k].name, all[i].name))
				wrong = arena_printf(arena, "the name %.*s is given twice",
				    STR_FMT(all[i].name));
		if (wrong.len > 0) {
			(void)diag_add(diag, DIAG_ERROR, "config",
			    place_of_entry(c, CONFIG_KEY_policy_bundles, list, i),
			    "policy.bundles: %.*s", STR_FMT(wrong));
			return;
		}
	}
	if (list->count > 0 && c->policy_dir.len > 0)
		(void)refuse(c, diag, CONFIG_KEY_policy_bundles, "and policy.dir exclude each other");
}

/* -1: it is no mode. */
int
config_unix_mode(const struct config *c)
{
	str_t text = c->listen_unix_mode;
	int mode = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.len > 4 || text.data[i] < '0' || text.data[i] > '7')
			return -1;
		mode = mode * 8 + (text.data[i] - '0');
	}
	return text.len >= 3 && mode <= 0777 ? mode : -1;
}

static void
check_listen(const struct config *c, struct diag *diag)
{
	if (config_unix_mode(c) < 0)
		(void)refuse(c, diag, CONFIG_KEY_listen_unix_mode, "is no mode: three octal digits, like 0660");
	if (c->listen_grpc.count == 0 && c->listen_unix.len == 0)
		(void)refuse(c, diag, CONFIG_KEY_listen_grpc,
		    "is empty, and listen.unix too: nobody could ask");
}

static void
check_audit(struct arena *arena, struct config *c, struct diag *diag)
{
	if (c->audit_sink.count == 0)
		(void)refuse(c, diag, CONFIG_KEY_audit_sink, "names no place: decisions must be recorded");
	if (c->audit_spill_path.len == 0)
		c->audit_spill_path =
		    arena_printf(arena, "%.*s/audit-spill.ndjson", STR_FMT(c->data_dir));
	if (c->audit_checkpoint_key_path.len == 0)
		c->audit_checkpoint_key_path =
		    arena_printf(arena, "%.*s/audit-checkpoint.key", STR_FMT(c->data_dir));
	if (c->environment == CONFIG_DEVELOPMENT && c->fail_mode == CONFIG_FAIL_OPEN &&
	    c->source[CONFIG_KEY_audit_on_error].origin == CONFIG_DEFAULT)
		c->audit_on_error = CONFIG_ON_ERROR_DROP;
}

void
config_check(struct arena *arena, struct config *c, struct diag *diag)
{
	if (c->auth_jwks_path.len == 0)
		c->auth_jwks_path = c->cache_jwks_path;
	check_environment(c, diag);
	check_air_gap(c, diag);
	check_tls(arena, c, diag);
	check_auth(c, diag);
	check_issuers(arena, c, diag);
	check_deliveries(arena, c, diag);
	check_listen(c, diag);
	check_audit(arena, c, diag);
	config_check_courier(c, diag);
}
