/* SPDX-License-Identifier: Apache-2.0 */
#include "token/jwks.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "codec/json.h"

enum { DEPTH_MAX = 16, MEMORY_BASE = 8 << 20, MEMORY_PER_BYTE = 32 };

struct jwks {
	_Atomic unsigned holders;
	struct arena *arena; /* the arrays and the kids */
	struct jwk *keys;
	size_t count, capacity;
	uint32_t *heads, *next; /* by hash of the kid, and behind that: index + 1; 0: none */
	size_t mask;
	struct {
		const struct jwk *last;
		size_t count;
	} fit[ALGORITHM_END]; /* for tokens without a kid */
};

static err_t
refuse(struct diag *diag, str_t name, const char *why)
{
	diag_say(diag, "jwks", "%.*s: %s", STR_FMT(name), why);
	return ERR_KEY;
}

/* ---- the set ---- */

static struct jwks *
make_empty(size_t capacity)
{
	struct jwks *set = calloc(1, sizeof(*set));
	size_t heads = 1;

	if (set == NULL)
		return NULL;
	atomic_init(&set->holders, 1);
	while (heads < 2 * capacity)
		heads *= 2;
	set->mask = heads - 1;
	set->capacity = capacity;
	set->arena =
	    arena_new(JWKS_TEXT_MAX + capacity * (sizeof(struct jwk) + 32) + MEMORY_BASE);
	if (set->arena != NULL) {
		set->keys = ARENA_ARRAY(set->arena, struct jwk, capacity);
		set->heads = ARENA_ARRAY(set->arena, uint32_t, heads);
		set->next = ARENA_ARRAY(set->arena, uint32_t, capacity);
	}
	if (set->arena == NULL || arena_failed(set->arena))
		jwks_free(&set);
	return set;
}

static uint32_t *
head_of(const struct jwks *set, str_t kid)
{
	return &set->heads[value_hash_bytes(kid.data, kid.len) & set->mask];
}

/* Takes what jwk owns; its kid is copied, for it may live in the text or in the key. */
static void
add(struct jwks *set, const struct jwk *jwk)
{
	struct jwk *own = &set->keys[set->count];

	must(set->count < set->capacity);
	*own = *jwk;
	own->kid = arena_str(set->arena, jwk->kid);
	set->count++;
	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
		if (own->algorithms & ALGORITHM_BIT(a)) {
			set->fit[a].last = own;
			set->fit[a].count++;
		}
	if (own->has_kid && !arena_failed(set->arena)) {
		uint32_t *head = head_of(set, own->kid);

		set->next[set->count - 1] = *head;
		*head = (uint32_t)set->count;
	}
}

static void
warn_of_private(struct diag *diag, str_t key_name)
{
	(void)diag_add(diag, DIAG_WARNING, "jwks", (struct diag_place){ .row = 0 },
	    "%.*s shows its private part: its owner should replace it", STR_FMT(key_name));
}

static err_t
finish(struct jwks *set, err_t err, str_t name, struct diag *diag, struct jwks **ret)
{
	if (err == ERR_OK && arena_failed(set->arena))
		err = ERR_MEMORY;
	if (err == ERR_OK && set->count == 0)
		err = refuse(diag, name, "the key set has no usable key");
	if (err != ERR_OK)
		jwks_free(&set);
	else
		*ret = set;
	return err;
}

/* ---- JSON ---- */

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
read_keys(struct jwks *set, struct arena *scratch, value_t keys, str_t name, struct diag *diag)
{
	for (uint32_t i = 0; i < keys.count; i++)
		if (is_symmetric(keys.items[i]))
			return refuse(diag, name, "the key set holds a symmetric key (kty \"oct\")");
	for (uint32_t i = 0; i < keys.count; i++) {
		str_t key_name = describe(scratch, keys.items[i], i + 1);
		struct jwk jwk;
		err_t err = jwk_read(scratch, keys.items[i], key_name, diag, &jwk);

		if (err == ERR_KEY)
			continue;
		TRY(err);
		add(set, &jwk);
		if (jwk.had_private)
			warn_of_private(diag, key_name);
	}
	return arena_failed(scratch) ? ERR_MEMORY : ERR_OK;
}

static err_t
find_keys(value_t document, str_t name, size_t most, struct diag *diag, value_t *ret)
{
	value_t keys = value_object_get_text(document, "keys");

	if (keys.tag == VALUE_ARRAY && keys.count <= most) {
		*ret = keys;
		return ERR_OK;
	}
	if (value_is_defined(value_object_get_text(document, "kty")))
		return refuse(diag, name,
		    "this is one key, not a set: `core jwks convert` makes a set of it");
	diag_say(diag, "jwks",
	    "%.*s: a key set is an object with an array \"keys\" of at most %zu keys",
	    STR_FMT(name), most);
	return ERR_KEY;
}

static err_t
read_json(str_t text, str_t name, size_t most, struct diag *diag, struct jwks **ret)
{
	const struct json_options options = {
		.depth_limit = DEPTH_MAX,
		.size_limit = JWKS_TEXT_MAX,
		.refuse_duplicates = true,
		.file = name,
	};
	struct arena *scratch = arena_new(MEMORY_BASE + text.len * MEMORY_PER_BYTE);
	struct jwks *set = NULL;
	value_t document, keys;
	err_t err = scratch == NULL ? ERR_MEMORY : ERR_OK;

	if (err == ERR_OK)
		err = json_read(scratch, text, &options, diag, &document);
	if (err == ERR_OK)
		err = find_keys(document, name, most, diag, &keys);
	if (err == ERR_OK && (set = make_empty(keys.count)) == NULL)
		err = ERR_MEMORY;
	if (err == ERR_OK) {
		err = read_keys(set, scratch, keys, name, diag);
		err = finish(set, err, name, diag, ret);
	}
	arena_free(&scratch);
	return err;
}

err_t
jwks_new(str_t text, str_t name, struct diag *diag, struct jwks **ret)
{
	return read_json(text, name, JWKS_KEYS_DEFAULT, diag, ret);
}

/* ---- PEM ---- */

static const str_t pem_begin = { "-----BEGIN ", 11 };

/* Parameters of a curve stand in front of some keys, and are none. */
static bool
is_key_block(str_t block)
{
	return !str_has_prefix(str_skip(block, pem_begin.len), STR("EC PARAMETERS"));
}

static bool
has_kid(const struct jwks *set, str_t kid)
{
	size_t found, fit;

	(void)jwks_find(set, &kid, ALGORITHM_NONE, &found, &fit);
	return found > 0;
}

static err_t
read_block(struct jwks *set, str_t block, size_t number, struct diag *diag)
{
	char key_name[32];
	struct key *key = NULL;
	struct diag inner;
	struct jwk jwk;
	err_t err;

	(void)snprintf(key_name, sizeof(key_name), "key %zu", number);
	if (diag != NULL)
		diag_init(&inner, diag->arena, 1);
	err = key_read_pem(block, KEY_STRICT, diag != NULL ? &inner : NULL, &key);
	if (err == ERR_KEY) {
		str_t why = diag != NULL ? diag_first_message(&inner) : STR_NONE;

		(void)diag_add(diag, DIAG_WARNING, "jwks", (struct diag_place){ .row = 0 },
		    "%s is not used: %.*s", key_name, STR_FMT(why));
		return ERR_OK;
	}
	TRY(err);
	if (has_kid(set, key_thumbprint(key))) { /* once is enough: twice would be ambiguous */
		key_free(&key);
		return ERR_OK;
	}
	TRY(jwk_from_key(key, &jwk));
	add(set, &jwk);
	if (jwk.had_private)
		warn_of_private(diag, str_of(key_name));
	return ERR_OK;
}

static err_t
read_pem(str_t text, str_t name, size_t most, struct diag *diag, struct jwks **ret)
{
	struct jwks *set;
	size_t count = 0, number = 0;
	err_t err = ERR_OK;

	for (size_t at = str_find(text, pem_begin, 0); at < text.len;
	     at = str_find(text, pem_begin, at + 1))
		count += is_key_block(str_skip(text, at));
	if (count > most) {
		diag_say(
		    diag, "jwks", "%.*s: there are more than %zu keys", STR_FMT(name), most);
		return ERR_KEY;
	}
	set = make_empty(count);
	if (set == NULL)
		return ERR_MEMORY;
	for (size_t at = str_find(text, pem_begin, 0); err == ERR_OK && at < text.len;) {
		size_t next = str_find(text, pem_begin, at + 1);
		str_t block = str_sub(text, at, next - at);

		if (is_key_block(block))
			err = read_block(set, block, ++number, diag);
		at = next;
	}
	return finish(set, err, name, diag, ret);
}

err_t
jwks_new_from_file(str_t text, str_t name, size_t most, struct diag *diag, struct jwks **ret)
{
	str_t trimmed = str_trim_space(text);

	if (most > JWKS_KEYS_MAX)
		most = JWKS_KEYS_MAX;
	if (text.len > JWKS_TEXT_MAX)
		return refuse(diag, name, "the key set is longer than 64 MiB");
	if (trimmed.len > 0 && trimmed.data[0] != '{' &&
	    str_find(text, pem_begin, 0) < text.len)
		return read_pem(text, name, most, diag, ret);
	return read_json(text, name, most, diag, ret);
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

struct jwks *
jwks_share(struct jwks *set)
{
	if (set != NULL)
		(void)atomic_fetch_add_explicit(&set->holders, 1, memory_order_relaxed);
	return set;
}

void
jwks_free(struct jwks **held)
{
	struct jwks *set = *held;

	*held = NULL;
	if (set == NULL ||
	    atomic_fetch_sub_explicit(&set->holders, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < set->count; i++)
		jwk_fini(&set->keys[i]);
	arena_free(&set->arena);
	free(set);
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

	if (kid == NULL) {
		*ret_found = set->count;
		*ret_fit = set->fit[a].count;
		return *ret_fit == 1 ? set->fit[a].last : NULL;
	}
	*ret_found = *ret_fit = 0;
	for (uint32_t i = *head_of(set, *kid); i != 0; i = set->next[i - 1]) {
		const struct jwk *jwk = &set->keys[i - 1];

		if (!str_eq(jwk->kid, *kid))
			continue;
		++*ret_found;
		if (jwk->algorithms & ALGORITHM_BIT(a)) {
			++*ret_fit;
			match = jwk;
		}
	}
	return *ret_fit == 1 ? match : NULL;
}

static void
write_key(struct buf *out, const struct jwk *jwk)
{
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

void
jwks_write(struct buf *out, struct jwks *const *sets, size_t count)
{
	const char *separator = "";

	buf_add_text(out, "{\"keys\":[");
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sets[i]->count; k++) {
			buf_add_text(out, separator);
			write_key(out, &sets[i]->keys[k]);
			separator = ",";
		}
	buf_add_text(out, "]}");
}
