/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ecdsa_deterministic: ECDSA whose nonce follows from key and message (RFC 6979).
 *
 * The same key and message give the same signature, so a bundle built twice is
 * the same bytes twice, and no random source can betray the key by repeating a
 * nonce.  For this room alone: signature.h is what others call.
 *
 *   secrets  the nonce and all it was drawn from are wiped before return; the
 *            arithmetic on them takes the same time for every value
 *   failure  false: out of memory, or a key that is not EC; OpenSSL's queue has
 *            the texts
 */
#ifndef CRYPT_ECDSA_DETERMINISTIC_H
#define CRYPT_ECDSA_DETERMINISTIC_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "crypt/digest.h"

/* R || S, each of `half` bytes, over the digest of the message. */
bool ecdsa_sign_deterministic(EVP_PKEY *, enum digest_kind, str_t message, size_t half, uint8_t *ret);

#endif
