/* SPDX-License-Identifier: Apache-2.0 */
/* A query: parsed, written, read again, and held against a schema that has a bit of all. */
#include "base/must.h"
#include "rego/builtin/graphql_validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 64 << 20, WORK = 1 << 20 };

static const char schema_text[] =
    "interface I { i(x: Int = 1): I s: String } type A implements I { i(x: Int = 1): I s: "
    "String "
    "a: A! l: [A!] e(e: E, o: O, n: N!, f: Float): E u: U } type B { b: B } union U = A | B "
    "enum E { X Y } input O @oneOf { a: Int b: String } input N { n: N l: [N!] r: Int! = 1 d: "
    "ID! } "
    "scalar S type Query { q: Query a: A i: I u(s: S): U v(v: Boolean!): Int } "
    "type Mutation { a: A } type Subscription { a: A b: B } directive @d(a: [Int]) on FIELD | "
    "QUERY";

/* What was parsed and written is read as something that can be written again. */
static void
round_trip(struct graphql *g, value_t tree)
{
	struct graphql_query again;

	if (graphql_read_query(g, tree, &again))
		must(value_is_defined(graphql_write_query(g, &again)) || g->halted ||
		     g->refused);
}

/* Made once: no query changes it. */
static const struct graphql_schema *
schema_of_all(void)
{
	static struct graphql_schema schema;
	static struct graphql_document document;
	static struct arena *arena;
	struct graphql g;

	if (schema.types.count > 0)
		return &schema;
	arena = arena_new(MEMORY);
	must(arena != NULL);
	graphql_init(&g, arena, NULL);
	must(graphql_parse_schema(&g, str_of(schema_text), false, &document));
	must(graphql_schema_make(&g, &document, &schema));
	graphql_fini(&g);
	return &schema;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct graphql_schema *schema = schema_of_all();
	struct arena *arena = arena_new(MEMORY);
	struct graphql_query query;
	struct graphql g;

	must(arena != NULL);
	graphql_init(&g, arena, NULL);
	g.left = WORK;
	if (graphql_parse_query(&g, str_make((const char *)data, size), &query)) {
		value_t tree = graphql_write_query(&g, &query);

		if (value_is_defined(tree) && !graphql_validate(&g, schema, &query))
			must(g.problem.len > 0 || g.halted);
		g.refused = false;
		if (value_is_defined(tree))
			round_trip(&g, tree);
	} else {
		must(g.problem.len > 0 || g.halted);
	}
	graphql_fini(&g);
	arena_free(&arena);
	return 0;
}
