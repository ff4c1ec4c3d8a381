/* SPDX-License-Identifier: Apache-2.0 */
#include "release/minisign.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "crypt/signature.h"
#include "value/value.h"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "

enum { KEY_SIZE = 32, LINES_MAX = 4 };

/* ---- lines ---- */

/* Exactly `want` lines; no other control character than a tab. */
static bool
split_lines(str_t text, str_t lines[LINES_MAX], size_t want)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < ' ' && text.data[i] != '\n' &&
		    text.data[i] != '\t')
			return false;
	while (text.len > 0) {
		size_t end = str_find_char(text, '\n', 0);

		if (count == want)
			return false;
		lines[count++] = str_sub(text, 0, end);
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return count == want;
}

/* base64 of exactly `size` bytes */
static bool
read_bytes(struct arena *arena, str_t line, size_t size, str_t *ret)
{
	return base64_read(arena, line, ret) == ERR_OK && ret->len == size;
}

/* ---- keys ---- */

bool
minisign_looks_like_key(str_t text)
{
	return str_has_prefix(text, STR(UNTRUSTED));
}

err_t
minisign_key_read(struct arena *arena, str_t text, struct diag *diag, struct minisign_key *ret)
{
	struct key_ed25519 numbers = { 0 };
	struct minisign_key found;
	str_t lines[LINES_MAX], bytes;

	if (text.len > MINISIGN_TEXT_MAX || !split_lines(text, lines, 2) ||
	    !str_has_prefix(lines[0], STR(UNTRUSTED)) ||
	    !read_bytes(arena, lines[1], 2 + MINISIGN_ID_SIZE + KEY_SIZE, &bytes) ||
	    !str_has_prefix(bytes, STR("Ed")))
		return arena_failed(arena) ? ERR_MEMORY : ERR_SYNTAX;
	memcpy(found.id, bytes.data + 2, MINISIGN_ID_SIZE);
	numbers.x = str_skip(bytes, 2 + MINISIGN_ID_SIZE);
	TRY(key_make_ed25519(&numbers, KEY_STRICT, diag, &found.key));
	*ret = found;
	return ERR_OK;
}

void
minisign_id_of(const struct key *key, uint8_t ret[MINISIGN_ID_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	digest_of(DIGEST_SHA256, key_thumbprint(key), digest);
	memcpy(ret, digest, MINISIGN_ID_SIZE);
}

/* The 32 bytes of a public key, which key.h shows as a JWK only. */
static err_t
get_public(struct arena *arena, const struct key *key, str_t *ret)
{
	struct buf text;
	value_t jwk;
	err_t err;

	buf_init(&text, KEY_TEXT_MAX);
	key_write_jwk(&text, key);
	err =
	    buf_failed(&text) ? ERR_LIMIT : json_read(arena, buf_str(&text), NULL, NULL, &jwk);
	buf_fini(&text);
	TRY(err);
	return base64url_read(arena, value_str(value_object_get_text(jwk, "x")), ret);
}

err_t
minisign_key_write(struct arena *arena, struct buf *out, const struct key *key)
{
	uint8_t bytes[2 + MINISIGN_ID_SIZE + KEY_SIZE] = "Ed";
	str_t public;

	if (key_kind(key) != KEY_ED25519)
		return ERR_KEY;
	TRY(get_public(arena, key, &public));
	if (public.len != KEY_SIZE)
		return ERR_KEY;
	minisign_id_of(key, bytes + 2);
	memcpy(bytes + 2 + MINISIGN_ID_SIZE, public.data, KEY_SIZE);
	buf_printf(
	    out, UNTRUSTED "minisign public key of %.*s\n", STR_FMT(key_thumbprint(key)));
	base64_write(out, str_make((const char *)bytes, sizeof(bytes)));
	buf_add_char(out, '\n');
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

/* ---- signatures ---- */

err_t
minisign_read(struct arena *arena, str_t text, struct minisign *ret)
{
	str_t lines[LINES_MAX], bytes, global;

	if (text.len > MINISIGN_TEXT_MAX || !split_lines(text, lines, LINES_MAX) ||
	    !str_has_prefix(lines[0], STR(UNTRUSTED)) ||
	    !str_has_prefix(lines[2], STR(TRUSTED)) ||
	    !read_bytes(
		arena, lines[1], 2 + MINISIGN_ID_SIZE + MINISIGN_SIGNATURE_SIZE, &bytes) ||
	    !read_bytes(arena, lines[3], MINISIGN_SIGNATURE_SIZE, &global) ||
	    (!str_has_prefix(bytes, STR("ED")) && !str_has_prefix(bytes, STR("Ed"))))
		return arena_failed(arena) ? ERR_MEMORY : ERR_SYNTAX;
	ret->prehashed = bytes.data[1] == 'D';
	memcpy(ret->id, bytes.data + 2, MINISIGN_ID_SIZE);
	memcpy(ret->signature, bytes.data + 2 + MINISIGN_ID_SIZE, MINISIGN_SIGNATURE_SIZE);
	memcpy(ret->global, global.data, MINISIGN_SIGNATURE_SIZE);
	ret->trusted_comment = str_skip(lines[2], sizeof(TRUSTED) - 1);
	return ERR_OK;
}

static str_t
signature_str(const uint8_t bytes[MINISIGN_SIGNATURE_SIZE])
{
	return str_make((const char *)bytes, MINISIGN_SIGNATURE_SIZE);
}

static str_t
make_global_message(
    struct arena *arena, const uint8_t signature[MINISIGN_SIGNATURE_SIZE], str_t comment)
{
	size_t size = MINISIGN_SIGNATURE_SIZE + comment.len;
	char *message = arena_alloc(arena, size, 1);

	if (message == NULL)
		return STR_NONE;
	memcpy(message, signature, MINISIGN_SIGNATURE_SIZE);
	if (comment.len > 0)
		memcpy(message + MINISIGN_SIGNATURE_SIZE, comment.data, comment.len);
	return str_make(message, size);
}

err_t
minisign_check(
    struct arena *arena, const struct minisign *m, const struct key *key, str_t message)
{
	str_t whole = make_global_message(arena, m->signature, m->trusted_comment);

	if (whole.data == NULL)
		return ERR_MEMORY;
	if (key_kind(key) != KEY_ED25519)
		return ERR_KEY;
	TRY(signature_check(key, ALGORITHM_EDDSA, message, signature_str(m->signature)));
	return signature_check(key, ALGORITHM_EDDSA, whole, signature_str(m->global));
}

err_t
minisign_write(struct buf *out, const struct key *key, const uint8_t id[MINISIGN_ID_SIZE],
    str_t digest, str_t untrusted, str_t trusted)
{
	uint8_t bytes[2 + MINISIGN_ID_SIZE + SIGNATURE_SIZE_MAX] = "ED";
	uint8_t *signature = bytes + 2 + MINISIGN_ID_SIZE, global[SIGNATURE_SIZE_MAX];
	struct arena *arena;
	size_t len = 0;
	str_t whole;
	err_t err;

	if (key_kind(key) != KEY_ED25519)
		return ERR_KEY;
	memcpy(bytes + 2, id, MINISIGN_ID_SIZE);
	TRY(signature_make(key, ALGORITHM_EDDSA, digest, signature, &len));
	arena = arena_new(MINISIGN_TEXT_MAX);
	if (arena == NULL)
		return ERR_MEMORY;
	whole = make_global_message(arena, signature, trusted);
	err = whole.data == NULL ? ERR_LIMIT
				 : signature_make(key, ALGORITHM_EDDSA, whole, global, &len);
	arena_free(&arena);
	TRY(err);
	buf_printf(out, UNTRUSTED "%.*s\n", STR_FMT(untrusted));
	base64_write(
	    out, str_make((char *)bytes, 2 + MINISIGN_ID_SIZE + MINISIGN_SIGNATURE_SIZE));
	buf_printf(out, "\n" TRUSTED "%.*s\n", STR_FMT(trusted));
	base64_write(out, str_make((const char *)global, MINISIGN_SIGNATURE_SIZE));
	buf_add_char(out, '\n');
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}
