/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "base/sort.h"
#include "value/value.h"
#include "value/value_internal.h"
#include "value/work.h"

enum { FIRST_CAPACITY = 4, LARGEST_COUNT = 1 << 28, SPARSE_SLOTS = 1 << 16 };

/* ---- finished collections ---- */

struct value_set *
value_set_begin(struct arena *arena, size_t count)
{
	if (count > LARGEST_COUNT) {
		arena_fail(arena);
		return NULL;
	}
	return arena_alloc_raw(arena, sizeof(struct value_set) + count * sizeof(value_t),
	    _Alignof(struct value_set));
}

struct value_object *
value_object_begin(struct arena *arena, size_t count)
{
	struct value_object *o;

	if (count > LARGEST_COUNT) {
		arena_fail(arena);
		return NULL;
	}
	o = arena_alloc_raw(arena, sizeof(*o) + count * sizeof(struct value_entry),
	    _Alignof(struct value_object));
	if (o != NULL)
		o->keys = o->values + count;
	return o;
}

/* An index over keys that lie `stride` bytes apart, at most half full. */
static const uint32_t *
make_index(struct arena *arena, const value_t *first, size_t stride, uint32_t count,
    uint32_t *ret_mask)
{
	const char *at = (const char *)first;
	uint32_t slots = 4 * VALUE_SCAN_LIMIT, *index;

	/* Half full at most; a large one three quarters, or it may be as big as what it leads to. */
	while (slots / 2 < count && (slots < SPARSE_SLOTS || slots / 4 * 3 < count))
		slots *= 2;
	index = ARENA_ARRAY(arena, uint32_t, slots);
	if (index == NULL)
		return NULL;
	for (uint32_t i = 0; i < count; i++, at += stride) {
		if (value_work_spent()) /* hashes that are all the same would make this quadratic */
			return NULL;
		uint32_t slot = value_hash(*(const value_t *)(const void *)at) & (slots - 1);

		while (index[slot] != 0)
			slot = (slot + 1) & (slots - 1);
		index[slot] = i + 1;
	}
	*ret_mask = slots - 1;
	return index;
}

value_t
value_set_done(struct arena *arena, struct value_set *set, size_t count)
{
	if (set == NULL || arena_failed(arena))
		return VALUE_NONE;
	if (count == 0)
		return value_empty_set();
	*set = (struct value_set){ .count = (uint32_t)count };
	if (count > VALUE_SCAN_LIMIT) {
		set->index =
		    make_index(arena, set->items, sizeof(set->items[0]), set->count, &set->mask);
		if (set->index == NULL)
			return VALUE_NONE;
	}
	return (value_t){ .tag = VALUE_SET, .depth = value_depth_over(set->items, sizeof(set->items[0]), count),
		.count = set->count, .set = set };
}

value_t
value_object_done(struct arena *arena, struct value_object *object, size_t count)
{
	uint16_t depth, key_depth;

	if (object == NULL || arena_failed(arena))
		return VALUE_NONE;
	if (count == 0)
		return value_empty_object();
	object->count = (uint32_t)count;
	object->mask = 0;
	object->index = NULL;
	if (count > VALUE_SCAN_LIMIT) {
		object->index = make_index(arena, object->keys, sizeof(*object->keys), object->count,
		    &object->mask);
		if (object->index == NULL)
			return VALUE_NONE;
	}
	depth = value_depth_over(object->values, sizeof(value_t), count);
	key_depth = value_depth_over(object->keys, sizeof(value_t), count);
	return (value_t){ .tag = VALUE_OBJECT, .depth = depth > key_depth ? depth : key_depth,
		.count = object->count, .object = object };
}

/* ---- builders: their arrays already stand behind room for the header ---- */

static struct value_set *
set_of(const struct set_builder *b)
{
	return (struct value_set *)(void *)((char *)b->items - offsetof(struct value_set, items));
}

static struct value_object *
object_of(const struct object_builder *b)
{
	return (struct value_object *)(void *)((char *)b->entries -
	    offsetof(struct value_object, values));
}

static bool
grow_set(struct set_builder *b, size_t capacity)
{
	struct value_set *set = value_set_begin(b->arena, capacity);

	if (set == NULL)
		return false;
	if (b->count > 0)
		memcpy(set->items, b->items, b->count * sizeof(b->items[0]));
	b->items = set->items;
	b->capacity = (uint32_t)capacity;
	return true;
}

void
set_builder_init(struct set_builder *b, struct arena *arena, size_t expected)
{
	*b = (struct set_builder){ .arena = arena };
	if (expected > 0)
		(void)grow_set(b, expected);
}

bool
set_builder_add(struct set_builder *b, value_t item)
{
	if (b->count == b->capacity &&
	    !grow_set(b, b->capacity > 0 ? (size_t)b->capacity * 2 : FIRST_CAPACITY))
		return false;
	b->items[b->count++] = item;
	return true;
}

static bool
grow_object(struct object_builder *b, size_t capacity)
{
	struct value_object *object = value_object_begin(b->arena, capacity);

	if (object == NULL)
		return false;
	if (b->count > 0)
		memcpy(object->values, b->entries, b->count * sizeof(b->entries[0]));
	b->entries = (struct value_entry *)(void *)object->values;
	b->capacity = (uint32_t)capacity;
	return true;
}

void
object_builder_init(struct object_builder *b, struct arena *arena, size_t expected)
{
	*b = (struct object_builder){ .arena = arena };
	if (expected > 0)
		(void)grow_object(b, expected);
}

bool
object_builder_add(struct object_builder *b, value_t key, value_t value)
{
	if (b->count == b->capacity &&
	    !grow_object(b, b->capacity > 0 ? (size_t)b->capacity * 2 : FIRST_CAPACITY))
		return false;
	b->entries[b->count++] = (struct value_entry){ key, value };
	return true;
}

bool
object_builder_add_text(struct object_builder *b, const char *key, value_t value)
{
	value_t k = value_text(b->arena, key);

	return value_is_defined(k) && object_builder_add(b, k, value);
}

/* An item and an entry both begin with the value that orders them. */
static int
compare_first(const void *left, const void *right, void *context)
{
	(void)context;
	return value_compare(*(const value_t *)left, *(const value_t *)right);
}

/* Sorts unless the keys already rise strictly.  False: the arena refused the scratch. */
static bool
put_in_order(struct arena *arena, void *items, uint32_t count, size_t size, bool *ret_distinct)
{
	struct arena_mark mark;
	char *at = items;
	void *scratch = NULL;
	uint32_t i = 1;

	while (i < count && compare_first(at, at + size, NULL) < 0) {
		at += size;
		i++;
	}
	*ret_distinct = i >= count;
	if (*ret_distinct)
		return true;
	(void)value_work_take(count);
	mark = arena_mark(arena);
	if (count > SORT_SMALL) {
		scratch = arena_alloc_raw(arena, count * size, _Alignof(value_t));
		if (scratch == NULL)
			return false;
	}
	sort_stable(items, count, size, scratch, compare_first, NULL);
	arena_release(arena, mark);
	return true;
}

value_t
set_builder_freeze(struct set_builder *b)
{
	uint32_t kept = 1;
	bool distinct;

	if (arena_failed(b->arena))
		return VALUE_NONE;
	if (b->count == 0)
		return value_empty_set();
	if (!put_in_order(b->arena, b->items, b->count, sizeof(b->items[0]), &distinct))
		return VALUE_NONE;
	for (uint32_t i = 1; !distinct && i < b->count; i++) {
		if (!value_equal(b->items[i], b->items[kept - 1]))
			b->items[kept++] = b->items[i];
	}
	return value_set_done(b->arena, set_of(b), distinct ? b->count : kept);
}

/* Merges entries with equal keys, which stand in the order they came.  False: a conflict. */
static bool
merge_equal_keys(struct object_builder *b, enum object_rule rule, value_t *ret_conflict)
{
	uint32_t kept = 1;

	for (uint32_t i = 1; i < b->count; i++) {
		struct value_entry *last = &b->entries[kept - 1];

		if (!value_equal(b->entries[i].key, last->key)) {
			b->entries[kept++] = b->entries[i];
		} else if (rule == OBJECT_LAST_WINS) {
			last->value = b->entries[i].value;
		} else if (rule == OBJECT_DISTINCT || (rule == OBJECT_NO_CONFLICT &&
		    !value_equal(b->entries[i].value, last->value))) {
			*ret_conflict = last->key;
			return false;
		}
	}
	b->count = kept;
	return true;
}

value_t
value_object_of(struct arena *arena, struct value_entry *entries, size_t count,
    enum object_rule rule, value_t *ret_conflict)
{
	struct object_builder b = { .arena = arena, .entries = entries, .count = (uint32_t)count };
	struct value_object *o;
	bool distinct;

	must(rule < OBJECT_NO_CONFLICT || ret_conflict != NULL);
	if (count > LARGEST_COUNT)
		arena_fail(arena);
	if (arena_failed(arena))
		return VALUE_NONE;
	if (count == 0)
		return value_empty_object();
	if (!put_in_order(arena, entries, b.count, sizeof(*entries), &distinct))
		return VALUE_NONE;
	if (!distinct && !merge_equal_keys(&b, rule, ret_conflict))
		return VALUE_NONE;
	o = value_object_begin(arena, b.count);
	for (uint32_t i = 0; o != NULL && i < b.count; i++) {
		o->keys[i] = entries[i].key;
		o->values[i] = entries[i].value;
	}
	return value_object_done(arena, o, b.count);
}

/* The builder's entries stand where values and keys go: one scratch copy, and both in place. */
static struct value_object *
split_entries(struct object_builder *b)
{
	struct arena_mark mark = arena_mark(b->arena);
	struct value_object *o = object_of(b);
	struct value_entry *from =
	    arena_alloc_raw(b->arena, b->count * sizeof(*from), _Alignof(value_t));

	if (from == NULL)
		return NULL;
	memcpy(from, b->entries, b->count * sizeof(*from));
	o->keys = o->values + b->count;
	for (uint32_t i = 0; i < b->count; i++) {
		o->values[i] = from[i].value;
		o->keys[i] = from[i].key;
	}
	arena_release(b->arena, mark);
	return o;
}

value_t
object_builder_freeze(struct object_builder *b, enum object_rule rule, value_t *ret_conflict)
{
	bool distinct;

	must(rule < OBJECT_NO_CONFLICT || ret_conflict != NULL);
	if (arena_failed(b->arena))
		return VALUE_NONE;
	if (b->count == 0)
		return value_empty_object();
	if (!put_in_order(b->arena, b->entries, b->count, sizeof(b->entries[0]), &distinct))
		return VALUE_NONE;
	if (!distinct && !merge_equal_keys(b, rule, ret_conflict))
		return VALUE_NONE;
	return value_object_done(b->arena, split_entries(b), b->count);
}

/* ---- changed copies ---- */

uint32_t
value_object_lower_bound(value_t object, value_t key)
{
	uint32_t low = 0, high = object.object->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (value_compare(object.object->keys[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
put_entry(struct value_object *o, uint32_t i, value_t key, value_t value)
{
	o->keys[i] = key;
	o->values[i] = value;
}

value_t
value_object_with(struct arena *arena, value_t object, value_t key, value_t value)
{
	const struct value_object *from = object.object;
	uint32_t at = value_object_lower_bound(object, key);
	bool replaces = at < object.count && value_equal(from->keys[at], key);
	uint32_t count = object.count + !replaces;
	struct value_object *made = value_object_begin(arena, count);

	if (made == NULL)
		return VALUE_NONE;
	for (uint32_t i = 0; i < at; i++)
		put_entry(made, i, from->keys[i], from->values[i]);
	put_entry(made, at, replaces ? from->keys[at] : key, value);
	for (uint32_t i = at + replaces; i < object.count; i++)
		put_entry(made, i + !replaces, from->keys[i], from->values[i]);
	return value_object_done(arena, made, count);
}

value_t
value_object_merge(struct arena *arena, value_t under, value_t over)
{
	const struct value_object *u, *o;
	uint32_t i = 0, j = 0, count = 0;
	struct value_object *made;

	if (under.tag != VALUE_OBJECT || over.tag != VALUE_OBJECT || under.count == 0)
		return over;
	if (over.count == 0)
		return under;
	u = under.object;
	o = over.object;
	made = value_object_begin(arena, (size_t)under.count + over.count);
	if (made == NULL)
		return VALUE_NONE;
	while (i < under.count || j < over.count) {
		int order = i == under.count ? 1 : j == over.count ? -1 : value_compare(u->keys[i], o->keys[j]);

		if (order < 0) {
			put_entry(made, count++, u->keys[i], u->values[i]);
			i++;
		} else if (order > 0) {
			put_entry(made, count++, o->keys[j], o->values[j]);
			j++;
		} else {
			put_entry(made, count++, u->keys[i],
			    value_object_merge(arena, u->values[i], o->values[j]));
			i++;
			j++;
		}
	}
	return value_object_done(arena, made, count);
}
