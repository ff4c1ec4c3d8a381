/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct key *key = NULL;

	if (key_read_pem(str_make((const char *)data, size), KEY_STRICT, NULL, &key) == ERR_OK)
		key_free(&key);
	return 0;
}
