/* SPDX-License-Identifier: Apache-2.0 */
/* objects: picking, merging and comparing objects. */
#include "rego/builtin/objects_internal.h"

#include "base/sort.h"
#include "rego/builtin/util.h"
#include "value/work.h"

/* ---- picking ---- */

/* Unlike a reference, takes no 1.0 for an index. */
static value_t
step_into(value_t v, value_t key)
{
	if (v.tag == VALUE_ARRAY && key.tag != VALUE_INT)
		return VALUE_NONE;
	return value_get(v, key);
}

static enum rego_outcome
get(struct rego_call *call, value_t *ret)
{
	value_t found = call->arg[0], path = call->arg[1];

	if (path.tag == VALUE_ARRAY) {
		for (uint32_t i = 0; i < path.count && value_is_defined(found); i++)
			found = step_into(found, path.items[i]);
	} else {
		found = value_object_get(found, path);
	}
	*ret = value_is_defined(found) ? found : call->arg[2];
	return REGO_DEFINED;
}

static enum rego_outcome
keys(struct rego_call *call, value_t *ret)
{
	value_t object = call->arg[0];
	struct set_builder made;

	if (!rego_charge(call, object.count * sizeof(value_t)))
		return REGO_HALT;
	set_builder_init(&made, call->arena, object.count);
	for (uint32_t i = 0; i < object.count; i++)
		(void)set_builder_add(&made, object.object->keys[i]);
	return rego_give(set_builder_freeze(&made), ret);
}

/* The keys that an array, object or set names, as something that can be asked. */
static value_t
key_set(struct rego_call *call, value_t v)
{
	struct set_builder made;

	if (v.tag != VALUE_ARRAY)
		return v;
	set_builder_init(&made, call->arena, v.count);
	for (uint32_t i = 0; i < v.count; i++)
		(void)set_builder_add(&made, v.items[i]);
	return set_builder_freeze(&made);
}

static enum rego_outcome
pick(struct rego_call *call, bool named, value_t *ret)
{
	value_t object = call->arg[0], wanted;
	struct object_builder made;

	if (!rego_charge(call, ((size_t)object.count * 2 + call->arg[1].count) * sizeof(value_t)))
		return REGO_HALT;
	wanted = key_set(call, call->arg[1]);
	if (!value_is_defined(wanted))
		return REGO_HALT;
	object_builder_init(&made, call->arena, 0);
	for (uint32_t i = 0; i < object.count; i++) {
		const struct value_entry e = value_object_entry(object.object, i);

		if (value_is_defined(value_get(wanted, e.key)) == named)
			(void)object_builder_add(&made, e.key, e.value);
	}
	return rego_give(object_builder_freeze(&made, OBJECT_LAST_WINS, NULL), ret);
}

static enum rego_outcome
filter(struct rego_call *call, value_t *ret)
{
	return pick(call, true, ret);
}

static enum rego_outcome
without(struct rego_call *call, value_t *ret)
{
	return pick(call, false, ret);
}

/* ---- merging ---- */

static enum rego_outcome
union_of_two(struct rego_call *call, value_t *ret)
{
	value_t a = call->arg[0], b = call->arg[1];

	if (!rego_charge(call, ((size_t)a.count + b.count) * sizeof(struct value_entry)))
		return REGO_HALT;
	return rego_give(value_object_merge(call->arena, a, b), ret);
}

static int
compare_keys(const void *left, const void *right, void *context)
{
	const struct value_entry *a = left, *b = right;

	(void)context;
	return value_compare(a->key, b->key);
}

static value_t merge_values(struct rego_call *, const struct value_entry *, size_t count);

/* All entries of the objects, sorted stably: those of one key stand together, the last one last. */
static value_t
merge_objects(struct rego_call *call, const struct value_entry *objects, size_t object_count)
{
	struct value_entry *entries;
	struct object_builder made;
	size_t count = 0, at = 0;

	for (size_t i = 0; i < object_count; i++)
		count += objects[i].value.count;
	if (!rego_charge(call, count * sizeof(*entries) * 2))
		return VALUE_NONE;
	entries = arena_alloc_array(call->arena, count * 2, sizeof(*entries));
	if (entries == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < object_count; i++) {
		value_t o = objects[i].value;

		for (uint32_t k = 0; k < o.count; k++)
			entries[at++] = value_object_entry(o.object, k);
	}
	sort_stable(entries, count, sizeof(*entries), entries + count, compare_keys, NULL);
	object_builder_init(&made, call->arena, count);
	for (size_t from = 0, to; from < count; from = to) {
		value_t merged;

		for (to = from + 1; to < count && value_equal(entries[to].key, entries[from].key);)
			to++;
		merged = merge_values(call, entries + from, to - from);
		if (!value_is_defined(merged))
			return VALUE_NONE;
		(void)object_builder_add(&made, entries[from].key, merged);
	}
	return object_builder_freeze(&made, OBJECT_LAST_WINS, NULL);
}

/* Only the objects at the end are merged: what is not an object hides what was before it. */
static value_t
merge_values(struct rego_call *call, const struct value_entry *values, size_t count)
{
	size_t from = count;

	while (from > 0 && values[from - 1].value.tag == VALUE_OBJECT)
		from--;
	if (count - from <= 1)
		return values[count - 1].value;
	return merge_objects(call, values + from, count - from);
}

static enum rego_outcome
union_of_many(struct rego_call *call, value_t *ret)
{
	value_t objects = call->arg[0];
	struct value_entry *entries;

	for (uint32_t i = 0; i < objects.count; i++) {
		if (objects.items[i].tag != VALUE_OBJECT)
			return rego_fail_operand(call, 1,
			    "must be array of objects but got array containing %s",
			    value_type_name(objects.items[i]));
	}
	if (objects.count == 0) {
		*ret = value_empty_object();
		return REGO_DEFINED;
	}
	entries = ARENA_ARRAY(call->arena, struct value_entry, objects.count);
	if (entries == NULL)
		return REGO_HALT;
	for (uint32_t i = 0; i < objects.count; i++)
		entries[i].value = objects.items[i];
	return rego_give(merge_values(call, entries, objects.count), ret);
}

/* ---- subsets ---- */

static bool
has_all(value_t super, value_t sub)
{
	for (uint32_t i = 0; i < sub.count; i++) {
		if (!value_set_has(super, sub.set->items[i]))
			return false;
	}
	return true;
}

/* Whether `sub` stands in `super` as it is: Knuth, Morris and Pratt's search, so in linear time. */
static bool
has_run(struct rego_call *call, value_t super, value_t sub)
{
	uint32_t *border, matched = 0; /* border[i]: how far to fall back after i + 1 matches */

	if (sub.count == 0)
		return true;
	if (sub.count > super.count)
		return false;
	border = ARENA_ARRAY(call->arena, uint32_t, sub.count);
	if (border == NULL)
		return false;
	for (uint32_t i = 1; i < sub.count; i++) {
		while (matched > 0 && !value_equal(sub.items[i], sub.items[matched]))
			matched = border[matched - 1];
		matched += value_equal(sub.items[i], sub.items[matched]);
		border[i] = matched;
	}
	matched = 0;
	for (uint32_t i = 0; i < super.count && matched < sub.count; i++) {
		while (matched > 0 && !value_equal(super.items[i], sub.items[matched]))
			matched = border[matched - 1];
		matched += value_equal(super.items[i], sub.items[matched]);
	}
	return matched == sub.count;
}

/* An empty set is only in an array that has something in it: so OPA counts. */
static bool
array_has_all(value_t super, value_t sub)
{
	uint32_t missing = sub.count;

	for (uint32_t i = 0; i < super.count; i++) {
		if (value_set_has(sub, super.items[i]))
			missing--;
		if (missing == 0)
			return true;
	}
	return false;
}

static bool
is_subset(struct rego_call *call, value_t super, value_t sub)
{
	if (super.tag == VALUE_SET && sub.tag == VALUE_SET)
		return has_all(super, sub);
	if (super.tag == VALUE_ARRAY && sub.tag == VALUE_ARRAY)
		return has_run(call, super, sub);
	if (super.tag != VALUE_OBJECT || sub.tag != VALUE_OBJECT || !value_work_take(sub.count))
		return false;
	for (uint32_t i = 0; i < sub.count; i++) {
		const struct value_entry e = value_object_entry(sub.object, i);
		value_t v = value_object_get(super, e.key);

		if (!value_is_defined(v) || (!value_equal(v, e.value) && !is_subset(call, v, e.value)))
			return false;
	}
	return true;
}

static enum rego_outcome
subset(struct rego_call *call, value_t *ret)
{
	value_t super = call->arg[0], sub = call->arg[1];

	if (value_is_collection(super) && value_is_collection(sub) &&
	    !rego_charge(call, ((size_t)super.count + sub.count) * sizeof(value_t)))
		return REGO_HALT;
	if (super.tag == VALUE_ARRAY && sub.tag == VALUE_SET) {
		*ret = value_bool(array_has_all(super, sub));
		return REGO_DEFINED;
	}
	if (super.tag != sub.tag || !value_is_collection(super))
		return rego_fail_operands(call,
		    "both arguments object.subset must be of the same type or array and set");
	*ret = value_bool(is_subset(call, super, sub));
	return arena_failed(call->arena) ? REGO_HALT : REGO_DEFINED;
}

#define KEYS "(object[any: any]|set[any]|array[any])"
#define PATHS "(set[(string|array[any])]|array[(string|array[any])])"

const struct rego_builtin rego_builtins_objects[] = {
	{ "object.get", "object: object[any: any], key: any, default: any -> any", get,
	    "What the object has at `key`, which may be an array of keys; else `default`." },
	{ "object.keys", "object: object[any: any] -> set[any]", keys, "The object's keys." },
	{ "object.filter", "object: object[any: any], keys: " KEYS " -> object[any: any]", filter,
	    "The object with only the named keys." },
	{ "object.remove", "object: object[any: any], keys: " KEYS " -> object[any: any]", without,
	    "The object without the named keys." },
	{ "object.union", "a: object[any: any], b: object[any: any] -> object[any: any]", union_of_two,
	    "Both objects merged, at every depth; where they differ, `b` counts." },
	{ "object.union_n", "objects: array[object[any: any]] -> object[any: any]", union_of_many,
	    "All objects merged, at every depth; where they differ, the last one counts." },
	{ "object.subset", "super: " KEYS ", sub: " KEYS " -> boolean", subset,
	    "Whether `sub` is contained in `super`.", REGO_LENIENT },
	{ "json.filter", "object: object[any: any], paths: " PATHS " -> object[any: any]",
	    rego_json_filter, "The object with only what the paths lead to." },
	{ "json.remove", "object: object[any: any], paths: " PATHS " -> object[any: any]",
	    rego_json_remove, "The object without what the paths lead to." },
	{ "json.patch",
	    "object: any, patches: array[object<op: string, path: any, [any: any]>] -> any",
	    rego_json_patch, "The value after the operations of a JSON Patch (RFC 6902)." },
	{ 0 },
};
