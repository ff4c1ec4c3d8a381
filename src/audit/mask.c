/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/mask.h"

#include <string.h>

#include "crypt/hmac.h"

static const char *const names[] = {
#define MEMBER(name) [AUDIT_MEMBER_##name] = #name,
	AUDIT_MASK_MEMBERS(MEMBER)
#undef MEMBER
};

static err_t
read_word(str_t word, struct diag *diag, struct audit_mask *mask, bool *ret_hashes)
{
	size_t colon = str_find_char(word, ':', 0);
	str_t name = str_sub(word, 0, colon), how = str_skip(word, colon);
	bool hashes = str_eq(how, STR(":hash")), last4 = str_eq(how, STR(":last4"));

	if (how.len > 0 && !hashes && !last4) {
		diag_say(diag, "config", "audit.mask: `%.*s`: only \":hash\" or \":last4\" may follow a member",
		    STR_FMT(word));
		return ERR_CONFIG;
	}
	for (size_t i = 0; i < AUDIT_MEMBER_COUNT; i++) {
		if (!str_eq(name, str_of(names[i])))
			continue;
		mask->how[i] = hashes ? AUDIT_HASH : last4 ? AUDIT_LAST4 : AUDIT_DROP;
		*ret_hashes |= hashes;
		return ERR_OK;
	}
	diag_say(diag, "config",
	    "audit.mask: `%.*s` is no member that can be masked (tenant_id, subject, action, "
	    "resource, resource_owner, deny_reasons, network_ip, network_user_agent, session_id, "
	    "metadata)",
	    STR_FMT(name));
	return ERR_CONFIG;
}

err_t
audit_mask_make(const str_t *words, size_t count, str_t key, struct diag *diag,
    struct audit_mask *ret)
{
	struct audit_mask mask = { 0 };
	bool hashes = false;

	for (size_t i = 0; i < count; i++)
		TRY(read_word(words[i], diag, &mask, &hashes));
	key = str_trim_space(key);
	if (hashes && (key.len < AUDIT_MASK_KEY_MIN || key.len > AUDIT_MASK_KEY_MAX)) {
		diag_say(diag, "config",
		    "audit.mask: \":hash\" needs a key of %d to %d bytes in audit.mask_key_path",
		    AUDIT_MASK_KEY_MIN, AUDIT_MASK_KEY_MAX);
		return ERR_CONFIG;
	}
	if (hashes) {
		memcpy(mask.key, key.data, key.len);
		mask.key_len = key.len;
	}
	*ret = mask;
	return ERR_OK;
}

/* Where the last `count` characters begin; 0: there are no more than that. */
static size_t
last_characters(str_t text, int count)
{
	size_t at = text.len;

	while (at > 0 && count > 0)
		count -= (text.data[--at] & 0xc0) != 0x80;
	return at;
}

/* Bytes that are no text count as characters of their own, or as part of one: fewer are shown then. */
static str_t
keep_last(str_t text, char room[AUDIT_MASK_TEXT_LEN])
{
	size_t at = last_characters(text, 4);

	if (last_characters(text, 7) == 0 || text.len - at > 16)
		return STR("[REDACTED]");
	memcpy(room, "****", 4);
	memcpy(room + 4, text.data + at, text.len - at);
	return str_make(room, 4 + text.len - at);
}

str_t
audit_mask_text(const struct audit_mask *mask, enum audit_member member, str_t text,
    char room[AUDIT_MASK_TEXT_LEN])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[SHA256_SIZE];

	if (mask->how[member] == AUDIT_SHOW || text.len == 0)
		return text;
	if (mask->how[member] == AUDIT_DROP)
		return STR("[REDACTED]");
	if (mask->how[member] == AUDIT_LAST4)
		return keep_last(text, room);
	hmac_of(DIGEST_SHA256, str_make((const char *)mask->key, mask->key_len), text, digest);
	memcpy(room, "hmac:", 5);
	for (size_t i = 0; i < sizeof(digest); i++) {
		room[5 + 2 * i] = hex[digest[i] >> 4];
		room[6 + 2 * i] = hex[digest[i] & 15];
	}
	return str_make(room, AUDIT_MASK_TEXT_LEN);
}
