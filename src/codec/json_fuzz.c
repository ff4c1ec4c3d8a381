/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read, written and read again is the same value. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 24);
	struct json_options options = { .add = intern_new(arena) };
	struct buf out;
	value_t v, again;

	buf_init(&out, 1 << 24);
	if (json_read(arena, str_make((const char *)data, size), &options, NULL, &v) == ERR_OK) {
		json_write(&out, v);
		must(json_read(arena, buf_str(&out), NULL, NULL, &again) == ERR_OK ||
		    arena_failed(arena));
		must(arena_failed(arena) || value_equal(v, again));
	}
	buf_fini(&out);
	arena_free(&arena);
	return 0;
}
