/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard: what a peer's HTTP/2 frames cost, before they are obeyed.
 *
 * Each frame that does no work (a reset, a ping, an empty DATA frame, …) and
 * each request opened takes from a budget; each request served and each DATA
 * frame the peer let us send gives some back, and so does time.  A client that
 * works is far from the end of it; a flood (rapid reset, MadeYouReset,
 * CONTINUATION, SETTINGS, PING, PRIORITY, …) is cut off after some hundred
 * frames.  The guard looks at frame headers, and at whom a PRIORITY frame names; it never
 * changes a byte.
 *
 *   lifetime  inside its connection
 *   limits    GUARD_BUDGET; CONTINUATION frames of one block; a block's bytes
 *   threads   its connection's
 */
#ifndef NET_GUARD_H
#define NET_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
	GUARD_BUDGET = 800, /* 256 requests at once, none served yet, take two thirds of it */
	GUARD_REFILL_PER_S = 40,
	GUARD_CONTINUATIONS = 4,
	GUARD_BLOCK_BYTES = 65536, /* compressed header block */
};

struct guard {
	uint8_t head[9]; /* of the frame that begins */
	uint8_t head_len;
	uint8_t type; /* of the frame whose payload is passing */
	bool malformed; /* it was cut off for a PRIORITY frame of no stream or on itself, not for what it costs */
	bool in_block; /* a header block has begun and not ended */
	uint8_t continuations;
	uint8_t parent_len; /* bytes of `parent` that have come */
	uint32_t stream, parent; /* a PRIORITY frame's, and the one it names */
	uint32_t left; /* payload bytes of the current frame still to come */
	uint32_t block; /* bytes of the current header block */
	int32_t budget;
	int64_t refilled_ns;
	int64_t unfinished_ns; /* since when a frame or block, other than DATA, lacks its end; 0: none does */
	uint64_t whole; /* frames and blocks that came to their end */
};

void guard_init(struct guard *, int64_t now_ns, uint32_t preface_len);
bool guard_look(struct guard *, str_t bytes, int64_t now_ns); /* false: cut the peer off */
bool guard_charge(struct guard *, int32_t cost); /* for what only the session sees */
void guard_earn(struct guard *, int32_t amount);

enum { /* costs and earnings outside the frame table */
	GUARD_COST_OUR_RESET = 4, /* the peer made us reset a stream */
	GUARD_EARN_SERVED = 6,
	GUARD_EARN_DATA = 2,
};

#endif
