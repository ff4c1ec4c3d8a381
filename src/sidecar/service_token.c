/* SPDX-License-Identifier: Apache-2.0 */
/* AuthService: the key set, revoking tokens, and getting new ones. */
#include "base/clock.h"
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

/* ---- GetJwks ---- */

static err_t
decode_jwks(struct request *r)
{
	return fields_read(r->notes, r->bytes, NULL, 0, NULL);
}

static bool
ask_jwks(struct request *r, struct question *q)
{
	r->allow = true;
	return false;
}

static void
respond_jwks(const struct request *r, struct buf *out)
{
	struct buf *text = &r->worker->scratch;

	buf_clear(text);
	jwks_write(text, r->book->key_sets, r->book->key_set_count);
	out->failed |= buf_failed(text);
	wire_write_bytes(out, 1, buf_str(text));
}

/* Too many keys for one answer fail the call: an empty set would be believed. */
const struct handler service_get_jwks = {
	.decode = decode_jwks,
	.ask = ask_jwks,
	.respond = respond_jwks,
	.flags = HANDLER_SILENT,
};

/* ---- RevokeToken ---- */

struct token_request {
	str_t token, tenant_id, reason;
	struct revoked_name name;
	bool revoked;
	str_t issued; /* RefreshToken: the new one */
	int64_t expires_at;
};

static const struct field_row rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct token_request, token) },
	{ 2, FIELD_TENANT, offsetof(struct token_request, tenant_id) },
	{ 3, FIELD_TEXT, offsetof(struct token_request, reason) },
};

/* The token is not put into r->message yet: these rpcs judge it themselves. */
static err_t
decode_token(struct request *r)
{
	struct token_request *own = ARENA_NEW(r->notes, struct token_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	TRY(fields_read(r->notes, r->bytes, rows, COUNT(rows), own));
	own->token = jwt_strip_bearer(own->token);
	own->name = revoked_name_of(own->token);
	return ERR_OK;
}

/* A refresh token is found good by its own rules; every other by those of access. */
static void
identify(struct request *r, str_t token)
{
	struct identity_checker *c = &r->worker->checker;

	identity_check(c, r->book, r->arena, token, r->date_s, &r->identity);
	if (r->identity.reason == TOKEN_USE)
		identity_check_refresh(c, r->book, r->arena, token, r->date_s, &r->identity);
}

/*
 * Only what would be believed needs revoking, and only that is taken: so nobody can fill
 * the list with tokens of his own making.  One that is over already needs nothing more.
 */
static bool
ask_revoke(struct request *r, struct question *q)
{
	struct token_request *own = r->own;

	identify(r, own->token);
	r->message.token = own->token;
	r->message.action = STR("token.revoke");
	if (r->identity.reason == TOKEN_EXPIRED || r->identity.reason == TOKEN_REVOKED) {
		r->identity.reason = TOKEN_NONE;
		r->allow = true;
		own->revoked = true; /* nothing is left to do */
		return false;
	}
	if (r->identity.reason != TOKEN_NONE) {
		request_deny_token(r, r->identity.reason);
		return false;
	}
	r->message.subject = r->identity.subject;
	if (r->identity.tenant_id.len > 0)
		r->message.tenant_id = r->identity.tenant_id;
	r->allow = true;
	return false;
}

/* Kept beyond exp for as long as any leeway may let the token live on. */
static void
act_revoke(struct request *r)
{
	struct token_request *own = r->own;
	int64_t until = r->identity.expires_at > 0 ? r->identity.expires_at + CLAIMS_LEEWAY_MAX : CLAIMS_TIME_MAX;
	err_t err = own->revoked ? ERR_OK :
				   revoked_add(r->worker->options.commons->revoked, &own->name, until, r->date_s);

	own->revoked = err == ERR_OK;
	if (err == ERR_LIMIT)
		request_deny(r, PROBLEM_AUTH_REVOCATIONS_FULL, STR("the list of revoked tokens is full"));
	else if (err != ERR_OK)
		request_deny(r, PROBLEM_AUTH_REVOCATION_NOT_KEPT,
		    STR("the token is revoked until a restart only: the list could not be written"));
}

static void
respond_revoke(const struct request *r, struct buf *out)
{
	wire_write_uint(out, 1, r->allow);
}

static void
refuse_bool(struct buf *out, str_t reason)
{
	wire_write_uint(out, 1, false);
}

const struct handler service_revoke_token = {
	.decode = decode_token,
	.ask = ask_revoke,
	.act = act_revoke,
	.respond = respond_revoke,
	.refuse = refuse_bool,
};

/* ---- IsRevoked ---- */

static bool
ask_is_revoked(struct request *r, struct question *q)
{
	struct token_request *own = r->own;

	own->revoked = revoked_has(r->worker->options.commons->revoked, &own->name);
	r->allow = true;
	return false;
}

static void
respond_is_revoked(const struct request *r, struct buf *out)
{
	wire_write_uint(out, 1, ((const struct token_request *)r->own)->revoked);
}

static void
refuse_is_revoked(struct buf *out, str_t reason)
{
	wire_write_uint(out, 1, true);
}

const struct handler service_is_revoked = {
	.decode = decode_token,
	.ask = ask_is_revoked,
	.respond = respond_is_revoked,
	.refuse = refuse_is_revoked,
	.flags = HANDLER_SILENT,
};

/* ---- RefreshToken ---- */

/* What an access token takes over from the refresh token. */
static const char *const carried[] = { "sub", "tenant_id", "roles", "scope", "scopes", "groups", "email", "aud" };

static bool
ask_refresh(struct request *r, struct question *q)
{
	struct token_request *own = r->own;

	if (r->book->local_key == NULL) {
		request_fail(r, ERR_CONFIG, STR("auth.local_key_path names no key to issue tokens with"));
		return false;
	}
	identity_check_refresh(&r->worker->checker, r->book, r->arena, own->token, r->date_s, &r->identity);
	r->message.token = own->token;
	r->message.action = STR("token.refresh");
	if (r->identity.reason != TOKEN_NONE) {
		request_deny_token(r, r->identity.reason);
		return false;
	}
	r->message.subject = r->identity.subject;
	if (r->identity.tenant_id.len > 0)
		r->message.tenant_id = r->identity.tenant_id;
	r->allow = true;
	return false;
}

/* It lives an hour, and never longer than the token that it was got with. */
static void
act_refresh(struct request *r)
{
	struct token_request *own = r->own;
	int64_t now = r->date_s, until = now + r->book->config.auth_access_token_secs;
	struct buf *text = &r->worker->scratch;
	struct object_builder claims;

	own->expires_at = until < r->identity.expires_at ? until : r->identity.expires_at;
	object_builder_init(&claims, r->arena, COUNT(carried) + 3);
	for (size_t i = 0; i < COUNT(carried); i++) {
		value_t v = value_object_get_text(r->identity.claims, carried[i]);

		if (value_is_defined(v))
			(void)object_builder_add_text(&claims, carried[i], v);
	}
	(void)object_builder_add_text(&claims, "typ", value_text(r->arena, "access"));
	(void)object_builder_add_text(&claims, "iat", value_int(now));
	(void)object_builder_add_text(&claims, "exp", value_int(own->expires_at));
	buf_clear(text);
	if (local_sign(r->book->local_key, r->arena, object_builder_freeze(&claims, OBJECT_LAST_WINS, NULL), text) !=
	    ERR_OK)
		request_deny(r, PROBLEM_AUTH_NOT_ISSUED, STR("the token could not be issued"));
	else
		own->issued = arena_str(r->notes, buf_str(text));
}

static void
respond_refresh(const struct request *r, struct buf *out)
{
	const struct token_request *own = r->own;

	if (!r->allow) {
		message_write_problem(out, 3, r->problem, r->reason);
		return;
	}
	wire_write_bytes(out, 1, own->issued);
	wire_write_uint(out, 2, (uint64_t)own->expires_at);
}

static void
refuse_refresh(struct buf *out, str_t reason)
{
	message_write_problem(out, 3, PROBLEM_AUTH_NOT_ISSUED, reason);
}

const struct handler service_refresh_token = {
	.decode = decode_token,
	.ask = ask_refresh,
	.act = act_refresh,
	.respond = respond_refresh,
	.refuse = refuse_refresh,
};
