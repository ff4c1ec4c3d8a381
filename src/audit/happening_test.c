/* SPDX-License-Identifier: Apache-2.0 */
/* Events as lines: what is in them, what is hidden, and what cannot be forged. */
#include "audit/happening.h"

#include "audit/entry.h"
#include "audit/record.h"
#include "audit/text.h"
#include "codec/json.h"
#include "tap.h"

static struct audit_mask mask_all;

static value_t
object_of(struct arena *arena, const char *json)
{
	value_t v = VALUE_NONE;

	(void)!json_read(arena, str_of(json), NULL, NULL, &v);
	return v;
}

/* The finished line of an event, without its newline. */
static str_t
line_of(struct arena *arena, const struct audit_happening *h, const struct audit_mask *mask, bool *ret_good)
{
	struct digest *sha = digest_new(DIGEST_SHA256);
	char hash[AUDIT_HASH_LEN];
	struct buf body, line, scratch;
	struct audit_link link;
	size_t split;
	str_t text;

	buf_init(&body, AUDIT_BODY_MAX);
	buf_init(&line, AUDIT_LINE_MAX);
	buf_init(&scratch, 64 << 10);
	audit_genesis(hash);
	audit_happening_write(&body, &scratch, h, mask, &split);
	*ret_good = !buf_failed(&body);
	if (*ret_good) {
		audit_line_write(&line, sha, buf_str(&body), split, 7, hash);
		*ret_good = audit_line_read(sha, str_make(line.data, line.len - 1), &link) && link.seq == 7;
	}
	text = *ret_good ? arena_str(arena, str_make(line.data, line.len - 1)) : STR("");
	buf_fini(&body);
	buf_fini(&line);
	buf_fini(&scratch);
	digest_free(&sha);
	return text;
}

static void
test_line(struct arena *arena)
{
	struct audit_happening h = { .time_ms = 1767225600123, .event_id = STR("e-1"), .tenant_id = STR("acme"),
		.subject = STR("alice"), .action = STR("order.create"), .resource_type = STR("order"),
		.resource_id = STR("17"), .outcome = STR("success"), .method = STR("EmitAuditEvent"),
		.metadata = object_of(arena, "{\"b\":[1,2.50],\"a\":{}}") };
	bool good;
	str_t line = line_of(arena, &h, NULL, &good);
	str_t want = STR("{\"ts\":\"2026-01-01T00:00:00.123Z\",\"event_id\":\"e-1\",\"tenant_id\":\"acme\",\"subject\":\"alice\","
			 "\"action\":\"order.create\",\"resource_type\":\"order\",\"resource_id\":\"17\",\"outcome\":\"success\","
			 "\"method\":\"EmitAuditEvent\",\"seq\":7,\"metadata\":{\"a\":{},\"b\":[1,2.50]},\"prev_hash\":\"");

	ok(good && str_has_prefix(line, want), "a line, to the byte: %.*s", STR_FMT(line));
}

static void
test_masks(struct arena *arena)
{
	struct audit_happening h = { .event_id = STR("e"), .tenant_id = STR("acme"), .subject = STR("alice"),
		.subject_email = STR("alice@x"), .action = STR("login"), .resource_id = STR("secret-17"),
		.network_ip = STR("192.0.2.1"), .network_user_agent = STR("lynx"), .session_id = STR("s-99"),
		.metadata = object_of(arena, "{\"card\":4111}") };
	static const char *const gone[] = { "acme", "alice", "login", "secret-17", "192.0.2.1", "lynx", "s-99", "4111" };
	bool good;
	str_t line;

	for (int how = AUDIT_DROP; how <= AUDIT_HASH; how++) {
		for (size_t i = 0; i < AUDIT_MEMBER_COUNT; i++)
			mask_all.how[i] = (enum audit_mask_how)how;
		mask_all.key_len = 32;
		line = line_of(arena, &h, &mask_all, &good);
		ok(good, "how %d: it is a line", how);
		for (size_t i = 0; i < COUNT(gone); i++)
			ok(str_find(line, str_of(gone[i]), 0) == line.len, "how %d: %s is not in it", how, gone[i]);
		ok(value_is_string(value_object_get_text(object_of(arena, arena_copy(arena, line.data, line.len)), "metadata")),
		    "how %d: metadata is one text", how);
	}
}

static void
test_forgery(struct arena *arena)
{
	struct audit_happening h = { .event_id = STR("e"), .tenant_id = STR("a\",\"seq\":1,\"tenant_id\":\"b"),
		.action = STR("\\\",\"action\":\"x"),
		.metadata = object_of(arena, "{\"seq\":1,\"tenant_id\":\"b\",\"action\":\"x\",\"hash\":\"00\",\",\\\"seq\\\":2\":3}") };
	bool good;
	str_t line = line_of(arena, &h, NULL, &good), tenant = STR(""), action = STR("");
	struct audit_entry entry = { .tenant_id = STR("") };
	uint64_t seq = 0;

	ok(good && audit_line_seq(line, &seq) && seq == 7, "the number is the writer's");
	ok(audit_text_find(line, STR(",\"tenant_id\":\""), &tenant) && tenant.len > 30, "the tenant is the line's own");
	ok(audit_text_find(line, STR(",\"action\":\""), &action) && str_has_prefix(action, STR("\\\\\\\"")),
	    "so is the action: %.*s", STR_FMT(action));
	ok(audit_entry_read(arena, line, &entry) == ERR_OK && str_eq(entry.tenant_id, h.tenant_id) &&
		str_eq(entry.action, h.action),
	    "read again, they are what they were");
}

static void
test_limits(struct arena *arena)
{
	char *big = arena_copy(arena, "", 0), *json = arena_alloc(arena, 9000, 1);
	struct audit_happening h = { .event_id = STR("e") };
	bool good;

	big = arena_alloc(arena, 4000, 1);
	memset(big, '"', 4000);
#define MEMBER(name, mask) h.name = str_make(big, 4000);
	AUDIT_EVENT_ALWAYS(MEMBER)
#undef MEMBER
	memset(json, 'x', 9000);
	memcpy(json, "{\"a\":\"", 6);
	memcpy(json + 8190, "\"}", 3);
	h.metadata = object_of(arena, json);
	(void)line_of(arena, &h, NULL, &good);
	ok(good && h.metadata.tag == VALUE_OBJECT, "an application's event at all its limits is one line");
#define MEMBER(name, mask) h.name = str_make(big, 4000);
	AUDIT_EVENT_SOMETIMES(MEMBER)
#undef MEMBER
	(void)line_of(arena, &h, NULL, &good);
	ok(!good, "what is too big for a line fails");
}

static void
test_uuid(void)
{
	uint8_t random[10] = { 0xff, 0x01, 0xff, 0x03, 4, 5, 6, 7, 8, 9 };
	char text[AUDIT_UUID_LEN];

	audit_uuid(text, 0x0123456789ab, random);
	ok(memcmp(text, "01234567-89ab-7f01-bf03-040506070809", sizeof(text)) == 0, "a UUID of version 7: %.36s", text);
}

static void
test_time(void)
{
	static const struct { const char *text; int64_t ms; } rows[] = {
		{ "1970-01-01T00:00:00.000Z", 0 },
		{ "2000-02-29T23:59:59.999Z", 951868799999 },
		{ "2026-01-01T00:00:00.123Z", 1767225600123 },
		{ "2100-03-01T00:00:00.000Z", 4107542400000 },
		{ "2024-12-31T12:00:00.001Z", 1735646400001 },
	};
	int64_t ms;
	struct buf b;

	buf_init(&b, 256);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_clear(&b);
		audit_text_begin(&b, rows[i].ms);
		ok(str_eq(str_skip(buf_str(&b), 7), str_of(rows[i].text)) == false && audit_text_read_time(buf_str(&b), &ms) &&
			ms == rows[i].ms && memcmp(b.data + 7, rows[i].text, 24) == 0,
		    "%s there and back", rows[i].text);
	}
	ok(!audit_text_read_time(STR("{\"ts\":\"2026-13-01T00:00:00.000Z\""), &ms) &&
		!audit_text_read_time(STR("{\"ts\":\"2026-0a-01T00:00:00.000Z\""), &ms) &&
		!audit_text_read_time(STR("{\"ts\":\"2026"), &ms) && !audit_text_read_time(STR(""), &ms),
	    "what is no time is none");
	buf_fini(&b);
}

int
main(void)
{
	struct arena *arena = arena_new(4 << 20);
	uint8_t key[16] = { 1 };

	value_hash_key(key);
	test_line(arena);
	test_masks(arena);
	test_forgery(arena);
	test_limits(arena);
	test_uuid();
	test_time();
	arena_free(&arena);
	return tap_done();
}
