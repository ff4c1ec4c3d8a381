/* SPDX-License-Identifier: Apache-2.0 */
/* RateLimitService: counting, not deciding: no policy is asked and no record written. */
#include "base/clock.h"
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

struct rate_request {
	str_t key, tenant_id;
	uint64_t limit, window_secs;
	struct limiter_answer answer;
};

static const struct field_row rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct rate_request, key) },
	{ 2, FIELD_TENANT, offsetof(struct rate_request, tenant_id) },
	{ 3, FIELD_UINT, offsetof(struct rate_request, limit) },
	{ 4, FIELD_UINT, offsetof(struct rate_request, window_secs) },
};

static err_t
decode_rate(struct request *r)
{
	struct rate_request *own = ARENA_NEW(r->arena, struct rate_request);

	if (own == NULL)
		return ERR_MEMORY;
	TRY(fields_read(r->arena, r->bytes, rows, COUNT(rows), own));
	r->message.tenant_id = own->tenant_id;
	r->own = own;
	return ERR_OK;
}

/* 0 is what clients send that leave it to us; both are 32-bit fields. */
static uint32_t
or_default(uint64_t asked, int64_t fallback)
{
	if (asked == 0)
		return (uint32_t)fallback;
	return asked > UINT32_MAX ? UINT32_MAX : (uint32_t)asked;
}

static bool
ask_check(struct request *r, struct question *q)
{
	const struct config *c = &r->book->config;
	struct rate_request *own = r->own;
	const struct settings_rate *rate =
	    settings_rate(&r->book->settings, r->message.tenant_id, own->key);
	uint32_t limit = or_default(own->limit, rate != NULL ? rate->limit : c->rate_limit_default_limit);
	uint32_t window =
	    or_default(own->window_secs, rate != NULL ? rate->window_secs : c->rate_limit_default_window_secs);

	own->answer = limiter_ask(r->worker->options.commons->limiter, r->message.tenant_id, own->key,
	    limit, window * CLOCK_NS_PER_S, r->start_ns);
	r->allow = own->answer.allowed;
	if (!r->allow)
		request_deny(r, PROBLEM_RATE_LIMIT_EXCEEDED, STR("the limit of this key is reached"));
	return false;
}

static void
respond_check(const struct request *r, struct buf *out)
{
	const struct limiter_answer *a = &((const struct rate_request *)r->own)->answer;

	wire_write_uint(out, 1, r->allow);
	wire_write_uint(out, 2, a->remaining);
	/* Rounded up: who waits so long is not refused again for a fraction. */
	wire_write_uint(out, 3, (uint64_t)((a->wait_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS));
	message_write_problem(out, 4, r->problem, r->reason);
}

static bool
ask_reset(struct request *r, struct question *q)
{
	struct rate_request *own = r->own;

	(void)limiter_reset(r->worker->options.commons->limiter, r->message.tenant_id, own->key);
	r->allow = true;
	return false;
}

static void
respond_reset(const struct request *r, struct buf *out)
{
	wire_write_uint(out, 1, r->allow);
}

static void
refuse_rate(struct buf *out, str_t reason)
{
	wire_write_uint(out, 1, false);
}

const struct handler service_check_rate = {
	.decode = decode_rate,
	.ask = ask_check,
	.respond = respond_check,
	.refuse = refuse_rate,
	.flags = HANDLER_SILENT,
};

const struct handler service_reset_rate = {
	.decode = decode_rate,
	.ask = ask_reset,
	.respond = respond_reset,
	.refuse = refuse_rate,
	.flags = HANDLER_SILENT,
};
