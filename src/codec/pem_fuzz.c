/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "codec/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every block takes bytes off the text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 << 20);
	str_t text = str_make((const char *)data, size);
	struct pem_block block;
	size_t left = size + 1;

	while (pem_read(arena, &text, &block)) {
		must(text.len < left);
		left = text.len;
	}
	arena_free(&arena);
	return 0;
}
