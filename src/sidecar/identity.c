/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity.h"

#include "base/must.h"
#include "codec/base64.h"
#include "sidecar/message.h"

/* ---- claims ---- */

static str_t
text_claim(value_t claims, const char *name)
{
	value_t v = value_object_get_text(claims, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static value_t
first_defined(value_t a, value_t b)
{
	return value_is_defined(a) ? a : b;
}

static void
read_claims(struct arena *arena, value_t claims, struct identity *id)
{
	value_t exp = value_object_get_text(claims, "exp");

	id->claims = claims;
	id->subject = text_claim(claims, "sub");
	id->tenant_id = text_claim(claims, "tenant_id");
	id->roles = message_words(arena, value_object_get_text(claims, "roles"));
	id->groups = message_words(arena, value_object_get_text(claims, "groups"));
	id->scopes = message_words(arena,
	    first_defined(value_object_get_text(claims, "scope"),
		value_object_get_text(claims, "scopes")));
	if (exp.tag == VALUE_INT)
		id->expires_at = exp.integer;
}

/* ---- belief ---- */

/* Three parts, the middle one a JSON object: all that development asks of a token. */
static enum token_reason
believe_anything(struct arena *arena, str_t token, struct identity *id)
{
	size_t first = str_find_char(token, '.', 0);
	size_t second = first < token.len ? str_find_char(token, '.', first + 1) : token.len;
	str_t payload;
	value_t claims;

	if (second >= token.len ||
	    base64url_read(arena, str_sub(token, first + 1, second - first - 1), &payload) != ERR_OK ||
	    jws_read_object(arena, payload, &claims) != ERR_OK)
		return TOKEN_MALFORMED;
	read_claims(arena, claims, id);
	return TOKEN_NONE;
}

static enum token_reason
verify(struct identity_checker *c, const struct rulebook *book, struct arena *arena,
    str_t token, int64_t now, struct identity *id)
{
	const struct jwks *keys = snapshot_jwks(book->snapshot);
	const struct cached_token *known;
	struct jwt jwt;

	known = token_cache_find(c->cache, token, book->generation, book->token_rules.claims.leeway,
	    now);
	if (known != NULL) {
		id->cached = true;
		id->kid = known->kid;
		read_claims(arena, known->claims, id);
		return TOKEN_NONE;
	}
	if (jwt_verify(arena, token, &book->token_rules, keys, c->context, now, &jwt) != ERR_OK) {
		id->kid = jwt.jws.kid;
		return jwt.reason != TOKEN_NONE ? jwt.reason : TOKEN_MEMORY;
	}
	id->kid = jwt.jws.kid;
	read_claims(arena, jwt.claims, id);
	token_cache_add(c->cache, token, book->generation, &jwt);
	return TOKEN_NONE;
}

void
identity_check(struct identity_checker *c, const struct rulebook *book, struct arena *arena,
    str_t token, int64_t now, struct identity *ret)
{
	struct identity id = { .roles = value_empty_array(),
		.scopes = value_empty_array(),
		.groups = value_empty_array() };

	token = jwt_strip_bearer(token);
	if (token.len == 0)
		id.reason = TOKEN_EMPTY;
	else if (token.len > JWS_SIZE_DEFAULT)
		id.reason = TOKEN_TOO_LONG;
	else if (book->believes_anything)
		id.reason = believe_anything(arena, token, &id);
	else
		id.reason = verify(c, book, arena, token, now, &id);
	if (id.reason == TOKEN_NONE && arena_failed(arena))
		id.reason = TOKEN_MEMORY;
	if (id.reason != TOKEN_NONE)
		id.claims = VALUE_NONE;
	must(id.reason != TOKEN_NONE || id.claims.tag == VALUE_OBJECT);
	*ret = id;
}

/* ---- audience and scopes ---- */

bool
identity_has_audience(const struct identity *id, str_t audience)
{
	value_t aud = value_object_get_text(id->claims, "aud");

	if (value_is_string(aud))
		return str_eq(value_str(aud), audience);
	for (uint32_t i = 0; aud.tag == VALUE_ARRAY && i < aud.count; i++) {
		if (value_is_string(aud.items[i]) && str_eq(value_str(aud.items[i]), audience))
			return true;
	}
	return false;
}

static bool
grants(str_t granted, str_t required)
{
	if (str_eq(granted, required))
		return true;
	/* The star stands for whole parts only: `jobs.*`, never `job*`. */
	return granted.len > 2 && str_has_suffix(granted, STR(".*")) &&
	    required.len >= granted.len &&
	    str_has_prefix(required, str_sub(granted, 0, granted.len - 1));
}

static bool
is_granted(const struct identity *id, str_t required)
{
	for (uint32_t i = 0; i < id->scopes.count; i++) {
		if (grants(value_str(id->scopes.items[i]), required))
			return true;
	}
	return false;
}

bool
identity_has_scopes(const struct identity *id, str_t required, str_t *ret_missing)
{
	while (required.len > 0) {
		size_t end = str_find_char(required, ' ', 0);
		str_t one = str_sub(required, 0, end);

		if (one.len > 0 && !is_granted(id, one)) {
			*ret_missing = one;
			return false;
		}
		required = str_skip(required, end < required.len ? end + 1 : end);
	}
	return true;
}
