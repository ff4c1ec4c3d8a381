/* SPDX-License-Identifier: Apache-2.0 */
#include "value/intern.h"

enum { FIRST_SLOTS = 256 };

/* Open addressing, at most half full; the hash stands in the string. */
struct intern {
	struct arena *arena;
	const struct value_string **slots;
	size_t slot_count, count;
};

struct intern *
intern_new(struct arena *arena)
{
	struct intern *t = ARENA_NEW(arena, struct intern);

	if (t == NULL)
		return NULL;
	t->arena = arena;
	t->slot_count = FIRST_SLOTS;
	t->slots = ARENA_ARRAY(arena, const struct value_string *, FIRST_SLOTS);
	return t->slots != NULL ? t : NULL;
}

size_t
intern_count(const struct intern *t)
{
	return t->count;
}

static value_t
interned(const struct value_string *s)
{
	return (value_t){ .tag = VALUE_STRING, .flags = VALUE_INTERNED, .count = s->len, .string = s };
}

/* The slot of the string, or the free one where it belongs. */
static const struct value_string **
find_slot(const struct intern *t, str_t text, uint32_t hash)
{
	size_t mask = t->slot_count - 1, at = hash & mask;

	for (; t->slots[at] != NULL; at = (at + 1) & mask) {
		const struct value_string *s = t->slots[at];

		if (s->hash == hash && s->len == text.len &&
		    (text.len == 0 || memcmp(s->bytes, text.data, text.len) == 0))
			break;
	}
	return &t->slots[at];
}

static bool
grow(struct intern *t)
{
	struct intern wider = *t;

	wider.slot_count *= 2;
	wider.slots = ARENA_ARRAY(t->arena, const struct value_string *, wider.slot_count);
	if (wider.slots == NULL)
		return false;
	for (size_t i = 0; i < t->slot_count; i++) {
		const struct value_string *s = t->slots[i];

		if (s != NULL)
			*find_slot(&wider, str_make(s->bytes, s->len), s->hash) = s;
	}
	*t = wider;
	return true;
}

value_t
intern_add(struct intern *t, str_t text)
{
	uint32_t hash = value_hash_bytes(text.data, text.len);
	const struct value_string **slot = find_slot(t, text, hash);
	value_t made;

	if (*slot != NULL)
		return interned(*slot);
	if (t->count >= t->slot_count / 2) {
		if (!grow(t))
			return VALUE_NONE;
		slot = find_slot(t, text, hash);
	}
	made = value_string(t->arena, text);
	if (!value_is_defined(made))
		return VALUE_NONE;
	(void)value_hash(made); /* kept in the string before other threads see it */
	*slot = made.string;
	t->count++;
	return interned(made.string);
}

value_t
intern_add_text(struct intern *t, const char *text)
{
	return intern_add(t, str_of(text));
}

value_t
intern_find(const struct intern *t, str_t text)
{
	const struct value_string *s =
	    t != NULL ? *find_slot(t, text, value_hash_bytes(text.data, text.len)) : NULL;

	return s != NULL ? interned(s) : VALUE_NONE;
}
