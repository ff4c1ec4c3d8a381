/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "tap.h"
#include "token/local.h"

#define SECRET "0123456789abcdef0123456789abcdef"

static struct arena *arena;
static struct local_key *key;

static str_t
sign(const struct local_key *with, const char *claims)
{
	value_t v;
	struct buf text;
	str_t made;

	buf_init(&text, JWS_SIZE_DEFAULT);
	if (json_read(arena, str_of(claims), NULL, NULL, &v) != ERR_OK || local_sign(with, arena, v, &text) != ERR_OK)
		ok(false, "signing %s", claims);
	made = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return made;
}

static enum token_reason
verify(str_t text, int64_t now)
{
	struct jwt jwt;

	(void)local_verify(key, arena, text, 5, now, &jwt);
	return jwt.reason;
}

static void
try_keys(void)
{
	struct local_key *k = NULL;

	ok(local_key_new(STR("too short"), STR("i"), NULL, &k) == ERR_KEY && k == NULL, "a short key is refused");
	ok(local_key_new(STR(SECRET), STR("sidecar"), NULL, &key) == ERR_OK, "a key");
	ok(str_eq(local_key_issuer(key), STR("sidecar")), "its issuer");
}

static void
try_tokens(void)
{
	str_t token = sign(key, "{\"sub\":\"u\",\"exp\":2000,\"iat\":1000}");
	struct local_key *other = NULL;
	char *changed = arena_copy(arena, token.data, token.len);
	struct jwt jwt;

	ok(local_verify(key, arena, token, 5, 1500, &jwt) == ERR_OK &&
		str_eq(value_str(value_object_get_text(jwt.claims, "iss")), STR("sidecar")) &&
		value_str(value_object_get_text(jwt.claims, "jti")).len == 32,
	    "a token of ours, with issuer and jti");
	ok(!str_eq(token, sign(key, "{\"sub\":\"u\",\"exp\":2000,\"iat\":1000}")), "no two are the same");
	ok(verify(token, 2004) == TOKEN_NONE && verify(token, 2005) == TOKEN_EXPIRED, "to the second, with leeway");
	changed[token.len - 10] = changed[token.len - 10] == 'A' ? 'B' : 'A';
	ok(verify(str_make(changed, token.len), 1500) == TOKEN_SIGNATURE, "a changed MAC");
	ok(local_key_new(STR(SECRET "x"), STR("sidecar"), NULL, &other) == ERR_OK &&
		verify(sign(other, "{\"exp\":2000}"), 1500) == TOKEN_SIGNATURE,
	    "of another key");
	local_key_free(&other);
	ok(local_key_new(STR(SECRET), STR("someone"), NULL, &other) == ERR_OK &&
		verify(sign(other, "{\"exp\":2000}"), 1500) == TOKEN_ISSUER,
	    "of another issuer");
	local_key_free(&other);
	ok(verify(sign(key, "{\"sub\":\"u\"}"), 1500) == TOKEN_NO_EXPIRY, "without exp");
	ok(verify(STR("eyJhbGciOiJub25lIn0.e30."), 1500) == TOKEN_ALGORITHM, "alg none");
	ok(verify(STR("eyJhbGciOiJIUzUxMiJ9.e30.AAAA"), 1500) == TOKEN_ALGORITHM, "another MAC");
}

int
main(void)
{
	arena = arena_new(1 << 20);
	try_keys();
	try_tokens();
	local_key_free(&key);
	arena_free(&arena);
	return tap_done();
}
