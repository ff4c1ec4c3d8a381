/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt_internal: what the files of the io.jwt family share.
 *
 * These functions are for policies written for OPA and follow its rules, which are
 * laxer than those of the token room: the daemon never uses them for its own
 * tokens.
 */
#ifndef REGO_BUILTIN_JWT_INTERNAL_H
#define REGO_BUILTIN_JWT_INTERNAL_H

#include "crypt/signature.h"
#include "rego/builtin.h"

struct jwt_key {
	str_t kid, alg; /* empty: not said */
	struct key *key; /* NULL: a shared secret */
	str_t secret;
	bool is_private; /* the JWK has the private number too */
	struct verifier *verifiers[ALGORITHM_END]; /* made when first used */
};

struct jwt_keys {
	struct arena *arena;
	struct verify_context *context;
	struct jwt_key *at;
	size_t count;
};

/*
 * The keys of a PEM certificate or public key, of a JWK or a JWKS; kept in the
 * machine's cache, so valid until keys are next looked up.  FAILED: it is none of these.
 */
enum rego_outcome jwt_keys_find(struct rego_call *, str_t text, struct jwt_keys **ret);
/* Whether the key made this signature; never an error. */
bool jwt_key_verifies(struct jwt_keys *, struct jwt_key *, enum algorithm, str_t message,
    str_t signature);

rego_builtin_fn jwt_encode_sign, jwt_encode_sign_raw;

#endif
