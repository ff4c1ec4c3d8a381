/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: what time it is, behind a seam that tests can replace.
 *
 * A clock is passed to whatever needs time; nothing reads the system's clock
 * behind its back, so that a test can live a year in a millisecond.
 *
 *   CLOCK_WALL   Unix time: for people, tokens and licences; may jump
 *   CLOCK_STEADY never goes back, stops while the machine sleeps: for deadlines
 *   CLOCK_BOOT   like steady but counts sleep: to notice a wall clock that jumped
 *
 *   threads  the system clock may be read by all; a fake one belongs to one thread
 *   failure  none: the kernel cannot refuse these clocks
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S INT64_C(1000000000)

enum clock_kind { CLOCK_WALL, CLOCK_STEADY, CLOCK_BOOT };

struct clock {
	int64_t (*read_ns)(const struct clock *, enum clock_kind);
};

extern const struct clock clock_system;

int64_t clock_wall_ns(const struct clock *); /* since 1970, UTC */
int64_t clock_wall_s(const struct clock *); /* rounded down */
int64_t clock_steady_ns(const struct clock *); /* since some instant */
int64_t clock_boot_ns(const struct clock *);

struct clock_fake { /* give &fake.clock to the code under test */
	struct clock clock;
	int64_t now_ns[3]; /* by kind */
};

void clock_fake_init(struct clock_fake *, int64_t wall_ns);
void clock_fake_pass(struct clock_fake *, int64_t ns); /* time passes: all three move */
void clock_fake_set_wall(struct clock_fake *, int64_t wall_ns); /* somebody set the date */

#endif
