/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schema as a type, as far as OPA takes it: types, properties, items, anyOf, allOf and
 * references; a schema inside itself is any value.
 */
#include "rego/builtin/schema.h"
#include "rego/pass/type_schema.h"

enum { MOST_WORK = 1 << 30, DEEPEST = SCHEMA_DEPTH };

struct reader {
	struct compiler *compiler;
	unsigned depth;
	str_t problem;
};

static type_t read_node(struct reader *, struct schema_node *);

/* Answers NULL. */
static type_t
refuse(struct reader *r, str_t problem)
{
	r->problem = problem;
	return NULL;
}

/* Puts a name before the sentence: it happened there. */
static type_t
refuse_at(struct reader *r, const struct schema_node *node)
{
	return refuse(r, arena_printf(r->compiler->arena, "unexpected schema type %.*s: %.*s",
	    STR_FMT(node->property), STR_FMT(r->problem)));
}

/* ---- what is said of types ---- */

static bool
has_type(const struct schema_node *node, enum schema_type type)
{
	for (uint8_t i = 0; i < node->type_count; i++) {
		if (node->types[i] == type)
			return true;
	}
	return false;
}

static void
add_type(struct schema_node *node, enum schema_type type)
{
	if (!has_type(node, type))
		node->types[node->type_count++] = (uint8_t)type;
}

static bool
same_types(const struct schema_node *a, const struct schema_node *b)
{
	return a->type_count == b->type_count && memcmp(a->types, b->types, a->type_count) == 0;
}

static str_t
types_text(struct reader *r, const struct schema_node *node)
{
	char text[128];
	struct buf b = { .data = text, .capacity = sizeof(text), .limit = sizeof(text) };

	if (node->type_count == 0)
		return STR("Undefined");
	buf_add_text(&b, node->type_count > 1 ? "[" : "");
	for (uint8_t i = 0; i < node->type_count; i++) {
		buf_add_text(&b, i > 0 ? "," : "");
		buf_add_text(&b, schema_type_names[node->types[i]]);
	}
	buf_add_text(&b, node->type_count > 1 ? "]" : "");
	return arena_str(r->compiler->arena, buf_str(&b));
}

/* Properties make an object and items an array, said or not. */
static void
imply_type(struct schema_node *node)
{
	if (node->properties.count > 0)
		add_type(node, SCHEMA_OBJECT);
	else if (node->items.count > 0)
		add_type(node, SCHEMA_ARRAY);
}

/* ---- allOf ---- */

static void
append(struct reader *r, struct schema_nodes *to, const struct schema_nodes *from)
{
	size_t count = from->count; /* they may be the same */

	for (size_t i = 0; i < count; i++)
		PUSH(r->compiler, to, from->at[i]);
}

static bool
merge_items(struct reader *r, struct schema_node *into, const struct schema_node *node)
{
	for (size_t i = 0; i < node->items.count; i++) {
		if (i >= into->items.count)
			PUSH(r->compiler, &into->items, node->items.at[i]);
		if (!same_types(into->items.at[i], node->items.at[i]))
			return refuse(r, STR("unable to merge these schemas")) != NULL;
	}
	return true;
}

/* Properties and items of `node`, added to those of `into`. */
static bool
merge(struct reader *r, struct schema_node *into, struct schema_node *node)
{
	if (!same_types(into, node))
		return refuse(r, arena_printf(r->compiler->arena,
		    "unable to merge these schemas: type mismatch: %.*s and %.*s",
		    STR_FMT(types_text(r, into)), STR_FMT(types_text(r, node)))) != NULL;
	if (has_type(into, SCHEMA_OBJECT) && into->properties.count > 0 && node->properties.count > 0)
		append(r, &into->properties, &node->properties);
	else if (has_type(into, SCHEMA_ARRAY) && into->items.count > 0 && node->items.count > 0)
		return merge_items(r, into, node);
	return true;
}

/* What all demand stands in the first of them then. */
static type_t
read_all_of(struct reader *r, struct schema_node *node)
{
	struct schema_node *all = node->all_of.at[0];

	for (size_t i = 0; i < node->all_of.count; i++)
		imply_type(node->all_of.at[i]);
	for (size_t i = 1; i < node->all_of.count; i++) {
		if (!merge(r, all, node->all_of.at[i]))
			return NULL;
	}
	if (node->type_count > 0) {
		if ((has_type(node, SCHEMA_OBJECT) && has_type(all, SCHEMA_OBJECT)) ||
		    (has_type(node, SCHEMA_ARRAY) && has_type(all, SCHEMA_ARRAY))) {
			imply_type(all);
			imply_type(node);
			if (!merge(r, all, node))
				return NULL;
		} else if (!same_types(node, all)) {
			return refuse(r, STR("unable to merge these schemas"));
		}
	}
	return read_node(r, all);
}

/* ---- the kinds ---- */

static type_t
read_any_of(struct reader *r, struct schema_node *node)
{
	type_t all = NULL, one;

	if (node->type_count > 0) {
		struct schema_node core = *node;

		core.any_of.count = 0;
		one = read_node(r, &core);
		if (one == NULL)
			return refuse_at(r, node);
		if (one->kind == TYPE_OBJECT && one->count > 0 && one->key == NULL)
			all = one;
	}
	for (size_t i = 0; i < node->any_of.count; i++) {
		one = read_node(r, node->any_of.at[i]);
		if (one == NULL)
			return refuse_at(r, node->any_of.at[i]);
		all = type_or(r->compiler, one, all);
	}
	return all;
}

static type_t
read_object(struct reader *r, struct schema_node *node)
{
	struct compiler *c = r->compiler;
	struct type_property *list;
	struct name_map places = { 0 }; /* merged schemas may have a name twice: the last counts */
	uint32_t count = 0;

	if (node->properties.count == 0)
		return type_object(c, NULL, 0, &type_any, &type_any);
	list = compiler_alloc(c, node->properties.count, sizeof(*list));
	for (size_t i = 0; i < node->properties.count; i++) {
		struct schema_node *p = node->properties.at[i];
		value_t key = intern_add(c->unit->intern, p->property);
		type_t type = read_node(r, p);
		struct type_property *place;

		if (!value_is_defined(key))
			compiler_give_up(c);
		if (type == NULL)
			return refuse_at(r, p);
		place = name_map_find(&places, key.string);
		if (place == NULL) {
			place = &list[count++];
			name_map_put(c, &places, key.string, place);
		}
		*place = (struct type_property){ key, type };
	}
	return type_object(c, list, count, NULL, NULL);
}

static type_t
read_array(struct reader *r, struct schema_node *node)
{
	struct compiler *c = r->compiler;
	type_t *items = compiler_alloc(c, node->items.count, sizeof(*items));

	if (node->items.count == 0)
		return type_array(c, NULL, 0, &type_any);
	for (size_t i = 0; i < node->items.count; i++) {
		items[i] = read_node(r, node->items.at[i]);
		if (items[i] == NULL)
			return refuse(r, arena_printf(c->arena, "unexpected schema type %.*s",
			    STR_FMT(node->items.at[i]->property)));
		if (node->items_are_alike)
			return type_array(c, NULL, 0, items[0]);
	}
	return type_array(c, items, (uint32_t)node->items.count, NULL);
}

/* The mark of a reference's target is its type, or type_any while it is read. */
static type_t
read_ref(struct reader *r, struct schema_node *target)
{
	type_t type;

	if (target->mark != NULL)
		return target->mark;
	target->mark = &type_any;
	type = read_node(r, target);
	target->mark = type;
	return type;
}

static type_t
read_plain(struct reader *r, struct schema_node *node)
{
	if (node->ref != NULL)
		return read_ref(r, node->ref);
	if (node->any_of.count > 0)
		return read_any_of(r, node);
	if (node->all_of.count > 0)
		return read_all_of(r, node);
	if (has_type(node, SCHEMA_BOOLEAN))
		return &type_boolean;
	if (has_type(node, SCHEMA_STRING))
		return &type_string;
	if (has_type(node, SCHEMA_INTEGER) || has_type(node, SCHEMA_NUMBER))
		return &type_number;
	if (!has_type(node, SCHEMA_OBJECT) && !has_type(node, SCHEMA_ARRAY))
		imply_type(node);
	if (has_type(node, SCHEMA_OBJECT))
		return read_object(r, node);
	return has_type(node, SCHEMA_ARRAY) ? read_array(r, node) : &type_any;
}

static type_t
read_node(struct reader *r, struct schema_node *node)
{
	type_t type;

	if (r->depth == DEEPEST)
		return &type_any;
	r->depth++;
	type = read_plain(r, node);
	r->depth--;
	return type;
}

/* ---- the whole ---- */

static bool
work(void *left, size_t bytes)
{
	size_t *l = left;

	if (bytes > *l)
		return false;
	*l -= bytes;
	return true;
}

/* The schema is not in the compilation's arena: it goes, also when memory runs out. */
static type_t
read_and_free(struct reader *r, struct schema *schema)
{
	struct compiler *c = r->compiler;
	jmp_buf around;
	type_t type;

	memcpy(around, c->out_of_memory, sizeof(around));
	if (setjmp(c->out_of_memory) != 0) {
		memcpy(c->out_of_memory, around, sizeof(around));
		schema_free(&schema);
		compiler_give_up(c);
	}
	type = read_node(r, schema->root);
	memcpy(c->out_of_memory, around, sizeof(around));
	schema_free(&schema);
	return type;
}

type_t
type_of_schema(struct compiler *c, value_t document, str_t *ret_problem)
{
	size_t left = MOST_WORK;
	const struct schema_host host = { work, &left };
	struct reader r = { .compiler = c };
	struct schema *schema;
	str_t problem = STR("");
	type_t type;

	if (document.tag == VALUE_NULL) {
		*ret_problem = STR("no schema as input to compile");
		return NULL;
	}
	if (schema_make(c->arena, &host, document, false, &schema, &problem) != SCHEMA_GOOD) {
		if (arena_failed(c->arena))
			compiler_give_up(c);
		*ret_problem = arena_printf(c->arena, "unable to compile the schema: %.*s",
		    STR_FMT(problem.len > 0 ? problem : STR("it takes too long")));
		return NULL;
	}
	type = read_and_free(&r, schema);
	if (type == NULL)
		*ret_problem =
		    arena_printf(c->arena, "type checking: %.*s", STR_FMT(r.problem));
	return type;
}
