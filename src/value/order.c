/* SPDX-License-Identifier: Apache-2.0 */
#include "value/number.h"
#include "value/value.h"
#include "value/work.h"

static const uint8_t ranks[] = { [VALUE_NULL] = 1, [VALUE_FALSE] = 2, [VALUE_TRUE] = 3,
	[VALUE_INT] = 4, [VALUE_NUMBER] = 4, [VALUE_STRING] = 5, [VALUE_ARRAY] = 6,
	[VALUE_OBJECT] = 7, [VALUE_SET] = 8, [VALUE_INTERNAL] = 9 };

static int
compare_counts(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_strings(value_t a, value_t b)
{
	uint32_t shorter = a.count < b.count ? a.count : b.count;
	int order;

	if (a.string == b.string)
		return compare_counts(a.count, b.count);
	if (shorter >= VALUE_LONG_TEXT && !value_work_take(shorter / 64))
		return 0;
	order = memcmp(a.string->bytes, b.string->bytes, shorter);
	if (order != 0)
		return order < 0 ? -1 : 1;
	return compare_counts(a.count, b.count);
}

static int
compare_items(const value_t *a, uint32_t a_count, const value_t *b, uint32_t b_count)
{
	uint32_t shorter = a_count < b_count ? a_count : b_count;

	if (a == b || !value_work_take(shorter))
		return compare_counts(a_count, b_count);
	for (uint32_t i = 0; i < shorter; i++) {
		int order = value_compare(a[i], b[i]);

		if (order != 0)
			return order;
	}
	return compare_counts(a_count, b_count);
}

static int
compare_objects(const struct value_object *a, const struct value_object *b)
{
	uint32_t shorter = a->count < b->count ? a->count : b->count;

	if (a == b || !value_work_take(shorter))
		return 0;
	for (uint32_t i = 0; i < shorter; i++) {
		int order = value_compare(a->keys[i], b->keys[i]);

		if (order == 0)
			order = value_compare(a->values[i], b->values[i]);
		if (order != 0)
			return order;
	}
	return compare_counts(a->count, b->count);
}

int
value_compare(value_t a, value_t b)
{
	if (a.tag == VALUE_INT && b.tag == VALUE_INT)
		return a.integer < b.integer ? -1 : a.integer > b.integer;
	if (ranks[a.tag] != ranks[b.tag])
		return ranks[a.tag] < ranks[b.tag] ? -1 : 1;
	switch (a.tag) {
	case VALUE_INT:
	case VALUE_NUMBER:
		return number_compare(a, b);
	case VALUE_STRING:
		return compare_strings(a, b);
	case VALUE_ARRAY:
		return compare_items(a.items, a.count, b.items, b.count);
	case VALUE_OBJECT:
		return compare_objects(a.object, b.object);
	case VALUE_SET:
		return compare_items(a.set->items, a.count, b.set->items, b.count);
	default:
		return 0;
	}
}

static bool
equal_items(const value_t *a, const value_t *b, uint32_t count)
{
	if (a == b || !value_work_take(count))
		return a == b;
	for (uint32_t i = 0; i < count; i++) {
		if (!value_equal(a[i], b[i]))
			return false;
	}
	return true;
}

static bool
equal_objects(const struct value_object *a, const struct value_object *b)
{
	if (a == b || !value_work_take(a->count))
		return a == b;
	for (uint32_t i = 0; i < a->count; i++) {
		if (!value_equal(a->keys[i], b->keys[i]) ||
		    !value_equal(a->values[i], b->values[i]))
			return false;
	}
	return true;
}

bool
value_equal_slow(value_t a, value_t b)
{
	if (ranks[a.tag] != ranks[b.tag])
		return false;
	switch (a.tag) {
	case VALUE_INT:
	case VALUE_NUMBER:
		return number_compare(a, b) == 0;
	case VALUE_STRING:
		return compare_strings(a, b) == 0;
	case VALUE_ARRAY:
		return a.count == b.count && equal_items(a.items, b.items, a.count);
	case VALUE_OBJECT:
		return a.count == b.count && equal_objects(a.object, b.object);
	case VALUE_SET:
		return a.count == b.count && equal_items(a.set->items, b.set->items, a.count);
	default:
		return true;
	}
}
