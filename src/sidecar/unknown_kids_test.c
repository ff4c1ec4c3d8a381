/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <tap.h>

#include "base/clock.h"
#include "sidecar/unknown_kids.h"

#define START CLOCK_NS_PER_S
#define MINUTE (60 * CLOCK_NS_PER_S)

int
main(void)
{
	struct unknown_kids kids;
	struct buf names;
	uint64_t count = 0;
	char longest[200];

	unknown_kids_init(&kids);
	buf_init(&names, 4096);
	ok(!unknown_kids_take(&kids, START, &names, &count), "nothing to tell");
	unknown_kids_note(&kids, STR("a"));
	ok(unknown_kids_take(&kids, START, &names, &count) &&
		str_eq(buf_str(&names), STR("a")) && count == 1,
	    "the first at once");
	unknown_kids_note(&kids, STR("b"));
	unknown_kids_note(&kids, STR("b"));
	unknown_kids_note(&kids, STR("c"));
	ok(!unknown_kids_take(&kids, START + MINUTE - 1, &names, &count),
	    "then not for a minute");
	buf_clear(&names);
	ok(unknown_kids_take(&kids, START + MINUTE, &names, &count) &&
		str_eq(buf_str(&names), STR("b c")) && count == 3,
	    "then all of them, each once");
	ok(!unknown_kids_take(&kids, START + 9 * MINUTE, &names, &count), "and no more");
	memset(longest, 'x', sizeof(longest));
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(longest, 16, "%d", i);
		unknown_kids_note(&kids, str_make(longest, sizeof(longest)));
	}
	buf_clear(&names);
	ok(unknown_kids_take(&kids, START + 9 * MINUTE, &names, &count) && count == 1000 &&
		names.len == UNKNOWN_KIDS_MAX * (UNKNOWN_KID_BYTES + 1) - 1,
	    "a flood is a line of bounded length");
	ok(unknown_kids_total(&kids) == 1004, "all are counted");
	unknown_kids_note(&kids, STR_NONE);
	buf_clear(&names);
	ok(unknown_kids_take(&kids, START + 20 * MINUTE, &names, &count) && names.len == 0,
	    "one without a name");
	buf_fini(&names);
	unknown_kids_fini(&kids);
	return tap_done();
}
