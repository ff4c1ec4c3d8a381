/* SPDX-License-Identifier: Apache-2.0 */
/* core policy keygen, bundle, bundle inspect: what is carried across the gap. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "bundle/build.h"
#include "bundle/cosign.h"
#include "cli/annotations.h"
#include "cli/load.h"
#include "codec/json.h"
#include "rego/compile.h"

const struct cli_spec cmd_keygen_options[] = {
	{ "--out", NULL, "DIR", "where signing-key.pem and signing-key.pub go (.)" },
	{ "--alg", NULL, "ES256|ES384|ES512|RS256|EdDSA", "what the key is for (ES256)" },
	{ 0 },
};

const struct cli_spec cmd_bundle_options[] = {
	{ "--dir", NULL, "DIR", "the policies and data" },
	{ "--sign-key", NULL, "KEY", "a path, the PEM text itself, or env:NAME; several sign one after the other" },
	{ "--scope", NULL, "TEXT", "loaded only where policy.bundle_scope says the same" },
	{ "--output", "-o", "FILE", "the bundle (bundle.tar.gz)" },
	{ "--revision", NULL, "TEXT", "the manifest's revision (a digest of the contents)" },
	{ "--revision-number", NULL, "N", "a number that a sidecar never lets fall" },
	{ "--not-before", NULL, "UNIX", "not loaded before this time" },
	{ "--capabilities", NULL, "NAME|FILE", "what policies may use: air-gapped, connected or a file (air-gapped)" },
	{ "--connected", NULL, NULL, "short for --capabilities connected" },
	{ "--expires", NULL, "UNIX", "not loaded after this time" },
	{ "--experimental", NULL, NULL, "keywords that OPA tries out; the hosts need policy.experimental" },
	{ 0 },
};

const struct cli_spec cmd_bundle_sign_options[] = {
	{ "--add", NULL, NULL, "adds a signature to those that are there" },
	{ "--sign-key", NULL, "KEY", "a path, the PEM text itself, or env:NAME" },
	{ "--output", "-o", "FILE", "the bundle with one more signature (in place of the old one)" },
	{ 0 },
};

const struct cli_spec cmd_inspect_options[] = {
	{ "--verify-key", NULL, "PATH", "a public key, or a directory of them, to verify the signature with" },
	{ "--verbose", "-v", NULL, "files, revision, digests, times" },
	{ "--annotations", "-a", NULL, "what the policies' metadata blocks say" },
	{ 0 },
};

/* ---- keygen ---- */

static bool
kind_of(const char *alg, enum key_kind *ret)
{
	static const struct {
		const char *name;
		enum key_kind kind;
	} kinds[] = { { "ES256", KEY_P256 }, { "ES384", KEY_P384 }, { "ES512", KEY_P521 },
		{ "RS256", KEY_RSA }, { "PS256", KEY_RSA }, { "EdDSA", KEY_ED25519 } };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(kinds[i].name, alg) == 0) {
			*ret = kinds[i].kind;
			return true;
		}
	}
	return false;
}

err_t
cmd_policy_keygen(struct cli *cli)
{
	const char *dir = cli_value(cli, "--out"), *alg = cli_value(cli, "--alg");
	enum key_kind kind;
	struct key *key = NULL;

	dir = dir != NULL ? dir : ".";
	if (!kind_of(alg != NULL ? alg : "ES256", &kind)) {
		diag_say(&cli->diag, "usage", "--alg takes ES256, ES384, ES512, RS256 or EdDSA, not %s", alg);
		return ERR_USAGE;
	}
	TRY(file_make_dirs(NULL, dir, 0755, &cli->diag));
	TRY(bundle_keygen(dir, kind, &cli->diag, &key));
	key_free(&key);
	buf_printf(&cli->out, "Private key: %s/signing-key.pem (keep it away from the hosts)\n", dir);
	buf_printf(&cli->out, "Public key:  %s/signing-key.pub (carry it to the hosts once)\n", dir);
	return ERR_OK;
}

/* ---- bundle ---- */

static err_t
read_number(struct cli *cli, const char *option, int64_t *ret)
{
	const char *text = cli_value(cli, option);
	char *end;

	*ret = 0;
	if (text == NULL)
		return ERR_OK;
	*ret = strtoll(text, &end, 10);
	if (*end == '\0' && end != text && *ret > 0)
		return ERR_OK;
	diag_say(&cli->diag, "usage", "%s takes a positive number, not %s", option, text);
	return ERR_USAGE;
}

/* One line that is written over, for who waits at a terminal. */
static void __attribute__((format(printf, 1, 2)))
say_progress(const char *format, ...)
{
	va_list args;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(args, format);
	(void)fputs("\r\033[K", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputs(" ...", stderr);
	(void)fflush(stderr);
	va_end(args);
}

static void
end_progress(void)
{
	if (isatty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
}

/* What does not compile here would be refused by every sidecar. */
static err_t
compile_first(struct cli *cli, struct policy *p, const struct bundle *b)
{
	p->unit.check_data_conflicts = true;
	TRY(load_capabilities(cli,
	    cli_has(cli, "--connected") ? &rego_capabilities_connected : &rego_capabilities_air_gapped,
	    &p->unit.capabilities));
	policy_add_data(p, b->data);
	for (size_t i = 0; i < b->module_count; i++)
		TRY(policy_add_module(p, b->modules[i].name, b->modules[i].text,
		    b->modules[i].rego_version == 0 ? REGO_V0 : REGO_V1));
	return policy_compile(p);
}

static err_t
make_bundle(struct cli *cli, const char *dir, struct bundle_build_options *options, struct buf *bytes)
{
	struct bundle_files files;
	struct policy *p = NULL;
	struct bundle bundle;
	err_t e;

	say_progress("reading %s", dir);
	TRY(bundle_gather(dir, false, cli->arena, &cli->diag, &files));
	TRY(load_new(cli, &p));
	cli_keep(cli, p);
	options->intern = p->unit.intern;
	options->scratch = arena_new(LOAD_UNPACKED_MAX);
	if (options->scratch == NULL)
		return ERR_MEMORY;
	say_progress("signing and packing %zu files", files.count);
	e = bundle_build(&files, options, p->arena, &cli->diag, bytes, &bundle);
	diag_keep(&cli->diag);
	arena_free(&options->scratch);
	TRY(e);
	say_progress("compiling %zu policies", bundle.module_count);
	e = compile_first(cli, p, &bundle);
	end_progress();
	return e;
}

static err_t
write_bundle(struct cli *cli, const char *dir, const char *output, struct bundle_build_options *options)
{
	struct buf bytes;
	err_t e;

	buf_init(&bytes, BUNDLE_PACKED_MAX);
	e = make_bundle(cli, dir, options, &bytes);
	if (e == ERR_OK)
		e = file_replace(NULL, output, 0644, buf_str(&bytes), &cli->diag);
	buf_fini(&bytes);
	return e;
}

static err_t
read_claims(struct cli *cli, struct bundle_build_options *options)
{
	const char *revision = cli_value(cli, "--revision"), *scope = cli_value(cli, "--scope");
	int64_t number;

	options->revision = revision != NULL ? str_of(revision) : STR("");
	options->scope = scope != NULL ? str_of(scope) : STR("");
	TRY(read_number(cli, "--revision-number", &number));
	options->revision_number = (uint64_t)number;
	TRY(read_number(cli, "--not-before", &options->not_before));
	return read_number(cli, "--expires", &options->expires);
}

err_t
cmd_policy_bundle(struct cli *cli)
{
	const char *dir = cli_value(cli, "--dir"), *output = cli_value(cli, "--output");
	struct bundle_build_options options = { .created = bundle_created_time(time(NULL)) };
	struct key *keys[CLI_VALUES_MAX] = { NULL };
	const char *const *sources;
	int count = cli_values(cli, "--sign-key", &sources);
	err_t e;

	if (dir == NULL || count == 0) {
		diag_say(&cli->diag, "usage", "%s is needed", dir == NULL ? "--dir" : "--sign-key");
		return ERR_USAGE;
	}
	TRY(read_claims(cli, &options));
	e = ERR_OK;
	for (int i = 0; e == ERR_OK && i < count; i++)
		e = bundle_key_source(sources[i], &cli->diag, &keys[i]);
	options.key = keys[0];
	options.more_keys = (const struct key *const *)keys + 1;
	options.more_key_count = (size_t)count - 1;
	if (e == ERR_OK)
		e = write_bundle(cli, dir, output != NULL ? output : "bundle.tar.gz", &options);
	for (int i = 0; i < count; i++)
		key_free(&keys[i]);
	return e;
}

/* ---- one more signature ---- */

err_t
cmd_policy_bundle_sign(struct cli *cli)
{
	const char *source = cli_value(cli, "--sign-key"), *output = cli_value(cli, "--output");
	struct key *key = NULL;
	struct buf bytes;
	str_t bundle;
	err_t e;

	if (source == NULL || !cli_has(cli, "--add")) {
		diag_say(&cli->diag, "usage", "%s is needed", source == NULL ? "--sign-key" : "--add");
		return ERR_USAGE;
	}
	TRY(cli_read(cli, cli->rest[0], &bundle));
	TRY(bundle_key_source(source, &cli->diag, &key));
	buf_init(&bytes, BUNDLE_PACKED_MAX);
	e = cosign(bundle, str_of(cli->rest[0]), key, cli->arena, &cli->diag, &bytes);
	if (e == ERR_OK)
		e = file_replace(NULL, output != NULL ? output : cli->rest[0], 0644, buf_str(&bytes), &cli->diag);
	buf_fini(&bytes);
	key_free(&key);
	return e;
}

/* ---- inspect ---- */

static void
add_time(struct buf *out, int64_t seconds)
{
	char text[64];
	struct tm parts;
	time_t t = (time_t)seconds;

	if (gmtime_r(&t, &parts) != NULL && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
		buf_add_text(out, text);
	else
		buf_add_text(out, "unknown");
}

static void
print_facts(struct cli *cli, const struct bundle *b)
{
	const struct bundle_signature *s = &b->signature;

	buf_printf(&cli->out, "Bundle: %s\n", cli->rest[0]);
	buf_printf(&cli->out, "Policies: %zu (", b->policy_count);
	for (size_t i = 0; i < b->policy_count; i++)
		buf_printf(&cli->out, "%s%.*s", i > 0 ? ", " : "", STR_FMT(b->policies[i]));
	buf_add_text(&cli->out, ")\n");
	if (s->present)
		buf_printf(&cli->out, "Signed: yes (%s)\n", algorithm_name(s->algorithm));
	else
		buf_add_text(&cli->out, "Signed: no\n");
	buf_add_text(&cli->out, "Created: ");
	if (s->created != 0)
		add_time(&cli->out, s->created);
	else
		buf_add_text(&cli->out, "unknown");
	buf_add_char(&cli->out, '\n');
}

static void
print_more(struct cli *cli, const struct bundle *b)
{
	const struct bundle_signature *s = &b->signature;

	buf_printf(&cli->out, "Revision: %.*s\n", STR_FMT(b->manifest.revision));
	if (s->scope.len > 0)
		buf_printf(&cli->out, "Scope: %.*s\n", STR_FMT(s->scope));
	if (s->signer_count > 1)
		buf_printf(&cli->out, "Signed by: %zu keys\n", s->signer_count);
	if (s->revision_number != 0)
		buf_printf(&cli->out, "Revision number: %llu\n", (unsigned long long)s->revision_number);
	if (s->not_before != 0) {
		buf_add_text(&cli->out, "Not before: ");
		add_time(&cli->out, s->not_before);
		buf_add_char(&cli->out, '\n');
	}
	if (s->expires != 0) {
		buf_add_text(&cli->out, "Expires: ");
		add_time(&cli->out, s->expires);
		buf_add_char(&cli->out, '\n');
	}
	buf_printf(&cli->out, "Key: %.*s%s\n", STR_FMT(s->kid), s->verified ? " (verified)" : "");
	buf_printf(&cli->out, "SHA-256: %.64s\n", b->digest);
	for (size_t i = 0; i < b->file_count; i++)
		buf_printf(&cli->out, "File: %.*s (%zu bytes)\n", STR_FMT(b->files[i].name), b->files[i].bytes.len);
}

static err_t
print_json(struct cli *cli, const struct bundle *b)
{
	const struct bundle_signature *s = &b->signature;
	value_t annotations = VALUE_NONE, entrypoints = VALUE_NONE;
	struct object_builder o;
	value_t *policies = ARENA_ARRAY(cli->arena, value_t, b->policy_count);

	if (cli_has(cli, "--annotations"))
		TRY(annotations_value(cli, b, &annotations, &entrypoints));
	for (size_t i = 0; policies != NULL && i < b->policy_count; i++)
		policies[i] = value_string(cli->arena, b->policies[i]);
	object_builder_init(&o, cli->arena, 16);
	(void)object_builder_add_text(&o, "bundle", value_text(cli->arena, cli->rest[0]));
	(void)object_builder_add_text(&o, "policies", value_array_of(policies, b->policy_count));
	(void)object_builder_add_text(&o, "signed", value_bool(s->present));
	(void)object_builder_add_text(&o, "verified", value_bool(s->verified));
	(void)object_builder_add_text(&o, "algorithm",
	    s->present ? value_text(cli->arena, algorithm_name(s->algorithm)) : value_null());
	(void)object_builder_add_text(&o, "kid", value_string(cli->arena, s->kid));
	(void)object_builder_add_text(&o, "scope", value_string(cli->arena, s->scope));
	(void)object_builder_add_text(&o, "signers", value_int((int64_t)s->signer_count));
	(void)object_builder_add_text(&o, "created", value_int(s->created));
	(void)object_builder_add_text(&o, "not_before", value_int(s->not_before));
	(void)object_builder_add_text(&o, "expires", value_int(s->expires));
	(void)object_builder_add_text(&o, "revision", value_string(cli->arena, b->manifest.revision));
	(void)object_builder_add_text(&o, "revision_number", value_int((int64_t)s->revision_number));
	(void)object_builder_add_text(&o, "sha256", value_string(cli->arena, str_make(b->digest, 64)));
	if (value_is_defined(annotations)) {
		(void)object_builder_add_text(&o, "annotations", annotations);
		(void)object_builder_add_text(&o, "entrypoints", entrypoints);
	}
	cli_print_json(cli, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
	return ERR_OK;
}

static err_t
print_bundle(struct cli *cli, const struct bundle *b)
{
	if (cli->json)
		return print_json(cli, b);
	print_facts(cli, b);
	if (cli_has(cli, "--verbose"))
		print_more(cli, b);
	return cli_has(cli, "--annotations") ? annotations_print(cli, b) : ERR_OK;
}

err_t
cmd_policy_inspect(struct cli *cli)
{
	struct bundle_options options = { .name = str_of(cli->rest[0]), .ignore_times = true, .any_scope = true };
	const char *key_path = cli_value(cli, "--verify-key");
	struct bundle_keys *keys = NULL;
	struct bundle bundle;
	str_t bytes;
	err_t e = ERR_OK;

	if (key_path != NULL) {
		keys = bundle_keys_new();
		e = keys != NULL ? bundle_keys_add_path(keys, key_path, &cli->diag) : ERR_MEMORY;
		options.keys = keys;
		options.require_signature = true;
	}
	if (e == ERR_OK)
		e = cli_read(cli, cli->rest[0], &bytes);
	if (e == ERR_OK)
		e = bundle_read(bytes, &options, cli->arena, NULL, &cli->diag, &bundle);
	if (e == ERR_OK)
		e = print_bundle(cli, &bundle);
	if (e == ERR_OK && bundle.signature.present && !bundle.signature.verified)
		(void)fprintf(stderr, "note: the signature was read, not verified; give --verify-key to verify it\n");
	bundle_keys_free(&keys);
	return e;
}
