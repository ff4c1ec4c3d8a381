/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from numbers: what a JWK holds, and new ones. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "crypt/key_parts.h"
#include "crypt/openssl.h"

enum { NUMBERS_MAX = 8, COORDINATE_MAX = 66 };

/* What goes into a key: the builder borrows the numbers until the key is made. */
struct recipe {
	OSSL_PARAM_BLD *builder;
	BIGNUM *numbers[NUMBERS_MAX];
	size_t count;
	bool failed;
};

static err_t
refuse(struct diag *diag, const char *why)
{
	openssl_forget_errors();
	diag_say(diag, "key", "the key is not usable: %s", why);
	return ERR_KEY;
}

static void
add_number(struct recipe *r, const char *name, str_t bytes)
{
	BIGNUM *number;

	if (r->failed)
		return;
	number = BN_secure_new();
	r->failed = number == NULL ||
	    BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.len, number) == NULL ||
	    OSSL_PARAM_BLD_push_BN(r->builder, name, number) != 1;
	if (number != NULL)
		r->numbers[r->count++] = number;
}

/* Makes the key and forgets the recipe. */
static EVP_PKEY *
cook(struct recipe *r, const char *type, bool is_private)
{
	EVP_PKEY *handle = NULL;
	OSSL_PARAM *params = r->failed ? NULL : OSSL_PARAM_BLD_to_param(r->builder);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &handle, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
	        params) != 1)
		handle = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(r->builder);
	for (size_t i = 0; i < r->count; i++)
		BN_clear_free(r->numbers[i]);
	return handle;
}

static bool
begin_recipe(struct recipe *r)
{
	openssl_start();
	*r = (struct recipe){ .builder = OSSL_PARAM_BLD_new() };
	return r->builder != NULL;
}

/* rfc7518 2: Base64urlUInt has no leading zero octets. */
static bool
is_plain_number(str_t bytes)
{
	return bytes.len > 0 && bytes.data[0] != 0;
}

err_t
key_make_rsa(const struct key_rsa *rsa, enum key_rules rules, struct diag *diag, struct key **ret)
{
	const struct {
		const char *name;
		str_t bytes;
	} parts[] = {
		{ OSSL_PKEY_PARAM_RSA_N, rsa->n },
		{ OSSL_PKEY_PARAM_RSA_E, rsa->e },
		{ OSSL_PKEY_PARAM_RSA_D, rsa->d },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, rsa->p },
		{ OSSL_PKEY_PARAM_RSA_FACTOR2, rsa->q },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT1, rsa->dp },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT2, rsa->dq },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, rsa->qi },
	};
	struct recipe recipe;
	EVP_PKEY *handle;

	if (rsa->n.len > KEY_RSA_BITS_MAX / 8 + 1 || rsa->e.len > KEY_RSA_BITS_MAX / 8 + 1)
		return refuse(diag, "its modulus or exponent is longer than 8192 bits");
	if (rsa->n.len == 0 || rsa->e.len == 0 ||
	    (rules == KEY_STRICT && !(is_plain_number(rsa->n) && is_plain_number(rsa->e))))
		return refuse(diag, "a number is empty or begins with a zero byte");
	if (!begin_recipe(&recipe))
		return ERR_MEMORY;
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (parts[i].bytes.len > KEY_RSA_BITS_MAX / 8)
			recipe.failed = recipe.failed || i > 1;
		if (parts[i].bytes.len > 0)
			add_number(&recipe, parts[i].name, parts[i].bytes);
	}
	handle = cook(&recipe, "RSA", rsa->d.len > 0);
	if (handle == NULL)
		return refuse(diag, "its numbers make no RSA key");
	return key_adopt(handle, rsa->d.len > 0, rules, diag, ret);
}

err_t
key_make_ec(const struct key_ec *ec, struct diag *diag, struct key **ret)
{
	static const struct {
		const char *group;
		size_t size;
	} curves[] = {
		[KEY_P256] = { "prime256v1", 32 },
		[KEY_P384] = { "secp384r1", 48 },
		[KEY_P521] = { "secp521r1", COORDINATE_MAX },
	};
	const size_t size = curves[ec->kind].size;
	uint8_t point[1 + 2 * COORDINATE_MAX];
	struct recipe recipe;
	EVP_PKEY *handle;

	/* rfc7518 6.2.1.2: the full size of a coordinate, leading zeros included. */
	if (ec->x.len != size || ec->y.len != size)
		return refuse(diag, "a coordinate has the wrong length for its curve");
	if (ec->d.len > 0 && ec->d.len != size) /* rfc7518 6.2.2.1 */
		return refuse(diag, "the private number has the wrong length for its curve");
	point[0] = 4; /* uncompressed */
	memcpy(point + 1, ec->x.data, size);
	memcpy(point + 1 + size, ec->y.data, size);
	if (!begin_recipe(&recipe))
		return ERR_MEMORY;
	recipe.failed = OSSL_PARAM_BLD_push_utf8_string(recipe.builder, OSSL_PKEY_PARAM_GROUP_NAME,
	                    curves[ec->kind].group, 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(recipe.builder, OSSL_PKEY_PARAM_PUB_KEY, point,
	        1 + 2 * size) != 1;
	if (ec->d.len > 0)
		add_number(&recipe, OSSL_PKEY_PARAM_PRIV_KEY, ec->d);
	handle = cook(&recipe, "EC", ec->d.len > 0);
	if (handle == NULL)
		return refuse(diag, "its point is not on its curve");
	return key_adopt(handle, ec->d.len > 0, KEY_STRICT, diag, ret);
}

err_t
key_make_ed25519(const struct key_ed25519 *ed, enum key_rules rules, struct diag *diag,
    struct key **ret)
{
	uint8_t derived[32];
	size_t len = sizeof(derived);
	EVP_PKEY *handle;

	openssl_start();
	if (ed->x.len != 32 || (ed->d.len > 0 && ed->d.len != 32))
		return refuse(diag, "an Ed25519 key has 32 bytes");
	if (ed->d.len == 0)
		handle = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL,
		    (const unsigned char *)ed->x.data, 32);
	else
		handle = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL,
		    (const unsigned char *)ed->d.data, 32);
	if (handle == NULL)
		return refuse(diag, "its bytes make no Ed25519 key");
	if (ed->d.len > 0 &&
	    (EVP_PKEY_get_raw_public_key(handle, derived, &len) != 1 ||
	        memcmp(derived, ed->x.data, sizeof(derived)) != 0)) {
		EVP_PKEY_free(handle);
		return refuse(diag, "its numbers do not belong together");
	}
	return key_adopt(handle, ed->d.len > 0, rules, diag, ret);
}

err_t
key_generate(enum key_kind kind, struct key **ret)
{
	EVP_PKEY *handle = NULL;

	openssl_start();
	switch (kind) {
	case KEY_RSA:
		handle = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
		break;
	case KEY_P256:
		handle = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		break;
	case KEY_P384:
		handle = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
		break;
	case KEY_P521:
		handle = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521");
		break;
	case KEY_ED25519:
		handle = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case KEY_NONE:
		break;
	}
	if (handle == NULL) {
		openssl_forget_errors();
		return ERR_CRYPTO;
	}
	return key_adopt(handle, true, KEY_STRICT, NULL, ret);
}
