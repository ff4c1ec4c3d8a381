/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown_kids: which keys tokens named that no key set has, told once a minute.
 *
 * Somebody rotated a key and did not bring the file: that must be seen.  But anybody can
 * send such a token, so one line a minute for the whole daemon, with the first few names.
 *
 *   limits   UNKNOWN_KIDS_MAX names of UNKNOWN_KID_BYTES bytes; the rest is counted
 *   threads  unknown_kids_note: all; unknown_kids_take: the maintenance thread's
 */
#ifndef SIDECAR_UNKNOWN_KIDS_H
#define SIDECAR_UNKNOWN_KIDS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { UNKNOWN_KIDS_MAX = 8, UNKNOWN_KID_BYTES = 64, UNKNOWN_KIDS_SILENCE_S = 60 };

struct unknown_kids {
	pthread_mutex_t lock;
	char names[UNKNOWN_KIDS_MAX][UNKNOWN_KID_BYTES];
	size_t lens[UNKNOWN_KIDS_MAX], name_count;
	uint64_t count, total; /* since the last line; ever */
	int64_t told_ns; /* steady, of the last line; 0: none yet */
};

void unknown_kids_init(struct unknown_kids *);
void unknown_kids_fini(struct unknown_kids *);

void unknown_kids_note(struct unknown_kids *, str_t kid);
/*
 * Is there something to tell, and is it time?  Then names separated by blanks, and how often.
 */
bool unknown_kids_take(
    struct unknown_kids *, int64_t steady_ns, struct buf *names, uint64_t *ret_count);
uint64_t unknown_kids_total(struct unknown_kids *);

#endif
