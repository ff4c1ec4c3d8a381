/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revoked: tokens that are not believed any more, until they would expire anyway.
 *
 * A token is named by the SHA-256 of its signed part (header.payload), not of the whole:
 * whoever has an ECDSA signature can make a second one over the same part, and a deny
 * list of whole tokens would let that one pass.
 *
 *   file     one line a token, `HEX UNIX\n`, appended and with the kernel (or the disk, if
 *            `sync`) before the call returns; rewritten whole when half of it is over.  A
 *            torn or spoiled line is passed by, and counted
 *   epoch    grows with each addition: who remembers that a token was not revoked at an
 *            epoch need not look again until it changes
 *   limits   `most` tokens at once, memory taken at birth
 *   threads  any; one lock, held for a write by revoked_add only
 *   failure  ERR_LIMIT: full.  ERR_IO: it is revoked while this process lives, and
 *            could not be written
 */
#ifndef TOKEN_REVOKED_H
#define TOKEN_REVOKED_H

#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "crypt/digest.h"

struct revoked;

struct revoked_name {
	uint8_t bytes[SHA256_SIZE];
};

/* A text without two dots has a name of zeros, which nothing else has. */
struct revoked_name revoked_name_of(str_t token); /* without "Bearer " */

struct revoked *revoked_new(size_t most, const struct file_ops *); /* NULL: out of memory; ops may be NULL */
void revoked_free(struct revoked **);

/*
 * Reads what the file has that is not over at `now`, and goes on in it.  Borrows `path` for
 * life.  On failure what is added stays in memory only.
 */
err_t revoked_open(struct revoked *, const char *path, bool sync, int64_t now, struct diag *);

/* Adds what a list in the form of that file says, if it is not over.  *ret_spoiled: lines passed by. */
err_t revoked_merge(struct revoked *, str_t list, int64_t now, size_t *ret_added, size_t *ret_spoiled);

err_t revoked_add(struct revoked *, const struct revoked_name *, int64_t until, int64_t now);
bool revoked_has(struct revoked *, const struct revoked_name *);
uint64_t revoked_epoch(const struct revoked *); /* starts at 1 */
size_t revoked_count(struct revoked *);

#endif
