/* SPDX-License-Identifier: Apache-2.0 */
/* urlquery: the queries of URLs. */
#include "codec/percent.h"
#include "rego/builtin/json_internal.h"
#include "rego/builtin/util.h"

enum { LONGEST_ESCAPE = 64 }; /* three bytes, quoted */

static enum rego_outcome
encode(struct rego_call *call, value_t *ret)
{
	struct buf out;

	rego_text_init(call, &out);
	percent_write(&out, value_str(call->arg[0]));
	return rego_give_text(call, &out, ret);
}

static enum rego_outcome
refuse_escape(struct rego_call *call, str_t escape)
{
	struct buf quoted;
	enum rego_outcome outcome;

	buf_init(&quoted, LONGEST_ESCAPE);
	rego_quote(&quoted, escape);
	outcome = rego_fail(call, "invalid URL escape %.*s", STR_FMT(buf_str(&quoted)));
	buf_fini(&quoted);
	return outcome;
}

/* Go names what follows the offending %: at most three bytes in all. */
static enum rego_outcome
decode_part(struct rego_call *call, str_t text, value_t *ret)
{
	size_t bad;
	str_t bytes;

	if (!rego_charge(call, text.len))
		return REGO_HALT;
	switch (percent_read(call->arena, text, &bytes, &bad)) {
	case ERR_OK:
		return rego_give_str(call, bytes, ret);
	case ERR_MEMORY:
		return REGO_HALT;
	default:
		return refuse_escape(call, str_sub(text, bad, text.len - bad < 3 ? text.len - bad : 3));
	}
}

static enum rego_outcome
decode(struct rego_call *call, value_t *ret)
{
	return decode_part(call, value_str(call->arg[0]), ret);
}

/* ---- objects ---- */

static enum rego_outcome
refuse_value(struct rego_call *call)
{
	return rego_fail_operand(call, 1, "values must be string, array[string], or set[string]");
}

static void
write_pair(struct buf *out, str_t key, str_t value)
{
	if (out->len > 0)
		buf_add_char(out, '&');
	percent_write(out, key);
	buf_add_char(out, '=');
	percent_write(out, value);
}

/* False: a value is not text. */
static bool
write_member(struct buf *out, str_t key, value_t value)
{
	const value_t *items;

	if (value_is_string(value)) {
		write_pair(out, key, value_str(value));
		return true;
	}
	if (value.tag != VALUE_ARRAY && value.tag != VALUE_SET)
		return false;
	items = rego_items(value);
	for (uint32_t i = 0; i < value.count; i++) {
		if (!value_is_string(items[i]))
			return false;
		write_pair(out, key, value_str(items[i]));
	}
	return true;
}

static enum rego_outcome
encode_object(struct rego_call *call, value_t *ret)
{
	value_t object;
	struct buf out;

	if (!rego_to_json(call, call->arg[0], &object))
		return REGO_HALT;
	rego_text_init(call, &out);
	for (uint32_t i = 0; i < object.count; i++) {
		const struct value_entry e = value_object_entry(object.object, i);

		if (!write_member(&out, value_str(e.key), e.value)) {
			buf_fini(&out);
			return refuse_value(call);
		}
	}
	return rego_give_text(call, &out, ret);
}

/* One `key=value` of a query, decoded. */
static enum rego_outcome
decode_pair(struct rego_call *call, str_t part, value_t *ret_key, value_t *ret_value)
{
	size_t equals = str_find_char(part, '=', 0);
	size_t value_at = equals < part.len ? equals + 1 : part.len;
	enum rego_outcome outcome;

	if (str_find_char(part, ';', 0) < part.len)
		return rego_fail(call, "invalid semicolon separator in query");
	outcome = decode_part(call, str_sub(part, 0, equals), ret_key);
	if (outcome != REGO_DEFINED)
		return outcome;
	return decode_part(call, str_skip(part, value_at), ret_value);
}

/* The values of equal keys, in their order, as one array.  Entries are key and value. */
static value_t
group(struct rego_call *call, const struct object_builder *pairs)
{
	struct object_builder groups;
	struct set_builder keys;
	value_t *items = ARENA_ARRAY(call->arena, value_t, pairs->count);
	value_t distinct;
	size_t used = 0;

	set_builder_init(&keys, call->arena, pairs->count);
	for (uint32_t i = 0; i < pairs->count; i++)
		(void)set_builder_add(&keys, pairs->entries[i].key);
	distinct = set_builder_freeze(&keys);
	if (items == NULL || !value_is_defined(distinct))
		return VALUE_NONE;
	object_builder_init(&groups, call->arena, distinct.count);
	for (uint32_t k = 0; k < distinct.count; k++) {
		size_t from = used;

		if (!rego_charge(call, pairs->count))
			return VALUE_NONE;
		for (uint32_t i = 0; i < pairs->count; i++) {
			if (value_equal(pairs->entries[i].key, distinct.set->items[k]))
				items[used++] = pairs->entries[i].value;
		}
		(void)object_builder_add(&groups, distinct.set->items[k],
		    value_array_of(items + from, used - from));
	}
	return object_builder_freeze(&groups, OBJECT_LAST_WINS, NULL);
}

static enum rego_outcome
decode_object(struct rego_call *call, value_t *ret)
{
	str_t query = value_str(call->arg[0]);
	struct object_builder pairs;

	object_builder_init(&pairs, call->arena, 0);
	for (size_t at = 0; at < query.len;) {
		size_t end = str_find_char(query, '&', at);
		str_t part = str_sub(query, at, end - at);
		enum rego_outcome outcome;
		value_t key, value;

		at = end + 1;
		if (part.len == 0)
			continue;
		outcome = decode_pair(call, part, &key, &value);
		if (outcome != REGO_DEFINED)
			return outcome;
		if (!object_builder_add(&pairs, key, value))
			return REGO_HALT;
	}
	return rego_give(group(call, &pairs), ret);
}

const struct rego_builtin rego_builtins_url[] = {
	{ "urlquery.encode", "x: string -> string", encode, "`x` as it stands in the query of a URL." },
	{ "urlquery.decode", "x: string -> string", decode, "`x` without the escapes of a URL's query." },
	{ "urlquery.encode_object", "object: object[string: (string|array[string]|set[string])] -> string",
	  encode_object, "A query with a parameter for each member, repeated for each of several values." },
	{ "urlquery.decode_object", "x: string -> object[string: array[string]]", decode_object,
	  "The parameters of the query `x`, each with all its values." },
	{ 0 },
};
