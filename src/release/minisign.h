/* SPDX-License-Identifier: Apache-2.0 */
/*
 * minisign: signatures of the minisign tool: Ed25519 over a file or over its BLAKE2b digest.
 *
 *   untrusted comment: …
 *   base64 of "Ed" (the file) or "ED" (its BLAKE2b-512), the key's id, 64 bytes
 *   trusted comment: …
 *   base64 of a signature over those 64 bytes and the trusted comment
 *
 * A public key file is a comment line and base64 of "Ed", the key's id and 32 bytes.
 * Four lines, or two, and nothing else; a last line end may be missing.
 *
 *   memory   comments borrow the text
 *   failure  ERR_SYNTAX; ERR_KEY: not a usable point; ERR_SIGNATURE
 */
#ifndef RELEASE_MINISIGN_H
#define RELEASE_MINISIGN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "crypt/key.h"

enum { MINISIGN_TEXT_MAX = 16 << 10, MINISIGN_ID_SIZE = 8, MINISIGN_SIGNATURE_SIZE = 64 };

struct minisign_key {
	uint8_t id[MINISIGN_ID_SIZE];
	struct key *key;
};

struct minisign {
	bool prehashed; /* over the BLAKE2b-512 of the file */
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t signature[MINISIGN_SIGNATURE_SIZE], global[MINISIGN_SIGNATURE_SIZE];
	str_t trusted_comment;
};

bool minisign_looks_like_key(str_t text);
err_t minisign_key_read(struct arena *, str_t text, struct diag *, struct minisign_key *ret);

err_t minisign_read(struct arena *, str_t text, struct minisign *ret);
/* `message`: the file, or its digest if prehashed.  The trusted comment is checked with it. */
err_t minisign_check(
    struct arena *, const struct minisign *, const struct key *, str_t message);

/* The text of a signature file over a digest. */
err_t minisign_write(struct buf *out, const struct key *, const uint8_t id[MINISIGN_ID_SIZE],
    str_t digest, str_t untrusted_comment, str_t trusted_comment);
/* The id that a key of ours gets: the first bytes of its thumbprint's digest. */
void minisign_id_of(const struct key *, uint8_t ret[MINISIGN_ID_SIZE]);
err_t minisign_key_write(struct arena *, struct buf *out, const struct key *);

#endif
