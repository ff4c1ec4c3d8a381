/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block: the signature at the end of a file that still runs.
 *
 *   …what was signed…
 *   -----BEGIN CORESDK SIGNATURE-----
 *   eyJhbGciOi….eyJuYW1lIjo….MEUCIQ…
 *   -----END CORESDK SIGNATURE 000001f3-----
 *
 * with a line end before and behind each line.  The digits are the size of the block,
 * its first line end included, so it is found from the end of the file, and nothing in
 * the file before it can be taken for it.  There is one block and nothing behind it.
 *
 *   memory   borrows the bytes given
 *   limits   BLOCK_SIZE_MAX
 */
#ifndef RELEASE_BLOCK_H
#define RELEASE_BLOCK_H

#include "base/buf.h"
#include "base/err.h"

enum { BLOCK_SIZE_MAX = 64 << 10, BLOCK_TAIL_SIZE = 2 * BLOCK_SIZE_MAX };

enum block_state {
	BLOCK_FOUND,
	BLOCK_NONE,    /* there is nothing of one in the tail */
	BLOCK_CUT,     /* one begins, and does not end */
	BLOCK_TRAILED, /* something follows it */
	BLOCK_MALFORMED,
	BLOCK_TWICE, /* what was signed ends with a block itself */
};

struct block {
	str_t text;  /* the JWS */
	size_t size; /* of the block: as many bytes at the end of the file are not signed */
};

/* `tail`: the last BLOCK_TAIL_SIZE bytes of the file, or all of it if there are fewer. */
enum block_state block_read(str_t tail, struct block *ret);
const char *block_state_text(enum block_state); /* "…" for a person, without a full stop */
err_t block_write(struct buf *out, str_t text); /* ERR_LIMIT */

#endif
