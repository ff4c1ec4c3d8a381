/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/query.h"

#include "audit/happening.h"
#include "audit/text.h"

/* The text as a line has it, without its quotes. */
static str_t
as_written(struct arena *arena, str_t text)
{
	str_t written;
	struct buf b;

	buf_init(&b, 8 * (text.len + 1));
	audit_text_string(&b, text, SIZE_MAX / 2);
	if (buf_failed(&b))
		arena_fail(arena);
	written = buf_failed(&b) ? STR_NONE : arena_str(arena, str_sub(buf_str(&b), 1, b.len - 2));
	buf_fini(&b);
	return written;
}

/* A name that a mask writes is nobody's: whoever asks for it would get everybody's lines. */
static bool
is_mask_text(str_t text)
{
	return str_eq(text, STR("[REDACTED]")) || str_has_prefix(text, STR("hmac:"));
}

static err_t
ask_for_tenant(struct arena *arena, str_t tenant, const struct audit_mask *mask, struct diag *diag,
    struct audit_query *q)
{
	char room[AUDIT_MASK_TEXT_LEN];

	if (tenant.len == 0 || tenant.len > AUDIT_EVENT_TEXT_MAX || is_mask_text(tenant)) {
		diag_say(diag, "audit", "tenant_id is no name of a tenant");
		return ERR_SYNTAX;
	}
	if (mask != NULL && (mask->how[AUDIT_MEMBER_tenant_id] == AUDIT_DROP ||
			       mask->how[AUDIT_MEMBER_tenant_id] == AUDIT_LAST4)) {
		diag_say(diag, "audit",
		    "audit.mask drops tenant_id: whose a record is cannot be told, so none is shown");
		return ERR_CONFIG;
	}
	q->tenants[q->tenant_count++] = as_written(arena, tenant);
	if (mask != NULL && mask->how[AUDIT_MEMBER_tenant_id] == AUDIT_HASH)
		q->tenants[q->tenant_count++] = arena_str(arena,
		    audit_mask_text(mask, AUDIT_MEMBER_tenant_id, tenant, room));
	return ERR_OK;
}

static err_t
ask_for_action(struct arena *arena, str_t action, const struct audit_mask *mask, struct diag *diag,
    struct audit_query *q)
{
	enum audit_mask_how how = mask != NULL ? mask->how[AUDIT_MEMBER_action] : AUDIT_SHOW;
	char room[AUDIT_MASK_TEXT_LEN];

	q->is_prefix = action.len > 0 && action.data[action.len - 1] == '*';
	action.len -= q->is_prefix;
	q->any_action = action.len == 0;
	if (q->any_action)
		return ERR_OK;
	if (action.len > AUDIT_EVENT_TEXT_MAX) {
		diag_say(diag, "audit", "action_filter is longer than %d bytes", AUDIT_EVENT_TEXT_MAX);
		return ERR_SYNTAX;
	}
	if (how == AUDIT_DROP || how == AUDIT_LAST4 || (how == AUDIT_HASH && q->is_prefix)) {
		diag_say(diag, "audit", "audit.mask hides actions: they cannot be asked for %s",
		    how != AUDIT_HASH ? "" : "by their beginning");
		return ERR_CONFIG;
	}
	q->action = how == AUDIT_HASH
	    ? arena_str(arena, audit_mask_text(mask, AUDIT_MEMBER_action, action, room))
	    : as_written(arena, action);
	return ERR_OK;
}

err_t
audit_query_make(struct arena *arena, const struct audit_wish *wish, const struct audit_mask *mask,
    struct diag *diag, struct audit_query *ret)
{
	struct audit_query q = { .from_ms = wish->from_ms,
		.to_ms = wish->to_ms != 0 ? wish->to_ms : INT64_MAX,
		.limit = wish->limit };

	if (wish->from_ms < 0 || wish->to_ms < 0 || q.from_ms > q.to_ms) {
		diag_say(diag, "audit", wish->from_ms < 0 || wish->to_ms < 0
			? "start_time and end_time are unix times"
			: "start_time is after end_time");
		return ERR_SYNTAX;
	}
	if (!wish->any_tenant)
		TRY(ask_for_tenant(arena, wish->tenant_id, mask, diag, &q));
	TRY(ask_for_action(arena, wish->action, mask, diag, &q));
	if (arena_failed(arena))
		return ERR_MEMORY;
	*ret = q;
	return ERR_OK;
}

/* The log's own lines have no action, but a name. */
bool
audit_peek(str_t line, struct audit_peek *ret)
{
	*ret = (struct audit_peek){ .tenant_id = STR(""), .action = STR("") };
	if (!audit_text_read_time(line, &ret->time_ms) || !audit_line_seq(line, &ret->seq))
		return false;
	if (!audit_text_find(line, STR(",\"tenant_id\":\""), &ret->tenant_id))
		(void)audit_text_find(line, STR(",\"event\":\""), &ret->action);
	else
		(void)audit_text_find(line, STR(",\"action\":\""), &ret->action);
	return true;
}

static bool
is_one_of(const struct audit_query *q, str_t tenant)
{
	for (size_t i = 0; i < q->tenant_count; i++) {
		if (str_eq(q->tenants[i], tenant))
			return true;
	}
	return q->tenant_count == 0;
}

bool
audit_query_matches(const struct audit_query *q, const struct audit_peek *p)
{
	if (p->time_ms < q->from_ms || p->time_ms > q->to_ms || !is_one_of(q, p->tenant_id))
		return false;
	return q->any_action ||
	    (q->is_prefix ? str_has_prefix(p->action, q->action) : str_eq(p->action, q->action));
}
