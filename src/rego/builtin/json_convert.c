/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "rego/builtin/json_internal.h"
#include "rego/builtin/util.h"

static bool
is_same(value_t a, value_t b)
{
	return a.tag == b.tag && a.count == b.count && a.integer == b.integer;
}

static value_t *
copy_items(struct rego_call *call, const value_t *items, uint32_t count)
{
	value_t *copy;

	if (!rego_charge(call, count * sizeof(*copy)))
		return NULL;
	copy = ARENA_ARRAY(call->arena, value_t, count);
	if (copy != NULL && count > 0)
		memcpy(copy, items, count * sizeof(*copy));
	return copy;
}

static bool
convert_array(struct rego_call *call, value_t v, value_t *ret)
{
	const value_t *items = rego_items(v);
	value_t *copy = NULL, item;

	if (!rego_charge(call, v.count * sizeof(v))) /* parts may be shared: what is walked is not what is held */
		return false;
	if (v.tag == VALUE_SET && (copy = copy_items(call, items, v.count)) == NULL)
		return false;
	for (uint32_t i = 0; i < v.count; i++) {
		if (!rego_to_json(call, items[i], &item))
			return false;
		if (is_same(item, items[i]))
			continue;
		if (copy == NULL && (copy = copy_items(call, items, v.count)) == NULL)
			return false;
		copy[i] = item;
	}
	*ret = copy != NULL ? value_array_of(copy, v.count) : v;
	return true;
}

static bool
convert_key(struct rego_call *call, value_t key, value_t *ret)
{
	struct buf text;

	*ret = key;
	if (value_is_string(key))
		return true;
	rego_text_init(call, &text);
	json_write(&text, key);
	return rego_give_text(call, &text, ret) == REGO_DEFINED;
}

/* Members from `changed` on are converted; the first `changed` are as they were. */
static bool
rebuild_object(struct rego_call *call, value_t v, uint32_t changed, value_t *ret)
{
	struct object_builder b;

	if (!rego_charge(call, v.count * sizeof(struct value_entry)))
		return false;
	object_builder_init(&b, call->arena, v.count);
	for (uint32_t i = 0; i < v.count; i++) {
		struct value_entry e = value_object_entry(v.object, i);

		if (i >= changed && (!convert_key(call, e.key, &e.key) ||
					!rego_to_json(call, e.value, &e.value)))
			return false;
		if (!object_builder_add(&b, e.key, e.value))
			return false;
	}
	*ret = object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
	return value_is_defined(*ret);
}

static bool
convert_object(struct rego_call *call, value_t v, value_t *ret)
{
	value_t member;

	*ret = v;
	if (!rego_charge(call, v.count * sizeof(struct value_entry)))
		return false;
	for (uint32_t i = 0; i < v.count; i++) {
		const struct value_entry e = value_object_entry(v.object, i);

		if (value_is_string(e.key)) {
			if (!rego_to_json(call, e.value, &member))
				return false;
			if (is_same(member, e.value))
				continue;
		}
		return rebuild_object(call, v, i, ret);
	}
	return true;
}

bool
rego_to_json(struct rego_call *call, value_t v, value_t *ret)
{
	if (v.tag == VALUE_ARRAY || v.tag == VALUE_SET)
		return convert_array(call, v, ret);
	if (v.tag == VALUE_OBJECT)
		return convert_object(call, v, ret);
	*ret = v;
	return true;
}
