/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/signature.h"

#include <openssl/rsa.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/must.h"
#include "crypt/ecdsa_deterministic.h"
#include "crypt/hmac.h"
#include "crypt/key_parts.h"
#include "crypt/openssl.h"
#include "crypt/secret.h"

enum { ED25519_SIZE = 64, DER_SIZE_MAX = 160, COPIES = 64 };

/* Copying what a verifier has set up costs a tenth of an RSA check: copies are kept. */
struct verify_context {
	EVP_MD_CTX *digest;
	struct {
		uint64_t serial; /* of the verifier it is a copy of */
		EVP_PKEY_CTX *copy;
	} copies[COPIES];
};

struct verifier {
	enum algorithm algorithm;
	uint64_t serial; /* from 1, and never used again: an address may be */
	size_t size; /* of a signature in its one form */
	EVP_PKEY_CTX *template; /* NULL for Ed25519 */
	uint8_t point[32]; /* Ed25519 */
};

struct verify_context *
verify_context_new(void)
{
	struct verify_context *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->digest = EVP_MD_CTX_new();
	if (c->digest == NULL)
		verify_context_free(&c);
	return c;
}

void
verify_context_free(struct verify_context **c)
{
	if (*c == NULL)
		return;
	for (size_t i = 0; i < COPIES; i++)
		EVP_PKEY_CTX_free((*c)->copies[i].copy);
	EVP_MD_CTX_free((*c)->digest);
	free(*c);
	*c = NULL;
}

/* Bytes of R, and of S; 0: not ECDSA. */
static size_t
half_size(enum key_kind kind)
{
	return kind == KEY_P256 ? 32 : kind == KEY_P384 ? 48 : kind == KEY_P521 ? 66 : 0;
}

static size_t
signature_size(const struct key *key)
{
	if (key->kind == KEY_RSA)
		return (size_t)EVP_PKEY_get_size(key->handle);
	return key->kind == KEY_ED25519 ? ED25519_SIZE : 2 * half_size(key->kind);
}

static bool
fits(const struct key *key, enum algorithm a)
{
	return algorithm_key(a) != KEY_NONE && algorithm_key(a) == key->kind;
}

static bool
set_padding(EVP_PKEY_CTX *context, enum algorithm a)
{
	const EVP_MD *digest = openssl_digest(algorithm_digest(a));

	if (algorithm_family(a) == ALGORITHM_RSA_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
	if (algorithm_family(a) == ALGORITHM_RSA_PSS)
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
	return true;
}

/* ---- checking ---- */

static bool
set_up_template(struct verifier *v, const struct key *key)
{
	v->template = EVP_PKEY_CTX_new_from_pkey(NULL, key->handle, NULL);
	return v->template != NULL && EVP_PKEY_verify_init(v->template) == 1 &&
	    set_padding(v->template, v->algorithm) &&
	    EVP_PKEY_CTX_set_signature_md(v->template,
	        openssl_digest(algorithm_digest(v->algorithm))) == 1;
}

err_t
verifier_new(const struct key *key, enum algorithm a, struct verifier **ret)
{
	static _Atomic uint64_t last_serial;
	struct verifier *v;
	size_t point_size = sizeof(v->point);
	bool good;

	if (!fits(key, a))
		return ERR_KEY;
	v = calloc(1, sizeof(*v));
	if (v == NULL)
		return ERR_MEMORY;
	v->algorithm = a;
	v->serial = atomic_fetch_add_explicit(&last_serial, 1, memory_order_relaxed) + 1;
	v->size = signature_size(key);
	if (a == ALGORITHM_EDDSA)
		good = EVP_PKEY_get_raw_public_key(key->handle, v->point, &point_size) == 1;
	else
		good = set_up_template(v, key);
	if (!good) {
		openssl_forget_errors();
		verifier_free(&v);
		return ERR_CRYPTO;
	}
	*ret = v;
	return ERR_OK;
}

void
verifier_free(struct verifier **v)
{
	if (*v == NULL)
		return;
	EVP_PKEY_CTX_free((*v)->template);
	free(*v);
	*v = NULL;
}

enum algorithm
verifier_algorithm(const struct verifier *v)
{
	return v->algorithm;
}

/* X.690 8.3: an INTEGER in its shortest form, with a zero in front of a top bit that is set. */
static size_t
put_der_integer(uint8_t *out, const uint8_t *number, size_t len)
{
	size_t skip = 0, pad;

	while (skip + 1 < len && number[skip] == 0)
		skip++;
	pad = number[skip] >> 7;
	out[0] = 0x02;
	out[1] = (uint8_t)(len - skip + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, number + skip, len - skip);
	return 2 + pad + len - skip;
}

/* R || S to the ECDSA-Sig-Value that the library reads (rfc3279 2.2.3). */
static size_t
make_der(uint8_t out[DER_SIZE_MAX], str_t signature)
{
	const uint8_t *bytes = (const uint8_t *)signature.data;
	size_t half = signature.len / 2, len;
	uint8_t body[DER_SIZE_MAX];

	len = put_der_integer(body, bytes, half);
	len += put_der_integer(body + len, bytes + half, half);
	out[0] = 0x30;
	if (len < 128) {
		out[1] = (uint8_t)len;
		memcpy(out + 2, body, len);
		return 2 + len;
	}
	out[1] = 0x81;
	out[2] = (uint8_t)len;
	memcpy(out + 3, body, len);
	return 3 + len;
}

/* The thread's own: what is below keeps its state there.  NULL: out of memory. */
static EVP_PKEY_CTX *
get_copy(struct verify_context *c, const struct verifier *v)
{
	size_t i = v->serial % COPIES;

	if (c->copies[i].serial == v->serial)
		return c->copies[i].copy;
	EVP_PKEY_CTX_free(c->copies[i].copy);
	c->copies[i].copy = EVP_PKEY_CTX_dup(v->template);
	c->copies[i].serial = c->copies[i].copy != NULL ? v->serial : 0;
	return c->copies[i].copy;
}

static bool
hash(struct verify_context *c, enum digest_kind kind, str_t message,
    uint8_t ret[DIGEST_SIZE_MAX])
{
	return EVP_DigestInit_ex2(c->digest, openssl_digest(kind), NULL) == 1 &&
	    EVP_DigestUpdate(c->digest, message.data, message.len) == 1 &&
	    EVP_DigestFinal_ex(c->digest, ret, NULL) == 1;
}

err_t
verifier_check(const struct verifier *v, struct verify_context *c, str_t message, str_t signature)
{
	const unsigned char *text = (const unsigned char *)(message.len > 0 ? message.data : "");
	const unsigned char *bytes = (const unsigned char *)signature.data;
	enum digest_kind kind = algorithm_digest(v->algorithm);
	uint8_t der[DER_SIZE_MAX], digest[DIGEST_SIZE_MAX];
	size_t len = signature.len;
	EVP_PKEY_CTX *copy;

	if (signature.len != v->size)
		return ERR_SIGNATURE;
	if (v->algorithm == ALGORITHM_EDDSA)
		return crypto_sign_verify_detached(bytes, text, message.len, v->point) == 0
		    ? ERR_OK
		    : ERR_SIGNATURE;
	if (algorithm_family(v->algorithm) == ALGORITHM_ECDSA) {
		len = make_der(der, signature);
		bytes = der;
	}
	copy = get_copy(c, v);
	if (copy == NULL || !hash(c, kind, message, digest)) {
		openssl_forget_errors();
		return ERR_MEMORY;
	}
	if (EVP_PKEY_verify(copy, bytes, len, digest, digest_size(kind)) != 1) {
		openssl_forget_errors();
		return ERR_SIGNATURE;
	}
	return ERR_OK;
}

err_t
signature_check(const struct key *key, enum algorithm a, str_t message, str_t signature)
{
	struct verify_context *c = verify_context_new();
	struct verifier *v = NULL;
	err_t err = c == NULL ? ERR_MEMORY : verifier_new(key, a, &v);

	if (err == ERR_OK)
		err = verifier_check(v, c, message, signature);
	verifier_free(&v);
	verify_context_free(&c);
	return err;
}

/* ---- making ---- */

static bool
sign(EVP_MD_CTX *context, const struct key *key, enum algorithm a, str_t message,
    uint8_t ret[SIGNATURE_SIZE_MAX], size_t *ret_len)
{
	const unsigned char *text = (const unsigned char *)(message.len > 0 ? message.data : "");
	const char *digest = a == ALGORITHM_EDDSA ? NULL : openssl_digest_name(algorithm_digest(a));
	EVP_PKEY_CTX *parameters = NULL; /* belongs to the context */
	uint8_t bytes[SIGNATURE_SIZE_MAX];
	size_t len = sizeof(bytes), half = half_size(key->kind);

	*ret_len = signature_size(key);
	if (half > 0)
		return ecdsa_sign_deterministic(key->handle, algorithm_digest(a), message, half, ret);
	if (EVP_DigestSignInit_ex(context, &parameters, digest, NULL, NULL, key->handle, NULL) !=
	        1 ||
	    !set_padding(parameters, a) ||
	    EVP_DigestSign(context, bytes, &len, text, message.len) != 1)
		return false;
	memcpy(ret, bytes, len);
	return len == *ret_len;
}

err_t
signature_make(const struct key *key, enum algorithm a, str_t message,
    uint8_t ret[SIGNATURE_SIZE_MAX], size_t *ret_len)
{
	EVP_MD_CTX *context;
	bool good;

	if (!fits(key, a) || !key->is_private || signature_size(key) > SIGNATURE_SIZE_MAX)
		return ERR_KEY;
	context = EVP_MD_CTX_new();
	if (context == NULL)
		return ERR_MEMORY;
	good = sign(context, key, a, message, ret, ret_len);
	EVP_MD_CTX_free(context);
	openssl_forget_errors();
	return good ? ERR_OK : ERR_CRYPTO;
}

/* ---- MACs ---- */

err_t
signature_mac(enum algorithm a, str_t key, str_t message, uint8_t ret[DIGEST_SIZE_MAX],
    size_t *ret_len)
{
	if (a == ALGORITHM_NONE || algorithm_family(a) != ALGORITHM_HMAC)
		return ERR_KEY;
	hmac_of(algorithm_digest(a), key, message, ret);
	*ret_len = digest_size(algorithm_digest(a));
	return ERR_OK;
}

err_t
signature_check_mac(enum algorithm a, str_t key, str_t message, str_t signature)
{
	uint8_t mac[DIGEST_SIZE_MAX];
	size_t len = 0;

	TRY(signature_mac(a, key, message, mac, &len));
	if (signature.len != len || !secret_equal(mac, signature.data, len))
		return ERR_SIGNATURE;
	return ERR_OK;
}
