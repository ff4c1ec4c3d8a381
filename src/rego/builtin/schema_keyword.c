/* SPDX-License-Identifier: Apache-2.0 */
/* Keywords whose values are no schemas. */
#include "rego/builtin/schema_internal.h"

enum { REGEX_WORK = 64 * 1024, REGEX_WORK_PER_BYTE = 512 };

const char *const schema_type_names[SCHEMA_TYPES] = {
	[SCHEMA_ARRAY] = "array", [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_INTEGER] = "integer",
	[SCHEMA_NUMBER] = "number", [SCHEMA_NULL] = "null", [SCHEMA_OBJECT] = "object",
	[SCHEMA_STRING] = "string",
};

bool
schema_read_text(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	(void)node;
	return value_is_string(doc->value) || schema_refuse_type(c, "string", name.data);
}

/* ---- type ---- */

static bool
add_type(struct schema_compiler *c, struct schema_node *node, str_t name)
{
	uint8_t type = 0;

	while (type < SCHEMA_TYPES && !str_eq(name, str_of(schema_type_names[type])))
		type++;
	if (type == SCHEMA_TYPES)
		return schema_refuse(c, "has a primitive type that is NOT VALID -- given: /%.*s/ "
			"Expected valid values are:[array boolean integer number null object string]",
		    STR_FMT(name));
	for (uint8_t i = 0; i < node->type_count; i++) {
		if (node->types[i] == type)
			return schema_refuse(c, "%.*s type is duplicated", STR_FMT(name));
	}
	node->types[node->type_count++] = type;
	return true;
}

bool
schema_read_type(struct schema_compiler *c, struct schema_node *node, const struct schema_doc *doc,
    str_t name)
{
	value_t v = doc->value;

	(void)name;
	if (value_is_string(v))
		return add_type(c, node, value_str(v));
	if (v.tag != VALUE_ARRAY)
		return schema_refuse_type(c, "string/Array Of Strings", "type");
	for (uint32_t i = 0; i < v.count; i++) {
		if (!value_is_string(v.items[i]))
			return schema_refuse_type(c, "string/Array Of Strings", "type");
		if (!add_type(c, node, value_str(v.items[i])))
			return false;
	}
	return true;
}

/* ---- numbers ---- */

bool
schema_read_multiple_of(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	if (!value_is_number(doc->value))
		return schema_refuse_type(c, "Number", name.data);
	if (number_compare(doc->value, value_int(0)) <= 0)
		return schema_refuse(c, "multipleOf must be strictly greater than 0");
	node->multiple_of = doc->value;
	return true;
}

static bool
read_bound(struct schema_compiler *c, value_t v, str_t name, value_t *ret)
{
	if (!value_is_number(v))
		return schema_refuse(c, "%.*s must be of a Number", STR_FMT(name));
	*ret = v;
	return true;
}

bool
schema_read_minimum(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	return read_bound(c, doc->value, name, &node->minimum);
}

bool
schema_read_maximum(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	return read_bound(c, doc->value, name, &node->maximum);
}

/* A number; in draft 4 whether the other bound, which must be there, is one of these. */
bool
schema_read_exclusive(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	bool lower = str_eq(name, STR("exclusiveMinimum"));
	value_t *inclusive = lower ? &node->minimum : &node->maximum;
	value_t *exclusive = lower ? &node->exclusive_minimum : &node->exclusive_maximum;
	value_t v = doc->value;

	if (node->draft != SCHEMA_DRAFT_4 && value_is_number(v)) {
		*exclusive = v;
		return true;
	}
	if (node->draft != SCHEMA_DRAFT_4 && node->draft != SCHEMA_HYBRID)
		return schema_refuse_type(c, "number", name.data);
	if (!value_is_bool(v))
		return schema_refuse_type(c,
		    node->draft == SCHEMA_HYBRID ? "boolean/number" : "boolean", name.data);
	if (!value_is_defined(*inclusive))
		return schema_refuse(c, "%.*s cannot be used without %s", STR_FMT(name),
		    lower ? "minimum" : "maximum");
	if (v.tag == VALUE_TRUE) {
		*exclusive = *inclusive;
		*inclusive = VALUE_NONE;
	}
	return true;
}

/* ---- counts ---- */

bool
schema_read_count(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	struct {
		str_t name;
		int64_t *count;
		const int64_t *lower; /* which this may not be below */
		const char *lower_name;
	} counts[] = {
		{ STR("minLength"), &node->min_length, NULL, NULL },
		{ STR("maxLength"), &node->max_length, &node->min_length, "minLength" },
		{ STR("minItems"), &node->min_items, NULL, NULL },
		{ STR("maxItems"), &node->max_items, NULL, NULL }, /* not compared, as in OPA */
		{ STR("minProperties"), &node->min_properties, NULL, NULL },
		{ STR("maxProperties"), &node->max_properties, &node->min_properties, "minProperties" },
	};
	size_t i = 0;

	while (!str_eq(counts[i].name, name))
		i++;
	if (doc->value.tag != VALUE_INT)
		return schema_refuse(c, "%.*s must be of an integer", STR_FMT(name));
	if (doc->value.integer < 0)
		return schema_refuse(c, "%.*s must be greater than or equal to 0", STR_FMT(name));
	*counts[i].count = doc->value.integer;
	if (counts[i].lower != NULL && *counts[i].lower > *counts[i].count)
		return schema_refuse(c, "%s cannot be greater than %.*s", counts[i].lower_name,
		    STR_FMT(name));
	return true;
}

/* ---- text ---- */

bool
schema_make_regex(struct schema_compiler *c, str_t source, struct regex **ret)
{
	char unused[REGEX_ERROR_LEN];

	if (!schema_work(c, REGEX_WORK + source.len * REGEX_WORK_PER_BYTE))
		return false;
	*ret = regex_new(source.data, source.len, unused);
	if (*ret == NULL || VEC_PUSH(c->arena, &c->schema->regexes, *ret))
		return true;
	regex_free(*ret);
	*ret = NULL;
	return false;
}

bool
schema_read_pattern(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	if (!value_is_string(doc->value))
		return schema_refuse_type(c, "string", name.data);
	if (!c->with_patterns)
		return true;
	node->pattern_source = value_str(doc->value);
	if (!schema_make_regex(c, node->pattern_source, &node->pattern))
		return false;
	return node->pattern != NULL || schema_refuse(c, "pattern must be a valid regex");
}

bool
schema_read_format(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	if (!value_is_string(doc->value))
		return schema_refuse_type(c, "string", name.data);
	node->format = value_str(doc->value);
	return true;
}

/* ---- lists ---- */

static bool
has(struct schema_compiler *c, const struct schema_strings *strings, str_t s)
{
	if (!schema_work(c, strings->count * sizeof(s)))
		return false;
	for (size_t i = 0; i < strings->count; i++) {
		if (str_eq(strings->at[i], s))
			return true;
	}
	return false;
}

static bool
refuse_list(struct schema_compiler *c, str_t name)
{
	return schema_refuse(c, "%.*s must be of an array", STR_FMT(name));
}

static bool
refuse_twin(struct schema_compiler *c, str_t name)
{
	return schema_refuse(c, "%.*s items must be unique", STR_FMT(name));
}

bool
schema_read_required(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	value_t v = doc->value;

	if (v.tag != VALUE_ARRAY)
		return refuse_list(c, name);
	for (uint32_t i = 0; i < v.count; i++) {
		if (!value_is_string(v.items[i]))
			return schema_refuse_type(c, "string", name.data);
		if (has(c, &node->required, value_str(v.items[i])))
			return refuse_twin(c, name);
		if (c->stopped || !VEC_PUSH(c->arena, &node->required, value_str(v.items[i])))
			return false;
	}
	return true;
}

bool
schema_read_unique(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	if (!value_is_bool(doc->value))
		return schema_refuse(c, "%.*s must be of a boolean", STR_FMT(name));
	node->unique_items = doc->value.tag == VALUE_TRUE;
	return true;
}

bool
schema_read_const(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	(void)name;
	node->has_constant = true;
	node->constant = schema_text_make(c->arena, doc->value);
	return node->constant.data != NULL;
}

bool
schema_read_enum(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	value_t v = doc->value;

	if (v.tag != VALUE_ARRAY)
		return refuse_list(c, name);
	node->has_enumeration = true;
	for (uint32_t i = 0; i < v.count; i++) {
		str_t text = schema_text_make(c->arena, v.items[i]);

		if (text.data == NULL)
			return false;
		if (has(c, &node->enumeration, text))
			return refuse_twin(c, name);
		if (c->stopped || !VEC_PUSH(c->arena, &node->enumeration, text))
			return false;
	}
	return true;
}
