/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_export.h"

#include "audit/text.h"
#include "codec/json.h"

enum { TIME_LEN = 24, METADATA_MAX = 1 << 20 };

static void
add_time(struct buf *out, int64_t time_ms)
{
	size_t begin = out->len;

	audit_text_begin(out, time_ms); /* {"ts":"…" */
	if (buf_failed(out))
		return;
	memmove(out->data + begin, out->data + begin + 7, TIME_LEN);
	out->len = begin + TIME_LEN;
}

/* ---- CSV ---- */

void
audit_export_csv_head(struct buf *out)
{
	buf_add_text(out, "seq,time,id,tenant_id,actor,action,resource,outcome,metadata,hash\r\n");
}

static void
add_cell(struct buf *out, str_t text)
{
	buf_add_text(out, ",\"");
	if (text.len > 0 && memchr("=+-@\t\r", text.data[0], 6) != NULL)
		buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, text.data[i]);
	}
	buf_add_char(out, '"');
}

err_t
audit_export_csv(struct buf *out, const struct audit_entry *e, const struct audit_link *link)
{
	struct buf metadata;

	buf_init(&metadata, METADATA_MAX);
	json_write(&metadata, e->metadata);
	if (buf_failed(&metadata)) {
		buf_fini(&metadata);
		return ERR_LIMIT;
	}
	buf_printf(out, "%llu,", (unsigned long long)link->seq);
	add_time(out, e->time_ms);
	add_cell(out, e->id);
	add_cell(out, e->tenant_id);
	add_cell(out, e->actor);
	add_cell(out, e->action);
	add_cell(out, e->resource);
	add_cell(out, e->outcome);
	add_cell(out, buf_str(&metadata));
	add_cell(out, str_make(link->hash, AUDIT_HASH_LEN));
	buf_add_text(out, "\r\n");
	buf_fini(&metadata);
	return ERR_OK;
}

/* ---- CEF ---- */

/* `stop` is escaped besides the backslash; a line's end would begin another event. */
static void
add_escaped(struct buf *out, str_t text, char stop)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '\n' || c == '\r') {
			buf_add_text(out, stop == '=' ? (c == '\n' ? "\\n" : "\\r") : " ");
			continue;
		}
		if (c == '\\' || c == stop)
			buf_add_char(out, '\\');
		buf_add_char(out, c);
	}
}

static void
add_pair(struct buf *out, const char *name, str_t text)
{
	if (text.len == 0)
		return;
	buf_add_char(out, ' ');
	buf_add_text(out, name);
	buf_add_char(out, '=');
	add_escaped(out, text, '=');
}

static void
add_custom(struct buf *out, int number, const char *label, str_t text)
{
	if (text.len == 0)
		return;
	buf_printf(out, " cs%dLabel=%s cs%d=", number, label, number);
	add_escaped(out, text, '=');
}

void
audit_export_cef(struct buf *out, const struct audit_entry *e, const struct audit_link *link)
{
	bool denied = str_eq(e->outcome, STR("deny")) || str_eq(e->outcome, STR("failure"));

	buf_add_text(out, "CEF:0|CoreSDK|coresdk-sidecar|" CORESDK_VERSION "|");
	add_escaped(out, e->action.len > 0 ? e->action : STR("decision"), '|');
	buf_add_char(out, '|');
	add_escaped(out, e->outcome.len > 0 ? e->outcome : STR("event"), '|');
	buf_printf(out, "|%d|rt=%lld externalId=%llu", denied ? 5 : 1, (long long)e->time_ms,
	    (unsigned long long)link->seq);
	add_pair(out, "suser", e->actor);
	add_pair(out, "act", e->action);
	add_pair(out, "outcome", e->outcome);
	add_custom(out, 1, "tenant", e->tenant_id);
	add_custom(out, 2, "resource", e->resource);
	add_custom(out, 3, "id", e->id);
	add_custom(out, 4, "hash", str_make(link->hash, AUDIT_HASH_LEN));
	buf_add_char(out, '\n');
}
