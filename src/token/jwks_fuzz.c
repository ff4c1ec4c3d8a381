/* SPDX-License-Identifier: Apache-2.0 */
#include "token/jwks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jwks *set = NULL;

	if (jwks_new_from_file(str_make((const char *)data, size), STR("fuzz"), 100, NULL, &set) == ERR_OK)
		jwks_free(&set);
	return 0;
}
