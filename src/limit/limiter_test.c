/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>

#include "limit/limiter.h"
#include "tap.h"

enum { SECOND = 1000000000, WHATEVER = INT32_MIN };

static struct limiter *limiter;

/* 2: allowed, 2 remain; -500: refused for so many ms; WHATEVER: allowed */
static const struct {
	const char *key;
	uint32_t limit, window_s;
	int64_t at_ms;
	int want;
} steps[] = {
	{ "a", 3, 10, 0, +2 }, { "a", 3, 10, 0, +1 }, { "a", 3, 10, 4000, +0 },
	{ "a", 3, 10, 4000, -6000 }, { "b", 1, 10, 4000, +0 }, { "b", 1, 10, 4001, -9999 },
	{ "a", 3, 10, 9999, -1 }, { "a", 3, 10, 10000, +2 }, /* the window is over to the millisecond */
	{ "a", 3, 10, 10001, +1 }, { "b", 1, 10, 13999, -1 }, { "b", 1, 10, 14000, +0 },
	{ "c", 2, 1, 0, +1 }, { "c", 5, 1, 0, +3 }, { "c", 1, 1, 0, -1000 }, /* a new limit counts at once */
	{ "", 1, 1, 0, +0 }, { "", 1, 1, 0, -1000 },
	{ "d", UINT32_MAX, UINT32_MAX, 0, WHATEVER },
};

static void
try_steps(void)
{
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct limiter_answer got = limiter_ask(limiter, STR("acme"), str_of(steps[i].key),
		    steps[i].limit, (int64_t)steps[i].window_s * SECOND, steps[i].at_ms * 1000000);
		bool allowed = steps[i].want >= 0 || steps[i].want == WHATEVER;

		ok(got.allowed == allowed &&
			(steps[i].want < 0 || got.remaining == (uint32_t)steps[i].want) &&
			(allowed ? got.wait_ns == 0 : got.wait_ns == -(int64_t)steps[i].want * 1000000),
		    "step %zu: key `%s` at %lld ms: %d, %u remain, wait %lld ns", i, steps[i].key,
		    (long long)steps[i].at_ms, got.allowed, got.remaining, (long long)got.wait_ns);
	}
}

static void
try_scopes(void)
{
	ok(limiter_ask(limiter, STR("x"), STR("yz"), 1, SECOND, 0).allowed &&
		limiter_ask(limiter, STR("xy"), STR("z"), 1, SECOND, 0).allowed &&
		limiter_ask(limiter, STR(""), STR("xyz"), 1, SECOND, 0).allowed,
	    "scope and key are two things");
	ok(limiter_reset(limiter, STR("x"), STR("yz")) &&
		limiter_ask(limiter, STR("x"), STR("yz"), 1, SECOND, 0).allowed &&
		!limiter_ask(limiter, STR("xy"), STR("z"), 1, SECOND, 0).allowed,
	    "a reset begins anew, for its key only");
	ok(!limiter_reset(limiter, STR("x"), STR("never seen")), "a reset of what is not there says so");
}

/* As many keys as there are places, a thousand times over: memory stays, nothing is refused wrongly. */
static void
try_flood(void)
{
	struct limiter *small = limiter_new(64);
	unsigned refused = 0;

	for (unsigned i = 0; i < 64000; i++) {
		char key[16];
		int len = snprintf(key, sizeof(key), "%u", i);

		refused += !limiter_ask(small, STR("t"), str_make(key, (size_t)len), 1, SECOND, i).allowed;
	}
	ok(refused == 0 && limiter_displaced(small) >= 64000 - 64, "a flood of keys: %llu windows gave way",
	    (unsigned long long)limiter_displaced(small));
	limiter_free(&small);
}

static void *
ask_often(void *argument)
{
	unsigned *allowed = argument;

	for (unsigned i = 0; i < 50000; i++)
		*allowed += limiter_ask(limiter, STR("threads"), STR("k"), 60000, SECOND, 5).allowed;
	return NULL;
}

static void
try_threads(void)
{
	pthread_t threads[4];
	unsigned allowed[4] = { 0 }, sum = 0;

	for (size_t i = 0; i < COUNT(threads); i++)
		(void)pthread_create(&threads[i], NULL, ask_often, &allowed[i]);
	for (size_t i = 0; i < COUNT(threads); i++) {
		(void)pthread_join(threads[i], NULL);
		sum += allowed[i];
	}
	ok(sum == 60000, "four threads: %u of 200000 were allowed", sum);
}

int
main(void)
{
	limiter = limiter_new(4096);
	try_steps();
	try_scopes();
	try_flood();
	try_threads();
	limiter_free(&limiter);
	return tap_done();
}
