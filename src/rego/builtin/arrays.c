/* SPDX-License-Identifier: Apache-2.0 */
/* arrays: putting arrays together and taking them apart. */
#include "rego/builtin/util.h"

/* Room for `count` items; NULL: answer REGO_HALT. */
static value_t *
make_items(struct rego_call *call, size_t items)
{
	if (items > UINT32_MAX) {
		arena_fail(call->arena);
		return NULL;
	}
	if (!rego_charge(call, items * sizeof(value_t)))
		return NULL;
	return arena_alloc_raw(call->arena, items * sizeof(value_t), _Alignof(value_t));
}

static enum rego_outcome
concat(struct rego_call *call, value_t *ret)
{
	value_t a = call->arg[0], b = call->arg[1], *items;

	if (a.count == 0 || b.count == 0) {
		*ret = a.count == 0 ? b : a;
		return REGO_DEFINED;
	}
	items = make_items(call, (size_t)a.count + b.count);
	if (items == NULL)
		return REGO_HALT;
	memcpy(items, a.items, a.count * sizeof(*items));
	memcpy(items + a.count, b.items, b.count * sizeof(*items));
	*ret = value_array_of(items, (size_t)a.count + b.count);
	return REGO_DEFINED;
}

static enum rego_outcome
flatten(struct rego_call *call, value_t *ret)
{
	value_t outer = call->arg[0], *items;
	size_t count = 0;

	for (uint32_t i = 0; i < outer.count; i++)
		count += outer.items[i].tag == VALUE_ARRAY ? outer.items[i].count : 1;
	items = make_items(call, count);
	if (items == NULL)
		return REGO_HALT;
	count = 0;
	for (uint32_t i = 0; i < outer.count; i++) {
		value_t v = outer.items[i];

		if (v.tag != VALUE_ARRAY) {
			items[count++] = v;
			continue;
		}
		for (uint32_t j = 0; j < v.count; j++)
			items[count++] = v.items[j];
	}
	*ret = value_array_of(items, count);
	return REGO_DEFINED;
}

static enum rego_outcome
reverse(struct rego_call *call, value_t *ret)
{
	value_t array = call->arg[0], *items = make_items(call, array.count);

	if (items == NULL)
		return REGO_HALT;
	for (uint32_t i = 0; i < array.count; i++)
		items[i] = array.items[array.count - 1 - i];
	*ret = value_array_of(items, array.count);
	return REGO_DEFINED;
}

/* Immutable as arrays are, a slice is the same items seen from elsewhere. */
static enum rego_outcome
slice(struct rego_call *call, value_t *ret)
{
	value_t array = call->arg[0];
	int64_t start, stop;

	if (!rego_operand_int(call, 2, &start) || !rego_operand_int(call, 3, &stop))
		return REGO_FAILED;
	stop = stop < 0 ? 0 : stop > array.count ? array.count : stop;
	start = start < 0 ? 0 : start > stop ? stop : start;
	*ret = value_array_of(array.items + start, (size_t)(stop - start));
	return REGO_DEFINED;
}

const struct rego_builtin rego_builtins_arrays[] = {
	{ "array.concat", "x: array[any], y: array[any] -> array[any]", concat,
	    "The elements of `x`, then those of `y`." },
	{ "array.flatten", "arr: array[any] -> array[any]", flatten,
	    "The array with the elements of its arrays in their place, one level deep." },
	{ "array.reverse", "arr: array[any] -> array[any]", reverse, "The elements from last to first." },
	{ "array.slice", "arr: array[any], start: number, stop: number -> array[any]", slice,
	    "The elements from index `start` to before `stop`, both clipped to the array." },
	{ 0 },
};
