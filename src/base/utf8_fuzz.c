/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decoded one by one, the bytes say the same as the functions that look at all of them. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t text = str_make((const char *)data, size), left = text;
	bool valid = true;
	size_t count = 0;

	for (; left.len > 0; count++) {
		char bytes[4];
		size_t width;
		uint32_t rune = utf8_decode(left, &width);

		must(width >= 1 && width <= left.len);
		if (rune == UTF8_BAD && width == 1)
			valid = false;
		else
			must(utf8_encode(bytes, rune) == width && memcmp(bytes, left.data, width) == 0);
		left = str_skip(left, width);
	}
	must(utf8_is_valid(text) == valid);
	must(utf8_count(text) == count);
	return 0;
}
