/* SPDX-License-Identifier: Apache-2.0 */
/* types: what a value is. */
#include "rego/builtin/util.h"

static enum rego_outcome
give_bool(bool b, value_t *ret)
{
	*ret = value_bool(b);
	return REGO_DEFINED;
}

static enum rego_outcome
is_null(struct rego_call *call, value_t *ret)
{
	return give_bool(call->arg[0].tag == VALUE_NULL, ret);
}

static enum rego_outcome
is_boolean(struct rego_call *call, value_t *ret)
{
	return give_bool(value_is_bool(call->arg[0]), ret);
}

static enum rego_outcome
is_number(struct rego_call *call, value_t *ret)
{
	return give_bool(value_is_number(call->arg[0]), ret);
}

static enum rego_outcome
is_string(struct rego_call *call, value_t *ret)
{
	return give_bool(value_is_string(call->arg[0]), ret);
}

static enum rego_outcome
is_array(struct rego_call *call, value_t *ret)
{
	return give_bool(call->arg[0].tag == VALUE_ARRAY, ret);
}

static enum rego_outcome
is_object(struct rego_call *call, value_t *ret)
{
	return give_bool(call->arg[0].tag == VALUE_OBJECT, ret);
}

static enum rego_outcome
is_set(struct rego_call *call, value_t *ret)
{
	return give_bool(call->arg[0].tag == VALUE_SET, ret);
}

static enum rego_outcome
type_name(struct rego_call *call, value_t *ret)
{
	return rego_give(value_text(call->arena, value_type_name(call->arg[0])), ret);
}

/* ---- casts that v0 had: they only pass on what already is of the type ---- */

static enum rego_outcome
pass_if(struct rego_call *call, bool matches, const char *type, value_t *ret)
{
	if (!matches)
		return rego_fail_type(call, 1, type, call->arg[0]);
	*ret = call->arg[0];
	return REGO_DEFINED;
}

static enum rego_outcome
cast_null(struct rego_call *call, value_t *ret)
{
	return pass_if(call, call->arg[0].tag == VALUE_NULL, "null", ret);
}

static enum rego_outcome
cast_boolean(struct rego_call *call, value_t *ret)
{
	return pass_if(call, value_is_bool(call->arg[0]), "boolean", ret);
}

static enum rego_outcome
cast_string(struct rego_call *call, value_t *ret)
{
	return pass_if(call, value_is_string(call->arg[0]), "string", ret);
}

static enum rego_outcome
cast_object(struct rego_call *call, value_t *ret)
{
	return pass_if(call, call->arg[0].tag == VALUE_OBJECT, "object", ret);
}

static enum rego_outcome
cast_array(struct rego_call *call, value_t *ret)
{
	value_t v = call->arg[0];

	if (v.tag != VALUE_SET)
		return pass_if(call, v.tag == VALUE_ARRAY, "one of {array, set}", ret);
	*ret = value_array_of(v.set->items, v.count);
	return REGO_DEFINED;
}

static enum rego_outcome
cast_set(struct rego_call *call, value_t *ret)
{
	value_t v = call->arg[0];
	struct set_builder made;

	if (v.tag != VALUE_ARRAY)
		return pass_if(call, v.tag == VALUE_SET, "one of {array, set}", ret);
	if (!rego_charge(call, v.count * sizeof(value_t)))
		return REGO_HALT;
	set_builder_init(&made, call->arena, v.count);
	for (uint32_t i = 0; i < v.count; i++)
		(void)set_builder_add(&made, v.items[i]);
	return rego_give(set_builder_freeze(&made), ret);
}

const struct rego_builtin rego_builtins_types[] = {
	{ "is_null", "x: any -> boolean", is_null, "Whether the value is null." },
	{ "is_boolean", "x: any -> boolean", is_boolean, "Whether the value is true or false." },
	{ "is_number", "x: any -> boolean", is_number, "Whether the value is a number." },
	{ "is_string", "x: any -> boolean", is_string, "Whether the value is a string." },
	{ "is_array", "x: any -> boolean", is_array, "Whether the value is an array." },
	{ "is_object", "x: any -> boolean", is_object, "Whether the value is an object." },
	{ "is_set", "x: any -> boolean", is_set, "Whether the value is a set." },
	{ "type_name", "x: any -> string", type_name, "The name of the value's type." },
	{ "cast_null", "x: any -> null", cast_null, "The value, if it is null.", REGO_DEPRECATED },
	{ "cast_boolean", "x: any -> boolean", cast_boolean, "The value, if it is a boolean.",
	    REGO_DEPRECATED },
	{ "cast_string", "x: any -> string", cast_string, "The value, if it is a string.",
	    REGO_DEPRECATED },
	{ "cast_array", "x: any -> array[any]", cast_array, "The array, or the set as an array.",
	    REGO_DEPRECATED },
	{ "cast_set", "x: any -> set[any]", cast_set, "The set, or the array as a set.",
	    REGO_DEPRECATED },
	{ "cast_object", "x: any -> object[any: any]", cast_object, "The value, if it is an object.",
	    REGO_DEPRECATED },
	{ 0 },
};
