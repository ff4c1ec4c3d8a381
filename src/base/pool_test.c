/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

enum { SLOTS = 200, STEPS = 100000 };

static struct {
	unsigned char *bytes, mark;
	size_t size;
} slots[SLOTS];

static bool
is_whole(int i)
{
	for (size_t b = 0; b < slots[i].size; b++) {
		if (slots[i].bytes[b] != slots[i].mark)
			return false;
	}
	return true;
}

int
main(void)
{
	struct pool p = { 0 };
	bool intact = true, aligned = true, bounded = true;
	void *first, *again;

	srandom(1);
	for (int step = 0; step < STEPS; step++) {
		int i = (int)(random() % SLOTS);
		size_t size = (size_t)(random() % (random() % 10 == 0 ? 5000 : 300));
		size_t keep = size < slots[i].size ? size : slots[i].size;

		intact = intact && is_whole(i);
		if (random() % 3 == 0) {
			pool_give(&p, slots[i].bytes);
			slots[i].bytes = pool_take(&p, size);
		} else {
			slots[i].bytes = pool_resize(&p, slots[i].bytes, size);
			slots[i].size = keep;
			intact = intact && is_whole(i);
		}
		aligned = aligned && (uintptr_t)slots[i].bytes % _Alignof(max_align_t) == 0;
		bounded = bounded && p.spare_bytes <= POOL_SPARE_MAX;
		slots[i].size = size;
		slots[i].mark = (unsigned char)step;
		memset(slots[i].bytes, slots[i].mark, size);
	}
	ok(intact, "pieces keep what is in them");
	ok(aligned, "and are aligned for anything");
	ok(bounded, "little is kept unused");
	for (int i = 0; i < SLOTS; i++)
		pool_give(&p, slots[i].bytes);
	first = pool_take(&p, 100);
	pool_give(&p, first);
	again = pool_take(&p, 97);
	ok(first == again, "a piece given back is taken again");
	pool_give(&p, again);
	ok(pool_take(&p, SIZE_MAX) == NULL, "an absurd size is refused");
	pool_give(&p, NULL);
	pool_fini(&p);
	return tap_done();
}
