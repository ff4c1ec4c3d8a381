/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: a bounded queue of byte records from one thread to one other.
 *
 * The producer reserves room, fills it, and commits; the consumer looks at
 * records in order and, when it has done with some, releases them together.
 * Records lie contiguous, so that a consumer can hand many to one writev().
 *
 *   lifetime  new/free; both threads must have stopped before ring_free
 *   limits    capacity in bytes, fixed at birth; a record takes its length + 8
 *             rounded up to 8, and at most half the capacity
 *   threads   exactly one producer and one consumer; no locks
 *   failure   a full ring refuses (NULL); what that means is the caller's policy
 *
 * Sleeping is left to the caller (an eventfd, as a rule), with this promise:
 * the consumer calls ring_doze() before it sleeps and may sleep only if that
 * says true; the producer calls ring_must_wake() after each commit (or after
 * several) and rings the bell if that says true.  No record is then left
 * behind by a sleeping consumer, and a busy one costs the producer no syscall.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct ring;

struct ring *ring_new(size_t capacity); /* rounded up to a power of two; NULL: out of memory */
void ring_free(struct ring **);

/* Producer. */
char *ring_reserve(struct ring *, size_t len); /* room for `len` bytes; NULL: full */
void ring_commit(struct ring *, size_t len); /* the first `len` of those reserved */
bool ring_put(struct ring *, str_t record); /* reserve, copy, commit; false: full */
bool ring_must_wake(struct ring *);

/* Consumer. */
bool ring_next(struct ring *, str_t *ret_record); /* valid until ring_release; false: none */
void ring_release(struct ring *); /* gives back all that ring_next has shown */
bool ring_doze(struct ring *); /* false: there is something to read after all */

/* Either. */
size_t ring_used(const struct ring *); /* bytes; a snapshot */
size_t ring_capacity(const struct ring *);

#endif
