/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "rego/builtin/schema.h"
#include "rego/pass/type_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 16 << 20, MOST_WORK = 4 << 20 };

static bool
work(void *left, size_t bytes)
{
	size_t *l = left;

	if (bytes > *l)
		return false;
	*l -= bytes;
	return true;
}

/* The same schema as the type checker sees it. */
static void
read_type(struct arena *arena, value_t schema)
{
	struct rego_unit unit = { .arena = arena, .intern = intern_new(arena) };
	struct compiler c = { .unit = &unit, .arena = arena };
	str_t problem;
	type_t type;

	if (unit.intern == NULL || setjmp(c.out_of_memory) != 0)
		return;
	type = type_of_schema(&c, schema, &problem);
	if (type != NULL)
		(void)type_text(&c, type);
}

static void
validate(struct arena *arena, const value_t *items, uint32_t count)
{
	size_t left = MOST_WORK;
	const struct schema_host host = { work, &left };
	struct schema *schema = NULL;
	str_t problem;

	if (schema_make(arena, &host, items[0], true, &schema, &problem) != SCHEMA_GOOD)
		return;
	for (uint32_t i = 1; i < count; i++) {
		struct schema_fault *faults = NULL;

		if (schema_validate(arena, &host, schema, items[i], &faults, &problem) != SCHEMA_GOOD)
			break;
		for (; faults != NULL; faults = faults->next)
			(void)schema_fault_message(arena, faults, schema_fault_field(arena, faults));
	}
	schema_free(&schema);
}

/* An array: a schema, then documents. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(MEMORY);
	value_t v;

	if (arena != NULL &&
	    json_read(arena, str_make((const char *)data, size), NULL, NULL, &v) == ERR_OK &&
	    v.tag == VALUE_ARRAY && v.count > 0) {
		read_type(arena, v.items[0]);
		validate(arena, v.items, v.count);
	}
	arena_free(&arena);
	return 0;
}
