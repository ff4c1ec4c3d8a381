/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hmac: RFC 2104 over the digests of digest.h; any key length, also none.
 *
 * Compare what it yields with secret_equal() (secret.h), never with memcmp.
 */
#ifndef CRYPT_HMAC_H
#define CRYPT_HMAC_H

#include "crypt/digest.h"

void hmac_of(enum digest_kind, str_t key, str_t bytes, uint8_t *ret); /* digest_size() bytes */

#endif
