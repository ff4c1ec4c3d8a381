/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issuers: whose tokens are believed, each by keys, audiences and algorithms of its own.
 *
 * A token's iss selects the issuer, and only keys of that issuer's set may have signed
 * it: whoever holds a key of one can speak for no other.  The claim is looked at before the
 * signature for this choice alone; a lie chooses the keys that it then fails with.
 *
 *   lifetime  everything is borrowed: entries, sets, names
 *   threads   immutable
 *   failure   as jwt.h
 */
#ifndef TOKEN_ISSUERS_H
#define TOKEN_ISSUERS_H

#include "token/jwt.h"

struct issuer {
	str_t name;
	const struct jwks *keys; /* NULL: there are none */
	struct jwt_rules rules;
};

struct issuers {
	const struct issuer *at;
	size_t count; /* 0: any issuer, by `any` */
	struct issuer any; /* what holds where no issuer is named */
	bool alike; /* all have the same keys and rules: one look, by `any` */
};

/* Copies the entries; names each in its rules, and all of them in any's if they are alike. */
err_t issuers_make(struct arena *, const struct issuer *any, const struct issuer *entries,
    size_t count, struct issuers *ret);
const struct issuer *issuers_find(const struct issuers *, str_t name);

err_t issuers_verify(const struct issuers *, struct arena *, str_t text,
    struct verify_context *, int64_t now, struct jwt *ret);

#endif
