/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two issuers, each with a key set of its own, and everything that one may try to be the
 * other.
 */
#include <tap.h>

#include "codec/json.h"
#include "token/issuers.h"

enum { NOW = 1780000000 };

static struct arena *arena;
static struct verify_context *context;
static struct key *key_a, *key_b;
static struct jwks *set_a, *set_b;
static struct issuers issuers;

static struct jwks *
make_set(const struct key *key, const char *kid)
{
	struct jwks *set = NULL;
	struct buf text;

	buf_init(&text, 1 << 16);
	buf_add_text(&text, "{\"keys\":[");
	key_write_jwk(&text, key);
	text.len--;
	buf_printf(&text, ",\"kid\":\"%s\"}]}", kid);
	ok(jwks_new(buf_str(&text), STR("set"), NULL, &set) == ERR_OK, "a set");
	buf_fini(&text);
	return set;
}

static str_t
sign(const struct key *key, const char *kid, const char *payload)
{
	struct buf text;
	str_t ret;

	buf_init(&text, 1 << 16);
	ok(jws_sign(&text, key, algorithm_default(key_kind(key)), str_of(kid), STR("JWT"),
	       str_of(payload)) == ERR_OK,
	    "signed");
	ret = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return ret;
}

static enum token_reason
judge(str_t token, int64_t now)
{
	struct jwt jwt;
	err_t err = issuers_verify(&issuers, arena, token, context, now, &jwt);

	ok((err == ERR_OK) == (jwt.reason == TOKEN_NONE), "error and reason agree");
	return jwt.reason;
}

#define EXP ",\"exp\":1780000100"

static const struct {
	bool by_b;
	const char *kid, *payload;
	int64_t late; /* seconds behind exp at which it is judged; -100: now */
	enum token_reason want;
} cases[] = {
	{ false, "same", "{\"iss\":\"a\",\"aud\":\"one\"" EXP "}", -100, TOKEN_NONE },
	{ true, "same", "{\"iss\":\"b\"" EXP "}", -100, TOKEN_NONE },
	/* The other's name, under a kid that both sets have. */
	{ true, "same", "{\"iss\":\"a\",\"aud\":\"one\"" EXP "}", -100, TOKEN_KEY_ALGORITHM },
	{ false, "same", "{\"iss\":\"b\"" EXP "}", -100, TOKEN_ALGORITHM },
	{ false, "other", "{\"iss\":\"a\",\"aud\":\"one\"" EXP "}", -100, TOKEN_KEY_UNKNOWN },
	{ false, "same", "{\"iss\":\"c\",\"aud\":\"one\"" EXP "}", -100, TOKEN_ISSUER },
	{ false, "same", "{\"aud\":\"one\"" EXP "}", -100, TOKEN_ISSUER },
	{ false, "same", "{\"iss\":[\"a\"],\"aud\":\"one\"" EXP "}", -100, TOKEN_CLAIMS },
	{ false, "same", "{\"iss\":\"a\",\"iss\":\"b\",\"aud\":\"one\"" EXP "}", -100,
	    TOKEN_CLAIMS },
	{ false, "same", "{\"iss\":\"A\",\"aud\":\"one\"" EXP "}", -100, TOKEN_ISSUER },
	{ false, "same", "{\"iss\":\"a\",\"aud\":\"two\"" EXP "}", -100, TOKEN_AUDIENCE },
	/* Each with its own leeway. */
	{ false, "same", "{\"iss\":\"a\",\"aud\":\"one\"" EXP "}", 0, TOKEN_EXPIRED },
	{ true, "same", "{\"iss\":\"b\"" EXP "}", 59, TOKEN_NONE },
	{ true, "same", "{\"iss\":\"b\"" EXP "}", 60, TOKEN_EXPIRED },
};

static void
make_issuers(void)
{
	static const str_t one = { "one", 3 };
	const struct issuer entries[] = {
		{ .name = STR("a"),
		    .keys = set_a,
		    .rules.claims = { .audiences = &one, .audience_count = 1 } },
		{ .name = STR("b"),
		    .keys = set_b,
		    .rules.claims = { .leeway = 60 },
		    .rules.jws.algorithms = ALGORITHM_BIT(ALGORITHM_EDDSA) },
	};
	const struct issuer any = { .keys = set_a };

	ok(issuers_make(arena, &any, entries, COUNT(entries), &issuers) == ERR_OK &&
		!issuers.alike,
	    "two issuers that differ");
}

/*
 * Issuers that differ by name alone are one look, and a missing name is as bad as a wrong one.
 */
static void
try_alike(void)
{
	const struct issuer entries[] = { { .name = STR("a"), .keys = set_a },
		{ .name = STR("c"), .keys = set_a } };
	const struct issuer any = { .keys = set_a };

	ok(issuers_make(arena, &any, entries, COUNT(entries), &issuers) == ERR_OK &&
		issuers.alike,
	    "alike");
	ok(judge(sign(key_a, "same", "{\"iss\":\"c\"" EXP "}"), NOW) == TOKEN_NONE,
	    "the second of two");
	ok(judge(sign(key_a, "same", "{\"iss\":\"d\"" EXP "}"), NOW) == TOKEN_ISSUER,
	    "none of them");
	ok(issuers_make(arena, &any, NULL, 0, &issuers) == ERR_OK, "none named");
	ok(judge(sign(key_a, "same", "{\"iss\":\"d\"" EXP "}"), NOW) == TOKEN_NONE,
	    "then any");
	ok(judge(sign(key_b, "same", "{\"iss\":\"d\"" EXP "}"), NOW) == TOKEN_KEY_ALGORITHM,
	    "by the keys there are");
}

int
main(void)
{
	arena = arena_new(16 << 20);
	context = verify_context_new();
	ok(key_generate(KEY_P256, &key_a) == ERR_OK &&
		key_generate(KEY_ED25519, &key_b) == ERR_OK,
	    "keys");
	set_a = make_set(key_a, "same");
	set_b = make_set(key_b, "same");
	make_issuers();
	for (size_t i = 0; i < COUNT(cases); i++) {
		str_t token =
		    sign(cases[i].by_b ? key_b : key_a, cases[i].kid, cases[i].payload);
		enum token_reason got = judge(token, NOW + 100 + cases[i].late);

		ok(got == cases[i].want, "by %s, %s: %s", cases[i].by_b ? "b" : "a",
		    cases[i].payload, token_reason_name(got));
	}
	ok(judge(STR("a.b"), NOW) == TOKEN_MALFORMED, "no token at all");
	ok(judge(STR("eyJhbGciOiJFUzI1NiJ9.e30=.AAAA"), NOW) == TOKEN_MALFORMED,
	    "a padded payload");
	try_alike();
	jwks_free(&set_a);
	jwks_free(&set_b);
	key_free(&key_a);
	key_free(&key_b);
	verify_context_free(&context);
	arena_free(&arena);
	return tap_done();
}
