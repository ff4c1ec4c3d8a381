/* SPDX-License-Identifier: Apache-2.0 */
/* A tree to a policy's object, without nodes and lists that are not there. */
#include "rego/builtin/graphql_shape.h"

static value_t write_node(struct graphql *, const struct graphql_shape *, const char *node);

static value_t
write_text(struct graphql *g, str_t text)
{
	return graphql_work(g, text.len / 64) ? value_string(g->arena, text) : VALUE_NONE;
}

static value_t
write_names(struct graphql *g, const struct graphql_names *names)
{
	value_t *items = ARENA_ARRAY(g->arena, value_t, names->count);

	for (size_t i = 0; items != NULL && i < names->count; i++) {
		items[i] = write_text(g, names->at[i]);
		if (!value_is_defined(items[i]))
			return VALUE_NONE;
	}
	return items != NULL ? value_array_of(items, names->count) : VALUE_NONE;
}

/* `shape` NULL: of selections, each of its own shape. */
static value_t
write_nodes(struct graphql *g, const struct graphql_shape *shape,
    const struct graphql_list *nodes)
{
	value_t *items = ARENA_ARRAY(g->arena, value_t, nodes->count);

	for (size_t i = 0; items != NULL && i < nodes->count; i++) {
		const struct graphql_shape *own = shape;

		if (own == NULL)
			own =
			    graphql_selection_shapes[((struct graphql_selection *)nodes->at[i])
							 ->kind];
		items[i] = write_node(g, own, nodes->at[i]);
		if (!value_is_defined(items[i]))
			return VALUE_NONE;
	}
	return items != NULL ? value_array_of(items, nodes->count) : VALUE_NONE;
}

/* False: there is nothing to write. */
static bool
write_member(struct graphql *g, const struct graphql_member *m, const char *at, value_t *ret)
{
	const struct graphql_list *nodes = (const void *)at;
	const char *node;

	switch (m->kind) {
	case GRAPHQL_M_TEXT:
		*ret = write_text(g, *(const str_t *)(const void *)at);
		return true;
	case GRAPHQL_M_BOOL:
		*ret = value_bool(*(const bool *)at);
		return true;
	case GRAPHQL_M_INT:
		*ret = value_int(*(const int64_t *)(const void *)at);
		return true;
	case GRAPHQL_M_NAMES:
		*ret = write_names(g, (const void *)at);
		return ((const struct graphql_names *)(const void *)at)->count > 0;
	case GRAPHQL_M_NODE:
		memcpy(&node, at, sizeof(node));
		if (node == NULL)
			return false;
		*ret = write_node(g, m->shape, node);
		/* A group without comments is nothing. */
		return !value_is_defined(*ret) || ret->count > 0;
	case GRAPHQL_M_NODES:
	case GRAPHQL_M_SELECTIONS:
		*ret = write_nodes(g, m->shape, nodes);
		return nodes->count > 0;
	}
	return false;
}

static value_t
write_members(struct graphql *g, const struct graphql_shape *shape, const char *node)
{
	struct object_builder object;
	value_t member;

	object_builder_init(&object, g->arena, 4);
	for (const struct graphql_member *m = shape->members; m->name != NULL; m++) {
		if (!write_member(g, m, node + m->offset, &member))
			continue;
		if (!value_is_defined(member) ||
		    !object_builder_add_text(&object, m->name, member))
			return VALUE_NONE;
	}
	return object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
}

static value_t
write_node(struct graphql *g, const struct graphql_shape *shape, const char *node)
{
	value_t object;

	if (!graphql_work(g, 4) || !graphql_enter(g))
		return VALUE_NONE;
	object = write_members(g, shape, node);
	graphql_leave(g);
	if (!value_is_defined(object) && !g->refused)
		g->halted = true;
	return object;
}

value_t
graphql_write_query(struct graphql *g, const struct graphql_query *query)
{
	return write_node(g, &graphql_query_shape, (const char *)query);
}

value_t
graphql_write_schema(struct graphql *g, const struct graphql_document *document)
{
	return write_node(g, &graphql_document_shape, (const char *)document);
}
