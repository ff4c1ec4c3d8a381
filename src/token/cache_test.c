/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/json.h"
#include "crypt/random.h"
#include "token/cache.h"

enum { TOKENS = 500, SLOTS = 64, NOW = 1000 };

static struct arena *arena;

static struct jwt
make_jwt(int number)
{
	struct jwt jwt = {
		.jws = { .algorithm = ALGORITHM_ES256 },
		.times = { .from = 900, .until = 1100 },
	};
	str_t text = arena_printf(arena, "{\"sub\":\"user-%d\",\"list\":[1,2,{\"a\":null}]}", number);

	ok(json_read(arena, text, NULL, NULL, &jwt.claims) == ERR_OK, "claims %d", number);
	return jwt;
}

static str_t
make_token(int number)
{
	return arena_printf(arena, "header.payload-%d.signature", number);
}

static void
try_hits(struct token_cache *cache)
{
	struct jwt jwt = make_jwt(1);
	const struct cached_token *hit;
	str_t token = make_token(1);

	ok(token_cache_find(cache, token, 1, NOW) == NULL, "nothing there at first");
	token_cache_add(cache, token, 1, &jwt, 1);
	hit = token_cache_find(cache, make_token(1), 1, NOW);
	ok(hit != NULL && value_equal(hit->claims, jwt.claims) && hit->algorithm == ALGORITHM_ES256,
	    "a hit has the claims");
	ok(token_cache_find(cache, make_token(2), 1, NOW) == NULL, "another token is a miss");
	ok(token_cache_find(cache, token, 2, NOW) == NULL, "other keys, no hit");
	ok(token_cache_find(cache, token, 1, 1099) != NULL, "until exp");
	ok(token_cache_find(cache, token, 1, 1100) == NULL, "not at exp");
	jwt.leeway = 10;
	token_cache_add(cache, token, 1, &jwt, 1);
	ok(token_cache_find(cache, token, 1, 1109) != NULL, "the leeway counts");
	ok(token_cache_find(cache, token, 1, 1110) == NULL, "to the second");
	jwt.leeway = 0;
	token_cache_add(cache, token, 1, &jwt, 1);
	ok(token_cache_find(cache, token, 1, 899) == NULL, "not before nbf");
}

static void
try_limits(struct token_cache *cache)
{
	char *big = arena_alloc(arena, CACHE_SLOT_SIZE + 1, 1);
	struct jwt jwt = make_jwt(7);
	size_t right = 0;

	memset(big, 'x', CACHE_SLOT_SIZE + 1);
	token_cache_add(cache, str_make(big, CACHE_SLOT_SIZE + 1), 1, &jwt, 1);
	ok(token_cache_find(cache, str_make(big, CACHE_SLOT_SIZE + 1), 1, NOW) == NULL,
	    "what is too big is not kept");
	token_cache_add(cache, str_make(big, CACHE_SLOT_SIZE - 100), 1, &jwt, 1);
	ok(token_cache_find(cache, str_make(big, CACHE_SLOT_SIZE - 100), 1, NOW) == NULL,
	    "nor what fits alone but not with its claims");
	for (int i = 0; i < TOKENS; i++) {
		struct jwt one = make_jwt(i);

		token_cache_add(cache, make_token(i), 1, &one, 1);
		ok(token_cache_find(cache, make_token(i), 1, NOW) != NULL, "kept %d", i);
	}
	for (int i = 0; i < TOKENS; i++) {
		const struct cached_token *hit = token_cache_find(cache, make_token(i), 1, NOW);
		str_t want = arena_printf(arena, "user-%d", i);

		if (hit == NULL)
			continue;
		right++;
		if (!str_eq(value_str(value_object_get_text(hit->claims, "sub")), want))
			ok(false, "the claims of token %d are someone else's", i);
	}
	ok(right > SLOTS / 2 && right <= SLOTS, "%zu tokens are still there", right);
}

int
main(void)
{
	struct token_cache *cache, *none;
	struct jwt jwt;
	uint8_t key[16];

	random_bytes(key, sizeof(key));
	value_hash_key(key);
	arena = arena_new(16 << 20);
	cache = token_cache_new(SLOTS);
	none = token_cache_new(0);
	try_hits(cache);
	try_limits(cache);
	jwt = make_jwt(0);
	token_cache_add(none, make_token(0), 1, &jwt, 1);
	ok(token_cache_find(none, make_token(0), 1, NOW) == NULL, "a cache of nothing");
	ok(token_cache_counts(cache).hits > 0 && token_cache_counts(cache).misses > 0, "counted");
	token_cache_free(&cache);
	token_cache_free(&none);
	arena_free(&arena);
	return tap_done();
}
