/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "codec/hex.h"
#include "codec/percent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read, written and read again is the same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 22);
	str_t text = str_make((const char *)data, size), bytes, again;
	struct buf out;

	buf_init(&out, 1 << 22);
	if (hex_read(arena, text, &bytes, NULL) == ERR_OK) {
		hex_write(&out, bytes);
		must(hex_read(arena, buf_str(&out), &again, NULL) == ERR_OK && str_eq(bytes, again));
		buf_clear(&out);
	}
	if (percent_read(arena, text, &bytes, NULL) == ERR_OK) {
		percent_write(&out, bytes);
		must(percent_read(arena, buf_str(&out), &again, NULL) == ERR_OK &&
		    str_eq(bytes, again));
	}
	buf_fini(&out);
	arena_free(&arena);
	return 0;
}
