/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "rego/builtin/schema.h"

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

/* An array: a schema, then documents. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(MEMORY);
	size_t left = MOST_WORK;
	const struct schema_host host = { work, &left };
	struct schema *schema = NULL;
	struct schema_fault *faults = NULL;
	str_t problem;
	value_t v;

	if (arena != NULL && json_read(arena, str_make((const char *)data, size), NULL, NULL, &v) == ERR_OK &&
	    v.tag == VALUE_ARRAY && v.count > 0 &&
	    schema_make(arena, &host, v.items[0], true, &schema, &problem) == SCHEMA_GOOD) {
		for (uint32_t i = 1; i < v.count; i++) {
			if (schema_validate(arena, &host, schema, v.items[i], &faults, &problem) !=
			    SCHEMA_GOOD)
				break;
			for (; faults != NULL; faults = faults->next)
				(void)schema_fault_message(arena, faults, schema_fault_field(arena, faults));
		}
	}
	schema_free(&schema);
	arena_free(&arena);
	return 0;
}
