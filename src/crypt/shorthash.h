/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shorthash: SipHash-2-4 with 128 bits: names for texts that a client chooses.
 *
 * Two texts with one hash are not found without the key, so that a table may keep
 * the hash in place of the text.  The key is the process's own and never leaves it.
 */
#ifndef CRYPT_SHORTHASH_H
#define CRYPT_SHORTHASH_H

#include <stdint.h>

#include "base/str.h"

struct shorthash_key {
	uint8_t bytes[16];
};

struct shorthash {
	uint64_t low, high;
};

void shorthash_key_make(struct shorthash_key *); /* random */
struct shorthash shorthash_of(const struct shorthash_key *, str_t);

#endif
