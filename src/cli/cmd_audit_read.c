/* SPDX-License-Identifier: Apache-2.0 */
/* core audit show, tail and export: the records themselves. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/rotate.h"
#include "audit/source.h"
#include "audit/verify.h"
#include "cli/audit_export.h"
#include "cli/cli.h"
#include "codec/json.h"

enum { ENTRY_BYTES = 4 << 20, FLUSH_BYTES = 1 << 20, LINES_DEFAULT = 10, LINES_MOST = 10000, POLL_MS = 100 };

const struct cli_spec cmd_audit_show_options[] = { { 0 } };
const struct cli_spec cmd_audit_tail_options[] = {
	{ "--follow", "-f", NULL, "goes on with what is recorded from now on, across rotations" },
	{ "--lines", "-n", "COUNT", "the last so many (10)" },
	{ 0 },
};
const struct cli_spec cmd_audit_export_options[] = {
	{ "--format", NULL, "json|csv|cef", "what to print (json: one record a line)" },
	{ 0 },
};

/* ---- every line of some files ---- */

typedef err_t line_fn(void *context, str_t line, const struct audit_link *);

static err_t
each_line(int dir_fd, const char *name, struct digest *digest, line_fn *found, void *context)
{
	struct audit_source *s = NULL;
	struct audit_link link;
	err_t err = audit_source_open(dir_fd, name, &s);
	str_t line;
	bool whole;

	while (err == ERR_OK) {
		err = audit_source_line(s, &line, &whole);
		if (err != ERR_OK || (line.len == 0 && !whole && audit_source_at_end(s)))
			break;
		if (whole && audit_line_read(digest, line, &link))
			err = found(context, line, &link);
	}
	audit_source_close(&s);
	return err;
}

static err_t
each_record(struct cli *cli, const char *const *paths, size_t count, line_fn *found, void *context)
{
	struct digest *digest = digest_new(DIGEST_SHA256);
	err_t err = digest == NULL ? ERR_MEMORY : ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		err = each_line(AT_FDCWD, paths[i], digest, found, context);
		if (err == ERR_IO || err == ERR_SYNTAX)
			diag_say(&cli->diag, "audit", "%s: %s", paths[i],
			    err == ERR_IO ? strerror(errno) : "the gzip stream is broken");
	}
	digest_free(&digest);
	return err;
}

static err_t
put(str_t text)
{
	return fwrite(text.data, 1, text.len, stdout) == text.len ? ERR_OK : ERR_IO;
}

static err_t
put_line(str_t line)
{
	TRY(put(line));
	return put(STR("\n"));
}

/* ---- show ---- */

struct wanted {
	struct cli *cli;
	str_t id; /* as a line has it, both quotes included */
	uint64_t seq;
	uint64_t shown;
};

static bool
has_id(str_t line, str_t name, str_t id)
{
	size_t at = str_find(line, name, 0);

	return at < line.len && str_has_prefix(str_skip(line, at + name.len), id);
}

static err_t
show_if_wanted(void *context, str_t line, const struct audit_link *link)
{
	struct wanted *w = context;
	value_t v;

	if (!(w->seq > 0 ? link->seq == w->seq :
			   has_id(line, STR(",\"trace_id\":"), w->id) || has_id(line, STR(",\"event_id\":"), w->id)))
		return ERR_OK;
	w->shown++;
	if (w->cli->json) {
		buf_add_str(&w->cli->out, line);
		buf_add_char(&w->cli->out, '\n');
		return ERR_OK;
	}
	TRY(json_read(w->cli->arena, line, NULL, NULL, &v));
	cli_print_json(w->cli, v);
	return ERR_OK;
}

err_t
cmd_audit_show(struct cli *cli)
{
	struct wanted wanted = { .cli = cli };
	const char *name = cli->rest[0];
	const char *const *paths;
	size_t count;
	char *end;

	wanted.id = arena_printf(cli->arena, "\"%s\"", name);
	wanted.seq = strtoull(name, &end, 10);
	if (*end != '\0' || name[0] == '-')
		wanted.seq = 0;
	TRY(audit_verify_gather(cli->arena, cli->rest + 1, (size_t)cli->rest_count - 1, &cli->diag, &paths, &count));
	TRY(each_record(cli, paths, count, show_if_wanted, &wanted));
	if (wanted.shown > 0)
		return ERR_OK;
	diag_say(&cli->diag, "audit", "%s: no record of this number or id is in these files", name);
	return ERR_NOT_FOUND;
}

/* ---- export ---- */

struct export {
	struct arena *arena; /* of one line */
	struct buf out;
	enum { EXPORT_JSON, EXPORT_CSV, EXPORT_CEF } form;
};

static err_t
export_line(void *context, str_t line, const struct audit_link *link)
{
	struct export *x = context;
	struct audit_entry entry;

	if (x->form == EXPORT_JSON)
		return put_line(line);
	arena_reset(x->arena);
	TRY(audit_entry_read(x->arena, line, &entry));
	if (x->form == EXPORT_CSV)
		TRY(audit_export_csv(&x->out, &entry, link));
	else
		audit_export_cef(&x->out, &entry, link);
	if (buf_failed(&x->out))
		return ERR_LIMIT;
	TRY(put(buf_str(&x->out)));
	buf_clear(&x->out);
	return ERR_OK;
}

err_t
cmd_audit_export(struct cli *cli)
{
	static const char *const forms[] = { "json", "csv", "cef" };
	const char *form = cli_value(cli, "--format");
	struct audit_verdict verdict;
	struct export x = { 0 };
	const char *const *paths;
	size_t count, i = 0;
	err_t err;

	while (form != NULL && i < COUNT(forms) && strcmp(form, forms[i]) != 0)
		i++;
	if (i == COUNT(forms)) {
		diag_say(&cli->diag, "audit", "--format: `%s` is none of json, csv, cef", form);
		return ERR_USAGE;
	}
	x.form = (unsigned)i;
	TRY(audit_verify_gather(cli->arena, cli->rest, (size_t)cli->rest_count, &cli->diag, &paths, &count));
	TRY(audit_verify(paths, count, NULL, &cli->diag, &verdict)); /* nothing spoiled goes out */
	x.arena = arena_new(ENTRY_BYTES);
	if (x.arena == NULL)
		return ERR_MEMORY;
	buf_init(&x.out, FLUSH_BYTES);
	if (x.form == EXPORT_CSV)
		audit_export_csv_head(&x.out);
	err = each_record(cli, paths, count, export_line, &x);
	if (err == ERR_OK)
		err = put(buf_str(&x.out));
	buf_fini(&x.out);
	arena_free(&x.arena);
	return err;
}

/* ---- tail ---- */

struct follow {
	struct cli *cli;
	int dir_fd, fd;
	const char *name;
	struct digest *digest;
	uint64_t seq; /* of the last record printed */
	struct buf text; /* read, and not yet a whole line */
};

static err_t
print_newer(void *context, str_t line, const struct audit_link *link)
{
	struct follow *f = context;

	if (link->seq <= f->seq)
		return ERR_OK;
	f->seq = link->seq;
	return put_line(line);
}

/* What the open file has more than before. */
static err_t
print_growth(struct follow *f)
{
	for (;;) {
		str_t rest;
		size_t end;
		ssize_t got;

		if (!buf_reserve(&f->text, AUDIT_LINE_MAX))
			return ERR_LIMIT;
		got = read(f->fd, f->text.data + f->text.len, AUDIT_LINE_MAX);
		if (got < 0 && errno != EINTR)
			return ERR_IO;
		if (got == 0)
			return fflush(stdout) == 0 ? ERR_OK : ERR_IO;
		f->text.len += got > 0 ? (size_t)got : 0;
		rest = buf_str(&f->text);
		while ((end = str_find_char(rest, '\n', 0)) < rest.len) {
			struct audit_link link;

			if (audit_line_read(f->digest, str_cut(rest, end), &link))
				TRY(print_newer(f, str_cut(rest, end), &link));
			rest = str_skip(rest, end + 1);
		}
		buf_drop(&f->text, f->text.len - rest.len);
		if (f->text.len > AUDIT_LINE_MAX) /* no line of a log is so long */
			buf_clear(&f->text);
	}
}

/* Files that came and were rotated away since the last record that was printed. */
static err_t
print_rotated(struct follow *f)
{
	struct arena_mark mark = arena_mark(f->cli->arena);
	struct audit_file *files;
	size_t count;
	err_t err = audit_rotate_list(f->cli->arena, f->dir_fd, str_of(f->name), &files, &count);

	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		if (files[i].last_seq <= f->seq)
			continue;
		err = each_line(f->dir_fd, files[i].name.data, f->digest, print_newer, f);
		if (err == ERR_IO && errno == ENOENT) { /* it was packed just now */
			str_t packed = arena_printf(f->cli->arena, "%.*s.gz", STR_FMT(files[i].name));

			err = each_line(f->dir_fd, packed.data, f->digest, print_newer, f);
		}
	}
	arena_release(f->cli->arena, mark);
	return err;
}

static err_t
follow(struct follow *f)
{
	for (;;) {
		struct stat open_now, there;

		TRY(print_growth(f));
		if (fstat(f->fd, &open_now) == 0 && fstatat(f->dir_fd, f->name, &there, 0) == 0 &&
		    (open_now.st_ino != there.st_ino || open_now.st_dev != there.st_dev)) {
			int next = openat(f->dir_fd, f->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

			/* Whatever the old one still got before it was renamed. */
			TRY(print_growth(f));
			buf_clear(&f->text);
			if (next < 0)
				continue;
			(void)close(f->fd);
			f->fd = next;
			TRY(print_rotated(f));
			continue;
		}
		(void)poll(NULL, 0, POLL_MS);
	}
}

struct last_lines {
	uint64_t *seqs; /* a ring of the last numbers */
	size_t size, count;
};

static err_t
note_seq(void *context, str_t line, const struct audit_link *link)
{
	struct last_lines *l = context;

	(void)line;
	l->seqs[l->count++ % l->size] = link->seq;
	return ERR_OK;
}

err_t
cmd_audit_tail(struct cli *cli)
{
	struct follow f = { .cli = cli, .dir_fd = -1, .fd = -1 };
	const char *path = cli->rest[0], *slash = strrchr(path, '/');
	struct last_lines last = { 0 };
	int64_t lines = LINES_DEFAULT;
	err_t err;

	TRY(cli_number(cli, "--lines", LINES_DEFAULT, &lines));
	last.size = (size_t)(lines > LINES_MOST ? LINES_MOST : lines) + 1;
	last.seqs = ARENA_ARRAY(cli->arena, uint64_t, last.size);
	f.digest = digest_new(DIGEST_SHA256);
	if (last.seqs == NULL || f.digest == NULL)
		return ERR_MEMORY;
	buf_init(&f.text, 4 * AUDIT_LINE_MAX);
	f.name = slash != NULL ? slash + 1 : path;
	f.dir_fd = slash == NULL ? open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
		slash == path ? open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
				open(arena_str(cli->arena, str_make(path, (size_t)(slash - path))).data,
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = f.dir_fd < 0 ? ERR_IO : each_line(f.dir_fd, f.name, f.digest, note_seq, &last);
	if (err == ERR_OK && last.count >= last.size)
		f.seq = last.seqs[last.count % last.size];
	if (err == ERR_OK) {
		f.fd = openat(f.dir_fd, f.name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		err = f.fd < 0 ? ERR_IO : cli_has(cli, "--follow") ? follow(&f) : print_growth(&f);
	}
	if (err == ERR_IO && cli->diag.error_count == 0)
		diag_say(&cli->diag, "audit", "%s: %s", path, strerror(errno));
	if (f.fd >= 0)
		(void)close(f.fd);
	if (f.dir_fd >= 0)
		(void)close(f.dir_fd);
	buf_fini(&f.text);
	digest_free(&f.digest);
	return err;
}
