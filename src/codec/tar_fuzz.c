/* SPDX-License-Identifier: Apache-2.0 */
/* Odd first byte: gzip, and what comes out of it; even: an archive. */
#include "codec/gzip.h"
#include "codec/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct gzip_limits limits = { .unpacked = 1 << 20 };
	struct arena *arena = arena_new(8 << 20);
	const struct tar_entry *entries;
	struct tar_fault fault;
	const char *why;
	size_t count;
	str_t input = size > 0 ? str_make((const char *)data + 1, size - 1) : STR_NONE;

	if (size == 0 || !(data[0] & 1) ||
	    gzip_read(arena, input, &limits, &input, &why) == ERR_OK)
		(void)!tar_read(arena, input, 100, &entries, &count, &fault);
	arena_free(&arena);
	return 0;
}
