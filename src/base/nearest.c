/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau's distance, with three rows of the table. */
size_t
nearest_distance(str_t a, str_t b)
{
	size_t rows[3][NEAREST_LEN_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	if (a.len > NEAREST_LEN_MAX || b.len > NEAREST_LEN_MAX)
		return NEAREST_LEN_MAX;
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

void
nearest_begin(struct nearest *n, str_t wanted)
{
	/* One more than is still near; but some letter must be right. */
	*n = (struct nearest){ .wanted = wanted,
		.distance = least(wanted.len / 3 + 2, wanted.len) };
}

void
nearest_try_at(struct nearest *n, str_t name, size_t distance)
{
	if (distance >= n->distance)
		return;
	n->distance = distance;
	n->name = name;
}

void
nearest_try(struct nearest *n, str_t name)
{
	nearest_try_at(n, name, nearest_distance(n->wanted, name));
}
