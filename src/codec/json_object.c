/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_object.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/*
 * The first eight bytes of a string as a number that orders as they do, zeros
 * behind a short one.  What is loaded for a short one begins in its header.
 */
static inline uint64_t
prefix_of(value_t string)
{
	uint32_t len = string.count, missing = len < 8 ? 8 - len : 0;
	uint64_t word;

	static_assert(offsetof(struct value_string, bytes) >= sizeof(word));
	memcpy(&word, string.string->bytes - missing, sizeof(word));
	return missing == 8 ? 0 : __builtin_bswap64(word) << 8 * missing;
}

/* Stable; answers how many of the entries are left when of equal keys the last is kept. */
static size_t
sort_few(struct value_entry *entries, size_t count, value_t *ret_twice)
{
	uint64_t prefixes[VALUE_SCAN_LIMIT];
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct value_entry e = entries[i];
		uint64_t prefix = prefix_of(e.key);
		size_t at = kept;
		int order = 1;

		for (; at > 0 && prefix <= prefixes[at - 1]; at--) {
			if (prefix == prefixes[at - 1]) {
				order = str_cmp(value_str(e.key), value_str(entries[at - 1].key));
				if (order >= 0)
					break;
			}
		}
		if (order == 0) {
			if (ret_twice != NULL)
				*ret_twice = e.key;
			entries[at - 1].value = e.value;
			continue;
		}
		for (size_t k = kept; k > at; k--) {
			entries[k] = entries[k - 1];
			prefixes[k] = prefixes[k - 1];
		}
		entries[at] = e;
		prefixes[at] = prefix;
		kept++;
	}
	return kept;
}

static value_t
make_small(struct arena *arena, struct json_share *share, struct value_entry *entries,
    size_t count, value_t *ret_twice)
{
	struct value_object *o;
	value_t *values, *keys;
	uint16_t deepest = 0;

	count = sort_few(entries, count, ret_twice);
	if (share != NULL)
		return json_share_object(share, arena, entries, count);
	o = arena_alloc_raw(arena, sizeof(*o) + count * sizeof(*entries), _Alignof(value_t));
	if (o == NULL)
		return VALUE_NONE;
	o->count = (uint32_t)count;
	o->mask = 0;
	o->index = NULL;
	values = o->values;
	o->keys = keys = values + count;
	for (size_t i = 0; i < count; i++) {
		values[i] = entries[i].value;
		keys[i] = entries[i].key;
		deepest = entries[i].value.depth > deepest ? entries[i].value.depth : deepest;
	}
	return (value_t){ .tag = VALUE_OBJECT,
		.depth = (uint16_t)(deepest < UINT16_MAX ? deepest + 1 : deepest),
		.count = o->count, .object = o };
}

static value_t
make_large(struct arena *arena, struct value_entry *entries, size_t count,
    value_t *ret_twice)
{
	value_t twice = VALUE_NONE, v;

	if (ret_twice == NULL)
		return value_object_of(arena, entries, count, OBJECT_LAST_WINS, NULL);
	v = value_object_of(arena, entries, count, OBJECT_DISTINCT, &twice);
	if (!value_is_defined(twice))
		return v;
	*ret_twice = twice;
	return value_object_of(arena, entries, count, OBJECT_LAST_WINS, NULL);
}

value_t
json_object_make(struct arena *arena, struct json_share *share, struct value_entry *entries,
    size_t count, value_t *ret_twice)
{
	if (count > VALUE_SCAN_LIMIT)
		return make_large(arena, entries, count, ret_twice);
	return make_small(arena, share, entries, count, ret_twice);
}
