/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "codec/json.h"
#include "rego/builtin/json_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What our reader takes is without fault; it is stricter than Go's in UTF-8 and depth only. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(8 << 20);
	str_t text = str_make((const char *)data, size);
	struct buf problem;
	value_t v;

	must(arena != NULL);
	buf_init(&problem, 256);
	rego_json_fault(arena, &problem, text);
	if (json_read(arena, text, NULL, NULL, &v) == ERR_OK)
		must(problem.len == 0);
	buf_fini(&problem);
	arena_free(&arena);
	return 0;
}
