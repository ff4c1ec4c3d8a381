/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwk: one JSON Web Key (RFC 7517, RFC 7518 6, RFC 8037 2).
 *
 * A key that is read carries the algorithms it may check, each with its verifier:
 * its own alg, or all of its type when it names none.  Nothing in a token widens
 * that list.  A key is skipped, with a warning, when its type is unknown, it is
 * not meant for signatures (use, key_ops), its alg does not fit, or key.h refuses
 * its numbers.
 */
#ifndef TOKEN_JWK_H
#define TOKEN_JWK_H

#include "base/diag.h"
#include "base/err.h"
#include "crypt/key.h"
#include "crypt/signature.h"
#include "value/value.h"

struct jwk {
	str_t kid;
	bool has_kid;
	bool had_private; /* the text gave away the private part */
	struct key *key; /* public */
	algorithm_set_t algorithms; /* those with a verifier */
	struct verifier *verifiers[ALGORITHM_END];
	int64_t expires; /* unix seconds, from the member exp that some issuers add; 0: none */
	/* The members not_before, not_after and revoked: for who signs bundles (bundle/keys.h). */
	int64_t not_before, not_after; /* unix seconds; 0: none */
	bool revoked;
};

/*
 * Only the numbers of a JWK, private ones too when asked for: for built-ins and
 * signing keys.  ERR_KEY with a sentence; use, key_ops and alg are not looked at.
 */
err_t jwk_read_key(struct arena *, value_t object, bool with_private, enum key_rules,
    struct diag *, struct key **ret);

/* Strict, for a set that verifies.  `name` ("key 2") begins each sentence.  ERR_KEY: skip it. */
err_t jwk_read(struct arena *, value_t object, str_t name, struct diag *, struct jwk *ret);
/* Of a key that was no JWK: for all algorithms of its type, named by its thumbprint.  Takes the key. */
err_t jwk_from_key(struct key *, struct jwk *ret);
void jwk_fini(struct jwk *);

#endif
