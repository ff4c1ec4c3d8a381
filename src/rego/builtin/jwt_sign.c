/* SPDX-License-Identifier: Apache-2.0 */
/* Making tokens. */
#include "codec/base64.h"
#include "codec/json.h"
#include "rego/builtin/jwt_internal.h"
#include "token/jwk.h"

enum { TEXT_MAX = 16 << 20 };

static str_t
text_member(value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

/* rfc7515 5.1: the signature of what stands in `text`, behind a dot. */
static enum rego_outcome
add_signature(struct rego_call *call, struct buf *text, enum algorithm a, value_t jwk)
{
	uint8_t bytes[SIGNATURE_SIZE_MAX];
	struct key *key = NULL;
	size_t len = 0;
	struct diag diag;
	str_t secret;
	err_t err;

	diag_init(&diag, call->arena, 1);
	if (algorithm_family(a) == ALGORITHM_HMAC) {
		if (!str_eq(text_member(jwk, "kty"), STR("oct")) ||
		    base64url_read(call->arena, text_member(jwk, "k"), &secret) != ERR_OK)
			return rego_fail(call, "the key is not one for %s", algorithm_name(a));
		err = signature_mac(a, secret, buf_str(text), bytes, &len);
	} else {
		err = jwk_read_key(call->arena, jwk, true, KEY_LENIENT, &diag, &key);
		if (err != ERR_OK)
			return rego_fail(call, "%.*s", STR_FMT(diag_first_message(&diag)));
		err = signature_make(key, a, buf_str(text), bytes, &len);
		key_free(&key);
	}
	if (err != ERR_OK)
		return rego_fail(call, "the key is not one for %s", algorithm_name(a));
	buf_add_char(text, '.');
	base64url_write(text, str_make((char *)bytes, len));
	return REGO_DEFINED;
}

static enum rego_outcome
read_algorithm(struct rego_call *call, str_t header_text, value_t *ret_header,
    enum algorithm *ret)
{
	static const char complaint[] = "missing or invalid 'alg' header";
	struct diag diag;
	value_t alg;

	diag_init(&diag, call->arena, 1);
	if (header_text.len == 0)
		return rego_fail(call, "%s: cannot parse JSON: cannot parse empty string", complaint);
	if (json_read(call->arena, header_text, NULL, &diag, ret_header) != ERR_OK)
		return rego_fail(call, "%s: cannot parse JSON: %.*s", complaint,
		    STR_FMT(diag_first_message(&diag)));
	alg = value_object_get_text(*ret_header, "alg");
	if (!value_is_defined(alg))
		return rego_fail(call, "%s: jwsbb: header \"alg\" not found", complaint);
	if (!value_is_string(alg))
		return rego_fail(call, "%s: jwsbb: header \"alg\" is not a string", complaint);
	*ret = algorithm_find(value_str(alg));
	if (*ret == ALGORITHM_NONE)
		return rego_fail(call, "unknown JWS algorithm: %.*s", STR_FMT(value_str(alg)));
	return REGO_DEFINED;
}

static bool
is_json(struct arena *arena, str_t text)
{
	struct arena_mark mark = arena_mark(arena);
	value_t v;
	bool good = json_read(arena, text, NULL, NULL, &v) == ERR_OK;

	arena_release(arena, mark);
	return good;
}

/* The first key of a set, or the key itself. */
static value_t
first_key(value_t document)
{
	value_t keys = value_object_get_text(document, "keys");

	if (keys.tag == VALUE_ARRAY)
		return keys.count > 0 ? keys.items[0] : VALUE_NONE;
	return document;
}

static enum rego_outcome
encode(struct rego_call *call, str_t header_text, str_t payload, value_t jwk, value_t *ret)
{
	enum algorithm a = ALGORITHM_NONE;
	value_t header = VALUE_NONE, typ;
	struct buf text;
	enum rego_outcome outcome;

	if (jwk.tag != VALUE_OBJECT)
		return rego_fail(call, "no keys found in JWK set");
	if (!rego_charge(call, 64 * 1024 + 2 * (header_text.len + payload.len)))
		return REGO_HALT;
	outcome = read_algorithm(call, header_text, &header, &a);
	if (outcome != REGO_DEFINED)
		return outcome;
	typ = value_object_get_text(header, "typ");
	if ((!value_is_string(typ) || str_eq(value_str(typ), STR("JWT"))) &&
	    !is_json(call->arena, payload))
		return rego_fail(call, "type is JWT but payload is not JSON");
	buf_init(&text, TEXT_MAX);
	base64url_write(&text, header_text);
	buf_add_char(&text, '.');
	base64url_write(&text, payload);
	outcome = buf_failed(&text) ? rego_fail(call, "the token would be too long")
	                            : add_signature(call, &text, a, jwk);
	if (outcome == REGO_DEFINED)
		*ret = value_string(call->arena, buf_str(&text));
	buf_fini(&text);
	return outcome;
}

enum rego_outcome
jwt_encode_sign(struct rego_call *call, value_t *ret)
{
	struct buf header, payload;
	enum rego_outcome outcome;

	buf_init(&header, TEXT_MAX);
	buf_init(&payload, TEXT_MAX);
	json_write_escaped(&header, call->arg[0]);
	json_write_escaped(&payload, call->arg[1]);
	if (buf_failed(&header) || buf_failed(&payload))
		outcome = rego_fail(call, "the token would be too long");
	else
		outcome = encode(call, buf_str(&header), buf_str(&payload),
		    first_key(call->arg[2]), ret);
	buf_fini(&header);
	buf_fini(&payload);
	return outcome;
}

enum rego_outcome
jwt_encode_sign_raw(struct rego_call *call, value_t *ret)
{
	value_t document = VALUE_NONE;
	struct diag diag;

	diag_init(&diag, call->arena, 1);
	if (json_read(call->arena, value_str(call->arg[2]), NULL, &diag, &document) != ERR_OK)
		return rego_fail(call, "failed to parse a JWK key (set): %.*s",
		    STR_FMT(diag_first_message(&diag)));
	return encode(call, value_str(call->arg[0]), value_str(call->arg[1]), first_key(document),
	    ret);
}
