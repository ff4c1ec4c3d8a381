/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a tag: an ETag that is taken from one is one that a header can carry. */
#include "courier/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mac[32];
	str_t etag;

	if (vault_tag_read(str_make((const char *)data, size), mac, &etag)) {
		must(etag.len < VAULT_ETAG_MAX);
		for (size_t i = 0; i < etag.len; i++)
			must(etag.data[i] >= 0x20 && etag.data[i] <= 0x7e);
	}
	return 0;
}
