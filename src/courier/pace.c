/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/pace.h"

enum { FIRST_MS = 1000, DOUBLINGS_MAX = 20 };

static int64_t
spread(int64_t from, int64_t to, uint32_t random)
{
	return from + (int64_t)((uint64_t)(to - from) * random / UINT32_MAX);
}

int64_t
pace_next_ms(int64_t interval_ms, unsigned failures, uint32_t random)
{
	int64_t most = interval_ms;
	unsigned doublings;

	if (interval_ms < 1)
		return 1;
	if (failures == 0)
		return spread(interval_ms - interval_ms / 10, interval_ms + interval_ms / 10, random);
	doublings = failures - 1 < DOUBLINGS_MAX ? failures - 1 : DOUBLINGS_MAX;
	if (most > (int64_t)FIRST_MS << doublings)
		most = (int64_t)FIRST_MS << doublings;
	return spread(most - most / 2, most, random);
}
