/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest: which of many names somebody may have meant.
 *
 *   nearest_begin(&n, name); nearest_try(&n, a); nearest_try(&n, b); n.name
 *
 * Distance is letters to put in, take out, change, or swap with the next.  A name is
 * near within a third of the wanted one's letters, and one; of equally near names the
 * first one tried wins.
 *
 *   limit     names of more than NEAREST_LEN_MAX bytes are near to nothing
 *   lifetime  borrows the names
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/str.h"

enum { NEAREST_LEN_MAX = 64 };

struct nearest {
	str_t wanted;
	str_t name; /* the nearest so far; empty: none is near */
	size_t distance; /* a nearer one has less */
};

void nearest_begin(struct nearest *, str_t wanted);
void nearest_try(struct nearest *, str_t name);
/* The distance as the caller measures it. */
void nearest_try_at(struct nearest *, str_t name, size_t distance);
size_t nearest_distance(str_t a, str_t b); /* NEAREST_LEN_MAX: too long to say */

#endif
