/* SPDX-License-Identifier: Apache-2.0 */
#include "license/license.h"

#include "codec/base64.h"
#include "token/jwt.h"

static str_t
text_claim(value_t claims, const char *name)
{
	value_t v = value_object_get_text(claims, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static void
read_claims(const struct jwt *jwt, struct license *l)
{
	value_t iat = value_object_get_text(jwt->claims, "iat");
	value_t entitlements = value_object_get_text(jwt->claims, "entitlements");

	l->organization = text_claim(jwt->claims, "sub");
	l->plan = text_claim(jwt->claims, "plan");
	l->kid = jwt->jws.kid;
	l->algorithm = str_of(algorithm_name(jwt->jws.algorithm));
	l->issued_s = iat.tag == VALUE_INT ? iat.integer : 0;
	l->from_s = jwt->times.from;
	l->until_s = jwt->times.until;
	l->entitlements = entitlements.tag == VALUE_OBJECT ? entitlements : value_empty_object();
}

/*
 * Its times are the state's affair, not the reader's: a license is verified at the time of
 * its own iat, and asked for its state at any other.
 */
static int64_t
time_of_issue(struct arena *arena, str_t text)
{
	const struct jws_rules rules = { .size_limit = LICENSE_TEXT_MAX };
	struct jws jws;
	str_t payload;
	value_t claims, iat, nbf;

	if (jws_read(arena, text, &rules, &jws) != ERR_OK ||
	    base64url_read(arena, jws.payload_text, &payload) != ERR_OK ||
	    jws_read_object(arena, payload, &claims) != ERR_OK)
		return 0;
	iat = value_object_get_text(claims, "iat");
	nbf = value_object_get_text(claims, "nbf");
	if (nbf.tag == VALUE_INT && (iat.tag != VALUE_INT || nbf.integer > iat.integer))
		iat = nbf;
	return iat.tag == VALUE_INT && iat.integer >= 0 && iat.integer <= CLAIMS_TIME_MAX ? iat.integer : 0;
}

err_t
license_read(struct arena *arena, str_t text, const struct jwks *keys, struct license *ret)
{
	static const str_t issuer[] = { STR(LICENSE_ISSUER) };
	const struct jwt_rules rules = {
		.jws = { .algorithms = ALGORITHM_BIT(ALGORITHM_ES256) | ALGORITHM_BIT(ALGORITHM_RS256),
		    .size_limit = LICENSE_TEXT_MAX },
		.claims = { .issuers = issuer, .issuer_count = 1 },
	};
	struct verify_context *context = verify_context_new();
	struct license l = { .entitlements = value_empty_object() };
	struct jwt jwt;

	if (context == NULL)
		return ERR_MEMORY;
	text = arena_str(arena, str_trim_space(text));
	l.present = text.len > 0;
	if (l.present && jwt_verify(arena, text, &rules, keys, context, time_of_issue(arena, text), &jwt) == ERR_OK)
		read_claims(&jwt, &l);
	else if (l.present)
		l.reason = jwt.reason != TOKEN_NONE ? jwt.reason : TOKEN_MEMORY;
	verify_context_free(&context);
	if (arena_failed(arena))
		return ERR_MEMORY;
	*ret = l;
	return ERR_OK;
}

/* ---- states ---- */

enum license_state
license_state(const struct license *l, int64_t now)
{
	if (!l->present)
		return LICENSE_NONE;
	if (l->reason != TOKEN_NONE || now < l->from_s)
		return LICENSE_INVALID;
	if (now >= l->until_s)
		return LICENSE_EXPIRED;
	return l->until_s - now < LICENSE_WARN_DAYS * LICENSE_DAY_S ? LICENSE_EXPIRING : LICENSE_VALID;
}

const char *
license_state_name(enum license_state state)
{
	static const char *const names[] = { "none", "valid", "expiring", "expired", "invalid" };

	return names[state];
}

int64_t
license_days_left(const struct license *l, int64_t now)
{
	if (!l->present || l->reason != TOKEN_NONE || now >= l->until_s)
		return 0;
	return (l->until_s - now) / LICENSE_DAY_S;
}

bool
license_is_good(enum license_state state)
{
	return state == LICENSE_VALID || state == LICENSE_EXPIRING;
}

static bool
has_feature(value_t features, str_t key)
{
	for (uint32_t i = 0; features.tag == VALUE_ARRAY && i < features.count; i++) {
		if (value_is_string(features.items[i]) && str_eq(value_str(features.items[i]), key))
			return true;
	}
	return false;
}

struct entitlement
license_entitlement(const struct license *l, str_t key, int64_t now)
{
	value_t v = value_object_get_str(l->entitlements, key);

	if (!license_is_good(license_state(l, now)))
		return (struct entitlement){ 0 };
	if (v.tag == VALUE_INT)
		return (struct entitlement){ v.integer > 0, v.integer };
	return (struct entitlement){
		.entitled = v.tag == VALUE_TRUE ||
		    has_feature(value_object_get_text(l->entitlements, "features"), key),
	};
}

bool
license_watch_is_due(struct license_watch *w, enum license_state state, int64_t now)
{
	bool changed = !w->spoke || w->state != state;
	bool nags = state == LICENSE_EXPIRING || state == LICENSE_EXPIRED || state == LICENSE_INVALID;
	/* A clock that was set back must not silence it for as long as it was ahead. */
	bool day_passed = now - w->spoke_s >= LICENSE_DAY_S || now < w->spoke_s;

	if (!changed && !(nags && day_passed))
		return false;
	*w = (struct license_watch){ true, state, now };
	return true;
}
