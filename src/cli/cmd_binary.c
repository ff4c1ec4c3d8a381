/* SPDX-License-Identifier: Apache-2.0 */
/* core sign binary, verify binary: who made a program, and which it is. */
#include "base/clock.h"
#include "bundle/build.h"
#include "cli/cli.h"
#include "cli/release_keys.h"
#include "release/binary.h"
#include "release/version.h"

const struct cli_spec cmd_sign_binary_options[] = {
	{ "--key", NULL, "KEY", "the private key: a path, the PEM text itself, or env:NAME" },
	{ "--name", NULL, "TEXT", "the program's name (coresdk-sidecar)" },
	{ "--version", NULL, "V", "its version, as 1.5.0" },
	{ "--platform", NULL, "OS/ARCH", "what it runs on, as linux/amd64" },
	{ "--replace", NULL, NULL, "takes off a signature block that is there" },
	{ "--detached", NULL, NULL, "writes FILE.sig and leaves the file as it is" },
	{ "--minisign", NULL, NULL,
	    "writes FILE.minisig (Ed25519 keys) and leaves the file as it is" },
	{ 0 },
};

const struct cli_spec cmd_verify_binary_options[] = {
	{ "--pubkey", NULL, "PATH",
	    "a public key (PEM, JWK, JWKS, minisign), or a directory; may be repeated" },
	{ "--name", NULL, "TEXT", "what it must be signed as" },
	{ "--platform", NULL, "OS/ARCH", "what it must be for" },
	{ "--min-version", NULL, "V", "the oldest version that is taken" },
	{ 0 },
};

/* ---- sign ---- */

static err_t
make_signature(struct cli *cli, const struct binary_signing *w)
{
	const char *path = cli->rest[0];

	if (cli_has(cli, "--minisign")) {
		TRY(binary_sign_beside(cli->arena, path, w, true, &cli->diag));
		buf_printf(&cli->out, "Signed: %s.minisig\n", path);
	}
	if (cli_has(cli, "--detached")) {
		TRY(binary_sign_beside(cli->arena, path, w, false, &cli->diag));
		buf_printf(&cli->out, "Signed: %s.sig\n", path);
	}
	if (!cli_has(cli, "--minisign") && !cli_has(cli, "--detached")) {
		TRY(binary_sign(cli->arena, path, w, &cli->diag));
		buf_printf(&cli->out, "Signed: %s\n", path);
	}
	buf_printf(&cli->out, "Binary: %.*s v%.*s (%.*s), by key %.*s\n",
	    STR_FMT(w->claims.name), STR_FMT(version_bare(w->claims.version)),
	    STR_FMT(w->claims.platform), STR_FMT(key_thumbprint(w->key)));
	return ERR_OK;
}

err_t
cmd_sign_binary(struct cli *cli)
{
	const char *source = cli_value(cli, "--key"), *name = cli_value(cli, "--name");
	const char *version = cli_value(cli, "--version"),
		   *platform = cli_value(cli, "--platform");
	struct binary_signing w = { .claims = { str_of(
						    name != NULL ? name : "coresdk-sidecar"),
					str_of(version), str_of(platform) },
		.created = bundle_created_time(clock_wall_s(&clock_system)),
		.replace = cli_has(cli, "--replace") };
	struct key *key = NULL;
	err_t err;

	if (source == NULL || version == NULL || platform == NULL) {
		diag_say(&cli->diag, "usage",
		    "core sign binary needs --key, --version and --platform");
		return ERR_USAGE;
	}
	TRY(binary_check_claims(&w.claims, &cli->diag));
	TRY(bundle_key_source(source, &cli->diag, &key));
	w.key = key;
	err = make_signature(cli, &w);
	key_free(&key);
	return err;
}

/* ---- verify ---- */

static void
print_json(struct cli *cli, const struct binary_facts *f)
{
	struct object_builder o;

	object_builder_init(&o, cli->arena, 12);
	(void)object_builder_add_text(&o, "file", value_text(cli->arena, cli->rest[0]));
	(void)object_builder_add_text(&o, "valid", value_bool(true));
	(void)object_builder_add_text(&o, "name", value_string(cli->arena, f->claims.name));
	(void)object_builder_add_text(
	    &o, "version", value_string(cli->arena, version_bare(f->claims.version)));
	(void)object_builder_add_text(
	    &o, "platform", value_string(cli->arena, f->claims.platform));
	(void)object_builder_add_text(&o, "created", value_int(f->created));
	(void)object_builder_add_text(&o, "size", value_int((int64_t)f->size));
	(void)object_builder_add_text(&o, "key", value_string(cli->arena, f->key));
	(void)object_builder_add_text(&o, "block", value_bool(f->by_block));
	(void)object_builder_add_text(&o, "detached", value_bool(f->by_file));
	(void)object_builder_add_text(&o, "minisign", value_bool(f->by_minisign));
	(void)object_builder_add_text(
	    &o, "trusted_comment", value_string(cli->arena, f->trusted_comment));
	cli_print_json(cli, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

static void
print_text(struct cli *cli, const struct binary_facts *f)
{
	const char *slash = strrchr(cli->rest[0], '/');

	if (f->claims.name.len > 0)
		buf_printf(&cli->out, "Signature valid. Binary: %.*s v%.*s (%.*s)\n",
		    STR_FMT(f->claims.name), STR_FMT(version_bare(f->claims.version)),
		    STR_FMT(f->claims.platform));
	else
		buf_printf(&cli->out, "Signature valid. Binary: %s (minisign: %.*s)\n",
		    slash != NULL ? slash + 1 : cli->rest[0], STR_FMT(f->trusted_comment));
}

static err_t
read_expectation(struct cli *cli, struct binary_expectation *want)
{
	*want = (struct binary_expectation){ .name = str_of(cli_value(cli, "--name")),
		.platform = str_of(cli_value(cli, "--platform")),
		.least_version = str_of(cli_value(cli, "--min-version")) };
	if (want->least_version.len == 0 || version_is_good(want->least_version))
		return ERR_OK;
	diag_say(&cli->diag, "usage", "--min-version takes a version, as 1.5.0, not %.*s",
	    STR_FMT(want->least_version));
	return ERR_USAGE;
}

err_t
cli_release_keys(struct cli *cli, const char *option, struct release_keys **ret)
{
	const char *const *paths;
	int count = cli_values(cli, option, &paths);
	struct release_keys *keys;
	err_t err = ERR_OK;

	if (count == 0) {
		diag_say(&cli->diag, "usage", "core %s needs %s: whose signature is believed",
		    cli->command->words, option);
		return ERR_USAGE;
	}
	keys = release_keys_new();
	if (keys == NULL)
		return ERR_MEMORY;
	for (int i = 0; err == ERR_OK && i < count; i++)
		err = release_keys_add_path(keys, paths[i], &cli->diag);
	if (err == ERR_OK)
		*ret = keys;
	else
		release_keys_free(&keys);
	return err;
}

err_t
cmd_verify_binary(struct cli *cli)
{
	struct release_keys *keys = NULL;
	struct binary_expectation want;
	struct binary_facts facts;
	err_t err;

	TRY(read_expectation(cli, &want));
	TRY(cli_release_keys(cli, "--pubkey", &keys));
	err = binary_verify_path(cli->arena, cli->rest[0], keys, &want, &cli->diag, &facts);
	release_keys_free(&keys);
	TRY(err);
	if (facts.minisign_ignored)
		(void)diag_add(&cli->diag, DIAG_WARNING, "release",
		    (struct diag_place){ .row = 0 },
		    "%s.minisig was not checked: no key given could have made it",
		    cli->rest[0]);
	if (cli->json)
		print_json(cli, &facts);
	else
		print_text(cli, &facts);
	return ERR_OK;
}
