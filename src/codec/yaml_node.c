/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/yaml_node.h"

#include <stdio.h>
#include <yaml.h>

#include "base/must.h"
#include "base/vec.h"

struct anchor {
	str_t name;
	struct yaml_node *node;
};

VEC_TYPE(nodes, struct yaml_node *);

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	struct arena *arena;
	struct yaml_fault *fault;
	VEC(struct anchor) anchors;
	size_t alias_nodes;
	err_t err;
};

/* ---- refusing ---- */

static bool
refuse(struct reader *r, err_t err, size_t line, const char *problem)
{
	r->err = err;
	r->fault->line = (uint32_t)line;
	(void)snprintf(r->fault->problem, sizeof(r->fault->problem), "%s", problem);
	return false;
}

static bool
refuse_memory(struct reader *r)
{
	return refuse(r, ERR_MEMORY, 0, "the document needs more memory than it may have");
}

/* yaml.v3 names the line where the trouble began, from 0 but for scanner errors, and never a
 * line 0. */
static bool
refuse_text(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	size_t line = p->context_mark.line != 0 ? p->context_mark.line : p->problem_mark.line;

	if (p->error == YAML_MEMORY_ERROR)
		return refuse_memory(r);
	if (line != 0 && p->error == YAML_SCANNER_ERROR)
		line++;
	return refuse(r, ERR_SYNTAX, line,
	    p->problem != NULL ? p->problem : "unknown problem parsing YAML content");
}

static bool
next(struct reader *r)
{
	yaml_event_delete(&r->event);
	return yaml_parser_parse(&r->parser, &r->event) == 1 || refuse_text(r);
}

/* ---- nodes ---- */

static str_t
keep_text(struct reader *r, const yaml_char_t *text)
{
	return text == NULL ? STR_NONE : arena_str(r->arena, str_of((const char *)text));
}

static bool
add_anchor(struct reader *r, const yaml_char_t *name, struct yaml_node *node)
{
	struct anchor a = { keep_text(r, name), node };

	if (name == NULL)
		return true;
	if (r->anchors.count == YAML_ANCHORS_MAX)
		return refuse(r, ERR_LIMIT, 0, "the document has too many anchors");
	return (a.name.data != NULL && VEC_PUSH(r->arena, &r->anchors, a)) || refuse_memory(r);
}

/* A node of the current event's kind, without its content. */
static struct yaml_node *
make_node(struct reader *r, enum yaml_node_kind kind, const yaml_char_t *anchor,
    const yaml_char_t *tag)
{
	static const char yaml_tags[] = "tag:yaml.org,2002:";
	struct yaml_node *n = ARENA_NEW(r->arena, struct yaml_node);

	if (n == NULL) {
		(void)refuse_memory(r);
		return NULL;
	}
	n->kind = kind;
	n->line = (uint32_t)r->event.start_mark.line + 1;
	n->tag = keep_text(r, tag);
	if (str_has_prefix(n->tag, str_of(yaml_tags)))
		n->tag = str_skip(n->tag, sizeof(yaml_tags) - 1);
	return add_anchor(r, anchor, n) ? n : NULL;
}

static struct yaml_node *
find_alias(struct reader *r, uint32_t depth)
{
	str_t name = str_of((const char *)r->event.data.alias.anchor);
	char problem[sizeof(r->fault->problem)];

	for (size_t i = r->anchors.count; i > 0; i--) {
		struct anchor *a = &r->anchors.at[i - 1];

		if (!str_eq(a->name, name))
			continue;
		(void)snprintf(problem, sizeof(problem), "anchor '%.*s' value contains itself",
		    name.len < 40 ? (int)name.len : 40, name.data);
		if (a->node->size == 0)
			return refuse(r, ERR_SYNTAX, 0, problem), NULL;
		r->alias_nodes += a->node->size;
		if (r->alias_nodes > YAML_ALIAS_NODES_MAX ||
		    depth + a->node->height > YAML_DEPTH_DEFAULT)
			return refuse(r, ERR_LIMIT, 0, "document contains excessive aliasing"),
			       NULL;
		return a->node;
	}
	(void)snprintf(problem, sizeof(problem), "unknown anchor '%.*s' referenced",
	    name.len < 40 ? (int)name.len : 40, name.data);
	(void)refuse(r, ERR_SYNTAX, 0, problem);
	return NULL;
}

static struct yaml_node *read_node(struct reader *r, uint32_t depth);

/* Up to the event `end`; mappings are keys and values in turn. */
static struct yaml_node *
read_items(struct reader *r, struct yaml_node *n, yaml_event_type_t end, uint32_t depth)
{
	struct nodes items = { 0 };
	size_t size = 1;

	if (n == NULL)
		return NULL;
	for (;;) {
		struct yaml_node *item;

		if (!next(r))
			return NULL;
		if (r->event.type == end)
			break;
		item = read_node(r, depth + 1);
		if (item == NULL)
			return NULL;
		size += item->size;
		if (item->height > n->height)
			n->height = item->height;
		if (!VEC_PUSH(r->arena, &items, item))
			return refuse_memory(r), NULL;
	}
	n->items = items.at;
	n->count = items.count;
	n->size = size;
	n->height++;
	return n;
}

static struct yaml_node *
read_scalar(struct reader *r)
{
	const char *bytes = (const char *)r->event.data.scalar.value;
	struct yaml_node *n = make_node(
	    r, YAML_NODE_SCALAR, r->event.data.scalar.anchor, r->event.data.scalar.tag);

	if (n == NULL)
		return NULL;
	n->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = arena_str(r->arena, str_make(bytes, r->event.data.scalar.length));
	n->size = n->height = 1;
	if (n->text.data == NULL)
		return refuse_memory(r), NULL;
	return n;
}

/* Reads the node that begins with the current event; NULL: refused. */
static struct yaml_node *
read_node(struct reader *r, uint32_t depth)
{
	if (depth > YAML_DEPTH_DEFAULT) {
		(void)refuse(r, ERR_LIMIT, 0, "exceeded max depth of the document");
		return NULL;
	}
	switch (r->event.type) {
	case YAML_ALIAS_EVENT:
		return find_alias(r, depth);
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
		return read_items(r,
		    make_node(r, YAML_NODE_SEQUENCE, r->event.data.sequence_start.anchor,
			r->event.data.sequence_start.tag),
		    YAML_SEQUENCE_END_EVENT, depth);
	default:
		must(r->event.type == YAML_MAPPING_START_EVENT);
		return read_items(r,
		    make_node(r, YAML_NODE_MAPPING, r->event.data.mapping_start.anchor,
			r->event.data.mapping_start.tag),
		    YAML_MAPPING_END_EVENT, depth);
	}
}

static void
read_document(struct reader *r, struct yaml_node **ret)
{
	if (!next(r) || !next(r)) /* the stream, then a document begins */
		return;
	if (r->event.type == YAML_STREAM_END_EVENT || !next(r))
		return;
	*ret = read_node(r, 1);
	if (*ret != NULL)
		(void)next(r); /* what follows is refused if it does not end the document */
}

err_t
yaml_node_read(
    struct arena *arena, str_t text, struct yaml_fault *ret_fault, struct yaml_node **ret)
{
	struct reader r = { .arena = arena, .fault = ret_fault };
	struct yaml_node *root = NULL;

	if (text.len > INT32_MAX) {
		(void)refuse(&r, ERR_LIMIT, 0, "the document is too large");
		return r.err;
	}
	if (yaml_parser_initialize(&r.parser) != 1)
		return ERR_MEMORY;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.data, text.len);
	read_document(&r, &root);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (r.err == ERR_OK)
		*ret = root;
	return r.err;
}

/* ---- scalars ---- */

static bool
is_v3_bool(str_t text)
{
	static const char *const words[] = { "true", "True", "TRUE", "false", "False",
		"FALSE" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_eq(text, str_of(words[i])))
			return true;
	return false;
}

struct yaml_scalar
yaml_node_resolve(const struct yaml_node *n)
{
	struct yaml_scalar s = { .kind = YAML_STRING };

	if (n->tag.len > 0 ? str_eq(n->tag, STR("str")) || str_eq(n->tag, STR("!"))
			   : !n->plain)
		return s;
	s = yaml_resolve(n->text);
	if (s.kind == YAML_BOOL && !is_v3_bool(n->text))
		s.kind = YAML_STRING;
	return s;
}
