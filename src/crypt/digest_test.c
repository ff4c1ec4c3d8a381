/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "crypt/digest.h"
#include "crypt/hmac.h"
#include "crypt/random.h"
#include "crypt/secret.h"

static void
hex(const uint8_t *bytes, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret[2 * len] = '\0';
}

static const struct {
	enum digest_kind kind;
	const char *text, *want;
} digest_cases[] = {
	{ DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ DIGEST_SHA256, "abc",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ DIGEST_SHA384, "abc",
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	    "8086072ba1e7cc2358baeca134c825a7" },
	{ DIGEST_SHA512, "abc",
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	/* rfc7693 A */
	{ DIGEST_BLAKE2B512, "abc",
	    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923" },
};

static const struct {
	enum digest_kind kind;
	const char *key, *text, *want;
} hmac_cases[] = {
	/* rfc2202 2 and 3, rfc4231 4.3, and a key of no bytes */
	{ DIGEST_MD5, "Jefe", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738" },
	{ DIGEST_SHA1, "Jefe", "what do ya want for nothing?",
	    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ DIGEST_SHA256, "Jefe", "what do ya want for nothing?",
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ DIGEST_SHA256, "", "",
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

int
main(void)
{
	uint8_t bytes[DIGEST_SIZE_MAX], again[DIGEST_SIZE_MAX];
	char text[2 * DIGEST_SIZE_MAX + 1];

	for (size_t i = 0; i < COUNT(digest_cases); i++) {
		digest_of(digest_cases[i].kind, str_of(digest_cases[i].text), bytes);
		hex(bytes, digest_size(digest_cases[i].kind), text);
		ok(str_eq(str_of(text), str_of(digest_cases[i].want)), "digest %zu: %s", i, text);

		struct digest *d = digest_new(digest_cases[i].kind);
		str_t all = str_of(digest_cases[i].text);

		digest_add(d, STR("to be forgotten"));
		digest_begin(d);
		for (size_t at = 0; at < all.len; at++)
			digest_add(d, str_sub(all, at, 1));
		digest_end(d, again);
		ok(memcmp(bytes, again, digest_size(digest_cases[i].kind)) == 0, "in pieces");
		digest_add(d, all);
		digest_end(d, again);
		ok(memcmp(bytes, again, digest_size(digest_cases[i].kind)) == 0, "used again");
		digest_free(&d);
		ok(d == NULL, "freed");
	}
	for (size_t i = 0; i < COUNT(hmac_cases); i++) {
		hmac_of(hmac_cases[i].kind, str_of(hmac_cases[i].key), str_of(hmac_cases[i].text),
		    bytes);
		hex(bytes, digest_size(hmac_cases[i].kind), text);
		ok(str_eq(str_of(text), str_of(hmac_cases[i].want)), "hmac %zu: %s", i, text);
	}
	char sha[SHA256_HEX_SIZE];
	digest_sha256_hex(STR("abc"), sha);
	ok(str_eq(str_make(sha, sizeof(sha)), str_of(digest_cases[4].want)), "hex");

	random_bytes(bytes, sizeof(bytes));
	random_bytes(again, sizeof(again));
	ok(memcmp(bytes, again, sizeof(bytes)) != 0, "random bytes differ");

	struct secret *secret = secret_new(STR("hunter2hunter2"));
	ok(str_eq(secret_str(secret), STR("hunter2hunter2")), "a secret keeps its bytes");
	secret_cut(secret, 7);
	ok(str_eq(secret_str(secret), STR("hunter2")), "a secret can be cut");
	ok(secret_equal("abc", "abc", 3) && !secret_equal("abc", "abd", 3), "compared");
	secret_free(&secret);
	ok(secret == NULL, "and freed");
	return tap_done();
}
