/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(8 << 20);
	struct template template;
	struct buf problem;

	must(arena != NULL);
	buf_init(&problem, 512);
	if (!template_parse(arena, str_make((const char *)data, size), &template, &problem))
		must(problem.len > 0 || arena_failed(arena));
	buf_fini(&problem);
	arena_free(&arena);
	return 0;
}
