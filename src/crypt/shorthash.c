/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/shorthash.h"

#include <sodium.h>

#include "crypt/random.h"

_Static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(struct shorthash_key), "key");
_Static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(struct shorthash), "hash");

void
shorthash_key_make(struct shorthash_key *key)
{
	random_bytes(key->bytes, sizeof(key->bytes));
}

struct shorthash
shorthash_of(const struct shorthash_key *key, str_t text)
{
	struct shorthash hash;

	(void)crypto_shorthash_siphashx24((unsigned char *)&hash, (const unsigned char *)text.data,
	    text.len, key->bytes);
	return hash;
}
