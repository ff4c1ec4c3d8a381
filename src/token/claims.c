/* SPDX-License-Identifier: Apache-2.0 */
#include "token/claims.h"

#include "value/number.h"

/* The first whole second at or after the NumericDate (rfc7519 2); false: not a sane one. */
static bool
read_time(value_t v, int64_t *ret)
{
	double whole;

	if (!value_is_number(v))
		return false;
	if (v.tag == VALUE_INT) {
		*ret = v.integer;
		return v.integer >= 0 && v.integer <= CLAIMS_TIME_MAX;
	}
	if (number_compare(v, value_int(0)) < 0 || number_compare(v, value_int(CLAIMS_TIME_MAX)) > 0)
		return false;
	/* Below 2^38 a double holds the whole part exactly; rounding up may only reach the next one. */
	whole = number_to_double(v);
	*ret = (int64_t)whole;
	while (number_compare(value_int(*ret), v) < 0)
		++*ret;
	while (*ret > 0 && number_compare(value_int(*ret - 1), v) >= 0)
		--*ret;
	return true;
}

static bool
is_listed(value_t v, const str_t *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(value_str(v), list[i]))
			return true;
	return false;
}

/* rfc7519 4.1.3: a string, or an array of strings. */
static enum token_reason
check_audience(value_t aud, const struct claim_rules *rules)
{
	bool found = false;

	if (value_is_string(aud))
		found = is_listed(aud, rules->audiences, rules->audience_count);
	else if (aud.tag == VALUE_ARRAY)
		for (uint32_t i = 0; i < aud.count; i++) {
			if (!value_is_string(aud.items[i]))
				return TOKEN_CLAIMS;
			found = found ||
			    is_listed(aud.items[i], rules->audiences, rules->audience_count);
		}
	else if (value_is_defined(aud))
		return TOKEN_CLAIMS;
	return rules->audience_count > 0 && !found ? TOKEN_AUDIENCE : TOKEN_NONE;
}

static bool
is_string_or_absent(value_t claims, const char *name)
{
	value_t v = value_object_get_text(claims, name);

	return !value_is_defined(v) || value_is_string(v);
}

static enum token_reason
read_times(value_t claims, const struct claim_rules *rules, struct claim_times *times,
    int64_t *ret_issued)
{
	value_t exp = value_object_get_text(claims, "exp");
	value_t nbf = value_object_get_text(claims, "nbf");
	value_t iat = value_object_get_text(claims, "iat");

	*times = (struct claim_times){ .from = INT64_MIN, .until = INT64_MAX };
	*ret_issued = INT64_MIN;
	if (value_is_defined(iat) && !read_time(iat, ret_issued))
		return TOKEN_CLAIMS;
	if (value_is_defined(nbf) && !read_time(nbf, &times->from))
		return TOKEN_CLAIMS;
	if (!value_is_defined(exp))
		return rules->expiry_optional ? TOKEN_NONE : TOKEN_NO_EXPIRY;
	return read_time(exp, &times->until) ? TOKEN_NONE : TOKEN_CLAIMS;
}

enum token_reason
claims_check_times(const struct claim_times *times, int64_t leeway, int64_t now)
{
	if (now - leeway >= times->until) /* rfc7519 4.1.4 */
		return TOKEN_EXPIRED;
	if (now + leeway < times->from) /* rfc7519 4.1.5 */
		return TOKEN_NOT_YET;
	return TOKEN_NONE;
}

enum token_reason
claims_check(value_t claims, const struct claim_rules *rules, int64_t now,
    struct claim_times *ret_times)
{
	static const char *const strings[] = { "iss", "sub", "jti" };
	value_t iss = value_object_get_text(claims, "iss");
	struct claim_times times;
	enum token_reason reason;
	int64_t issued;

	for (size_t i = 0; i < COUNT(strings); i++)
		if (!is_string_or_absent(claims, strings[i]))
			return TOKEN_CLAIMS;
	reason = read_times(claims, rules, &times, &issued);
	if (reason == TOKEN_NONE)
		reason = claims_check_times(&times, rules->leeway, now);
	if (reason != TOKEN_NONE)
		return reason;
	if (issued > now + rules->leeway) /* rfc7519 4.1.6 */
		return TOKEN_ISSUED_LATER;
	if (rules->issuer_count > 0 &&
	    !(value_is_defined(iss) && is_listed(iss, rules->issuers, rules->issuer_count)))
		return TOKEN_ISSUER;
	reason = check_audience(value_object_get_text(claims, "aud"), rules);
	if (reason != TOKEN_NONE)
		return reason;
	if (issued > times.from)
		times.from = issued;
	*ret_times = times;
	return TOKEN_NONE;
}
