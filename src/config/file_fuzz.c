/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(16 << 20);
	struct config_inputs in = { 0 };
	struct config c;
	struct diag diag;

	diag_init(&diag, arena, 100);
	if (config_load_text(arena, STR("fuzz"), str_make((const char *)data, size), &in, &diag, &c) ==
	    ERR_CONFIG && diag.error_count == 0)
		__builtin_trap();
	arena_free(&arena);
	return 0;
}
