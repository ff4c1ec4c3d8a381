/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.patch: JSON Patch (RFC 6902) on any value, sets included.
 *
 * Values are immutable: an operation makes new collections along its path and
 * shares the rest.  Whatever is wrong with a patch makes the call undefined.
 */
#include "rego/builtin/objects_internal.h"
#include "rego/builtin/util.h"

enum change { INSERT, DELETE };

struct patch {
	struct rego_call *call;
	value_t path; /* array of keys */
	enum change change;
	value_t value; /* INSERT */
};

/* ---- one collection, one element changed ---- */

static value_t
copy_array(struct rego_call *call, value_t array, uint32_t at, uint32_t drop, value_t put)
{
	uint32_t count = array.count - drop + value_is_defined(put);
	uint32_t behind = at + value_is_defined(put);
	value_t *items;

	if (!rego_path_charge(call, count * sizeof(*items)))
		return VALUE_NONE;
	items = ARENA_ARRAY(call->arena, value_t, count);
	if (items == NULL)
		return VALUE_NONE;
	memcpy(items, array.items, at * sizeof(*items));
	if (value_is_defined(put))
		items[at] = put;
	memcpy(items + behind, array.items + at + drop, (array.count - at - drop) * sizeof(*items));
	return value_array_of(items, count);
}

static value_t
copy_set(struct rego_call *call, value_t set, value_t drop, value_t put)
{
	struct set_builder made;

	if (!rego_path_charge(call, set.count * sizeof(value_t)))
		return VALUE_NONE;
	set_builder_init(&made, call->arena, (size_t)set.count + 1);
	for (uint32_t i = 0; i < set.count; i++) {
		if (!value_is_defined(drop) || !value_equal(set.set->items[i], drop))
			(void)set_builder_add(&made, set.set->items[i]);
	}
	if (value_is_defined(put))
		(void)set_builder_add(&made, put);
	return set_builder_freeze(&made);
}

static value_t
copy_object(struct rego_call *call, value_t object, value_t key, value_t put)
{
	struct object_builder made;

	if (!rego_path_charge(call, object.count * sizeof(struct value_entry)))
		return VALUE_NONE;
	if (value_is_defined(put))
		return value_object_with(call->arena, object, key, put);
	object_builder_init(&made, call->arena, object.count);
	for (uint32_t i = 0; i < object.count; i++) {
		const struct value_entry e = value_object_entry(object.object, i);

		if (!value_equal(e.key, key))
			(void)object_builder_add(&made, e.key, e.value);
	}
	return object_builder_freeze(&made, OBJECT_LAST_WINS, NULL);
}

/* An index as number or text; "-" is the place behind the last (rfc6902 4.1).  False: none. */
static bool
read_index(value_t key, uint32_t count, uint32_t *ret)
{
	uint64_t index = 0;
	str_t text;

	if (key.tag == VALUE_INT) {
		if (key.integer < 0 || key.integer > count)
			return false;
		*ret = (uint32_t)key.integer;
		return true;
	}
	if (!value_is_string(key))
		return false;
	text = value_str(key);
	if (str_eq(text, STR("-"))) {
		*ret = count;
		return true;
	}
	if (text.len == 0 || text.len > 10 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		index = index * 10 + (uint64_t)(text.data[i] - '0');
	}
	if (index > count)
		return false;
	*ret = (uint32_t)index;
	return true;
}

static value_t
find_child(value_t v, value_t key)
{
	uint32_t index;

	if (v.tag != VALUE_ARRAY)
		return value_get(v, key);
	return read_index(key, v.count, &index) && index < v.count ? v.items[index] : VALUE_NONE;
}

static value_t
replace_child(struct rego_call *call, value_t v, value_t key, value_t child)
{
	uint32_t index = 0;

	if (v.tag == VALUE_ARRAY) {
		(void)read_index(key, v.count, &index);
		return copy_array(call, v, index, 1, child);
	}
	return v.tag == VALUE_SET ? copy_set(call, v, key, child) : copy_object(call, v, key, child);
}

static value_t
change_child(const struct patch *p, value_t v, value_t key)
{
	bool insert = p->change == INSERT;
	value_t put = insert ? p->value : VALUE_NONE;
	uint32_t index;

	if (v.tag == VALUE_ARRAY) {
		if (!read_index(key, v.count, &index) || (!insert && index == v.count))
			return VALUE_NONE;
		return copy_array(p->call, v, index, insert ? 0 : 1, put);
	}
	if (!value_is_collection(v) || (!insert && !value_is_defined(value_get(v, key))))
		return VALUE_NONE;
	if (v.tag == VALUE_OBJECT)
		return copy_object(p->call, v, key, put);
	if (insert && !value_equal(key, put)) /* an element of a set is its own key */
		return VALUE_NONE;
	return copy_set(p->call, v, insert ? VALUE_NONE : key, put);
}

/* The value with the change made at the path from `depth` on; VALUE_NONE: it cannot be. */
static value_t
change_at(const struct patch *p, value_t v, uint32_t depth)
{
	value_t key = p->path.items[depth], child;

	if (depth + 1 == p->path.count)
		return change_child(p, v, key);
	child = find_child(v, key);
	if (!value_is_defined(child))
		return VALUE_NONE;
	child = change_at(p, child, depth + 1);
	return value_is_defined(child) ? replace_child(p->call, v, key, child) : VALUE_NONE;
}

/* ---- operations ---- */

enum { DEEPEST_PATH = 10000 }; /* change_at() calls itself */

/* False: the operation cannot be done.  *document is VALUE_NONE after its root was removed. */
static bool
change(struct rego_call *call, value_t *document, value_t path, enum change what, value_t value)
{
	struct patch p = { call, path, what, value };

	if (path.count > DEEPEST_PATH || (path.count > 0 && !value_is_defined(*document)))
		return false;
	if (path.count > 0) {
		*document = change_at(&p, *document, 0);
		return value_is_defined(*document);
	}
	if (what == DELETE && !value_is_defined(*document))
		return false;
	*document = what == INSERT ? value : VALUE_NONE;
	return true;
}

static value_t
find_at(value_t document, value_t path)
{
	for (uint32_t i = 0; i < path.count && value_is_defined(document); i++)
		document = find_child(document, path.items[i]);
	return document;
}

/* The member of the operation as a path; VALUE_NONE: missing or malformed. */
static value_t
read_path(struct rego_call *call, value_t operation, const char *member)
{
	value_t path = value_object_get_text(operation, member);

	return value_is_defined(path) ? rego_path_parse(call->arena, path) : VALUE_NONE;
}

static bool
copy_or_move(struct rego_call *call, value_t operation, value_t path, bool move, value_t *document)
{
	value_t from = read_path(call, operation, "from"), value;

	if (!value_is_defined(from))
		return false;
	value = find_at(*document, from);
	if (!value_is_defined(value))
		return false;
	if (move && !change(call, document, from, DELETE, VALUE_NONE))
		return false;
	return change(call, document, path, INSERT, value);
}

static bool
apply(struct rego_call *call, value_t operation, value_t *document)
{
	value_t path, value, name = value_object_get_text(operation, "op");
	str_t op;

	if (!value_is_defined(name) || !value_is_string(name))
		return false;
	op = value_str(name);
	path = read_path(call, operation, "path");
	value = value_object_get_text(operation, "value");
	if (!value_is_defined(path))
		return false;
	if (str_eq(op, STR("remove")))
		return change(call, document, path, DELETE, VALUE_NONE);
	if (str_eq(op, STR("move")) || str_eq(op, STR("copy")))
		return copy_or_move(call, operation, path, str_eq(op, STR("move")), document);
	if (!value_is_defined(value))
		return false;
	if (str_eq(op, STR("add")))
		return change(call, document, path, INSERT, value);
	if (str_eq(op, STR("replace")))
		return change(call, document, path, DELETE, VALUE_NONE) &&
		    change(call, document, path, INSERT, value);
	if (str_eq(op, STR("test"))) {
		value_t found = find_at(*document, path);

		return value_is_defined(found) && value_equal(found, value);
	}
	return false;
}

enum rego_outcome
rego_json_patch(struct rego_call *call, value_t *ret)
{
	value_t document = call->arg[0], operations = call->arg[1];

	for (uint32_t i = 0; i < operations.count; i++) {
		bool done = operations.items[i].tag == VALUE_OBJECT &&
		    rego_path_charge(call, 64) && apply(call, operations.items[i], &document);

		if (arena_failed(call->arena))
			return REGO_HALT;
		if (!done)
			return REGO_UNDEFINED;
	}
	if (!value_is_defined(document))
		return REGO_UNDEFINED;
	*ret = document;
	return REGO_DEFINED;
}
