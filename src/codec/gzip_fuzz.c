/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "codec/gzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a member; and packed by us, they come back. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct gzip_limits limits = { .unpacked = 1 << 20, .ratio = 200 };
	struct arena *arena = arena_new(1 << 22);
	str_t bytes = str_make((const char *)data, size), got;
	const char *why;
	struct buf out;

	buf_init(&out, 1 << 22);
	if (gzip_read(arena, bytes, &limits, &got, &why) != ERR_OK)
		must(why != NULL);
	if (size > 0 && size <= limits.unpacked && gzip_write(&out, bytes, 1 + data[0] % 12) == ERR_OK)
		must(gzip_read(arena, buf_str(&out), &limits, &got, &why) == ERR_OK && str_eq(got, bytes));
	buf_fini(&out);
	arena_free(&arena);
	return 0;
}
