/* SPDX-License-Identifier: Apache-2.0 */
/* sets: algebra on sets, and membership in any collection. */
#include "rego/builtin/sets.h"

#include "rego/builtin/util.h"
#include "value/work.h"

/* Which elements a walk through two sets side by side keeps. */
enum side { ONLY_LEFT = 1, BOTH = 2, ONLY_RIGHT = 4 };

/* Both are in order, so one walk sees all; of equal elements the left one is kept. */
static enum rego_outcome
combine(struct rego_call *call, value_t left, value_t right, unsigned keep, value_t *ret)
{
	const value_t *a = left.set->items, *b = right.set->items;
	size_t room = (keep & ONLY_LEFT ? (size_t)left.count : 0) +
	    (keep & ONLY_RIGHT ? (size_t)right.count : 0);
	uint32_t i = 0, j = 0;
	struct set_builder made;

	if (room == 0)
		room = left.count < right.count ? left.count : right.count;
	if (!rego_charge(call, ((size_t)left.count + right.count) * sizeof(value_t)))
		return REGO_HALT;
	set_builder_init(&made, call->arena, room);
	while (i < left.count && j < right.count) {
		int order = value_compare(a[i], b[j]);

		if (order < 0) {
			if (keep & ONLY_LEFT)
				(void)set_builder_add(&made, a[i]);
			i++;
		} else if (order > 0) {
			if (keep & ONLY_RIGHT)
				(void)set_builder_add(&made, b[j]);
			j++;
		} else {
			if (keep & BOTH)
				(void)set_builder_add(&made, a[i]);
			i++;
			j++;
		}
	}
	for (; (keep & ONLY_LEFT) && i < left.count; i++)
		(void)set_builder_add(&made, a[i]);
	for (; (keep & ONLY_RIGHT) && j < right.count; j++)
		(void)set_builder_add(&made, b[j]);
	return rego_give(set_builder_freeze(&made), ret);
}

enum rego_outcome
rego_set_minus(struct rego_call *call, value_t a, value_t b, value_t *ret)
{
	if (a.count == 0 || b.count == 0) {
		*ret = a;
		return REGO_DEFINED;
	}
	return combine(call, a, b, ONLY_LEFT, ret);
}

static enum rego_outcome
set_diff(struct rego_call *call, value_t *ret)
{
	return rego_set_minus(call, call->arg[0], call->arg[1], ret);
}

static enum rego_outcome
intersect(struct rego_call *call, value_t a, value_t b, value_t *ret)
{
	if (a.count == 0 || b.count == 0) {
		*ret = value_empty_set();
		return REGO_DEFINED;
	}
	return combine(call, a, b, BOTH, ret);
}

static enum rego_outcome
and_sets(struct rego_call *call, value_t *ret)
{
	return intersect(call, call->arg[0], call->arg[1], ret);
}

static enum rego_outcome
or_sets(struct rego_call *call, value_t *ret)
{
	value_t a = call->arg[0], b = call->arg[1];

	if (a.count == 0 || b.count == 0) {
		*ret = a.count == 0 ? b : a;
		return REGO_DEFINED;
	}
	return combine(call, a, b, ONLY_LEFT | BOTH | ONLY_RIGHT, ret);
}

static bool
all_are_sets(struct rego_call *call)
{
	for (uint32_t i = 0; i < call->arg[0].count; i++) {
		if (call->arg[0].set->items[i].tag != VALUE_SET) {
			(void)rego_fail_type(call, 1, "set", call->arg[0].set->items[i]);
			return false;
		}
	}
	return true;
}

static enum rego_outcome
intersection(struct rego_call *call, value_t *ret)
{
	value_t sets = call->arg[0];

	if (!all_are_sets(call))
		return REGO_FAILED;
	*ret = sets.count > 0 ? sets.set->items[0] : value_empty_set();
	for (uint32_t i = 1; i < sets.count; i++) {
		enum rego_outcome outcome = intersect(call, *ret, sets.set->items[i], ret);

		if (outcome != REGO_DEFINED)
			return outcome;
	}
	return REGO_DEFINED;
}

static enum rego_outcome
union_of(struct rego_call *call, value_t *ret)
{
	value_t sets = call->arg[0];
	struct set_builder made;
	size_t count = 0;

	if (!all_are_sets(call))
		return REGO_FAILED;
	for (uint32_t i = 0; i < sets.count; i++)
		count += sets.set->items[i].count;
	if (!rego_charge(call, count * sizeof(value_t)))
		return REGO_HALT;
	set_builder_init(&made, call->arena, count);
	for (uint32_t i = 0; i < sets.count; i++) {
		value_t set = sets.set->items[i];

		for (uint32_t j = 0; j < set.count; j++)
			(void)set_builder_add(&made, set.set->items[j]);
	}
	return rego_give(set_builder_freeze(&made), ret);
}

/* ---- membership ---- */

static enum rego_outcome
member(struct rego_call *call, value_t *ret)
{
	value_t item = call->arg[0], in = call->arg[1];
	bool found = false;

	if (in.tag == VALUE_ARRAY || in.tag == VALUE_OBJECT)
		(void)value_work_take(in.count / 8);
	if (in.tag == VALUE_SET) {
		found = value_set_has(in, item);
	} else if (in.tag == VALUE_ARRAY) {
		for (uint32_t i = 0; i < in.count && !found; i++)
			found = value_equal(in.items[i], item);
	} else if (in.tag == VALUE_OBJECT) {
		for (uint32_t i = 0; i < in.count && !found; i++)
			found = value_equal(in.object->values[i], item);
	}
	*ret = value_bool(found);
	return REGO_DEFINED;
}

static enum rego_outcome
member_with_key(struct rego_call *call, value_t *ret)
{
	value_t found = value_get(call->arg[2], call->arg[0]);

	*ret = value_bool(value_is_defined(found) && value_equal(found, call->arg[1]));
	return REGO_DEFINED;
}

const struct rego_builtin rego_builtins_sets[] = {
	{ "and", "x: set[any], y: set[any] -> set[any]", and_sets, "What is in both sets.",
	    REGO_OPERATOR, "&" },
	{ "or", "x: set[any], y: set[any] -> set[any]", or_sets, "What is in either set.",
	    REGO_OPERATOR, "|" },
	{ "set_diff", "x: set[any], y: set[any] -> set[any]", set_diff,
	    "What is in the first set and not in the second.", REGO_DEPRECATED },
	{ "intersection", "xs: set[set[any]] -> set[any]", intersection, "What is in all of the sets." },
	{ "union", "xs: set[set[any]] -> set[any]", union_of, "What is in any of the sets." },
	{ "internal.member_2", "x: any, in: any -> boolean", member,
	    "Whether `x` is an element of the collection.", REGO_OPERATOR, "in" },
	{ "internal.member_3", "key: any, x: any, in: any -> boolean", member_with_key,
	    "Whether the collection has `x` at `key`.", REGO_OPERATOR, "in" },
	{ 0 },
};
