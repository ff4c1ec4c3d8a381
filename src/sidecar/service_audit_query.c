/* SPDX-License-Identifier: Apache-2.0 */
/* AuditService, QueryAudit: asked here, answered by the thread of inquiry.h. */
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/worker.h"

#define SECONDS_BELOW INT64_C(100000000000) /* as milliseconds, that is early in 1973 */

struct query_request {
	str_t tenant_id, action;
	uint64_t start, end, limit;
};

static const struct field_row rows[] = {
	{ 1, FIELD_TENANT, offsetof(struct query_request, tenant_id) },
	{ 2, FIELD_TEXT, offsetof(struct query_request, action) },
	{ 3, FIELD_UINT, offsetof(struct query_request, start) },
	{ 4, FIELD_UINT, offsetof(struct query_request, end) },
	{ 5, FIELD_UINT, offsetof(struct query_request, limit) },
};

static err_t
decode_query(struct request *r)
{
	struct query_request *own = ARENA_NEW(r->notes, struct query_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	TRY(fields_read(r->notes, r->bytes, rows, COUNT(rows), own));
	r->message.tenant_id = own->tenant_id; /* empty: the daemon's own, and no other */
	return ERR_OK;
}

/* The contract does not name the unit; no log is so old that the two could be confused. */
static int64_t
milliseconds(uint64_t time, int64_t rest)
{
	int64_t t = (int64_t)time;

	return t > 0 && t < SECONDS_BELOW ? t * 1000 + rest : t;
}

static uint32_t
limit_of(const struct config *c, uint64_t asked)
{
	uint64_t limit = asked != 0 ? asked : (uint64_t)c->audit_query_default_results;

	return (uint32_t)(limit < (uint64_t)c->audit_query_max_results ? limit
								       : (uint64_t)c->audit_query_max_results);
}

static bool
ask_query(struct request *r, struct question *q)
{
	const struct query_request *own = r->own;
	const struct config *c = &r->book->config;
	struct inquiry *place = r->worker->options.inquiry;
	struct arena *arena = place != NULL ? inquiry_begin(place) : NULL;
	struct audit_wish wish = { .tenant_id = r->message.tenant_id,
		.action = own->action,
		.from_ms = milliseconds(own->start, 0),
		.to_ms = milliseconds(own->end, 999),
		.limit = limit_of(c, own->limit) };
	int64_t until = r->start_ns + c->audit_query_max_time_ms * CLOCK_NS_PER_MS;
	int64_t deadline = r->caller.deadline_ns;
	struct inquiry_bounds bounds = { .bytes = (uint64_t)c->audit_query_max_scan_mb << 20,
		.deadline_ns = deadline < until ? deadline : until };
	struct audit_query query;
	struct diag diag;
	err_t err;

	if (arena == NULL) {
		request_fail(r, place == NULL ? ERR_CONFIG : ERR_LIMIT, place == NULL
			? STR("the audit log is kept in no file (audit.sink), so it cannot be searched")
			: STR("a query is under way: ask again when it is answered"));
		return false;
	}
	diag_init(&diag, r->notes, 1);
	err = audit_query_make(arena, &wish, &r->book->mask, &diag, &query);
	if (err != ERR_OK) {
		request_fail(r, err, diag_first_message(&diag));
		return false;
	}
	inquiry_ask(place, r->caller.call, &query, &bounds);
	r->allow = r->deferred = true;
	return false;
}

static void
respond_query(const struct request *r, struct buf *out)
{
}

const struct handler service_query_audit = {
	.decode = decode_query,
	.ask = ask_query,
	.respond = respond_query,
	.flags = HANDLER_SILENT,
};
