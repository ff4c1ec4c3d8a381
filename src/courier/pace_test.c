/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/pace.h"

#include <stddef.h>

#include "base/str.h"
#include "tap.h"

static const struct {
	int64_t interval_ms;
	unsigned failures;
	uint32_t random;
	int64_t want;
} rows[] = {
	{ 60000, 0, 0, 54000 },
	{ 60000, 0, UINT32_MAX, 66000 },
	{ 60000, 1, 0, 500 },
	{ 60000, 1, UINT32_MAX, 1000 },
	{ 60000, 2, 0, 1000 },
	{ 60000, 2, UINT32_MAX, 2000 },
	{ 60000, 6, UINT32_MAX, 32000 },
	{ 60000, 7, UINT32_MAX, 60000 },
	{ 60000, 4000000000u, 0, 30000 },
	{ 60000, 4000000000u, UINT32_MAX, 60000 },
	{ 1000, 9, UINT32_MAX, 1000 },
	{ 86400000, 0, UINT32_MAX, 95040000 },
	{ 86400000, 99, UINT32_MAX, 86400000 },
	{ 1, 0, 0, 1 },
	{ 1, 1, 0, 1 },
	{ 0, 1, 0, 1 },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = pace_next_ms(rows[i].interval_ms, rows[i].failures, rows[i].random);

		ok(got == rows[i].want, "after %u failures, interval %lld ms: %lld, want %lld",
		    rows[i].failures, (long long)rows[i].interval_ms, (long long)got,
		    (long long)rows[i].want);
	}
	return tap_done();
}
