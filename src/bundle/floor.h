/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor: the highest revision that was taken into use, and what may come after it.
 *
 * A bundle's revision number never goes down, and goes up in steps of a bounded size: whoever
 * stole a signing key can otherwise use up all numbers at once.  The same number with another
 * content means that two bundles were signed as one (equivocation).
 *
 *   text     "NUMBER CONTENT FILE": the number, the digests of the content and of the bundle
 *            file, in hex; the digests may be missing.  A text that is something else is spoiled:
 *            nothing is above it.
 *   threads  no state
 */
#ifndef BUNDLE_FLOOR_H
#define BUNDLE_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { FLOOR_TEXT_MAX = 256, FLOOR_DIGEST_LEN = 64 };

struct floor {
	uint64_t number; /* 0: none yet */
	char content[FLOOR_DIGEST_LEN], file[FLOOR_DIGEST_LEN]; /* hex; if has_digests */
	bool has_digests, spoiled;
};

/* A bundle as the floor sees it. */
struct floor_claim {
	uint64_t number; /* 0: not numbered */
	str_t content, file; /* 64 hex digits each */
};

enum floor_verdict {
	FLOOR_FINE,
	FLOOR_BELOW,
	FLOOR_FAR, /* more than the step above it */
	FLOOR_TWICE, /* the same number, other content */
	FLOOR_SPOILED,
};

enum floor_verdict floor_judge(const struct floor *, const struct floor_claim *, uint64_t step);
void floor_read(struct floor *, str_t text); /* an empty text: none yet */
void floor_write(const struct floor *, struct buf *);
void floor_set(struct floor *, const struct floor_claim *);
bool floor_has_file(const struct floor *, str_t digest);

#endif
