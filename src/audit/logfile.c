/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "audit/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/rotate.h"
#include "audit/source.h"
#include "base/must.h"

enum { FILE_MODE = 0640, DIR_MODE = 0750 };

/* ---- whole reads and writes ---- */

static err_t
read_whole(int fd, char *bytes, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t got = pread(fd, bytes, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_IO;
		bytes += got;
		len -= (size_t)got;
		at += (uint64_t)got;
	}
	return ERR_OK;
}

static err_t
write_whole(int fd, str_t bytes)
{
	while (bytes.len > 0) {
		ssize_t put = write(fd, bytes.data, bytes.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ERR_IO;
		bytes = str_skip(bytes, (size_t)put);
	}
	return ERR_OK;
}

/* ---- the last good line ---- */

struct window { /* a part of the file, ending where the search stands */
	int fd;
	struct digest *digest;
	char bytes[4 * AUDIT_LINE_MAX];
	uint64_t from, to;
};

static err_t
show(struct window *w, uint64_t end)
{
	uint64_t len = end < sizeof(w->bytes) ? end : sizeof(w->bytes);

	w->from = end - len;
	w->to = end;
	return read_whole(w->fd, w->bytes, (size_t)len, w->from);
}

/* Where the line that ends before `end` begins: behind the newline before it. */
static err_t
find_line_start(struct window *w, uint64_t end, uint64_t *ret_start)
{
	uint64_t at = end;

	for (;;) {
		if (at == 0)
			break;
		if (at <= w->from || at > w->to)
			TRY(show(w, at));
		const char *hit = memrchr(w->bytes, '\n', (size_t)(at - w->from));

		if (hit != NULL) {
			at = w->from + (uint64_t)(hit - w->bytes) + 1;
			break;
		}
		at = w->from;
	}
	*ret_start = at;
	return ERR_OK;
}

static err_t
read_link(struct window *w, uint64_t start, uint64_t end, struct audit_link *ret, bool *ret_good)
{
	*ret_good = false;
	if (end - start > AUDIT_LINE_MAX)
		return ERR_OK;
	if (start < w->from || end > w->to)
		TRY(show(w, end));
	*ret_good = audit_line_read(w->digest,
	    str_make(w->bytes + (start - w->from), (size_t)(end - start)), ret);
	return ERR_OK;
}

err_t
audit_chain_find(int fd, uint64_t size, struct audit_chain *ret, uint64_t *ret_end)
{
	struct window *w = calloc(1, sizeof(*w));
	struct audit_link link;
	uint64_t end = size, start;
	bool good = false;
	err_t err = ERR_OK;

	if (w == NULL)
		return ERR_MEMORY;
	w->fd = fd;
	w->digest = digest_new(DIGEST_SHA256);
	if (w->digest == NULL)
		err = ERR_MEMORY;
	/* A whole line ends with a newline: what is behind the last one is torn. */
	if (err == ERR_OK && end > 0)
		err = find_line_start(w, end, &end);
	while (err == ERR_OK && end > 0 && !good) {
		err = find_line_start(w, end - 1, &start);
		if (err == ERR_OK)
			err = read_link(w, start, end - 1, &link, &good);
		if (!good)
			end = start;
	}
	digest_free(&w->digest);
	free(w);
	TRY(err);
	*ret_end = end;
	ret->seq = good ? link.seq : 0;
	if (good)
		memcpy(ret->hash, link.hash, sizeof(ret->hash));
	else
		audit_genesis(ret->hash);
	return ERR_OK;
}

/* ---- opening ---- */

static err_t
move_tail(struct audit_logfile *f, int from_fd, uint64_t from, uint64_t to)
{
	char name[sizeof(f->name) + 32];
	char chunk[16 << 10];
	err_t err = ERR_OK;
	int fd;

	(void)snprintf(name, sizeof(name), "%s.cut-%lld", f->name, (long long)time(NULL));
	fd = openat(f->dir_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return ERR_IO;
	for (uint64_t at = from; err == ERR_OK && at < to;) {
		size_t len = to - at < sizeof(chunk) ? (size_t)(to - at) : sizeof(chunk);

		err = read_whole(from_fd, chunk, len, at);
		if (err == ERR_OK)
			err = write_whole(fd, str_make(chunk, len));
		at += len;
	}
	if (fsync(fd) != 0)
		err = ERR_IO;
	if (close(fd) != 0)
		err = ERR_IO;
	TRY(err);
	return ftruncate(from_fd, (off_t)from) == 0 ? ERR_OK : ERR_IO;
}

/* A file that was renamed, but not yet on the disk when the power failed, is torn like the current one. */
static err_t
find_in_plain(struct audit_logfile *f, const char *name, struct audit_recovery *found)
{
	int fd = openat(f->dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st = { 0 };
	uint64_t end = 0, size;
	err_t err = fd >= 0 && fstat(fd, &st) == 0 ? ERR_OK : ERR_IO;

	size = (uint64_t)st.st_size;
	if (err == ERR_OK)
		err = audit_chain_find(fd, size, &found->chain, &end);
	if (err == ERR_OK && end < size) {
		err = move_tail(f, fd, end, size);
		found->cut_bytes += size - end;
	}
	if (err == ERR_OK && end == 0 && unlinkat(f->dir_fd, name, 0) != 0)
		err = ERR_IO;
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* The head of the chain in the newest rotated file that has one. */
static err_t
find_in_rotated(struct audit_logfile *f, struct audit_recovery *found)
{
	struct arena *arena = arena_new(16 << 20);
	struct audit_file *files;
	size_t count = 0;
	err_t err;

	if (arena == NULL)
		return ERR_MEMORY;
	found->chain.seq = 0;
	audit_genesis(found->chain.hash);
	err = audit_rotate_list(arena, f->dir_fd, str_of(f->name), &files, &count);
	while (err == ERR_OK && found->chain.seq == 0 && count-- > 0)
		err = files[count].compressed ?
		    audit_source_last(f->dir_fd, files[count].name.data, &found->chain) :
		    find_in_plain(f, files[count].name.data, found);
	arena_free(&arena);
	return err;
}

/* O_NONBLOCK: a FIFO in the log's place must not stop the daemon. */
static err_t
open_current(struct audit_logfile *f)
{
	struct stat st;

	f->fd = openat(f->dir_fd, f->name,
	    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, FILE_MODE);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
		return ERR_IO;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return ERR_IO;
	}
	f->size = (uint64_t)st.st_size;
	f->dir_due = true;
	return ERR_OK;
}

static err_t
open_directory(struct audit_logfile *f, str_t path)
{
	char dir[4096];
	size_t slash = path.len;

	while (slash > 0 && path.data[slash - 1] != '/')
		slash--;
	if (slash >= sizeof(dir) - 1 || path.len - slash == 0 ||
	    path.len - slash + 16 > sizeof(f->name)) {
		errno = ENAMETOOLONG;
		return ERR_IO;
	}
	(void)snprintf(dir, sizeof(dir), "%.*s", slash == 0 ? 1 : (int)slash,
	    slash == 0 ? "." : path.data);
	(void)snprintf(f->name, sizeof(f->name), "%.*s", STR_FMT(str_skip(path, slash)));
	if (mkdir(dir, DIR_MODE) != 0 && errno != EEXIST && errno != EROFS)
		return ERR_IO;
	f->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return f->dir_fd >= 0 ? ERR_OK : ERR_IO;
}

static err_t
take_lock(struct audit_logfile *f)
{
	char name[sizeof(f->name) + 8];

	(void)snprintf(name, sizeof(name), "%s.lock", f->name);
	f->lock_fd = openat(f->dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (f->lock_fd < 0 || flock(f->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return ERR_IO;
	return ERR_OK;
}

static err_t
recover(struct audit_logfile *f, struct audit_recovery *ret)
{
	struct audit_recovery found = { 0 };
	uint64_t end;

	TRY(audit_chain_find(f->fd, f->size, &found.chain, &end));
	if (end < f->size) {
		TRY(move_tail(f, f->fd, end, f->size));
		found.cut_bytes = f->size - end;
		f->size = end;
	}
	if (end == 0)
		TRY(find_in_rotated(f, &found));
	*ret = found;
	return ERR_OK;
}

err_t
audit_logfile_open(struct audit_logfile *f, str_t path, struct audit_recovery *ret)
{
	err_t err;
	int saved;

	*f = (struct audit_logfile){ .dir_fd = -1, .lock_fd = -1, .fd = -1 };
	err = open_directory(f, path);
	if (err == ERR_OK)
		err = take_lock(f);
	if (err == ERR_OK)
		err = open_current(f);
	if (err == ERR_OK)
		err = recover(f, ret);
	if (err == ERR_OK)
		return ERR_OK;
	saved = errno;
	audit_logfile_close(f);
	errno = saved;
	return err;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void
audit_logfile_close(struct audit_logfile *f)
{
	close_one(&f->fd);
	close_one(&f->lock_fd);
	close_one(&f->dir_fd);
}

/* ---- growing ---- */

err_t
audit_logfile_append(struct audit_logfile *f, str_t lines)
{
	int saved;

	if (f->fd < 0)
		TRY(open_current(f));
	if (write_whole(f->fd, lines) == ERR_OK) {
		f->size += lines.len;
		return ERR_OK;
	}
	/* A part may be there: no reader may take it for records. */
	saved = errno;
	if (ftruncate(f->fd, (off_t)f->size) != 0)
		return ERR_INTERNAL;
	errno = saved;
	return ERR_IO;
}

err_t
audit_logfile_sync(struct audit_logfile *f)
{
	/* A file whose name is not on the disk is lost with all that is in it. */
	if (f->dir_due && fsync(f->dir_fd) != 0)
		return ERR_IO;
	f->dir_due = false;
	return fdatasync(f->fd) == 0 ? ERR_OK : ERR_IO;
}

err_t
audit_logfile_cut(struct audit_logfile *f, uint64_t size)
{
	if (f->fd < 0 || ftruncate(f->fd, (off_t)size) != 0)
		return ERR_IO;
	f->size = size;
	return ERR_OK;
}

err_t
audit_logfile_next(struct audit_logfile *f, uint64_t last_seq)
{
	if (f->fd >= 0 && f->size > 0)
		TRY(audit_rotate_rename(f->dir_fd, f->name, last_seq));
	else if (f->fd >= 0 && unlinkat(f->dir_fd, f->name, 0) != 0 && errno != ENOENT)
		return ERR_IO; /* nothing is in it, but it may be the file that cannot be synced */
	/* From here on the old file belongs to the compressor. */
	close_one(&f->fd);
	f->size = 0;
	return open_current(f);
}

err_t
audit_logfile_reopen(struct audit_logfile *f)
{
	struct stat ours, there;

	if (f->fd < 0)
		return ERR_OK; /* the next append opens it */
	if (fstat(f->fd, &ours) != 0)
		return ERR_IO;
	if (fstatat(f->dir_fd, f->name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == ours.st_ino &&
	    there.st_dev == ours.st_dev)
		return ERR_OK;
	if (fdatasync(f->fd) != 0)
		return ERR_IO;
	close_one(&f->fd);
	f->size = 0;
	return open_current(f);
}
