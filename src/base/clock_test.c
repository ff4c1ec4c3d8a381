/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

#include "tap.h"

static const struct {
	int64_t wall_ns, seconds;
} rounding_cases[] = {
	{ 0, 0 },
	{ 999999999, 0 },
	{ 1000000000, 1 },
	{ -1, -1 },
	{ -1000000000, -1 },
	{ -1000000001, -2 },
};

int
main(void)
{
	struct clock_fake fake;
	int64_t before = clock_steady_ns(&clock_system);
	int64_t boot;

	ok(clock_steady_ns(&clock_system) >= before, "the steady clock does not go back");
	boot = clock_boot_ns(&clock_system);
	ok(boot > 0 && boot >= before - CLOCK_NS_PER_S, "boot time counts at least as much");
	ok(clock_wall_s(&clock_system) - (int64_t)time(NULL) <= 1, "wall time is Unix time");

	for (unsigned i = 0; i < sizeof(rounding_cases) / sizeof(rounding_cases[0]); i++) {
		clock_fake_init(&fake, rounding_cases[i].wall_ns);
		ok(clock_wall_s(&fake.clock) == rounding_cases[i].seconds, "%lld ns is second %lld",
		    (long long)rounding_cases[i].wall_ns, (long long)rounding_cases[i].seconds);
	}

	clock_fake_init(&fake, 5 * CLOCK_NS_PER_S);
	before = clock_steady_ns(&fake.clock);
	boot = clock_boot_ns(&fake.clock);
	clock_fake_pass(&fake, 7);
	ok(clock_steady_ns(&fake.clock) == before + 7, "time passes for the steady clock");
	ok(clock_boot_ns(&fake.clock) == boot + 7, "and since boot");
	ok(clock_wall_ns(&fake.clock) == 5 * CLOCK_NS_PER_S + 7, "and on the wall");
	clock_fake_set_wall(&fake, 1);
	ok(clock_wall_ns(&fake.clock) == 1, "the wall clock can be set back");
	ok(clock_steady_ns(&fake.clock) == before + 7, "which the steady clock ignores");
	return tap_done();
}
