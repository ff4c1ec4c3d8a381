/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "config/check.h"
#include "config/file.h"
#include "config/hide.h"
#include "config/value.h"
#include "tap.h"

static const char *const seed =
    "# coresdk-sidecar.yaml\n"
    "control_plane:\n"
    "  enabled: false        # disable all outbound sync\n"
    "cache:\n"
    "  policy_bundle_path: /etc/coresdk/policy-bundle.tar.gz\n"
    "  config_path: /etc/coresdk/config.yaml\n"
    "  jwks_path: /etc/coresdk/jwks.json\n"
    "auth:\n"
    "  jwks_path: /etc/coresdk/jwks-2.json\n"
    "  jwks_refresh: false   # disable automatic refresh attempts\n"
    "audit:\n"
    "  sink: file\n"
    "  file:\n"
    "    path: /var/log/coresdk/audit.ndjson\n"
    "    rotate_mb: 100\n"
    "    compress: true      # gzip on rotation\n"
    "    keep_rotated: 30    # keep 30 rotated files\n"
    "tls:\n"
    "  mode: mtls\n"
    "  ca_cert: /etc/coresdk/ca.crt\n"
    "  server_cert: /etc/coresdk/server.crt\n"
    "  server_key: /etc/coresdk/server.key\n"
    "license:\n"
    "  token_path: /etc/coresdk/license.jwt\n"
    "auto_update:\n"
    "  enabled: false\n"
    "  channel: manual\n";

static const struct {
	const char *text;
	uint32_t row, col;
	const char *message, *hint; /* parts of them; NULL: any */
} refusals[] = {
	{ "audit:\n  file:\n    rotate_mbb: 5\n", 3, 5, "there is no key `audit.file.rotate_mbb`",
	    "`audit.file.rotate_mb`" },
	{ "audti:\n  sink: file\n", 1, 1, "there is no key `audti`", "`audit`" },
	{ "rotate_mb: 5\n", 1, 1, "there is no key `rotate_mb`", "`audit.file.rotate_mb`" },
	{ "zebra: 5\n", 1, 1, "there is no key `zebra`", NULL },
	{ "audit: { file: { rotate_mb: ten } }\n", 1, 29, "whole number of MiB, not `ten`", NULL },
	{ "audit: { file: { rotate_mb: -1 } }\n", 1, 29, "must be 0 to 1048576 MiB, not -1", NULL },
	{ "audit: { file: { rotate_mb: 99999999 } }\n", 1, 29, "0 to 1048576", NULL },
	{ "audit: { file: { rotate_mb: 9223372036854775808 } }\n", 1, 29, "whole number", NULL },
	{ "audit: { file: { rotate_mb: \"5\" } }\n", 1, 29, "not the text \"5\"", NULL },
	{ "audit: { file: { rotate_mb: [5] } }\n", 1, 29, "one value, not a list", NULL },
	{ "audit: { file: { rotate_mb: { a: 5 } } }\n", 1, 18, "is a value, not a section", NULL },
	{ "audit: { file: { compress: maybe } }\n", 1, 28, "true or false, not `maybe`", NULL },
	{ "audit: { sink: syslog }\n", 1, 16, "may list file, stdout, s3, not `syslog`", NULL },
	{ "audit: { sink: [file, [stdout]] }\n", 1, 23, "a list of plain values", NULL },
	{ "audit: { sink: [] }\n", 1, 16, "names no place", NULL },
	{ "audit: file\n", 1, 1, "audit is a section", NULL },
	{ "tls:\n  mode: ssl\n", 2, 9, "one of auto, mtls, tls, off, not `ssl`", "auto: mtls if" },
	{ "tls: { mode: mtls, server_cert: a, server_key: b }\n", 0, 0, "tls.ca_cert is needed", NULL },
	{ "tls: { crl: /c }\n", 1, 13, "tls.crl is for tls.mode: mtls", NULL },
	{ "tls: { allowed_clients: [a.example] }\n", 1, 25, "is for tls.mode: mtls", NULL },
	{ "tls: { mode: tls }\n", 0, 0, "tls.server_cert is needed", NULL },
	{ "data_dir:\n", 1, 10, "data_dir has no value", NULL },
	{ "data_dir: /a\ndata_dir: /b\n", 2, 11, "a second time (first in line 1)", NULL },
	{ "audit: { on_error: deny }\naudit: { on_error: drop }\n", 2, 20, "a second time", NULL },
	{ "- a\n- b\n", 1, 1, "a mapping of keys", NULL },
	{ "a: &x 1\nb: *x\n", 1, 1, "there is no key `a`", NULL },
	{ "data_dir: *x\n", 1, 1, "aliases are not served", NULL },
	{ "data_dir: /a\n---\ndata_dir: /b\n", 2, 1, "a second document", NULL },
	{ "data_dir: \"/a\n", 2, 1, "this is not YAML", NULL },
	{ "\tdata_dir: /a\n", 1, 1, "this is not YAML", NULL },
	{ "data_dir: \"a\\0b\"\n", 1, 11, "holds a NUL", NULL },
	{ "environment: production\npolicy: { dir: ./p }\n", 2, 16, "environment: development", NULL },
	{ "policy: { require_signature: false }\n", 1, 30, "environment: development only", NULL },
	{ "policy: { verify_threshold: 0 }\n", 1, 29, "must be 1 to 16 keys, not 0", NULL },
	{ "policy: { verify_threshold: 17 }\n", 1, 29, "must be 1 to 16 keys, not 17", NULL },
	{ "policy: { max_revision_step: 0 }\n", 1, 30, "must be 1 to 9223372036854775807", NULL },
	{ "policy: { on_expired: ignore }\n", 1, 23, "one of keep, deny, not `ignore`", NULL },
	{ "policy: { on_equivocation: take }\n", 1, 28, "one of refuse, alarm, not `take`", NULL },
	{ "policy: { bundles: [{ name: x }] }\n", 1, 21, "policy.bundles: it has no path", NULL },
	{ "environment: development\npolicy: { dir: /p, bundles: [{ name: x, path: /x }] }\n", 2, 29,
	    "policy.bundles and policy.dir exclude each other", NULL },
	{ "control_plane: { enabled: true }\n", 0, 0, "url must begin with https:// or http://", NULL },
	{ "control_plane: { enabled: true, url: ftp://cp }\n", 1, 38, "must begin with https://", NULL },
	{ "control_plane: { enabled: true, url: http://cp, jwks: j }\n", 1, 55, "jwks needs https", NULL },
	{ "control_plane: { enabled: true, url: http://127.0.0.1.evil, jwks: j }\n", 1, 67, "needs https", NULL },
	{ "control_plane: { enabled: true, url: http://localhost:80@evil, token: t }\n", 1, 38, "and nothing else", NULL },
	{ "control_plane: { enabled: true, url: https://cp?a=b }\n", 1, 38, "and nothing else", NULL },
	{ "control_plane: { enabled: true, url: http://cp, config: c }\n", 1, 57, "config needs https", NULL },
	{ "control_plane: { enabled: true, url: http://cp, token: t }\n", 1, 56, "token needs https", NULL },
	{ "control_plane: { enabled: true, url: https://cp, bundle: ../b }\n", 1, 58, "is no resource", NULL },
	{ "control_plane: { enabled: true, url: https://cp, bundle: \"\" }\n", 1, 27, "neither a bundle", NULL },
	{ "control_plane: { enabled: true, url: https://cp, client_key: k }\n", 0, 0, "set together", NULL },
	{ "audit: { sink: s3 }\n", 1, 16, "lists s3 without file", NULL },
	{ "audit: { sink: [file, s3] }\n", 0, 0, "s3.endpoint must begin with", NULL },
	{ "auth: { require_audience: true }\n", 1, 27, "auth.audiences names none", NULL },
	{ "sandbox: { netns: yes }\n", 1, 19, "one of auto, required, off, not `yes`", NULL },
	{ "auth: { algorithms: [none] }\n", 1, 21, "may list RS256", NULL },
	{ "auth: { algorithms: [HS256] }\n", 1, 21, "may list RS256", NULL },
	{ "auth: { leeway_secs: 3601 }\n", 1, 22, "must be 0 to 3600 seconds", NULL },
	{ "secrets: { max_per_request: 0 }\n", 1, 29, "must be 1 to 256 secrets", NULL },
	{ "auto_update: { rollback_timeout_secs: 0 }\n", 1, 39, "must be 1 to 3600 seconds", NULL },
	{ "auto_update: { rollback_timeout_secs: 3601 }\n", 1, 39, "must be 1 to 3600 seconds", NULL },
	{ "secrets: { max_value_kb: 65 }\n", 1, 26, "must be 1 to 64 KiB", NULL },
	{ "listen: { grpc: \"0.0.0.0:50051\" }\n", 1, 17, "reached from other machines",
	    "tls: { mode: off }" },
	{ "listen: { unix_mode: 0668 }\n", 1, 22, "no mode", NULL },
	{ "listen: { unix_mode: 04755 }\n", 1, 22, "no mode", NULL },
	{ "listen: { grpc: [], unix: \"\" }\n", 1, 17, "nobody could ask", NULL },
	{ "listen: { rest: [\"127.0.0.1:8181\", \"unix:/a\", \"0.0.0.0:8181\"] }\n", 1, 17, "listen.rest: 0.0.0.0:8181 can be reached from other machines",
	    "tls: { mode: off }" },
};

static bool
has_part(str_t text, const char *part)
{
	return part == NULL || str_find(text, str_of(part), 0) < text.len;
}

static void
check_refusals(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct config_inputs in = { 0 };
		struct config c;
		struct diag diag;
		bool found = false;

		diag_init(&diag, arena, 20);
		err_t err = config_load_text(arena, STR("x.yaml"), str_of(refusals[i].text), &in, &diag,
		    &c);

		for (const struct diag_finding *f = diag.first; f != NULL; f = f->next)
			found |= f->level == DIAG_ERROR && f->place.row == refusals[i].row &&
			    f->place.col == refusals[i].col && has_part(f->message, refusals[i].message) &&
			    has_part(f->hint, refusals[i].hint);
		if (!ok(err == ERR_CONFIG && found, "refused: %s", refusals[i].message)) {
			for (const struct diag_finding *f = diag.first; f != NULL; f = f->next)
				tap_note("%u:%u %.*s [%.*s]", f->place.row, f->place.col,
				    STR_FMT(f->message), STR_FMT(f->hint));
		}
	}
}

static void
check_seed(struct arena *arena)
{
	struct config_inputs in = { 0 };
	struct config c;
	struct diag diag;

	diag_init(&diag, arena, 20);
	ok(config_load_text(arena, STR("seed.yaml"), str_of(seed), &in, &diag, &c) == ERR_OK &&
		diag.warning_count == 0,
	    "the published file loads");
	ok(c.tls_mode == CONFIG_TLS_MTLS && c.audit_file_rotate_mb == 100 && c.audit_file_compress &&
		c.audit_file_keep_rotated == 30 && c.audit_sink.count == 1,
	    "with its values");
	ok(str_eq(c.auth_jwks_path, STR("/etc/coresdk/jwks-2.json")), "auth.jwks_path wins");
	ok(c.source[CONFIG_KEY_audit_file_rotate_mb].row == 15 &&
		c.source[CONFIG_KEY_audit_file_rotate_mb].col == 16,
	    "and their places");
}

/* Every published short name, and the name by the rule for every key. */
static const struct {
	const char *variable;
	enum config_key key;
	const char *want;
} variables[] = {
	{ "CORESDK_SIDECAR_ADDR=127.0.0.1:4711", CONFIG_KEY_listen_grpc, "[\"127.0.0.1:4711\"]" },
	{ "CORESDK_TENANT_ID=test", CONFIG_KEY_tenant_id, "test" },
	{ "CORESDK_SERVICE_NAME=orders", CONFIG_KEY_service_name, "orders" },
	{ "CORESDK_SERVICE_TOKEN=hush", CONFIG_KEY_service_token, "(set)" },
	{ "CORESDK_FAIL_MODE=open", CONFIG_KEY_fail_mode, "open" },
	{ "CORESDK_ENV=development", CONFIG_KEY_environment, "development" },
	{ "CORESDK_JWT_LEEWAY_SECS=0", CONFIG_KEY_auth_leeway_secs, "0" },
	{ "CREDENTIALS_DIRECTORY=/run/credentials/x", CONFIG_KEY_secrets_credentials_dir, "/run/credentials/x" },
	{ "CORESDK_POLICY_BUNDLE_PATH=/b.tar.gz", CONFIG_KEY_cache_policy_bundle_path, "/b.tar.gz" },
	{ "CORESDK_CONTROL_PLANE_ENABLED=false", CONFIG_KEY_control_plane_enabled, "false" },
	{ "CORESDK_CONTROL_PLANE_URL=http://cp", CONFIG_KEY_control_plane_url, "http://cp" },
	{ "CORESDK_TLS_CERT_FILE=/c", CONFIG_KEY_tls_server_cert, "/c" },
	{ "CORESDK_TLS_CERT=/c", CONFIG_KEY_tls_server_cert, "/c" },
	{ "CORESDK_TLS_KEY_FILE=/k", CONFIG_KEY_tls_server_key, "/k" },
	{ "CORESDK_TLS_KEY=/k", CONFIG_KEY_tls_server_key, "/k" },
	{ "CORESDK_TLS_CA_FILE=/a", CONFIG_KEY_tls_ca_cert, "/a" },
	{ "CORESDK_TLS_CA=/a", CONFIG_KEY_tls_ca_cert, "/a" },
	{ "CORESDK_DATA_DIR=/d", CONFIG_KEY_data_dir, "/d" },
	{ "CORESDK_LOG_LEVEL=DEBUG", CONFIG_KEY_log_level, "debug" },
	{ "CORESDK_LOG_FORMAT=pretty", CONFIG_KEY_log_format, "pretty" },
	{ "CORESDK_LICENSE_TOKEN=eyJ", CONFIG_KEY_license_token, "(set)" },
	{ "CORESDK_UPDATE_CHANNEL=stable", CONFIG_KEY_auto_update_channel, "stable" },
	{ "CORESDK_LISTEN_REST=127.0.0.1:8181,unix:/a", CONFIG_KEY_listen_rest, "[\"127.0.0.1:8181\", \"unix:/a\"]" },
	{ "CORESDK_REST_ALLOWED_HOSTS=pdp.example,*.svc", CONFIG_KEY_rest_allowed_hosts, "[\"pdp.example\", \"*.svc\"]" },
	{ "CORESDK_REST_ALLOW_QUERY=true", CONFIG_KEY_rest_allow_query, "true" },
	{ "CORESDK_ADMIN_SOCKET=/a.sock", CONFIG_KEY_listen_admin, "/a.sock" },
	{ "CORESDK_LISTEN_ADMIN=", CONFIG_KEY_listen_admin, "\"\"" },
	{ "CORESDK_AUDIT_FILE_ROTATE_MB=7", CONFIG_KEY_audit_file_rotate_mb, "7" },
	{ "CORESDK_AUDIT_FILE_ROTATE_MB=", CONFIG_KEY_audit_file_rotate_mb, "100" },
	{ "CORESDK_AUDIT_FILE_COMPRESS=off", CONFIG_KEY_audit_file_compress, "false" },
	{ "CORESDK_AUDIT_FILE_COMPRESS=Yes", CONFIG_KEY_audit_file_compress, "true" },
	{ "CORESDK_AUDIT_SINK=file, stdout", CONFIG_KEY_audit_sink, "[\"file\", \"stdout\"]" },
};

static void
check_variables(struct arena *arena)
{
	struct buf shown;

	buf_init(&shown, 1 << 16);
	for (size_t i = 0; i < COUNT(variables); i++) {
		/* The certificate wants its key, or the whole is refused: not what is tested here. */
		char off[] = "CORESDK_TLS_MODE=off";
		char *environment[] = { off, (char *)variables[i].variable, NULL };
		struct config_inputs in = { .environment = environment };
		struct config c;
		struct diag diag;

		diag_init(&diag, arena, 20);
		buf_clear(&shown);
		err_t err = config_load_text(arena, STR_NONE, STR_NONE, &in, &diag, &c);

		if (err == ERR_OK)
			config_write_value(&shown, &c, variables[i].key);
		ok(err == ERR_OK && str_eq(buf_str(&shown), str_of(variables[i].want)), "%s",
		    variables[i].variable);
	}
	buf_fini(&shown);
}

static void
check_precedence(struct arena *arena)
{
	static const char *const want[] = { "100", "1", "2", "3" };
	static const char *const from[] = { "default", "x.yaml:1:29", "CORESDK_AUDIT_FILE_ROTATE_MB",
		"--set" };
	char *environment[] = { (char *)"CORESDK_AUDIT_FILE_ROTATE_MB=2", NULL };
	str_t flag = STR("audit.file.rotate_mb=3");
	struct buf shown;

	buf_init(&shown, 1 << 16);
	for (size_t i = 0; i < COUNT(want); i++) {
		struct config_inputs in = { .environment = i >= 2 ? environment : NULL,
			.flags = &flag,
			.flag_count = i >= 3 };
		str_t text = i >= 1 ? STR("audit: { file: { rotate_mb: 1 } }") : STR_NONE;
		struct config c;
		struct diag diag;

		diag_init(&diag, arena, 20);
		buf_clear(&shown);
		if (config_load_text(arena, STR("x.yaml"), text, &in, &diag, &c) == ERR_OK) {
			config_write_value(&shown, &c, CONFIG_KEY_audit_file_rotate_mb);
			buf_add_char(&shown, ' ');
			config_write_source(&shown, &c, CONFIG_KEY_audit_file_rotate_mb);
		}
		str_t both = arena_printf(arena, "%s %s", want[i], from[i]);

		ok(str_eq(buf_str(&shown), both), "precedence: %.*s", STR_FMT(both));
	}
	buf_fini(&shown);
}

static void
check_bad_elsewhere(struct arena *arena)
{
	char *environment[] = { (char *)"CORESDK_AUDIT_FILE_ROTATE_MB=many", NULL };
	str_t flags[] = { STR("audit.file.rotate_bm=3"), STR("nonsense") };
	struct config_inputs in = { .environment = environment, .flags = flags, .flag_count = 2 };
	struct config c;
	struct diag diag;
	struct buf text;

	buf_init(&text, 1 << 16);
	diag_init(&diag, arena, 20);
	ok(config_load_text(arena, STR_NONE, STR_NONE, &in, &diag, &c) == ERR_CONFIG &&
		diag.error_count == 3,
	    "a bad variable and two bad flags: all three are found");
	diag_print(&diag, &text, false);
	ok(has_part(buf_str(&text), "CORESDK_AUDIT_FILE_ROTATE_MB: config: audit.file.rotate_mb must"),
	    "the variable is named");
	ok(has_part(buf_str(&text), "did you mean `audit.file.rotate_mb`?"), "the flag is mended");
	buf_fini(&text);
}

static void
check_printed(struct arena *arena)
{
	struct config_inputs in = { 0 };
	struct config c;
	struct diag diag;
	struct buf text;

	buf_init(&text, 1 << 16);
	diag_init(&diag, arena, 20);
	(void)!config_load_text(arena, STR("x.yaml"), STR("audit:\n  filee: 1\n"), &in, &diag, &c);
	diag_print(&diag, &text, false);
	ok(str_eq(buf_str(&text),
	       STR("x.yaml:2:3: config: there is no key `audit.filee`\n"
		   "    2 |   filee: 1\n"
		   "      |   ^~~~~\n"
		   "help: did you mean `audit.file`?\n")),
	    "what a person sees: place, line, caret, mend");
	buf_fini(&text);
}

static const struct {
	const char *address;
	bool loopback;
} addresses[] = {
	{ "127.0.0.1:50051", true }, { "[::1]:50051", true }, { "localhost:1", true },
	{ "127.9.9.9:1", true }, { "0.0.0.0:50051", false }, { "[::]:50051", false },
	{ "10.0.0.1:1", false }, { "[::ffff:10.0.0.1]:1", false }, { "example:1", false },
	{ ":50051", false }, { "", false },
};

/* What a finding shows of the line it is about. */
static void
test_hiding(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "service_token: abc\nworkers: 1\n", "service_token: ***\nworkers: 1\n" },
		{ "Service_Tokn: \"a b\"", "Service_Tokn: ** **" },
		{ "{ workers: x, token: abc }", "{ workers: x, token: *** *" },
		{ "db_password: \xc3\xa4", "db_password: **" },
		{ "token", "token" },
		{ "token:", "token:" },
		{ "tok\ntoken: a\n\n", "tok\ntoken: *\n\n" },
		{ "", "" },
	};
	struct arena *arena = arena_new((size_t)1 << 20);

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(str_eq(config_hide_secrets(arena, str_of(rows[i].text)), str_of(rows[i].want)), "hidden in `%s`", rows[i].text);
	arena_free(&arena);
}

int
main(void)
{
	struct arena *arena = arena_new(64 << 20);

	check_seed(arena);
	check_refusals(arena);
	check_variables(arena);
	check_precedence(arena);
	check_bad_elsewhere(arena);
	check_printed(arena);
	for (size_t i = 0; i < COUNT(addresses); i++)
		ok(config_address_is_loopback(str_of(addresses[i].address)) == addresses[i].loopback,
		    "loopback or not: \"%s\"", addresses[i].address);
	arena_free(&arena);
	test_hiding();
	return tap_done();
}
