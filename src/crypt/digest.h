/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest: MD5, SHA-1, SHA-2 and BLAKE2b of bytes at once or in pieces.
 *
 * MD5 and SHA-1 are here for Rego's built-ins alone; nothing in this program
 * trusts them.
 *
 *   lifetime  a struct digest is on the heap and may be used again and again
 *   threads   one digest, one thread
 *   failure   none after digest_new: the library below refuses only through a bug
 */
#ifndef CRYPT_DIGEST_H
#define CRYPT_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum digest_kind {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_BLAKE2B512, /* of minisign */
};

enum { DIGEST_SIZE_MAX = 64, SHA256_SIZE = 32, SHA256_HEX_SIZE = 64 };

size_t digest_size(enum digest_kind);
/* Of the parts as if they were one. */
void digest_parts(enum digest_kind, const str_t *parts, size_t count, uint8_t *ret);
void digest_of(enum digest_kind, str_t bytes, uint8_t *ret); /* digest_size() bytes */
/*
 * Whether memory ran out in anything of this room on this thread since it was last asked: a
 * signature or a key that was refused meanwhile may be a good one.
 */
bool crypt_take_failure(void);
void digest_sha256_hex(str_t bytes, char ret[SHA256_HEX_SIZE]); /* lower case, no NUL */

struct digest;

struct digest *digest_new(enum digest_kind); /* NULL: out of memory */
void digest_free(struct digest **);
void digest_add(struct digest *, str_t bytes);
void digest_end(struct digest *, uint8_t *ret); /* and begins anew */
void digest_begin(struct digest *); /* forgets what was added */

#endif
