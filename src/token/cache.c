/* SPDX-License-Identifier: Apache-2.0 */
#include "token/cache.h"

#include <stdlib.h>

enum { WAYS = 4, BLOCK_OVERHEAD = 256, SLOT_COUNT_MAX = 1 << 20 };

struct slot {
	struct arena *arena; /* the token's bytes and its claims */
	str_t token; /* empty: free */
	uint32_t hash;
	uint64_t generation, used; /* `used`: the cache's tick of the last use */
	struct cached_token entry;
};

struct token_cache {
	struct arena *arena; /* the slots themselves */
	struct slot *slots;
	size_t set_count; /* of WAYS slots each */
	uint64_t tick;
	struct token_cache_counts counts;
};

struct token_cache *
token_cache_new(size_t slot_count)
{
	struct token_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	if (slot_count > SLOT_COUNT_MAX)
		slot_count = SLOT_COUNT_MAX;
	c->set_count = (slot_count + WAYS - 1) / WAYS;
	c->arena = arena_new((slot_count + WAYS) * sizeof(*c->slots) + BLOCK_OVERHEAD);
	if (c->arena != NULL)
		c->slots = ARENA_ARRAY(c->arena, struct slot, c->set_count * WAYS);
	for (size_t i = 0; c->slots != NULL && i < c->set_count * WAYS; i++) {
		struct arena *arena = arena_new(CACHE_SLOT_SIZE + BLOCK_OVERHEAD);

		c->slots[i].arena = arena;
		if (arena == NULL || arena_alloc_raw(arena, CACHE_SLOT_SIZE, 16) == NULL) {
			token_cache_free(&c);
			return NULL;
		}
		arena_reset(arena); /* keeps the block: no later use asks for more */
	}
	if (c->slots == NULL)
		token_cache_free(&c);
	return c;
}

void
token_cache_free(struct token_cache **c)
{
	if (*c == NULL)
		return;
	for (size_t i = 0; (*c)->slots != NULL && i < (*c)->set_count * WAYS; i++)
		arena_free(&(*c)->slots[i].arena);
	arena_free(&(*c)->arena);
	free(*c);
	*c = NULL;
}

static struct slot *
find_set(struct token_cache *c, uint32_t hash)
{
	return &c->slots[(size_t)hash % c->set_count * WAYS];
}

const struct cached_token *
token_cache_find(struct token_cache *c, str_t token, uint64_t generation, int64_t now)
{
	uint32_t hash;
	struct slot *set;

	if (c->set_count == 0 || token.len == 0)
		return NULL;
	hash = value_hash_bytes(token.data, token.len);
	set = find_set(c, hash);
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].hash != hash || set[i].generation != generation ||
		    !str_eq(set[i].token, token))
			continue;
		if (claims_check_times(&set[i].entry.times, set[i].entry.leeway, now) != TOKEN_NONE)
			break;
		set[i].used = ++c->tick;
		c->counts.hits++;
		return &set[i].entry;
	}
	c->counts.misses++;
	return NULL;
}

/* A slot that is free or outdated, else the one not used for longest. */
static struct slot *
choose_victim(struct slot *set, str_t token, uint32_t hash, uint64_t generation)
{
	struct slot *victim = &set[0];

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].hash == hash && str_eq(set[i].token, token))
			return &set[i];
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].token.len == 0 || set[i].generation != generation)
			return &set[i];
		if (set[i].used < victim->used)
			victim = &set[i];
	}
	return victim;
}

void
token_cache_add(struct token_cache *c, str_t token, uint64_t generation, const struct jwt *jwt,
    uint64_t epoch)
{
	struct slot *slot;
	uint32_t hash;

	if (c->set_count == 0 || token.len == 0 || token.len > CACHE_SLOT_SIZE)
		return;
	hash = value_hash_bytes(token.data, token.len);
	slot = choose_victim(find_set(c, hash), token, hash, generation);
	slot->token = STR_NONE;
	arena_reset(slot->arena);
	slot->entry = (struct cached_token){
		.claims = value_copy(slot->arena, NULL, jwt->claims),
		.algorithm = jwt->jws.algorithm,
		.times = jwt->times,
		.leeway = jwt->leeway,
		.epoch = epoch,
	};
	if (jwt->jws.key != NULL && jwt->jws.key->has_kid)
		slot->entry.kid = arena_str(slot->arena, jwt->jws.key->kid);
	token = arena_str(slot->arena, token);
	if (arena_failed(slot->arena))
		return; /* too big for a slot: it stays free */
	slot->token = token;
	slot->hash = hash;
	slot->generation = generation;
	slot->used = ++c->tick;
	c->counts.kept++;
}

void
token_cache_note_epoch(struct token_cache *c, const struct cached_token *found, uint64_t epoch)
{
	((struct cached_token *)(uintptr_t)found)->epoch = epoch; /* it is an entry of ours */
}

struct token_cache_counts
token_cache_counts(const struct token_cache *c)
{
	return c->counts;
}
