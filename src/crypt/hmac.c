/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/hmac.h"

#include <openssl/crypto.h>
#include <string.h>

/* rfc2104 2; the library's own takes memory. */
void
hmac_of(enum digest_kind kind, str_t key, str_t bytes, uint8_t *ret)
{
	size_t block = kind == DIGEST_SHA384 || kind == DIGEST_SHA512 ? 128 : 64;
	uint8_t inner[128] = { 0 }, outer[128], middle[DIGEST_SIZE_MAX];

	if (key.len > block)
		digest_parts(kind, &key, 1, inner);
	else if (key.len > 0)
		memcpy(inner, key.data, key.len);
	for (size_t i = 0; i < block; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	digest_parts(kind, (const str_t[]){ str_make((char *)inner, block), bytes }, 2, middle);
	digest_parts(kind,
	    (const str_t[]){ str_make((char *)outer, block), str_make((char *)middle, digest_size(kind)) }, 2, ret);
	OPENSSL_cleanse(inner, sizeof(inner));
	OPENSSL_cleanse(outer, sizeof(outer));
	OPENSSL_cleanse(middle, sizeof(middle));
}
