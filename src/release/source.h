/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: the bytes of a binary, in memory or in an open file, read in pieces.
 *
 * A file may be larger than memory: it is hashed as it is read.
 */
#ifndef RELEASE_SOURCE_H
#define RELEASE_SOURCE_H

#include "base/diag.h"
#include "base/err.h"
#include "crypt/digest.h"

struct source {
	const char *name; /* for messages */
	int fd;           /* -1: in memory */
	str_t bytes;
	uint64_t size;
};

struct source source_of(const char *name, str_t bytes);
/* A regular file; close it with source_close. */
err_t source_open(const char *path, struct diag *, struct source *ret);
void source_close(struct source *);

/* All `len` bytes from `at`, or ERR_IO: the file became shorter meanwhile. */
err_t source_read(const struct source *, uint64_t at, char *room, size_t len, struct diag *);
/* Digest of the first `len` bytes. */
err_t source_digest(
    const struct source *, uint64_t len, enum digest_kind, uint8_t *ret, struct diag *);

#endif
