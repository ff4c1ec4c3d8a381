/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/index.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes as an index, with a sum that fits, so that more than the sum is tried; and as lines. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t text = str_make((const char *)data, size);
	struct audit_index *index = NULL;
	uint8_t sum[SHA256_SIZE];
	struct audit_peek peek;
	struct buf b;

	buf_init(&b, 2 << 20);
	buf_add_str(&b, text);
	digest_of(DIGEST_SHA256, text, sum);
	buf_add(&b, sum, sizeof(sum));
	if (audit_index_read(buf_str(&b), &index) == ERR_OK) {
		buf_clear(&b);
		audit_index_write(&b, index);
		must(!buf_failed(&b) && b.len == size + sizeof(sum) && memcmp(b.data, data, size) == 0);
	}
	audit_index_free(&index);
	index = audit_index_new();
	while (index != NULL && text.len > 0) {
		size_t end = str_find_char(text, '\n', 0);

		(void)audit_index_add(index, str_sub(text, 0, end), &peek);
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	audit_index_free(&index);
	buf_fini(&b);
	return 0;
}
