/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key: asymmetric keys: RSA, ECDSA on P-256, P-384, P-521, and Ed25519.
 *
 * Read from PEM (public, private or certificate) or made from the numbers of a
 * JWK.  A key is checked once, here, so that later code may trust it:
 *
 *   RSA      2048 to 8192 bits; exponent odd, 65537 or more, at most 33 bits;
 *            modulus without small factors and without the ROCA fingerprint
 *            (CVE-2017-15361)
 *   EC       a named curve, coordinates of full length, the point on the curve
 *   Ed25519  canonical encoding, not of small or mixed order
 *
 * KEY_LENIENT drops the rules about size and quality, not those about form: it
 * is for Rego's built-ins, which policies written for OPA hand older keys.
 *
 *   lifetime  heap; signers and verifiers keep what they need, so a key may be
 *             freed before them
 *   threads   immutable, so free to share
 *   failure   ERR_KEY with a sentence in the diag (code "key"); the texts never
 *             show a part of a private key
 */
#ifndef CRYPT_KEY_H
#define CRYPT_KEY_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "crypt/algorithm.h"

struct key;

enum key_rules { KEY_STRICT, KEY_LENIENT };

enum {
	KEY_TEXT_MAX = 64 * 1024, /* of a PEM text */
	KEY_RSA_BITS_MIN = 2048,
	KEY_RSA_BITS_MAX = 8192,
	KEY_THUMBPRINT_SIZE = 43 /* base64url of SHA-256 */
};

/* Big-endian numbers, as a JWK has them after base64url; private ones may be empty. */
struct key_rsa {
	str_t n, e;
	str_t d, p, q, dp, dq, qi;
};

struct key_ec {
	enum key_kind kind; /* KEY_P256, KEY_P384, KEY_P521 */
	str_t x, y;
	str_t d;
};

struct key_ed25519 {
	str_t x;
	str_t d;
};

/* The first key or certificate of the text. */
err_t key_read_pem(str_t pem, enum key_rules, struct diag *, struct key **ret);
err_t key_make_rsa(const struct key_rsa *, enum key_rules, struct diag *, struct key **ret);
err_t key_make_ec(const struct key_ec *, struct diag *, struct key **ret);
err_t key_make_ed25519(const struct key_ed25519 *, enum key_rules, struct diag *, struct key **ret);
err_t key_generate(enum key_kind, struct key **ret); /* KEY_RSA gives 3072 bits */
void key_free(struct key **);

enum key_kind key_kind(const struct key *);
const char *key_kind_name(enum key_kind); /* "RSA", "EC P-256", "Ed25519" */
unsigned key_bits(const struct key *);
bool key_is_private(const struct key *);
str_t key_thumbprint(const struct key *); /* RFC 7638, SHA-256, base64url; borrowed */
bool key_same(const struct key *, const struct key *); /* the same public key */

void key_write_jwk(struct buf *, const struct key *); /* public members, in RFC 7638's order */
err_t key_write_pem_public(struct buf *, const struct key *);
err_t key_write_pem_private(struct buf *, const struct key *); /* PKCS #8; wipe the buf */

#endif
