/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "audit/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/rotate.h"
#include "audit/source.h"
#include "base/file.h"

enum { PATHS_BYTES = 64 << 10, LIST_BYTES = 16 << 20, CHUNK = 256 << 10, DIR_MODE = 0750 };
_Static_assert(CHUNK >= 2 * AUDIT_LINE_MAX, "a chunk holds a whole line");

struct audit_archive {
	struct arena *arena; /* paths */
	struct arena *list; /* of one query: names of files */
	str_t dir, name, index_dir;
	int fd; /* the file that grows, as last seen; -1: none */
	struct stat seen; /* which one that is */
	struct audit_index *index; /* of it */
	struct buf chunk;
};

struct audit_archive *
audit_archive_new(str_t log_path, str_t index_dir)
{
	struct audit_archive *a = calloc(1, sizeof(*a));
	size_t slash = log_path.len;

	if (a == NULL)
		return NULL;
	a->fd = -1;
	buf_init(&a->chunk, CHUNK);
	a->arena = arena_new(PATHS_BYTES);
	a->list = arena_new(LIST_BYTES);
	while (slash > 0 && log_path.data[slash - 1] != '/')
		slash--;
	if (a->arena != NULL) {
		a->dir = slash == 0 ? STR(".") : arena_str(a->arena, str_sub(log_path, 0, slash));
		a->name = arena_str(a->arena, str_skip(log_path, slash));
		a->index_dir = arena_str(a->arena, index_dir);
	}
	if (a->arena == NULL || a->list == NULL || arena_failed(a->arena) || !buf_reserve(&a->chunk, CHUNK))
		audit_archive_free(&a);
	else if (index_dir.len > 0 && file_make_dirs(NULL, a->index_dir.data, DIR_MODE, NULL) != ERR_OK)
		a->index_dir = STR_NONE; /* without a place to keep them, indexes are made each time */
	return a;
}

static void
forget_current(struct audit_archive *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	a->fd = -1;
	audit_index_free(&a->index);
}

void
audit_archive_free(struct audit_archive **archive)
{
	struct audit_archive *a = *archive;

	if (a == NULL)
		return;
	forget_current(a);
	arena_free(&a->arena);
	arena_free(&a->list);
	buf_fini(&a->chunk);
	free(a);
	*archive = NULL;
}

/* ---- the file that grows ---- */

static err_t
add_lines(struct audit_archive *a, str_t bytes, uint64_t last_seq, bool *ret_more)
{
	while (*ret_more && bytes.len > 0) {
		size_t end = str_find_char(bytes, '\n', 0);
		str_t line = str_sub(bytes, 0, end);
		struct audit_peek peek;
		uint64_t seq;

		if (end == bytes.len)
			break; /* the rest of it comes with the next chunk, or is not written yet */
		if (audit_line_seq(line, &seq) && seq > last_seq) {
			*ret_more = false;
			break;
		}
		(void)audit_index_add(a->index, line, &peek);
		if (!audit_index_usable(a->index))
			return ERR_MEMORY;
		bytes = str_skip(bytes, end + 1);
	}
	return ERR_OK;
}

/* The index grows over what was written since. */
static err_t
extend(struct audit_archive *a, struct audit_search *s, uint64_t last_seq)
{
	bool more = true;

	while (more) {
		uint64_t before = a->index->end;
		ssize_t got = pread(a->fd, a->chunk.data, CHUNK, (off_t)before);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		TRY(add_lines(a, str_make(a->chunk.data, (size_t)got), last_seq, &more));
		if (more && got == CHUNK && a->index->end == before)
			return ERR_SYNTAX; /* no line is so long */
		if (s != NULL)
			TRY(audit_search_charge(s, a->index->end - before));
		more &= a->index->end > before;
	}
	return ERR_OK;
}

/* The file was rotated: its index is complete now, and goes where the others are. */
static void
retire(struct audit_archive *a)
{
	char name[512];
	int len;

	if (a->index_dir.len > 0 && a->index->count > 0 && extend(a, NULL, UINT64_MAX) == ERR_OK) {
		len = snprintf(name, sizeof(name), "%.*s.%012llu", STR_FMT(a->name),
		    (unsigned long long)a->index->last_seq);
		if (len > 0 && (size_t)len < sizeof(name))
			(void)audit_index_save(a->index, a->index_dir, str_make(name, (size_t)len));
	}
	forget_current(a);
}

static err_t
open_current(struct audit_archive *a, int dir_fd)
{
	struct stat st;
	int fd = openat(dir_fd, a->name.data,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	bool same;

	if (fd < 0 && errno == ENOENT) {
		if (a->index != NULL)
			retire(a);
		return ERR_OK;
	}
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		return ERR_IO;
	}
	same = a->index != NULL && st.st_dev == a->seen.st_dev && st.st_ino == a->seen.st_ino;
	if (a->index != NULL && !same)
		retire(a);
	if (same && (uint64_t)st.st_size >= a->index->end) {
		(void)close(fd);
		return ERR_OK;
	}
	forget_current(a);
	a->fd = fd;
	a->seen = st;
	a->index = audit_index_new();
	if (a->index != NULL)
		return ERR_OK;
	forget_current(a);
	return ERR_MEMORY;
}

static err_t
search_current(struct audit_archive *a, struct audit_search *s, uint64_t last_seq)
{
	if (a->index == NULL)
		return ERR_OK;
	TRY(extend(a, s, last_seq));
	TRY(audit_search_blocks(s, a->fd, NULL, a->index));
	return ERR_OK;
}

/* Has the file that was opened as the growing one got this name by now? */
static bool
is_current(const struct audit_archive *a, const struct audit_file *f)
{
	return a->index != NULL && a->index->count > 0 && a->index->blocks[0].first_seq > 0 &&
	    f->last_seq >= a->index->blocks[0].first_seq;
}

/* ---- rotated files ---- */

static err_t
read_first_line(int dir_fd, const char *name, struct buf *line)
{
	struct audit_source *source = NULL;
	str_t first;
	bool whole;
	err_t err = audit_source_open(dir_fd, name, &source);

	buf_clear(line);
	if (err == ERR_OK)
		err = audit_source_line(source, &first, &whole);
	if (err == ERR_OK)
		buf_add_str(line, first);
	audit_source_close(&source);
	return err;
}

static bool
may_hold(const struct audit_index *index, const struct audit_query *q)
{
	for (size_t i = 0; i < index->count; i++) {
		if (audit_index_may_hold(&index->blocks[i], q))
			return true;
	}
	return false;
}

static err_t
search_indexed(struct audit_search *s, int dir_fd, const char *name, bool compressed,
    const struct audit_index *index)
{
	struct audit_packed *packed = NULL;
	err_t err;
	int fd;

	if (!may_hold(index, s->query))
		return ERR_OK;
	if (compressed) {
		err = audit_packed_open(dir_fd, name, &packed);
		if (err == ERR_NOT_FOUND) /* packed by some other program */
			return audit_search_stream(s, dir_fd, name, index, NULL);
		if (err == ERR_OK)
			err = audit_search_blocks(s, -1, packed, index);
		audit_packed_close(&packed);
		return err;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return ERR_IO;
	err = audit_search_blocks(s, fd, NULL, index);
	(void)close(fd);
	return err;
}

static str_t
plain_name(const char *name, bool compressed)
{
	str_t plain = str_of(name);

	plain.len -= compressed ? 3 : 0; /* .gz */
	return plain;
}

/* Read from its beginning, and its index is kept. */
static err_t
search_and_index(struct audit_archive *a, struct audit_search *s, int dir_fd, const char *name,
    bool compressed)
{
	struct audit_index *index = audit_index_new();
	err_t err;

	if (index == NULL)
		return ERR_MEMORY;
	err = audit_search_stream(s, dir_fd, name, NULL, index);
	if (err == ERR_OK && a->index_dir.len > 0 && audit_index_usable(index) && index->count > 0)
		(void)audit_index_save(index, a->index_dir, plain_name(name, compressed));
	audit_index_free(&index);
	return err;
}

/* Under one of its names; ERR_IO with ENOENT: it has another one by now, or none. */
static err_t
search_file(struct audit_archive *a, struct audit_search *s, int dir_fd, const char *name,
    bool compressed)
{
	struct audit_index *index = NULL;
	uint32_t left = s->left;
	err_t err;

	TRY(read_first_line(dir_fd, name, &a->chunk));
	if (a->index_dir.len > 0 && audit_index_load(a->index_dir, plain_name(name, compressed),
					buf_str(&a->chunk), &index) == ERR_OK) {
		err = search_indexed(s, dir_fd, name, compressed, index);
		audit_index_free(&index);
		if (err != ERR_SYNTAX || s->left != left)
			return err;
	}
	/* Without an index, or with one that does not fit. */
	return search_and_index(a, s, dir_fd, name, compressed);
}

static bool
is_gone(err_t err)
{
	return err == ERR_IO && errno == ENOENT;
}

static err_t
search_rotated(struct audit_archive *a, struct audit_search *s, int dir_fd,
    const struct audit_file *f)
{
	char packed[512];
	err_t err = audit_search_charge(s, 0); /* files that hold nothing take time, too */

	if (err == ERR_OK)
		err = search_file(a, s, dir_fd, f->name.data, f->compressed);
	if (f->compressed || !is_gone(err))
		return is_gone(err) ? ERR_OK : err; /* pruned meanwhile */
	if ((size_t)snprintf(packed, sizeof(packed), "%.*s.gz", STR_FMT(f->name)) >= sizeof(packed))
		return ERR_OK;
	err = search_file(a, s, dir_fd, packed, true);
	return is_gone(err) ? ERR_OK : err;
}

static err_t
search_all(struct audit_archive *a, struct audit_search *s, int dir_fd, uint64_t last_seq)
{
	struct audit_file *files = NULL;
	size_t count = 0;

	TRY(open_current(a, dir_fd));
	arena_reset(a->list);
	/* After the file was opened: what is renamed from now on is not missed, but found twice. */
	TRY(audit_rotate_list(a->list, dir_fd, a->name, &files, &count));
	TRY(search_current(a, s, last_seq));
	for (size_t i = count; i > 0 && s->left > 0; i--) {
		if (!is_current(a, &files[i - 1]))
			TRY(search_rotated(a, s, dir_fd, &files[i - 1]));
	}
	if (a->index_dir.len > 0)
		audit_index_prune(a->index_dir, files, count);
	return ERR_OK;
}

err_t
audit_archive_search(struct audit_archive *a, struct audit_search *s, uint64_t last_seq)
{
	int dir_fd = open(a->dir.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint32_t left = s->left;
	err_t err = ERR_SYNTAX;

	if (dir_fd < 0)
		return ERR_IO;
	/* Twice: when the index of the file that grows does not fit it, it is made anew. */
	for (int i = 0; i < 2 && err == ERR_SYNTAX && s->left == left; i++) {
		if (i > 0)
			forget_current(a);
		s->below = last_seq < UINT64_MAX ? last_seq + 1 : 0;
		err = search_all(a, s, dir_fd, last_seq);
	}
	(void)close(dir_fd);
	return err;
}

static err_t
tend(struct audit_archive *a, struct audit_search *s, int dir_fd, bool *ret_more)
{
	struct audit_file *files = NULL;
	size_t count = 0;

	TRY(open_current(a, dir_fd));
	arena_reset(a->list);
	TRY(audit_rotate_list(a->list, dir_fd, a->name, &files, &count));
	for (size_t i = count; i > 0; i--) {
		const struct audit_file *f = &files[i - 1];

		if (audit_index_is_kept(a->index_dir, plain_name(f->name.data, f->compressed)))
			continue;
		TRY(search_and_index(a, s, dir_fd, f->name.data, f->compressed));
		*ret_more = i > 1;
		return ERR_OK;
	}
	return ERR_OK;
}

err_t
audit_archive_tend(struct audit_archive *a, const _Atomic bool *stop, bool *ret_more)
{
	struct audit_query nothing = { .from_ms = 1, .to_ms = 0 };
	struct audit_search s = { .query = &nothing, .stop = stop };
	int dir_fd;
	err_t err;

	*ret_more = false;
	if (a->index_dir.len == 0)
		return ERR_OK;
	dir_fd = open(a->dir.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return ERR_IO;
	err = audit_search_init(&s);
	if (err == ERR_OK)
		err = tend(a, &s, dir_fd, ret_more);
	audit_search_fini(&s);
	(void)close(dir_fd);
	return err;
}
