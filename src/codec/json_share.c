/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_share.h"

#include <string.h>

#include "value/number.h"

enum {
	SLOTS = 8192,
	SPELLING_MAX = 32,
	REPEATED_MAX = 4, /* members: what has more is a record, and would only push others out */
};

struct row {
	const value_t *keys;
	size_t count;
};

struct json_share {
	struct row rows[SLOTS];
	value_t arrays[SLOTS], objects[SLOTS], numbers[SLOTS], strings[SLOTS];
};

struct json_share *
json_share_new(struct arena *arena)
{
	return ARENA_NEW(arena, struct json_share);
}

/*
 * Not keyed: who finds texts that meet in a slot makes them forget each other, and
 * that is all.
 */
static inline uint64_t
mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static inline uint64_t
mix_value(uint64_t hash, value_t v)
{
	return mix(hash, (uint64_t)v.integer ^ (uint64_t)v.count << 48 ^ (uint64_t)v.tag << 40);
}

static inline size_t
slot_of(uint64_t hash)
{
	return (size_t)(hash ^ hash >> 16) % SLOTS;
}

/* The same to the bit: an address for an address. */
static inline bool
is_same(value_t a, value_t b)
{
	return a.tag == b.tag && a.count == b.count && a.integer == b.integer;
}

static inline bool
are_same(const value_t *a, const value_t *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_same(a[i], b[i]))
			return false;
	return true;
}

/* ---- arrays, strings and numbers ---- */

static size_t
array_slot(const value_t *items, size_t count)
{
	uint64_t hash = count;

	for (size_t i = 0; i < count; i++)
		hash = mix_value(hash, items[i]);
	return slot_of(hash);
}

value_t
json_share_find_array(const struct json_share *s, const value_t *items, size_t count)
{
	const value_t *kept;

	if (count > VALUE_SCAN_LIMIT)
		return VALUE_NONE;
	kept = &s->arrays[array_slot(items, count)];
	return kept->count == count && are_same(kept->items, items, count) ? *kept : VALUE_NONE;
}

void
json_share_keep_array(struct json_share *s, value_t v)
{
	if (v.tag == VALUE_ARRAY && v.count <= VALUE_SCAN_LIMIT)
		s->arrays[array_slot(v.items, v.count)] = v;
}

static size_t
text_slot(str_t text)
{
	uint64_t hash = text.len, word;

	for (; text.len >= sizeof(word); text = str_skip(text, sizeof(word))) {
		memcpy(&word, text.data, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, text.data, text.len);
	return slot_of(mix(hash, word));
}

value_t
json_share_string(struct json_share *s, struct arena *arena, str_t text)
{
	value_t *kept = &s->strings[text_slot(text)];

	if (kept->tag != VALUE_STRING || !str_eq(value_str(*kept), text)) {
		value_t made = value_string(arena, text);

		if (!value_is_defined(made))
			return made;
		*kept = made;
	}
	return *kept;
}

static str_t
spelling_of(value_t v)
{
	return v.tag == VALUE_NUMBER && v.number->spelling != NULL
	    ? str_make(v.number->spelling, v.number->spelling_len)
	    : STR_NONE;
}

value_t
json_share_find_number(const struct json_share *s, str_t spelling)
{
	value_t kept;

	if (spelling.len > SPELLING_MAX)
		return VALUE_NONE;
	kept = s->numbers[text_slot(spelling)];
	return kept.tag == VALUE_NUMBER && str_eq(spelling_of(kept), spelling) ? kept : VALUE_NONE;
}

void
json_share_keep_number(struct json_share *s, value_t v)
{
	str_t spelling = spelling_of(v);

	if (spelling.len > 0 && spelling.len <= SPELLING_MAX)
		s->numbers[text_slot(spelling)] = v;
}

/* ---- objects ---- */

static value_t
make_object(struct row *row, struct arena *arena,
    const struct value_entry *entries, size_t count)
{
	bool has_row = row->count == count;
	struct value_object *o;

	for (size_t i = 0; has_row && i < count; i++)
		has_row = is_same(row->keys[i], entries[i].key);
	o = arena_alloc_raw(arena, sizeof(*o) + (has_row ? 1 : 2) * count * sizeof(value_t),
	    _Alignof(struct value_object));
	if (o == NULL)
		return VALUE_NONE;
	o->count = (uint32_t)count;
	o->mask = 0;
	o->index = NULL;
	for (size_t i = 0; i < count; i++)
		o->values[i] = entries[i].value;
	if (has_row) {
		o->keys = (value_t *)row->keys;
	} else {
		o->keys = o->values + count;
		for (size_t i = 0; i < count; i++)
			o->keys[i] = entries[i].key;
		*row = (struct row){ o->keys, count };
	}
	return (value_t){ .tag = VALUE_OBJECT,
		.depth = value_depth_over(o->values, sizeof(value_t), count),
		.count = o->count, .object = o };
}

static bool
is_object_of(value_t v, const struct value_entry *entries, size_t count)
{
	if (v.count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_same(v.object->keys[i], entries[i].key) ||
		    !is_same(v.object->values[i], entries[i].value))
			return false;
	return true;
}

value_t
json_share_object(struct json_share *s, struct arena *arena, const struct value_entry *entries,
    size_t count)
{
	uint64_t keys = count, all;
	value_t *kept;

	for (size_t i = 0; i < count; i++)
		keys = mix_value(keys, entries[i].key);
	all = keys;
	for (size_t i = 0; i < count && count <= REPEATED_MAX; i++)
		all = mix_value(all, entries[i].value);
	if (count > REPEATED_MAX)
		return make_object(&s->rows[slot_of(keys)], arena, entries, count);
	kept = &s->objects[slot_of(all)];
	if (!is_object_of(*kept, entries, count)) {
		value_t made = make_object(&s->rows[slot_of(keys)], arena, entries, count);

		if (!value_is_defined(made))
			return made;
		*kept = made;
	}
	return *kept;
}
