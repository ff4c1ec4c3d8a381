/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>
#include <sodium.h>

#include "base/must.h"

static const struct {
	const char *name; /* of the provider's implementation */
} digest_rows[] = {
	[DIGEST_MD5] = { "MD5" },
	[DIGEST_SHA1] = { "SHA1" },
	[DIGEST_SHA256] = { "SHA256" },
	[DIGEST_SHA384] = { "SHA384" },
	[DIGEST_SHA512] = { "SHA512" },
	[DIGEST_BLAKE2B512] = { "BLAKE2B-512" },
};

static EVP_MD *fetched[COUNT(digest_rows)]; /* written once, in start() */
static pthread_once_t started = PTHREAD_ONCE_INIT;

static void
start(void)
{
	must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1);
	must(sodium_init() >= 0);
	for (size_t i = 0; i < COUNT(digest_rows); i++) {
		fetched[i] = EVP_MD_fetch(NULL, digest_rows[i].name, NULL);
		must(fetched[i] != NULL);
	}
}

void
openssl_start(void)
{
	must(pthread_once(&started, start) == 0);
}

const EVP_MD *
openssl_digest(enum digest_kind kind)
{
	openssl_start();
	return fetched[kind];
}

const char *
openssl_digest_name(enum digest_kind kind)
{
	return digest_rows[kind].name;
}

void
openssl_forget_errors(void)
{
	ERR_clear_error();
}
