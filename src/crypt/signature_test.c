/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "crypt/signature.h"

/* Every algorithm: what is signed verifies, and nothing near it does. */
static void
try_algorithm(enum algorithm a, const struct key *key, struct verify_context *context)
{
	const char *name = algorithm_name(a);
	str_t message = STR("header.payload");
	uint8_t bytes[SIGNATURE_SIZE_MAX];
	struct verifier *verifier = NULL;
	size_t len = 0, refused = 0;
	str_t signature;

	ok(signature_make(key, a, message, bytes, &len) == ERR_OK, "%s signs", name);
	ok(verifier_new(key, a, &verifier) == ERR_OK, "%s has a verifier", name);
	signature = str_make((char *)bytes, len);
	for (int round = 0; round < 3; round++)
		ok(verifier_check(verifier, context, message, signature) == ERR_OK,
		    "%s verifies, round %d", name, round);
	ok(verifier_check(verifier, context, STR("header.payloae"), signature) == ERR_SIGNATURE,
	    "%s refuses another message", name);
	ok(verifier_check(verifier, context, str_make(NULL, 0), signature) == ERR_SIGNATURE,
	    "%s refuses an empty message", name);
	for (size_t bit = 0; bit < len * 8; bit += 7) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused += verifier_check(verifier, context, message, signature) == ERR_SIGNATURE;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ok(refused == (len * 8 + 6) / 7, "%s refuses flipped bits", name);
	refused = 0;
	for (size_t shorter = 0; shorter < len; shorter++)
		refused += verifier_check(verifier, context, message,
		               str_make((char *)bytes, shorter)) == ERR_SIGNATURE;
	ok(refused == len, "%s refuses every shorter signature", name);
	memset(bytes, 0, sizeof(bytes));
	ok(verifier_check(verifier, context, message, signature) == ERR_SIGNATURE,
	    "%s refuses zeros", name);
	ok(verifier_check(verifier, context, message, str_make((char *)bytes, len + 1)) ==
	        ERR_SIGNATURE, "%s refuses a longer signature", name);
	verifier_free(&verifier);
}

static void
try_wrong_keys(enum algorithm a, struct key *const keys[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct verifier *verifier = NULL;
		uint8_t bytes[SIGNATURE_SIZE_MAX];
		size_t len = 0;

		if (key_kind(keys[i]) == algorithm_key(a))
			continue;
		ok(verifier_new(keys[i], a, &verifier) == ERR_KEY, "%s does not verify with %s",
		    algorithm_name(a), key_kind_name(key_kind(keys[i])));
		ok(signature_make(keys[i], a, STR("x"), bytes, &len) == ERR_KEY,
		    "%s does not sign with %s", algorithm_name(a),
		    key_kind_name(key_kind(keys[i])));
	}
}

static void
try_macs(void)
{
	for (int a = ALGORITHM_HS256; a <= ALGORITHM_HS512; a++) {
		uint8_t mac[DIGEST_SIZE_MAX];
		size_t len = 0;
		str_t text;

		ok(signature_mac((enum algorithm)a, STR("k"), STR("m"), mac, &len) == ERR_OK, "MAC");
		text = str_make((char *)mac, len);
		ok(signature_check_mac((enum algorithm)a, STR("k"), STR("m"), text) == ERR_OK,
		    "verifies");
		ok(signature_check_mac((enum algorithm)a, STR("l"), STR("m"), text) ==
		        ERR_SIGNATURE, "other key");
		mac[len - 1] ^= 1;
		ok(signature_check_mac((enum algorithm)a, STR("k"), STR("m"), text) ==
		        ERR_SIGNATURE, "other MAC");
	}
	ok(signature_check_mac(ALGORITHM_ES256, STR("k"), STR("m"), STR("x")) == ERR_KEY,
	    "a signature is no MAC");
	ok(signature_check_mac(ALGORITHM_NONE, STR("k"), STR("m"), STR("")) == ERR_KEY, "none");
}

int
main(void)
{
	static const enum key_kind kinds[] = { KEY_RSA, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519 };
	struct key *keys[COUNT(kinds)] = { NULL };
	struct verify_context *context = verify_context_new();

	for (size_t i = 0; i < COUNT(kinds); i++)
		ok(key_generate(kinds[i], &keys[i]) == ERR_OK, "%s", key_kind_name(kinds[i]));
	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_HS256; a++) {
		for (size_t i = 0; i < COUNT(kinds); i++)
			if (algorithm_key((enum algorithm)a) == kinds[i])
				try_algorithm((enum algorithm)a, keys[i], context);
		try_wrong_keys((enum algorithm)a, keys, COUNT(kinds));
	}
	try_macs();
	ok(algorithm_find(STR("es256")) == ALGORITHM_NONE, "names are case-sensitive");
	ok(algorithm_find(STR("EdDSA")) == ALGORITHM_EDDSA, "EdDSA is found");
	ok(algorithm_find(STR("none")) == ALGORITHM_NONE, "none is none");
	for (size_t i = 0; i < COUNT(kinds); i++)
		key_free(&keys[i]);
	verify_context_free(&context);
	return tap_done();
}
