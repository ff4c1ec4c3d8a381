/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "rego/builtin/schema_internal.h"

static bool read_schema(struct schema_compiler *, const struct schema_doc *, struct schema_node *);

bool
schema_work(struct schema_compiler *c, size_t bytes)
{
	c->stopped = c->stopped || !c->host->work(c->host->context, bytes);
	return !c->stopped;
}

bool
schema_refuse(struct schema_compiler *c, const char *format, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	text = len >= 0 ? arena_alloc_raw(c->arena, (size_t)len + 1, 1) : NULL;
	if (text != NULL) {
		(void)vsnprintf(text, (size_t)len + 1, format, again);
		c->problem = str_make(text, (size_t)len);
	}
	va_end(again);
	va_end(args);
	return false;
}

bool
schema_refuse_type(struct schema_compiler *c, const char *expected, const char *given)
{
	return schema_refuse(c, "Invalid type. Expected: %s, given: %s", expected, given);
}

static bool
is_schema(const struct schema_doc *doc)
{
	return value_is_bool(doc->value) || doc->value.tag == VALUE_OBJECT;
}

static struct schema_node *
make_node(struct schema_compiler *c, struct schema_node *parent, str_t property)
{
	struct schema_node *node;

	if (!schema_work(c, sizeof(*node)))
		return NULL;
	node = ARENA_NEW(c->arena, struct schema_node);
	if (node == NULL)
		return NULL;
	node->parent = parent;
	node->property = property;
	node->draft = parent != NULL ? parent->draft : SCHEMA_DRAFT_NONE;
	node->min_length = node->max_length = node->min_items = node->max_items = -1;
	node->min_properties = node->max_properties = -1;
	return node;
}

/* The node is in its place before it is read. */
static bool
read_into(struct schema_compiler *c, struct schema_node *parent, const struct schema_doc *doc,
    str_t property, struct schema_node **ret)
{
	*ret = make_node(c, parent, property);
	return *ret != NULL && read_schema(c, doc, *ret);
}

static bool
read_append(struct schema_compiler *c, struct schema_node *parent, const struct schema_doc *doc,
    str_t property, struct schema_nodes *nodes)
{
	struct schema_node *node = make_node(c, parent, property);

	return node != NULL && VEC_PUSH(c->arena, nodes, node) && read_schema(c, doc, node);
}

/* ---- keywords whose values are schemas ---- */

static bool
read_id(struct schema_compiler *c, struct schema_node *node, const struct schema_doc *doc,
    str_t name)
{
	(void)node;
	if (!value_is_string(doc->value))
		return schema_refuse_type(c, "string", name.data);
	return schema_ref_check(c, value_str(doc->value));
}

static bool
read_definitions(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	struct schema_node *unused;

	if (doc->value.tag != VALUE_OBJECT)
		return schema_refuse_type(c, "Array Of Schemas", name.data);
	for (uint32_t i = 0; i < doc->value.count; i++) {
		if (!is_schema(&doc->parts[i]))
			return schema_refuse_type(c, "Array Of Schemas", name.data);
		if (!read_into(c, node, &doc->parts[i], name, &unused))
			return false;
	}
	return true;
}

/* The target is known by its reference before it is read: it may refer to itself. */
static bool
read_ref(struct schema_compiler *c, struct schema_node *node, str_t reference)
{
	struct schema_slot *slot = schema_map_find(&c->references, reference);
	struct schema_node *target;
	struct schema_doc *doc;
	enum schema_draft draft;

	target = make_node(c, node, STR("$ref"));
	slot = target != NULL ? schema_map_add(c->arena, &c->references, reference) : NULL;
	if (slot == NULL)
		return false;
	slot->node = target;
	if (!schema_ref_find(c, reference, &doc, &draft))
		return false;
	if (draft != SCHEMA_DRAFT_NONE)
		target->draft = draft;
	if (!is_schema(doc))
		return schema_refuse(c, "Valid Schema must be of type object");
	if (!read_schema(c, doc, target))
		return false;
	node->ref = target;
	return true;
}

static bool
read_properties(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	(void)name;
	if (doc->value.tag != VALUE_OBJECT)
		return schema_refuse(c, "Properties must be of type object");
	for (uint32_t i = 0; i < doc->value.count; i++) {
		if (!read_append(c, node, &doc->parts[i],
			value_str(doc->value.object->keys[i]), &node->properties))
			return false;
	}
	return true;
}

static bool
read_additional(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	struct schema_additional *additional = str_eq(name, STR("additionalItems"))
	    ? &node->additional_items
	    : &node->additional_properties;

	if (!is_schema(doc))
		return schema_refuse_type(c, "boolean/Valid Schema", name.data);
	if (doc->value.tag != VALUE_OBJECT) {
		additional->rest =
		    doc->value.tag == VALUE_TRUE ? SCHEMA_REST_ALLOWED : SCHEMA_REST_REFUSED;
		return true;
	}
	additional->rest = SCHEMA_REST_NODE;
	return read_into(c, node, doc, name, &additional->node);
}

static bool
read_patterns(struct schema_compiler *c, struct schema_node *node, const struct schema_doc *doc,
    str_t name)
{
	if (doc->value.tag != VALUE_OBJECT)
		return schema_refuse_type(c, "Valid Schema", name.data);
	for (uint32_t i = 0; i < doc->value.count; i++) {
		struct schema_pattern pattern = {
			.source = value_str(doc->value.object->keys[i]) };

		if (!schema_make_regex(c, pattern.source, &pattern.regex))
			return false;
		if (pattern.regex == NULL)
			return schema_refuse(c, "Invalid regex pattern '%.*s'", STR_FMT(pattern.source));
		if (!read_into(c, node, &doc->parts[i], pattern.source, &pattern.node) ||
		    !VEC_PUSH(c->arena, &node->patterns, pattern))
			return false;
	}
	return true;
}

static bool
read_property_names(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	if (!is_schema(doc))
		return schema_refuse_type(c, "Valid Schema", "patternProperties");
	return read_into(c, node, doc, name, &node->property_names);
}

static bool
read_needs(struct schema_compiler *c, const struct schema_doc *doc, struct schema_strings *needs)
{
	value_t v = doc->value;

	for (uint32_t i = 0; i < v.count; i++) {
		if (!value_is_string(v.items[i]))
			return schema_refuse(c,
			    "Dependency must be of type Schema Or Array Of Strings");
		if (!VEC_PUSH(c->arena, needs, value_str(v.items[i])))
			return false;
	}
	return true;
}

static bool
read_dependencies(struct schema_compiler *c, struct schema_node *node,
    const struct schema_doc *doc, str_t name)
{
	if (doc->value.tag != VALUE_OBJECT)
		return schema_refuse(c, "%.*s must be of type object", STR_FMT(name));
	for (uint32_t i = 0; i < doc->value.count; i++) {
		const struct schema_doc *part = &doc->parts[i];
		struct schema_dependency d = {
			.property = value_str(doc->value.object->keys[i]) };

		if (!is_schema(part) && part->value.tag != VALUE_ARRAY)
			return schema_refuse(c,
			    "Dependency must be of type Schema Or Array Of Strings");
		if (is_schema(part) ? !read_into(c, node, part, d.property, &d.node)
				    : !read_needs(c, part, &d.needs))
			return false;
		if (!VEC_PUSH(c->arena, &node->dependencies, d))
			return false;
	}
	return true;
}

static bool
read_items(struct schema_compiler *c, struct schema_node *node, const struct schema_doc *doc,
    str_t name)
{
	node->items_are_alike = is_schema(doc);
	if (node->items_are_alike)
		return read_append(c, node, doc, name, &node->items);
	if (doc->value.tag != VALUE_ARRAY)
		return schema_refuse_type(c, "Valid Schema/Array Of Schemas", name.data);
	for (uint32_t i = 0; i < doc->value.count; i++) {
		if (!is_schema(&doc->parts[i]))
			return schema_refuse_type(c, "Valid Schema/Array Of Schemas", name.data);
		if (!read_append(c, node, &doc->parts[i], name, &node->items))
			return false;
	}
	return true;
}

static bool
read_contains(struct schema_compiler *c, struct schema_node *node, const struct schema_doc *doc,
    str_t name)
{
	return read_into(c, node, doc, name, &node->contains);
}

static bool
read_several(struct schema_compiler *c, struct schema_node *node, const struct schema_doc *doc,
    str_t name)
{
	struct schema_nodes *nodes = str_eq(name, STR("allOf")) ? &node->all_of
	    : str_eq(name, STR("anyOf"))			? &node->any_of
								: &node->one_of;

	if (doc->value.tag != VALUE_ARRAY)
		return schema_refuse(c, "%.*s must be of an array", STR_FMT(name));
	for (uint32_t i = 0; i < doc->value.count; i++) {
		if (!read_append(c, node, &doc->parts[i], name, nodes))
			return false;
	}
	return true;
}

static bool
read_condition(struct schema_compiler *c, struct schema_node *node, const struct schema_doc *doc,
    str_t name)
{
	struct schema_node **at = str_eq(name, STR("not")) ? &node->not
	    : str_eq(name, STR("if"))			   ? &node->when
	    : str_eq(name, STR("then"))			   ? &node->then
							   : &node->otherwise;

	if (!is_schema(doc))
		return schema_refuse(c, "%.*s must be of an object", STR_FMT(name));
	return read_into(c, node, doc, name, at);
}

/* ---- one schema ---- */

/* In OPA's order: it decides which of several mistakes is told. */
static const struct {
	str_t name;
	enum schema_draft since;
	schema_keyword_fn *read;
} before_ref[] = {
	{ STR("definitions"), SCHEMA_DRAFT_4, read_definitions },
	{ STR("title"), SCHEMA_DRAFT_4, schema_read_text },
	{ STR("description"), SCHEMA_DRAFT_4, schema_read_text },
}, after_ref[] = {
	{ STR("type"), SCHEMA_DRAFT_4, schema_read_type },
	{ STR("properties"), SCHEMA_DRAFT_4, read_properties },
	{ STR("additionalProperties"), SCHEMA_DRAFT_4, read_additional },
	{ STR("patternProperties"), SCHEMA_DRAFT_4, read_patterns },
	{ STR("propertyNames"), SCHEMA_DRAFT_6, read_property_names },
	{ STR("dependencies"), SCHEMA_DRAFT_4, read_dependencies },
	{ STR("items"), SCHEMA_DRAFT_4, read_items },
	{ STR("additionalItems"), SCHEMA_DRAFT_4, read_additional },
	{ STR("multipleOf"), SCHEMA_DRAFT_4, schema_read_multiple_of },
	{ STR("minimum"), SCHEMA_DRAFT_4, schema_read_minimum },
	{ STR("exclusiveMinimum"), SCHEMA_DRAFT_4, schema_read_exclusive },
	{ STR("maximum"), SCHEMA_DRAFT_4, schema_read_maximum },
	{ STR("exclusiveMaximum"), SCHEMA_DRAFT_4, schema_read_exclusive },
	{ STR("minLength"), SCHEMA_DRAFT_4, schema_read_count },
	{ STR("maxLength"), SCHEMA_DRAFT_4, schema_read_count },
	{ STR("pattern"), SCHEMA_DRAFT_4, schema_read_pattern },
	{ STR("format"), SCHEMA_DRAFT_4, schema_read_format },
	{ STR("minProperties"), SCHEMA_DRAFT_4, schema_read_count },
	{ STR("maxProperties"), SCHEMA_DRAFT_4, schema_read_count },
	{ STR("required"), SCHEMA_DRAFT_4, schema_read_required },
	{ STR("minItems"), SCHEMA_DRAFT_4, schema_read_count },
	{ STR("maxItems"), SCHEMA_DRAFT_4, schema_read_count },
	{ STR("uniqueItems"), SCHEMA_DRAFT_4, schema_read_unique },
	{ STR("contains"), SCHEMA_DRAFT_6, read_contains },
	{ STR("const"), SCHEMA_DRAFT_6, schema_read_const },
	{ STR("enum"), SCHEMA_DRAFT_4, schema_read_enum },
	{ STR("oneOf"), SCHEMA_DRAFT_4, read_several },
	{ STR("anyOf"), SCHEMA_DRAFT_4, read_several },
	{ STR("allOf"), SCHEMA_DRAFT_4, read_several },
	{ STR("not"), SCHEMA_DRAFT_4, read_condition },
	{ STR("if"), SCHEMA_DRAFT_7, read_condition },
	{ STR("then"), SCHEMA_DRAFT_7, read_condition },
	{ STR("else"), SCHEMA_DRAFT_7, read_condition },
};

#define READ_ALL(c, node, doc, keywords)                                                    \
	for (size_t k = 0; k < COUNT(keywords); k++) {                                      \
		const struct schema_doc *found = schema_doc_find(doc, (keywords)[k].name);  \
                                                                                            \
		if (found != NULL && (node)->draft >= (keywords)[k].since &&                \
		    !(keywords)[k].read(c, node, found, (keywords)[k].name))                \
			return false;                                                       \
	}

static bool
read_object(struct schema_compiler *c, const struct schema_doc *doc, struct schema_node *node)
{
	const struct schema_doc *old_id = schema_doc_find(doc, STR("id"));
	bool uses_old = node->draft == SCHEMA_DRAFT_4 || (node->draft == SCHEMA_HYBRID && old_id != NULL);
	const struct schema_doc *id = uses_old ? old_id : schema_doc_find(doc, STR("$id"));
	const struct schema_doc *ref = schema_doc_find(doc, STR("$ref"));

	if (id != NULL && !read_id(c, node, id, uses_old ? STR("id") : STR("$id")))
		return false;
	READ_ALL(c, node, doc, before_ref);
	if (ref != NULL) {
		struct schema_slot *known;
		str_t reference;

		if (!value_is_string(ref->value))
			return schema_refuse_type(c, "string", "$ref");
		reference = doc->has_ref ? doc->ref : value_str(ref->value);
		if (!schema_ref_check(c, reference))
			return false;
		known = schema_map_find(&c->references, reference);
		if (known == NULL)
			return read_ref(c, node, reference);
		node->ref = known->node; /* what stands beside it is read, but never used */
	}
	READ_ALL(c, node, doc, after_ref);
	return true;
}

static bool
read_schema(struct schema_compiler *c, const struct schema_doc *doc, struct schema_node *node)
{
	bool fine;

	if (node->draft >= SCHEMA_DRAFT_6 && value_is_bool(doc->value)) {
		node->is_bool = true;
		node->passes = doc->value.tag == VALUE_TRUE;
		return true;
	}
	if (doc->value.tag != VALUE_OBJECT)
		return schema_refuse(c, "Expected: Valid Schema, given: Invalid JSON");
	if (c->depth == SCHEMA_DEPTH)
		return schema_refuse(c, "the schema nests deeper than %d levels", SCHEMA_DEPTH);
	c->depth++;
	fine = read_object(c, doc, node);
	c->depth--;
	return fine;
}

/* ---- the whole ---- */

static bool
compile(struct schema_compiler *c, value_t document)
{
	struct schema_doc *doc;
	enum schema_draft draft;
	value_t copy = value_copy(c->arena, NULL, document);
	struct schema_node *root;

	if (!value_is_defined(copy) || !schema_work(c, arena_used(c->arena)) ||
	    !schema_ref_enter(c, copy, STR(""), &doc, &draft))
		return false;
	root = make_node(c, NULL, STR("(Root)"));
	if (root == NULL)
		return false;
	c->schema->root = root;
	root->draft = draft != SCHEMA_DRAFT_NONE ? draft : SCHEMA_HYBRID;
	return read_schema(c, doc, root) && !c->stopped && !arena_failed(c->arena);
}

enum schema_outcome
schema_make(struct arena *arena, const struct schema_host *host, value_t document,
    bool with_patterns, struct schema **ret, str_t *ret_problem)
{
	struct arena *own = arena_new(SCHEMA_MEMORY);
	struct schema *schema = own != NULL ? ARENA_NEW(own, struct schema) : NULL;
	struct schema_compiler c = { .schema = schema, .arena = own, .host = host,
		.with_patterns = with_patterns };
	bool fine;

	if (schema == NULL) {
		arena_free(&own);
		arena_fail(arena);
		return SCHEMA_STOPPED;
	}
	schema->arena = own;
	fine = compile(&c, document);
	if (fine) {
		*ret = schema;
		return SCHEMA_GOOD;
	}
	if (c.problem.len > 0)
		*ret_problem = arena_str(arena, c.problem);
	else
		*ret_problem = arena_printf(arena, "the schema takes more than %d bytes", SCHEMA_MEMORY);
	schema_free(&schema);
	return c.stopped || arena_failed(arena) ? SCHEMA_STOPPED : SCHEMA_BAD;
}

void
schema_free(struct schema **schema)
{
	struct arena *arena = *schema != NULL ? (*schema)->arena : NULL;

	if (arena == NULL)
		return;
	for (size_t i = 0; i < (*schema)->regexes.count; i++)
		regex_free((*schema)->regexes.at[i]);
	arena_free(&arena);
	*schema = NULL;
}
