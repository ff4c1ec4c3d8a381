/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vitals: how the daemon is, as the maintenance thread knows it, for whoever asks.
 *
 * What a reload was refused, since when things are in use, what it remembers of certificates:
 * known to one thread, told to all as a copy.
 *
 *   lifetime  of the process
 *   threads   vitals_tell by the maintenance thread, vitals_get by any; one lock, held for a copy
 */
#ifndef SIDECAR_VITALS_H
#define SIDECAR_VITALS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* The parts that a reload takes or refuses, each for itself. */
enum vitals_part {
	VITALS_CONFIG,
	VITALS_KEYS,
	VITALS_SETTINGS,
	VITALS_LICENSE,
	VITALS_TLS,
	VITALS_BUNDLE,
	VITALS_PART_COUNT
};
extern const char *const vitals_part_names[VITALS_PART_COUNT];

enum { VITALS_HISTORY = 8, VITALS_TEXT_MAX = 160 };

struct vitals_reload { /* one that was tried */
	int64_t at_s; /* wall */
	bool refused;
	char what[VITALS_TEXT_MAX]; /* the revision that came into use, or why it was refused; cut */
};

struct vitals {
	int64_t start_s; /* wall, as all times here; 0: not known */
	int64_t part_s[VITALS_PART_COUNT]; /* what is in use came into use */
	bool refused[VITALS_PART_COUNT]; /* a newer one was refused, and what is in use stays */
	int64_t certificate_until_s, ca_until_s; /* the first of each to end */
	bool clock_suspect; /* the wall clock was set, by more than a little */
	uint64_t reloads, reloads_refused;
	struct vitals_reload history[VITALS_HISTORY]; /* reload n at n % VITALS_HISTORY */
};

struct vitals_board {
	pthread_mutex_t lock;
	struct vitals now;
};

void vitals_open(struct vitals_board *);
void vitals_close(struct vitals_board *);
void vitals_tell(struct vitals_board *, const struct vitals *);
void vitals_get(struct vitals_board *, struct vitals *ret);

/* Notes what became of a reload: count and history. */
void vitals_note_reload(struct vitals *, int64_t at_s, bool refused, str_t what);

#endif
