/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/json.h"
#include "token/claims.h"

enum { NOW = 1000000 };

static const str_t issuers[] = { STR("https://a"), STR("https://b") };
static const str_t audiences[] = { STR("core") };

static const struct {
	const char *claims;
	int64_t leeway;
	enum token_reason want;
} cases[] = {
	/* times */
	{ "{\"exp\":1000001}", 0, TOKEN_NONE },
	{ "{\"exp\":1000000}", 0, TOKEN_EXPIRED },
	{ "{\"exp\":1000000}", 1, TOKEN_NONE },
	{ "{\"exp\":999970}", 30, TOKEN_EXPIRED },
	{ "{\"exp\":999971}", 30, TOKEN_NONE },
	{ "{\"exp\":1000000.5}", 0, TOKEN_NONE },
	{ "{\"exp\":999999.9}", 0, TOKEN_EXPIRED },
	{ "{\"exp\":1000001e0}", 0, TOKEN_NONE },
	{ "{\"exp\":253402300799}", 0, TOKEN_NONE },
	{ "{\"exp\":253402300800}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":1e15}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":1e400}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":-1}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":-0}", 0, TOKEN_EXPIRED },
	{ "{\"exp\":\"1000001\"}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":null}", 0, TOKEN_CLAIMS },
	{ "{}", 0, TOKEN_NO_EXPIRY },
	{ "{\"exp\":2000000,\"nbf\":1000000}", 0, TOKEN_NONE },
	{ "{\"exp\":2000000,\"nbf\":1000001}", 0, TOKEN_NOT_YET },
	{ "{\"exp\":2000000,\"nbf\":1000001}", 1, TOKEN_NONE },
	{ "{\"exp\":2000000,\"nbf\":1000000.1}", 0, TOKEN_NOT_YET },
	{ "{\"exp\":2000000,\"nbf\":true}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":2000000,\"iat\":1000000}", 0, TOKEN_NONE },
	{ "{\"exp\":2000000,\"iat\":1000031}", 30, TOKEN_ISSUED_LATER },
	{ "{\"exp\":2000000,\"iat\":[]}", 0, TOKEN_CLAIMS },
	/* strings */
	{ "{\"exp\":2000000,\"sub\":1}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":2000000,\"sub\":null}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":2000000,\"jti\":{}}", 0, TOKEN_CLAIMS },
	{ "{\"exp\":2000000,\"iss\":[\"https://a\"]}", 0, TOKEN_CLAIMS },
};

static const struct {
	const char *claims;
	enum token_reason want;
} who_cases[] = {
	{ "{\"exp\":2000000,\"iss\":\"https://a\",\"aud\":\"core\"}", TOKEN_NONE },
	{ "{\"exp\":2000000,\"iss\":\"https://b\",\"aud\":[\"x\",\"core\"]}", TOKEN_NONE },
	{ "{\"exp\":2000000,\"iss\":\"https://c\",\"aud\":\"core\"}", TOKEN_ISSUER },
	{ "{\"exp\":2000000,\"iss\":\"https://a/\",\"aud\":\"core\"}", TOKEN_ISSUER },
	{ "{\"exp\":2000000,\"aud\":\"core\"}", TOKEN_ISSUER },
	{ "{\"exp\":2000000,\"iss\":\"https://a\"}", TOKEN_AUDIENCE },
	{ "{\"exp\":2000000,\"iss\":\"https://a\",\"aud\":\"core \"}", TOKEN_AUDIENCE },
	{ "{\"exp\":2000000,\"iss\":\"https://a\",\"aud\":\"cor\"}", TOKEN_AUDIENCE },
	{ "{\"exp\":2000000,\"iss\":\"https://a\",\"aud\":[]}", TOKEN_AUDIENCE },
	{ "{\"exp\":2000000,\"iss\":\"https://a\",\"aud\":[\"core\",1]}", TOKEN_CLAIMS },
	{ "{\"exp\":2000000,\"iss\":\"https://a\",\"aud\":1}", TOKEN_CLAIMS },
};

static struct arena *arena;

static value_t
read_claims(const char *text)
{
	value_t claims = VALUE_NONE;

	ok(json_read(arena, str_of(text), NULL, NULL, &claims) == ERR_OK, "%s", text);
	return claims;
}

int
main(void)
{
	struct claim_times times;

	arena = arena_new(1 << 20);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct claim_rules rules = { .leeway = cases[i].leeway };
		enum token_reason got = claims_check(read_claims(cases[i].claims), &rules, NOW, &times);

		ok(got == cases[i].want, "leeway %d: %s", (int)cases[i].leeway,
		    token_reason_name(got));
		if (got == TOKEN_NONE)
			ok(claims_check_times(&times, cases[i].leeway, NOW) == TOKEN_NONE &&
			        claims_check_times(&times, cases[i].leeway,
			            CLAIMS_TIME_MAX + CLAIMS_LEEWAY_MAX) == TOKEN_EXPIRED,
			    "its times alone say the same");
	}
	for (size_t i = 0; i < COUNT(who_cases); i++) {
		const struct claim_rules rules = {
			.issuers = issuers,
			.issuer_count = COUNT(issuers),
			.audiences = audiences,
			.audience_count = COUNT(audiences),
		};
		enum token_reason got =
		    claims_check(read_claims(who_cases[i].claims), &rules, NOW, &times);

		ok(got == who_cases[i].want, "%s", token_reason_name(got));
	}
	ok(claims_check(read_claims("{}"), &(struct claim_rules){ .expiry_optional = true }, NOW,
	       &times) == TOKEN_NONE && times.until == INT64_MAX, "exp may be optional");
	arena_free(&arena);
	return tap_done();
}
