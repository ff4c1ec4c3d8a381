/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type: what the compiler can know of a value without having it.
 *
 * NULL is the type of a term about which nothing could be found out because of an
 * error in it.  TYPE_ANY without alternatives is any value.  Arrays have a type for
 * each of the first elements and one for all others; objects one for each known
 * key and one for all others.  Types are immutable.  Parts are shared, so a type of
 * doubled arrays could take forever to walk: what weighs more than TYPE_WEIGHT_MAX is
 * known only as array, set or object.
 */
#ifndef REGO_PASS_TYPE_H
#define REGO_PASS_TYPE_H

#include "rego/pass/pass.h"

enum type_kind {
	TYPE_NULL,
	TYPE_BOOLEAN,
	TYPE_NUMBER,
	TYPE_STRING,
	TYPE_ARRAY,
	TYPE_OBJECT,
	TYPE_SET,
	TYPE_ANY,
	TYPE_FUNCTION,
};

typedef const struct type *type_t;

struct type_property {
	value_t key;
	type_t value;
};

struct type {
	enum type_kind kind;
	uint32_t count;
	type_t *items; /* array: first elements; any: alternatives; function: operands */
	struct type_property *properties; /* object: `count` known keys, in order */
	type_t key; /* object: of other keys */
	type_t rest; /* array: of other elements; object: of other values; set: of elements */
	type_t result; /* function; NULL: void */
	bool variadic; /* function */
	uint32_t weight; /* types inside, each as often as it is met; 0 is 1 */
};

enum { TYPE_WEIGHT_MAX = 1 << 16 };

extern const struct type type_any, type_null, type_boolean, type_number, type_string;

/* Making. */
type_t type_of_value(struct compiler *, value_t);
type_t type_array(struct compiler *, type_t *items, uint32_t count, type_t rest);
type_t type_set(struct compiler *, type_t of);
/* Takes `properties` over, sorts them; later ones win. */
type_t type_object(struct compiler *, struct type_property *properties, uint32_t count, type_t key,
    type_t rest);
type_t type_function(struct compiler *, type_t *operands, uint32_t count, type_t result);
type_t type_of_signature(struct compiler *, const char *signature); /* of a built-in */

/* Asking; NULL where there is no such thing. */
bool type_equal(type_t, type_t);
bool type_is_any(type_t); /* any value whatever */
bool type_has_hole(type_t); /* nothing is known of some part of it */
type_t type_or(struct compiler *, type_t, type_t); /* either may be NULL */
type_t type_keys(struct compiler *, type_t);
type_t type_values(struct compiler *, type_t);
type_t type_select(struct compiler *, type_t, value_t key);
bool type_unifies(type_t, type_t); /* can one value have both types? */
type_t type_merge(struct compiler *, type_t, type_t); /* of two rules with one path */

/* As OPA writes them. */
void type_write(struct buf *, type_t);
str_t type_text(struct compiler *, type_t);
str_t type_list_text(struct compiler *, const type_t *, size_t count); /* with commas */

#endif
