/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: one decision as one line of the audit log.
 *
 * A line is made in two places.  The worker that decided writes everything it
 * knows (audit_record_write); the writer, which alone knows the order, puts
 * `seq` in front of `revision` and appends `prev_hash` and `hash`:
 *
 *   {"ts":…,"trace_id":…, … ,"sdk_version":…,"seq":7,"revision":…,"prev_hash":H,"hash":H}
 *
 * `hash` is the SHA-256, in hexadecimal, of the 64 characters of `prev_hash`
 * followed by the bytes of the line up to and not including `,"hash"`.  The
 * first line of a log has a `prev_hash` of 64 zeros.
 *
 *   limits   a text member is cut at AUDIT_TEXT_MAX bytes, and then ends in "…";
 *            bytes that are not UTF-8 become U+FFFD; a line never exceeds
 *            AUDIT_LINE_MAX
 *   secrets  none: a token is here only as its SHA-256
 *   digest   a SHA-256 one, of the calling thread
 *   memory   the buf given; nothing is allocated once it holds AUDIT_LINE_MAX
 */
#ifndef AUDIT_RECORD_H
#define AUDIT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/mask.h"
#include "base/buf.h"
#include "base/str.h"
#include "crypt/digest.h"
#include "value/value.h"

enum {
	AUDIT_TEXT_MAX = 1024, /* bytes of one member's text, as written */
	AUDIT_REASONS_MAX = 4096, /* of all deny reasons together */
	AUDIT_BODY_MAX = 14 << 10, /* what a worker hands over */
	AUDIT_LINE_MAX = 16 << 10, /* the finished line, its newline included */
	AUDIT_HASH_LEN = 64,
	AUDIT_ULID_LEN = 26,
};

struct audit_record {
	int64_t time_ms; /* unix */
	str_t trace_id; /* ULID */
	str_t method; /* the rpc: "Authorize" */
	str_t tenant_id, subject, action, resource, resource_owner;
	str_t policy; /* the rule asked for */
	bool allow;
	value_t deny_reasons; /* array of strings, or VALUE_NONE for none */
	uint64_t latency_us;
	str_t sdk_version;
	str_t token_sha256; /* hexadecimal; empty: no token */
	str_t note; /* what a reader must know: "development"; empty: nothing */
	str_t revision; /* of the policy; empty: none loaded */
};

/*
 * What a worker hands over: the members before `seq`, then those after it.
 * *ret_split is the length of the first part.
 */
void audit_record_write(struct buf *, const struct audit_record *, const struct audit_mask *,
    size_t *ret_split); /* mask may be NULL */

/* An event of the log itself or of the daemon: {"ts":…,"event":…,"detail":{…}} */
struct audit_event {
	int64_t time_ms;
	const char *name; /* "audit.recovered", "policy.rollback" */
	str_t detail; /* a sentence */
	uint64_t count; /* of bytes, records, …: what the sentence is about */
};
void audit_event_write(struct buf *, const struct audit_event *, size_t *ret_split);

/* The finished line, newline included; head is what audit_*_write gave. */
void audit_line_write(struct buf *, struct digest *, str_t body, size_t split, uint64_t seq,
    char hash[AUDIT_HASH_LEN]); /* in: hash of the line before; out: of this one */

/*
 * What a line says of its place in the chain.  false: it is no audit line, or its
 * own bytes do not give its hash.
 */
struct audit_link {
	uint64_t seq;
	char prev_hash[AUDIT_HASH_LEN], hash[AUDIT_HASH_LEN];
};
bool audit_line_read(struct digest *, str_t line, struct audit_link *ret); /* no newline */

bool audit_line_seq(str_t line, uint64_t *ret); /* only what it says of itself */

void audit_genesis(char hash[AUDIT_HASH_LEN]); /* 64 zeros */

/* 26 characters of Crockford's base 32: 48 bits of time, 80 bits given. */
void audit_ulid(char text[AUDIT_ULID_LEN], int64_t time_ms, const uint8_t random[10]);

#endif
