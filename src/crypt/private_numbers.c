/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from a private key's numbers, and whether they belong together. */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "crypt/openssl.h"
#include "crypt/private_parts.h"

/* Numbers of one computation; BN_CTX_get() gives NULL when there is no memory, BN_* then fail. */
struct sums {
	struct x509_reader *r;
	BN_CTX *ctx;
	BIGNUM *n, *e, *d, *p, *q;
};

static bool
load(BIGNUM *number, str_t bytes)
{
	return number != NULL &&
	    BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.len, number) != NULL;
}

static bool
store(struct x509_reader *r, const BIGNUM *number, str_t *ret)
{
	int len = BN_num_bytes(number);
	unsigned char *bytes = arena_alloc_raw(r->arena, (size_t)len + 1, 1);

	if (bytes == NULL)
		return false;
	(void)BN_bn2bin(number, bytes);
	*ret = str_make((char *)bytes, (size_t)len);
	return true;
}

/* An even or absurd public half is refused before anything is computed with it. */
static bool
check_public(struct x509_reader *r, const struct private_key *key)
{
	if (key->public.n.len > PRIVATE_RSA_BYTES_MAX || key->d.len > PRIVATE_RSA_BYTES_MAX)
		return x509_refuse(r, "crypto/rsa: key is longer than %d bits",
		    8 * PRIVATE_RSA_BYTES_MAX);
	for (size_t i = 0; i < key->prime_count; i++)
		if (key->primes[i].len > key->public.n.len)
			return x509_refuse(r, "crypto/rsa: invalid prime");
	if ((key->public.n.data[key->public.n.len - 1] & 1) == 0)
		return x509_refuse(r, "crypto/rsa: public modulus is even");
	if (key->public.e < 2)
		return x509_refuse(r, "crypto/rsa: public exponent too small or negative");
	if ((key->public.e & 1) == 0)
		return x509_refuse(r, "crypto/rsa: public exponent is even");
	if (key->public.e > INT32_MAX)
		return x509_refuse(r, "crypto/rsa: public exponent too large");
	return true;
}

static bool
load_all(struct sums *s, const struct private_key *key)
{
	s->n = BN_CTX_get(s->ctx);
	s->e = BN_CTX_get(s->ctx);
	s->d = BN_CTX_get(s->ctx);
	s->p = BN_CTX_get(s->ctx);
	s->q = BN_CTX_get(s->ctx);
	return load(s->n, key->public.n) && load(s->d, key->d) && load(s->p, key->primes[0]) &&
	    load(s->q, key->primes[1]) && s->e != NULL &&
	    BN_set_word(s->e, (BN_ULONG)key->public.e) == 1;
}

/* d mod (prime - 1), or what the key says that is; e times it must be one. */
static bool
take_exponent(struct sums *s, const BIGNUM *prime, str_t *exponent)
{
	BIGNUM *less = BN_CTX_get(s->ctx), *x = BN_CTX_get(s->ctx), *product = BN_CTX_get(s->ctx);
	bool given = exponent->len > 0;

	if (product == NULL || BN_sub(less, prime, BN_value_one()) != 1)
		return false;
	if (BN_is_zero(less))
		return x509_refuse(s->r, "crypto/rsa: invalid prime");
	if (given ? !load(x, *exponent) : BN_mod(x, s->d, less, s->ctx) != 1)
		return false;
	if (BN_cmp(x, less) >= 0 || BN_mod_mul(product, x, s->e, less, s->ctx) != 1 ||
	    !BN_is_one(product))
		return x509_refuse(s->r, "crypto/rsa: invalid CRT exponent");
	return given || store(s->r, x, exponent);
}

static bool
take_coefficient(struct sums *s, str_t *coefficient)
{
	BIGNUM *x = BN_CTX_get(s->ctx), *product = BN_CTX_get(s->ctx);
	bool given = coefficient->len > 0;

	if (product == NULL)
		return false;
	if (!BN_is_odd(s->p))
		return x509_refuse(s->r, "crypto/rsa: p is even");
	if (given ? !load(x, *coefficient) : BN_mod_inverse(x, s->q, s->p, s->ctx) == NULL)
		return x509_refuse(s->r, "crypto/rsa: invalid CRT coefficient");
	if (BN_cmp(x, s->p) >= 0 || BN_mod_mul(product, x, s->q, s->p, s->ctx) != 1 ||
	    !BN_is_one(product))
		return x509_refuse(s->r, "crypto/rsa: invalid CRT coefficient");
	return given || store(s->r, x, coefficient);
}

static bool
complete_two(struct sums *s, struct private_key *key)
{
	BIGNUM *x = BN_CTX_get(s->ctx);
	int bits = BN_num_bits(s->n);

	if (x == NULL || BN_mul(x, s->p, s->q, s->ctx) != 1)
		return false;
	if (BN_cmp(s->d, s->n) >= 0)
		return x509_refuse(s->r, "input overflows the modulus");
	if (BN_cmp(x, s->n) != 0)
		return x509_refuse(s->r, "crypto/rsa: p * q != n");
	if (key->dp.len == 0 || key->dq.len == 0 || key->qinv.len == 0)
		key->dp = key->dq = key->qinv = STR_NONE; /* all of them are given, or none */
	if (!take_exponent(s, s->p, &key->dp) || !take_exponent(s, s->q, &key->dq) ||
	    !take_coefficient(s, &key->qinv) || BN_sub(x, s->p, s->q) != 1)
		return false;
	if (BN_num_bits(x) <= bits / 2 - 100)
		return x509_refuse(s->r, "crypto/rsa: |p - q| too small");
	if (BN_num_bits(s->d) <= bits / 2)
		return x509_refuse(s->r, "crypto/rsa: d too small");
	return true;
}

/* More than two primes: only what follows from them is worked out, nothing is compared. */
static bool
complete_many(struct sums *s, struct private_key *key)
{
	BIGNUM *product = BN_CTX_get(s->ctx), *prime = BN_CTX_get(s->ctx), *x = BN_CTX_get(s->ctx);

	if (x == NULL || BN_is_one(s->p) || BN_is_one(s->q))
		return x509_refuse(s->r, "crypto/rsa: prime factor is <= 1");
	if (BN_sub(x, s->p, BN_value_one()) != 1 || BN_mod(x, s->d, x, s->ctx) != 1 ||
	    !store(s->r, x, &key->dp) || BN_sub(x, s->q, BN_value_one()) != 1 ||
	    BN_mod(x, s->d, x, s->ctx) != 1 || !store(s->r, x, &key->dq))
		return false;
	if (BN_mod_inverse(x, s->q, s->p, s->ctx) == NULL)
		return x509_refuse(s->r, "crypto/rsa: prime factors are not relatively prime");
	if (!store(s->r, x, &key->qinv) || BN_mul(product, s->p, s->q, s->ctx) != 1)
		return false;
	for (size_t i = 2; i < key->prime_count; i++) {
		struct private_crt *crt = &key->crt[i];

		if (!load(prime, key->primes[i]) || BN_sub(x, prime, BN_value_one()) != 1)
			return false;
		if (BN_is_zero(x))
			return x509_refuse(s->r, "crypto/rsa: prime factor is <= 1");
		if (BN_mod(x, s->d, x, s->ctx) != 1 || !store(s->r, x, &crt->exponent) ||
		    !store(s->r, product, &crt->product))
			return false;
		if (BN_mod_inverse(x, product, prime, s->ctx) == NULL)
			return x509_refuse(s->r, "crypto/rsa: prime factors are not relatively prime");
		if (!store(s->r, x, &crt->coefficient) ||
		    BN_mul(product, product, prime, s->ctx) != 1)
			return false;
	}
	return true;
}

bool
private_complete_rsa(struct x509_reader *r, struct private_key *key)
{
	struct sums s = { .r = r };
	bool done;

	openssl_start();
	if (!check_public(r, key))
		return false;
	s.ctx = BN_CTX_secure_new();
	if (s.ctx == NULL) {
		arena_fail(r->arena);
		return false;
	}
	BN_CTX_start(s.ctx);
	done = load_all(&s, key) &&
	    (key->prime_count == 2 ? complete_two(&s, key) : complete_many(&s, key));
	if (!done && r->why.len == 0)
		arena_fail(r->arena);
	BN_CTX_end(s.ctx);
	BN_CTX_free(s.ctx);
	openssl_forget_errors();
	return done;
}

/* ---- elliptic curves ---- */

static bool
multiply(struct x509_reader *r, const EC_GROUP *group, EC_POINT *point, BN_CTX *ctx,
    struct private_key *key)
{
	BIGNUM *d = BN_CTX_get(ctx), *x = BN_CTX_get(ctx), *y = BN_CTX_get(ctx);

	if (key->d.len > private_key_width(key->public.curve) || y == NULL || !load(d, key->d) ||
	    BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
		return x509_refuse(r, "x509: invalid elliptic curve private key value");
	return EC_POINT_mul(group, point, d, NULL, NULL, ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(group, point, x, y, ctx) == 1 &&
	    store(r, x, &key->public.x) && store(r, y, &key->public.y);
}

bool
private_complete_ec(struct x509_reader *r, struct private_key *key)
{
	static const int names[] = { [X509_P224] = NID_secp224r1,
		[X509_P256] = NID_X9_62_prime256v1, [X509_P384] = NID_secp384r1,
		[X509_P521] = NID_secp521r1 };
	EC_GROUP *group;
	EC_POINT *point;
	BN_CTX *ctx;
	bool done = false;

	openssl_start();
	group = EC_GROUP_new_by_curve_name(names[key->public.curve]);
	point = group != NULL ? EC_POINT_new(group) : NULL;
	ctx = BN_CTX_secure_new();
	if (point != NULL && ctx != NULL) {
		BN_CTX_start(ctx);
		done = multiply(r, group, point, ctx, key);
		BN_CTX_end(ctx);
	}
	if (!done && r->why.len == 0)
		arena_fail(r->arena);
	BN_CTX_free(ctx);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	openssl_forget_errors();
	return done;
}

bool
private_complete_okp(struct x509_reader *r, const char *type, struct private_key *key)
{
	unsigned char *public = arena_alloc_raw(r->arena, 32, 1);
	EVP_PKEY *handle;
	size_t len = 32;
	bool done;

	openssl_start();
	handle = EVP_PKEY_new_raw_private_key_ex(NULL, type, NULL,
	    (const unsigned char *)key->d.data, key->d.len);
	done = public != NULL && handle != NULL &&
	    EVP_PKEY_get_raw_public_key(handle, public, &len) == 1;
	EVP_PKEY_free(handle);
	openssl_forget_errors();
	if (!done)
		arena_fail(r->arena);
	else
		key->public.bytes = str_make((char *)public, len);
	return done;
}
