/* SPDX-License-Identifier: Apache-2.0 */
/* Wycheproof's signatures and MACs, and CCTV's Ed25519 edge cases, through signature.h. */
#include <interop/vectors.h>
#include <tap.h>

#include "crypt/hmac.h"
#include "crypt/signature.h"

static struct arena *arena;
static struct verify_context *context;

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static str_t
from_hex(str_t text)
{
	char *bytes = arena_alloc(arena, text.len / 2 + 1, 1);

	for (size_t i = 0; i + 1 < text.len; i += 2)
		bytes[i / 2] = (char)(digit(text.data[i]) << 4 | digit(text.data[i + 1]));
	return str_make(bytes, text.len / 2);
}

static str_t
hex_member(value_t object, const char *name)
{
	return from_hex(vectors_text(object, name));
}

/* Signatures that are wrong in no way that this program tells apart are counted, not judged. */
static void
try_group(const char *file, value_t group, enum algorithm a)
{
	value_t tests = value_object_get_text(group, "tests");
	struct verifier *verifier = NULL;
	struct key *key = NULL;
	str_t pem = vectors_text(group, "publicKeyPem");
	size_t right = 0;

	/* Lenient, because some keys here have small exponents: what they sign is judged all the same. */
	if (key_read_pem(pem, algorithm_key(a) == KEY_RSA ? KEY_LENIENT : KEY_STRICT, NULL, &key) !=
	        ERR_OK ||
	    verifier_new(key, a, &verifier) != ERR_OK) {
		/* A key that is refused verifies nothing. */
		for (uint32_t i = 0; i < tests.count; i++)
			right += !str_eq(vectors_text(tests.items[i], "result"), STR("valid"));
		ok(right == tests.count, "%s: a refused key has no valid signature", file);
		key_free(&key);
		return;
	}
	for (uint32_t i = 0; i < tests.count; i++) {
		value_t test = tests.items[i];
		str_t want = vectors_text(test, "result");
		bool got = verifier_check(verifier, context, hex_member(test, "msg"),
		               hex_member(test, "sig")) == ERR_OK;

		if (str_eq(want, STR("acceptable")) || got == str_eq(want, STR("valid")))
			right++;
		else
			tap_note("%s %d %.*s: %.*s", file, (int)vectors_int(test, "tcId"),
			    STR_FMT(want), STR_FMT(vectors_text(test, "comment")));
	}
	ok(right == tests.count, "%s: %zu of %u", file, right, tests.count);
	verifier_free(&verifier);
	key_free(&key);
}

static void
try_mac(const char *file, value_t group, enum algorithm a)
{
	value_t tests = value_object_get_text(group, "tests");
	int64_t tag_bits = vectors_int(group, "tagSize");
	uint8_t mac[DIGEST_SIZE_MAX];
	size_t right = 0, len;

	for (uint32_t i = 0; i < tests.count; i++) {
		value_t test = tests.items[i];
		bool want = str_eq(vectors_text(test, "result"), STR("valid"));
		str_t tag = hex_member(test, "tag");

		hmac_of(algorithm_digest(a), hex_member(test, "key"), hex_member(test, "msg"), mac);
		len = tag.len < sizeof(mac) ? tag.len : sizeof(mac);
		right += want == (tag.len == (size_t)tag_bits / 8 && memcmp(mac, tag.data, len) == 0);
	}
	ok(right == tests.count, "%s: %zu of %u", file, right, tests.count);
}

static const struct {
	const char *file;
	enum algorithm algorithm;
} files[] = {
	{ "ecdsa_secp256r1_sha256_p1363_test.json", ALGORITHM_ES256 },
	{ "ecdsa_secp384r1_sha384_p1363_test.json", ALGORITHM_ES384 },
	{ "ecdsa_secp521r1_sha512_p1363_test.json", ALGORITHM_ES512 },
	{ "rsa_signature_2048_sha256_test.json", ALGORITHM_RS256 },
	{ "rsa_signature_2048_sha384_test.json", ALGORITHM_RS384 },
	{ "rsa_signature_2048_sha512_test.json", ALGORITHM_RS512 },
	{ "rsa_signature_3072_sha256_test.json", ALGORITHM_RS256 },
	{ "rsa_signature_3072_sha384_test.json", ALGORITHM_RS384 },
	{ "rsa_signature_3072_sha512_test.json", ALGORITHM_RS512 },
	{ "rsa_signature_4096_sha256_test.json", ALGORITHM_RS256 },
	{ "rsa_signature_4096_sha384_test.json", ALGORITHM_RS384 },
	{ "rsa_signature_4096_sha512_test.json", ALGORITHM_RS512 },
	{ "rsa_signature_8192_sha256_test.json", ALGORITHM_RS256 },
	{ "rsa_signature_8192_sha384_test.json", ALGORITHM_RS384 },
	{ "rsa_signature_8192_sha512_test.json", ALGORITHM_RS512 },
	{ "rsa_pss_2048_sha256_mgf1_32_test.json", ALGORITHM_PS256 },
	{ "rsa_pss_3072_sha256_mgf1_32_test.json", ALGORITHM_PS256 },
	{ "rsa_pss_4096_sha256_mgf1_32_test.json", ALGORITHM_PS256 },
	{ "rsa_pss_2048_sha384_mgf1_48_test.json", ALGORITHM_PS384 },
	{ "rsa_pss_4096_sha384_mgf1_48_test.json", ALGORITHM_PS384 },
	{ "rsa_pss_4096_sha512_mgf1_64_test.json", ALGORITHM_PS512 },
	{ "ed25519_test.json", ALGORITHM_EDDSA },
	{ "hmac_sha256_test.json", ALGORITHM_HS256 },
	{ "hmac_sha384_test.json", ALGORITHM_HS384 },
	{ "hmac_sha512_test.json", ALGORITHM_HS512 },
};

/* ---- what is never taken: other curves, other digests, other paddings, DER where R || S belongs ---- */

static const struct {
	const char *file;
	enum algorithm algorithm; /* the nearest that there is */
} foreign[] = {
	{ "ecdsa_secp256k1_sha256_p1363_test.json", ALGORITHM_ES256 },
	{ "ecdsa_secp256k1_sha256_test.json", ALGORITHM_ES256 },
	{ "ecdsa_secp256r1_sha256_test.json", ALGORITHM_ES256 },
	{ "ecdsa_secp256r1_sha512_p1363_test.json", ALGORITHM_ES256 },
	{ "ecdsa_secp256r1_sha512_p1363_test.json", ALGORITHM_ES512 },
	{ "ecdsa_secp256r1_sha512_test.json", ALGORITHM_ES256 },
	{ "ecdsa_secp384r1_sha256_test.json", ALGORITHM_ES384 },
	{ "ecdsa_secp384r1_sha384_test.json", ALGORITHM_ES384 },
	{ "ecdsa_secp384r1_sha512_p1363_test.json", ALGORITHM_ES384 },
	{ "ecdsa_secp384r1_sha512_p1363_test.json", ALGORITHM_ES512 },
	{ "ecdsa_secp384r1_sha512_test.json", ALGORITHM_ES384 },
	{ "ecdsa_secp521r1_sha512_test.json", ALGORITHM_ES512 },
	{ "ed448_test.json", ALGORITHM_EDDSA },
	{ "rsa_pss_2048_sha1_mgf1_20_test.json", ALGORITHM_PS256 },
	{ "rsa_pss_2048_sha256_mgf1_0_test.json", ALGORITHM_PS256 },
	{ "rsa_pss_2048_sha256_mgf1sha1_20_test.json", ALGORITHM_PS256 },
	{ "rsa_pss_4096_sha512_mgf1_32_test.json", ALGORITHM_PS512 },
	{ "rsa_pss_2048_sha256_mgf1_32_test.json", ALGORITHM_RS256 },
	{ "rsa_signature_2048_sha256_test.json", ALGORITHM_PS256 },
	{ "rsa_signature_2048_sha256_test.json", ALGORITHM_RS384 },
	{ "ecdsa_secp256r1_sha256_p1363_test.json", ALGORITHM_RS256 },
	{ "ed25519_test.json", ALGORITHM_ES256 },
};

/* Some that are marked invalid were made with our parameters on purpose: those are none of these. */
static void
refuse_all(const char *file, value_t group, enum algorithm a)
{
	value_t tests = value_object_get_text(group, "tests");
	struct verifier *verifier = NULL;
	struct key *key = NULL;
	size_t taken = 0;

	if (key_read_pem(vectors_text(group, "publicKeyPem"), KEY_LENIENT, NULL, &key) == ERR_OK &&
	    verifier_new(key, a, &verifier) == ERR_OK)
		for (uint32_t i = 0; i < tests.count; i++)
			taken += str_eq(vectors_text(tests.items[i], "result"), STR("valid")) &&
			    verifier_check(verifier, context, hex_member(tests.items[i], "msg"),
				hex_member(tests.items[i], "sig")) == ERR_OK;
	ok(taken == 0, "%s as %s: %zu of %u are taken", file, algorithm_name(a), taken, tests.count);
	verifier_free(&verifier);
	key_free(&key);
}

static void
try_foreign(void)
{
	for (size_t i = 0; i < COUNT(foreign); i++) {
		str_t path = arena_printf(arena, "wycheproof/%s", foreign[i].file);
		value_t groups =
		    value_object_get_text(vectors_read_json(arena, path.data), "testGroups");

		for (uint32_t g = 0; groups.tag == VALUE_ARRAY && g < groups.count; g++)
			refuse_all(foreign[i].file, groups.items[g], foreign[i].algorithm);
	}
}

/* Each group has parameters of its own; rfc7518 3.5 knows three combinations of them. */
static void
try_pss_misc(void)
{
	static const struct {
		const char *digest;
		int64_t salt;
		enum algorithm algorithm;
	} known[] = {
		{ "SHA-256", 32, ALGORITHM_PS256 },
		{ "SHA-384", 48, ALGORITHM_PS384 },
		{ "SHA-512", 64, ALGORITHM_PS512 },
	};
	value_t document = vectors_read_json(arena, "wycheproof/rsa_pss_misc_test.json");
	value_t groups = value_object_get_text(document, "testGroups");

	for (uint32_t g = 0; groups.tag == VALUE_ARRAY && g < groups.count; g++) {
		value_t group = groups.items[g];

		for (size_t i = 0; i < COUNT(known); i++) {
			str_t digest = str_of(known[i].digest);

			if (str_eq(vectors_text(group, "sha"), digest) &&
			    str_eq(vectors_text(group, "mgfSha"), digest) &&
			    vectors_int(group, "sLen") == known[i].salt)
				try_group("rsa_pss_misc", group, known[i].algorithm);
			else
				refuse_all("rsa_pss_misc", group, known[i].algorithm);
		}
	}
}

static void
try_wycheproof(void)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		str_t path = arena_printf(arena, "wycheproof/%s", files[i].file);
		value_t groups =
		    value_object_get_text(vectors_read_json(arena, path.data), "testGroups");

		for (uint32_t g = 0; g < groups.count; g++) {
			if (files[i].algorithm >= ALGORITHM_HS256)
				try_mac(files[i].file, groups.items[g], files[i].algorithm);
			else
				try_group(files[i].file, groups.items[g], files[i].algorithm);
		}
	}
}

static bool
has_flag(value_t test, const char *name)
{
	value_t flags = value_object_get_text(test, "flags");

	for (uint32_t i = 0; flags.tag == VALUE_ARRAY && i < flags.count; i++)
		if (str_eq(value_str(flags.items[i]), str_of(name)))
			return true;
	return false;
}

/* Points with a component of small order make signatures that not all verifiers agree on: none is taken. */
static void
try_edges(void)
{
	value_t tests = vectors_read_json(arena, "cctv-ed25519/ed25519vectors.json");
	size_t accepted = 0;

	for (uint32_t i = 0; tests.tag == VALUE_ARRAY && i < tests.count; i++) {
		value_t test = tests.items[i];
		const struct key_ed25519 ed = { .x = hex_member(test, "key") };
		struct key *key = NULL;
		bool odd = has_flag(test, "low_order_A") || has_flag(test, "low_order_R") ||
		    has_flag(test, "low_order_component_A") ||
		    has_flag(test, "low_order_component_R") ||
		    has_flag(test, "low_order_residue") || has_flag(test, "non_canonical_A") ||
		    has_flag(test, "non_canonical_R") || has_flag(test, "reencoded_k");
		bool got = key_make_ed25519(&ed, KEY_STRICT, NULL, &key) == ERR_OK &&
		    signature_check(key, ALGORITHM_EDDSA, vectors_text(test, "msg"),
		        hex_member(test, "sig")) == ERR_OK;

		if (got && odd)
			ok(false, "cctv %d is taken", (int)vectors_int(test, "number"));
		accepted += got;
		key_free(&key);
	}
	ok(tests.tag != VALUE_ARRAY || tests.count > 0, "%u edge cases of Ed25519, %zu taken",
	    tests.count, accepted);
}

int
main(void)
{
	if (vectors_find() == NULL)
		return vectors_skip();
	arena = arena_new((size_t)1 << 30);
	context = verify_context_new();
	try_wycheproof();
	try_foreign();
	try_pss_misc();
	try_edges();
	verify_context_free(&context);
	arena_free(&arena);
	return tap_done();
}
