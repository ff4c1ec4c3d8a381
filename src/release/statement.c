/* SPDX-License-Identifier: Apache-2.0 */
#include "release/statement.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "token/jws.h"

static err_t
refuse(struct diag *diag, str_t name, const char *why)
{
	diag_say(diag, "release", "%.*s: %s", STR_FMT(name), why);
	return ERR_SIGNATURE;
}

err_t
statement_write(struct buf *out, const struct key *key, str_t type, value_t payload)
{
	struct buf text;
	err_t err;

	buf_init(&text, STATEMENT_SIZE_MAX);
	json_write(&text, payload);
	err = buf_failed(&text) ? ERR_LIMIT
				: jws_sign(out, key, algorithm_default(key_kind(key)),
				      key_thumbprint(key), type, buf_str(&text));
	buf_fini(&text);
	return err;
}

/* The key that verifies; *ret_named says whether a key of the statement's kid is there at all.
 */
static const struct jwk *
find_key(const struct bundle_keys *keys, const struct jws *jws, str_t signature,
    struct verify_context *context, bool *ret_named)
{
	*ret_named = false;
	for (size_t i = 0; i < bundle_keys_count(keys); i++) {
		bool named;
		const struct jwk *jwk = bundle_keys_at(keys, i, &named);
		const struct verifier *verifier = jwk->verifiers[jws->algorithm];

		if (jws->has_kid && str_eq(key_thumbprint(jwk->key), jws->kid))
			*ret_named = true;
		if (verifier != NULL &&
		    verifier_check(verifier, context, jws->signing_input, signature) == ERR_OK)
			return jwk;
	}
	return NULL;
}

static err_t
verify(struct arena *arena, const struct jws *jws, const struct bundle_keys *keys, str_t name,
    struct diag *diag, struct statement *ret)
{
	struct verify_context *context = verify_context_new();
	const struct jwk *key = NULL;
	str_t signature;
	bool named = false;

	if (context == NULL)
		return ERR_MEMORY;
	if (base64url_read(arena, jws->signature_text, &signature) == ERR_OK)
		key = find_key(keys, jws, signature, context, &named);
	verify_context_free(&context);
	if (arena_failed(arena))
		return ERR_MEMORY;
	if (key != NULL) {
		ret->key = arena_str(arena, key_thumbprint(key->key));
		return ERR_OK;
	}
	if (named)
		return refuse(diag, name,
		    "the signed statement was changed: it names a key that is believed, and "
		    "the "
		    "signature is not that key's");
	diag_say(diag, "release",
	    "%.*s: it was signed by another key (%.*s) than those that are believed; give "
	    "that "
	    "key's public half if it is to be",
	    STR_FMT(name), STR_FMT(str_cut(jws->kid, KEY_THUMBPRINT_SIZE)));
	return ERR_SIGNATURE;
}

err_t
statement_read(struct arena *arena, str_t text, str_t type, const struct bundle_keys *keys,
    str_t name, struct diag *diag, struct statement *ret)
{
	const struct jws_rules rules = { .size_limit = STATEMENT_SIZE_MAX };
	struct statement found = { .payload = VALUE_NONE };
	struct jws jws;
	value_t said;
	str_t payload;

	if (jws_read(arena, text, &rules, &jws) != ERR_OK) {
		if (arena_failed(arena))
			return ERR_MEMORY;
		diag_say(diag, "release", "%.*s: the signature cannot be read: %s",
		    STR_FMT(name), token_reason_text(jws.reason));
		return ERR_SIGNATURE;
	}
	found.algorithm = jws.algorithm;
	found.kid = jws.kid;
	if (keys != NULL)
		TRY(verify(arena, &jws, keys, name, diag, &found));
	said = value_object_get_text(jws.header, "typ");
	if (!value_is_string(said) || !str_eq(value_str(said), type))
		return refuse(
		    diag, name, "the signature is one over something else than this");
	if (base64url_read(arena, jws.payload_text, &payload) != ERR_OK ||
	    jws_read_object(arena, payload, &found.payload) != ERR_OK)
		return arena_failed(arena)
			   ? ERR_MEMORY
			   : refuse(diag, name, "the signed statement is malformed");
	*ret = found;
	return ERR_OK;
}

bool
statement_is_plain(str_t s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] < ' ' || s.data[i] == 0x7f)
			return false;
	return true;
}

str_t
statement_text(value_t object, const char *member)
{
	value_t v = value_object_get_text(object, member);

	return value_is_string(v) ? value_str(v) : STR("");
}

int64_t
statement_number(value_t object, const char *member, int64_t fallback)
{
	value_t v = value_object_get_text(object, member);

	return v.tag == VALUE_INT ? v.integer : fallback;
}
