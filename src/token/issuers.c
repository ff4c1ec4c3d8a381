/* SPDX-License-Identifier: Apache-2.0 */
#include "token/issuers.h"

#include "codec/base64.h"

static bool
is_alike(const struct issuer *a, const struct issuer *b)
{
	const struct claim_rules *x = &a->rules.claims, *y = &b->rules.claims;

	if (a->keys != b->keys || a->rules.jws.algorithms != b->rules.jws.algorithms ||
	    x->leeway != y->leeway || x->audience_count != y->audience_count)
		return false;
	for (size_t i = 0; i < x->audience_count; i++)
		if (!str_eq(x->audiences[i], y->audiences[i]))
			return false;
	return true;
}

err_t
issuers_make(struct arena *arena, const struct issuer *any, const struct issuer *entries,
    size_t count, struct issuers *ret)
{
	struct issuer *own = ARENA_ARRAY(arena, struct issuer, count);
	str_t *names = ARENA_ARRAY(arena, str_t, count);

	if (arena_failed(arena))
		return ERR_MEMORY;
	*ret = (struct issuers){ .at = own, .count = count, .any = *any, .alike = true };
	for (size_t i = 0; i < count; i++) {
		own[i] = entries[i];
		names[i] = own[i].name;
		own[i].rules.claims.issuers = &names[i];
		own[i].rules.claims.issuer_count = 1;
		ret->alike = ret->alike && is_alike(&own[i], &own[0]);
	}
	if (ret->alike && count > 0) {
		ret->any = own[0];
		ret->any.rules.claims.issuers = names;
		ret->any.rules.claims.issuer_count = count;
	}
	return ERR_OK;
}

const struct issuer *
issuers_find(const struct issuers *all, str_t name)
{
	for (size_t i = 0; i < all->count; i++)
		if (str_eq(all->at[i].name, name))
			return &all->at[i];
	return NULL;
}

/*
 * Whom the token says it is from.  It need not be true: that is for the issuer's keys to tell.
 */
static enum token_reason
peek_issuer(struct arena *arena, str_t payload_text, str_t *ret)
{
	str_t payload;
	value_t claims, iss;

	if (base64url_read(arena, payload_text, &payload) != ERR_OK)
		return arena_failed(arena) ? TOKEN_MEMORY : TOKEN_MALFORMED;
	if (jws_read_object(arena, payload, &claims) != ERR_OK)
		return arena_failed(arena) ? TOKEN_MEMORY : TOKEN_CLAIMS;
	iss = value_object_get_text(claims, "iss");
	if (value_is_defined(iss) && !value_is_string(iss))
		return TOKEN_CLAIMS;
	if (!value_is_defined(iss))
		return TOKEN_ISSUER;
	*ret = value_str(iss);
	return TOKEN_NONE;
}

static enum token_reason
select_issuer(const struct issuers *all, struct arena *arena, str_t text, struct jws *jws,
    const struct issuer **ret)
{
	const struct jws_rules form = { .algorithms = 0 };
	enum token_reason reason;
	str_t name;

	if (jws_read(arena, text, &form, jws) != ERR_OK)
		return jws->reason;
	reason = peek_issuer(arena, jws->payload_text, &name);
	if (reason != TOKEN_NONE)
		return reason;
	*ret = issuers_find(all, name);
	return *ret != NULL ? TOKEN_NONE : TOKEN_ISSUER;
}

err_t
issuers_verify(const struct issuers *all, struct arena *arena, str_t text,
    struct verify_context *context, int64_t now, struct jwt *ret)
{
	const struct issuer *one = &all->any;

	if (!all->alike) {
		*ret = (struct jwt){ .reason = TOKEN_NONE };
		ret->reason = select_issuer(all, arena, text, &ret->jws, &one);
		if (ret->reason != TOKEN_NONE)
			return ret->reason == TOKEN_MEMORY ? ERR_MEMORY : ERR_TOKEN;
	}
	return jwt_verify(arena, text, &one->rules, one->keys, context, now, ret);
}
