/* SPDX-License-Identifier: Apache-2.0 */
/* A delivery, unverified: what is read can be written again, to the byte, but for the
 * signature. */
#include "base/must.h"
#include "media/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(16 << 20);
	struct media m;

	must(arena != NULL);
	if (media_read(arena, str_make((const char *)data, size), STR("fuzz"), NULL, NULL,
		&m) == ERR_OK) {
		must(m.count > 0 && m.id.len == SHA256_HEX_SIZE);
		(void)media_is_for(&m, STR("host"));
	}
	arena_free(&arena);
	return 0;
}
