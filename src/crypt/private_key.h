/* SPDX-License-Identifier: Apache-2.0 */
/*
 * private_key: the numbers of private keys, for Rego's functions that show them.
 *
 * Keys that this program uses itself are read by key.h and never shown.  Here PKCS #1,
 * PKCS #8 and SEC 1 are read as Go's crypto/x509 reads them, with its sentences.
 *
 *   memory   numbers in the arena, or borrowed from the DER bytes; natural, big-endian,
 *            without a zero in front
 *   limits   RSA moduli of PRIVATE_RSA_BYTES_MAX, PRIVATE_PRIMES_MAX primes
 *   failure  ERR_SYNTAX and the sentence in *ret_why; ERR_MEMORY
 */
#ifndef CRYPT_PRIVATE_KEY_H
#define CRYPT_PRIVATE_KEY_H

#include "crypt/x509.h"

enum { PRIVATE_RSA_BYTES_MAX = 2048, PRIVATE_PRIMES_MAX = 16 };

/* For the third prime and those behind it: what the Chinese remainder theorem needs. */
struct private_crt {
	str_t exponent, coefficient, product;
};

struct private_key {
	struct x509_key public; /* without its info; X25519 is X509_KEY_UNKNOWN with bytes */
	str_t d; /* of Ed25519 and X25519: the seed, all its 32 bytes */
	str_t primes[PRIVATE_PRIMES_MAX];
	struct private_crt crt[PRIVATE_PRIMES_MAX]; /* crt[2] belongs to primes[2] */
	size_t prime_count;
	str_t dp, dq, qinv;
};

err_t private_key_read_pkcs1(struct arena *, str_t der, struct private_key *ret, str_t *ret_why);
err_t private_key_read_pkcs8(struct arena *, str_t der, struct private_key *ret, str_t *ret_why);
err_t private_key_read_sec1(struct arena *, str_t der, struct private_key *ret, str_t *ret_why);

size_t private_key_width(enum x509_curve); /* bytes of a coordinate, with its zeros */

#endif
