/* SPDX-License-Identifier: Apache-2.0 */
#include "release/keys.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"

struct release_keys {
	struct bundle_keys *plain;
	struct minisign_key minisign[RELEASE_MINISIGN_KEYS_MAX];
	size_t minisign_count;
};

struct release_keys *
release_keys_new(void)
{
	struct release_keys *keys = calloc(1, sizeof(*keys));

	if (keys != NULL && (keys->plain = bundle_keys_new()) == NULL)
		release_keys_free(&keys);
	return keys;
}

void
release_keys_free(struct release_keys **keys)
{
	if (*keys == NULL)
		return;
	for (size_t i = 0; i < (*keys)->minisign_count; i++)
		key_free(&(*keys)->minisign[i].key);
	bundle_keys_free(&(*keys)->plain);
	free(*keys);
	*keys = NULL;
}

const struct bundle_keys *
release_keys_plain(const struct release_keys *keys)
{
	return keys->plain;
}

static err_t
add_minisign(struct release_keys *keys, const char *path, str_t text, struct diag *diag)
{
	struct arena *arena;
	err_t err;

	if (keys->minisign_count == RELEASE_MINISIGN_KEYS_MAX) {
		diag_say(diag, "release", "%s: more than %d minisign keys are not taken", path,
		    RELEASE_MINISIGN_KEYS_MAX);
		return ERR_LIMIT;
	}
	arena = arena_new((size_t)4 * MINISIGN_TEXT_MAX);
	err = arena == NULL ? ERR_MEMORY
			    : minisign_key_read(
				  arena, text, diag, &keys->minisign[keys->minisign_count]);
	arena_free(&arena);
	if (err == ERR_OK)
		keys->minisign_count++;
	else if (err == ERR_SYNTAX)
		diag_say(diag, "release", "%s: this is not a public key of minisign", path);
	return err == ERR_SYNTAX ? ERR_KEY : err;
}

err_t
release_keys_add_path(struct release_keys *keys, const char *path, struct diag *diag)
{
	struct stat st;
	struct buf text;
	err_t err;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return bundle_keys_add_path(keys->plain, path, diag);
	buf_init(&text, JWKS_TEXT_MAX);
	err = file_read(NULL, path, FILE_ANY, &text, diag);
	if (err == ERR_OK && minisign_looks_like_key(buf_str(&text)))
		err = add_minisign(keys, path, buf_str(&text), diag);
	else if (err == ERR_OK)
		err = bundle_keys_add_text(keys->plain, buf_str(&text), str_of(path), diag);
	buf_fini(&text);
	return err;
}

const struct key *
release_keys_minisign(
    const struct release_keys *keys, const uint8_t id[MINISIGN_ID_SIZE], size_t i)
{
	size_t seen = 0;

	for (size_t k = 0; k < keys->minisign_count; k++)
		if (memcmp(keys->minisign[k].id, id, MINISIGN_ID_SIZE) == 0 && seen++ == i)
			return keys->minisign[k].key;
	for (size_t k = 0; k < bundle_keys_count(keys->plain); k++) {
		bool named;
		const struct jwk *jwk = bundle_keys_at(keys->plain, k, &named);

		if (key_kind(jwk->key) == KEY_ED25519 && seen++ == i)
			return jwk->key;
	}
	return NULL;
}

bool
release_keys_have_minisign(const struct release_keys *keys)
{
	const uint8_t none[MINISIGN_ID_SIZE] = { 0 };

	return keys->minisign_count > 0 || release_keys_minisign(keys, none, 0) != NULL;
}
