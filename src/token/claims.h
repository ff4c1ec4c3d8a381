/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims: what RFC 7519 4.1 says about the members of a token.
 *
 * Types are checked always, values where the rules ask.  Times are NumericDates
 * with or without a fraction, from 0 to the end of the year 9999; a fraction is
 * never rounded in the token's favour.
 */
#ifndef TOKEN_CLAIMS_H
#define TOKEN_CLAIMS_H

#include "token/reason.h"
#include "value/value.h"

enum { CLAIMS_LEEWAY_MAX = 3600 };
#define CLAIMS_TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct claim_rules {
	const str_t *issuers; /* one of these; none: any or no issuer */
	size_t issuer_count;
	const str_t *audiences; /* one of these; none: any or no audience */
	size_t audience_count;
	int64_t leeway; /* seconds of clock skew tolerated, 0 to CLAIMS_LEEWAY_MAX */
	bool expiry_optional;
};

/* Whole seconds at which the answer changes; the leeway is not in them. */
struct claim_times {
	int64_t from; /* nbf and iat; INT64_MIN: always */
	int64_t until; /* exp: not valid at this second any more; INT64_MAX: for ever */
};

enum token_reason claims_check(value_t claims, const struct claim_rules *, int64_t now,
    struct claim_times *ret_times);
/* The times alone, for a token that passed claims_check before. */
enum token_reason claims_check_times(const struct claim_times *, int64_t leeway, int64_t now);

#endif
