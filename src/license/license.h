/* SPDX-License-Identifier: Apache-2.0 */
/*
 * license: a signed token that says who may use what until when.
 *
 * A JWS (ES256 or RS256) by one of the embedded keys over
 *
 *   iss           "https://licensing.coresdk.io"
 *   sub           the organization
 *   iat, exp      unix seconds; nbf if it begins later
 *   plan          "team"
 *   entitlements  { max_tenants: 50, max_rps: 10000, features: ["saml", …] }
 *
 * It is read once; its state is asked for at a time, to the second:
 *
 *   valid      begun, and at least LICENSE_WARN_DAYS days left
 *   expiring   begun, and less than that left
 *   expired    exp is reached
 *   invalid    not signed by an embedded key, malformed, or not begun
 *   none       there is no token
 *
 *   lifetime  in the arena given
 *   threads   immutable
 */
#ifndef LICENSE_LICENSE_H
#define LICENSE_LICENSE_H

#include "base/err.h"
#include "token/jwks.h"
#include "token/reason.h"
#include "value/value.h"

enum { LICENSE_WARN_DAYS = 90, LICENSE_TEXT_MAX = 16 << 10 };
#define LICENSE_DAY_S INT64_C(86400)
#define LICENSE_ISSUER "https://licensing.coresdk.io"

enum license_state { LICENSE_NONE, LICENSE_VALID, LICENSE_EXPIRING, LICENSE_EXPIRED, LICENSE_INVALID };

struct license {
	bool present; /* there is a token */
	enum token_reason reason; /* TOKEN_NONE: verified.  Else why it is invalid */
	str_t organization, plan, kid, algorithm;
	int64_t issued_s, from_s, until_s; /* unix; from: the later of iat and nbf */
	value_t entitlements; /* an object */
};

/* Always gives a license, though it may be invalid; an empty text is none.  ERR_MEMORY: nothing is known. */
err_t license_read(struct arena *, str_t text, const struct jwks *keys, struct license *ret);

enum license_state license_state(const struct license *, int64_t now_s);
const char *license_state_name(enum license_state); /* "valid" */
int64_t license_days_left(const struct license *, int64_t now_s); /* whole ones; 0: less than one, or none */
bool license_is_good(enum license_state); /* valid or expiring */

struct entitlement {
	bool entitled;
	int64_t number; /* of a limit; 0: it is a feature */
};

/* A feature by its name, or a limit (max_tenants), while the license is good. */
struct entitlement license_entitlement(const struct license *, str_t key, int64_t now_s);

/*
 * When to speak up: at each change of state, and once a day while all is not well.
 * Starts as { 0 }.
 */
struct license_watch {
	bool spoke;
	enum license_state state;
	int64_t spoke_s;
};
bool license_watch_is_due(struct license_watch *, enum license_state, int64_t now_s);

/* ---- keys.c ---- */

/* The embedded keys as a set; each named by its thumbprint. */
err_t license_keys_new(struct jwks **ret);
bool license_keys_are_development(void); /* anybody can sign with them */

#endif
