/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/request.h"

#include "audit/lane.h"
#include "audit/record.h"
#include "base/clock.h"
#include "crypt/secret.h"
#include "sidecar/version.h"
#include "sidecar/worker.h"

typedef err_t step_fn(struct request *);

static step_fn decode, authenticate, ask_policy, act, record, respond;

static const struct step {
	step_fn *run;
	bool always;
} steps[] = {
	{ decode, false }, /* bytes → message */
	{ authenticate, false }, /* token → identity */
	{ ask_policy, false }, /* rulebook + message + identity → decision */
	{ act, false }, /* allowed → done, for what is more than a question */
	{ record, true }, /* decision → audit lane */
	{ respond, true }, /* decision → answer, once the record is kept */
};

void
request_run(struct request *r)
{
	r->allow = false;
	r->trace = trace_of(caller_find(&r->caller, STR("traceparent")));
	r->start_ns = clock_steady_ns(&clock_system);
	r->now_ns = clock_wall_ns(&clock_system);
	r->date_s = clock_mark_now_s(r->worker->options.commons->clock);
	for (size_t i = 0; i < COUNT(steps); i++) {
		err_t err;

		if (r->err != ERR_OK && !steps[i].always)
			continue;
		err = steps[i].run(r);
		if (err != ERR_OK) {
			r->allow = false;
			r->err = r->err != ERR_OK ? r->err : err; /* the first cause */
		}
	}
	if (r->method->handler->finish != NULL)
		r->method->handler->finish(r);
}

void
request_deny(struct request *r, enum problem problem, str_t reason)
{
	r->allow = false;
	if (r->reason.len > 0)
		return;
	r->problem = problem;
	r->reason = reason;
}

static enum problem
problem_of(enum token_reason reason)
{
	switch (reason) {
	case TOKEN_EMPTY:
		return PROBLEM_AUTH_MISSING_TOKEN;
	case TOKEN_EXPIRED:
		return PROBLEM_AUTH_TOKEN_EXPIRED;
	case TOKEN_ISSUER:
		return PROBLEM_AUTH_UNKNOWN_ISSUER;
	case TOKEN_REVOKED:
		return PROBLEM_AUTH_TOKEN_REVOKED;
	case TOKEN_NO_KEYS:
		return PROBLEM_AUTH_JWKS_UNAVAILABLE;
	default:
		return PROBLEM_AUTH_INVALID_TOKEN;
	}
}

void
request_deny_token(struct request *r, enum token_reason reason)
{
	request_deny(r, problem_of(reason), str_of(token_reason_text(reason)));
}

str_t
request_plain(const struct request *r, str_t text)
{
	enum { SHOWN = 12 };
	char hash[SHA256_HEX_SIZE];
	size_t at = 0;

	if (!message_is_token(text))
		at = str_find(text, STR("eyJ"), 0);
	if (at >= text.len || !message_is_token(str_skip(text, at)))
		return text;
	digest_sha256_hex(jwt_strip_bearer(str_skip(text, at)), hash);
	return arena_printf(r->notes, "%.*stoken:%.*s", (int)at, text.data, SHOWN, hash);
}

void
request_fail(struct request *r, err_t err, str_t text)
{
	r->allow = false;
	if (r->err != ERR_OK)
		return;
	r->err = err;
	r->err_text = text;
}

/* ---- decode ---- */

static err_t
decode(struct request *r)
{
	err_t err = r->method->handler->decode(r);

	if (err != ERR_OK && r->err_text.len == 0)
		r->err_text = arena_printf(r->notes, "the message of %s is malformed: %s",
		    r->method->name, err_text(err));
	if (r->message.tenant_id.len == 0)
		r->message.tenant_id = r->book->config.tenant_id;
	return err;
}

/* ---- authenticate ---- */

static err_t
authenticate(struct request *r)
{
	r->tenant = metric_tenant_of(&r->book->metric_names, r->message.tenant_id);
	if (r->message.token.len == 0) {
		r->identity = (struct identity){ .reason = TOKEN_EMPTY,
			.roles = value_empty_array(),
			.scopes = value_empty_array(),
			.groups = value_empty_array() };
		return ERR_OK;
	}
	identity_check(&r->worker->checker, r->book, r->arena, r->message.token, r->date_s, &r->identity);
	worker_count_token(r->worker, r);
	if (r->identity.reason != TOKEN_NONE) {
		request_deny_token(r, r->identity.reason);
		return ERR_OK;
	}
	/* A verified claim outranks what the request says of itself. */
	r->message.subject = r->identity.subject;
	if (r->identity.tenant_id.len > 0)
		r->message.tenant_id = r->identity.tenant_id;
	r->tenant = metric_tenant_of(&r->book->metric_names, r->message.tenant_id);
	return ERR_OK;
}

/* ---- evaluate ---- */

static void
join_reasons(struct request *r)
{
	value_t reasons = r->decision.reasons;
	struct buf *text = &r->worker->scratch;

	if (reasons.tag != VALUE_ARRAY || reasons.count == 0) {
		request_deny(r, PROBLEM_POLICY_DENIED,
		    arena_printf(r->notes, "denied by %.*s", STR_FMT(r->decision.rule)));
		return;
	}
	buf_clear(text);
	for (uint32_t i = 0; i < reasons.count; i++) {
		if (i > 0)
			buf_add_text(text, "; ");
		if (value_is_string(reasons.items[i]))
			buf_add_str(text, value_str(reasons.items[i]));
	}
	request_deny(r, PROBLEM_POLICY_DENIED, arena_str(r->notes, buf_str(text)));
}

/* An input that is not JSON is the caller's mistake; everything else is a denial. */
static err_t
refuse_input(struct request *r)
{
	const struct decision *d = &r->decision;

	r->err_text = arena_printf(r->notes, "input_json:%u:%u: %.*s", d->input_place.row,
	    d->input_place.col, STR_FMT(d->message));
	return ERR_SYNTAX;
}

static void
deny_expired(struct request *r)
{
	request_deny(r, PROBLEM_POLICY_EXPIRED, STR("the policy bundle has expired"));
	if (r->method->handler->flags & HANDLER_VALUE)
		request_fail(r, ERR_REFUSED, r->reason);
}

static err_t
judge(struct request *r)
{
	const struct decision *d = &r->decision;

	if (d->err == ERR_SYNTAX)
		return refuse_input(r);
	if (rulebook_is_over(r->book, r->date_s))
		deny_expired(r);
	else if (snapshot_program(r->book->snapshot) == NULL && d->err == ERR_NOT_FOUND)
		request_deny(r, PROBLEM_POLICY_MISSING_RULE, STR("no policy is loaded"));
	else if (d->err == ERR_NOT_FOUND)
		request_deny(r, PROBLEM_POLICY_MISSING_RULE,
		    arena_printf(r->notes, "there is no rule `%.*s`", STR_FMT(request_plain(r, d->rule))));
	else if (d->err != ERR_OK)
		request_deny(r, PROBLEM_POLICY_DENIED,
		    arena_printf(r->notes, "the policy could not decide: %.*s",
			STR_FMT(d->message.len > 0 ? d->message : str_of(err_text(d->err)))));
	else if (r->method->handler->conclude != NULL)
		r->method->handler->conclude(r);
	else if (!d->allow)
		join_reasons(r);
	else
		r->allow = true;
	return ERR_OK;
}

/* Evaluate brings its own input: what it says of itself goes into the record. */
static void
note_text(const struct request *r, const char *name, str_t *text)
{
	value_t v = value_object_get_text(r->decision.input, name);

	if (text->len == 0 && value_is_string(v))
		*text = value_str(v);
}

static void
note_input(struct request *r)
{
	note_text(r, "subject", &r->message.subject);
	note_text(r, "action", &r->message.action);
	note_text(r, "resource", &r->message.resource);
	note_text(r, "resource_owner", &r->resource_owner);
}

static err_t
put_question(struct request *r, struct question *q)
{
	const struct config *c = &r->book->config;
	int64_t until = r->start_ns + c->policy_budget_time_ms * CLOCK_NS_PER_MS;
	int64_t deadline = r->caller.deadline_ns, begin;
	err_t err;

	if (q->rule.len == 0)
		q->rule = c->policy_default_rule;
	q->budget.instructions = (uint64_t)c->policy_budget_steps;
	q->budget.deadline_ns = deadline < until ? deadline : until;
	begin = clock_steady_ns(&clock_system);
	evaluate(r->worker->evaluator, r->book->snapshot, q, r->arena, &r->decision);
	r->end_ns = clock_steady_ns(&clock_system);
	r->evaluation_ns = r->end_ns - begin;
	r->evaluated = true;
	note_input(r);
	err = judge(r);
	worker_count_evaluation(r->worker, r);
	return err;
}

static err_t
ask_policy(struct request *r)
{
	struct question q = { .with_reasons = true };

	if (r->reason.len > 0 || !r->method->handler->ask(r, &q))
		return r->err;
	return put_question(r, &q);
}

err_t
request_decide(struct request *r, struct question *q)
{
	r->allow = false;
	r->reason = STR_NONE;
	r->problem = PROBLEM_NONE;
	return put_question(r, q);
}

/* ---- act ---- */

static err_t
act(struct request *r)
{
	if (r->allow && r->method->handler->act != NULL)
		r->method->handler->act(r);
	return r->err;
}

/* ---- record ---- */

static void
describe_reasons(struct request *r, value_t *ret)
{
	value_t *one;

	*ret = VALUE_NONE;
	if (r->allow)
		return;
	if (r->evaluated && r->decision.reasons.tag == VALUE_ARRAY && r->decision.reasons.count > 0) {
		*ret = r->decision.reasons;
		return;
	}
	one = ARENA_NEW(r->notes, value_t);
	if (one == NULL)
		return;
	*one = value_string(r->notes, r->reason.len > 0 ? r->reason : r->err_text);
	*ret = value_array_of(one, 1);
}

str_t
request_id(const struct request *r)
{
	return r->trace.id.len > 0 ? r->trace.id : str_make(r->id, AUDIT_ULID_LEN);
}

static void
describe(struct request *r, struct audit_record *record, char token_hash[SHA256_HEX_SIZE])
{
	const struct snapshot_facts *facts = snapshot_facts(r->book->snapshot);

	r->end_ns = clock_steady_ns(&clock_system);
	*record = (struct audit_record){
		.time_ms = r->now_ns / CLOCK_NS_PER_MS,
		.trace_id = request_id(r),
		.method = str_of(r->method->name),
		.tenant_id = request_plain(r, r->message.tenant_id),
		.subject = request_plain(r, r->message.subject),
		.action = request_plain(r, r->message.action),
		.resource = request_plain(r, r->message.resource),
		.resource_owner = request_plain(r, r->resource_owner),
		.policy = request_plain(r, r->evaluated ? r->decision.rule : r->message.rule),
		.allow = r->allow,
		.latency_us = (uint64_t)(r->end_ns - r->start_ns) / 1000,
		.sdk_version = STR(CORESDK_VERSION),
		.note = r->book->note,
		.revision = facts->revision,
	};
	worker_make_ulid(r->worker, record->time_ms, r->id);
	if (r->message.token.len > 0) {
		digest_sha256_hex(jwt_strip_bearer(r->message.token), token_hash);
		record->token_sha256 = str_make(token_hash, SHA256_HEX_SIZE);
	}
	describe_reasons(r, &record->deny_reasons);
}

/* What is not recorded is not said to be: the client may try again. */
static err_t
record_own(struct request *r)
{
	struct buf *line = &r->worker->line;
	size_t split;

	if (r->err != ERR_OK || !r->allow)
		return ERR_OK;
	buf_clear(line);
	r->method->handler->write(r, line, &split);
	if (buf_failed(line)) {
		request_fail(r, ERR_SYNTAX, STR("the event is too big to be one record"));
		return ERR_OK;
	}
	r->recorded =
	    audit_lane_push_asking(r->worker->lane, buf_str(line), split, &r->ticket) == ERR_OK;
	if (!r->recorded && !worker_may_answer_unrecorded(r->worker))
		request_fail(r, ERR_AUDIT, STR_NONE);
	return ERR_OK;
}

static err_t
push_record(struct request *r, uint64_t *ret_ticket)
{
	char token_hash[SHA256_HEX_SIZE];
	struct buf *line = &r->worker->line;
	struct audit_record entry;
	size_t split;

	buf_clear(line);
	describe(r, &entry, token_hash);
	audit_record_write(line, &entry, &r->book->mask, &split);
	return buf_failed(line) ? ERR_LIMIT : audit_lane_push(r->worker->lane, buf_str(line), split, ret_ticket);
}

bool
request_note(struct request *r)
{
	uint64_t ticket;

	r->noted = true;
	if (push_record(r, &ticket) != ERR_OK)
		return worker_may_answer_unrecorded(r->worker);
	if (r->recorded)
		worker_hold_part(r->worker, r);
	r->recorded = true;
	r->ticket = ticket;
	return true;
}

static err_t
record(struct request *r)
{
	if ((r->method->handler->flags & HANDLER_SILENT) || r->noted)
		return ERR_OK;
	if (r->method->handler->write != NULL)
		return record_own(r);
	r->recorded = push_record(r, &r->ticket) == ERR_OK;
	if (!r->recorded && !worker_may_answer_unrecorded(r->worker)) {
		r->reason = STR_NONE;
		request_deny(r, PROBLEM_AUDIT_UNAVAILABLE, str_of(err_text(ERR_AUDIT)));
		if (r->method->handler->flags & HANDLER_VALUE)
			request_fail(r, ERR_AUDIT, r->reason);
	}
	return ERR_OK;
}

/* ---- respond ---- */

static err_t
respond(struct request *r)
{
	struct buf *out = &r->worker->answer;

	if (r->deferred)
		return ERR_OK;
	if (r->method->handler->flags & HANDLER_PART) {
		r->method->handler->respond(r, out);
		return ERR_OK;
	}
	if (!r->allow && (r->method->handler->flags & HANDLER_STATUS))
		request_fail(r, r->identity.reason != TOKEN_NONE ? ERR_TOKEN : ERR_REFUSED, r->reason);
	buf_clear(out);
	if (r->err == ERR_OK) {
		r->method->handler->respond(r, out);
		if (buf_failed(out)) { /* too big an answer is no answer */
			buf_clear(out);
			if (r->method->handler->refuse != NULL)
				r->method->handler->refuse(out, str_of(err_text(ERR_LIMIT)));
			else
				request_fail(r, ERR_LIMIT, str_of(err_text(ERR_LIMIT)));
		}
	}
	worker_answer(r->worker, r, buf_str(out));
	if ((r->method->handler->flags & HANDLER_SECRET) && out->capacity > 0)
		secret_wipe(out->data, out->capacity);
	return ERR_OK;
}
