/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

#include "base/must.h"

static int64_t
read_system(const struct clock *c, enum clock_kind kind)
{
	static const clockid_t ids[] = {
		[CLOCK_WALL] = CLOCK_REALTIME,
		[CLOCK_STEADY] = CLOCK_MONOTONIC,
		[CLOCK_BOOT] = CLOCK_BOOTTIME,
	};
	struct timespec t;

	(void)c;
	must(clock_gettime(ids[kind], &t) == 0);
	return (int64_t)t.tv_sec * CLOCK_NS_PER_S + t.tv_nsec;
}

const struct clock clock_system = { read_system };

int64_t
clock_wall_ns(const struct clock *c)
{
	return c->read_ns(c, CLOCK_WALL);
}

int64_t
clock_wall_s(const struct clock *c)
{
	int64_t ns = clock_wall_ns(c);
	int64_t s = ns / CLOCK_NS_PER_S;

	return ns % CLOCK_NS_PER_S < 0 ? s - 1 : s;
}

int64_t
clock_steady_ns(const struct clock *c)
{
	return c->read_ns(c, CLOCK_STEADY);
}

int64_t
clock_boot_ns(const struct clock *c)
{
	return c->read_ns(c, CLOCK_BOOT);
}

static int64_t
read_fake(const struct clock *c, enum clock_kind kind)
{
	/* The clock is the first member of its fake. */
	return ((const struct clock_fake *)(const void *)c)->now_ns[kind];
}

void
clock_fake_init(struct clock_fake *f, int64_t wall_ns)
{
	*f = (struct clock_fake){ { read_fake }, { wall_ns, CLOCK_NS_PER_S, CLOCK_NS_PER_S } };
}

void
clock_fake_pass(struct clock_fake *f, int64_t ns)
{
	must(ns >= 0);
	for (int kind = CLOCK_WALL; kind <= CLOCK_BOOT; kind++)
		f->now_ns[kind] += ns;
}

void
clock_fake_set_wall(struct clock_fake *f, int64_t wall_ns)
{
	f->now_ns[CLOCK_WALL] = wall_ns;
}
