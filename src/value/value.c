/* SPDX-License-Identifier: Apache-2.0 */
#include "value/value.h"

#include "base/must.h"
#include "value/intern.h"
#include "value/number.h"
#include "value/value_internal.h"

static const value_t no_items[1] = { { .tag = VALUE_UNDEFINED } };
static const struct value_object no_entries = { .count = 0 };
static const struct value_set no_members = { .count = 0 };

value_t
value_empty_array(void)
{
	return (value_t){ .tag = VALUE_ARRAY, .depth = 1, .items = no_items };
}

value_t
value_empty_object(void)
{
	return (value_t){ .tag = VALUE_OBJECT, .depth = 1, .object = &no_entries };
}

value_t
value_empty_set(void)
{
	return (value_t){ .tag = VALUE_SET, .depth = 1, .set = &no_members };
}

uint16_t
value_depth_over(const value_t *first, size_t stride, size_t count)
{
	const char *at = (const char *)first;
	uint16_t deepest = 0;

	for (size_t i = 0; i < count; i++, at += stride) {
		uint16_t depth = ((const value_t *)(const void *)at)->depth;

		deepest = depth > deepest ? depth : deepest;
	}
	return deepest < UINT16_MAX ? (uint16_t)(deepest + 1) : deepest;
}

/* ---- strings ---- */

char *
value_string_begin(struct arena *arena, size_t len)
{
	struct value_string *s;

	if (len >= UINT32_MAX - sizeof(*s)) {
		arena_fail(arena);
		return NULL;
	}
	s = arena_alloc_raw(arena, sizeof(*s) + len + 1, _Alignof(struct value_string));
	if (s == NULL)
		return NULL;
	s->len = (uint32_t)len;
	s->hash = 0;
	return s->bytes;
}

value_t
value_string_done(char *bytes, size_t len)
{
	struct value_string *s =
	    (struct value_string *)(void *)(bytes - offsetof(struct value_string, bytes));

	must(len <= s->len);
	s->len = (uint32_t)len;
	bytes[len] = '\0';
	return (value_t){ .tag = VALUE_STRING, .count = s->len, .string = s };
}

value_t
value_string(struct arena *arena, str_t text)
{
	char *bytes = value_string_begin(arena, text.len);

	if (bytes == NULL)
		return VALUE_NONE;
	if (text.len > 0)
		memcpy(bytes, text.data, text.len);
	return value_string_done(bytes, text.len);
}

value_t
value_text(struct arena *arena, const char *text)
{
	return value_string(arena, str_of(text));
}

/* ---- arrays ---- */

value_t
value_array_of(const value_t *items, size_t count)
{
	return (value_t){ .tag = VALUE_ARRAY, .depth = value_depth_over(items, sizeof(*items), count),
		.count = (uint32_t)count, .items = items };
}

value_t
value_array(struct arena *arena, const value_t *items, size_t count)
{
	value_t *copy;

	if (count == 0)
		return arena_failed(arena) ? VALUE_NONE : value_empty_array();
	if (count > UINT32_MAX) {
		arena_fail(arena);
		return VALUE_NONE;
	}
	copy = arena_alloc_raw(arena, count * sizeof(*copy), _Alignof(value_t));
	if (copy == NULL)
		return VALUE_NONE;
	memcpy(copy, items, count * sizeof(*copy));
	return value_array_of(copy, count);
}

/* ---- reading ---- */

const char *
value_type_name(value_t v)
{
	static const char *const names[] = { [VALUE_UNDEFINED] = "undefined",
		[VALUE_FALSE] = "boolean", [VALUE_NULL] = "null", [VALUE_TRUE] = "boolean",
		[VALUE_INT] = "number", [VALUE_NUMBER] = "number", [VALUE_STRING] = "string",
		[VALUE_ARRAY] = "array", [VALUE_OBJECT] = "object", [VALUE_SET] = "set" };

	return v.tag < COUNT(names) ? names[v.tag] : "undefined";
}

/* Number of the entry whose key is `key`, by the index; `count` if there is none. */
static inline uint32_t
probe_index(const uint32_t *index, uint32_t mask, const value_t *first, size_t stride,
    uint32_t count, value_t key)
{
	for (uint32_t at = value_hash(key) & mask; index[at] != 0; at = (at + 1) & mask) {
		uint32_t i = index[at] - 1;

		if (value_equal(*(const value_t *)(const void *)((const char *)first + i * stride),
			key))
			return i;
	}
	return count;
}

static inline uint32_t
find_entry(const uint32_t *index, uint32_t mask, const value_t *first, size_t stride,
    uint32_t count, value_t key)
{
	const char *at = (const char *)first;

	if (index != NULL)
		return probe_index(index, mask, first, stride, count, key);
	for (uint32_t i = 0; i < count; i++, at += stride) {
		if (value_equal(*(const value_t *)(const void *)at, key))
			return i;
	}
	return count;
}

value_t
value_object_get(value_t object, value_t key)
{
	const struct value_object *o = object.object;
	uint32_t i;

	if (object.tag != VALUE_OBJECT)
		return VALUE_NONE;
	i = find_entry(o->index, o->mask, o->keys, sizeof(*o->keys), o->count, key);
	return i < o->count ? o->values[i] : VALUE_NONE;
}

bool
value_set_has(value_t set, value_t item)
{
	const struct value_set *s = set.set;

	return set.tag == VALUE_SET &&
	    find_entry(s->index, s->mask, s->items, sizeof(s->items[0]), s->count, item) < s->count;
}

static bool
key_is(value_t key, str_t text)
{
	return key.tag == VALUE_STRING && key.count == text.len &&
	    memcmp(key.string->bytes, text.data, text.len) == 0;
}

value_t
value_object_get_str(value_t object, str_t key)
{
	const struct value_object *o = object.object;

	if (object.tag != VALUE_OBJECT)
		return VALUE_NONE;
	if (key.len == 0)
		key.data = ""; /* memcmp takes no NULL */
	if (o->index == NULL) {
		for (uint32_t i = 0; i < o->count; i++) {
			if (key_is(o->keys[i], key))
				return o->values[i];
		}
		return VALUE_NONE;
	}
	for (uint32_t at = value_hash_bytes(key.data, key.len) & o->mask; o->index[at] != 0;
	     at = (at + 1) & o->mask) {
		uint32_t i = o->index[at] - 1;

		if (key_is(o->keys[i], key))
			return o->values[i];
	}
	return VALUE_NONE;
}

value_t
value_object_get_text(value_t object, const char *key)
{
	return value_object_get_str(object, str_of(key));
}

static value_t
element_at(value_t array, value_t key)
{
	int64_t i;

	if (key.tag == VALUE_INT)
		i = key.integer;
	else if (key.tag != VALUE_NUMBER || !number_to_int64(key, &i))
		return VALUE_NONE;
	return i >= 0 && i < array.count ? array.items[i] : VALUE_NONE;
}

value_t
value_get(value_t container, value_t key)
{
	switch (container.tag) {
	case VALUE_OBJECT:
		return value_object_get(container, key);
	case VALUE_ARRAY:
		return element_at(container, key);
	case VALUE_SET: {
		const struct value_set *s = container.set;
		uint32_t i = find_entry(s->index, s->mask, s->items, sizeof(s->items[0]), s->count, key);

		return i < s->count ? s->items[i] : VALUE_NONE;
	}
	default:
		return VALUE_NONE;
	}
}

/* ---- copying ---- */

static value_t
copy_string(struct arena *arena, struct intern *intern, value_t v)
{
	return intern != NULL ? intern_add(intern, value_str(v)) : value_string(arena, value_str(v));
}

static value_t
copy_array(struct arena *arena, struct intern *intern, value_t v)
{
	value_t *items;

	if (v.count == 0)
		return value_empty_array();
	items = arena_alloc_raw(arena, v.count * sizeof(*items), _Alignof(value_t));
	if (items == NULL)
		return VALUE_NONE;
	for (uint32_t i = 0; i < v.count; i++)
		items[i] = value_copy(arena, intern, v.items[i]);
	return value_array_of(items, v.count);
}

value_t
value_copy(struct arena *arena, struct intern *intern, value_t v)
{
	if (arena_failed(arena))
		return VALUE_NONE;
	switch (v.tag) {
	case VALUE_NUMBER:
		return value_number_copy(arena, v);
	case VALUE_STRING:
		return copy_string(arena, intern, v);
	case VALUE_ARRAY:
		return copy_array(arena, intern, v);
	case VALUE_OBJECT: {
		struct value_object *o = value_object_begin(arena, v.count);

		for (uint32_t i = 0; o != NULL && i < v.count; i++) {
			o->keys[i] = value_copy(arena, intern, v.object->keys[i]);
			o->values[i] = value_copy(arena, intern, v.object->values[i]);
		}
		return value_object_done(arena, o, v.count);
	}
	case VALUE_SET: {
		struct value_set *s = value_set_begin(arena, v.count);

		for (uint32_t i = 0; s != NULL && i < v.count; i++)
			s->items[i] = value_copy(arena, intern, v.set->items[i]);
		return value_set_done(arena, s, v.count);
	}
	default:
		return v;
	}
}
