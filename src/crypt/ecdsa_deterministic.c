/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL draws the nonce itself until 3.2, which added a parameter for this.
 * The older interface, deprecated, is the only one that takes a nonce.
 */
#include "crypt/ecdsa_deterministic.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <string.h>

#include "crypt/hmac.h"
#include "crypt/openssl.h"
#include "crypt/secret.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum { HALF_MAX = 66, SEED_MAX = DIGEST_SIZE_MAX + 1 + 2 * HALF_MAX };

/* The generator's state (rfc6979 3.2): K and V, each as long as the digest. */
struct generator {
	enum digest_kind digest;
	size_t size;
	uint8_t k[DIGEST_SIZE_MAX];
	uint8_t v[DIGEST_SIZE_MAX];
};

/* rfc6979 2.3.2: the leftmost bits, as many as the order has. */
static bool
read_bits(const uint8_t *bytes, size_t len, int order_bits, BIGNUM *ret)
{
	int bits = (int)len * 8;

	return BN_bin2bn(bytes, (int)len, ret) != NULL &&
	    (bits <= order_bits || BN_rshift(ret, ret, bits - order_bits) == 1);
}

static void
step_v(struct generator *g)
{
	uint8_t next[DIGEST_SIZE_MAX];

	hmac_of(g->digest, str_make((char *)g->k, g->size), str_make((char *)g->v, g->size), next);
	memcpy(g->v, next, g->size);
	secret_wipe(next, sizeof(next));
}

/* rfc6979 3.2 d-g, h.3: K from V, a byte that tells the rounds apart, and the seed; V from K. */
static void
stir(struct generator *g, uint8_t round, const uint8_t *seed, size_t seed_len)
{
	uint8_t text[SEED_MAX], next[DIGEST_SIZE_MAX];

	memcpy(text, g->v, g->size);
	text[g->size] = round;
	if (seed_len > 0)
		memcpy(text + g->size + 1, seed, seed_len);
	hmac_of(g->digest, str_make((char *)g->k, g->size),
	    str_make((char *)text, g->size + 1 + seed_len), next);
	memcpy(g->k, next, g->size);
	secret_wipe(text, sizeof(text));
	secret_wipe(next, sizeof(next));
	step_v(g);
}

/* rfc6979 3.2 b-g: seeded with the private number and the digest, each as long as the order. */
static bool
seed_generator(struct generator *g, enum digest_kind kind, const EC_KEY *key, const uint8_t *hash,
    size_t half, BN_CTX *ctx)
{
	const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(key));
	BIGNUM *z = BN_CTX_get(ctx);
	uint8_t seed[2 * HALF_MAX];
	bool good;

	*g = (struct generator){ .digest = kind, .size = digest_size(kind) };
	memset(g->v, 1, g->size);
	good = z != NULL && half <= HALF_MAX &&
	    BN_bn2binpad(EC_KEY_get0_private_key(key), seed, (int)half) == (int)half &&
	    read_bits(hash, g->size, BN_num_bits(order), z) && BN_nnmod(z, z, order, ctx) == 1 &&
	    BN_bn2binpad(z, seed + half, (int)half) == (int)half;
	if (good) {
		stir(g, 0, seed, 2 * half);
		stir(g, 1, seed, 2 * half);
	}
	secret_wipe(seed, sizeof(seed));
	return good;
}

/* rfc6979 3.2 h: the next number in [1, order). */
static bool
draw_nonce(struct generator *g, const BIGNUM *order, size_t half, BIGNUM *ret)
{
	uint8_t text[HALF_MAX + DIGEST_SIZE_MAX];
	bool good = true;

	for (;;) {
		for (size_t len = 0; len < half; len += g->size) {
			step_v(g);
			memcpy(text + len, g->v, g->size);
		}
		good = read_bits(text, half, BN_num_bits(order), ret);
		if (!good || (!BN_is_zero(ret) && BN_cmp(ret, order) < 0))
			break;
		stir(g, 0, NULL, 0);
	}
	secret_wipe(text, sizeof(text));
	return good;
}

/* R of the signature, and the nonce's inverse by Fermat's theorem: no branch on the nonce. */
static bool
prepare(const EC_GROUP *group, const BIGNUM *nonce, BIGNUM *r, BIGNUM *inverse, BN_CTX *ctx)
{
	const BIGNUM *order = EC_GROUP_get0_order(group);
	BN_MONT_CTX *mont = BN_MONT_CTX_new();
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *exponent = BN_CTX_get(ctx);
	bool good;

	good = exponent != NULL && point != NULL && mont != NULL &&
	    EC_POINT_mul(group, point, nonce, NULL, NULL, ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) == 1 &&
	    BN_nnmod(r, r, order, ctx) == 1 && BN_MONT_CTX_set(mont, order, ctx) == 1 &&
	    BN_copy(exponent, order) != NULL && BN_sub_word(exponent, 2) == 1 &&
	    BN_mod_exp_mont_consttime(inverse, nonce, exponent, order, ctx, mont) == 1;
	EC_POINT_clear_free(point);
	BN_MONT_CTX_free(mont);
	return good;
}

/* A pair with a zero in it is none (fips186-5 6.4.1): the next nonce is for that. */
static ECDSA_SIG *
sign_hash(EC_KEY *key, enum digest_kind kind, const uint8_t *hash, size_t half, BN_CTX *ctx)
{
	const EC_GROUP *group = EC_KEY_get0_group(key);
	BIGNUM *nonce = BN_secure_new(), *inverse = BN_secure_new(), *r = BN_CTX_get(ctx);
	struct generator generator = { 0 };
	ECDSA_SIG *pair = NULL;

	if (nonce == NULL || inverse == NULL || r == NULL ||
	    !seed_generator(&generator, kind, key, hash, half, ctx))
		goto out;
	BN_set_flags(nonce, BN_FLG_CONSTTIME);
	BN_set_flags(inverse, BN_FLG_CONSTTIME);
	do {
		if (!draw_nonce(&generator, EC_GROUP_get0_order(group), half, nonce) ||
		    !prepare(group, nonce, r, inverse, ctx))
			goto out;
		if (BN_is_zero(r))
			stir(&generator, 0, NULL, 0);
	} while (BN_is_zero(r));
	pair = ECDSA_do_sign_ex(hash, (int)digest_size(kind), inverse, r, key);
out:
	secret_wipe(&generator, sizeof(generator));
	BN_clear_free(nonce);
	BN_clear_free(inverse);
	return pair;
}

bool
ecdsa_sign_deterministic(EVP_PKEY *handle, enum digest_kind kind, str_t message, size_t half,
    uint8_t *ret)
{
	BN_CTX *ctx = BN_CTX_secure_new();
	EC_KEY *key = EVP_PKEY_get1_EC_KEY(handle);
	uint8_t hash[DIGEST_SIZE_MAX];
	ECDSA_SIG *pair = NULL;
	bool good;

	digest_of(kind, message, hash);
	if (ctx != NULL && key != NULL) {
		BN_CTX_start(ctx);
		pair = sign_hash(key, kind, hash, half, ctx);
		BN_CTX_end(ctx);
	}
	good = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret, (int)half) >= 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret + half, (int)half) >= 0;
	ECDSA_SIG_free(pair);
	EC_KEY_free(key);
	BN_CTX_free(ctx);
	return good;
}
