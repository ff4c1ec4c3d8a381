/* SPDX-License-Identifier: Apache-2.0 */
#include "token/jwt.h"

static err_t
refuse(struct jwt *jwt, enum token_reason reason)
{
	jwt->reason = reason;
	return reason == TOKEN_MEMORY ? ERR_MEMORY : ERR_TOKEN;
}

/* rfc7515 4.1.9: a media type, with or without "application/"; rfc8725 3.11: be explicit. */
static bool
is_accepted_type(value_t header, const struct jwt_rules *rules)
{
	value_t typ = value_object_get_text(header, "typ");
	str_t text;

	if (!value_is_defined(typ))
		return true;
	if (!value_is_string(typ))
		return false;
	text = value_str(typ);
	if (text.len > 12 && str_eq_nocase(str_sub(text, 0, 12), STR("application/")))
		text = str_skip(text, 12);
	for (size_t i = 0; i < rules->type_count; i++)
		if (str_eq_nocase(text, rules->types[i]))
			return true;
	return str_eq_nocase(text, STR("JWT"));
}

/* What is signed is right: is it what we take? */
static err_t
check(struct arena *arena, const struct jwt_rules *rules, int64_t now, struct jwt *ret)
{
	enum token_reason reason;

	if (!is_accepted_type(ret->jws.header, rules))
		return refuse(ret, TOKEN_TYPE);
	if (jws_read_object(arena, ret->jws.payload, &ret->claims) != ERR_OK)
		return refuse(ret, arena_failed(arena) ? TOKEN_MEMORY : TOKEN_CLAIMS);
	ret->leeway = rules->claims.leeway;
	reason = claims_check(ret->claims, &rules->claims, now, &ret->times);
	return reason == TOKEN_NONE ? ERR_OK : refuse(ret, reason);
}

err_t
jwt_verify(struct arena *arena, str_t text, const struct jwt_rules *rules,
    const struct jwks *keys, struct verify_context *context, int64_t now, struct jwt *ret)
{
	*ret = (struct jwt){ .reason = TOKEN_NONE };
	if (jws_verify(arena, text, &rules->jws, keys, context, &ret->jws) != ERR_OK)
		return refuse(ret, ret->jws.reason);
	return check(arena, rules, now, ret);
}

err_t
jwt_verify_mac(struct arena *arena, str_t text, const struct jwt_rules *rules, str_t secret, int64_t now,
    struct jwt *ret)
{
	*ret = (struct jwt){ .reason = TOKEN_NONE };
	if (jws_verify_mac(arena, text, JWS_SIZE_DEFAULT, secret, &ret->jws) != ERR_OK)
		return refuse(ret, ret->jws.reason);
	return check(arena, rules, now, ret);
}

str_t
jwt_strip_bearer(str_t text)
{
	if (text.len >= 7 && str_eq_nocase(str_sub(text, 0, 7), STR("bearer ")))
		for (text = str_skip(text, 7); text.len > 0 && text.data[0] == ' ';)
			text = str_skip(text, 1);
	return text;
}
