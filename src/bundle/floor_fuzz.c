/* SPDX-License-Identifier: Apache-2.0 */
/* The record of the floor: what is read and not spoiled is written the same and read again the same. */
#include "base/must.h"
#include "bundle/floor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct floor one, two;
	struct buf text;

	floor_read(&one, str_make((const char *)bytes, size));
	if (one.spoiled)
		return 0;
	buf_init(&text, FLOOR_TEXT_MAX);
	floor_write(&one, &text);
	floor_read(&two, buf_str(&text));
	must(!two.spoiled && two.number == one.number && two.has_digests == one.has_digests);
	must(!one.has_digests || floor_has_file(&two, str_make(one.file, FLOOR_DIGEST_LEN)));
	buf_fini(&text);
	return 0;
}
