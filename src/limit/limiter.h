/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limiter: at most N requests of a key in a window of time.
 *
 * A key's window begins with its first request and lasts as long as that request
 * asked; the N-th and earlier ones in it are allowed, the others refused until it ends.
 * Keys are kept as keyed hashes, so what a client sends is neither stored nor able to
 * meet another's key on purpose.
 *
 *   memory   all taken at birth: LIMITER_WAYS places for each of `keys / LIMITER_WAYS`
 *            sets.  When a set is full of windows under way the one that ends first gives
 *            way, which is counted: a limit can then be passed, never a request lost
 *   time     steady nanoseconds, given by the caller: exact to one
 *   threads  any; a lock for each of LIMITER_LOCKS parts, held for a few comparisons
 */
#ifndef LIMIT_LIMITER_H
#define LIMIT_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { LIMITER_WAYS = 8, LIMITER_LOCKS = 64 };

struct limiter;

struct limiter *limiter_new(size_t keys); /* rounded up to a power of two; NULL: out of memory */
void limiter_free(struct limiter **);

struct limiter_answer {
	bool allowed;
	uint32_t remaining; /* further requests that this window has room for */
	int64_t wait_ns; /* of a refusal: until the window ends */
};

/* `scope` (a tenant) and `key` name one counter together; limit and window are at least 1. */
struct limiter_answer limiter_ask(struct limiter *, str_t scope, str_t key, uint32_t limit,
    int64_t window_ns, int64_t now_ns);
/* The key's next request begins a new window.  false: it had none. */
bool limiter_reset(struct limiter *, str_t scope, str_t key);

uint64_t limiter_displaced(const struct limiter *); /* windows that gave way before they ended */

#endif
