/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536 };

static int
open_kernel(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

const struct file_ops file_kernel = {
	.open = open_kernel,
	.close = close,
	.read = read,
	.write = write,
	.fstat = fstat,
	.fsync = fsync,
	.rename = rename,
	.unlink = unlink,
	.mkdir = mkdir,
};

static const struct file_ops *
ops_or_kernel(const struct file_ops *ops)
{
	return ops != NULL ? ops : &file_kernel;
}

static err_t
say_errno(struct diag *d, const char *doing, const char *path)
{
	int error = errno;

	diag_say(d, "file", "cannot %s %s: %s", doing, path, strerror(error));
	return error == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

/* systemd gives root's file to a service by an access list, whose mask stands in the group's bits. */
static bool
is_credential(const struct stat *st, const char *name)
{
	static const char place[] = "/run/credentials/";

	return strncmp(name, place, sizeof(place) - 1) == 0 && strstr(name, "/../") == NULL &&
	    st->st_uid == 0 && st->st_gid == 0;
}

static err_t
check(const struct stat *st, const char *name, enum file_trust trust, struct diag *d)
{
	mode_t forbidden = trust == FILE_SECRET ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;

	if (is_credential(st, name))
		forbidden &= ~(mode_t)S_IRGRP;
	if (!S_ISREG(st->st_mode)) {
		diag_say(d, "file", "%s is not a regular file", name);
		return ERR_IO;
	}
	if (trust == FILE_ANY)
		return ERR_OK;
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		diag_say(d, "file", "%s belongs to user %u, neither to root nor to user %u", name,
		    (unsigned)st->st_uid, (unsigned)geteuid());
		return ERR_REFUSED;
	}
	if ((st->st_mode & forbidden) != 0) {
		diag_say(d, "file", "%s has mode %04o, which lets others %s it", name,
		    (unsigned)(st->st_mode & 07777), trust == FILE_SECRET ? "read or write" : "write");
		return ERR_REFUSED;
	}
	return ERR_OK;
}

static err_t
refuse_size(struct diag *d, const char *name, size_t limit)
{
	diag_say(d, "file", "%s is larger than %zu bytes", name, limit);
	return ERR_LIMIT;
}

err_t
file_read_fd(const struct file_ops *given, int fd, const char *name, enum file_trust trust,
    struct buf *out, struct diag *d)
{
	const struct file_ops *ops = ops_or_kernel(given);
	size_t room = out->limit - out->len;
	struct stat st;

	if (ops->fstat(fd, &st) != 0)
		return say_errno(d, "look at", name);
	TRY(check(&st, name, trust, d));
	if (st.st_size > 0 && (uintmax_t)st.st_size > room)
		return refuse_size(d, name, room);
	/* The size is a hint (a file may grow meanwhile); the limit is not. */
	if (!buf_reserve(out, (size_t)st.st_size + (st.st_size > 0 && (size_t)st.st_size < room)))
		return ERR_MEMORY;
	for (;;) {
		char probe;
		bool full = out->len == out->limit;
		size_t want = out->capacity - out->len;
		ssize_t got;

		if (!full && want == 0) {
			want = out->limit - out->len < CHUNK ? out->limit - out->len : CHUNK;
			if (!buf_reserve(out, want))
				return ERR_MEMORY;
		}
		got = ops->read(fd, full ? &probe : out->data + out->len, full ? 1 : want);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return say_errno(d, "read", name);
		if (got == 0)
			return ERR_OK;
		if (full)
			return refuse_size(d, name, room);
		out->len += (size_t)got;
	}
}

err_t
file_read(const struct file_ops *given, const char *path, enum file_trust trust, struct buf *out,
    struct diag *d)
{
	const struct file_ops *ops = ops_or_kernel(given);
	int fd = ops->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
	err_t e;

	if (fd < 0 && ops == &file_kernel && errno == EACCES && access(path, R_OK) == 0) {
		/* Owner and mode would permit it. */
		diag_say(d, "file", "cannot open %s: it is outside of what the sandbox has granted since the start (sandbox.read_dirs)",
		    path);
		return ERR_IO;
	}
	if (fd < 0)
		return say_errno(d, "open", path);
	e = file_read_fd(ops, fd, path, trust, out, d);
	(void)ops->close(fd);
	return e;
}

err_t
file_write_all(const struct file_ops *given, int fd, str_t bytes)
{
	const struct file_ops *ops = ops_or_kernel(given);

	while (bytes.len > 0) {
		ssize_t written = ops->write(fd, bytes.data, bytes.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			if (written == 0)
				errno = ENOSPC;
			return ERR_IO;
		}
		bytes = str_skip(bytes, (size_t)written);
	}
	return ERR_OK;
}

err_t
file_sync_parent(const struct file_ops *given, const char *path)
{
	const struct file_ops *ops = ops_or_kernel(given);
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";
	int fd, synced;

	if (slash != NULL) {
		size_t len = slash == path ? 1 : (size_t)(slash - path);

		if (len >= sizeof(parent))
			return ERR_LIMIT;
		memcpy(parent, path, len);
		parent[len] = '\0';
	}
	fd = ops->open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	synced = ops->fsync(fd);
	(void)ops->close(fd);
	return synced == 0 ? ERR_OK : ERR_IO;
}

static err_t
write_beside(const struct file_ops *ops, const char *path, mode_t mode, str_t bytes)
{
	/* A leftover of an earlier death is ours to replace; a link is not ours to follow. */
	int fd, error;

	if (ops->unlink(path) != 0 && errno != ENOENT)
		return ERR_IO;
	fd = ops->open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return ERR_IO;
	if (file_write_all(ops, fd, bytes) != ERR_OK || ops->fsync(fd) != 0) {
		error = errno;
		(void)ops->close(fd);
		errno = error;
		return ERR_IO;
	}
	return ops->close(fd) == 0 ? ERR_OK : ERR_IO;
}

err_t
file_replace(const struct file_ops *given, const char *path, mode_t mode, str_t bytes,
    struct diag *d)
{
	const struct file_ops *ops = ops_or_kernel(given);
	char beside[PATH_MAX];
	int len = snprintf(beside, sizeof(beside), "%s.new", path);

	if (len < 0 || (size_t)len >= sizeof(beside)) {
		diag_say(d, "file", "the path of %s is too long", path);
		return ERR_LIMIT;
	}
	if (write_beside(ops, beside, mode, bytes) != ERR_OK || ops->rename(beside, path) != 0) {
		int error = errno;

		(void)ops->unlink(beside);
		errno = error;
		return say_errno(d, "write", path);
	}
	if (file_sync_parent(ops, path) != ERR_OK)
		return say_errno(d, "make lasting", path);
	return ERR_OK;
}

err_t
file_make_dirs(const struct file_ops *given, const char *path, mode_t mode, struct diag *d)
{
	const struct file_ops *ops = ops_or_kernel(given);
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part)) {
		diag_say(d, "file", "the path of %s is too long", path);
		return ERR_LIMIT;
	}
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (ops->mkdir(part, mode) != 0 && errno != EEXIST)
			return say_errno(d, "make directory", part);
		if (i < len)
			part[i] = '/';
	}
	return ERR_OK;
}
