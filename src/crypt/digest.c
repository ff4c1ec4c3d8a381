/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypt/digest.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/must.h"

/*
 * The library's newer interface takes memory at each beginning, and a digest that may fail is
 * of no use to an audit log.  The older one works in place.
 */
struct digest {
	enum digest_kind kind;
	union {
		MD5_CTX md5;
		SHA_CTX sha1;
		SHA256_CTX sha256;
		SHA512_CTX sha512; /* SHA-384's, too */
		crypto_generichash_blake2b_state blake2b;
	} state;
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
		[DIGEST_BLAKE2B512] = 64,
	};

	return sizes[kind];
}

void
digest_begin(struct digest *d)
{
	switch (d->kind) {
	case DIGEST_MD5:
		must(MD5_Init(&d->state.md5) == 1);
		break;
	case DIGEST_SHA1:
		must(SHA1_Init(&d->state.sha1) == 1);
		break;
	case DIGEST_SHA256:
		must(SHA256_Init(&d->state.sha256) == 1);
		break;
	case DIGEST_SHA384:
		must(SHA384_Init(&d->state.sha512) == 1);
		break;
	case DIGEST_SHA512:
		must(SHA512_Init(&d->state.sha512) == 1);
		break;
	case DIGEST_BLAKE2B512:
		must(crypto_generichash_blake2b_init(&d->state.blake2b, NULL, 0, 64) == 0);
	}
}

void
digest_add(struct digest *d, str_t bytes)
{
	if (bytes.len == 0)
		return;
	switch (d->kind) {
	case DIGEST_MD5:
		must(MD5_Update(&d->state.md5, bytes.data, bytes.len) == 1);
		break;
	case DIGEST_SHA1:
		must(SHA1_Update(&d->state.sha1, bytes.data, bytes.len) == 1);
		break;
	case DIGEST_SHA256:
		must(SHA256_Update(&d->state.sha256, bytes.data, bytes.len) == 1);
		break;
	case DIGEST_SHA384:
	case DIGEST_SHA512: /* one and the same */
		must(SHA512_Update(&d->state.sha512, bytes.data, bytes.len) == 1);
		break;
	case DIGEST_BLAKE2B512:
		must(crypto_generichash_blake2b_update(
			 &d->state.blake2b, (const uint8_t *)bytes.data, bytes.len) == 0);
	}
}

void
digest_end(struct digest *d, uint8_t *ret)
{
	switch (d->kind) {
	case DIGEST_MD5:
		must(MD5_Final(ret, &d->state.md5) == 1);
		break;
	case DIGEST_SHA1:
		must(SHA1_Final(ret, &d->state.sha1) == 1);
		break;
	case DIGEST_SHA256:
		must(SHA256_Final(ret, &d->state.sha256) == 1);
		break;
	case DIGEST_SHA384:
		must(SHA384_Final(ret, &d->state.sha512) == 1);
		break;
	case DIGEST_SHA512:
		must(SHA512_Final(ret, &d->state.sha512) == 1);
		break;
	case DIGEST_BLAKE2B512:
		must(crypto_generichash_blake2b_final(&d->state.blake2b, ret, 64) == 0);
	}
	digest_begin(d);
}

void
digest_parts(enum digest_kind kind, const str_t *parts, size_t count, uint8_t *ret)
{
	struct digest d = { .kind = kind };

	digest_begin(&d);
	for (size_t i = 0; i < count; i++)
		digest_add(&d, parts[i]);
	digest_end(&d, ret);
	OPENSSL_cleanse(&d, sizeof(d));
}

void
digest_of(enum digest_kind kind, str_t bytes, uint8_t *ret)
{
	digest_parts(kind, &bytes, 1, ret);
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
	digest_begin(d);
	return d;
}

void
digest_free(struct digest **d)
{
	if (*d == NULL)
		return;
	free(*d);
	*d = NULL;
}
