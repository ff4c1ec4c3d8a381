/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem: blocks of base64 between BEGIN and END lines (RFC 7468), as Go reads them.
 *
 * Text around a block is passed over, and so is a block that is not whole: one
 * whose labels differ or whose body is not base64.  Header lines ("Proc-Type: ...")
 * are skipped; nothing is decrypted.
 *
 *   memory   the bytes in the arena, the label in the text
 *   failure  false: no block; arena_failed() says whether memory was the reason
 */
#ifndef CODEC_PEM_H
#define CODEC_PEM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct pem_block {
	str_t label; /* "CERTIFICATE" */
	str_t bytes;
};

/* The next block of *text, which becomes what stands behind the block. */
bool pem_read(struct arena *, str_t *text, struct pem_block *ret);

#endif
