/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "base/must.h"
#include "sidecar/rest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t text = str_make((const char *)data, size);
	struct arena *arena = arena_new(4 << 20);
	const struct rest_params *params = rest_params_read(arena, text);
	str_t plain = rest_unescape(arena, text);

	if (params != NULL) {
		must(params->count <= REST_PARAMS_MAX);
		for (size_t i = 0; i < params->count; i++)
			must(params->at[i].name.len + params->at[i].value.len <= size);
		(void)rest_flag(params, "pretty");
		(void)rest_param(params, "input");
	}
	must(plain.len <= size);
	arena_free(&arena);
	return 0;
}
