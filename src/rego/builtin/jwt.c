/* SPDX-License-Identifier: Apache-2.0 */
/* jwt: reading and checking tokens as OPA's io.jwt functions do. */
#include "codec/base64.h"
#include "codec/json.h"
#include "rego/builtin/jwt_internal.h"
#include "value/number.h"

enum { NESTING_MAX = 8 };

/* A token in its three parts, and what decode() has made of them. */
struct token {
	str_t header_text, payload_text, signature_text, signing_input;
	value_t header; /* object */
	str_t alg, kid, cty;
	str_t payload, signature; /* bytes */
};

/* ---- taking a token apart ---- */

static enum rego_outcome
split(struct rego_call *call, str_t text, struct token *t)
{
	size_t dots = 0, first = text.len, second = text.len;

	for (size_t at = str_find_char(text, '.', 0); at < text.len;
	    at = str_find_char(text, '.', at + 1)) {
		dots++;
		if (dots == 1)
			first = at;
		else if (dots == 2)
			second = at;
	}
	if (dots == 0)
		return rego_fail(call, "encoded JWT had no period separators");
	if (dots != 2)
		return rego_fail(call, "encoded JWT must have 3 sections, found %zu", dots + 1);
	*t = (struct token){
		.header_text = str_sub(text, 0, first),
		.payload_text = str_sub(text, first + 1, second - first - 1),
		.signature_text = str_skip(text, second + 1),
		.signing_input = str_sub(text, 0, second),
	};
	return REGO_DEFINED;
}

/* As OPA's base64url.decode: padding is optional.  `prefix` begins the complaint. */
static enum rego_outcome
decode_part(struct rego_call *call, str_t text, const char *prefix, str_t *ret)
{
	unsigned form = BASE64_URL | BASE64_LOOSE;
	size_t bad = 0;
	err_t err;

	if (!rego_charge(call, text.len))
		return REGO_HALT;
	if (str_has_suffix(text, STR("=")))
		form |= BASE64_PADDED;
	else if (text.len % 4 == 1)
		return rego_fail(call, "%sillegal base64url string: %.*s", prefix, STR_FMT(text));
	err = base64_decode(call->arena, text, form, ret, &bad);
	if (err == ERR_SYNTAX)
		return rego_fail(call, "%sillegal base64 data at input byte %zu", prefix, bad);
	return err == ERR_OK ? REGO_DEFINED : REGO_HALT;
}

static enum rego_outcome
read_object(struct rego_call *call, str_t text, const char *prefix, value_t *ret)
{
	struct diag diag;
	err_t err;

	diag_init(&diag, call->arena, 1);
	err = json_read(call->arena, text, NULL, &diag, ret);
	if (err == ERR_MEMORY)
		return REGO_HALT;
	if (err != ERR_OK)
		return rego_fail(call, "%sinvalid JSON: %.*s", prefix,
		    STR_FMT(diag_first_message(&diag)));
	if (ret->tag != VALUE_OBJECT)
		return rego_fail(call, "%sdecoded JSON type was not an Object", prefix);
	return REGO_DEFINED;
}

static enum rego_outcome
decode_header(struct rego_call *call, struct token *t)
{
	str_t text;
	enum rego_outcome outcome =
	    decode_part(call, t->header_text, "JWT header had invalid encoding: ", &text);

	if (outcome == REGO_DEFINED)
		outcome = read_object(call, text, "bad JWT header: ", &t->header);
	if (outcome == REGO_DEFINED &&
	    value_is_defined(value_object_get_text(t->header, "enc")))
		return rego_fail(call, "JWT is a JWE object, which is not supported");
	return outcome;
}

/* Names in crit (rfc7515 4.1.11): as OPA, those before the first that is no string. */
static uint32_t
count_critical(value_t crit)
{
	uint32_t count = 0;

	while (crit.tag == VALUE_ARRAY && count < crit.count && value_is_string(crit.items[count]))
		count++;
	return count;
}

/* rfc7515 4.1: the members that mean something here have their types. */
static enum rego_outcome
read_header(struct rego_call *call, struct token *t)
{
	const struct {
		const char *name;
		str_t *where;
	} members[] = { { "alg", &t->alg }, { "kid", &t->kid }, { "cty", &t->cty }, { "typ", NULL } };
	value_t crit = value_object_get_text(t->header, "crit");

	for (size_t i = 0; i < COUNT(members); i++) {
		value_t v = value_object_get_text(t->header, members[i].name);

		if (!value_is_defined(v))
			continue;
		if (!value_is_string(v))
			return rego_fail(call, "%s: must be a string", members[i].name);
		if (members[i].where != NULL)
			*members[i].where = value_str(v);
	}
	if (value_is_defined(crit) && crit.tag != VALUE_ARRAY)
		return rego_fail(call, "crit: must be a list");
	if (value_is_defined(crit) && count_critical(crit) == 0)
		return rego_fail(call, "crit: must be a nonempty list");
	return REGO_DEFINED;
}

/* rfc7515 4.1.11: nothing critical that is not understood. */
static bool
is_valid_header(const struct token *t)
{
	static const char *const known[] = { "alg", "kid", "typ", "cty", "crit" };
	value_t crit = value_object_get_text(t->header, "crit");

	if (t->alg.len == 0)
		return false;
	for (uint32_t i = 0, count = count_critical(crit); i < count; i++) {
		bool understood = false;

		for (size_t k = 0; k < COUNT(known); k++)
			understood = understood ||
			    str_eq(value_str(crit.items[i]), str_of(known[k]));
		if (!understood && value_is_defined(value_object_get(t->header, crit.items[i])))
			return false;
	}
	return true;
}

/* ---- io.jwt.decode ---- */

static value_t
make_hex(struct arena *arena, str_t bytes)
{
	char *text = value_string_begin(arena, 2 * bytes.len);

	if (text == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < bytes.len; i++) {
		text[2 * i] = "0123456789abcdef"[(unsigned char)bytes.data[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[(unsigned char)bytes.data[i] & 15];
	}
	return value_string_done(text, 2 * bytes.len);
}

static str_t
trim_quotes(str_t s)
{
	while (s.len > 0 && (s.data[0] == '"' || s.data[0] == '\''))
		s = str_skip(s, 1);
	while (s.len > 0 && (s.data[s.len - 1] == '"' || s.data[s.len - 1] == '\''))
		s.len--;
	return s;
}

static enum rego_outcome
decode_text(struct rego_call *call, str_t text, unsigned depth, value_t *ret)
{
	value_t items[3], cty;
	struct token t;
	enum rego_outcome outcome = split(call, text, &t);

	if (outcome == REGO_DEFINED)
		outcome = decode_header(call, &t);
	if (outcome == REGO_DEFINED)
		outcome = decode_part(call, t.payload_text, "JWT payload had invalid encoding: ",
		    &t.payload);
	if (outcome != REGO_DEFINED)
		return outcome;
	cty = value_object_get_text(t.header, "cty");
	if (value_is_string(cty) && str_eq(value_str(cty), STR("JWT"))) {
		if (depth >= NESTING_MAX)
			return rego_fail(call, "tokens are nested too deep");
		return decode_text(call, trim_quotes(t.payload), depth + 1, ret);
	}
	outcome = read_object(call, t.payload, "", &items[1]);
	if (outcome == REGO_DEFINED)
		outcome = decode_part(call, t.signature_text, "JWT signature had invalid encoding: ",
		    &t.signature);
	if (outcome != REGO_DEFINED)
		return outcome;
	items[0] = t.header;
	items[2] = make_hex(call->arena, t.signature);
	*ret = value_array(call->arena, items, COUNT(items));
	return REGO_DEFINED;
}

static enum rego_outcome
decode(struct rego_call *call, value_t *ret)
{
	return decode_text(call, value_str(call->arg[0]), 0, ret);
}

/* ---- io.jwt.verify_* ---- */

/*
 * By kid when one of the keys has it; else any key that is not for another algorithm.
 * io.jwt.verify_*, unlike decode_verify, takes no private key for the public one.
 */
static bool
verifies(struct jwt_keys *keys, const struct token *t, enum algorithm a, bool private_too)
{
	for (size_t i = 0; t->kid.len > 0 && i < keys->count; i++)
		if (str_eq(keys->at[i].kid, t->kid))
			return (private_too || !keys->at[i].is_private) &&
			    jwt_key_verifies(keys, &keys->at[i], a, t->signing_input, t->signature);
	for (size_t i = 0; i < keys->count; i++) {
		struct jwt_key *key = &keys->at[i];

		if ((key->alg.len > 0 && !str_eq(key->alg, t->alg)) ||
		    (key->is_private && !private_too))
			continue;
		if (jwt_key_verifies(keys, key, a, t->signing_input, t->signature))
			return true;
	}
	return false;
}

/* The algorithm that a built-in's name ends with: io.jwt.verify_es256. */
static enum algorithm
algorithm_of_name(const char *name)
{
	str_t ending = str_skip(str_of(name), strlen("io.jwt.verify_"));

	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
		if (str_eq_nocase(ending, str_of(algorithm_name((enum algorithm)a))))
			return (enum algorithm)a;
	return ALGORITHM_NONE;
}

static enum rego_outcome
verify(struct rego_call *call, value_t *ret)
{
	enum algorithm a = algorithm_of_name(call->builtin->name);
	struct jwt_keys *keys = NULL;
	struct token t;
	enum rego_outcome outcome = split(call, value_str(call->arg[0]), &t);

	if (outcome == REGO_DEFINED)
		outcome = jwt_keys_find(call, value_str(call->arg[1]), &keys);
	if (outcome == REGO_DEFINED)
		outcome = decode_part(call, t.signature_text, "", &t.signature);
	if (outcome == REGO_DEFINED)
		outcome = decode_header(call, &t);
	if (outcome == REGO_DEFINED)
		outcome = read_header(call, &t);
	if (outcome != REGO_DEFINED)
		return outcome;
	if (!rego_charge(call, 64 * 1024)) /* what a signature costs, in bytes of other work */
		return REGO_HALT;
	*ret = value_bool(verifies(keys, &t, a, false));
	return REGO_DEFINED;
}

static enum rego_outcome
verify_mac(struct rego_call *call, value_t *ret)
{
	enum algorithm a = algorithm_of_name(call->builtin->name);
	struct token t;
	enum rego_outcome outcome = split(call, value_str(call->arg[0]), &t);

	if (outcome == REGO_DEFINED)
		outcome = decode_part(call, t.signature_text, "", &t.signature);
	if (outcome != REGO_DEFINED)
		return outcome;
	*ret = value_bool(signature_check_mac(a, value_str(call->arg[1]), t.signing_input,
	                      t.signature) == ERR_OK);
	return REGO_DEFINED;
}

/* ---- io.jwt.decode_verify ---- */

struct constraints {
	struct jwt_keys *keys; /* NULL: none given */
	str_t secret, alg, iss, aud;
	double time_ns;
};

static enum rego_outcome
read_time(struct rego_call *call, value_t v, double *ret)
{
	if (!value_is_number(v))
		return rego_fail(call, "token time constraint: must be a number");
	*ret = number_to_double(v);
	if (!(*ret <= 1e300))
		return rego_fail(call, "token time constraint: unvalid float64");
	if (*ret < 0)
		return rego_fail(call, "token time constraint: must not be negative");
	return REGO_DEFINED;
}

static enum rego_outcome
read_constraint(struct rego_call *call, str_t name, value_t v, struct constraints *c)
{
	const struct {
		const char *name;
		str_t *where;
	} texts[] = { { "secret", &c->secret }, { "alg", &c->alg }, { "iss", &c->iss },
		{ "aud", &c->aud } };

	if (str_eq(name, STR("time")))
		return read_time(call, v, &c->time_ns);
	if (str_eq(name, STR("cert"))) {
		if (!value_is_string(v))
			return rego_fail(call, "cert constraint: must be a string");
		return jwt_keys_find(call, value_str(v), &c->keys);
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (!str_eq(name, str_of(texts[i].name)))
			continue;
		if (!value_is_string(v))
			return rego_fail(call, "%s constraint: must be a string", texts[i].name);
		*texts[i].where = value_str(v);
		return REGO_DEFINED;
	}
	return rego_fail(call, "unknown token validation constraint: %.*s", STR_FMT(name));
}

static enum rego_outcome
read_constraints(struct rego_call *call, value_t object, struct constraints *c)
{
	*c = (struct constraints){ .time_ns = -1 };
	for (uint32_t i = 0; i < object.count; i++) {
		const struct value_entry entry = value_object_entry(object.object, i);
		str_t name = value_is_string(entry.key) ? value_str(entry.key) : STR_NONE;
		enum rego_outcome outcome = read_constraint(call, name, entry.value, c);

		if (outcome != REGO_DEFINED)
			return outcome;
	}
	if (c->time_ns < 0)
		c->time_ns = (double)rego_now_ns(call);
	if (c->keys != NULL && c->secret.len > 0)
		return rego_fail(call, "duplicate key constraints");
	if (c->keys == NULL && c->secret.len == 0)
		return rego_fail(call, "no key constraint");
	return REGO_DEFINED;
}

static bool
meets_signature(const struct token *t, const struct constraints *c)
{
	enum algorithm a = algorithm_find(t->alg);

	if (a == ALGORITHM_NONE)
		return false;
	if (c->keys != NULL)
		return verifies(c->keys, t, a, true);
	return signature_check_mac(a, c->secret, t->signing_input, t->signature) == ERR_OK;
}

static bool
meets_audience(value_t aud, str_t want)
{
	if (!value_is_defined(aud))
		return want.len == 0;
	if (value_is_string(aud))
		return str_eq(value_str(aud), want);
	for (uint32_t i = 0; aud.tag == VALUE_ARRAY && i < aud.count; i++)
		if (value_is_string(aud.items[i]) && str_eq(value_str(aud.items[i]), want))
			return true;
	return false;
}

/* *ret_met is false where a claim speaks against the token. */
static enum rego_outcome
check_claims(struct rego_call *call, value_t payload, const struct constraints *c, bool *ret_met)
{
	value_t iss = value_object_get_text(payload, "iss");
	value_t exp = value_object_get_text(payload, "exp");
	value_t nbf = value_object_get_text(payload, "nbf");
	value_t now = number_from_double(call->arena, c->time_ns / 1e9);

	*ret_met = false;
	if (!value_is_defined(now))
		return REGO_HALT;
	if (c->iss.len > 0 && !(value_is_string(iss) && str_eq(value_str(iss), c->iss)))
		return REGO_DEFINED;
	if (!meets_audience(value_object_get_text(payload, "aud"), c->aud))
		return REGO_DEFINED;
	if (value_is_defined(exp)) {
		if (!value_is_number(exp))
			return rego_fail(call, "exp value must be a number");
		if (number_compare(now, exp) >= 0) /* rfc7519 4.1.4 */
			return REGO_DEFINED;
	}
	if (value_is_defined(nbf)) {
		if (!value_is_number(nbf))
			return rego_fail(call, "nbf value must be a number");
		if (number_compare(now, nbf) < 0) /* rfc7519 4.1.5 */
			return REGO_DEFINED;
	}
	*ret_met = true;
	return REGO_DEFINED;
}

/* The innermost token of those nested in each other; *ret_met is false if one does not verify. */
static enum rego_outcome
open_token(struct rego_call *call, const struct constraints *c, struct token *t, bool *ret_met)
{
	str_t text = value_str(call->arg[0]);

	*ret_met = true;
	for (unsigned depth = 0; depth < NESTING_MAX; depth++) {
		enum rego_outcome outcome = split(call, text, t);

		if (outcome == REGO_DEFINED)
			outcome = decode_header(call, t);
		if (outcome == REGO_DEFINED)
			outcome = read_header(call, t);
		if (outcome != REGO_DEFINED)
			return outcome;
		*ret_met = is_valid_header(t) && (c->alg.len == 0 || str_eq(c->alg, t->alg));
		if (!*ret_met)
			return REGO_DEFINED;
		outcome = decode_part(call, t->signature_text, "", &t->signature);
		if (outcome != REGO_DEFINED)
			return outcome;
		if (!rego_charge(call, 64 * 1024))
			return REGO_HALT;
		*ret_met = meets_signature(t, c);
		if (!*ret_met)
			return REGO_DEFINED;
		outcome = decode_part(call, t->payload_text, "JWT payload had invalid encoding: ",
		    &t->payload);
		if (outcome != REGO_DEFINED || !str_eq_nocase(t->cty, STR("JWT")))
			return outcome;
		text = t->payload;
	}
	return rego_fail(call, "tokens are nested too deep");
}

static enum rego_outcome
decode_verify(struct rego_call *call, value_t *ret)
{
	value_t items[3] = { value_bool(false), value_empty_object(), value_empty_object() };
	struct constraints c;
	value_t payload = VALUE_NONE;
	struct token t;
	bool met = false;
	enum rego_outcome outcome = read_constraints(call, call->arg[1], &c);

	if (outcome == REGO_DEFINED)
		outcome = open_token(call, &c, &t, &met);
	if (outcome == REGO_DEFINED && met)
		outcome = read_object(call, t.payload, "", &payload);
	if (outcome == REGO_DEFINED && met)
		outcome = check_claims(call, payload, &c, &met);
	if (outcome != REGO_DEFINED)
		return outcome;
	if (met) {
		items[0] = value_bool(true);
		items[1] = t.header;
		items[2] = payload;
	}
	*ret = value_array(call->arena, items, COUNT(items));
	return REGO_DEFINED;
}

#define VERIFY(suffix, call, what)                                                       \
	{                                                                                \
		"io.jwt.verify_" suffix, "jwt: string, " what ": string -> boolean", call, \
		    "Whether the signature of the token verifies."                       \
	}

/* clang-format off */
const struct rego_builtin rego_builtins_jwt[] = {
	{ "io.jwt.decode", "jwt: string -> array<object[any: any], object[any: any], string>", decode,
	  "Header, payload and signature of a token, of which nothing is verified." },
	{ "io.jwt.decode_verify",
	  "jwt: string, constraints: object[string: any] -> array<boolean, object[any: any], object[any: any]>",
	  decode_verify, "Whether the token verifies and meets the constraints, its header and payload.",
	  REGO_NONDETERMINISTIC },
	VERIFY("rs256", verify, "certificate"),
	VERIFY("rs384", verify, "certificate"),
	VERIFY("rs512", verify, "certificate"),
	VERIFY("ps256", verify, "certificate"),
	VERIFY("ps384", verify, "certificate"),
	VERIFY("ps512", verify, "certificate"),
	VERIFY("es256", verify, "certificate"),
	VERIFY("es384", verify, "certificate"),
	VERIFY("es512", verify, "certificate"),
	VERIFY("eddsa", verify, "certificate"),
	VERIFY("hs256", verify_mac, "secret"),
	VERIFY("hs384", verify_mac, "secret"),
	VERIFY("hs512", verify_mac, "secret"),
	{ "io.jwt.encode_sign",
	  "headers: object[string: any], payload: object[string: any], key: object[string: any] -> string",
	  jwt_encode_sign, "A token of header and payload, signed with the key, a JWK.",
	  REGO_NONDETERMINISTIC },
	{ "io.jwt.encode_sign_raw", "headers: string, payload: string, key: string -> string",
	  jwt_encode_sign_raw, "The same from texts, which are not changed.", REGO_NONDETERMINISTIC },
	{ 0 },
};
/* clang-format on */
