/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: small pieces of memory that come and go all the time.
 *
 * What nghttp2 allocates for a request is freed when the request is over; a
 * pool keeps such pieces on lists by size and hands them out again, so that a
 * warm connection costs no malloc.
 *
 *   lifetime  a pool outlives all pieces taken from it
 *   limits    pieces above POOL_PIECE_MAX go to malloc; at most POOL_SPARE_MAX
 *             bytes are kept unused
 *   threads   a pool belongs to one
 *   failure   NULL: out of memory
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

enum { POOL_PIECE_MAX = 1024, POOL_STEP = 16, POOL_SPARE_MAX = 4 << 20 };

struct pool_piece;

struct pool {
	struct pool_piece *spare[POOL_PIECE_MAX / POOL_STEP + 1]; /* by size */
	size_t spare_bytes;
};

void *pool_take(struct pool *, size_t);
void *pool_resize(struct pool *, void *, size_t); /* as realloc; NULL is a piece of size 0 */
void pool_give(struct pool *, void *); /* NULL is fine */
void pool_fini(struct pool *);

#endif
