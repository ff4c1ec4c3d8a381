/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openssl: what the files of this room share of the library below them.
 *
 * OpenSSL is set up once, without its configuration file (a static program
 * starts in an empty directory tree) and before any sandbox is closed.  Digest
 * implementations are fetched once: EVP_sha256() would search the providers at
 * each use.
 */
#ifndef CRYPT_OPENSSL_H
#define CRYPT_OPENSSL_H

#include <openssl/evp.h>

#include "crypt/digest.h"

void openssl_start(void); /* first call of any public function here; cheap afterwards */
const EVP_MD *openssl_digest(enum digest_kind);
const char *openssl_digest_name(enum digest_kind);

/* A failed call leaves texts in a queue of the thread; they would be found by someone else. */
void openssl_forget_errors(void);

#endif
