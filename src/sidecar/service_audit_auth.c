/* SPDX-License-Identifier: Apache-2.0 */
/* AuditService, EmitAuthEvent: how somebody logged in, or failed to, as one record of the log. */
#include "audit/happening.h"
#include "base/clock.h"
#include "sidecar/event_metadata.h"
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/version.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

enum { ID_MAX = 128, AHEAD_MS = 24 * 3600 * 1000 };
#define SECONDS_BELOW INT64_C(100000000000) /* as milliseconds, that is early in 1973 */

struct auth_request {
	struct audit_happening event;
	uint64_t timestamp;
	str_t metadata_json;
	char id[AUDIT_UUID_LEN];
};

#define TEXT(number, name) { number, FIELD_TEXT, offsetof(struct auth_request, event.name) }

static const struct field_row rows[] = {
	TEXT(1, event_id),
	TEXT(2, action), /* event_type */
	TEXT(3, source),
	{ 4, FIELD_UINT, offsetof(struct auth_request, timestamp) },
	TEXT(5, tenant_id),
	TEXT(6, outcome),
	TEXT(7, subject_kind),
	TEXT(8, subject), /* subject_id */
	TEXT(9, subject_email),
	TEXT(10, subject_client_id),
	TEXT(11, subject_app_id),
	TEXT(12, resource_type),
	TEXT(13, resource_id),
	TEXT(14, resource_action),
	TEXT(15, network_ip),
	TEXT(16, network_user_agent),
	TEXT(17, network_country),
	{ 18, FIELD_BYTES, offsetof(struct auth_request, metadata_json) },
	TEXT(19, session_id),
	TEXT(20, request_id),
	TEXT(21, parent_event_id),
	TEXT(22, trace_id),
	TEXT(23, span_id),
	TEXT(24, mitre_technique_id),
	TEXT(25, severity),
};

#undef TEXT

static err_t
decode_auth(struct request *r)
{
	struct auth_request *own = ARENA_NEW(r->notes, struct auth_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	TRY(fields_read(r->notes, r->bytes, rows, COUNT(rows), own));
	r->message.tenant_id = own->event.tenant_id;
	return event_metadata_read(r, own->metadata_json, &own->event.metadata);
}

/* ---- what is allowed to stand where ---- */

static bool
is_one_of(str_t words, str_t text)
{
	while (words.len > 0) {
		size_t end = str_find_char(words, ' ', 0);

		if (str_eq(str_sub(words, 0, end), text))
			return true;
		words = str_skip(words, end < words.len ? end + 1 : end);
	}
	return false;
}

static bool
check_word(struct request *r, const char *field, str_t text, const char *words, bool may_be_empty)
{
	if ((may_be_empty && text.len == 0) || is_one_of(str_of(words), text))
		return true;
	request_fail(r, ERR_SYNTAX,
	    arena_printf(r->notes, "%s is `%.*s`, and must be one of: %s", field,
		STR_FMT(str_cut(text, 64)), words));
	return false;
}

static bool
check_time(struct request *r, struct auth_request *own, int64_t now_ms)
{
	int64_t said = (int64_t)own->timestamp;

	own->event.said_ms = said != 0 ? said : now_ms;
	if (said == 0 || (said >= SECONDS_BELOW && said <= now_ms + AHEAD_MS))
		return true;
	request_fail(r, ERR_SYNTAX,
	    said > now_ms ? STR("timestamp is in the future") :
			    STR("timestamp is not in milliseconds since 1970"));
	return false;
}

static bool
check(struct request *r, struct auth_request *own, int64_t now_ms)
{
	const struct audit_happening *e = &own->event;

	if (e->action.len == 0 || e->event_id.len > ID_MAX) {
		request_fail(r, ERR_SYNTAX, e->action.len == 0
			? STR("event_type is empty: an event must say what was done")
			: STR("event_id is longer than 128 bytes"));
		return false;
	}
	return check_word(r, "outcome", e->outcome, "success failure blocked revoked", false) &&
	    check_word(r, "subject_kind", e->subject_kind, "user app user_via_app anonymous", true) &&
	    check_word(r, "severity", e->severity, "critical high medium low info", true) &&
	    check_time(r, own, now_ms);
}

static bool
ask_auth(struct request *r, struct question *q)
{
	struct auth_request *own = r->own;
	int64_t now_ms = r->now_ns / CLOCK_NS_PER_MS;

	if (!check(r, own, now_ms))
		return false;
	own->event.time_ms = now_ms;
	if (own->event.event_id.len == 0) {
		worker_make_uuid(r->worker, now_ms, own->id);
		own->event.event_id = str_make(own->id, AUDIT_UUID_LEN);
	}
	own->event.tenant_id = r->message.tenant_id;
	own->event.method = STR("EmitAuthEvent");
	own->event.sdk_version = STR(CORESDK_VERSION);
	own->event.note = r->book->note;
	r->allow = true;
	return false;
}

static void
write_auth(struct request *r, struct buf *line, size_t *ret_split)
{
	struct auth_request *own = r->own;

	event_hide_tokens(r, &own->event);
	audit_happening_write(line, &r->worker->scratch, &own->event, &r->book->mask, ret_split);
}

static void
respond_auth(const struct request *r, struct buf *out)
{
}

static void
complete_auth(struct buf *out, const struct audit_receipt *receipt)
{
	wire_write_uint(out, 1, receipt != NULL);
	if (receipt == NULL)
		message_write_problem(out, 2, PROBLEM_AUDIT_NOT_RECORDED, STR("audit.on_error is drop"));
}

const struct handler service_emit_auth_event = {
	.decode = decode_auth,
	.ask = ask_auth,
	.write = write_auth,
	.respond = respond_auth,
	.complete = complete_auth,
};
