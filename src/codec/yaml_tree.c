/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/yaml_tree.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/vec.h"
#include "codec/yaml_scalar.h"
#include "value/number.h"

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one looked at */
	bool has_event;
	struct arena *arena;
	struct diag *diag;
	const char *code;
	str_t name, text;
	size_t nodes;
};

static err_t
refuse(struct reader *r, const yaml_mark_t *mark, const char *why)
{
	struct diag_place place = { .file = r->name,
		.source = r->text,
		.row = (uint32_t)mark->line + 1,
		.col = (uint32_t)mark->column + 1 };

	(void)diag_add(r->diag, DIAG_ERROR, r->code, place, "%s", why);
	return ERR_SYNTAX;
}

static err_t
advance(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->parser, &r->event) == 1;
	if (r->has_event)
		return ERR_OK;
	return refuse(r, &r->parser.problem_mark,
	    r->parser.problem != NULL ? r->parser.problem : "this is not YAML");
}

static err_t read_node(struct reader *, unsigned depth, struct yaml_tree **ret);

static int
compare_keys(const void *a, const void *b)
{
	const struct yaml_tree *left = *(struct yaml_tree *const *)a, *right = *(struct yaml_tree *const *)b;
	int order = str_cmp(left->text, right->text);

	if (order == 0)
		order = left->row != right->row ? (left->row < right->row ? -1 : 1) :
						  (left->col < right->col ? -1 : left->col > right->col);
	return order;
}

/* No key twice: which of the two was meant? */
static err_t
check_keys(struct reader *r, const struct yaml_tree *mapping)
{
	size_t count = mapping->count / 2;
	struct yaml_tree **keys = ARENA_ARRAY(r->arena, struct yaml_tree *, count);

	if (keys == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		keys[i] = mapping->items[i * 2];
	qsort(keys, count, sizeof(struct yaml_tree *), compare_keys);
	for (size_t i = 1; i < count; i++) {
		yaml_mark_t mark = { .line = keys[i]->row - 1, .column = keys[i]->col - 1 };

		if (str_eq(keys[i]->text, keys[i - 1]->text))
			return refuse(r, &mark, "this key stands here a second time");
	}
	return ERR_OK;
}

static err_t
read_items(struct reader *r, unsigned depth, yaml_event_type_t end, struct yaml_tree *node)
{
	VEC(struct yaml_tree *) items = { 0 };

	for (;;) {
		struct yaml_tree *item;
		yaml_mark_t mark;

		TRY(advance(r));
		if (r->event.type == end)
			return end == YAML_MAPPING_END_EVENT ? check_keys(r, node) : ERR_OK;
		mark = r->event.start_mark;
		TRY(read_node(r, depth + 1, &item));
		if (node->kind == YAML_TREE_MAPPING && items.count % 2 == 0 &&
		    item->kind != YAML_TREE_SCALAR)
			return refuse(r, &mark, "a key must be a word");
		if (!VEC_PUSH(r->arena, &items, item))
			return ERR_MEMORY;
		node->items = items.at;
		node->count = items.count;
	}
}

static err_t
read_scalar(struct reader *r, struct yaml_tree *node)
{
	node->text = arena_str(r->arena, str_make((const char *)r->event.data.scalar.value,
					     r->event.data.scalar.length));
	node->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->width = (uint32_t)(r->event.end_mark.index - r->event.start_mark.index);
	return node->text.data != NULL ? ERR_OK : ERR_MEMORY;
}

/* The node whose event is the current one, up to its last event. */
static err_t
read_node(struct reader *r, unsigned depth, struct yaml_tree **ret)
{
	struct yaml_tree *node = ARENA_NEW(r->arena, struct yaml_tree);

	if (node == NULL)
		return ERR_MEMORY;
	*ret = node;
	node->row = (uint32_t)r->event.start_mark.line + 1;
	node->col = (uint32_t)r->event.start_mark.column + 1;
	if (depth > YAML_TREE_DEPTH)
		return refuse(r, &r->event.start_mark, "this is nested too deep");
	if (++r->nodes > YAML_TREE_NODES)
		return refuse(r, &r->event.start_mark, "there is too much in this file");
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r, node);
	case YAML_SEQUENCE_START_EVENT:
		node->kind = YAML_TREE_SEQUENCE;
		return read_items(r, depth, YAML_SEQUENCE_END_EVENT, node);
	case YAML_MAPPING_START_EVENT:
		node->kind = YAML_TREE_MAPPING;
		return read_items(r, depth, YAML_MAPPING_END_EVENT, node);
	default:
		return refuse(r, &r->event.start_mark, "aliases are not served here");
	}
}

static err_t
read_document(struct reader *r, struct yaml_tree **ret)
{
	TRY(advance(r)); /* the start of the stream, and of the document */
	TRY(advance(r));
	if (r->event.type == YAML_STREAM_END_EVENT)
		return ERR_OK;
	TRY(advance(r));
	TRY(read_node(r, 0, ret));
	TRY(advance(r));
	TRY(advance(r));
	if (r->event.type != YAML_STREAM_END_EVENT)
		return refuse(r, &r->event.start_mark, "there is a second document in the file");
	return ERR_OK;
}

err_t
yaml_tree_read(struct arena *arena, const char *code, str_t name, str_t text, struct diag *diag,
    struct yaml_tree **ret)
{
	struct reader r = { .arena = arena, .diag = diag, .code = code, .name = name, .text = text };
	struct yaml_tree *root = NULL;
	err_t err;

	if (yaml_parser_initialize(&r.parser) != 1)
		return ERR_MEMORY;
	yaml_parser_set_input_string(&r.parser,
	    (const unsigned char *)(text.len > 0 ? text.data : ""), text.len);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	err = read_document(&r, &root);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (err == ERR_OK)
		*ret = root;
	return err;
}

/* ---- values ---- */

static value_t
scalar_value(struct arena *arena, const struct yaml_tree *node)
{
	struct yaml_scalar s = yaml_resolve(node->text);
	char digits[YAML_NUMBER_TEXT];

	if (!node->plain)
		return value_string(arena, node->text);
	switch (s.kind) {
	case YAML_NULL:
		return value_null();
	case YAML_BOOL:
		return value_bool(s.boolean);
	case YAML_INT:
		return value_int(s.integer);
	case YAML_FLOAT:
		if (s.number - s.number != 0) /* infinite, or no number */
			return value_string(arena, node->text);
		return number_parse(arena, yaml_print_json(s.number, digits));
	default:
		return value_string(arena, node->text);
	}
}

value_t
yaml_tree_value(struct arena *arena, const struct yaml_tree *node)
{
	struct object_builder object;
	value_t *items;

	if (node->kind == YAML_TREE_SCALAR)
		return scalar_value(arena, node);
	if (node->kind == YAML_TREE_SEQUENCE) {
		items = ARENA_ARRAY(arena, value_t, node->count);
		for (size_t i = 0; items != NULL && i < node->count; i++)
			items[i] = yaml_tree_value(arena, node->items[i]);
		return items != NULL ? value_array_of(items, node->count) : VALUE_NONE;
	}
	object_builder_init(&object, arena, node->count / 2);
	for (size_t i = 0; i + 1 < node->count; i += 2)
		(void)object_builder_add(&object, value_string(arena, node->items[i]->text),
		    yaml_tree_value(arena, node->items[i + 1]));
	return object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
}
