/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/hmac.h"

#include <limits.h>
#include <openssl/hmac.h>

#include "base/must.h"
#include "crypt/openssl.h"

void
hmac_of(enum digest_kind kind, str_t key, str_t bytes, uint8_t *ret)
{
	uint8_t folded[DIGEST_SIZE_MAX];
	const void *key_bytes = key.len > 0 ? key.data : "";

	/* rfc2104 2: a key longer than a block is its digest; HMAC() takes int lengths only. */
	if (key.len > INT_MAX) {
		digest_of(kind, key, folded);
		key = str_make((const char *)folded, digest_size(kind));
		key_bytes = folded;
	}
	must(HMAC(openssl_digest(kind), key_bytes, (int)key.len,
	         (const unsigned char *)(bytes.len > 0 ? bytes.data : ""), bytes.len, ret,
	         NULL) != NULL);
	OPENSSL_cleanse(folded, sizeof(folded));
}
