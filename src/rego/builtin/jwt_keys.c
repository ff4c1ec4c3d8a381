/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypt/x509.h"
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

/* Says what is wrong with the block; DEFINED: nothing. */
static enum rego_outcome
check_block(struct rego_call *call, const struct pem_block *block, str_t rest)
{
	struct x509_certificate certificate;
	str_t why = STR_NONE;
	err_t err;

	if (rest.len > 0)
		return rego_fail(call, "extra data after a PEM certificate block");
	if (str_eq(block->label, STR("PUBLIC KEY")))
		return REGO_DEFINED;
	if (!str_eq(block->label, STR("CERTIFICATE")))
		return rego_fail(call, "failed to extract a Key from the PEM certificate");
	err = x509_read(call->arena, block->bytes, &certificate, &why);
	if (err == ERR_MEMORY)
		return REGO_HALT;
	if (err == ERR_OK && certificate.whole.len < block->bytes.len)
		why = STR("x509: trailing data");
	if (why.len > 0)
		return rego_fail(call, "failed to parse a PEM certificate: %.*s", STR_FMT(why));
	return REGO_DEFINED;
}

static enum rego_outcome
read_pem(struct rego_call *call, str_t text, const struct pem_block *block, str_t rest,
    struct jwt_keys *keys)
{
	enum rego_outcome outcome = check_block(call, block, rest);

	if (outcome != REGO_DEFINED)
		return outcome;
	keys->at = ARENA_NEW(keys->arena, struct jwt_key);
	if (keys->at == NULL)
		return REGO_HALT;
	if (key_read_pem(text, KEY_LENIENT, NULL, &keys->at->key) == ERR_OK)
		keys->count = 1;
	else if (str_eq(block->label, STR("PUBLIC KEY")))
		return rego_fail(call, "failed to parse a PEM public key: x509: malformed public key");
	return REGO_DEFINED; /* a certificate for a key that signs no tokens verifies none */
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
		.alg = text_member(object, "alg"),
		.is_private = value_is_defined(value_object_get_text(object, "d")) };

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
	struct pem_block block;
	str_t rest = text;
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
	outcome = pem_read(call->arena, &rest, &block) ? read_pem(call, text, &block, rest, keys)
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
