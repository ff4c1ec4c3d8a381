/* SPDX-License-Identifier: Apache-2.0 */
#include "token/jwks.h"

#include <stdlib.h>

#include "codec/json.h"

enum { DEPTH_MAX = 16, MEMORY_MAX = 64 * 1024 * 1024 };

struct jwks {
	struct arena *arena;
	struct jwk *keys;
	size_t count;
};

static err_t
refuse(struct diag *diag, str_t name, const char *why)
{
	diag_say(diag, "jwks", "%.*s: %s", STR_FMT(name), why);
	return ERR_KEY;
}

static struct jwks *
make_empty(size_t capacity)
{
	struct jwks *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	set->arena = arena_new(MEMORY_MAX);
	if (set->arena != NULL)
		set->keys = ARENA_ARRAY(set->arena, struct jwk, capacity);
	if (set->keys == NULL)
		jwks_free(&set);
	return set;
}

static str_t
describe(struct arena *arena, value_t object, size_t number)
{
	value_t kid = value_object_get_text(object, "kid");

	if (value_is_string(kid))
		return arena_printf(arena, "key %zu (kid \"%.*s\")", number,
		    STR_FMT(value_str(kid)));
	return arena_printf(arena, "key %zu", number);
}

static bool
is_symmetric(value_t object)
{
	value_t kty = value_object_get_text(object, "kty");

	return value_is_string(kty) && str_eq(value_str(kty), STR("oct"));
}

static err_t
read_keys(struct jwks *set, value_t keys, str_t name, struct diag *diag)
{
	for (uint32_t i = 0; i < keys.count; i++)
		if (is_symmetric(keys.items[i]))
			return refuse(diag, name, "the key set holds a symmetric key (kty \"oct\")");
	for (uint32_t i = 0; i < keys.count; i++) {
		str_t key_name = describe(set->arena, keys.items[i], i + 1);
		struct jwk jwk;
		err_t err = jwk_read(set->arena, keys.items[i], key_name, diag, &jwk);

		if (err == ERR_KEY)
			continue;
		TRY(err);
		set->keys[set->count++] = jwk;
		if (jwk.had_private)
			(void)diag_add(diag, DIAG_WARNING, "jwks", (struct diag_place){ .row = 0 },
			    "%.*s shows its private part: its owner should replace it",
			    STR_FMT(key_name));
	}
	if (set->count == 0)
		return refuse(diag, name, "the key set has no usable key");
	return arena_failed(set->arena) ? ERR_MEMORY : ERR_OK;
}

err_t
jwks_new(str_t text, str_t name, struct diag *diag, struct jwks **ret)
{
	const struct json_options options = {
		.depth_limit = DEPTH_MAX,
		.size_limit = JWKS_TEXT_MAX,
		.refuse_duplicates = true,
		.file = name,
	};
	struct arena *scratch = arena_new(MEMORY_MAX);
	struct jwks *set = NULL;
	value_t document, keys;
	err_t err = scratch == NULL ? ERR_MEMORY : ERR_OK;

	if (err == ERR_OK)
		err = json_read(scratch, text, &options, diag, &document);
	if (err != ERR_OK) {
		arena_free(&scratch);
		return err;
	}
	keys = value_object_get_text(document, "keys");
	if (keys.tag != VALUE_ARRAY || keys.count > JWKS_KEYS_MAX) {
		arena_free(&scratch);
		return refuse(diag, name, "a key set is an object with an array \"keys\" of at most "
		                          "1000 keys");
	}
	set = make_empty(keys.count);
	if (set != NULL)
		keys = value_copy(set->arena, NULL, keys);
	arena_free(&scratch);
	err = set == NULL || arena_failed(set->arena) ? ERR_MEMORY
	                                              : read_keys(set, keys, name, diag);
	if (err != ERR_OK)
		jwks_free(&set);
	else
		*ret = set;
	return err;
}

err_t
jwks_new_from_key(const struct key *key, struct diag *diag, struct jwks **ret)
{
	struct buf text;
	err_t err;

	buf_init(&text, JWKS_TEXT_MAX);
	buf_add_text(&text, "{\"keys\":[");
	key_write_jwk(&text, key);
	if (text.len > 0)
		text.len--; /* reopen the object, to add the kid */
	buf_printf(&text, ",\"kid\":\"%.*s\"}]}", STR_FMT(key_thumbprint(key)));
	err = buf_failed(&text) ? ERR_MEMORY : jwks_new(buf_str(&text), STR("key"), diag, ret);
	buf_fini(&text);
	return err;
}

void
jwks_free(struct jwks **set)
{
	if (*set == NULL)
		return;
	for (size_t i = 0; i < (*set)->count; i++)
		jwk_fini(&(*set)->keys[i]);
	arena_free(&(*set)->arena);
	free(*set);
	*set = NULL;
}

size_t
jwks_count(const struct jwks *set)
{
	return set->count;
}

const struct jwk *
jwks_at(const struct jwks *set, size_t i)
{
	return &set->keys[i];
}

const struct jwk *
jwks_find(const struct jwks *set, const str_t *kid, enum algorithm a, size_t *ret_found,
    size_t *ret_fit)
{
	const struct jwk *match = NULL;

	*ret_found = *ret_fit = 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct jwk *jwk = &set->keys[i];

		if (kid != NULL && !(jwk->has_kid && str_eq(jwk->kid, *kid)))
			continue;
		++*ret_found;
		if (jwk->algorithms & ALGORITHM_BIT(a)) {
			++*ret_fit;
			match = jwk;
		}
	}
	return *ret_fit == 1 ? match : NULL;
}

void
jwks_write(struct buf *out, const struct jwks *set)
{
	buf_add_text(out, "{\"keys\":[");
	for (size_t i = 0; i < set->count; i++) {
		const struct jwk *jwk = &set->keys[i];

		if (i > 0)
			buf_add_char(out, ',');
		key_write_jwk(out, jwk->key);
		if (!buf_failed(out))
			out->len--; /* reopen the object */
		if (jwk->has_kid) {
			buf_add_text(out, ",\"kid\":");
			json_write_string(out, jwk->kid, false);
		}
		for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
			if (jwk->algorithms == ALGORITHM_BIT(a))
				buf_printf(out, ",\"alg\":\"%s\"", algorithm_name((enum algorithm)a));
		buf_add_text(out, ",\"use\":\"sig\"}");
	}
	buf_add_text(out, "]}");
}
