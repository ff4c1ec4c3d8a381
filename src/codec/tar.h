/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar: POSIX.1-2001 archives of plain files and directories, read without mercy.
 *
 * Two readers of one archive must see the same files, so whatever has two
 * readings is refused: sizes that header and pax record disagree about, records or
 * headers doubled, names with bytes behind their NUL, padding that is not zero,
 * an end that is not two blocks of zeros and then zeros only.  Links, devices,
 * sparse files and unknown kinds are refused too.  Names are given as they stand:
 * what a good name is, the caller decides.
 *
 *   memory   names and bytes borrow the archive; joined names are in the arena
 *   failure  ERR_SYNTAX, ERR_LIMIT, ERR_MEMORY; the fault says what and where
 */
#ifndef CODEC_TAR_H
#define CODEC_TAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { TAR_BLOCK = 512, TAR_NAME_MAX = 4095 };

struct tar_entry {
	str_t name; /* of a directory without its last slash */
	bool is_directory;
	str_t bytes;
};

struct tar_fault {
	const char *why; /* a phrase for people */
	str_t name; /* of the entry; may be empty; may hold any bytes */
};

err_t tar_read(struct arena *, str_t archive, size_t entry_limit, const struct tar_entry **ret,
    size_t *ret_count, struct tar_fault *);

/* A plain file with mode 0644 and no owner or time; ERR_LIMIT: its name is too long. */
err_t tar_write_file(struct buf *, str_t name, str_t bytes);
void tar_write_end(struct buf *);

#endif
