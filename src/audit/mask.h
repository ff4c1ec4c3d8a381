/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask: which members of a record are hidden, and how.
 *
 * `audit.mask` lists member names.  "subject" writes "[REDACTED]" in its place;
 * "subject:hash" writes "hmac:" and the HMAC-SHA256 of the text under a key of
 * the host, so that the lines of one person can still be joined by who holds
 * the log, and guessed by nobody who lacks the key.  "subject:last4" leaves the last four
 * characters, of a text that has at least eight.
 */
#ifndef AUDIT_MASK_H
#define AUDIT_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"

#define AUDIT_MASK_MEMBERS(M) \
	M(tenant_id)          \
	M(subject)            \
	M(action)             \
	M(resource)           \
	M(resource_owner)     \
	M(deny_reasons)       \
	M(network_ip)         \
	M(network_user_agent) \
	M(session_id)         \
	M(metadata)

enum audit_member {
#define MEMBER(name) AUDIT_MEMBER_##name,
	AUDIT_MASK_MEMBERS(MEMBER)
#undef MEMBER
	    AUDIT_MEMBER_COUNT
};

enum audit_mask_how { AUDIT_SHOW, AUDIT_DROP, AUDIT_HASH, AUDIT_LAST4 };

enum { AUDIT_MASK_KEY_MIN = 16, AUDIT_MASK_KEY_MAX = 64, AUDIT_MASK_TEXT_LEN = 5 + 64 };

struct audit_mask {
	enum audit_mask_how how[AUDIT_MEMBER_COUNT];
	uint8_t key[AUDIT_MASK_KEY_MAX];
	size_t key_len;
};

/* `words` as configured; `key` is needed as soon as one of them says ":hash". */
err_t audit_mask_make(const str_t *words, size_t count, str_t key, struct diag *,
    struct audit_mask *ret);

/* The text that stands for `text`; `room` holds it when it is a hash. */
str_t audit_mask_text(const struct audit_mask *, enum audit_member, str_t text,
    char room[AUDIT_MASK_TEXT_LEN]);

#endif
