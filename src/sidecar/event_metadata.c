/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/event_metadata.h"

#include "codec/json.h"
#include "sidecar/worker.h"

static err_t
refuse(struct request *r, str_t why)
{
	r->err_text = why;
	return ERR_SYNTAX;
}

err_t
event_metadata_check(struct request *r, str_t json, value_t *object)
{
	const struct config *c = &r->book->config;

	if (object->tag != VALUE_OBJECT)
		return refuse(r, STR("metadata_json:1:1: not an object"));
	if (json.len > (size_t)c->audit_event_max_metadata_bytes)
		return refuse(r, arena_printf(r->notes,
		    "metadata_json: %zu bytes, and audit.event.max_metadata_bytes is %lld", json.len,
		    (long long)c->audit_event_max_metadata_bytes));
	if (!c->audit_event_redact)
		return ERR_OK;
	if (redact_document(r->worker->redactor, NULL, r->arena, *object, object) == ERR_OK)
		return ERR_OK;
	return refuse(r, STR("metadata_json: cannot be searched for secrets"));
}

err_t
event_metadata_read(struct request *r, str_t json, value_t *ret)
{
	struct json_options options = { .depth_limit = EVENT_METADATA_DEPTH,
		.size_limit = (size_t)r->book->config.audit_event_max_metadata_bytes,
		.file = STR("metadata_json") };
	value_t v = VALUE_NONE;
	struct diag diag;
	err_t err;

	if (json.len == 0)
		return ERR_OK;
	diag_init(&diag, r->notes, 1);
	err = json_read(r->arena, json, &options, &diag, &v);
	if (err != ERR_OK && diag.first != NULL)
		return refuse(r, arena_printf(r->notes, "metadata_json:%u:%u: %.*s", diag.first->place.row,
		    diag.first->place.col, STR_FMT(diag.first->message)));
	if (err != ERR_OK)
		return refuse(r, arena_printf(r->notes, "metadata_json: %s", err_text(err)));
	TRY(event_metadata_check(r, json, &v));
	*ret = v;
	return ERR_OK;
}

void
event_hide_tokens(struct request *r, struct audit_happening *event)
{
#define MEMBER(name, mask) event->name = request_plain(r, event->name);
	AUDIT_EVENT_ALWAYS(MEMBER)
	AUDIT_EVENT_SOMETIMES(MEMBER)
#undef MEMBER
}
