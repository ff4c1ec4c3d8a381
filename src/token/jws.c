/* SPDX-License-Identifier: Apache-2.0 */
#include "token/jws.h"

#include "codec/base64.h"
#include "codec/json.h"

/* rfc7515 4.1: what a header may not carry here, whatever its value. */
static const char *const refused_members[] = {
	"crit", "b64", "zip", "jwk", "jku", "x5u", "x5c",
};

static err_t
refuse(struct jws *jws, enum token_reason reason)
{
	jws->reason = reason;
	return reason == TOKEN_MEMORY ? ERR_MEMORY : ERR_TOKEN;
}

/* Four hex digits behind \u, or -1; the JSON grammar is checked elsewhere. */
static int
read_escape(str_t text, size_t at)
{
	int unit = 0;

	if (text.len - at < 6 || text.data[at] != '\\' || text.data[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		char c = text.data[i];
		int digit = c >= '0' && c <= '9' ? c - '0'
		    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
		                                         : -1;

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* The JSON reader replaces these, as Go does; two readers of one token must not differ. */
static bool
has_lone_surrogate(str_t text)
{
	for (size_t i = 0; i < text.len; i++) {
		int unit, next;

		if (text.data[i] != '\\')
			continue;
		unit = read_escape(text, i);
		if (unit < 0xd800 || unit > 0xdfff) {
			i++; /* the escaped character, which may be a backslash */
			continue;
		}
		next = text.len - i >= 12 ? read_escape(text, i + 6) : -1;
		if (unit > 0xdbff || next < 0xdc00 || next > 0xdfff)
			return true;
		i += 11;
	}
	return false;
}

err_t
jws_read_object(struct arena *arena, str_t text, value_t *ret)
{
	const struct json_options options = {
		.depth_limit = JWS_DEPTH_MAX,
		.refuse_duplicates = true,
	};
	value_t object;

	if (has_lone_surrogate(text))
		return ERR_SYNTAX;
	TRY(json_read(arena, text, &options, NULL, &object));
	if (object.tag != VALUE_OBJECT)
		return ERR_SYNTAX;
	*ret = object;
	return ERR_OK;
}

static enum token_reason
check_header(struct jws *jws, algorithm_set_t allowed)
{
	value_t alg = value_object_get_text(jws->header, "alg");
	value_t kid = value_object_get_text(jws->header, "kid");

	for (size_t i = 0; i < COUNT(refused_members); i++)
		if (value_is_defined(value_object_get_text(jws->header, refused_members[i])))
			return TOKEN_HEADER;
	if (!value_is_string(alg) || (value_is_defined(kid) && !value_is_string(kid)))
		return TOKEN_HEADER;
	jws->has_kid = value_is_defined(kid);
	if (jws->has_kid)
		jws->kid = value_str(kid);
	jws->algorithm = algorithm_find(value_str(alg));
	if (jws->algorithm == ALGORITHM_NONE || !(allowed & ALGORITHM_BIT(jws->algorithm)))
		return TOKEN_ALGORITHM;
	return TOKEN_NONE;
}

static bool
split(str_t text, struct jws *jws, str_t *ret_header)
{
	size_t first = str_find_char(text, '.', 0);
	size_t second = first < text.len ? str_find_char(text, '.', first + 1) : text.len;

	if (second >= text.len || str_find_char(text, '.', second + 1) < text.len)
		return false;
	*ret_header = str_sub(text, 0, first);
	jws->signing_input = str_sub(text, 0, second);
	jws->payload_text = str_sub(text, first + 1, second - first - 1);
	jws->signature_text = str_skip(text, second + 1);
	return ret_header->len > 0;
}

static err_t
read_form(struct arena *arena, str_t text, size_t limit, algorithm_set_t allowed, struct jws *ret)
{
	str_t header_text, header;

	*ret = (struct jws){ .reason = TOKEN_NONE };
	if (text.len == 0)
		return refuse(ret, TOKEN_EMPTY);
	if (text.len > limit)
		return refuse(ret, TOKEN_TOO_LONG);
	if (!split(text, ret, &header_text) ||
	    base64url_read(arena, header_text, &header) != ERR_OK ||
	    jws_read_object(arena, header, &ret->header) != ERR_OK)
		return refuse(ret, arena_failed(arena) ? TOKEN_MEMORY : TOKEN_MALFORMED);
	ret->reason = check_header(ret, allowed);
	return ret->reason == TOKEN_NONE ? ERR_OK : ERR_TOKEN;
}

err_t
jws_read(struct arena *arena, str_t text, const struct jws_rules *rules, struct jws *ret)
{
	size_t limit = rules->size_limit > 0 ? rules->size_limit : JWS_SIZE_DEFAULT;
	algorithm_set_t allowed = rules->algorithms > 0 ? rules->algorithms : algorithm_set_asymmetric();

	return read_form(arena, text, limit, allowed & algorithm_set_asymmetric(), ret);
}

err_t
jws_verify_mac(struct arena *arena, str_t text, size_t limit, str_t secret, struct jws *ret)
{
	str_t signature;

	TRY(read_form(arena, text, limit, ALGORITHM_BIT(ALGORITHM_HS256), ret));
	if (base64url_read(arena, ret->signature_text, &signature) != ERR_OK)
		return refuse(ret, arena_failed(arena) ? TOKEN_MEMORY : TOKEN_MALFORMED);
	if (signature_check_mac(ALGORITHM_HS256, secret, ret->signing_input, signature) != ERR_OK)
		return refuse(ret, TOKEN_SIGNATURE);
	if (base64url_read(arena, ret->payload_text, &ret->payload) != ERR_OK)
		return refuse(ret, arena_failed(arena) ? TOKEN_MEMORY : TOKEN_MALFORMED);
	return ERR_OK;
}

static enum token_reason
find_key(struct jws *jws, const struct jwks *keys)
{
	size_t found, fit;

	if (keys == NULL)
		return TOKEN_NO_KEYS;
	jws->key = jwks_find(keys, jws->has_kid ? &jws->kid : NULL, jws->algorithm, &found, &fit);
	if (jws->key != NULL)
		return TOKEN_NONE;
	return found == 0 ? TOKEN_KEY_UNKNOWN : fit == 0 ? TOKEN_KEY_ALGORITHM : TOKEN_KEY_AMBIGUOUS;
}

err_t
jws_verify(struct arena *arena, str_t text, const struct jws_rules *rules,
    const struct jwks *keys, struct verify_context *context, struct jws *ret)
{
	enum token_reason reason;
	str_t signature;

	TRY(jws_read(arena, text, rules, ret));
	reason = find_key(ret, keys);
	if (reason != TOKEN_NONE)
		return refuse(ret, reason);
	if (base64url_read(arena, ret->signature_text, &signature) != ERR_OK)
		return refuse(ret, arena_failed(arena) ? TOKEN_MEMORY : TOKEN_MALFORMED);
	if (verifier_check(ret->key->verifiers[ret->algorithm], context, ret->signing_input,
	        signature) != ERR_OK)
		return refuse(ret, TOKEN_SIGNATURE);
	if (base64url_read(arena, ret->payload_text, &ret->payload) != ERR_OK)
		return refuse(ret, arena_failed(arena) ? TOKEN_MEMORY : TOKEN_MALFORMED);
	return ERR_OK;
}

static err_t
write_signing_input(struct buf *out, enum algorithm a, str_t kid, str_t type, str_t payload)
{
	struct buf header;
	err_t err;

	buf_init(&header, JWS_SIZE_DEFAULT);
	buf_printf(&header, "{\"alg\":\"%s\"", algorithm_name(a));
	if (kid.len > 0) {
		buf_add_text(&header, ",\"kid\":");
		json_write_string(&header, kid, false);
	}
	if (type.len > 0) {
		buf_add_text(&header, ",\"typ\":");
		json_write_string(&header, type, false);
	}
	buf_add_char(&header, '}');
	base64url_write(out, buf_str(&header));
	buf_add_char(out, '.');
	base64url_write(out, payload);
	err = buf_failed(out) || buf_failed(&header) ? ERR_LIMIT : ERR_OK;
	buf_fini(&header);
	return err;
}

err_t
jws_sign(struct buf *out, const struct key *key, enum algorithm a, str_t kid, str_t type,
    str_t payload)
{
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t len = 0, start = out->len;

	TRY(write_signing_input(out, a, kid, type, payload));
	TRY(signature_make(key, a, str_skip(buf_str(out), start), signature, &len));
	buf_add_char(out, '.');
	base64url_write(out, str_make((const char *)signature, len));
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

err_t
jws_sign_mac(struct buf *out, str_t secret, str_t kid, str_t payload)
{
	uint8_t mac[DIGEST_SIZE_MAX];
	size_t len = 0, start = out->len;

	TRY(write_signing_input(out, ALGORITHM_HS256, kid, STR("JWT"), payload));
	TRY(signature_mac(ALGORITHM_HS256, secret, str_skip(buf_str(out), start), mac, &len));
	buf_add_char(out, '.');
	base64url_write(out, str_make((const char *)mac, len));
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}
