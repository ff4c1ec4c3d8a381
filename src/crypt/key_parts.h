/* SPDX-License-Identifier: Apache-2.0 */
/* key_parts: the inside of a key, for this room alone. */
#ifndef CRYPT_KEY_PARTS_H
#define CRYPT_KEY_PARTS_H

#include <openssl/evp.h>

#include "crypt/key.h"

struct key {
	EVP_PKEY *handle;
	enum key_kind kind;
	bool is_private;
	char thumbprint[KEY_THUMBPRINT_SIZE];
};

/* Checks the handle by the rules and wraps it; takes the handle, also on failure. */
err_t key_adopt(EVP_PKEY *, bool is_private, enum key_rules, struct diag *, struct key **ret);

/* key_weak.c: what is wrong with the numbers of this RSA key; NULL: nothing known. */
const char *key_rsa_weakness(const EVP_PKEY *);
/* The same for the 32 bytes of an Ed25519 point. */
const char *key_ed25519_weakness(const uint8_t point[32]);

#endif
