/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/*
 * While the library is set up it makes some thousand small things, and where one of them
 * finds no memory it dies or stays half made.  So those come from a room that is there
 * already, and are never given back.  What is made later is checked, and comes from the heap.
 */
#define BOOT_BYTES ((size_t)512 << 10) /* three times what it takes */

static _Alignas(16) char boot[BOOT_BYTES];
static size_t boot_used;
static bool booting; /* in start() only */
static _Thread_local bool out_of_memory; /* since it was last asked */

struct boot_head { /* of a piece, before it */
	_Alignas(16) size_t size;
};

static bool
is_of_boot(const void *p)
{
	return (const char *)p >= boot && (const char *)p < boot + BOOT_BYTES;
}

static void *
remember(void *got)
{
	out_of_memory |= got == NULL;
	return got;
}

static void *
take(size_t size, const char *file, int line)
{
	size_t whole = sizeof(struct boot_head) + (size + 15) / 16 * 16;
	struct boot_head *head;

	if (size == 0)
		return NULL;
	if (!booting || size > BOOT_BYTES || whole > BOOT_BYTES - boot_used)
		return remember(malloc(size));
	head = (struct boot_head *)(boot + boot_used);
	boot_used += whole;
	head->size = size;
	return head + 1;
}

static void
give_back(void *p, const char *file, int line)
{
	if (!is_of_boot(p))
		free(p);
}

static void *
resize(void *p, size_t size, const char *file, int line)
{
	size_t old;
	void *other;

	if (p == NULL)
		return take(size, file, line);
	if (size == 0)
		return give_back(p, file, line), NULL;
	if (!is_of_boot(p))
		return remember(realloc(p, size));
	other = take(size, file, line);
	old = ((struct boot_head *)p - 1)->size;
	if (other != NULL)
		memcpy(other, p, old < size ? old : size);
	return other;
}

/* The library takes these only before its first object. */
__attribute__((constructor)) static void
lend_memory(void)
{
	(void)CRYPTO_set_mem_functions(take, resize, give_back);
}

static EVP_MD *fetched[COUNT(digest_rows)]; /* written once, in start() */
static pthread_once_t started = PTHREAD_ONCE_INIT;

static void
start(void)
{
	booting = true;
	must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1);
	must(sodium_init() >= 0);
	for (size_t i = 0; i < COUNT(digest_rows); i++) {
		fetched[i] = EVP_MD_fetch(NULL, digest_rows[i].name, NULL);
		must(fetched[i] != NULL);
	}
	booting = false;
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

bool
crypt_take_failure(void)
{
	bool failed = out_of_memory;

	out_of_memory = false;
	return failed;
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
