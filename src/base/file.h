/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: files read whole and replaced whole.
 *
 * Reading takes the file in once, with a limit, through one descriptor: what
 * is checked (owner, mode, kind) is what is read.  Replacing writes beside,
 * syncs, renames and syncs the directory: whatever dies when, a reader finds
 * the old contents or the new.
 *
 *   limits   the limit of the buf that receives the bytes; never a directory,
 *            device or pipe (the open does not block on one)
 *   threads  no state; any
 *   failure  ERR_NOT_FOUND, ERR_LIMIT, ERR_IO, or ERR_REFUSED for the wrong owner or
 *            mode; the diag (may be NULL) gets one sentence with the path
 *
 * The kernel is reached through struct file_ops, so that a test can make any
 * step fail; NULL stands for the kernel itself.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

struct file_ops { /* as in section 2 of the manual; -1 and errno */
	int (*open)(const char *path, int flags, mode_t);
	int (*close)(int);
	ssize_t (*read)(int, void *, size_t);
	ssize_t (*write)(int, const void *, size_t);
	int (*fstat)(int, struct stat *);
	int (*fsync)(int);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*mkdir)(const char *path, mode_t);
};

extern const struct file_ops file_kernel;

enum file_trust { /* what owner and mode must say; the owner is root or we ourselves */
	FILE_ANY,
	FILE_OURS, /* no write by group or others: policy, keys to verify with */
	FILE_SECRET, /* no access at all by group or others, but for what systemd hands over: keys to sign with */
};

/* Both append to `out`, whose limit is the most a file may have. */
err_t file_read(const struct file_ops *, const char *path, enum file_trust, struct buf *out,
    struct diag *);
err_t file_read_fd(const struct file_ops *, int fd, const char *name, enum file_trust,
    struct buf *out, struct diag *); /* from the current offset; leaves fd open */

err_t file_replace(const struct file_ops *, const char *path, mode_t, str_t bytes,
    struct diag *);
err_t file_write_all(const struct file_ops *, int fd, str_t bytes); /* past EINTR and short writes */
err_t file_sync_parent(const struct file_ops *, const char *path); /* makes a rename or unlink last */
err_t file_make_dirs(const struct file_ops *, const char *path, mode_t, struct diag *);

#endif
