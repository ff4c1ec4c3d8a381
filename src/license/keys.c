/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that this build believes licenses by. */
#include "codec/json.h"
#include "license/license.h"
#include "license_keys.inc"

static void
add_key(struct buf *text, const struct key *key)
{
	key_write_jwk(text, key);
	if (!buf_failed(text))
		text->len--; /* reopen the object, to add the kid */
	buf_printf(text, ",\"kid\":\"%.*s\",\"use\":\"sig\"}", STR_FMT(key_thumbprint(key)));
}

err_t
license_keys_new(struct jwks **ret)
{
	struct buf text;
	err_t err = ERR_OK;

	buf_init(&text, JWKS_TEXT_MAX);
	buf_add_text(&text, "{\"keys\":[");
	for (size_t i = 0; err == ERR_OK && i < COUNT(texts); i++) {
		struct key *key = NULL;

		err = key_read_pem(str_of(texts[i]), KEY_STRICT, NULL, &key);
		if (i > 0)
			buf_add_char(&text, ',');
		if (err == ERR_OK)
			add_key(&text, key);
		key_free(&key);
	}
	buf_add_text(&text, "]}");
	if (err == ERR_OK)
		err = buf_failed(&text) ? ERR_MEMORY : jwks_new(buf_str(&text), STR("license keys"), NULL, ret);
	buf_fini(&text);
	return err;
}

bool
license_keys_are_development(void)
{
	return LICENSE_DEVELOPMENT;
}
