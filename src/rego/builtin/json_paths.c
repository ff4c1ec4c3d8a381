/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.filter and json.remove: what a set of paths leads to, kept or left out.
 *
 * Paths are arrays of keys.  Put in order, those that begin alike stand together
 * and a path stands before those that lead through it, so the paths below a place
 * are a range, found by binary search.
 */
#include "base/must.h"
#include "rego/builtin/objects_internal.h"
#include "rego/builtin/util.h"

bool
rego_path_charge(struct rego_call *call, size_t bytes)
{
	if (rego_charge(call, bytes))
		return true;
	arena_fail(call->arena);
	return false;
}

/* ---- reading paths ---- */

/* "~1" is "/", "~0" is "~" (rfc6901 3). */
static value_t
make_key(struct arena *arena, str_t part)
{
	char *bytes = value_string_begin(arena, part.len);
	size_t len = 0;

	if (bytes == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < part.len; i++) {
		bool escape = part.data[i] == '~' && i + 1 < part.len &&
		    (part.data[i + 1] == '0' || part.data[i + 1] == '1');

		bytes[len++] = !escape ? part.data[i] : part.data[i + 1] == '0' ? '~' : '/';
		i += escape;
	}
	return value_string_done(bytes, len);
}

static value_t
parse_pointer(struct arena *arena, str_t text)
{
	size_t count = 1;
	value_t *keys;

	if (text.len == 0)
		return value_empty_array();
	while (text.len > 0 && text.data[0] == '/')
		text = str_skip(text, 1);
	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == '/';
	keys = ARENA_ARRAY(arena, value_t, count);
	if (keys == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < count; i++) {
		size_t end = str_find_char(text, '/', 0);

		keys[i] = make_key(arena, str_sub(text, 0, end));
		text = end < text.len ? str_skip(text, end + 1) : str_skip(text, end);
	}
	return arena_failed(arena) ? VALUE_NONE : value_array_of(keys, count);
}

value_t
rego_path_parse(struct arena *arena, value_t path)
{
	if (path.tag == VALUE_ARRAY)
		return path;
	return value_is_string(path) ? parse_pointer(arena, value_str(path)) : VALUE_NONE;
}

static enum rego_outcome
read_paths(struct rego_call *call, value_t *ret)
{
	value_t given = call->arg[1];
	struct set_builder paths;

	set_builder_init(&paths, call->arena, given.count);
	for (uint32_t i = 0; i < given.count; i++) {
		value_t path = rego_path_parse(call->arena, rego_items(given)[i]);

		if (arena_failed(call->arena))
			return REGO_HALT;
		if (!value_is_defined(path))
			return rego_fail_operand(call, 2, "must be one of {set, array} containing "
							  "string paths or array of path segments but got %s",
			    value_type_name(rego_items(given)[i]));
		if (path.count > 0)
			(void)set_builder_add(&paths, path);
	}
	return rego_give(set_builder_freeze(&paths), ret);
}

/* ---- walking ---- */

struct range {
	const value_t *paths;
	uint32_t count, depth; /* all paths agree before `depth`, and are at least so long */
};

static uint32_t
lower_bound(const struct range *r, value_t key, int order_of_equal)
{
	uint32_t low = 0, high = r->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = value_compare(r->paths[middle].items[r->depth], key);

		if (order < 0 || (order == 0 && order_of_equal < 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The paths that go on with `key`; none of the range's paths ends here. */
static struct range
narrow(const struct range *r, value_t key)
{
	uint32_t from = lower_bound(r, key, 1), to = lower_bound(r, key, -1);

	return (struct range){ r->paths + from, to - from, r->depth + 1 };
}

static bool
ends_here(const struct range *r)
{
	return r->count > 0 && r->paths[0].count == r->depth;
}

typedef value_t walk_fn(struct rego_call *, value_t, const struct range *);

/*
 * One walk serves both: `visit` answers what becomes of a child, VALUE_NONE: it
 * is left out (or the arena refused, which is noticed at the end).
 */
static value_t
walk_children(struct rego_call *call, value_t v, const struct range *r, walk_fn *visit)
{
	struct object_builder object;
	struct set_builder set;
	value_t *items = NULL;
	uint32_t count = 0;
	char index[16];

	if (!rego_path_charge(call, v.count * sizeof(struct value_entry)))
		return VALUE_NONE;
	object_builder_init(&object, call->arena, v.tag == VALUE_OBJECT ? v.count : 0);
	set_builder_init(&set, call->arena, v.tag == VALUE_SET ? v.count : 0);
	if (v.tag == VALUE_ARRAY)
		items = ARENA_ARRAY(call->arena, value_t, v.count);
	for (uint32_t i = 0; i < v.count && !arena_failed(call->arena); i++) {
		struct range below;
		value_t key, child;

		value_entry_at(v, i, &key, &child);
		if (v.tag == VALUE_ARRAY) { /* paths name indexes as text */
			struct buf text = { .data = index, .capacity = sizeof(index), .limit = sizeof(index) };

			buf_add_int(&text, i);
			key = value_string(call->arena, buf_str(&text));
		}
		below = narrow(r, key);
		child = visit(call, child, &below);
		if (!value_is_defined(child))
			continue;
		if (v.tag == VALUE_OBJECT)
			(void)object_builder_add(&object, key, child);
		else if (v.tag == VALUE_SET)
			(void)set_builder_add(&set, child);
		else
			items[count++] = child;
	}
	if (arena_failed(call->arena))
		return VALUE_NONE;
	if (v.tag == VALUE_OBJECT)
		return object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	return v.tag == VALUE_SET ? set_builder_freeze(&set) : value_array_of(items, count);
}

static value_t
keep_named(struct rego_call *call, value_t v, const struct range *r)
{
	if (r->count == 0)
		return VALUE_NONE;
	if (ends_here(r) || !value_is_collection(v))
		return v;
	return walk_children(call, v, r, keep_named);
}

static value_t
leave_out_named(struct rego_call *call, value_t v, const struct range *r)
{
	if (ends_here(r))
		return VALUE_NONE;
	if (r->count == 0 || !value_is_collection(v))
		return v;
	return walk_children(call, v, r, leave_out_named);
}

static enum rego_outcome
walk(struct rego_call *call, walk_fn *visit, value_t *ret)
{
	value_t paths;
	struct range all;
	enum rego_outcome outcome = read_paths(call, &paths);

	if (outcome != REGO_DEFINED)
		return outcome;
	all = (struct range){ paths.set->items, paths.count, 0 };
	return rego_give(walk_children(call, call->arg[0], &all, visit), ret);
}

enum rego_outcome
rego_json_filter(struct rego_call *call, value_t *ret)
{
	return walk(call, keep_named, ret);
}

enum rego_outcome
rego_json_remove(struct rego_call *call, value_t *ret)
{
	return walk(call, leave_out_named, ret);
}
