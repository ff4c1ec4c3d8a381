/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/freshness.h"

#include <tap.h>

#define DAY INT64_C(86400)
#define END INT64_C(1780000000)

static const struct {
	const char *what;
	int64_t expires, left;
	enum freshness want;
} stages[] = {
	{ "no end", 0, 0, FRESHNESS_ENDLESS },
	{ "a year", END, 365 * DAY, FRESHNESS_GOOD },
	{ "just more than a month", END, 30 * DAY + 1, FRESHNESS_GOOD },
	{ "a month", END, 30 * DAY, FRESHNESS_MONTH },
	{ "just more than a week", END, 7 * DAY + 1, FRESHNESS_MONTH },
	{ "a week", END, 7 * DAY, FRESHNESS_WEEK },
	{ "just more than a day", END, DAY + 1, FRESHNESS_WEEK },
	{ "a day", END, DAY, FRESHNESS_DAY },
	{ "a second", END, 1, FRESHNESS_DAY },
	{ "the end", END, 0, FRESHNESS_OVER },
	{ "long after", END, -1000 * DAY, FRESHNESS_OVER },
};

/* A bundle of 40 days, looked at each hour for 45: three warnings, and an alarm a day. */
static void
try_watch(void)
{
	struct freshness_watch w = { 0 };
	struct snapshot_facts f = { .expires = END, .generation = 5 };
	size_t said[FRESHNESS_OVER + 1] = { 0 };

	for (int64_t now = END - 40 * DAY; now < END + 5 * DAY; now += 3600)
		said[freshness_due(&w, &f, now)]++;
	ok(said[FRESHNESS_MONTH] == 1 && said[FRESHNESS_WEEK] == 1 && said[FRESHNESS_DAY] == 1, "each stage once");
	ok(said[FRESHNESS_OVER] == 5 && said[FRESHNESS_GOOD] == 0, "an alarm each day: %zu", said[FRESHNESS_OVER]);
	f.generation++;
	ok(freshness_due(&w, &f, END + 5 * DAY) == FRESHNESS_OVER, "of another snapshot at once");
	f.generation++;
	f.expires = 0;
	ok(freshness_due(&w, &f, END + 5 * DAY) == FRESHNESS_ENDLESS, "nothing of one without an end");
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(stages); i++)
		ok(freshness_stage(stages[i].expires, END - stages[i].left) == stages[i].want, "%s", stages[i].what);
	try_watch();
	return tap_done();
}
