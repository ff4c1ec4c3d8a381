/* SPDX-License-Identifier: Apache-2.0 */
#include "token/jwk.h"

#include "codec/base64.h"
#include "value/number.h"

static err_t
refuse(struct diag *diag, str_t name, str_t why)
{
	struct diag_place place = { .row = 0 };

	(void)diag_add(diag, DIAG_WARNING, "jwks", place, "%.*s is not used: %.*s", STR_FMT(name),
	    STR_FMT(why));
	return ERR_KEY;
}

/* ---- numbers ---- */

/* Absent members give no bytes; false: there, but not base64url text. */
static bool
read_number(struct arena *arena, value_t object, const char *member, str_t *ret)
{
	value_t text = value_object_get_text(object, member);

	*ret = STR_NONE;
	if (!value_is_defined(text))
		return true;
	return value_is_string(text) &&
	    base64url_read(arena, value_str(text), ret) == ERR_OK && ret->len > 0;
}

static bool
member_is(value_t object, const char *member, const char *text)
{
	value_t v = value_object_get_text(object, member);

	return value_is_string(v) && str_eq(value_str(v), str_of(text));
}

static err_t
read_rsa(struct arena *arena, value_t object, bool with_private, enum key_rules rules,
    struct diag *diag, struct key **ret)
{
	struct key_rsa rsa = { .d = STR_NONE };
	const struct {
		const char *name;
		str_t *bytes;
		bool is_private;
	} members[] = {
		{ "n", &rsa.n, false },
		{ "e", &rsa.e, false },
		{ "d", &rsa.d, true },
		{ "p", &rsa.p, true },
		{ "q", &rsa.q, true },
		{ "dp", &rsa.dp, true },
		{ "dq", &rsa.dq, true },
		{ "qi", &rsa.qi, true },
	};

	for (size_t i = 0; i < COUNT(members); i++)
		if ((with_private || !members[i].is_private) &&
		    !read_number(arena, object, members[i].name, members[i].bytes)) {
			diag_say(diag, "key", "the key is not usable: its member \"%s\" is not "
			    "base64url", members[i].name);
			return ERR_KEY;
		}
	return key_make_rsa(&rsa, rules, diag, ret);
}

static err_t
read_ec(struct arena *arena, value_t object, bool with_private, struct diag *diag,
    struct key **ret)
{
	struct key_ec ec = { .kind = KEY_NONE };

	if (member_is(object, "crv", "P-256"))
		ec.kind = KEY_P256;
	else if (member_is(object, "crv", "P-384"))
		ec.kind = KEY_P384;
	else if (member_is(object, "crv", "P-521"))
		ec.kind = KEY_P521;
	if (ec.kind == KEY_NONE) {
		diag_say(diag, "key", "the key is not usable: its crv is none of P-256, P-384, P-521");
		return ERR_KEY;
	}
	if (!read_number(arena, object, "x", &ec.x) || !read_number(arena, object, "y", &ec.y) ||
	    (with_private && !read_number(arena, object, "d", &ec.d))) {
		diag_say(diag, "key", "the key is not usable: a coordinate is not base64url");
		return ERR_KEY;
	}
	return key_make_ec(&ec, diag, ret);
}

static err_t
read_okp(struct arena *arena, value_t object, bool with_private, enum key_rules rules,
    struct diag *diag, struct key **ret)
{
	struct key_ed25519 ed = { .x = STR_NONE };

	if (!member_is(object, "crv", "Ed25519")) {
		diag_say(diag, "key", "the key is not usable: its crv is not Ed25519");
		return ERR_KEY;
	}
	if (!read_number(arena, object, "x", &ed.x) ||
	    (with_private && !read_number(arena, object, "d", &ed.d))) {
		diag_say(diag, "key", "the key is not usable: its number is not base64url");
		return ERR_KEY;
	}
	return key_make_ed25519(&ed, rules, diag, ret);
}

err_t
jwk_read_key(struct arena *arena, value_t object, bool with_private, enum key_rules rules,
    struct diag *diag, struct key **ret)
{
	if (member_is(object, "kty", "RSA"))
		return read_rsa(arena, object, with_private, rules, diag, ret);
	if (member_is(object, "kty", "EC"))
		return read_ec(arena, object, with_private, diag, ret);
	if (member_is(object, "kty", "OKP"))
		return read_okp(arena, object, with_private, rules, diag, ret);
	diag_say(diag, "key", "the key is not usable: its kty is none of RSA, EC, OKP");
	return ERR_KEY;
}

/* ---- what the key is for ---- */

/* rfc7517 4.3: an array of different strings. */
static bool
allows_verify(value_t key_ops)
{
	bool found = false;

	if (key_ops.tag != VALUE_ARRAY)
		return false;
	for (uint32_t i = 0; i < key_ops.count; i++) {
		if (!value_is_string(key_ops.items[i]))
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (value_equal(key_ops.items[i], key_ops.items[j]))
				return false;
		found = found || str_eq(value_str(key_ops.items[i]), STR("verify"));
	}
	return found;
}

static const char *
find_misuse(value_t object)
{
	value_t key_ops = value_object_get_text(object, "key_ops");

	if (value_is_defined(value_object_get_text(object, "use")) &&
	    !member_is(object, "use", "sig"))
		return "its use is not sig";
	if (value_is_defined(key_ops) && !allows_verify(key_ops))
		return "its key_ops do not list verify";
	return NULL;
}

static bool
set_algorithms(struct jwk *jwk, value_t object)
{
	value_t alg = value_object_get_text(object, "alg");
	algorithm_set_t possible = algorithm_set_of_key(key_kind(jwk->key));
	enum algorithm named;

	jwk->algorithms = possible;
	if (!value_is_defined(alg))
		return true;
	named = value_is_string(alg) ? algorithm_find(value_str(alg)) : ALGORITHM_NONE;
	jwk->algorithms = possible & ALGORITHM_BIT(named);
	return named != ALGORITHM_NONE && jwk->algorithms != 0;
}

static err_t
make_verifiers(struct jwk *jwk)
{
	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
		if (jwk->algorithms & ALGORITHM_BIT(a))
			TRY(verifier_new(jwk->key, (enum algorithm)a, &jwk->verifiers[a]));
	return ERR_OK;
}

static bool
set_names(struct jwk *jwk, value_t object)
{
	value_t kid = value_object_get_text(object, "kid");
	value_t exp = value_object_get_text(object, "exp");

	if (value_is_number(exp))
		(void)number_to_int64(exp, &jwk->expires);
	jwk->had_private = value_is_defined(value_object_get_text(object, "d"));
	jwk->has_kid = value_is_defined(kid);
	if (jwk->has_kid && !value_is_string(kid))
		return false;
	if (jwk->has_kid)
		jwk->kid = value_str(kid);
	return true;
}

static bool
set_date(value_t v, int64_t *ret)
{
	return !value_is_defined(v) || (value_is_number(v) && number_to_int64(v, ret) && *ret >= 0);
}

static bool
set_validity(struct jwk *jwk, value_t object)
{
	value_t revoked = value_object_get_text(object, "revoked");

	jwk->revoked = revoked.tag == VALUE_TRUE;
	return set_date(value_object_get_text(object, "not_before"), &jwk->not_before) &&
	    set_date(value_object_get_text(object, "not_after"), &jwk->not_after) &&
	    (!value_is_defined(revoked) || jwk->revoked || revoked.tag == VALUE_FALSE);
}

err_t
jwk_read(struct arena *arena, value_t object, str_t name, struct diag *diag, struct jwk *ret)
{
	struct jwk jwk = { .key = NULL };
	struct diag inner;
	const char *misuse;
	err_t err;

	if (object.tag != VALUE_OBJECT)
		return refuse(diag, name, STR("it is not an object"));
	misuse = find_misuse(object);
	if (misuse != NULL)
		return refuse(diag, name, str_of(misuse));
	if (!set_names(&jwk, object))
		return refuse(diag, name, STR("its kid is not a string"));
	if (!set_validity(&jwk, object))
		return refuse(diag, name, STR("its not_before, not_after or revoked cannot be read"));
	diag_init(&inner, arena, 1);
	if (jwk_read_key(arena, object, false, KEY_STRICT, &inner, &jwk.key) != ERR_OK)
		return refuse(diag, name, diag_first_message(&inner));
	if (!set_algorithms(&jwk, object)) {
		jwk_fini(&jwk);
		return refuse(diag, name, STR("its alg is unknown or does not fit its type"));
	}
	err = make_verifiers(&jwk);
	if (err != ERR_OK) {
		jwk_fini(&jwk);
		return err;
	}
	*ret = jwk;
	return ERR_OK;
}

err_t
jwk_from_key(struct key *key, struct jwk *ret)
{
	struct jwk jwk = {
		.kid = key_thumbprint(key),
		.has_kid = true,
		.had_private = key_is_private(key),
		.key = key,
		.algorithms = algorithm_set_of_key(key_kind(key)),
	};
	err_t err = make_verifiers(&jwk);

	if (err != ERR_OK)
		jwk_fini(&jwk);
	else
		*ret = jwk;
	return err;
}

void
jwk_fini(struct jwk *jwk)
{
	for (size_t i = 0; i < COUNT(jwk->verifiers); i++)
		verifier_free(&jwk->verifiers[i]);
	key_free(&jwk->key);
}
