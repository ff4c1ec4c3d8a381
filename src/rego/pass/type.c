/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/type.h"

#include <stdlib.h>

enum {
	MOST_ALTERNATIVES = 64, /* a longer list becomes `any` */
};

const struct type type_any = { .kind = TYPE_ANY };
const struct type type_null = { .kind = TYPE_NULL };
const struct type type_boolean = { .kind = TYPE_BOOLEAN };
const struct type type_number = { .kind = TYPE_NUMBER };
const struct type type_string = { .kind = TYPE_STRING };

/* ---- making ---- */

static struct type *
make_type(struct compiler *c, enum type_kind kind)
{
	struct type *t = NEW(c, struct type);

	t->kind = kind;
	return t;
}

/* Adds what a part weighs; saturates just above the limit. */
static uint32_t
add_weight(uint32_t sum, type_t part)
{
	sum += part == NULL || part->weight == 0 ? 1 : part->weight;
	return sum > TYPE_WEIGHT_MAX ? TYPE_WEIGHT_MAX + 1 : sum;
}

static uint32_t
weigh(type_t *items, uint32_t count)
{
	uint32_t weight = 1;

	for (uint32_t i = 0; i < count; i++)
		weight = add_weight(weight, items[i]);
	return weight;
}

type_t
type_array(struct compiler *c, type_t *items, uint32_t count, type_t rest)
{
	struct type *t = make_type(c, TYPE_ARRAY);

	t->items = items;
	t->count = count;
	t->rest = rest;
	t->weight = add_weight(weigh(items, count), rest);
	if (t->weight > TYPE_WEIGHT_MAX)
		*t = (struct type){ .kind = TYPE_ARRAY, .rest = &type_any };
	return t;
}

type_t
type_set(struct compiler *c, type_t of)
{
	struct type *t = make_type(c, TYPE_SET);

	t->rest = of;
	t->weight = add_weight(1, of);
	if (t->weight > TYPE_WEIGHT_MAX)
		*t = (struct type){ .kind = TYPE_SET, .rest = &type_any };
	return t;
}

static int
compare_properties(const void *a, const void *b)
{
	const struct type_property *x = a, *y = b;

	return value_compare(x->key, y->key);
}

type_t
type_object(struct compiler *c, struct type_property *properties, uint32_t count, type_t key,
    type_t rest)
{
	struct type *t = make_type(c, TYPE_OBJECT);

	if (count > 1)
		qsort(properties, count, sizeof(*properties), compare_properties);
	t->properties = properties;
	t->count = count;
	t->key = key;
	t->rest = rest;
	t->weight = add_weight(add_weight(1, key), rest);
	for (uint32_t i = 0; i < count; i++)
		t->weight = add_weight(t->weight, properties[i].value);
	if (t->weight > TYPE_WEIGHT_MAX)
		*t = (struct type){ .kind = TYPE_OBJECT, .key = &type_any, .rest = &type_any };
	return t;
}

type_t
type_function(struct compiler *c, type_t *operands, uint32_t count, type_t result)
{
	struct type *t = make_type(c, TYPE_FUNCTION);

	t->items = operands;
	t->count = count;
	t->result = result;
	return t;
}

static type_t
type_of_object(struct compiler *c, value_t v)
{
	struct type_property *list = compiler_alloc(c, v.count, sizeof(*list));

	for (uint32_t i = 0; i < v.count; i++) {
		list[i].key = v.object->keys[i];
		list[i].value = type_of_value(c, v.object->values[i]);
	}
	return v.count == 0 ? type_object(c, NULL, 0, &type_any, &type_any)
	                    : type_object(c, list, v.count, NULL, NULL);
}

type_t
type_of_value(struct compiler *c, value_t v)
{
	type_t *items, of = NULL;

	switch (v.tag) {
	case VALUE_NULL:
		return &type_null;
	case VALUE_TRUE:
	case VALUE_FALSE:
		return &type_boolean;
	case VALUE_INT:
	case VALUE_NUMBER:
		return &type_number;
	case VALUE_STRING:
		return &type_string;
	case VALUE_ARRAY:
		items = compiler_alloc(c, v.count, sizeof(*items));
		for (uint32_t i = 0; i < v.count; i++)
			items[i] = type_of_value(c, v.items[i]);
		return type_array(c, items, v.count, v.count == 0 ? &type_any : NULL);
	case VALUE_OBJECT:
		return type_of_object(c, v);
	case VALUE_SET:
		for (uint32_t i = 0; i < v.count; i++)
			of = type_or(c, of, type_of_value(c, v.set->items[i]));
		return type_set(c, of == NULL ? &type_any : of);
	default:
		return NULL;
	}
}

/* ---- asking ---- */

static bool
lists_equal(const type_t *a, const type_t *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!type_equal(a[i], b[i]))
			return false;
	}
	return true;
}

static bool
has_alternative(type_t any, type_t t)
{
	for (uint32_t i = 0; i < any->count; i++) {
		if (type_equal(any->items[i], t))
			return true;
	}
	return false;
}

bool
type_equal(type_t a, type_t b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || a->kind != b->kind || a->count != b->count)
		return false;
	switch (a->kind) {
	case TYPE_NULL:
	case TYPE_BOOLEAN:
	case TYPE_NUMBER:
	case TYPE_STRING:
		return true;
	case TYPE_ARRAY:
		return lists_equal(a->items, b->items, a->count) && type_equal(a->rest, b->rest);
	case TYPE_OBJECT:
		for (uint32_t i = 0; i < a->count; i++) {
			if (!value_equal(a->properties[i].key, b->properties[i].key) ||
			    !type_equal(a->properties[i].value, b->properties[i].value))
				return false;
		}
		return type_equal(a->key, b->key) && type_equal(a->rest, b->rest);
	case TYPE_SET:
		return type_equal(a->rest, b->rest);
	case TYPE_ANY:
		for (uint32_t i = 0; i < a->count; i++) {
			if (!has_alternative(b, a->items[i]))
				return false;
		}
		return true;
	case TYPE_FUNCTION:
		return lists_equal(a->items, b->items, a->count) && type_equal(a->result, b->result) &&
		    a->variadic == b->variadic;
	}
	return false;
}

bool
type_is_any(type_t t)
{
	return t != NULL && t->kind == TYPE_ANY && t->count == 0;
}

bool
type_has_hole(type_t t)
{
	if (t == NULL)
		return true;
	switch (t->kind) {
	case TYPE_ARRAY:
		for (uint32_t i = 0; i < t->count; i++) {
			if (type_has_hole(t->items[i]))
				return true;
		}
		return t->rest != NULL && type_has_hole(t->rest);
	case TYPE_OBJECT:
		for (uint32_t i = 0; i < t->count; i++) {
			if (type_has_hole(t->properties[i].value))
				return true;
		}
		return t->key != NULL && (type_has_hole(t->key) || type_has_hole(t->rest));
	case TYPE_SET:
		return type_has_hole(t->rest);
	default:
		return false;
	}
}

/* ---- unions ---- */

/* `any` with `t` among its alternatives. */
static type_t
add_alternative(struct compiler *c, type_t any, type_t t)
{
	struct type *more;

	if (any->count == 0 || has_alternative(any, t))
		return any;
	if (any->count == MOST_ALTERNATIVES)
		return &type_any;
	more = make_type(c, TYPE_ANY);
	more->count = any->count + 1;
	more->items = compiler_alloc(c, more->count, sizeof(*more->items));
	for (uint32_t i = 0; i < any->count; i++)
		more->items[i] = any->items[i];
	more->items[any->count] = t;
	more->weight = weigh(more->items, more->count);
	return more->weight > TYPE_WEIGHT_MAX ? &type_any : more;
}

static type_t
unite_functions(struct compiler *c, type_t a, type_t b)
{
	type_t *operands;

	if (a->count != b->count || a->variadic != b->variadic)
		return NULL;
	operands = compiler_alloc(c, a->count, sizeof(*operands));
	for (uint32_t i = 0; i < a->count; i++)
		operands[i] = type_or(c, a->items[i], b->items[i]);
	return type_function(c, operands, a->count, type_or(c, a->result, b->result));
}

type_t
type_or(struct compiler *c, type_t a, type_t b)
{
	struct type *any;

	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	if (a->kind == TYPE_FUNCTION || b->kind == TYPE_FUNCTION)
		return a->kind == b->kind ? unite_functions(c, a, b) : NULL;
	if (type_is_any(a) || type_is_any(b))
		return &type_any;
	if (b->kind == TYPE_ANY) {
		for (uint32_t i = 0; i < b->count; i++)
			a = type_or(c, a, b->items[i]);
		return a;
	}
	if (a->kind == TYPE_ANY)
		return add_alternative(c, a, b);
	if (type_equal(a, b))
		return a;
	any = make_type(c, TYPE_ANY);
	any->count = 1;
	any->items = compiler_alloc(c, 1, sizeof(*any->items));
	any->items[0] = a;
	any->weight = weigh(any->items, 1);
	return add_alternative(c, any, b);
}

/* ---- inside of types ---- */

type_t
type_keys(struct compiler *c, type_t t)
{
	type_t keys = NULL;

	if (t == NULL)
		return NULL;
	switch (t->kind) {
	case TYPE_ARRAY:
		return &type_number;
	case TYPE_OBJECT:
		for (uint32_t i = 0; i < t->count; i++)
			keys = type_or(c, keys, type_of_value(c, t->properties[i].key));
		return type_or(c, keys, t->key);
	case TYPE_SET:
		return t->rest;
	case TYPE_ANY:
		for (uint32_t i = 0; i < t->count; i++)
			keys = type_or(c, keys, type_keys(c, t->items[i]));
		return t->count == 0 ? &type_any : keys;
	default:
		return NULL;
	}
}

type_t
type_values(struct compiler *c, type_t t)
{
	type_t values = NULL;

	if (t == NULL)
		return NULL;
	switch (t->kind) {
	case TYPE_ARRAY:
		for (uint32_t i = 0; i < t->count; i++)
			values = type_or(c, values, t->items[i]);
		return type_or(c, values, t->rest);
	case TYPE_OBJECT:
		for (uint32_t i = 0; i < t->count; i++)
			values = type_or(c, values, t->properties[i].value);
		return type_or(c, values, t->rest);
	case TYPE_SET:
		return t->rest;
	case TYPE_ANY:
		for (uint32_t i = 0; i < t->count; i++)
			values = type_or(c, values, type_values(c, t->items[i]));
		return t->count == 0 ? &type_any : values;
	default:
		return NULL;
	}
}

static bool
contains(type_t t, type_t part)
{
	if (t != NULL && t->kind == TYPE_ANY)
		return t->count == 0 || has_alternative(t, part);
	return type_equal(t, part);
}

static const struct type_property *
find_property(type_t object, value_t key)
{
	struct type_property wanted = { .key = key };

	if (object->count == 0)
		return NULL;
	return bsearch(&wanted, object->properties, object->count, sizeof(wanted),
	    compare_properties);
}

static type_t
select_element(type_t array, value_t key)
{
	if (!value_is_number(key))
		return NULL;
	if (key.tag != VALUE_INT)
		return array->rest;
	if (key.integer < 0)
		return NULL;
	return key.integer < array->count ? array->items[key.integer] : array->rest;
}

type_t
type_select(struct compiler *c, type_t t, value_t key)
{
	const struct type_property *property;
	type_t of = NULL;

	if (t == NULL)
		return NULL;
	switch (t->kind) {
	case TYPE_ARRAY:
		return select_element(t, key);
	case TYPE_OBJECT:
		property = find_property(t, key);
		if (property != NULL)
			return property->value;
		return t->rest != NULL && contains(t->key, type_of_value(c, key)) ? t->rest : NULL;
	case TYPE_SET:
		of = type_of_value(c, key);
		return contains(t->rest, of) ? of : NULL;
	case TYPE_ANY:
		for (uint32_t i = 0; i < t->count; i++)
			of = type_or(c, of, type_select(c, t->items[i], key));
		return t->count == 0 ? &type_any : of;
	default:
		return NULL;
	}
}

/* ---- unification ---- */

static bool
any_unifies(type_t any, type_t t)
{
	if (t->kind == TYPE_FUNCTION)
		return false;
	for (uint32_t i = 0; i < any->count; i++) {
		if (type_unifies(any->items[i], t))
			return true;
	}
	return any->count == 0;
}

static bool
elements_unify(type_t a, type_t b)
{
	for (uint32_t i = 0; i < a->count; i++) {
		if (!type_unifies(a->items[i], i < b->count ? b->items[i] : b->rest))
			return false;
	}
	return true;
}

static bool
properties_unify(type_t a, type_t b)
{
	for (uint32_t i = 0; i < a->count; i++) {
		const struct type_property *other = find_property(b, a->properties[i].key);
		type_t value = other != NULL ? other->value : b->rest;

		if (!type_unifies(a->properties[i].value, value))
			return false;
	}
	return true;
}

static bool
rests_unify(type_t a, type_t b)
{
	return a->rest == NULL || b->rest == NULL || type_unifies(a->rest, b->rest);
}

bool
type_unifies(type_t a, type_t b)
{
	if (a == NULL || b == NULL)
		return false;
	if (a->kind == TYPE_ANY && any_unifies(a, b))
		return true;
	if (b->kind == TYPE_ANY && any_unifies(b, a))
		return true;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case TYPE_NULL:
	case TYPE_BOOLEAN:
	case TYPE_NUMBER:
	case TYPE_STRING:
		return true;
	case TYPE_ARRAY:
		return elements_unify(a, b) && elements_unify(b, a) && rests_unify(a, b);
	case TYPE_OBJECT:
		return properties_unify(a, b) && properties_unify(b, a) && rests_unify(a, b);
	case TYPE_SET:
		return type_unifies(a->rest, b->rest);
	case TYPE_FUNCTION:
		return a->count == b->count && elements_unify(a, b);
	case TYPE_ANY:
		return false;
	}
	return false;
}

static type_t
merge_objects(struct compiler *c, type_t a, type_t b)
{
	return type_object(c, NULL, 0, type_or(c, a->key, b->key), type_merge(c, a->rest, b->rest));
}

type_t
type_merge(struct compiler *c, type_t a, type_t b)
{
	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	if (a->kind == TYPE_OBJECT && b->kind == TYPE_OBJECT && a->count == 0 && b->count == 0)
		return merge_objects(c, a, b);
	if (a->kind == TYPE_SET && b->kind == TYPE_SET)
		return type_set(c, type_or(c, a->rest, b->rest));
	return type_or(c, a, b);
}
