/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy's object to a tree, as Go's JSON reader does it.
 *
 * Null is nothing.  Members nobody knows are passed over.  Whatever is an object in a
 * selection set is a field, also what was a fragment once: the library reads it so.
 */
#include "base/must.h"
#include "rego/builtin/graphql_shape.h"
#include "value/number.h"

/* Where the reader stands below the last reader of a type's own. */
struct place {
	const struct place *up;
	const char *shape, *member;
};

struct reader {
	struct graphql *g;
	bool failed;
	str_t found, type; /* what was there, and the Go type it does not fit */
	const char *shape; /* the Go struct around it; NULL: none */
	str_t field;       /* its members from outside in: "a.b" */
};

static bool read_node(struct reader *, const struct place *, const struct graphql_shape *,
    value_t, char *node);

/* ---- what is wrong ---- */

static void
print_place(struct buf *b, const struct place *place)
{
	if (place == NULL)
		return;
	print_place(b, place->up);
	if (b->len > 0)
		buf_add_char(b, '.');
	buf_add_text(b, place->member);
}

/* Puts the place in front of the fields known so far. */
static bool
add_place(struct reader *r, const struct place *place)
{
	struct buf text;

	if (place == NULL)
		return false;
	buf_init(&text, r->g->arena->limit);
	print_place(&text, place);
	if (r->field.len > 0)
		buf_printf(&text, ".%.*s", STR_FMT(r->field));
	r->shape = place->shape;
	r->field = arena_str(r->g->arena, buf_str(&text));
	buf_fini(&text);
	return false;
}

static const char *
json_name(value_t v)
{
	return value_is_bool(v) ? "bool" : v.tag == VALUE_SET ? "array" : value_type_name(v);
}

static bool
mismatch(struct reader *r, const struct place *place, value_t v, const char *type)
{
	r->failed = true;
	r->found = str_of(json_name(v));
	r->type = str_of(type);
	r->shape = NULL;
	r->field = STR("");
	return add_place(r, place);
}

static bool
refuse(struct graphql *g, const char *what)
{
	if (!g->refused)
		buf_add_text(&g->problem, what);
	g->refused = true;
	return false;
}

/* ---- members ---- */

static bool
is_list(value_t v)
{
	return v.tag == VALUE_ARRAY || v.tag == VALUE_SET;
}

static bool
read_int(struct reader *r, const struct place *place, const struct graphql_member *m,
    value_t v, int64_t *ret)
{
	struct buf text;

	if (v.tag == VALUE_INT) {
		*ret = v.integer;
		return *ret >= 0 && *ret < GRAPHQL_VALUE_KINDS
			   ? true
			   : refuse(r->g, "no such kind of value");
	}
	(void)mismatch(r, place, v, m->type);
	if (!value_is_number(v))
		return false;
	buf_init(&text, r->g->arena->limit);
	buf_add_text(&text, "number ");
	number_print(&text, v);
	r->found = arena_str(r->g->arena, buf_str(&text));
	buf_fini(&text);
	return false;
}

static bool
read_names(struct reader *r, const struct place *place, const struct graphql_member *m,
    value_t v, struct graphql_names *names)
{
	if (!is_list(v))
		return mismatch(r, place, v, m->type);
	names->count = 0;
	for (uint32_t i = 0; i < v.count && graphql_work(r->g, 1); i++) {
		value_t item = rego_items(v)[i];

		if (!value_is_string(item) && item.tag != VALUE_NULL)
			return mismatch(r, place, item, m->type + 2);
		(void)graphql_push_name(
		    r->g, names, value_is_string(item) ? value_str(item) : STR(""));
	}
	return !r->g->halted;
}

static bool
read_nodes(struct reader *r, const struct place *place, const struct graphql_member *m,
    value_t v, struct graphql_list *nodes)
{
	if (!is_list(v))
		return mismatch(r, place, v, m->type);
	nodes->count = 0;
	for (uint32_t i = 0; i < v.count; i++) {
		value_t item = rego_items(v)[i];
		void *node = graphql_new(r->g, m->shape->size);

		if (item.tag == VALUE_NULL)
			return refuse(r->g, "null is no node");
		if (node == NULL || !read_node(r, place, m->shape, item, node) ||
		    !graphql_push(r->g, nodes, node))
			return false;
	}
	return true;
}

/* An item becomes the first kind of selection that it can be read as, or nothing. */
static bool
read_selection(struct reader *r, value_t v, struct graphql_list *into)
{
	for (int kind = GRAPHQL_FIELD; kind <= GRAPHQL_INLINE; kind++) {
		struct graphql_selection *selection =
		    GRAPHQL_NEW(r->g, struct graphql_selection);
		struct reader try = { .g = r->g };

		if (selection == NULL)
			return false;
		selection->kind = (enum graphql_selection_kind)kind;
		if (v.tag == VALUE_NULL ||
		    read_node(
			&try, NULL, graphql_selection_shapes[kind], v, (char *)selection))
			return graphql_push(r->g, into, selection);
		if (r->g->halted || r->g->refused)
			return false;
	}
	return true;
}

static bool
read_selections(struct reader *r, const struct graphql_member *m, value_t v,
    struct graphql_list *into)
{
	if (!is_list(v))
		return mismatch(r, NULL, v, m->type);
	for (uint32_t i = 0; i < v.count; i++) {
		if (!read_selection(r, rego_items(v)[i], into))
			return false;
	}
	return true;
}

static bool
read_pointer(struct reader *r, const struct place *place, const struct graphql_member *m,
    value_t v, char *at)
{
	char *node = graphql_new(r->g, m->shape->size);

	if (node == NULL || !read_node(r, place, m->shape, v, node))
		return false;
	memcpy(at, &node, sizeof(node));
	return true;
}

static bool
read_member(struct reader *r, const struct place *place, const struct graphql_member *m,
    value_t v, char *at)
{
	if (v.tag == VALUE_NULL)
		return true;
	switch (m->kind) {
	case GRAPHQL_M_TEXT:
		if (!value_is_string(v))
			return mismatch(r, place, v, m->type);
		*(str_t *)(void *)at = value_str(v);
		return true;
	case GRAPHQL_M_BOOL:
		if (!value_is_bool(v))
			return mismatch(r, place, v, m->type);
		*(bool *)at = v.tag == VALUE_TRUE;
		return true;
	case GRAPHQL_M_INT:
		return read_int(r, place, m, v, (void *)at);
	case GRAPHQL_M_NAMES:
		return read_names(r, place, m, v, (void *)at);
	case GRAPHQL_M_NODE:
		return read_pointer(r, place, m, v, at);
	case GRAPHQL_M_NODES:
		return read_nodes(r, place, m, v, (void *)at);
	case GRAPHQL_M_SELECTIONS:
		return read_selections(r, m, v, (void *)at);
	}
	return true;
}

/* ---- nodes ---- */

static const struct graphql_member *
find_member(const struct graphql_shape *shape, value_t key)
{
	if (!value_is_string(key))
		return NULL;
	for (const struct graphql_member *m = shape->members; m->name != NULL; m++) {
		str_t name = str_of(m->name);

		if (m->write_only)
			continue;
		if (shape->own_reader ? str_eq(name, value_str(key))
				      : str_eq_nocase(name, value_str(key)))
			return m;
	}
	return NULL;
}

static bool
has_what_it_needs(struct graphql *g, const struct graphql_shape *shape, const char *node)
{
	const char *pointer;

	for (const struct graphql_member *m = shape->members; m->name != NULL; m++) {
		if (!m->needed)
			continue;
		memcpy(&pointer, node + m->offset, sizeof(pointer));
		if (pointer == NULL)
			return refuse(g, "a node without its type or value");
	}
	return true;
}

static bool
read_members(struct reader *r, const struct place *place, const struct graphql_shape *shape,
    value_t v, char *node)
{
	for (uint32_t i = 0; i < v.count; i++) {
		const struct value_entry entry = value_object_entry(v.object, i);
		const struct graphql_member *m = find_member(shape, entry.key);
		struct place here = { place, shape->name, m != NULL ? m->name : NULL };

		if (!graphql_work(r->g, 1))
			return false;
		if (m == NULL)
			continue;
		if (!read_member(r, shape->own_reader ? NULL : &here, m, entry.value,
			node + m->offset))
			return false;
	}
	return has_what_it_needs(r->g, shape, node);
}

static bool
read_node(struct reader *r, const struct place *place, const struct graphql_shape *shape,
    value_t v, char *node)
{
	bool fine;

	if (v.tag != VALUE_OBJECT && shape->own_reader)
		return mismatch(r, place, v, "map[string]json.RawMessage");
	if (v.tag != VALUE_OBJECT) {
		str_t type = arena_printf(r->g->arena, "ast.%s", shape->name);

		(void)mismatch(r, place, v, "");
		r->type = type;
		return false;
	}
	if (!graphql_enter(r->g))
		return false;
	fine = read_members(r, place, shape, v, node);
	graphql_leave(r->g);
	if (!fine && r->failed && shape->own_reader)
		(void)add_place(r, place);
	return fine;
}

static bool
read_document(struct graphql *g, const struct graphql_shape *shape, value_t v, void *ret)
{
	struct reader r = { .g = g };

	memset(ret, 0, shape->size);
	if (read_node(&r, NULL, shape, v, ret))
		return !g->halted;
	if (!r.failed || g->refused)
		return false;
	g->refused = true;
	buf_printf(&g->problem, "json: cannot unmarshal %.*s into Go ", STR_FMT(r.found));
	if (r.shape != NULL)
		buf_printf(&g->problem, "struct field %s.%.*s", r.shape, STR_FMT(r.field));
	else
		buf_add_text(&g->problem, "value");
	buf_printf(&g->problem, " of type %.*s", STR_FMT(r.type));
	return false;
}

bool
graphql_read_query(struct graphql *g, value_t object, struct graphql_query *ret)
{
	must(object.tag == VALUE_OBJECT);
	return read_document(g, &graphql_query_shape, object, ret);
}

bool
graphql_read_schema(struct graphql *g, value_t object, struct graphql_document *ret)
{
	must(object.tag == VALUE_OBJECT);
	return read_document(g, &graphql_document_shape, object, ret);
}
