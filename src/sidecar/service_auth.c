/* SPDX-License-Identifier: Apache-2.0 */
/* AuthService: ValidateToken and Authorize. */
#include "sidecar/input.h"
#include "sidecar/service.h"
#include "sidecar/worker.h"

/* ---- ValidateToken ---- */

static err_t
decode_validate(struct request *r)
{
	bool has_user_agent = r->caller.door->find(r->caller.call, STR("user-agent")).len > 0;

	return message_read_validate(r->arena, r->bytes, has_user_agent, &r->message);
}

/*
 * A token that verifies is valid.  A client that also names what it wants to do
 * means more than that: it calls this "authorize" and gets no other answer.
 */
static bool
ask_validate(struct request *r, struct question *q)
{
	const struct message *m = &r->message;
	bool names_deed = m->resource.len > 0 || m->action.len > 0;
	bool has_policy = snapshot_program(r->book->snapshot) != NULL;

	if (m->token.len == 0) {
		request_deny_token(r, TOKEN_EMPTY);
		return false;
	}
	if (m->audience.len > 0 && !identity_has_audience(&r->identity, m->audience)) {
		request_deny_token(r, TOKEN_AUDIENCE);
		return false;
	}
	if (!names_deed || !r->book->config.auth_validate_asks_policy ||
	    (!has_policy && r->book->development)) {
		r->allow = true;
		return false;
	}
	q->input = input_make(r);
	return true;
}

static void
respond_validate(const struct request *r, struct buf *out)
{
	struct message_identity id = { .subject = r->identity.subject,
		.roles = r->identity.roles,
		.claims = r->identity.claims,
		.expires_at = r->identity.expires_at };

	if (r->allow) {
		/* Clients take groups for roles where there are none: so say it ourselves. */
		if (id.roles.count == 0)
			id.roles = r->identity.groups;
		message_write_validate(out, &r->worker->scratch, &id);
		return;
	}
	message_write_invalid(out, r->problem, r->reason);
}

static void
refuse_validate(struct buf *out, str_t reason)
{
	message_write_invalid(out, PROBLEM_AUDIT_UNAVAILABLE, reason);
}

const struct handler service_validate_token = {
	.decode = decode_validate,
	.ask = ask_validate,
	.respond = respond_validate,
	.refuse = refuse_validate,
};

/* ---- Authorize ---- */

static err_t
decode_authorize(struct request *r)
{
	return message_read_authorize(r->arena, r->bytes, &r->message);
}

static bool
ask_authorize(struct request *r, struct question *q)
{
	str_t missing;

	if (!identity_has_scopes(&r->identity, r->message.required_scope, &missing)) {
		request_deny(r, PROBLEM_AUTH_INSUFFICIENT_SCOPE,
		    arena_printf(r->notes, "the scope `%.*s` is not granted", STR_FMT(request_plain(r, missing))));
		return false;
	}
	q->input = input_make(r);
	return true;
}

/* `error` stays unset: a client that reads it as text would stumble over it. */
static void
respond_authorize(const struct request *r, struct buf *out)
{
	message_write_authorize(out, r->allow, r->reason);
}

static void
refuse_authorize(struct buf *out, str_t reason)
{
	message_write_authorize(out, false, reason);
}

const struct handler service_authorize = {
	.decode = decode_authorize,
	.ask = ask_authorize,
	.respond = respond_authorize,
	.refuse = refuse_authorize,
};
