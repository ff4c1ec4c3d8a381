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

static bool
is_revoked(struct identity_checker *c, str_t token)
{
	struct revoked_name name = revoked_name_of(token);

	return revoked_has(c->revoked, &name);
}

/* Says whether the claims are of a token that gets another one. */
static bool
is_for_refresh(value_t claims)
{
	return str_eq(text_claim(claims, "typ"), STR("refresh"));
}

/* A token of our own is for whoever it names, if it names anybody. */
static enum token_reason
check_local_audience(const struct rulebook *book, value_t claims)
{
	const struct config_list *wanted = &book->config.auth_audiences;
	struct identity id = { .claims = claims };

	if (wanted->count == 0 || !value_is_defined(value_object_get_text(claims, "aud")))
		return TOKEN_NONE;
	for (size_t i = 0; i < wanted->count; i++) {
		if (identity_has_audience(&id, wanted->at[i]))
			return TOKEN_NONE;
	}
	return TOKEN_AUDIENCE;
}

/* By a key of the set; or by our own, which no set can have: it alone checks MACs. */
static enum token_reason
verify_anew(struct identity_checker *c, const struct rulebook *book, struct arena *arena, str_t token,
    int64_t now, struct jwt *jwt)
{
	if (issuers_verify(&book->issuers, arena, token, c->context, now, jwt) == ERR_OK)
		return TOKEN_NONE;
	if (jwt->reason != TOKEN_ALGORITHM || book->local_key == NULL)
		return jwt->reason != TOKEN_NONE ? jwt->reason : TOKEN_MEMORY;
	if (local_verify(book->local_key, arena, token, book->config.auth_leeway_secs, now, jwt) != ERR_OK)
		return jwt->reason != TOKEN_NONE ? jwt->reason : TOKEN_MEMORY;
	return check_local_audience(book, jwt->claims);
}

/* The cache has only tokens for access that were not revoked at its entry's epoch. */
static enum token_reason
verify_cached(struct identity_checker *c, const struct cached_token *known, struct arena *arena, str_t token,
    struct identity *id)
{
	uint64_t epoch = revoked_epoch(c->revoked);

	id->cached = true;
	id->kid = known->kid;
	if (known->epoch != epoch) {
		if (is_revoked(c, token))
			return TOKEN_REVOKED;
		token_cache_note_epoch(c->cache, known, epoch);
	}
	read_claims(arena, known->claims, id);
	return TOKEN_NONE;
}

static enum token_reason
verify(struct identity_checker *c, const struct rulebook *book, struct arena *arena,
    str_t token, int64_t now, struct identity *id)
{
	uint64_t epoch = revoked_epoch(c->revoked); /* before looking: a later one is looked at again */
	const struct cached_token *known;
	enum token_reason reason;
	struct jwt jwt;

	known = token_cache_find(c->cache, token, book->generation, now);
	if (known != NULL)
		return verify_cached(c, known, arena, token, id);
	reason = verify_anew(c, book, arena, token, now, &jwt);
	id->kid = jwt.jws.kid;
	if (reason != TOKEN_NONE)
		return reason;
	if (is_for_refresh(jwt.claims))
		return TOKEN_USE;
	if (is_revoked(c, token))
		return TOKEN_REVOKED;
	read_claims(arena, jwt.claims, id);
	token_cache_add(c->cache, token, book->generation, &jwt, epoch);
	return TOKEN_NONE;
}

static struct identity
nobody(void)
{
	return (struct identity){ .roles = value_empty_array(),
		.scopes = value_empty_array(),
		.groups = value_empty_array() };
}

static void
finish(struct arena *arena, struct identity *id, struct identity *ret)
{
	if (id->reason == TOKEN_NONE && arena_failed(arena))
		id->reason = TOKEN_MEMORY;
	if (id->reason != TOKEN_NONE)
		id->claims = VALUE_NONE;
	must(id->reason != TOKEN_NONE || id->claims.tag == VALUE_OBJECT);
	*ret = *id;
}

void
identity_check(struct identity_checker *c, const struct rulebook *book, struct arena *arena,
    str_t token, int64_t now, struct identity *ret)
{
	struct identity id = nobody();

	token = jwt_strip_bearer(token);
	if (token.len == 0)
		id.reason = TOKEN_EMPTY;
	else if (token.len > JWS_SIZE_DEFAULT)
		id.reason = TOKEN_TOO_LONG;
	else if (book->believes_anything)
		id.reason = is_revoked(c, token) ? TOKEN_REVOKED : believe_anything(arena, token, &id);
	else
		id.reason = verify(c, book, arena, token, now, &id);
	finish(arena, &id, ret);
}

void
identity_check_refresh(struct identity_checker *c, const struct rulebook *book, struct arena *arena,
    str_t token, int64_t now, struct identity *ret)
{
	struct identity id = nobody();
	struct jwt jwt;

	token = jwt_strip_bearer(token);
	if (token.len == 0)
		id.reason = TOKEN_EMPTY;
	else if (local_verify(book->local_key, arena, token, book->config.auth_leeway_secs, now, &jwt) != ERR_OK)
		id.reason = jwt.reason != TOKEN_NONE ? jwt.reason : TOKEN_MEMORY;
	else if (!is_for_refresh(jwt.claims))
		id.reason = TOKEN_TYPE;
	else if (is_revoked(c, token))
		id.reason = TOKEN_REVOKED;
	else
		read_claims(arena, jwt.claims, &id);
	finish(arena, &id, ret);
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
