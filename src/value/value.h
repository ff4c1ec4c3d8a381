/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: what policies compute with.
 *
 * A value is 16 bytes: a tag, flags, a count, and 8 bytes of payload.  Null,
 * booleans and integers that fit int64 are inline; everything else points to
 * an immutable thing in an arena.  There are no reference counts and no
 * destructors: a value lives as long as its arena.  A request's value may point
 * into the snapshot, never the other way.
 *
 *   undefined  is not a value: it is what a failed look-up yields, and the zero
 *              value_t.  It never stands inside an array, object or set.
 *   order      null < false < true < numbers < strings (by UTF-8 bytes) <
 *              arrays < objects < sets, as OPA compares.  Objects and sets keep
 *              their entries in that order, so iterating is walking an array.
 *   strings    flag VALUE_INTERNED says that the bytes stand in the snapshot's
 *              intern table (intern.h): two interned strings are equal if and
 *              only if their pointers are.  An evaluation knows one table.
 *   numbers    VALUE_INT is an int64 in its plain spelling.  VALUE_NUMBER is
 *              anything else: a bigger integer, a fraction, or an integer spelled
 *              otherwise (1.0, 1e2), which prints as it was written and equals
 *              by value.  See number.h.
 *   depth      every collection knows how deep it nests, so that whoever goes into
 *              one may recurse: readers refuse what is deeper than VALUE_DEEPEST,
 *              the machine ends an evaluation that made it
 *   threads    immutable, so free to share
 */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* FALSE is the only defined tag that is not truthy: see value_is_truthy(). */
enum value_tag {
	VALUE_UNDEFINED,
	VALUE_FALSE,
	VALUE_NULL,
	VALUE_TRUE,
	VALUE_INT,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT,
	VALUE_SET,
	VALUE_INTERNAL, /* from here on: registers of the machine only */
};

enum { VALUE_INTERNED = 1 }; /* flags */

enum { VALUE_DEEPEST = 2000 };

typedef struct value value_t;

struct value {
	uint8_t tag;
	uint8_t flags;
	uint16_t depth; /* array, object, set: levels, itself included; else 0 */
	uint32_t count; /* string: bytes; array, object, set: elements */
	union {
		int64_t integer;
		const struct value_number *number;
		const struct value_string *string;
		const value_t *items; /* array */
		const struct value_object *object;
		const struct value_set *set;
		void *internal;
	};
};

struct value_string {
	uint32_t len;
	uint32_t hash; /* 0: not computed yet, see value_hash() */
	char bytes[];
};

struct value_entry {
	value_t key, value;
};

/*
 * Entries in order: the i-th is keys[i] and values[i].  The keys follow the
 * values, unless many objects of a document have the same ones: those share them.
 * `index` is there when there are more than VALUE_SCAN_LIMIT entries: an
 * open-addressed table of mask + 1 slots holding entry number + 1, 0 for free, by
 * value_hash() of the key.
 */
struct value_object {
	uint32_t count, mask;
	const uint32_t *index;
	value_t *keys;
	value_t values[];
};

struct value_set {
	uint32_t count, mask;
	const uint32_t *index;
	value_t items[];
};

static inline struct value_entry
value_object_entry(const struct value_object *o, uint32_t i)
{
	return (struct value_entry){ o->keys[i], o->values[i] };
}

enum { VALUE_SCAN_LIMIT = 8 };

/* ---- making ---- */

#define VALUE_NONE ((value_t){ .tag = VALUE_UNDEFINED })

static inline value_t
value_null(void)
{
	return (value_t){ .tag = VALUE_NULL };
}

static inline value_t
value_bool(bool b)
{
	return (value_t){ .tag = b ? VALUE_TRUE : VALUE_FALSE };
}

static inline value_t
value_int(int64_t i)
{
	return (value_t){ .tag = VALUE_INT, .integer = i };
}

/* Copies the bytes.  VALUE_NONE when the arena refused (all makers do so). */
value_t value_string(struct arena *, str_t);
value_t value_text(struct arena *, const char *);

/* A string of `len` bytes for the caller to fill; the value is given back by value_string_done. */
char *value_string_begin(struct arena *, size_t len);
value_t value_string_done(char *bytes, size_t len); /* `len` at most what was begun */

value_t value_array_of(const value_t *items, size_t count); /* borrows `items`, of the same lifetime */

value_t value_array(struct arena *, const value_t *items, size_t count); /* copies */

/* The depth of a collection of values that lie `stride` bytes apart. */
uint16_t value_depth_over(const value_t *first, size_t stride, size_t count);

/*
 * Builders collect in any order, with duplicates; the freeze sorts, removes
 * duplicates and gives the value.  They live in the caller's storage and take
 * memory from the arena.
 *
 * A set keeps the first of equal elements ({1.0, 1} is {1.0}).  What happens to
 * equal keys of an object is the caller's choice.
 */
struct set_builder {
	struct arena *arena;
	value_t *items;
	uint32_t count, capacity;
};

void set_builder_init(struct set_builder *, struct arena *, size_t expected);
bool set_builder_add(struct set_builder *, value_t); /* false: the arena refused */
value_t set_builder_freeze(struct set_builder *);

enum object_rule { OBJECT_LAST_WINS, OBJECT_FIRST_WINS, OBJECT_NO_CONFLICT, OBJECT_DISTINCT };

struct object_builder {
	struct arena *arena;
	struct value_entry *entries;
	uint32_t count, capacity;
};

void object_builder_init(struct object_builder *, struct arena *, size_t expected);
bool object_builder_add(struct object_builder *, value_t key, value_t value);
bool object_builder_add_text(struct object_builder *, const char *key, value_t value);
/*
 * OBJECT_NO_CONFLICT: equal keys must have equal values; else the answer is
 * VALUE_NONE and *ret_conflict (which may be NULL otherwise) is the key.
 * OBJECT_DISTINCT: the same for equal keys, whatever their values.
 */
value_t object_builder_freeze(struct object_builder *, enum object_rule, value_t *ret_conflict);

/* The same from entries that are somewhere already; they are sorted in place. */
value_t value_object_of(struct arena *, struct value_entry *, size_t count, enum object_rule,
    value_t *ret_conflict);

value_t value_empty_object(void); /* static storage */
value_t value_empty_set(void);
value_t value_empty_array(void);

/* ---- reading ---- */

static inline bool
value_is_defined(value_t v)
{
	return v.tag != VALUE_UNDEFINED;
}

static inline bool
value_is_truthy(value_t v)
{
	return v.tag > VALUE_FALSE;
}

static inline bool
value_is_number(value_t v)
{
	return v.tag == VALUE_INT || v.tag == VALUE_NUMBER;
}

static inline bool
value_is_bool(value_t v)
{
	return v.tag == VALUE_TRUE || v.tag == VALUE_FALSE;
}

static inline bool
value_is_string(value_t v)
{
	return v.tag == VALUE_STRING;
}

static inline bool
value_is_collection(value_t v)
{
	return v.tag >= VALUE_ARRAY && v.tag <= VALUE_SET;
}

static inline str_t
value_str(value_t v) /* v is a string */
{
	return str_make(v.string->bytes, v.count);
}

/* "null", "boolean", "number", "string", "array", "object", "set"; "undefined". */
const char *value_type_name(value_t);

bool value_equal_slow(value_t, value_t);
int value_compare(value_t, value_t); /* -1, 0, 1; both defined */
uint32_t value_hash(value_t); /* equal values, equal hashes; keyed per process */

enum { VALUE_LONG_TEXT = 256 }; /* bytes: from here on comparing is work.h's to count */

static inline bool
value_equal(value_t a, value_t b)
{
	if (a.tag == b.tag) {
		if (a.tag <= VALUE_TRUE)
			return true;
		if (a.tag == VALUE_INT)
			return a.integer == b.integer;
		if (a.tag == VALUE_STRING) {
			if (a.count != b.count)
				return false;
			if (a.string == b.string)
				return true;
			if (a.flags & b.flags & VALUE_INTERNED)
				return false;
			if (a.count >= VALUE_LONG_TEXT)
				return value_equal_slow(a, b);
			return memcmp(a.string->bytes, b.string->bytes, a.count) == 0;
		}
	}
	return value_equal_slow(a, b);
}

/* Element of an array (key an integer in range, 1.0 too), object or set; else VALUE_NONE. */
value_t value_get(value_t container, value_t key);
value_t value_object_get(value_t object, value_t key); /* VALUE_NONE also if not an object */
value_t value_object_get_text(value_t object, const char *key);
value_t value_object_get_str(value_t object, str_t key);
bool value_set_has(value_t set, value_t item);

/*
 * The i-th of an array, object or set, in order: *ret_key is the index, the key,
 * or the element itself.  i below value.count.
 */
static inline void
value_entry_at(value_t v, uint32_t i, value_t *ret_key, value_t *ret_value)
{
	if (v.tag == VALUE_ARRAY) {
		*ret_key = value_int(i);
		*ret_value = v.items[i];
	} else if (v.tag == VALUE_OBJECT) {
		*ret_key = v.object->keys[i];
		*ret_value = v.object->values[i];
	} else {
		*ret_key = *ret_value = v.set->items[i];
	}
}

/* A copy of `v` in another arena, with nothing left behind; strings interned by it if it is not NULL. */
struct intern;
value_t value_copy(struct arena *, struct intern *, value_t v);

/* Object with `value` at `key`, the rest as before (shallow copy). */
value_t value_object_with(struct arena *, value_t object, value_t key, value_t value);
/* Objects merged key by key, `over` first where both have a key that is not an object in both. */
value_t value_object_merge(struct arena *, value_t under, value_t over);

/* ---- printing ---- */

/* As Rego text: sets {1, 2}, empty set set(), strings quoted as JSON does.  OPA's String(). */
void value_print(struct buf *, value_t);

/* Sets the key of value_hash(), from random bytes, once, before the first value is made. */
void value_hash_key(const uint8_t key[16]);
uint32_t value_hash_bytes(const void *, size_t); /* keyed SipHash-1-3; never 0 */

#endif
