/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/record.h"

#include <string.h>

#include "audit/text.h"
#include "base/must.h"

/* ---- a decision ---- */

static void
add_member(struct buf *out, const char *name, str_t text)
{
	audit_text_member(out, name, text, AUDIT_TEXT_MAX);
}

static void
add_masked(struct buf *out, const struct audit_mask *mask, enum audit_member member,
    const char *name, str_t text)
{
	char room[AUDIT_MASK_TEXT_LEN];

	add_member(out, name,
	    mask != NULL ? audit_mask_text(mask, member, text, room) : text);
}

static void
add_reasons(struct buf *out, const struct audit_mask *mask, value_t reasons)
{
	char room[AUDIT_MASK_TEXT_LEN];
	size_t begin, left;

	buf_add_text(out, ",\"deny_reasons\":[");
	begin = out->len;
	for (uint32_t i = 0; reasons.tag == VALUE_ARRAY && i < reasons.count; i++) {
		str_t text;

		if (!value_is_string(reasons.items[i]))
			continue;
		text = value_str(reasons.items[i]);
		if (mask != NULL)
			text = audit_mask_text(mask, AUDIT_MEMBER_deny_reasons, text, room);
		left = AUDIT_REASONS_MAX - (out->len - begin);
		if (left < 64) { /* room for the quotes, the comma and a word */
			buf_add_text(out, ",\"…\"");
			break;
		}
		if (out->len > begin)
			buf_add_char(out, ',');
		audit_text_string(out, text, left - 16 < AUDIT_TEXT_MAX ? left - 16 : AUDIT_TEXT_MAX);
	}
	buf_add_char(out, ']');
}

void
audit_record_write(struct buf *out, const struct audit_record *r,
    const struct audit_mask *mask, size_t *ret_split)
{
	size_t begin = out->len;

	audit_text_begin(out, r->time_ms);
	add_member(out, "trace_id", r->trace_id);
#define MASKED(name) add_masked(out, mask, AUDIT_MEMBER_##name, #name, r->name)
	MASKED(tenant_id);
	MASKED(subject);
	MASKED(action);
	MASKED(resource);
	MASKED(resource_owner);
#undef MASKED
	add_member(out, "policy", r->policy);
	buf_add_text(out, r->allow ? ",\"allow\":true" : ",\"allow\":false");
	add_reasons(out, mask, r->deny_reasons);
	buf_add_text(out, ",\"latency_us\":");
	buf_add_int(out, (int64_t)(r->latency_us > INT64_MAX ? INT64_MAX : r->latency_us));
	add_member(out, "sdk_version", r->sdk_version);
	add_member(out, "method", r->method);
	if (r->token_sha256.len > 0)
		add_member(out, "token_sha256", r->token_sha256);
	if (r->note.len > 0)
		add_member(out, "note", r->note);
	*ret_split = out->len - begin;
	add_member(out, "revision", r->revision);
}

void
audit_event_write(struct buf *out, const struct audit_event *e, size_t *ret_split)
{
	size_t begin = out->len;

	audit_text_begin(out, e->time_ms);
	add_member(out, "event", str_of(e->name));
	add_member(out, "detail", e->detail);
	buf_add_text(out, ",\"count\":");
	buf_add_int(out, (int64_t)(e->count > INT64_MAX ? INT64_MAX : e->count));
	*ret_split = out->len - begin;
}

/* ---- the chain ---- */

#define SEQ_NAME ",\"seq\":"
#define PREV_NAME ",\"prev_hash\":\""
#define HASH_NAME ",\"hash\":\""

void
audit_genesis(char hash[AUDIT_HASH_LEN])
{
	memset(hash, '0', AUDIT_HASH_LEN);
}

static void
hash_line(struct digest *digest, const char prev[AUDIT_HASH_LEN], str_t line,
    char hash[AUDIT_HASH_LEN])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t bytes[SHA256_SIZE];

	digest_add(digest, str_make(prev, AUDIT_HASH_LEN));
	digest_add(digest, line);
	digest_end(digest, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		hash[2 * i] = hex[bytes[i] >> 4];
		hash[2 * i + 1] = hex[bytes[i] & 15];
	}
}

void
audit_line_write(struct buf *out, struct digest *digest, str_t body, size_t split,
    uint64_t seq, char hash[AUDIT_HASH_LEN])
{
	size_t begin = out->len;
	char prev[AUDIT_HASH_LEN];

	must(split <= body.len);
	memcpy(prev, hash, sizeof(prev));
	buf_add(out, body.data, split);
	buf_add_text(out, SEQ_NAME);
	buf_add_int(out, (int64_t)seq);
	buf_add_str(out, str_skip(body, split));
	buf_add_text(out, PREV_NAME);
	buf_add(out, prev, sizeof(prev));
	buf_add_char(out, '"');
	if (buf_failed(out))
		return;
	hash_line(digest, prev, str_make(out->data + begin, out->len - begin), hash);
	buf_add_text(out, HASH_NAME);
	buf_add(out, hash, AUDIT_HASH_LEN);
	buf_add_text(out, "\"}\n");
}

bool
audit_line_seq(str_t line, uint64_t *ret)
{
	str_t name = STR(SEQ_NAME);
	uint64_t seq = 0;
	/* In a text its quotes would be escaped: what is found is the member. */
	size_t at = str_find(line, name, 0), digits = 0;

	if (at == line.len)
		return false;
	for (at += name.len; at < line.len && line.data[at] >= '0' && line.data[at] <= '9'; at++) {
		if (++digits > 18)
			return false;
		seq = seq * 10 + (uint64_t)(line.data[at] - '0');
	}
	*ret = seq;
	return digits > 0;
}

static bool
take_hash(str_t line, size_t at, str_t name, char hash[AUDIT_HASH_LEN])
{
	str_t part = str_skip(line, at);

	if (!str_has_prefix(part, name) || part.data[name.len + AUDIT_HASH_LEN] != '"')
		return false;
	memcpy(hash, part.data + name.len, AUDIT_HASH_LEN);
	return true;
}

static bool
is_hash(const char hash[AUDIT_HASH_LEN])
{
	static const bool hex[256] = { ['0'... '9'] = true, ['a'... 'f'] = true };
	bool good = true;

	for (size_t i = 0; i < AUDIT_HASH_LEN; i++)
		good &= hex[(uint8_t)hash[i]];
	return good;
}

bool
audit_line_read(struct digest *digest, str_t line, struct audit_link *ret)
{
	str_t prev_name = STR(PREV_NAME), hash_name = STR(HASH_NAME);
	size_t hash_len = hash_name.len + AUDIT_HASH_LEN + 1; /* …" */
	size_t prev_len = prev_name.len + AUDIT_HASH_LEN + 1;
	char hash[AUDIT_HASH_LEN];
	size_t end; /* of what the hash covers */

	if (line.len < hash_len + prev_len + 2 || line.len > AUDIT_LINE_MAX ||
	    line.data[0] != '{' || line.data[line.len - 1] != '}')
		return false;
	end = line.len - 1 - hash_len;
	if (!take_hash(line, end, hash_name, ret->hash) ||
	    !take_hash(line, end - prev_len, prev_name, ret->prev_hash) ||
	    !audit_line_seq(str_sub(line, 0, end - prev_len), &ret->seq))
		return false;
	if (!is_hash(ret->prev_hash)) /* the other one is compared with what is */
		return false;
	hash_line(digest, ret->prev_hash, str_sub(line, 0, end), hash);
	return memcmp(hash, ret->hash, sizeof(hash)) == 0;
}

/* ---- names ---- */

void
audit_ulid(char text[AUDIT_ULID_LEN], int64_t time_ms, const uint8_t random[10])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t time = (uint64_t)time_ms & 0xffffffffffff;
	unsigned bits = 0, held = 0;
	size_t at = 10, from = 0;

	for (size_t i = 10; i > 0; i--, time >>= 5)
		text[i - 1] = digits[time & 31];
	while (at < AUDIT_ULID_LEN) {
		if (held < 5) {
			bits = bits << 8 | random[from++];
			held += 8;
		}
		held -= 5;
		text[at++] = digits[bits >> held & 31];
	}
}
