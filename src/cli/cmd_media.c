/* SPDX-License-Identifier: Apache-2.0 */
/* core media: packs a delivery, applies it, and reads what hosts say of it. */
#include <stdlib.h>
#include <unistd.h>

#include "admin/client.h"
#include "base/clock.h"
#include "base/file.h"
#include "bundle/build.h"
#include "cli/cli.h"
#include "cli/media_host.h"
#include "cli/media_print.h"
#include "cli/release_keys.h"
#include "media/apply.h"

enum { OUTPUT_MODE = 0644 };

const struct cli_spec cmd_media_pack_options[] = {
	{ "--bundle", NULL, "FILE", "a policy bundle" },
	{ "--jwks", NULL, "FILE", "a key set for tokens" },
	{ "--license", NULL, "FILE", "a license token" },
	{ "--crl", NULL, "FILE", "revocation lists of client CAs (PEM)" },
	{ "--revocations", NULL, "FILE", "revoked tokens: digest and end, a line each" },
	{ "--config", NULL, "FILE",
	    "flags, limits, tenants; with FILE.hmac when that is there" },
	{ "--binary", NULL, "FILE", "a signed coresdk-sidecar" },
	{ "--sign-key", NULL, "KEY",
	    "the private key: a path, the PEM text itself, or env:NAME" },
	{ "--output", "-o", "FILE", "the delivery (delivery.tar)" },
	{ "--number", NULL, "N", "a number that a host never lets fall" },
	{ "--expires", NULL, "UNIX", "not applied from this time on" },
	{ "--host", NULL, "NAME",
	    "a host that may take it, \"web-*\" for many; may be repeated (all)" },
	{ 0 },
};

const struct cli_spec cmd_media_inspect_options[] = {
	{ "--pubkey", NULL, "PATH", "verifies the signature with it; may be repeated" },
	{ 0 },
};

const struct cli_spec cmd_media_apply_options[] = {
	{ "--pubkey", NULL, "PATH",
	    "whose deliveries are believed: a public key or a directory; may be repeated" },
	{ "--config", NULL, "FILE",
	    "the sidecar's configuration (found as the sidecar finds it)" },
	{ "--root", NULL, "DIR", "another tree than /: an image, say; no sidecar is told" },
	{ "--dry-run", NULL, NULL,
	    "checks everything, says what would change, and changes nothing" },
	{ "--receipt", NULL, "FILE", "where the signed receipt goes" },
	{ "--host", NULL, "NAME", "the name of this host (as uname -n says it)" },
	{ "--allow-rollback", NULL, NULL, "takes an older delivery, bundle or binary" },
	{ "--restart", NULL, "COMMAND",
	    "restarts the sidecar when the delivery has a binary" },
	{ "--admin", NULL, "PATH",
	    "the admin socket (CORESDK_ADMIN_SOCKET, else listen.admin)" },
	{ 0 },
};

const struct cli_spec cmd_media_host_options[] = {
	{ "--config", NULL, "FILE",
	    "the sidecar's configuration (found as the sidecar finds it)" },
	{ "--root", NULL, "DIR", "another tree than /" },
	{ "--admin", NULL, "PATH",
	    "the admin socket (CORESDK_ADMIN_SOCKET, else listen.admin)" },
	{ 0 },
};

const struct cli_spec cmd_media_report_options[] = {
	{ "--host-key", NULL, "PATH",
	    "public keys of hosts, or a directory: others are refused; may be repeated" },
	{ 0 },
};

/* ---- pack ---- */

static const struct {
	const char *option;
	enum media_kind kind;
} part_options[] = {
	{ "--bundle", MEDIA_BUNDLE },
	{ "--jwks", MEDIA_JWKS },
	{ "--license", MEDIA_LICENSE },
	{ "--crl", MEDIA_CRL },
	{ "--revocations", MEDIA_REVOCATIONS },
	{ "--config", MEDIA_CONFIG },
	{ "--binary", MEDIA_BINARY },
};

static err_t
take_file(struct cli *cli, const char *path, enum media_kind kind, struct media *m)
{
	m->parts[m->count].kind = kind;
	TRY(cli_read(cli, path, &m->parts[m->count].bytes));
	m->count++;
	return ERR_OK;
}

static err_t
take_parts(struct cli *cli, struct media *m)
{
	for (size_t i = 0; i < COUNT(part_options); i++) {
		const char *path = cli_value(cli, part_options[i].option);
		str_t tag;

		if (path == NULL)
			continue;
		TRY(take_file(cli, path, part_options[i].kind, m));
		tag = arena_printf(cli->arena, "%s.hmac", path);
		if (part_options[i].kind == MEDIA_CONFIG && access(tag.data, F_OK) == 0)
			TRY(take_file(cli, tag.data, MEDIA_TAG, m));
	}
	if (m->count > 0)
		return ERR_OK;
	diag_say(&cli->diag, "usage",
	    "there is nothing to pack: --bundle, --jwks, --license, --crl, "
	    "--revocations, --config or --binary brings a part");
	return ERR_USAGE;
}

/* A part that no host would take is not packed. */
static err_t
check_parts(struct cli *cli, struct media *m)
{
	const struct check_context x = { .root = "", .now = clock_wall_s(&clock_system) };
	struct binary_claims claims;
	err_t first = ERR_OK;

	for (size_t i = 0; i < m->count; i++) {
		struct media_part *p = &m->parts[i];
		err_t err = check_part(cli->arena, &x, m, p, &cli->diag, &p->revision);

		if (err == ERR_OK && p->kind == MEDIA_BINARY) {
			err = binary_read_claims(
			    cli->arena, cli_value(cli, "--binary"), &claims);
			if (err != ERR_OK) {
				diag_say(&cli->diag, "media",
				    "binary: it has no signature block (core sign binary "
				    "makes one)");
				err = ERR_SIGNATURE;
			} else {
				p->revision =
				    arena_printf(cli->arena, "v%.*s", STR_FMT(claims.version));
			}
		}
		first = first != ERR_OK ? first : err;
	}
	return first;
}

static err_t
read_scope(struct cli *cli, struct media *m)
{
	const char *const *hosts = NULL;
	int count = cli_values(cli, "--host", &hosts);

	m->created = bundle_created_time(clock_wall_s(&clock_system));
	for (int i = 0; i < count; i++)
		m->hosts[m->host_count++] = str_of(hosts[i]);
	TRY(cli_number(cli, "--number", 0, &m->number));
	return cli_number(cli, "--expires", 0, &m->expires);
}

static err_t
write_media(struct cli *cli, const struct media *m, const struct key *key)
{
	const char *output = cli_value(cli, "--output");
	struct buf bytes;
	err_t err;

	output = output != NULL ? output : "delivery.tar";
	buf_init(&bytes, MEDIA_SIZE_MAX);
	err = media_write(cli->arena, m, key, &cli->diag, &bytes);
	if (err == ERR_OK)
		err = file_replace(NULL, output, OUTPUT_MODE, buf_str(&bytes), &cli->diag);
	if (err == ERR_OK)
		buf_printf(&cli->out,
		    "Delivery: %s (%zu parts, %zu bytes, signed by key %.*s)\n", output,
		    m->count, bytes.len, STR_FMT(key_thumbprint(key)));
	buf_fini(&bytes);
	return err;
}

_Static_assert((int)CLI_VALUES_MAX <= (int)MEDIA_HOSTS_MAX, "every --host has its place");

err_t
cmd_media_pack(struct cli *cli)
{
	const char *source = cli_value(cli, "--sign-key");
	struct media m = { .count = 0 };
	struct key *key = NULL;
	err_t err;

	if (source == NULL) {
		diag_say(&cli->diag, "usage", "core media pack needs --sign-key");
		return ERR_USAGE;
	}
	TRY(take_parts(cli, &m));
	TRY(read_scope(cli, &m));
	TRY(check_parts(cli, &m));
	TRY(bundle_key_source(source, &cli->diag, &key));
	err = write_media(cli, &m, key);
	key_free(&key);
	return err;
}

/* ---- inspect ---- */

err_t
cmd_media_inspect(struct cli *cli)
{
	struct release_keys *keys = NULL;
	struct media m;
	str_t bytes;
	err_t err;

	TRY(cli_read(cli, cli->rest[0], &bytes));
	if (cli_has(cli, "--pubkey"))
		TRY(cli_release_keys(cli, "--pubkey", &keys));
	err = media_read(cli->arena, bytes, str_of(cli->rest[0]),
	    keys != NULL ? release_keys_plain(keys) : NULL, &cli->diag, &m);
	release_keys_free(&keys);
	TRY(err);
	media_print(cli, &m);
	if (m.key.len == 0)
		(void)diag_add(&cli->diag, DIAG_WARNING, "media",
		    (struct diag_place){ .row = 0 },
		    "the signature was read, not verified; give --pubkey to verify it");
	return ERR_OK;
}

/* ---- apply ---- */

/* The journal may be finished from another working directory. */
static const char *
absolute(struct cli *cli, const char *path)
{
	char here[4096];

	if (path == NULL || path[0] == '/' || getcwd(here, sizeof(here)) == NULL)
		return path;
	return arena_printf(cli->arena, "%s/%s", here, path).data;
}

err_t
cmd_media_apply(struct cli *cli)
{
	struct media_host host;
	struct apply_options options = { .dry_run = cli_has(cli, "--dry-run"),
		.allow_rollback = cli_has(cli, "--allow-rollback"),
		.restart = cli_value(cli, "--restart"),
		.receipt_path = absolute(cli, cli_value(cli, "--receipt")) };
	struct apply_result *result = ARENA_NEW(cli->arena, struct apply_result);
	struct release_keys *keys = NULL;
	str_t bytes;
	err_t err;

	if (result == NULL)
		return ERR_MEMORY;
	TRY(media_host_read(cli, &host));
	options.config = &host.config;
	options.root = host.root;
	options.admin = host.admin;
	options.host = host.name;
	options.timeout_s = host.config.auto_update_rollback_timeout_secs;
	TRY(cli_release_keys(cli, "--pubkey", &keys));
	options.keys = keys;
	err = cli_read(cli, cli->rest[0], &bytes);
	if (err == ERR_OK)
		err = apply_media(
		    cli->arena, bytes, str_of(cli->rest[0]), &options, &cli->diag, result);
	release_keys_free(&keys);
	TRY(err);
	media_print_applied(cli, &options, result);
	return ERR_OK;
}

err_t
cmd_media_recover(struct cli *cli)
{
	enum transaction_outcome outcome = TRANSACTION_CLEAN;
	struct media_host host;

	TRY(media_host_read(cli, &host));
	TRY(apply_recover(
	    cli->arena, &host.config, host.root, host.admin, &cli->diag, &outcome));
	buf_add_text(&cli->out,
	    outcome == TRANSACTION_CLEAN ? "Nothing was left unfinished.\n"
	    : outcome == TRANSACTION_UNDONE
		? "An unfinished change was undone: all files are as they were before it.\n"
		: "A change that was kept is finished.\n");
	return ERR_OK;
}

err_t
cmd_media_host_key(struct cli *cli)
{
	struct media_host host;
	struct key *key = NULL;
	err_t err;

	TRY(media_host_read(cli, &host));
	TRY(file_make_dirs(
	    NULL, apply_dir(cli->arena, &host.config, host.root), 0700, &cli->diag));
	TRY(receipt_host_key(
	    cli->arena, apply_dir(cli->arena, &host.config, host.root), &cli->diag, &key));
	err = key_write_pem_public(&cli->out, key);
	key_free(&key);
	return err;
}

/* ---- report ---- */

err_t
cmd_media_report(struct cli *cli)
{
	struct receipt *receipts =
	    ARENA_ARRAY(cli->arena, struct receipt, (size_t)cli->rest_count);
	struct release_keys *keys = NULL;
	err_t first = ERR_OK;
	size_t count = 0;

	if (receipts == NULL)
		return ERR_MEMORY;
	if (cli_has(cli, "--host-key"))
		TRY(cli_release_keys(cli, "--host-key", &keys));
	for (int i = 0; i < cli->rest_count; i++) {
		str_t text;
		err_t err = cli_read(cli, cli->rest[i], &text);

		if (err == ERR_OK)
			err = receipt_read(cli->arena, text, str_of(cli->rest[i]),
			    keys != NULL ? release_keys_plain(keys) : NULL, &cli->diag,
			    &receipts[count]);
		count += err == ERR_OK;
		first = first != ERR_OK ? first : err;
	}
	release_keys_free(&keys);
	media_print_report(cli, receipts, count);
	return first;
}
