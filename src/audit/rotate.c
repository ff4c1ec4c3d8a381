/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "audit/rotate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/packed.h"
#include "base/file.h"
#include "base/vec.h"

enum { NAME_MAX_LEN = 320, SEQ_DIGITS = 12, FILE_MODE = 0640 };

/* ---- names ---- */

/* LOG.000000012345, LOG.000000012345.gz, and with -TIME behind the number. */
static bool
read_name(str_t name, str_t log_name, struct audit_file *ret)
{
	size_t digits = 0;
	uint64_t seq = 0;

	if (!str_has_prefix(name, log_name) || name.len <= log_name.len + SEQ_DIGITS ||
	    name.data[log_name.len] != '.')
		return false;
	ret->compressed = str_has_suffix(name, STR(".gz"));
	if (ret->compressed)
		name.len -= 3;
	name = str_skip(name, log_name.len + 1);
	for (; digits < name.len && digits < 19; digits++) {
		if (name.data[digits] < '0' || name.data[digits] > '9')
			break;
		seq = seq * 10 + (uint64_t)(name.data[digits] - '0');
	}
	ret->last_seq = seq;
	return digits >= SEQ_DIGITS && (digits == name.len || name.data[digits] == '-');
}

/* By number; of the same number the plain file before its .gz. */
static int
compare_files(const void *left, const void *right)
{
	const struct audit_file *a = left, *b = right;

	if (a->last_seq != b->last_seq)
		return a->last_seq < b->last_seq ? -1 : 1;
	return str_cmp(a->name, b->name);
}

static bool
is_hidden(const struct audit_file *plain, const struct audit_file *f)
{
	return f->compressed && !plain->compressed && f->name.len == plain->name.len + 3 &&
	    str_has_prefix(f->name, plain->name);
}

err_t
audit_rotate_list(struct arena *arena, int dir_fd, str_t log_name, struct audit_file **ret_files,
    size_t *ret_count)
{
	VEC(struct audit_file) found = { 0 };
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	size_t kept = 0;
	struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return ERR_IO;
	}
	while ((entry = readdir(dir)) != NULL) {
		struct audit_file f;

		if (!read_name(str_of(entry->d_name), log_name, &f))
			continue;
		f.name = arena_str(arena, str_of(entry->d_name));
		if (!VEC_PUSH(arena, &found, f))
			break;
	}
	(void)closedir(dir);
	if (arena_failed(arena))
		return ERR_MEMORY;
	if (found.count > 0)
		qsort(found.at, found.count, sizeof(*found.at), compare_files);
	for (size_t i = 0; i < found.count; i++) {
		if (kept == 0 || !is_hidden(&found.at[kept - 1], &found.at[i]))
			found.at[kept++] = found.at[i];
	}
	*ret_files = found.at;
	*ret_count = kept;
	return ERR_OK;
}

err_t
audit_rotate_rename(int dir_fd, const char *log_name, uint64_t last_seq)
{
	char name[NAME_MAX_LEN];

	(void)snprintf(name, sizeof(name), "%s.%0*llu", log_name, SEQ_DIGITS,
	    (unsigned long long)last_seq);
	if (renameat2(dir_fd, log_name, dir_fd, name, RENAME_NOREPLACE) == 0)
		return ERR_OK;
	if (errno != EEXIST)
		return ERR_IO;
	/* Two files that end with one number: a log was begun anew beside an old one. */
	(void)snprintf(name, sizeof(name), "%s.%0*llu-%lld", log_name, SEQ_DIGITS,
	    (unsigned long long)last_seq, (long long)time(NULL));
	return renameat2(dir_fd, log_name, dir_fd, name, RENAME_NOREPLACE) == 0 ? ERR_OK : ERR_IO;
}

/* ---- compressing ---- */

struct press {
	struct buf in, out, scratch; /* `in` is memory only: never appended to */
	const _Atomic bool *stop;
};

static err_t
read_some(int fd, char *bytes, size_t len, size_t *ret_got)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = read(fd, bytes + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*ret_got = got;
	return ERR_OK;
}

/* Member by member, so that memory stays small and fixed. */
static err_t
compress_bytes(struct press *p, int from, int to)
{
	for (;;) {
		size_t got;

		if (atomic_load(p->stop))
			return ERR_LIMIT;
		TRY(read_some(from, p->in.data, AUDIT_PACKED_MEMBER, &got));
		if (got == 0)
			return ERR_OK;
		buf_clear(&p->out);
		TRY(audit_packed_write(&p->out, &p->scratch, str_make(p->in.data, got)));
		TRY(file_write_all(NULL, to, buf_str(&p->out)));
	}
}

static err_t
compress_into(struct press *p, int dir_fd, const char *plain, const char *temporary)
{
	int from = openat(dir_fd, plain, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int to = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    FILE_MODE);
	err_t err = from >= 0 && to >= 0 ? compress_bytes(p, from, to) : ERR_IO;

	if (err == ERR_OK && fsync(to) != 0)
		err = ERR_IO;
	if (from >= 0)
		(void)close(from);
	if (to >= 0 && close(to) != 0)
		err = ERR_IO;
	return err;
}

static err_t
compress_file(struct press *p, int dir_fd, const char *plain)
{
	char temporary[NAME_MAX_LEN], final[NAME_MAX_LEN];
	err_t err;

	(void)snprintf(temporary, sizeof(temporary), "%s.gz.tmp", plain);
	(void)snprintf(final, sizeof(final), "%s.gz", plain);
	err = compress_into(p, dir_fd, plain, temporary);
	if (err == ERR_OK && renameat(dir_fd, temporary, dir_fd, final) != 0)
		err = ERR_IO;
	/* The .gz must be there for good before the plain one goes. */
	if (err == ERR_OK && fsync(dir_fd) != 0)
		return ERR_IO;
	if (err != ERR_OK) {
		(void)unlinkat(dir_fd, temporary, 0);
		return err;
	}
	return unlinkat(dir_fd, plain, 0) == 0 ? ERR_OK : ERR_IO;
}

static err_t
compress_all(const struct audit_tend *t, const struct audit_file *files, size_t count)
{
	struct press p = { .stop = t->stop };
	err_t err = ERR_OK;

	buf_init(&p.in, AUDIT_PACKED_MEMBER);
	buf_init(&p.out, 2 * AUDIT_PACKED_MEMBER);
	buf_init(&p.scratch, 2 * AUDIT_PACKED_MEMBER);
	if (!buf_reserve(&p.in, AUDIT_PACKED_MEMBER))
		err = ERR_MEMORY;
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		if (!files[i].compressed)
			err = compress_file(&p, t->dir_fd, files[i].name.data);
	}
	buf_fini(&p.in);
	buf_fini(&p.out);
	buf_fini(&p.scratch);
	return err;
}

/* ---- tending ---- */

static err_t
remove_file(int dir_fd, const struct audit_file *f)
{
	char twin[NAME_MAX_LEN];

	(void)snprintf(twin, sizeof(twin), "%s.gz", f->name.data);
	if (!f->compressed && unlinkat(dir_fd, twin, 0) != 0 && errno != ENOENT)
		return ERR_IO;
	return unlinkat(dir_fd, f->name.data, 0) == 0 || errno == ENOENT ? ERR_OK : ERR_IO;
}

err_t
audit_rotate_tend(const struct audit_tend *t)
{
	struct arena *arena = arena_new(64 << 20);
	struct audit_file *files = NULL;
	size_t count = 0, old = 0, plain = 0;
	err_t err;

	if (arena == NULL)
		return ERR_MEMORY;
	err = audit_rotate_list(arena, t->dir_fd, t->log_name, &files, &count);
	if (err == ERR_OK && t->keep > 0 && count > t->keep)
		old = count - t->keep;
	for (size_t i = 0; err == ERR_OK && i < old; i++)
		err = remove_file(t->dir_fd, &files[i]);
	for (size_t i = old; i < count; i++)
		plain += !files[i].compressed;
	if (err == ERR_OK && t->compress && plain > 0)
		err = compress_all(t, files + old, count - old);
	arena_free(&arena);
	return err;
}
