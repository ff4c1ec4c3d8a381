/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 is on the path of every decision: its state of old stands where we put
 * it, while an EVP_MD_CTX takes memory each time that it begins anew.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypt/digest.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "base/must.h"
#include "crypt/openssl.h"

struct digest {
	SHA256_CTX sha256; /* of that kind … */
	EVP_MD_CTX *context; /* … and of the others; else NULL */
	enum digest_kind kind;
};

size_t
digest_size(enum digest_kind kind)
{
	static const size_t sizes[] = {
		[DIGEST_MD5] = 16,
		[DIGEST_SHA1] = 20,
		[DIGEST_SHA256] = SHA256_SIZE,
		[DIGEST_SHA384] = 48,
		[DIGEST_SHA512] = 64,
	};

	return sizes[kind];
}

void
digest_of(enum digest_kind kind, str_t bytes, uint8_t *ret)
{
	SHA256_CTX context;

	if (kind != DIGEST_SHA256) {
		must(EVP_Digest(bytes.data, bytes.len, ret, NULL, openssl_digest(kind), NULL) == 1);
		return;
	}
	must(SHA256_Init(&context) == 1 && SHA256_Update(&context, bytes.data, bytes.len) == 1 &&
	    SHA256_Final(ret, &context) == 1);
}

void
digest_sha256_hex(str_t bytes, char ret[SHA256_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t raw[SHA256_SIZE];

	digest_of(DIGEST_SHA256, bytes, raw);
	for (size_t i = 0; i < sizeof(raw); i++) {
		ret[2 * i] = digits[raw[i] >> 4];
		ret[2 * i + 1] = digits[raw[i] & 15];
	}
}

struct digest *
digest_new(enum digest_kind kind)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->kind = kind;
	if (kind == DIGEST_SHA256) {
		digest_begin(d);
		return d;
	}
	d->context = EVP_MD_CTX_new();
	if (d->context == NULL ||
	    EVP_DigestInit_ex2(d->context, openssl_digest(kind), NULL) != 1) {
		digest_free(&d);
		return NULL;
	}
	return d;
}

void
digest_free(struct digest **d)
{
	if (*d == NULL)
		return;
	EVP_MD_CTX_free((*d)->context);
	free(*d);
	*d = NULL;
}

void
digest_add(struct digest *d, str_t bytes)
{
	if (d->kind == DIGEST_SHA256)
		must(SHA256_Update(&d->sha256, bytes.data, bytes.len) == 1);
	else
		must(EVP_DigestUpdate(d->context, bytes.data, bytes.len) == 1);
}

void
digest_begin(struct digest *d)
{
	if (d->kind == DIGEST_SHA256)
		must(SHA256_Init(&d->sha256) == 1);
	else
		must(EVP_DigestInit_ex2(d->context, openssl_digest(d->kind), NULL) == 1);
}

void
digest_end(struct digest *d, uint8_t *ret)
{
	if (d->kind == DIGEST_SHA256)
		must(SHA256_Final(ret, &d->sha256) == 1);
	else
		must(EVP_DigestFinal_ex(d->context, ret, NULL) == 1);
	digest_begin(d);
}
