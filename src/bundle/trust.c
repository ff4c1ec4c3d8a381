/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/trust.h"

#include "codec/base64.h"
#include "token/jws.h"

struct counting {
	const struct bundle_options *options;
	struct verify_context *context;
	struct arena *arena;
	struct diag *diag;
	const char *fault; /* of a key that would have counted … */
	str_t fault_key; /* … and its thumbprint */
	struct trust trust;
};

static err_t
refuse(struct diag *diag, const char *why)
{
	diag_say(diag, "bundle", ".signatures.json: %s", why);
	return ERR_BUNDLE;
}

/* One signature, parsed; `signature` is what its key made. */
static err_t
read_token(value_t token, struct arena *arena, struct diag *diag, struct jws *jws, str_t *signature)
{
	const struct jws_rules rules = { .size_limit = BUNDLE_UNPACKED_MAX };

	if (!value_is_string(token))
		return refuse(diag, "a signature is not a string");
	if (jws_read(arena, value_str(token), &rules, jws) != ERR_OK) {
		diag_say(diag, "bundle", ".signatures.json: a signature is refused: %s (%s)",
		    token_reason_text(jws->reason), token_reason_name(jws->reason));
		return ERR_BUNDLE;
	}
	if (base64url_read(arena, jws->signature_text, signature) != ERR_OK)
		return refuse(diag, "a signature is not base64url text");
	return ERR_OK;
}

static bool
verifies(const struct verifier *verifier, struct verify_context *context, const struct jws *jws,
    str_t signature)
{
	return verifier != NULL &&
	    verifier_check(verifier, context, jws->signing_input, signature) == ERR_OK;
}

static bool
is_counted(const struct trust *t, str_t thumbprint)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->thumbprints[i], thumbprint))
			return true;
	return false;
}

static void
count_key(struct counting *c, const struct jwk *jwk, const struct jws *jws)
{
	struct trust *t = &c->trust;
	str_t thumbprint = arena_str(c->arena, key_thumbprint(jwk->key));

	if (is_counted(t, thumbprint))
		return;
	if (t->count == 0) {
		t->algorithm = jws->algorithm;
		t->kid = jws->kid;
		t->key = thumbprint;
	}
	t->verifiers[t->count] = jwk->verifiers[jws->algorithm];
	t->thumbprints[t->count++] = thumbprint;
}

/* The same key may be there more than once: revoked in one place is revoked. */
static const char *
find_fault(const struct bundle_keys *keys, const struct jwk *jwk, int64_t now)
{
	const char *fault = NULL;

	for (size_t i = 0; fault == NULL && i < bundle_keys_count(keys); i++) {
		bool named;
		const struct jwk *other = bundle_keys_at(keys, i, &named);

		if (str_eq(key_thumbprint(other->key), key_thumbprint(jwk->key)))
			fault = bundle_keys_fault(keys, i, now);
	}
	return fault;
}

static void
count_signature(struct counting *c, const struct jws *jws, str_t signature)
{
	const struct bundle_keys *keys = c->options->keys;
	int64_t now = c->options->ignore_times ? 0 : c->options->now;

	for (size_t i = 0; i < bundle_keys_count(keys); i++) {
		bool named;
		const struct jwk *jwk = bundle_keys_at(keys, i, &named);
		const char *fault;

		if (named && jws->has_kid && !str_eq(jwk->kid, jws->kid))
			continue;
		if (!verifies(jwk->verifiers[jws->algorithm], c->context, jws, signature))
			continue;
		fault = find_fault(keys, jwk, now);
		if (fault == NULL) {
			count_key(c, jwk, jws);
		} else {
			c->fault = fault;
			c->fault_key = arena_str(c->arena, key_thumbprint(jwk->key));
		}
		return;
	}
}

static err_t
judge(const struct counting *c)
{
	size_t needed = c->options->threshold > 1 ? c->options->threshold : 1;

	if (c->trust.count >= needed)
		return ERR_OK;
	if (c->fault != NULL)
		diag_say(c->diag, "bundle", ".signatures.json: the key %.*s that signed the bundle %s",
		    STR_FMT(c->fault_key), c->fault);
	else if (c->trust.count == 0)
		return refuse(c->diag,
		    "no signature verifies with the keys that bundles are believed from");
	else
		diag_say(c->diag, "bundle",
		    ".signatures.json: %zu of the keys that bundles are believed from signed, %zu must "
		    "(policy.verify_threshold)",
		    c->trust.count, needed);
	return ERR_BUNDLE;
}

static err_t
count_all(struct counting *c, value_t tokens)
{
	const struct bundle_keys *keys = c->options->keys;
	const bool may_verify = keys != NULL && bundle_keys_count(keys) > 0;
	str_t first = STR_NONE, signature;
	struct jws jws;

	for (uint32_t i = 0; i < tokens.count; i++) {
		TRY(read_token(tokens.items[i], c->arena, c->diag, &jws, &signature));
		if (i == 0) {
			first = jws.payload_text;
			c->trust.algorithm = jws.algorithm;
			c->trust.kid = jws.kid;
		}
		if (!str_eq(first, jws.payload_text))
			return refuse(c->diag, "its signatures are over different payloads");
		if (may_verify)
			count_signature(c, &jws, signature);
	}
	if (may_verify)
		TRY(judge(c));
	if (base64url_read(c->arena, first, &c->trust.payload) != ERR_OK)
		return refuse(c->diag, "a signature is not base64url text");
	return ERR_OK;
}

err_t
trust_read(value_t tokens, const struct bundle_options *options, struct arena *arena,
    struct diag *diag, struct trust *ret)
{
	struct counting c = {
		.options = options,
		.context = verify_context_new(),
		.arena = arena,
		.diag = diag,
	};
	err_t err = c.context != NULL ? count_all(&c, tokens) : ERR_MEMORY;

	verify_context_free(&c.context);
	if (err == ERR_OK)
		*ret = c.trust;
	return err;
}

bool
trust_has_signed(value_t tokens, const struct key *key, struct arena *arena)
{
	struct verify_context *context = verify_context_new();
	struct jwks *set = NULL;
	bool found = false;

	if (context != NULL && jwks_new_from_key(key, NULL, &set) == ERR_OK)
		for (uint32_t i = 0; !found && i < tokens.count; i++) {
			struct jws jws;
			str_t signature;

			found = read_token(tokens.items[i], arena, NULL, &jws, &signature) == ERR_OK &&
			    verifies(jwks_at(set, 0)->verifiers[jws.algorithm], context, &jws, signature);
		}
	jwks_free(&set);
	verify_context_free(&context);
	return found;
}
