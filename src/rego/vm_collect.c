/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/vm_internal.h"

/*
 * What a comprehension or partial rule has gathered so far.  A conflict is found at the
 * end; its place is that of the later of the two contributions.
 */
struct path_entry {
	const struct rego_insn *at; /* what put it there */
	value_t *path;
	uint32_t count;
	bool member;
	value_t value;
};

/* An entry that another instruction put there than the one that put the first. */
struct late_entry {
	const struct rego_insn *at;
	value_t key, value;
};

struct collector {
	uint32_t kind; /* AST_ARRAY_COMP, _SET_COMP, _OBJECT_COMP; AST_OBJECT: paths */
	bool partial; /* of a rule: conflicts are worded otherwise */
	VEC(value_t) items;
	struct set_builder set;
	struct object_builder object;
	const struct rego_insn *first; /* what put object's first entry there */
	VEC(struct late_entry) late;
	VEC(struct path_entry) paths;
};

value_t
vm_collector(struct rego_eval *e, uint32_t kind, bool partial)
{
	struct collector *c = ARENA_NEW(e->arena, struct collector);

	if (c == NULL)
		return VALUE_NONE;
	c->kind = kind;
	c->partial = partial;
	set_builder_init(&c->set, e->arena, 0);
	object_builder_init(&c->object, e->arena, 0);
	return (value_t){ .tag = TAG_COLLECTOR, .internal = c };
}

bool
vm_push(struct rego_eval *e, value_t collector, value_t v)
{
	struct collector *c = collector.internal;
	bool taken;

	if (c->kind == AST_SET_COMP)
		taken = set_builder_add(&c->set, v);
	else
		taken = VEC_PUSH(e->arena, &c->items, v);
	return taken || vm_spend(e);
}

bool
vm_put(struct rego_eval *e, value_t collector, value_t key, value_t value)
{
	struct collector *c = collector.internal;

	if (c->kind == AST_OBJECT)
		return vm_put_path(e, collector, &key, 1, value, false);
	if (c->first == NULL)
		c->first = e->at;
	if (c->first != e->at &&
	    !VEC_PUSH(e->arena, &c->late, ((struct late_entry){ e->at, key, value })))
		return vm_spend(e);
	return object_builder_add(&c->object, key, value) || vm_spend(e);
}

bool
vm_put_path(struct rego_eval *e, value_t collector, const value_t *path, uint32_t count, value_t value,
    bool member)
{
	struct collector *c = collector.internal;
	struct path_entry entry = {
		.at = e->at, .count = count, .member = member, .value = value
	};

	entry.path = ARENA_ARRAY(e->arena, value_t, count);
	if (entry.path == NULL)
		return vm_spend(e);
	memcpy(entry.path, path, count * sizeof(*path));
	return VEC_PUSH(e->arena, &c->paths, entry) || vm_spend(e);
}

/* ---- conflicts ---- */

static bool
object_conflict(struct rego_eval *e, const struct rego_insn *at)
{
	e->at = at;
	return vm_halt(e, ERR_EVAL, "eval_conflict_error", "object keys must be unique");
}

/* Of entries that cannot stand together, the one that came last. */
static bool
path_conflict(struct rego_eval *e, const struct path_entry *entries, size_t count)
{
	const struct rego_insn *last = entries[0].at;

	for (size_t i = 1; i < count; i++) {
		if (entries[i].at > last)
			last = entries[i].at;
	}
	return object_conflict(e, last);
}

/* Of the entries with that key, what put the one there that differs from the first. */
static bool
key_conflict(struct rego_eval *e, const struct collector *c, value_t key)
{
	const struct value_entry *entries = c->object.entries;
	uint32_t first = 0;

	while (first < c->object.count && !value_equal(entries[first].key, key))
		first++;
	for (size_t i = 0; i < c->late.count; i++) {
		if (value_equal(c->late.at[i].key, key) && !value_equal(c->late.at[i].value, entries[first].value))
			return object_conflict(e, c->late.at[i].at);
	}
	return object_conflict(e, c->first);
}

/* ---- nested paths ---- */

/* Entries in order of path[level]; insertion sort of runs is enough for what rules write. */
static void
sort_by_level(struct path_entry *entries, size_t count, uint32_t level, struct path_entry *scratch)
{
	size_t half = count / 2, i = 0, k = half, out = 0;

	if (count < 2)
		return;
	sort_by_level(entries, half, level, scratch);
	sort_by_level(entries + half, count - half, level, scratch);
	while (i < half && k < count) {
		bool right = value_compare(entries[i].path[level], entries[k].path[level]) > 0;

		scratch[out++] = entries[right ? k++ : i++];
	}
	while (i < half)
		scratch[out++] = entries[i++];
	memcpy(entries, scratch, out * sizeof(*entries));
}

static bool build_level(struct rego_eval *e, struct path_entry *entries, size_t count, uint32_t level,
    struct path_entry *scratch, value_t *ret);

/* All entries share their path up to and including level - 1. */
static bool
build_leaf(struct rego_eval *e, const struct path_entry *entries, size_t count, value_t *ret)
{
	struct set_builder set;

	if (!entries[0].member) {
		for (size_t i = 1; i < count; i++) {
			if (entries[i].member || !value_equal(entries[0].value, entries[i].value))
				return path_conflict(e, entries, i + 1);
		}
		*ret = entries[0].value;
		return true;
	}
	set_builder_init(&set, e->arena, count);
	for (size_t i = 0; i < count; i++) {
		if (!entries[i].member)
			return path_conflict(e, entries, i + 1);
		(void)set_builder_add(&set, entries[i].value);
	}
	*ret = set_builder_freeze(&set);
	return value_is_defined(*ret) || vm_spend(e);
}

static bool
build_group(struct rego_eval *e, struct path_entry *entries, size_t count, uint32_t level,
    struct path_entry *scratch, value_t *ret)
{
	size_t leaves = 0;

	for (size_t i = 0; i < count; i++)
		leaves += entries[i].count == level;
	if (leaves == count)
		return build_leaf(e, entries, count, ret);
	if (leaves > 0)
		return path_conflict(e, entries, count);
	return build_level(e, entries, count, level, scratch, ret);
}

static bool
build_level(struct rego_eval *e, struct path_entry *entries, size_t count, uint32_t level,
    struct path_entry *scratch, value_t *ret)
{
	struct object_builder object;

	sort_by_level(entries, count, level, scratch);
	object_builder_init(&object, e->arena, count);
	for (size_t i = 0, end; i < count; i = end) {
		value_t v;

		for (end = i + 1; end < count &&
		     value_equal(entries[i].path[level], entries[end].path[level]);)
			end++;
		if (!build_group(e, entries + i, end - i, level + 1, scratch, &v))
			return false;
		(void)object_builder_add(&object, entries[i].path[level], v);
	}
	*ret = object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	return value_is_defined(*ret) || vm_spend(e);
}

static bool
finish_paths(struct rego_eval *e, struct collector *c, value_t *ret)
{
	struct path_entry *scratch = ARENA_ARRAY(e->arena, struct path_entry, c->paths.count);

	if (scratch == NULL)
		return vm_spend(e);
	if (c->paths.count == 0) {
		*ret = value_empty_object();
		return true;
	}
	return build_level(e, c->paths.at, c->paths.count, 0, scratch, ret);
}

bool
vm_finish(struct rego_eval *e, value_t collector, value_t *ret)
{
	struct collector *c = collector.internal;
	value_t clash = VALUE_NONE;

	switch (c->kind) {
	case AST_ARRAY_COMP:
		*ret = value_array_of(c->items.at, c->items.count);
		return true;
	case AST_SET_COMP:
		*ret = set_builder_freeze(&c->set);
		break;
	case AST_OBJECT_COMP:
		*ret = object_builder_freeze(&c->object, OBJECT_NO_CONFLICT, &clash);
		if (value_is_defined(clash))
			return key_conflict(e, c, clash);
		break;
	default:
		return finish_paths(e, c, ret);
	}
	if (value_is_defined(*ret))
		return true;
	return vm_spend(e) ? vm_halt(e, ERR_LIMIT, "eval_cancel_error", "a collection is too large") : false;
}
