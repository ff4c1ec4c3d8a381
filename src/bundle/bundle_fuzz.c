/* SPDX-License-Identifier: Apache-2.0 */
/* An archive that nobody signed; its first byte even: a tar without gzip around it. */
#include "bundle/archive.h"
#include "codec/gzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bundle_options options = { .name = STR("fuzz"), .unpacked_limit = 1 << 20 };
	struct arena *arena = arena_new(64 << 20);
	struct bundle bundle;
	struct buf packed;
	str_t input = size > 0 ? str_make((const char *)data + 1, size - 1) : STR_NONE;

	buf_init(&packed, 4 << 20);
	if (size > 0 && !(data[0] & 1)) {
		(void)!gzip_write(&packed, input, 1);
		input = buf_str(&packed);
	}
	(void)!bundle_read(input, &options, arena, NULL, NULL, &bundle);
	buf_fini(&packed);
	arena_free(&arena);
	return 0;
}
