/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_log: logs and checkpoints made in memory, for tests and benchmarks.
 *
 *   failure  abort
 */
#ifndef AUDIT_TEST_LOG_H
#define AUDIT_TEST_LOG_H

#include <stdio.h>
#include <stdlib.h>

#include "audit/checkpoint.h"
#include "audit/record.h"

struct test_log {
	struct arena *arena;
	struct digest *digest;
	size_t count;
	str_t *lines; /* newlines included */
	struct audit_chain *heads; /* after each line */
};

/* `count` decisions of a log of its own: `salt` tells it from others. */
static inline void
test_log_make(struct arena *arena, size_t count, unsigned salt, struct test_log *ret)
{
	struct audit_chain head = { .seq = 0 };
	struct buf body, line;
	size_t split;

	*ret = (struct test_log){ arena, digest_new(DIGEST_SHA256), count,
		ARENA_ARRAY(arena, str_t, count), ARENA_ARRAY(arena, struct audit_chain, count) };
	buf_init(&body, AUDIT_BODY_MAX);
	buf_init(&line, AUDIT_LINE_MAX);
	audit_genesis(head.hash);
	for (size_t i = 0; i < count; i++) {
		char subject[32];
		struct audit_record r = { .time_ms = 1767225600000 + (int64_t)i,
			.tenant_id = STR("acme"),
			.trace_id = STR("01J00000000000000000000000"),
			.action = STR("orders:read"),
			.resource = STR("orders/17"),
			.resource_owner = STR("bob@example.org"),
			.policy = STR("data.authz.allow"),
			.revision = STR("2026-01-01.1"),
			.sdk_version = STR("python/1.4.2"),
			.method = STR("Authorize"),
			.token_sha256 = STR("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
			.latency_us = 45,
			.allow = i % 3 != 0 };

		(void)snprintf(subject, sizeof(subject), "user-%u-%zu", salt, i);
		r.subject = str_of(subject);
		buf_clear(&body);
		buf_clear(&line);
		audit_record_write(&body, &r, NULL, &split);
		head.seq++;
		audit_line_write(&line, ret->digest, buf_str(&body), split, head.seq, head.hash);
		ret->lines[i] = arena_str(arena, buf_str(&line));
		ret->heads[i] = head;
	}
	buf_fini(&body);
	buf_fini(&line);
	if (arena_failed(arena))
		abort();
}

static inline void
test_log_free(struct test_log *l)
{
	digest_free(&l->digest);
}

/* The line again with another body, chained to `head`, as who has no key could make it. */
static inline str_t
test_log_rechain(struct test_log *l, str_t line, struct audit_chain *head)
{
	size_t seq = str_find(line, STR(",\"seq\":"), 0), after = seq + 7;
	size_t prev = str_find(line, STR(",\"prev_hash\":\""), seq);
	struct buf body, out;
	str_t made;

	while (line.data[after] >= '0' && line.data[after] <= '9')
		after++;
	buf_init(&body, AUDIT_LINE_MAX);
	buf_init(&out, AUDIT_LINE_MAX);
	buf_add_str(&body, str_cut(line, seq));
	buf_add_str(&body, str_sub(line, after, prev - after));
	head->seq++;
	audit_line_write(&out, l->digest, buf_str(&body), seq, head->seq, head->hash);
	made = arena_str(l->arena, buf_str(&out));
	buf_fini(&body);
	buf_fini(&out);
	if (arena_failed(l->arena))
		abort();
	return made;
}

static inline struct audit_seal_key
test_seal_key(str_t name)
{
	struct audit_seal_key k;
	struct key *key;

	if (key_generate(KEY_ED25519, &key) != ERR_OK || audit_seal_key_make(name, key, &k) != ERR_OK)
		abort();
	return k;
}

static inline void
test_write_file(const char *path, str_t bytes)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(bytes.data, 1, bytes.len, f) != bytes.len || fclose(f) != 0)
		abort();
}

#endif
