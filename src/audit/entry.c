/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/entry.h"

#include "audit/text.h"
#include "codec/json.h"

/* What is told elsewhere: in the entry itself, or in the link. */
static const char *const told[] = { "ts", "trace_id", "event_id", "tenant_id", "subject",
	"action", "resource", "resource_type", "resource_id", "outcome", "allow", "event", "seq",
	"prev_hash", "hash" };

static str_t
text_of(value_t line, const char *name)
{
	value_t v = value_object_get_text(line, name);

	return value_is_string(v) ? value_str(v) : STR("");
}

static str_t
first_text(str_t one, str_t other)
{
	return one.len > 0 ? one : other;
}

static bool
is_told(str_t name)
{
	for (size_t i = 0; i < COUNT(told); i++) {
		if (str_eq(name, str_of(told[i])))
			return true;
	}
	return false;
}

static value_t
rest_of(struct arena *arena, value_t line, bool is_event)
{
	struct object_builder rest;

	object_builder_init(&rest, arena, line.count);
	for (uint32_t i = 0; i < line.count; i++) {
		const struct value_entry entry = value_object_entry(line.object, i);
		str_t name = value_str(entry.key);

		/* A trace_id is an event's own, but a decision's name. */
		if (!is_told(name) || (is_event && str_eq(name, STR("trace_id"))))
			(void)object_builder_add(&rest, entry.key, entry.value);
	}
	return object_builder_freeze(&rest, OBJECT_LAST_WINS, NULL);
}

static str_t
resource_of(struct arena *arena, value_t line)
{
	str_t type = text_of(line, "resource_type"), id = text_of(line, "resource_id");

	if (type.len == 0 || id.len == 0)
		return first_text(text_of(line, "resource"), first_text(type, id));
	return arena_printf(arena, "%.*s/%.*s", STR_FMT(type), STR_FMT(id));
}

err_t
audit_entry_read(struct arena *arena, str_t line, struct audit_entry *ret)
{
	value_t v, allow, metadata;
	bool is_event;

	TRY(json_read(arena, line, NULL, NULL, &v));
	if (v.tag != VALUE_OBJECT || !audit_text_read_time(line, &ret->time_ms))
		return ERR_SYNTAX;
	allow = value_object_get_text(v, "allow");
	metadata = value_object_get_text(v, "metadata");
	is_event = text_of(v, "event_id").len > 0;
	ret->id = first_text(text_of(v, "event_id"), text_of(v, "trace_id"));
	ret->tenant_id = text_of(v, "tenant_id");
	ret->actor = text_of(v, "subject");
	ret->action = first_text(text_of(v, "action"), text_of(v, "event"));
	ret->resource = resource_of(arena, v);
	ret->outcome = value_is_bool(allow) ? (allow.tag == VALUE_TRUE ? STR("allow") : STR("deny"))
					    : text_of(v, "outcome");
	/* An application's event says all else in its metadata; that is given back as it came. */
	ret->metadata = str_eq(text_of(v, "method"), STR("EmitAuditEvent"))
	    ? (value_is_defined(metadata) ? metadata : value_empty_object())
	    : rest_of(arena, v, is_event);
	return arena_failed(arena) ? ERR_MEMORY : ERR_OK;
}
