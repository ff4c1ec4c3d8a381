/* SPDX-License-Identifier: Apache-2.0 */
#include "token/local.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "crypt/hmac.h"
#include "crypt/random.h"
#include "crypt/secret.h"

enum { JTI_BYTES = 16, PAYLOAD_MAX = JWS_SIZE_DEFAULT, ISSUER_MAX = 256 };

struct local_key {
	struct secret *secret;
	char kid[LOCAL_KID_LEN + 1];
	char issuer[ISSUER_MAX];
	size_t issuer_len;
};

static void
write_hex(char *to, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
}

err_t
local_key_new(str_t text, str_t issuer, struct diag *diag, struct local_key **ret)
{
	struct local_key *k;
	uint8_t mac[SHA256_SIZE];

	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (text.len < LOCAL_KEY_MIN || text.len > LOCAL_KEY_MAX || issuer.len >= ISSUER_MAX) {
		diag_say(diag, "key", "the local key has at least %d bytes: openssl rand -hex 32 makes one", LOCAL_KEY_MIN);
		return ERR_KEY;
	}
	k = calloc(1, sizeof(*k));
	if (k == NULL || (k->secret = secret_new(text)) == NULL) {
		free(k);
		return ERR_MEMORY;
	}
	/* The name tells keys apart and nothing of the key. */
	hmac_of(DIGEST_SHA256, text, STR("coresdk local key id"), mac);
	(void)snprintf(k->kid, sizeof(k->kid), "local-");
	write_hex(k->kid + 6, mac, 8);
	memcpy(k->issuer, issuer.data, issuer.len);
	k->issuer_len = issuer.len;
	*ret = k;
	return ERR_OK;
}

void
local_key_free(struct local_key **key)
{
	if (*key == NULL)
		return;
	secret_free(&(*key)->secret);
	free(*key);
	*key = NULL;
}

str_t
local_key_issuer(const struct local_key *k)
{
	return str_make(k->issuer, k->issuer_len);
}

err_t
local_sign(const struct local_key *k, struct arena *arena, value_t claims, struct buf *ret)
{
	uint8_t random[JTI_BYTES];
	char jti[2 * JTI_BYTES];
	struct buf payload;
	err_t err;

	random_bytes(random, sizeof(random));
	write_hex(jti, random, sizeof(random));
	claims = value_object_with(arena, claims, value_text(arena, "iss"),
	    value_string(arena, local_key_issuer(k)));
	claims = value_object_with(arena, claims, value_text(arena, "jti"),
	    value_string(arena, str_make(jti, sizeof(jti))));
	if (arena_failed(arena))
		return ERR_MEMORY;
	buf_init(&payload, PAYLOAD_MAX);
	json_write(&payload, claims);
	err = buf_failed(&payload) ? ERR_LIMIT :
				     jws_sign_mac(ret, secret_str(k->secret), str_of(k->kid), buf_str(&payload));
	buf_fini(&payload);
	return err;
}

err_t
local_verify(const struct local_key *k, struct arena *arena, str_t text, int64_t leeway, int64_t now,
    struct jwt *ret)
{
	const str_t issuer[] = { local_key_issuer(k) };
	const struct jwt_rules rules = { .claims = { .issuers = issuer, .issuer_count = 1, .leeway = leeway } };

	TRY(jwt_verify_mac(arena, text, &rules, secret_str(k->secret), now, ret));
	/* Under another name the MAC would be right too; but then it is not what we issue. */
	if (ret->jws.has_kid && !str_eq(ret->jws.kid, str_of(k->kid))) {
		ret->reason = TOKEN_KEY_UNKNOWN;
		return ERR_TOKEN;
	}
	return ERR_OK;
}
