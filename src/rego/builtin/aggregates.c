/* SPDX-License-Identifier: Apache-2.0 */
/* aggregates: one value out of a collection. */
#include "base/sort.h"
#include "base/utf8.h"
#include "rego/builtin/util.h"
#include "value/number.h"
#include "value/work.h"

enum { LOOKS_PER_UNIT = 4 }; /* elements that are looked at for a unit of work */

static enum rego_outcome
count(struct rego_call *call, value_t *ret)
{
	value_t v = call->arg[0];

	*ret = value_int(value_is_string(v) ? (int64_t)utf8_count(value_str(v)) : v.count);
	return REGO_DEFINED;
}

static bool
all_are_numbers(struct rego_call *call)
{
	value_t v = call->arg[0];
	const char *kind = value_type_name(v);

	(void)value_work_take(v.count / LOOKS_PER_UNIT);
	for (uint32_t i = 0; i < v.count; i++) {
		value_t item = rego_items(v)[i];

		if (value_is_number(item))
			continue;
		(void)rego_fail_operand(call, 1, "must be %s of numbers but got %s containing %s",
		    kind, kind, value_type_name(item));
		return false;
	}
	return true;
}

typedef value_t total_fn(struct arena *, const value_t *, size_t);

static enum rego_outcome
total(struct rego_call *call, total_fn *operation, value_t *ret)
{
	value_t v = call->arg[0], made;

	if (!all_are_numbers(call))
		return REGO_FAILED;
	if (!rego_charge(call, v.count * sizeof(value_t)))
		return REGO_HALT;
	made = operation(call->arena, rego_items(v), v.count);
	if (!value_is_defined(made) && !arena_failed(call->arena))
		return rego_halt(call, "number too big");
	return rego_give(made, ret);
}

static enum rego_outcome
sum(struct rego_call *call, value_t *ret)
{
	return total(call, number_sum, ret);
}

static enum rego_outcome
product(struct rego_call *call, value_t *ret)
{
	return total(call, number_product, ret);
}

/* The last of the largest (sign 1) or smallest (sign -1); nothing of nothing. */
static enum rego_outcome
extreme(struct rego_call *call, int sign, value_t *ret)
{
	value_t v = call->arg[0];
	const value_t *items = rego_items(v);
	uint32_t best = 0;

	if (v.count == 0)
		return REGO_UNDEFINED;
	if (v.tag == VALUE_SET)
		best = sign > 0 ? v.count - 1 : 0;
	(void)value_work_take(v.tag == VALUE_ARRAY ? v.count : 0);
	for (uint32_t i = 1; v.tag == VALUE_ARRAY && i < v.count; i++) {
		if (sign * value_compare(items[i], items[best]) >= 0)
			best = i;
	}
	*ret = items[best];
	return REGO_DEFINED;
}

static enum rego_outcome
max(struct rego_call *call, value_t *ret)
{
	return extreme(call, 1, ret);
}

static enum rego_outcome
min(struct rego_call *call, value_t *ret)
{
	return extreme(call, -1, ret);
}

static int
compare_items(const void *left, const void *right, void *context)
{
	(void)context;
	return value_compare(*(const value_t *)left, *(const value_t *)right);
}

static enum rego_outcome
sort(struct rego_call *call, value_t *ret)
{
	value_t v = call->arg[0], *items;

	if (v.tag == VALUE_SET || v.count < 2) {
		*ret = value_array_of(rego_items(v), v.count);
		return REGO_DEFINED;
	}
	if (!rego_charge(call, v.count * sizeof(*items) * 8))
		return REGO_HALT;
	items = ARENA_ARRAY(call->arena, value_t, (size_t)v.count * 2);
	if (items == NULL)
		return REGO_HALT;
	memcpy(items, v.items, v.count * sizeof(*items));
	sort_stable(items, v.count, sizeof(*items), items + v.count, compare_items, NULL);
	*ret = value_array_of(items, v.count);
	return REGO_DEFINED;
}

static bool
has_true(value_t v, bool is_true)
{
	(void)value_work_take(v.count / LOOKS_PER_UNIT);
	for (uint32_t i = 0; i < v.count; i++) {
		if ((rego_items(v)[i].tag == VALUE_TRUE) == is_true)
			return true;
	}
	return false;
}

static enum rego_outcome
all(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(!has_true(call->arg[0], false));
	return REGO_DEFINED;
}

static enum rego_outcome
any(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(has_true(call->arg[0], true));
	return REGO_DEFINED;
}

const struct rego_builtin rego_builtins_aggregates[] = {
	{ "count", "collection: (array[any]|object[any: any]|set[any]|string) -> number", count,
	    "The number of elements, entries or characters." },
	{ "sum", "collection: (set[number]|array[number]) -> number", sum, "The sum of the numbers." },
	{ "product", "collection: (set[number]|array[number]) -> number", product,
	    "The product of the numbers." },
	{ "max", "collection: (set[any]|array[any]) -> any", max, "The greatest element." },
	{ "min", "collection: (set[any]|array[any]) -> any", min, "The least element." },
	{ "sort", "collection: (set[any]|array[any]) -> array[any]", sort, "The elements in order." },
	{ "all", "list: (array[any]|set[any]) -> boolean", all, "Whether every element is true.",
	    REGO_DEPRECATED },
	{ "any", "list: (array[any]|set[any]) -> boolean", any, "Whether some element is true.",
	    REGO_DEPRECATED },
	{ 0 },
};
