/* SPDX-License-Identifier: Apache-2.0 */
/*
 * algorithm: names and facts of the signature algorithms; the table is
 * algorithm.def.
 *
 * An algorithm_set_t is what somebody allows: a bit for each.
 */
#ifndef CRYPT_ALGORITHM_H
#define CRYPT_ALGORITHM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "crypt/digest.h"

enum key_kind { KEY_NONE, KEY_RSA, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519 };

enum algorithm {
	ALGORITHM_NONE,
#define ALGORITHM(name, wire, family, digest, key) ALGORITHM_##name,
#include "crypt/algorithm.def"
#undef ALGORITHM
	ALGORITHM_END
};

enum algorithm_family {
	ALGORITHM_ECDSA,
	ALGORITHM_RSA_PKCS1,
	ALGORITHM_RSA_PSS,
	ALGORITHM_ED25519,
	ALGORITHM_HMAC
};

enum algorithm algorithm_find(str_t wire_name); /* ALGORITHM_NONE: no such; case counts */
const char *algorithm_name(enum algorithm); /* "ES256"; "none" for ALGORITHM_NONE */
enum algorithm_family algorithm_family(enum algorithm);
enum digest_kind algorithm_digest(enum algorithm);
enum key_kind algorithm_key(enum algorithm);

typedef uint32_t algorithm_set_t;

#define ALGORITHM_BIT(a) ((algorithm_set_t)1 << (a))

algorithm_set_t algorithm_set_of_key(enum key_kind); /* all that such a key can serve */
algorithm_set_t algorithm_set_asymmetric(void); /* all but MACs */
enum algorithm algorithm_default(enum key_kind); /* to sign with: ES256, RS256, EdDSA, ... */

#endif
