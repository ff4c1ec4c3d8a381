/* SPDX-License-Identifier: Apache-2.0 */
/* AuditService, EmitAuditEvent: an application's own event, as one record of the log. */
#include "audit/happening.h"
#include "base/clock.h"
#include "codec/json.h"
#include "sidecar/event_metadata.h"
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/version.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

struct emit_request {
	str_t action, second, third, fourth, sixth; /* by the number of the field */
	struct field_texts fifth;
	str_t seventh;
	char id[AUDIT_UUID_LEN];
	struct audit_happening event;
};

static const struct field_row rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct emit_request, action) },
	{ 2, FIELD_TEXT, offsetof(struct emit_request, second) },
	{ 3, FIELD_TEXT, offsetof(struct emit_request, third) },
	{ 4, FIELD_TENANT, offsetof(struct emit_request, fourth) },
	{ 5, FIELD_TEXTS, offsetof(struct emit_request, fifth) },
	{ 6, FIELD_TEXT, offsetof(struct emit_request, sixth) },
	{ 7, FIELD_BYTES, offsetof(struct emit_request, seventh) },
};

static bool
is_outcome(str_t text)
{
	static const char *const words[] = { "success", "failure", "failed", "error", "allow",
		"allowed", "deny", "denied", "blocked", "revoked", "ok" };

	for (size_t i = 0; i < COUNT(words); i++) {
		if (str_eq_nocase(text, str_of(words[i])))
			return true;
	}
	return false;
}

static str_t
last_of(const struct field_texts *list)
{
	return list->count > 0 ? list->at[list->count - 1] : STR("");
}

/*
 * Two layouts are sent, and nothing in them says which:
 *
 *   the descriptor's (python)   1 action, 2 resource type, 3 resource id, 4 tenant, 5 user,
 *                               6 outcome, 7 metadata
 *   by hand (ts, go)            1 action, 2 user, 3 outcome, 4 tenant, 5 metadata: JSON, or
 *                               "k=v", many
 *
 * Fields 6 and 7 are only the descriptor's, and python always sends an outcome.  Without
 * them it is the second layout if no user agent is named (ts), if 5 comes more than once or
 * is a JSON object, which no user's name is, or if 3 is the word for an outcome; else the
 * first.  In both 4 is the tenant: a wrong guess mislabels, but never crosses tenants.
 */
static bool
is_by_hand(const struct request *r, const struct emit_request *own)
{
	if (own->sixth.len > 0 || own->seventh.len > 0)
		return false;
	return caller_find(&r->caller, STR("user-agent")).len == 0 || own->fifth.count > 1 ||
	    str_has_prefix(last_of(&own->fifth), STR("{")) || is_outcome(own->third);
}

/* "k=v" each; a text without "=" is a key with an empty value. */
static err_t
read_pairs(struct request *r, const struct field_texts *list, value_t *ret)
{
	struct object_builder pairs;
	struct buf *text = &r->worker->scratch;

	object_builder_init(&pairs, r->notes, list->count);
	for (size_t i = 0; i < list->count; i++) {
		size_t equals = str_find_char(list->at[i], '=', 0);
		str_t value = str_skip(list->at[i], equals < list->at[i].len ? equals + 1 : equals);

		(void)object_builder_add(&pairs, value_string(r->notes, str_sub(list->at[i], 0, equals)),
		    value_string(r->notes, value));
	}
	*ret = object_builder_freeze(&pairs, OBJECT_LAST_WINS, NULL);
	if (arena_failed(r->notes))
		return ERR_LIMIT;
	buf_clear(text);
	json_write(text, *ret);
	return event_metadata_check(r, buf_str(text), ret);
}

static err_t
read_by_hand(struct request *r, struct emit_request *own)
{
	str_t text = last_of(&own->fifth);

	own->event.subject = own->second;
	own->event.outcome = own->third;
	if (own->fifth.count == 1 && str_has_prefix(text, STR("{")))
		return event_metadata_read(r, text, &own->event.metadata);
	return own->fifth.count > 0 ? read_pairs(r, &own->fifth, &own->event.metadata) : ERR_OK;
}

static err_t
decode_emit(struct request *r)
{
	struct emit_request *own = ARENA_NEW(r->notes, struct emit_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	TRY(fields_read(r->notes, r->bytes, rows, COUNT(rows), own));
	own->event.action = own->action;
	r->message.tenant_id = own->fourth;
	if (is_by_hand(r, own))
		return read_by_hand(r, own);
	own->event.resource_type = own->second;
	own->event.resource_id = own->third;
	own->event.subject = last_of(&own->fifth);
	own->event.outcome = own->sixth;
	return event_metadata_read(r, own->seventh, &own->event.metadata);
}

static bool
ask_emit(struct request *r, struct question *q)
{
	struct emit_request *own = r->own;

	if (own->event.action.len == 0) {
		request_fail(r, ERR_SYNTAX, STR("action is empty: an event must say what was done"));
		return false;
	}
	own->event.time_ms = r->now_ns / CLOCK_NS_PER_MS;
	worker_make_uuid(r->worker, own->event.time_ms, own->id);
	own->event.event_id = str_make(own->id, AUDIT_UUID_LEN);
	own->event.tenant_id = r->message.tenant_id;
	if (own->event.outcome.len == 0)
		own->event.outcome = STR("success");
	own->event.method = STR("EmitAuditEvent"); /* by whichever of its names it was called */
	own->event.sdk_version = STR(CORESDK_VERSION);
	own->event.note = r->book->note;
	r->allow = true;
	return false;
}

static void
write_emit(struct request *r, struct buf *line, size_t *ret_split)
{
	struct emit_request *own = r->own;

	event_hide_tokens(r, &own->event);
	audit_happening_write(line, &r->worker->scratch, &own->event, &r->book->mask, ret_split);
}

static void
respond_emit(const struct request *r, struct buf *out)
{
	wire_write_bytes(out, 1, ((const struct emit_request *)r->own)->event.event_id);
}

/*
 * `error` is unset when all is well: clients read it as text and stumble over its status; so
 * where it must be set, it has none.
 */
static void
complete_emit(struct buf *out, const struct audit_receipt *receipt)
{
	if (receipt == NULL) {
		message_write_problem_status(out, 5, PROBLEM_AUDIT_NOT_RECORDED, 0, STR("audit.on_error is drop"));
		return;
	}
	wire_write_uint(out, 2, receipt->seq);
	wire_write_bytes(out, 3, str_make(receipt->hash, AUDIT_HASH_LEN));
	wire_write_bytes(out, 4, str_make(receipt->prev_hash, AUDIT_HASH_LEN));
}

const struct handler service_emit_audit_event = {
	.decode = decode_emit,
	.ask = ask_emit,
	.write = write_emit,
	.respond = respond_emit,
	.complete = complete_emit,
};
