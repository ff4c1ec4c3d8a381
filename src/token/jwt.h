/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt: from the text of a token to claims that may be believed.
 *
 * A signed text (jws.h) of an accepted type whose payload is one JSON object
 * that passes the claim rules (claims.h), at the time `now`.
 *
 *   failure  ERR_TOKEN; ret->reason says why, ret->jws what was read before
 *   threads  one arena and one verify_context a thread; the rest is read only
 */
#ifndef TOKEN_JWT_H
#define TOKEN_JWT_H

#include "token/claims.h"
#include "token/jws.h"

struct jwt_rules {
	struct jws_rules jws;
	struct claim_rules claims;
	const str_t *types; /* values of typ accepted besides JWT and none; any case */
	size_t type_count;
};

struct jwt {
	enum token_reason reason;
	struct jws jws;
	value_t claims;
	struct claim_times times;
	int64_t leeway; /* with which the times were judged */
};

err_t jwt_verify(struct arena *, str_t text, const struct jwt_rules *, const struct jwks *keys,
    struct verify_context *, int64_t now, struct jwt *ret);

/* By a key that only this daemon has (local.h): HS256 and nothing else; rules->jws is not looked at. */
err_t jwt_verify_mac(struct arena *, str_t text, const struct jwt_rules *, str_t secret, int64_t now,
    struct jwt *ret);

/*
 * The text without a leading "Bearer" in any case and the blanks behind it (rfc6750 2.1).  Nothing else is
 * forgiven: a blank or a line end elsewhere is no part of any token.
 */
str_t jwt_strip_bearer(str_t text);

#endif
