/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/record.h"

#include <stdio.h>

#include "audit/text.h"

#include <stdlib.h>

#include "codec/json.h"
#include "tap.h"

static struct digest *sha;

static void
check_exact_line(struct arena *arena)
{
	value_t reasons[] = { value_text(arena, "role is missing"), value_text(arena, "night") };
	struct audit_record r = {
		.time_ms = 1773921600123,
		.trace_id = STR("01JPQ8G0000000000000000000"),
		.method = STR("Authorize"),
		.tenant_id = STR("acme"),
		.subject = STR("u-1"),
		.action = STR("read"),
		.resource = STR("documents/doc-1"),
		.resource_owner = STR("u-2"),
		.policy = STR("data.authz.allow"),
		.deny_reasons = value_array_of(reasons, 2),
		.latency_us = 42,
		.sdk_version = STR("0.1.0"),
		.revision = STR("r7"),
	};
	const char *want =
	    "{\"ts\":\"2026-03-19T12:00:00.123Z\",\"trace_id\":\"01JPQ8G0000000000000000000\","
	    "\"tenant_id\":\"acme\",\"subject\":\"u-1\",\"action\":\"read\","
	    "\"resource\":\"documents/doc-1\",\"resource_owner\":\"u-2\","
	    "\"policy\":\"data.authz.allow\",\"allow\":false,"
	    "\"deny_reasons\":[\"role is missing\",\"night\"],\"latency_us\":42,"
	    "\"sdk_version\":\"0.1.0\",\"method\":\"Authorize\",\"seq\":7,\"revision\":\"r7\","
	    "\"prev_hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
	char hash[AUDIT_HASH_LEN], own[AUDIT_HASH_LEN];
	struct audit_link link;
	struct buf body, line, hashed;
	size_t split;

	buf_init(&body, AUDIT_BODY_MAX);
	buf_init(&line, AUDIT_LINE_MAX);
	buf_init(&hashed, AUDIT_LINE_MAX);
	audit_genesis(hash);
	buf_add(&hashed, hash, sizeof(hash));
	audit_record_write(&body, &r, NULL, &split);
	audit_line_write(&line, sha, buf_str(&body), split, 7, hash);
	ok(str_has_prefix(buf_str(&line), str_of(want)), "a record in all its bytes");

	/* What the header promises to who checks with sha256sum. */
	buf_add_text(&hashed, want);
	digest_sha256_hex(buf_str(&hashed), own);
	ok(memcmp(own, hash, sizeof(own)) == 0, "the hash covers the hash before and the line");
	ok(line.data[line.len - 1] == '\n', "a newline ends it");
	ok(audit_line_read(sha, str_make(line.data, line.len - 1), &link) && link.seq == 7 &&
		memcmp(link.hash, hash, sizeof(hash)) == 0,
	    "it reads back");
	size_t refused = 0;

	for (size_t i = 0; i < line.len - 1; i++) {
		line.data[i] ^= 1;
		refused += !audit_line_read(sha, str_make(line.data, line.len - 1), &link);
		line.data[i] ^= 1;
	}
	ok(refused == line.len - 1, "and with any one bit of its bytes changed it does not");
	buf_fini(&body);
	buf_fini(&line);
	buf_fini(&hashed);
}

static const struct {
	const char *label;
	str_t text;
	const char *want;
} text_cases[] = {
	{ "plain", STR("abc"), "\"subject\":\"abc\"" },
	{ "quotes", STR("a\"b\\c"), "\"subject\":\"a\\\"b\\\\c\"" },
	{ "newline", STR("a\nb"), "\"subject\":\"a\\u000ab\"" },
	{ "NUL", STR("a\0b"), "\"subject\":\"a\\u0000b\"" },
	{ "escape", STR("\033[2J"), "\"subject\":\"\\u001b[2J\"" },
	{ "UTF-8", STR("é😀"), "\"subject\":\"é😀\"" },
	{ "a lone byte", STR("a\xff z"), "\"subject\":\"a\xef\xbf\xbd z\"" },
	{ "a cut character", STR("a\xc3"), "\"subject\":\"a\xef\xbf\xbd\"" },
	{ "a surrogate", STR("\xed\xa0\x80"), "\"subject\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "a forged member", STR("x\",\"seq\":1,\""), "\"subject\":\"x\\\",\\\"seq\\\":1,\\\"\"" },
};

static void
check_texts(void)
{
	struct buf body;
	size_t split;

	buf_init(&body, AUDIT_BODY_MAX);
	for (size_t i = 0; i < COUNT(text_cases); i++) {
		struct audit_record r = { .subject = text_cases[i].text };
		str_t want = str_of(text_cases[i].want);

		buf_clear(&body);
		audit_record_write(&body, &r, NULL, &split);
		ok(str_find(buf_str(&body), want, 0) < body.len, "text: %s", text_cases[i].label);
	}
	buf_fini(&body);
}

/* The worst that a request can send, in every member at once. */
static void
check_limits(struct arena *arena)
{
	static const char fills[] = { 'a', '"', '\x01', '\xff' };
	char *big = malloc(1 << 16);
	value_t reasons[64];

	for (size_t f = 0; f < sizeof(fills); f++) {
		struct buf body, line;
		char hash[AUDIT_HASH_LEN];
		struct audit_link link;
		value_t value;
		size_t split;

		memset(big, fills[f], 1 << 16);
		str_t text = str_make(big, 1 << 16);

		for (size_t i = 0; i < COUNT(reasons); i++)
			reasons[i] = value_string(arena, str_sub(text, 0, 100 * i));
		struct audit_record r = { .time_ms = INT64_C(4102444800000), .trace_id = text,
			.method = text, .tenant_id = text, .subject = text, .action = text,
			.resource = text, .resource_owner = text, .policy = text,
			.deny_reasons = value_array_of(reasons, COUNT(reasons)),
			.latency_us = UINT64_MAX, .sdk_version = text, .token_sha256 = text,
			.note = text, .revision = text };

		/* Members of fixed length are ours: only the eight from outside are that big. */
		r.trace_id = r.sdk_version = r.token_sha256 = r.note = r.method = STR("x");
		buf_init(&body, AUDIT_BODY_MAX);
		buf_init(&line, AUDIT_LINE_MAX);
		audit_genesis(hash);
		audit_record_write(&body, &r, NULL, &split);
		audit_line_write(&line, sha, buf_str(&body), split, INT64_MAX / 10, hash);
		ok(!buf_failed(&body) && !buf_failed(&line), "byte %02x: everything fits in a line of %zu",
		    (uint8_t)fills[f], line.len);
		ok(json_read(arena, buf_str(&line), NULL, NULL, &value) == ERR_OK &&
			audit_line_read(sha, str_make(line.data, line.len - 1), &link),
		    "byte %02x: and the line is JSON, and good", (uint8_t)fills[f]);
		buf_fini(&body);
		buf_fini(&line);
	}
	free(big);
}

static const struct {
	const char *word, *key;
	err_t want;
	const char *member; /* as it must then stand in the record */
} mask_cases[] = {
	{ "subject", "", ERR_OK, "\"subject\":\"[REDACTED]\"" },
	{ "tenant_id", "", ERR_OK, "\"subject\":\"alice\"" },
	/* printf alice | openssl dgst -sha256 -hmac 0123456789abcdef */
	{ "subject:hash", "0123456789abcdef\n", ERR_OK, "\"subject\":\"hmac:" },
	{ "subject:hash", "short", ERR_CONFIG, NULL },
	{ "subject:last4", "", ERR_OK, "\"subject\":\"[REDACTED]\"" }, /* five are too few */
	{ "resource:last4", "", ERR_OK, "\"resource\":\"****6789\"" },
	{ "subject:md5", "0123456789abcdef", ERR_CONFIG, NULL },
	{ "latency_us", "", ERR_CONFIG, NULL },
	{ "deny_reasons", "", ERR_OK, "\"deny_reasons\":[\"[REDACTED]\"]" },
};

static void
check_masks(struct arena *arena)
{
	value_t reasons[] = { value_text(arena, "alice is not an owner") };
	struct audit_record r = { .subject = STR("alice"),
		.resource = STR("card 123456789"),
		.deny_reasons = value_array_of(reasons, 1) };
	struct buf body;
	size_t split;

	buf_init(&body, AUDIT_BODY_MAX);
	for (size_t i = 0; i < COUNT(mask_cases); i++) {
		str_t word = str_of(mask_cases[i].word);
		struct audit_mask mask;
		err_t err = audit_mask_make(&word, 1, str_of(mask_cases[i].key), NULL, &mask);

		ok(err == mask_cases[i].want, "mask %s with key \"%s\"", mask_cases[i].word,
		    mask_cases[i].key);
		if (err != ERR_OK)
			continue;
		buf_clear(&body);
		audit_record_write(&body, &r, &mask, &split);
		ok(str_find(buf_str(&body), str_of(mask_cases[i].member), 0) < body.len,
		    "mask %s: %s", mask_cases[i].word, mask_cases[i].member);
	}
	buf_fini(&body);
}

static void
check_ulid(void)
{
	static const uint8_t zeros[10], ones[10] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff };
	char text[AUDIT_ULID_LEN];

	audit_ulid(text, 1469918176385, zeros);
	ok(memcmp(text, "01ARYZ6S410000000000000000", sizeof(text)) == 0, "ULID: time in front");
	audit_ulid(text, 0, ones);
	ok(memcmp(text, "0000000000ZZZZZZZZZZZZZZZZ", sizeof(text)) == 0, "ULID: then randomness");
}

static void
check_event(void)
{
	struct audit_event e = { 0, "audit.resumed", STR("a \"sentence\""), 17 };
	struct buf body;
	size_t split;

	buf_init(&body, AUDIT_BODY_MAX);
	audit_event_write(&body, &e, &split);
	ok(str_eq(buf_str(&body),
	       STR("{\"ts\":\"1970-01-01T00:00:00.000Z\",\"event\":\"audit.resumed\","
		   "\"detail\":\"a \\\"sentence\\\"\",\"count\":17")) &&
		split == body.len,
	    "an event in all its bytes");
	buf_fini(&body);
}

/* Every day of three centuries, and every byte at every place of a text. */
static void
check_text(void)
{
	struct buf out;
	size_t wrong = 0;

	buf_init(&out, 1 << 10);
	for (int64_t day = 0; day < 110000; day++) {
		int64_t time_ms = day * 86400000 + day * 7919 % 86400000, read;

		buf_clear(&out);
		audit_text_begin(&out, time_ms);
		wrong += !audit_text_read_time(buf_str(&out), &read) || read != time_ms;
	}
	ok(wrong == 0, "times are read as they were written");
	for (unsigned c = 0; c < 256; c++) {
		for (size_t at = 0; at < 19; at++) {
			bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
			char text[20] = "aaaaaaaaaaaaaaaaaaa", want[40];

			text[at] = (char)c;
			buf_clear(&out);
			audit_text_member(&out, "n", str_make(text, 19), 64);
			(void)snprintf(want, sizeof(want), ",\"n\":\"%.19s\"", text);
			wrong += plain != (out.len == 26 && memcmp(out.data, want, 26) == 0) || (!plain && out.len < 27);
		}
	}
	ok(wrong == 0, "plain bytes stand as they are, others are escaped, wherever they stand");
	buf_fini(&out);
}

int
main(void)
{
	struct arena *arena = arena_new(64 << 20);

	sha = digest_new(DIGEST_SHA256);
	check_exact_line(arena);
	check_texts();
	check_limits(arena);
	check_masks(arena);
	check_ulid();
	check_event();
	digest_free(&sha);
	arena_free(&arena);
	check_text();
	return tap_done();
}
