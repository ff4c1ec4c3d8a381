/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"

/* Runs on the stack at least double in length from top to bottom, so this many never occur. */
enum { DEEPEST = 64 };

struct sorting {
	char *items, *scratch;
	size_t size;
	sort_compare_fn *compare;
	void *context;
	struct run {
		size_t first, count;
	} runs[DEEPEST];
	size_t run_count;
};

static char *
item_at(const struct sorting *s, size_t i)
{
	return s->items + i * s->size;
}

static bool
goes_before(const struct sorting *s, const void *left, const void *right)
{
	return s->compare(left, right, s->context) < 0;
}

static void
reverse_run(const struct sorting *s, size_t first, size_t end)
{
	char held[SORT_LARGEST];

	for (; end - first >= 2; first++) {
		end--;
		memcpy(held, item_at(s, first), s->size);
		memcpy(item_at(s, first), item_at(s, end), s->size);
		memcpy(item_at(s, end), held, s->size);
	}
}

/* End of the run that begins at `first`; a strictly falling one is turned round. */
static size_t
find_run(const struct sorting *s, size_t first, size_t count)
{
	size_t end = first + 1;

	if (end == count)
		return end;
	if (!goes_before(s, item_at(s, end), item_at(s, first))) {
		do
			end++;
		while (end < count && !goes_before(s, item_at(s, end), item_at(s, end - 1)));
		return end;
	}
	do
		end++;
	while (end < count && goes_before(s, item_at(s, end), item_at(s, end - 1)));
	reverse_run(s, first, end);
	return end;
}

/* Puts items [sorted, end) into the sorted ones before them, after their equals. */
static void
insert_items(const struct sorting *s, size_t first, size_t sorted, size_t end)
{
	char held[SORT_LARGEST];

	for (; sorted < end; sorted++) {
		size_t low = first, high = sorted;

		memcpy(held, item_at(s, sorted), s->size);
		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (goes_before(s, held, item_at(s, middle)))
				high = middle;
			else
				low = middle + 1;
		}
		memmove(item_at(s, low + 1), item_at(s, low), (sorted - low) * s->size);
		memcpy(item_at(s, low), held, s->size);
	}
}

static void
merge_runs(const struct sorting *s, struct run left, struct run right)
{
	char *to = item_at(s, left.first), *from = item_at(s, right.first);
	char *end = item_at(s, right.first + right.count);
	const char *kept = s->scratch, *kept_end = kept + left.count * s->size;

	if (!goes_before(s, from, from - s->size))
		return;
	memcpy(s->scratch, to, left.count * s->size);
	while (kept < kept_end && from < end) {
		if (goes_before(s, from, kept)) {
			memcpy(to, from, s->size);
			from += s->size;
		} else {
			memcpy(to, kept, s->size);
			kept += s->size;
		}
		to += s->size;
	}
	memcpy(to, kept, (size_t)(kept_end - kept));
}

static void
merge_top(struct sorting *s)
{
	struct run *left = &s->runs[s->run_count - 2], *right = left + 1;

	merge_runs(s, *left, *right);
	left->count += right->count;
	s->run_count--;
}

static void
push_run(struct sorting *s, struct run run)
{
	must(s->run_count < DEEPEST);
	s->runs[s->run_count++] = run;
	while (s->run_count >= 2 &&
	    s->runs[s->run_count - 2].count / 2 < s->runs[s->run_count - 1].count)
		merge_top(s);
}

void
sort_stable(void *items, size_t count, size_t size, void *scratch, sort_compare_fn *compare,
    void *context)
{
	struct sorting s = { .items = items, .scratch = scratch, .size = size, .compare = compare,
		.context = context };

	must(size <= SORT_LARGEST);
	must(scratch != NULL || count <= SORT_SMALL);
	for (size_t first = 0; first < count;) {
		size_t end = find_run(&s, first, count);

		if (end - first < SORT_SMALL && end < count) {
			size_t longer = count - first < SORT_SMALL ? count : first + SORT_SMALL;

			insert_items(&s, first, end, longer);
			end = longer;
		}
		push_run(&s, (struct run){ first, end - first });
		first = end;
	}
	while (s.run_count >= 2)
		merge_top(&s);
}
