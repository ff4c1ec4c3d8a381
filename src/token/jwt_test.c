/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/base64.h"
#include "token/jwt.h"

enum { NOW = 1780000000 };

static struct arena *arena;
static struct verify_context *context;
static struct key *key;
static struct jwks *set;

static str_t
sign(const char *header, const char *payload, enum algorithm a)
{
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t len = 0;
	struct buf text;
	str_t ret;

	buf_init(&text, 1 << 20);
	base64url_write(&text, str_of(header));
	buf_add_char(&text, '.');
	base64url_write(&text, str_of(payload));
	ok(signature_make(key, a, buf_str(&text), signature, &len) == ERR_OK, "signed %s", header);
	buf_add_char(&text, '.');
	base64url_write(&text, str_make((char *)signature, len));
	ret = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return ret;
}

static const struct {
	const char *header, *payload;
	enum token_reason want;
} cases[] = {
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\",\"typ\":\"application/jwt\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"typ\":null}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"kid\":\"other\"}", "{\"exp\":1780000001}", TOKEN_KEY_UNKNOWN },
	{ "{\"alg\":\"ES256\",\"kid\":7}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES384\"}", "{\"exp\":1780000001}", TOKEN_KEY_ALGORITHM },
	{ "{\"alg\":\"none\"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":\"HS256\"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":\"es256\"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":[\"ES256\"]}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"crit\":[]}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"b64\":true}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"zip\":\"DEF\"}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"jwk\":{}}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"jku\":\"x\"}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"x5u\":\"x\"}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"x5c\":[]}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"alg\":\"ES256\"}", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{\"alg\":\"ES256\",\"a\":\"\\ud800\"}", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{\"alg\":\"ES256\",\"a\":\"\\ud83d\\ude00\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\",\"a\":\"\\\\ud800\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "[\"ES256\"]", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"exp\":1780000001}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "[]", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000000}", TOKEN_EXPIRED },
	{ "{\"alg\":\"ES256\",\"al\\u0067\":\"none\"}", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{\"al\\u0067\":\"\\u0045S256\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"Alg\":\"none\",\"alg\":\"ES256\",\"KID\":\"x\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\\u0000\"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":\"ES256 \"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":\"ES256K\"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":\"Ed25519\"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":\"EdDSA\"}", "{\"exp\":1780000001}", TOKEN_KEY_ALGORITHM },
	{ "{\"alg\":\"RS256\"}", "{\"exp\":1780000001}", TOKEN_KEY_ALGORITHM },
	{ "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "{\"exp\":1780000001}", TOKEN_ALGORITHM },
	{ "{\"alg\":null}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":{\"ES256\":1}}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"jwk\":null}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"x5c\":null}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"kid\":\"\"}", "{\"exp\":1780000001}", TOKEN_KEY_UNKNOWN },
	{ "{\"alg\":\"ES256\",\"kid\":\"\\u0000\"}", "{\"exp\":1780000001}", TOKEN_KEY_UNKNOWN },
	{ "{\"alg\":\"ES256\",\"kid\":null}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"kid\":[\"a\"]}", "{\"exp\":1780000001}", TOKEN_HEADER },
	{ "{\"alg\":\"ES256\",\"typ\":\"jwt\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\",\"typ\":\"APPLICATION/JWT\"}", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\",\"typ\":\"\"}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"typ\":\"application/\"}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"typ\":\"application/application/jwt\"}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"typ\":\"JWT\\u0000\"}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"typ\":\"JWT \"}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"typ\":\"JWE\"}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\",\"typ\":7}", "{\"exp\":1780000001}", TOKEN_TYPE },
	{ "{\"alg\":\"ES256\"} ", "{\"exp\":1780000001}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\"}x", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{\"alg\":\"ES256\",}", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "\xef\xbb\xbf{\"alg\":\"ES256\"}", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{'alg':'ES256'}", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{\"alg\":\"ES256\"}{}", "{\"exp\":1780000001}", TOKEN_MALFORMED },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000000.5}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000000.0}", TOKEN_EXPIRED },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":178000000100e-2}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":\"1780000001\"}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":null}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":true}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":[1780000001]}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":{}}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":-1}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":-0}", TOKEN_EXPIRED },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":0}", TOKEN_EXPIRED },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1e400}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":-1e400}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":18446744073709551616}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":253402300799}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":253402300800}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001000}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":NaN}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":0x7fffffff}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":01780000001}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{}", TOKEN_NO_EXPIRY },
	{ "{\"alg\":\"ES256\"}", "{\"EXP\":1780000001}", TOKEN_NO_EXPIRY },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"nbf\":1780000000}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"nbf\":1780000000.1}", TOKEN_NOT_YET },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"nbf\":\"0\"}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"iat\":1780000001}", TOKEN_ISSUED_LATER },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"iat\":null}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"nbf\":null}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"sub\":7}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"jti\":null}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"iss\":[\"a\"]}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"aud\":7}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"aud\":null}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"aud\":[\"a\",7]}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"aud\":{\"a\":1}}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"aud\":[]}", TOKEN_NONE },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"ex\\u0070\":1}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"a\":{\"b\":1,\"b\":2}}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"a\":\"\\udc00\"}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "\xef\xbb\xbf{\"exp\":1780000001}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "{\"exp\":1780000001,\"a\":\"\xff\"}", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "\"{}\"", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "null", TOKEN_CLAIMS },
	{ "{\"alg\":\"ES256\"}", "eyJhbGciOiJub25lIn0.e30.", TOKEN_CLAIMS },
};

static enum token_reason
check(str_t text)
{
	const struct jwt_rules rules = { .claims = { .leeway = 0 } };
	struct jwt jwt;
	err_t err = jwt_verify(arena, text, &rules, set, context, NOW, &jwt);

	return err == ERR_OK ? TOKEN_NONE : jwt.reason;
}

static void
try_mutations(str_t good)
{
	char *text = arena_copy(arena, good.data, good.len);
	size_t refused = 0;

	for (size_t bit = 0; bit < good.len * 8; bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		if (check(str_make(text, good.len)) != TOKEN_NONE)
			refused++;
		else
			tap_note("bit %zu: %.*s", bit, (int)good.len, text);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
	ok(refused == good.len * 8, "no flipped bit is accepted");
	refused = 0;
	for (size_t len = 0; len < good.len; len++)
		refused += check(str_sub(good, 0, len)) != TOKEN_NONE;
	ok(refused == good.len, "no shorter token is accepted");
}

static void
try_rules(str_t good)
{
	const str_t type = STR("at+jwt");
	struct jwt_rules rules = { .types = &type, .type_count = 1 };
	struct jwt jwt;

	ok(jwt_verify(arena, sign("{\"alg\":\"ES256\",\"typ\":\"AT+JWT\"}", "{\"exp\":1780000001}",
	                         ALGORITHM_ES256), &rules, set, context, NOW, &jwt) == ERR_OK,
	    "a listed type is accepted");
	rules.jws.size_limit = good.len - 1;
	ok(jwt_verify(arena, good, &rules, set, context, NOW, &jwt) == ERR_TOKEN &&
	        jwt.reason == TOKEN_TOO_LONG, "the size limit holds");
	rules.jws = (struct jws_rules){ .algorithms = ALGORITHM_BIT(ALGORITHM_RS256) };
	ok(jwt_verify(arena, good, &rules, set, context, NOW, &jwt) == ERR_TOKEN &&
	        jwt.reason == TOKEN_ALGORITHM, "algorithms can be narrowed");
	rules.jws.algorithms = ALGORITHM_BIT(ALGORITHM_HS256);
	ok(jwt_verify(arena, sign("{\"alg\":\"HS256\"}", "{}", ALGORITHM_ES256), &rules, set,
	       context, NOW, &jwt) == ERR_TOKEN && jwt.reason == TOKEN_ALGORITHM,
	    "but never widened to MACs");
	rules.jws.algorithms = 0;
	ok(jwt_verify(arena, good, &rules, NULL, context, NOW, &jwt) == ERR_TOKEN &&
	        jwt.reason == TOKEN_NO_KEYS, "no key set, no token");
	ok(jwt_verify(arena, STR_NONE, &rules, set, context, NOW, &jwt) == ERR_TOKEN &&
	        jwt.reason == TOKEN_EMPTY, "no token");
}

static void
try_signing(void)
{
	const struct jws_rules rules = { .size_limit = 0 };
	struct buf text;
	struct jws jws;

	buf_init(&text, 1 << 16);
	ok(jws_sign(&text, key, ALGORITHM_ES256, key_thumbprint(key), STR("x"), STR("payload")) ==
	       ERR_OK && jws_verify(arena, buf_str(&text), &rules, set, context, &jws) == ERR_OK &&
	       str_eq(jws.payload, STR("payload")) && str_eq(jws.kid, key_thumbprint(key)),
	    "what jws_sign makes, jws_verify takes");
	ok(jws_sign(&text, key, ALGORITHM_RS256, STR_NONE, STR_NONE, STR("x")) == ERR_KEY,
	    "an EC key makes no RSA signature");
	buf_fini(&text);
}

static const struct {
	const char *text, *want;
} bearer_cases[] = {
	{ "a.b.c", "a.b.c" },
	{ "Bearer a.b.c", "a.b.c" },
	{ "bEARER  a.b.c ", "a.b.c " },
	{ " Bearer a.b.c", " Bearer a.b.c" },
	{ "Bearer ", "" },
	{ "Bearer Bearer a.b.c", "Bearer a.b.c" },
	{ "a.b.c\n", "a.b.c\n" },
	{ "Bearera.b.c", "Bearera.b.c" },
	{ "Bearer", "Bearer" },
	{ "", "" },
};

int
main(void)
{
	str_t good;

	arena = arena_new(256 << 20);
	context = verify_context_new();
	ok(key_generate(KEY_P256, &key) == ERR_OK, "a key");
	ok(jwks_new_from_key(key, NULL, &set) == ERR_OK, "a set of one key");
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum token_reason got =
		    check(sign(cases[i].header, cases[i].payload, ALGORITHM_ES256));

		ok(got == cases[i].want, "%s %s: %s", cases[i].header, cases[i].payload,
		    token_reason_name(got));
	}
	good = sign("{\"alg\":\"ES256\"}", "{\"exp\":1780000001}", ALGORITHM_ES256);
	try_mutations(good);
	try_rules(good);
	try_signing();
	for (size_t i = 0; i < COUNT(bearer_cases); i++)
		ok(str_eq(jwt_strip_bearer(str_of(bearer_cases[i].text)),
		       str_of(bearer_cases[i].want)), "bearer: '%s'", bearer_cases[i].text);
	jwks_free(&set);
	key_free(&key);
	verify_context_free(&context);
	arena_free(&arena);
	return tap_done();
}
