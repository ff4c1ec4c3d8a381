/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"
#include "tap.h"

struct item {
	uint32_t key, place;
};

static size_t comparisons;

static int
compare_keys(const void *left, const void *right, void *context)
{
	const struct item *a = left, *b = right;

	(void)context;
	comparisons++;
	return a->key < b->key ? -1 : a->key > b->key;
}

enum pattern { RISING, FALLING, SAWTOOTH, FEW_KEYS, RANDOM, ALL_EQUAL, NEARLY };

static const struct {
	enum pattern pattern;
	const char *name;
	unsigned per_item; /* at most so many comparisons an item; 0: not checked */
} patterns[] = { { RISING, "rising", 1 }, { FALLING, "falling", 1 }, { SAWTOOTH, "sawtooth", 0 },
	{ FEW_KEYS, "few keys", 0 }, { RANDOM, "random", 0 }, { ALL_EQUAL, "all equal", 1 },
	{ NEARLY, "nearly sorted", 0 } };

static uint32_t
key_of(enum pattern pattern, uint32_t i, uint32_t count)
{
	static uint32_t state = 7;

	state = state * 1664525 + 1013904223;
	switch (pattern) {
	case RISING:
		return i;
	case FALLING:
		return count - i;
	case SAWTOOTH:
		return i % 37;
	case FEW_KEYS:
		return (state >> 16) % 3;
	case RANDOM:
		return state >> 8;
	case NEARLY:
		return i % 100 == 99 ? 0 : i;
	case ALL_EQUAL:
		break;
	}
	return 5;
}

static void
test_pattern(size_t which, uint32_t count)
{
	struct item *items = calloc(count + 1, sizeof(*items));
	struct item *scratch = calloc(count + 1, sizeof(*scratch));
	bool good = true;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		items[i] = (struct item){ key_of(patterns[which].pattern, i, count), i };
	comparisons = 0;
	sort_stable(items, count, sizeof(*items), count > SORT_SMALL ? scratch : NULL, compare_keys,
	    NULL);
	for (uint32_t i = 0; i < count; i++) {
		sum += items[i].place;
		good = good && (i == 0 || items[i - 1].key < items[i].key ||
				   (items[i - 1].key == items[i].key && items[i - 1].place < items[i].place));
	}
	ok(good && (count == 0 || sum == (uint64_t)count * (count - 1) / 2), "%s, %u items",
	    patterns[which].name, count);
	if (patterns[which].per_item > 0)
		ok(comparisons <= (size_t)count * patterns[which].per_item, "in one pass");
	free(scratch);
	free(items);
}

int
main(void)
{
	static const uint32_t counts[] = { 0, 1, 2, 3, 15, 16, 17, 33, 100, 1000, 50000 };

	for (size_t which = 0; which < COUNT(patterns); which++) {
		for (size_t i = 0; i < COUNT(counts); i++)
			test_pattern(which, counts[i]);
	}
	return tap_done();
}
