/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature: making and checking the signatures of RFC 7518 and RFC 8037.
 *
 * A verifier is one key bound to one algorithm, set up once; each thread checks
 * with a context of its own, into which the set-up is copied; copies of the verifiers used
 * last are kept, also when those are gone.  Signatures have one form only: ECDSA is R || S at full
 * length (rfc7518 3.4), RSA exactly as long as its modulus, PSS with a salt as
 * long as the digest (rfc7518 3.5), Ed25519 canonical.  ECDSA takes its nonce
 * from key and message (RFC 6979): of all algorithms only PSS signs the same
 * message differently each time.
 *
 *   threads  verifiers and signers are immutable; a context belongs to one thread
 *   failure  ERR_SIGNATURE: it does not verify.  ERR_KEY: key and algorithm do
 *            not fit.  ERR_MEMORY, ERR_CRYPTO: nothing was decided; refuse too.
 */
#ifndef CRYPT_SIGNATURE_H
#define CRYPT_SIGNATURE_H

#include "base/err.h"
#include "crypt/key.h"

struct verifier;
struct verify_context;

enum { SIGNATURE_SIZE_MAX = KEY_RSA_BITS_MAX / 8 };

struct verify_context *verify_context_new(void); /* NULL: out of memory */
void verify_context_free(struct verify_context **);

err_t verifier_new(const struct key *, enum algorithm, struct verifier **ret);
void verifier_free(struct verifier **);
enum algorithm verifier_algorithm(const struct verifier *);
err_t verifier_check(const struct verifier *, struct verify_context *, str_t message,
    str_t signature);

/* One check, set-up included. */
err_t signature_check(const struct key *, enum algorithm, str_t message, str_t signature);
err_t signature_make(const struct key *, enum algorithm, str_t message,
    uint8_t ret[SIGNATURE_SIZE_MAX], size_t *ret_len);

/* The MAC algorithms; *ret_len bytes of the digest.  ERR_KEY: not a MAC. */
err_t signature_mac(enum algorithm, str_t key, str_t message, uint8_t ret[DIGEST_SIZE_MAX],
    size_t *ret_len);
err_t signature_check_mac(enum algorithm, str_t key, str_t message, str_t signature);

#endif
