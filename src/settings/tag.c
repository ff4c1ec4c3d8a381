/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/tag.h"

#include "base/file.h"
#include "crypt/hmac.h"
#include "crypt/secret.h"

err_t
tag_key_read(const char *path, struct buf *ret, struct diag *diag)
{
	buf_clear(ret);
	TRY(file_read(NULL, path, FILE_SECRET, ret, diag));
	if (ret->len > 0 && ret->data[ret->len - 1] == '\n')
		ret->len--;
	if (ret->len >= TAG_KEY_MIN)
		return ERR_OK;
	diag_say(diag, "settings", "%s: a key has at least %d bytes: openssl rand -hex 32 makes one", path,
	    TAG_KEY_MIN);
	return ERR_CONFIG;
}

void
tag_make(str_t key, str_t text, char ret[TAG_LEN])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t mac[SHA256_SIZE];

	hmac_of(DIGEST_SHA256, key, text, mac);
	for (size_t i = 0; i < sizeof(mac); i++) {
		ret[2 * i] = digits[mac[i] >> 4];
		ret[2 * i + 1] = digits[mac[i] & 15];
	}
}

err_t
tag_check(str_t key, str_t text, str_t tag)
{
	char right[TAG_LEN];

	tag = str_trim_space(tag);
	tag_make(key, text, right);
	return tag.len == TAG_LEN && secret_equal(tag.data, right, TAG_LEN) ? ERR_OK : ERR_SIGNATURE;
}
