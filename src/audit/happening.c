/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/happening.h"

#include <string.h>

#include "audit/text.h"
#include "codec/json.h"

static const struct row {
	const char *name;
	size_t offset;
	enum audit_member mask; /* AUDIT_MEMBER_COUNT: never masked */
	bool always;
} rows[] = {
#define MEMBER(name, mask) { #name, offsetof(struct audit_happening, name), AUDIT_MEMBER_##mask, true },
	AUDIT_EVENT_ALWAYS(MEMBER)
#undef MEMBER
#define MEMBER(name, mask) { #name, offsetof(struct audit_happening, name), AUDIT_MEMBER_##mask, false },
	AUDIT_EVENT_SOMETIMES(MEMBER)
#undef MEMBER
};

static str_t
shown(const struct audit_mask *mask, enum audit_member member, str_t text,
    char room[AUDIT_MASK_TEXT_LEN])
{
	if (mask == NULL || member == AUDIT_MEMBER_COUNT)
		return text;
	return audit_mask_text(mask, member, text, room);
}

static void
add_metadata(struct buf *out, struct buf *scratch, const struct audit_mask *mask, value_t metadata)
{
	char room[AUDIT_MASK_TEXT_LEN];

	if (metadata.tag != VALUE_OBJECT)
		return;
	buf_clear(scratch);
	json_write(scratch, metadata);
	if (buf_failed(scratch)) {
		out->failed = true;
		return;
	}
	if (mask != NULL && mask->how[AUDIT_MEMBER_metadata] != AUDIT_SHOW) {
		audit_text_member(out, "metadata",
		    audit_mask_text(mask, AUDIT_MEMBER_metadata, buf_str(scratch), room),
		    AUDIT_EVENT_TEXT_MAX);
		return;
	}
	buf_add_text(out, ",\"metadata\":");
	buf_add_str(out, buf_str(scratch));
}

void
audit_happening_write(struct buf *out, struct buf *scratch, const struct audit_happening *h,
    const struct audit_mask *mask, size_t *ret_split)
{
	char room[AUDIT_MASK_TEXT_LEN];
	size_t begin = out->len;

	audit_text_begin(out, h->time_ms);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_t text;

		memcpy(&text, (const char *)h + rows[i].offset, sizeof(text));
		if (rows[i].always || text.len > 0)
			audit_text_member(out, rows[i].name, shown(mask, rows[i].mask, text, room),
			    AUDIT_EVENT_TEXT_MAX);
	}
	if (h->said_ms != 0) {
		buf_add_text(out, ",\"timestamp\":");
		buf_add_int(out, h->said_ms);
	}
	*ret_split = out->len - begin;
	add_metadata(out, scratch, mask, h->metadata);
}

void
audit_uuid(char text[AUDIT_UUID_LEN], int64_t time_ms, const uint8_t random[10])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t bytes[16];
	size_t at = 0;

	for (size_t i = 0; i < 6; i++)
		bytes[i] = (uint8_t)((uint64_t)time_ms >> (40 - 8 * i));
	memcpy(bytes + 6, random, 10);
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x70); /* version 7 */
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* variant 10 */
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		text[at++] = hex[bytes[i] >> 4];
		text[at++] = hex[bytes[i] & 15];
	}
}
