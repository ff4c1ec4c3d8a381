/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: how long to wait before asking again.
 *
 * When all is well, about the interval: a fleet that was started together must not ask
 * together for ever.  After failures, a second doubled with each, at most the interval, and of
 * that a random half to the whole, so that what comes back is not run down.
 */
#ifndef COURIER_PACE_H
#define COURIER_PACE_H

#include <stdint.h>

/* `random` is any number; the result is in ms, at least 1. */
int64_t pace_next_ms(int64_t interval_ms, unsigned failures, uint32_t random);

#endif
