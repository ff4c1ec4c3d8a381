/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "rego/builtin/jwt_internal.h"
#include "rego/cache.h"
#include "token/jwk.h"

enum { MEMORY_MAX = 4 << 20 };

static const char family; /* its address tells these things apart in the cache */

static void
free_keys(void *thing)
{
	struct jwt_keys *keys = thing;

	for (size_t i = 0; i < keys->count; i++) {
		for (size_t a = 0; a < ALGORITHM_END; a++)
			verifier_free(&keys->at[i].verifiers[a]);
		key_free(&keys->at[i].key);
	}
	verify_context_free(&keys->context);
	arena_free(&keys->arena);
	free(keys);
}

static struct jwt_keys *
make_keys(void)
{
	struct jwt_keys *keys = calloc(1, sizeof(*keys));

	if (keys == NULL)
		return NULL;
	keys->arena = arena_new(MEMORY_MAX);
	keys->context = verify_context_new();
	if (keys->arena == NULL || keys->context == NULL) {
		free_keys(keys);
		return NULL;
	}
	return keys;
}

/* ---- PEM ---- */

/* The label of the text's first PEM block and what stands behind it; false: there is none. */
static bool
find_block(str_t text, str_t *ret_label, str_t *ret_rest)
{
	static const str_t begin = STR("-----BEGIN "), end = STR("-----END "), dashes = STR("-----");
	size_t at = str_find(text, begin, 0), label_end, closing;

	if (at == text.len)
		return false;
	label_end = str_find(text, dashes, at + begin.len);
	closing = str_find(text, end, at);
	if (label_end == text.len || closing == text.len)
		return false;
	*ret_label = str_sub(text, at + begin.len, label_end - at - begin.len);
	closing = str_find(text, dashes, closing + end.len);
	if (closing == text.len)
		return false;
	*ret_rest = str_skip(text, closing + dashes.len);
	while (ret_rest->len > 0 && (ret_rest->data[0] == '\n' || ret_rest->data[0] == '\r')) {
		bool last = ret_rest->data[0] == '\n';

		*ret_rest = str_skip(*ret_rest, 1);
		if (last)
			break;
	}
	return true;
}

static enum rego_outcome
read_pem(struct rego_call *call, str_t text, str_t label, str_t rest, struct jwt_keys *keys)
{
	bool certificate = str_eq(label, STR("CERTIFICATE"));

	if (rest.len > 0)
		return rego_fail(call, "extra data after a PEM certificate block");
	if (!certificate && !str_eq(label, STR("PUBLIC KEY")))
		return rego_fail(call, "failed to extract a Key from the PEM certificate");
	keys->at = ARENA_NEW(keys->arena, struct jwt_key);
	if (keys->at == NULL)
		return REGO_HALT;
	if (key_read_pem(text, KEY_LENIENT, NULL, &keys->at->key) != ERR_OK)
		return rego_fail(call, certificate
		        ? "failed to parse a PEM certificate: x509: malformed certificate"
		        : "failed to parse a PEM public key: x509: malformed public key");
	keys->count = 1;
	return REGO_DEFINED;
}

/* ---- JWK and JWKS ---- */

static str_t
text_member(value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static err_t
read_jwk(struct jwt_keys *keys, value_t object, struct diag *diag)
{
	struct jwt_key key = { .kid = text_member(object, "kid"),
		.alg = text_member(object, "alg") };

	if (key.alg.len > 0 && algorithm_find(key.alg) == ALGORITHM_NONE)
		return ERR_OK; /* for something else: not used, as in OPA */
	if (str_eq(text_member(object, "kty"), STR("oct")))
		TRY(base64url_read(keys->arena, text_member(object, "k"), &key.secret));
	else
		TRY(jwk_read_key(keys->arena, object, false, KEY_LENIENT, diag, &key.key));
	keys->at[keys->count++] = key;
	return ERR_OK;
}

static enum rego_outcome
read_jwks(struct rego_call *call, str_t text, struct jwt_keys *keys)
{
	value_t document = VALUE_NONE, list;
	struct diag diag;
	err_t err;

	diag_init(&diag, keys->arena, 1);
	err = json_read(keys->arena, text, NULL, &diag, &document);
	list = value_object_get_text(document, "keys");
	if (err == ERR_OK && !value_is_defined(list))
		list = value_array(keys->arena, &document, 1);
	if (err == ERR_OK && list.tag == VALUE_ARRAY) {
		keys->at = ARENA_ARRAY(keys->arena, struct jwt_key, list.count);
		for (uint32_t i = 0; keys->at != NULL && err == ERR_OK && i < list.count; i++)
			err = read_jwk(keys, list.items[i], &diag);
	} else {
		err = ERR_SYNTAX;
	}
	if (err != ERR_OK || arena_failed(keys->arena))
		return rego_fail(call, "failed to parse a JWK key (set): %.*s",
		    STR_FMT(diag_first_message(&diag)));
	return REGO_DEFINED;
}

enum rego_outcome
jwt_keys_find(struct rego_call *call, str_t text, struct jwt_keys **ret)
{
	struct rego_cache *cache = rego_call_cache(call);
	struct jwt_keys *keys = rego_cache_find(cache, &family, text);
	str_t label, rest;
	enum rego_outcome outcome;

	if (keys != NULL) {
		*ret = keys;
		return REGO_DEFINED;
	}
	if (!rego_charge(call, 64 * 1024)) /* parsing keys takes as long as much else */
		return REGO_HALT;
	keys = make_keys();
	if (keys == NULL)
		return REGO_HALT;
	outcome = find_block(text, &label, &rest) ? read_pem(call, text, label, rest, keys)
	                                          : read_jwks(call, text, keys);
	if (outcome == REGO_DEFINED && !rego_cache_add(cache, &family, text, keys, free_keys))
		outcome = REGO_HALT;
	if (outcome != REGO_DEFINED)
		free_keys(keys);
	else
		*ret = keys;
	return outcome;
}

bool
jwt_key_verifies(struct jwt_keys *keys, struct jwt_key *key, enum algorithm a, str_t message,
    str_t signature)
{
	if (key->key == NULL)
		return signature_check_mac(a, key->secret, message, signature) == ERR_OK;
	if (key->verifiers[a] == NULL && verifier_new(key->key, a, &key->verifiers[a]) != ERR_OK)
		return false;
	return verifier_check(key->verifiers[a], keys->context, message, signature) == ERR_OK;
}
