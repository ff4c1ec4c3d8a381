/* SPDX-License-Identifier: Apache-2.0 */
/* core policy bundle verify, list, extract: what was delivered, before anything believes it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/bundle_open.h"
#include "codec/json.h"
#include "crypt/digest.h"

const struct cli_spec cmd_bundle_verify_options[] = {
	{ "--pubkey", NULL, "PATH", "a public key, or a directory of them; may be given again" },
	{ "--scope", NULL, "TEXT", "what the signature's scope must be" },
	{ "--at", NULL, "UNIX", "the time to judge its dates by (now)" },
	{ 0 },
};

const struct cli_spec cmd_bundle_list_options[] = {
	{ "--pubkey", NULL, "PATH", "verify the signature with this key, or directory of keys" },
	{ 0 },
};

const struct cli_spec cmd_bundle_extract_options[] = {
	{ "--to", NULL, "DIR", "the directory to write below; it is made if it is not there" },
	{ "--pubkey", NULL, "PATH", "verify the signature with this key, or directory of keys" },
	{ "--overwrite", NULL, NULL, "replace files that are there" },
	{ 0 },
};

/* ---- verify ---- */

static value_t
verdict(struct cli *cli, const struct bundle *b)
{
	const struct bundle_signature *s = &b->signature;
	struct object_builder o;

	object_builder_init(&o, cli->arena, 8);
	(void)object_builder_add_text(&o, "verified", value_bool(true));
	(void)object_builder_add_text(&o, "algorithm", value_text(cli->arena, algorithm_name(s->algorithm)));
	(void)object_builder_add_text(&o, "key", value_string(cli->arena, s->key));
	(void)object_builder_add_text(&o, "kid", value_string(cli->arena, s->kid));
	(void)object_builder_add_text(&o, "revision", value_string(cli->arena, b->manifest.revision));
	(void)object_builder_add_text(&o, "revision_number", value_int((int64_t)s->revision_number));
	(void)object_builder_add_text(&o, "files", value_int((int64_t)b->file_count));
	(void)object_builder_add_text(&o, "sha256", value_string(cli->arena, str_make(b->digest, 64)));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

err_t
cmd_bundle_verify(struct cli *cli)
{
	const char *scope = cli_value(cli, "--scope");
	struct bundle_options options = { .require_signature = true,
		.scope = scope != NULL ? str_of(scope) : STR("") };
	struct policy *p;
	struct bundle b;

	if (!cli_has(cli, "--pubkey")) {
		diag_say(&cli->diag, "usage", "--pubkey is needed: a bundle is verified with a key, or not at all");
		return ERR_USAGE;
	}
	TRY(cli_number(cli, "--at", (int64_t)time(NULL), &options.now));
	TRY(bundle_open(cli, cli->rest[0], &options, &b, NULL, &p));
	if (cli->json) {
		cli_print_json(cli, verdict(cli, &b));
		return ERR_OK;
	}
	buf_printf(&cli->out, "%s: verified\n", cli->rest[0]);
	buf_printf(&cli->out, "Key: %.*s (%s)\n", STR_FMT(b.signature.key), algorithm_name(b.signature.algorithm));
	buf_printf(&cli->out, "Revision: %.*s\n", STR_FMT(b.manifest.revision));
	if (b.signature.revision_number != 0)
		buf_printf(&cli->out, "Revision number: %llu\n", (unsigned long long)b.signature.revision_number);
	buf_printf(&cli->out, "Files: %zu\nSHA-256: %.64s\n", b.file_count, b.digest);
	return ERR_OK;
}

/* ---- list ---- */

static err_t
print_files_json(struct cli *cli, const struct bundle *b)
{
	value_t *rows = ARENA_ARRAY(cli->arena, value_t, b->file_count);

	if (rows == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < b->file_count; i++) {
		char digest[SHA256_HEX_SIZE];
		struct object_builder o;

		digest_sha256_hex(b->files[i].bytes, digest);
		object_builder_init(&o, cli->arena, 3);
		(void)object_builder_add_text(&o, "name", value_string(cli->arena, b->files[i].name));
		(void)object_builder_add_text(&o, "size", value_int((int64_t)b->files[i].bytes.len));
		(void)object_builder_add_text(&o, "sha256",
		    value_string(cli->arena, str_make(digest, sizeof(digest))));
		rows[i] = object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
	}
	cli_print_json(cli, value_array_of(rows, b->file_count));
	return ERR_OK;
}

err_t
cmd_bundle_list(struct cli *cli)
{
	struct bundle_options options = { .ignore_times = true, .allow_case_twins = true };
	struct policy *p;
	struct bundle b;

	TRY(bundle_open(cli, cli->rest[0], &options, &b, NULL, &p));
	if (cli->json)
		return print_files_json(cli, &b);
	for (size_t i = 0; i < b.file_count; i++)
		buf_printf(&cli->out, "%10zu  %.*s\n", b.files[i].bytes.len, STR_FMT(b.files[i].name));
	return ERR_OK;
}

/* ---- extract ---- */

static err_t
refuse_path(struct cli *cli, str_t name, const char *why)
{
	diag_say(&cli->diag, "extract", "%s/%.*s: %s", cli_value(cli, "--to"), STR_FMT(name), why);
	return ERR_IO;
}

/*
 * Opens the directory that `name` is in, making what is missing, one component after the
 * other and never through a link: what somebody put there leads nowhere else.
 */
static err_t
open_parent(struct cli *cli, int root, str_t name, int *ret_dir, const char **ret_last)
{
	int at = dup(root);

	for (size_t from = 0;;) {
		size_t to = str_find_char(name, '/', from);
		const char *part = arena_str(cli->arena, str_sub(name, from, to - from)).data;
		int next;

		if (at < 0 || part == NULL)
			return at < 0 ? refuse_path(cli, name, strerror(errno)) : ERR_MEMORY;
		if (to == name.len) {
			*ret_dir = at;
			*ret_last = part;
			return ERR_OK;
		}
		if (mkdirat(at, part, 0755) == 0 && fchmodat(at, part, 0755, 0) != 0)
			return refuse_path(cli, name, strerror(errno));
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(at);
		if (next < 0)
			return refuse_path(cli, name, errno == ELOOP || errno == ENOTDIR
				? "a part of its path is a link or no directory"
				: strerror(errno));
		at = next;
		from = to + 1;
	}
}

/* Writes beside, then renames: a file is there whole or not at all, and no link is written through. */
static err_t
write_file(struct cli *cli, int dir, const char *last, const struct bundle_file *file)
{
	const char *beside = arena_printf(cli->arena, ".%s.new", last).data;
	struct stat st;
	int fd;
	err_t e;

	if (beside == NULL)
		return ERR_MEMORY;
	if (fstatat(dir, last, &st, AT_SYMLINK_NOFOLLOW) == 0 && !cli_has(cli, "--overwrite"))
		return refuse_path(cli, file->name, "it is there already; --overwrite replaces it");
	(void)unlinkat(dir, beside, 0);
	fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return refuse_path(cli, file->name, strerror(errno));
	e = file_write_all(NULL, fd, file->bytes);
	if (e == ERR_OK && fchmod(fd, 0644) != 0)
		e = ERR_IO;
	if (close(fd) != 0 || e != ERR_OK || renameat(dir, beside, dir, last) != 0) {
		e = refuse_path(cli, file->name, strerror(errno));
		(void)unlinkat(dir, beside, 0);
	}
	return e;
}

static err_t
extract_all(struct cli *cli, const struct bundle *b, int root)
{
	for (size_t i = 0; i < b->file_count; i++) {
		const char *last;
		int dir;
		err_t e;

		TRY(open_parent(cli, root, b->files[i].name, &dir, &last));
		e = write_file(cli, dir, last, &b->files[i]);
		(void)close(dir);
		TRY(e);
		buf_printf(&cli->out, "%.*s\n", STR_FMT(b->files[i].name));
	}
	return ERR_OK;
}

err_t
cmd_bundle_extract(struct cli *cli)
{
	struct bundle_options options = { .ignore_times = true };
	const char *to = cli_value(cli, "--to");
	struct policy *p;
	struct bundle b;
	int root;
	err_t e;

	if (to == NULL) {
		diag_say(&cli->diag, "usage", "--to is needed");
		return ERR_USAGE;
	}
	TRY(bundle_open(cli, cli->rest[0], &options, &b, NULL, &p));
	TRY(file_make_dirs(NULL, to, 0755, &cli->diag));
	root = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return refuse_path(cli, STR(""), strerror(errno));
	e = extract_all(cli, &b, root);
	(void)close(root);
	if (e == ERR_OK)
		bundle_note_trust(&b);
	return e;
}
