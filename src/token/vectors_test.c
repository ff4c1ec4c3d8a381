/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and key sets of others: which are refused, and which must not be. */
#include <interop/vectors.h>
#include <tap.h>

#include "codec/base64.h"
#include "token/jwt.h"

static struct arena *arena; /* for what lasts: the corpora */
static struct arena *scratch; /* for one token */
static struct verify_context *context;

/* ---- our own attacks ---- */

/* Key sets by name, made once; NULL: the set is refused. */
struct named_set {
	str_t name;
	struct jwks *set;
};

static struct named_set *sets;
static size_t set_count;

static const struct jwks *
get_set(value_t texts, str_t name)
{
	value_t document = value_object_get_str(texts, name);
	value_t raw = value_object_get_text(document, "__raw__");
	struct buf text;

	for (size_t i = 0; i < set_count; i++)
		if (str_eq(sets[i].name, name))
			return sets[i].set;
	buf_init(&text, VECTORS_FILE_MAX);
	if (value_is_string(raw))
		buf_add_str(&text, value_str(raw));
	else
		json_write(&text, value_is_defined(raw) ? raw : document);
	sets[set_count].name = name;
	if (jwks_new(buf_str(&text), name, NULL, &sets[set_count].set) != ERR_OK)
		sets[set_count].set = NULL;
	buf_fini(&text);
	return sets[set_count++].set;
}

static str_t
get_token(value_t row)
{
	value_t encoded = value_object_get_text(row, "token_b64");
	str_t bytes = STR_NONE;

	if (!value_is_string(encoded))
		return vectors_text(row, "token");
	if (base64_read(arena, value_str(encoded), &bytes) != ERR_OK)
		return STR_NONE;
	return bytes;
}

/* What a row leaves to whoever verifies, and what we chose: doc/decisions/0014-tokens.md. */
static const struct {
	const char *choice, *ours;
} choices[] = {
	{ "explicit typing on; at+jwt may be listed as allowed", "typ is JWT or absent" },
	{ "strict: refuse; lenient: ignore. Never act on it", "strict: refused" },
	{ "StringOrURI per RFC 7519; refuse other types", "refused" },
	{ "type errors always refuse", "refused" },
	{ "kid may be optional with one matching key", "accepted" },
	{ "Wycheproof jws_mixedSymmetryKeyset", "the set is refused whole" },
};

static const char *
find_choice(value_t row)
{
	str_t text = vectors_text(value_object_get_text(row, "cfg"), "policy_choice");

	for (size_t i = 0; i < COUNT(choices); i++)
		if (str_eq(text, str_of(choices[i].choice)))
			return choices[i].ours;
	return text.len > 0 ? "a choice that is not written down" : NULL;
}

static void
try_attack(value_t row, value_t texts)
{
	const str_t issuer = STR("https://idp.example"), audience = STR("coresdk");
	const struct jwt_rules rules = {
		.claims = { .issuers = &issuer, .issuer_count = 1, .audiences = &audience,
		    .audience_count = 1 },
	};
	const struct jwks *set = get_set(texts, vectors_text(row, "jwks"));
	bool want = str_eq(vectors_text(row, "expect"), STR("accept"));
	str_t id = vectors_text(row, "id"), note = vectors_text(row, "note");
	const char *choice = find_choice(row);
	struct jwt jwt;
	err_t err;

	arena_reset(scratch);
	err = jwt_verify(scratch, get_token(row), &rules, set, context, vectors_int(row, "now"),
	    &jwt);
	ok((err == ERR_OK) == want && (err == ERR_OK) == (jwt.reason == TOKEN_NONE),
	    "%.*s %.*s%s%s (%.60s): %s", STR_FMT(id), STR_FMT(vectors_text(row, "expect")),
	    choice != NULL ? ", our choice: " : "", choice != NULL ? choice : "", note.len > 0 ? note.data : "", token_reason_name(jwt.reason));
}

static void
try_attacks(void)
{
	str_t corpus = vectors_read(arena, "jwt-attacks/corpus.jsonl");
	value_t texts = vectors_read_json(arena, "jwt-attacks/jwks.json");

	if (corpus.len == 0 || !value_is_defined(texts))
		return;
	sets = ARENA_ARRAY(arena, struct named_set, texts.count);
	for (size_t at = 0; at < corpus.len;) {
		size_t end = str_find_char(corpus, '\n', at);
		value_t row;

		if (ok(json_read(arena, str_sub(corpus, at, end - at), NULL, NULL, &row) == ERR_OK,
		        "a row is read"))
			try_attack(row, texts);
		at = end + 1;
	}
	for (size_t i = 0; i < set_count; i++)
		jwks_free(&sets[i].set);
}

/* ---- JSON Web Signatures ---- */

/*
 * Where the corpus is laxer than RFC 7515 and RFC 7518, or at odds with itself:
 * these are refused though marked valid (a header that contradicts the key's alg,
 * an alg that does not exist, a `?` inside base64url) or accepted though marked
 * invalid (byte for byte the same as a valid one).
 */
static const int refused_though_valid[] = { 346, 347, 350, 351, 372, 373 };
static const int accepted_though_invalid[] = { 367, 370 };

static bool
lists(const int *list, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

static bool
is_symmetric_set(value_t keys)
{
	for (uint32_t i = 0; i < keys.count; i++)
		if (!str_eq(vectors_text(keys.items[i], "kty"), STR("oct")))
			return false;
	return keys.count > 0;
}

/* The MAC primitive under the same strict form, for key sets that this program never takes. */
static bool
accepts_mac(value_t key, str_t text)
{
	const struct jws_rules rules = { .algorithms = ~(algorithm_set_t)0 };
	enum algorithm named = algorithm_find(vectors_text(key, "alg"));
	str_t secret, signature, payload;
	struct jws jws;

	if (jws_read(scratch, text, &rules, &jws) == ERR_OK || jws.reason != TOKEN_ALGORITHM)
		return false; /* a MAC is never let through, but its header has been read */
	return jws.algorithm != ALGORITHM_NONE && jws.algorithm == named &&
	    algorithm_family(named) == ALGORITHM_HMAC &&
	    base64url_read(scratch, vectors_text(key, "k"), &secret) == ERR_OK &&
	    secret.len >= digest_size(algorithm_digest(named)) &&
	    base64url_read(scratch, jws.payload_text, &payload) == ERR_OK &&
	    base64url_read(scratch, jws.signature_text, &signature) == ERR_OK &&
	    signature_check_mac(named, secret, jws.signing_input, signature) == ERR_OK;
}

static bool
accepts_mac_of_set(value_t keys, str_t text)
{
	bool accepted = false;

	for (uint32_t i = 0; i < keys.count; i++) {
		for (uint32_t j = 0; j < i; j++)
			if (str_eq(vectors_text(keys.items[i], "kid"),
			        vectors_text(keys.items[j], "kid")))
				return false; /* two keys of one name */
		accepted = accepted || accepts_mac(keys.items[i], text);
	}
	return accepted;
}

static bool
accepts_signature(value_t keys, str_t text)
{
	const struct jws_rules rules = { .size_limit = 1 << 20 };
	struct jwks *set = NULL;
	struct jws jws;
	struct buf document;
	bool accepted;

	buf_init(&document, VECTORS_FILE_MAX);
	buf_add_text(&document, "{\"keys\":");
	json_write(&document, keys);
	buf_add_char(&document, '}');
	accepted = jwks_new(buf_str(&document), STR("vectors"), NULL, &set) == ERR_OK &&
	    jws_verify(scratch, text, &rules, set, context, &jws) == ERR_OK;
	buf_fini(&document);
	jwks_free(&set);
	return accepted;
}

static void
try_group(const char *file, value_t group)
{
	value_t keys = value_object_get_text(group, "public");
	value_t tests = value_object_get_text(group, "tests");

	if (!value_is_defined(keys))
		keys = value_object_get_text(group, "private");
	if (value_is_defined(value_object_get_text(keys, "keys")))
		keys = value_object_get_text(keys, "keys");
	else
		keys = value_array(arena, &keys, 1);
	for (uint32_t i = 0; i < tests.count; i++) {
		value_t test = tests.items[i];
		int64_t id = vectors_int(test, "tcId");
		bool is_jws = value_is_string(value_object_get_text(test, "jws"));
		bool want = is_jws && str_eq(vectors_text(test, "result"), STR("valid"));
		str_t text = vectors_text(test, is_jws ? "jws" : "jwe");
		bool got;

		if (strstr(file, "web_signature") != NULL) {
			if (lists(refused_though_valid, COUNT(refused_though_valid), id))
				want = false;
			if (lists(accepted_though_invalid, COUNT(accepted_though_invalid), id))
				want = true;
		}
		arena_reset(scratch);
		if (is_symmetric_set(keys)) {
			ok(!accepts_signature(keys, text), "%s %d: no token by a shared key", file,
			    (int)id);
			got = accepts_mac_of_set(keys, text);
		} else {
			got = accepts_signature(keys, text);
		}
		ok(got == want, "%s %d %.*s", file, (int)id, STR_FMT(vectors_text(test, "comment")));
	}
}

static void
try_wycheproof(const char *file)
{
	value_t document = vectors_read_json(arena, file);
	value_t groups = value_object_get_text(document, "testGroups");

	for (uint32_t i = 0; i < groups.count; i++)
		try_group(file, groups.items[i]);
}

/* ---- the RFCs' own examples ---- */

static void
try_thumbprint(value_t row)
{
	struct key *key = NULL;
	str_t want = vectors_text(row, "thumbprint");

	ok(jwk_read_key(scratch, value_object_get_text(row, "jwk"), false, KEY_STRICT, NULL,
	       &key) == ERR_OK && str_eq(key_thumbprint(key), want),
	    "%.*s", STR_FMT(vectors_text(row, "id")));
	key_free(&key);
}

static void
try_rfc_examples(void)
{
	value_t rows = vectors_read_json(arena, "rfc-jose/rfc-examples.json");

	for (uint32_t i = 0; rows.tag == VALUE_ARRAY && i < rows.count; i++) {
		value_t row = rows.items[i];
		value_t key = value_object_get_text(row, "jwk");
		str_t text = vectors_text(row, "jws");
		bool want = str_eq(vectors_text(row, "expect"), STR("valid"));

		arena_reset(scratch);
		if (value_is_defined(value_object_get_text(row, "thumbprint")))
			try_thumbprint(row);
		else if (str_eq(vectors_text(key, "kty"), STR("oct")))
			ok(!accepts_signature(value_array(scratch, &key, 1), text),
			    "%.*s: a MAC is never accepted", STR_FMT(vectors_text(row, "id")));
		else
			ok((value_is_defined(key) &&
			       accepts_signature(value_array(scratch, &key, 1), text)) == want,
			    "%.*s", STR_FMT(vectors_text(row, "id")));
	}
}

static void
try_cookbook(void)
{
	static const struct {
		const char *file;
		bool accepted;
	} rows[] = {
		{ "jose-cookbook/jws/4_1.rsa_v15_signature.json", true },
		{ "jose-cookbook/jws/4_2.rsa-pss_signature.json", true },
		{ "jose-cookbook/jws/4_3.ecdsa_signature.json", true },
		{ "jose-cookbook/jws/4_4.hmac-sha2_integrity_protection.json", false },
		{ "jose-cookbook/jws/4_5.signature_with_detached_content.json", false },
		{ "jose-cookbook/jws/4_6.protecting_specific_header_fields.json", false },
		{ "jose-cookbook/jws/4_7.protecting_content_only.json", false },
		{ "jose-cookbook/jws/4_8.multiple_signatures.json", false },
		{ "jose-cookbook/curve25519/jws.json", true },
		{ "jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json", false },
		{ "jose-cookbook/rfc7797/hmac-sha2_b64_false.json", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		value_t document = vectors_read_json(arena, rows[i].file);
		value_t key = value_object_get_text(value_object_get_text(document, "input"), "key");
		str_t text = vectors_text(value_object_get_text(document, "output"), "compact");

		if (!value_is_defined(document))
			continue;
		if (key.tag == VALUE_OBJECT)
			key = value_array(arena, &key, 1);
		arena_reset(scratch);
		ok(accepts_signature(key, text) == rows[i].accepted, "%s", rows[i].file);
	}
}

/* Every form of the cookbook but the compact one, and keys of every type. */
static void
try_other_forms(void)
{
	static const char *const files[] = {
		"jose-cookbook/jws/4_1.rsa_v15_signature.json",
		"jose-cookbook/jws/4_2.rsa-pss_signature.json",
		"jose-cookbook/jws/4_3.ecdsa_signature.json",
		"jose-cookbook/jws/4_6.protecting_specific_header_fields.json",
		"jose-cookbook/jws/4_8.multiple_signatures.json",
		"jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json",
	};
	static const char *const forms[] = { "json", "json_flat" };

	for (size_t i = 0; i < COUNT(files) * COUNT(forms); i++) {
		value_t document = vectors_read_json(arena, files[i / COUNT(forms)]);
		value_t key = value_object_get_text(value_object_get_text(document, "input"), "key");
		value_t form =
		    value_object_get_text(value_object_get_text(document, "output"), forms[i % COUNT(forms)]);
		struct buf text;

		if (!value_is_defined(form))
			continue;
		if (key.tag == VALUE_OBJECT)
			key = value_array(arena, &key, 1);
		buf_init(&text, VECTORS_FILE_MAX);
		json_write(&text, form);
		arena_reset(scratch);
		ok(!accepts_signature(key, buf_str(&text)), "%s: not as %s", files[i / COUNT(forms)],
		    forms[i % COUNT(forms)]);
		buf_fini(&text);
	}
}

static void
try_cookbook_keys(void)
{
	static const struct {
		const char *file;
		err_t want;
		bool is_private;
	} rows[] = {
		{ "jose-cookbook/jwk/3_1.ec_public_key.json", ERR_OK, false },
		{ "jose-cookbook/jwk/3_2.ec_private_key.json", ERR_OK, true },
		{ "jose-cookbook/jwk/3_3.rsa_public_key.json", ERR_OK, false },
		{ "jose-cookbook/jwk/3_4.rsa_private_key.json", ERR_OK, true },
		{ "jose-cookbook/jwk/3_5.symmetric_key_mac_computation.json", ERR_KEY, false },
		{ "jose-cookbook/jwk/3_6.symmetric_key_encryption.json", ERR_KEY, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		value_t document = vectors_read_json(arena, rows[i].file);
		struct jwk jwk = { .key = NULL };
		err_t err;

		if (!value_is_defined(document))
			continue;
		err = jwk_read(scratch, document, STR("key"), NULL, &jwk);
		ok(err == rows[i].want && (err != ERR_OK || jwk.had_private == rows[i].is_private), "%s", rows[i].file);
		if (err == ERR_OK)
			jwk_fini(&jwk);
	}
}

int
main(void)
{
	if (vectors_find() == NULL)
		return vectors_skip();
	arena = arena_new((size_t)1 << 30);
	scratch = arena_new(16 << 20);
	context = verify_context_new();
	try_attacks();
	try_wycheproof("wycheproof/json_web_signature_test.json");
	try_wycheproof("wycheproof/json_web_key_test.json");
	try_wycheproof("wycheproof/json_web_crypto_test.json");
	try_rfc_examples();
	try_cookbook();
	try_other_forms();
	try_cookbook_keys();
	verify_context_free(&context);
	arena_free(&scratch);
	arena_free(&arena);
	return tap_done();
}
