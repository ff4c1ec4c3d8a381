/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/graphql_schema.h"

#include "base/must.h"
#include "base/sort.h"

/* ---- indexes ---- */

bool
graphql_index_init(struct graphql *g, struct graphql_index *index, size_t most)
{
	size_t size = 8;

	while (size / 2 <= most)
		size *= 2;
	*index = (struct graphql_index){ .mask = size - 1 };
	if (graphql_work(g, size / 4))
		index->slots = ARENA_ARRAY(g->arena, struct graphql_entry, size);
	if (index->slots == NULL)
		g->halted = true;
	return !g->halted;
}

static struct graphql_entry *
find_slot(const struct graphql_index *index, str_t name)
{
	size_t at = value_hash_bytes(name.data, name.len) & index->mask;

	while (index->slots[at].node != NULL && !str_eq(index->slots[at].name, name))
		at = (at + 1) & index->mask;
	return &index->slots[at];
}

void *
graphql_index_find(const struct graphql_index *index, str_t name)
{
	return find_slot(index, name)->node;
}

void
graphql_index_put(struct graphql_index *index, str_t name, void *node)
{
	struct graphql_entry *slot = find_slot(index, name);

	if (slot->node == NULL)
		index->count++;
	must(index->count <= index->mask / 2 + 1);
	*slot = (struct graphql_entry){ name, node };
}

static int
compare_entries(const void *left, const void *right, void *context)
{
	const struct graphql_entry *a = left, *b = right;

	(void)context;
	return str_cmp(a->name, b->name);
}

bool
graphql_index_sorted(struct graphql *g, const struct graphql_index *index,
    struct graphql_list *ret)
{
	struct graphql_entry *entries =
	    ARENA_ARRAY(g->arena, struct graphql_entry, index->count);
	struct graphql_entry *scratch =
	    ARENA_ARRAY(g->arena, struct graphql_entry, index->count);
	size_t count = 0;

	if (entries == NULL || scratch == NULL || !graphql_work(g, index->mask / 2)) {
		g->halted = true;
		return false;
	}
	for (size_t i = 0; i <= index->mask; i++) {
		if (index->slots[i].node != NULL)
			entries[count++] = index->slots[i];
	}
	sort_stable(entries, count, sizeof(entries[0]), scratch, compare_entries, NULL);
	for (size_t i = 0; i < count; i++) {
		if (!graphql_push(g, ret, entries[i].node))
			return false;
	}
	return true;
}

struct graphql_definition *
graphql_find_type(const struct graphql_schema *schema, str_t name)
{
	return graphql_index_find(&schema->types, name);
}

/* ---- types ---- */

static unsigned
kind_bits(str_t kind)
{
	static const char *const names[] = { "SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM",
		"INPUT_OBJECT" };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (str_eq(kind, str_of(names[i])))
			return 1U << i;
	}
	return 0;
}

static bool
add_types(struct graphql *g, struct graphql_schema *schema,
    const struct graphql_list *definitions)
{
	for (size_t i = 0; i < definitions->count; i++) {
		struct graphql_definition *d = definitions->at[i];

		if (graphql_find_type(schema, d->name) != NULL)
			return graphql_refuse(
			    g, d->pos, "Cannot redeclare type %.*s.", STR_FMT(d->name));
		d->bits = kind_bits(d->kind);
		graphql_index_put(&schema->types, d->name, d);
	}
	return graphql_work(g, definitions->count);
}

/* The type that is extended: a new one if there is none. */
static struct graphql_definition *
extended_type(struct graphql *g, struct graphql_schema *schema,
    const struct graphql_definition *extension, struct graphql_list *types)
{
	struct graphql_definition *d = graphql_find_type(schema, extension->name);

	if (d != NULL)
		return d;
	d = GRAPHQL_NEW(g, struct graphql_definition);
	if (d == NULL || !graphql_push(g, types, d))
		return NULL;
	d->kind = extension->kind;
	d->name = extension->name;
	d->pos = extension->pos;
	d->bits = kind_bits(d->kind);
	graphql_index_put(&schema->types, d->name, d);
	return d;
}

static bool
push_names(struct graphql *g, struct graphql_names *names, const struct graphql_names *more)
{
	for (size_t i = 0; i < more->count; i++) {
		if (!graphql_push_name(g, names, more->at[i]))
			return false;
	}
	return graphql_work(g, more->count);
}

static bool
extend_types(struct graphql *g, struct graphql_schema *schema,
    const struct graphql_list *extensions, struct graphql_list *types)
{
	for (size_t i = 0; i < extensions->count; i++) {
		const struct graphql_definition *extension = extensions->at[i];
		struct graphql_definition *d = extended_type(g, schema, extension, types);

		if (d == NULL)
			return false;
		if (!str_eq(d->kind, extension->kind))
			return graphql_refuse(g, extension->pos,
			    "Cannot extend type %.*s because the base type is a %.*s, not "
			    "%.*s.",
			    STR_FMT(extension->name), STR_FMT(d->kind),
			    STR_FMT(extension->kind));
		if (!graphql_push_all(g, &d->directives, &extension->directives) ||
		    !push_names(g, &d->interfaces, &extension->interfaces) ||
		    !graphql_push_all(g, &d->fields, &extension->fields) ||
		    !push_names(g, &d->types, &extension->types) ||
		    !graphql_push_all(g, &d->values, &extension->values))
			return false;
	}
	return true;
}

/* What can stand where an interface, a union or an object is expected. */
static bool
add_possible_types(struct graphql *g, struct graphql_schema *schema,
    struct graphql_definition *d)
{
	const struct graphql_names *names =
	    d->bits == GRAPHQL_UNION ? &d->types : &d->interfaces;

	if ((d->bits & (GRAPHQL_COMPOSITE | GRAPHQL_INPUT_OBJECT)) == 0)
		return true;
	for (size_t i = 0; i < names->count; i++) {
		struct graphql_definition *other = graphql_find_type(schema, names->at[i]);

		if (other == NULL) /* refused later */
			continue;
		if (d->bits == GRAPHQL_UNION ? !graphql_push(g, &d->possible, other)
					     : !graphql_push(g, &other->possible, d))
			return false;
	}
	if ((d->bits & (GRAPHQL_OBJECT | GRAPHQL_INPUT_OBJECT)) != 0)
		return graphql_work(g, names->count) && graphql_push(g, &d->possible, d);
	return graphql_work(g, names->count);
}

/* ---- directives ---- */

static bool
add_directives(struct graphql *g, struct graphql_schema *schema,
    const struct graphql_list *directives)
{
	static const char *const built_in[] = { "include", "skip", "deprecated", "specifiedBy",
		"defer", "oneOf" };

	for (size_t i = 0; i < directives->count; i++) {
		struct graphql_directive_definition *d = directives->at[i];
		size_t b = 0;

		while (b < COUNT(built_in) && !str_eq(d->name, str_of(built_in[b])))
			b++;
		/* Those that are built in may be declared again, any number of times. */
		if (b == COUNT(built_in) &&
		    graphql_index_find(&schema->directives, d->name) != NULL)
			return graphql_refuse(
			    g, d->pos, "Cannot redeclare directive %.*s.", STR_FMT(d->name));
		graphql_index_put(&schema->directives, d->name, d);
	}
	return graphql_work(g, directives->count);
}

/* ---- roots ---- */

static bool
add_roots(struct graphql *g, struct graphql_schema *schema,
    const struct graphql_schema_definition *from)
{
	for (size_t i = 0; i < from->operation_types.count; i++) {
		const struct graphql_operation_type *root = from->operation_types.at[i];
		struct graphql_definition *d = graphql_find_type(schema, root->type);

		if (d == NULL)
			return graphql_refuse(g, root->pos,
			    "Schema root %.*s refers to a type %.*s that does not exist.",
			    STR_FMT(root->operation), STR_FMT(root->type));
		if (str_eq(root->operation, STR("query")))
			schema->query = d;
		else if (str_eq(root->operation, STR("mutation")))
			schema->mutation = d;
		else if (str_eq(root->operation, STR("subscription")))
			schema->subscription = d;
	}
	return graphql_check_directives(g, schema, &from->directives, STR("SCHEMA"), NULL);
}

static bool
add_all_roots(struct graphql *g, struct graphql_schema *schema,
    const struct graphql_document *doc)
{
	if (doc->schema.count > 1)
		return graphql_refuse(g,
		    ((struct graphql_schema_definition *)doc->schema.at[1])->pos,
		    "Cannot have multiple schema entry points, consider schema extensions "
		    "instead.");
	if (doc->schema.count == 1 && !add_roots(g, schema, doc->schema.at[0]))
		return false;
	for (size_t i = 0; i < doc->schema_extensions.count; i++) {
		if (!add_roots(g, schema, doc->schema_extensions.at[i]))
			return false;
	}
	return true;
}

/* Types of these names are roots if no schema is defined. */
static void
infer_roots(struct graphql_schema *schema)
{
	if (schema->query == NULL)
		schema->query = graphql_find_type(schema, STR("Query"));
	if (schema->mutation == NULL)
		schema->mutation = graphql_find_type(schema, STR("Mutation"));
	if (schema->subscription == NULL)
		schema->subscription = graphql_find_type(schema, STR("Subscription"));
}

static struct graphql_field *
make_field(struct graphql *g, struct graphql_list *into, const char *name, const char *type,
    bool non_null)
{
	struct graphql_field *field = GRAPHQL_NEW(g, struct graphql_field);
	struct graphql_type *t = GRAPHQL_NEW(g, struct graphql_type);

	if (field == NULL || t == NULL || !graphql_push(g, into, field))
		return NULL;
	t->named = str_of(type);
	t->non_null = non_null;
	field->name = str_of(name);
	field->type = t;
	return field;
}

static bool
add_introspection(struct graphql *g, struct graphql_definition *query)
{
	struct graphql_field *type;

	if (make_field(g, &query->fields, "__schema", "__Schema", true) == NULL)
		return false;
	type = make_field(g, &query->fields, "__type", "__Type", false);
	return type != NULL && make_field(g, &type->arguments, "name", "String", true) != NULL;
}

/* ---- all ---- */

static bool
check_all(struct graphql *g, const struct graphql_schema *schema)
{
	struct graphql_list types = { 0 }, directives = { 0 };

	if (!graphql_index_sorted(g, &schema->types, &types) ||
	    !graphql_index_sorted(g, &schema->directives, &directives))
		return false;
	for (size_t i = 0; i < types.count; i++) {
		if (!graphql_check_type(g, schema, types.at[i]))
			return false;
	}
	for (size_t i = 0; i < directives.count; i++) {
		if (!graphql_check_directive(g, schema, directives.at[i]))
			return false;
	}
	return !g->halted;
}

bool
graphql_schema_make(struct graphql *g, struct graphql_document *doc,
    struct graphql_schema *ret)
{
	struct graphql_schema schema = { 0 };
	struct graphql_document all;
	struct graphql_list types = { 0 };

	if (!graphql_parse_schema(g, str_of(graphql_prelude), true, &all) ||
	    !graphql_push_all(g, &all.definitions, &doc->definitions) ||
	    !graphql_push_all(g, &all.directives, &doc->directives) ||
	    !graphql_index_init(
		g, &schema.types, all.definitions.count + doc->extensions.count) ||
	    !graphql_index_init(g, &schema.directives, all.directives.count))
		return false;
	if (!add_types(g, &schema, &all.definitions) ||
	    !graphql_push_all(g, &types, &all.definitions) ||
	    !extend_types(g, &schema, &doc->extensions, &types))
		return false;
	for (size_t i = 0; i < types.count; i++) {
		if (!add_possible_types(g, &schema, types.at[i]))
			return false;
	}
	if (!add_directives(g, &schema, &all.directives) || !add_all_roots(g, &schema, doc) ||
	    !check_all(g, &schema))
		return false;
	if (doc->schema.count == 0)
		infer_roots(&schema);
	if (schema.query != NULL && !add_introspection(g, schema.query))
		return false;
	*ret = schema;
	return true;
}
