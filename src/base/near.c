/* SPDX-License-Identifier: Apache-2.0 */
#include "base/near.h"

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
near_distance(str_t a, str_t b)
{
	size_t rows_kept[3][NEAR_LEN_MAX + 1];
	size_t *before = rows_kept[0], *last = rows_kept[1], *row = rows_kept[2];

	if (a.len > NEAR_LEN_MAX || b.len > NEAR_LEN_MAX)
		return NEAR_LEN_MAX;
	for (size_t k = 0; k <= b.len; k++)
		last[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			row[k] = last[k - 1] + (a.data[i - 1] != b.data[k - 1]);
			row[k] = least(row[k], least(last[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && a.data[i - 1] == b.data[k - 2] &&
			    a.data[i - 2] == b.data[k - 1])
				row[k] = least(row[k], before[k - 2] + 1);
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[b.len];
}

str_t
near_pick(str_t word, const char *const *known, size_t count)
{
	size_t limit = word.len / 3 + 1, best = limit + 1;
	str_t nearest = STR_NONE;

	for (size_t i = 0; i < count; i++) {
		size_t distance = near_distance(word, str_of(known[i]));

		if (distance < best) {
			best = distance;
			nearest = str_of(known[i]);
		}
	}
	return nearest;
}
