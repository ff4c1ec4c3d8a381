/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotate: the files of one audit log, and their order.
 *
 * The log grows in `NAME`.  A full file is renamed to `NAME.000000012345`, the
 * number of its last record, and a new `NAME` is begun: who follows the file by
 * its inode loses nothing.  In the background a renamed file becomes
 * `NAME.000000012345.gz`: written under another name, synced, renamed, and only
 * then is the plain one removed; so wherever a crash strikes, either the plain
 * file is whole (and its .gz, if any, is made again) or the .gz is.
 *
 *   threads  list, name and rename by the writer; tend by one other thread
 */
#ifndef AUDIT_ROTATE_H
#define AUDIT_ROTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct audit_file { /* a rotated one */
	uint64_t last_seq;
	str_t name; /* within the directory; NUL behind it */
	bool compressed;
};

/* Oldest first; a plain file hides its own .gz. */
err_t audit_rotate_list(struct arena *, int dir_fd, str_t log_name, struct audit_file **ret_files,
    size_t *ret_count);

/* The current file becomes a rotated one.  ERR_IO: errno says why; nothing changed. */
err_t audit_rotate_rename(int dir_fd, const char *log_name, uint64_t last_seq);

/*
 * Compresses what is plain, if asked to, and removes the oldest beyond `keep`
 * (0: keeps all).  What fails is left as it is, for the next time.
 */
struct audit_tend {
	int dir_fd;
	str_t log_name;
	bool compress;
	uint32_t keep;
	const _Atomic bool *stop; /* leaves off when this becomes true */
};
err_t audit_rotate_tend(const struct audit_tend *);

#endif
