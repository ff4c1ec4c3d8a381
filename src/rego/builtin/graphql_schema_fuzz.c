/* SPDX-License-Identifier: Apache-2.0 */
/* A schema: parsed, written, read again, and checked. */
#include "base/must.h"
#include "rego/builtin/graphql_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 64 << 20, WORK = 1 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(MEMORY);
	struct graphql_document document, again;
	struct graphql_schema schema;
	struct graphql g;

	must(arena != NULL);
	graphql_init(&g, arena, NULL);
	g.left = WORK;
	if (graphql_parse_schema(&g, str_make((const char *)data, size), false, &document)) {
		value_t tree = graphql_write_schema(&g, &document);

		if (value_is_defined(tree) && graphql_read_schema(&g, tree, &again) &&
		    graphql_schema_make(&g, &again, &schema))
			must(schema.types.count > 0);
	}
	must(!g.refused || g.problem.len > 0);
	graphql_fini(&g);
	arena_free(&arena);
	return 0;
}
