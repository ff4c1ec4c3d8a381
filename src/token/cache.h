/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: tokens that were verified a moment ago.
 *
 * Checking a signature costs hundreds of times what comparing a token with a
 * copy of itself does.  A token is found by a keyed hash and then compared byte
 * by byte, so a collision is only a miss.  Its times are checked again at each
 * hit; a hit under another generation of the key set is a miss.
 *
 *   memory   all of it taken when the cache is made: `slot_count` slots that hold
 *            a token and its claims of at most CACHE_SLOT_SIZE bytes together;
 *            what is bigger is not kept
 *   hit      the claims are borrowed from the slot: valid until the next
 *            token_cache_add() on this cache
 *   threads  one cache a worker
 */
#ifndef TOKEN_CACHE_H
#define TOKEN_CACHE_H

#include "token/jwt.h"

enum { CACHE_SLOT_SIZE = 8 * 1024 };

struct token_cache;

struct cached_token {
	value_t claims;
	str_t kid; /* of the key that checked it; may be empty */
	enum algorithm algorithm;
	struct claim_times times;
	int64_t leeway; /* of its issuer */
	uint64_t epoch; /* of the revocations that it was compared with: revoked.h */
};

struct token_cache *token_cache_new(size_t slot_count); /* NULL: out of memory; 0 slots: keeps nothing */
void token_cache_free(struct token_cache **);

/* NULL: not there, not of this generation, or not valid now. */
const struct cached_token *token_cache_find(struct token_cache *, str_t token,
    uint64_t generation, int64_t now);
void token_cache_add(struct token_cache *, str_t token, uint64_t generation, const struct jwt *,
    uint64_t epoch);
/* What was found was compared with the revocations of a newer epoch. */
void token_cache_note_epoch(struct token_cache *, const struct cached_token *, uint64_t epoch);

struct token_cache_counts {
	uint64_t hits, misses, kept;
};
struct token_cache_counts token_cache_counts(const struct token_cache *);

#endif
