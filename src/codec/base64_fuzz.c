/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "codec/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte is the form.  What a strict form reads it must write the same again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 << 20);
	unsigned form = size > 0 ? data[0] & 7 : 0;
	str_t text = size > 0 ? str_make((const char *)data + 1, size - 1) : STR_NONE, bytes;
	struct buf out;

	buf_init(&out, 4 << 20);
	if (base64_decode(arena, text, form, &bytes, NULL) == ERR_OK && !(form & BASE64_LOOSE)) {
		base64_encode(&out, bytes, form);
		must(str_eq(buf_str(&out), text));
	}
	buf_fini(&out);
	arena_free(&arena);
	return 0;
}
