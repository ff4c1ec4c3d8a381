/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: requests of coresdk.v1 read leniently, answers written.
 *
 * The published clients write protobuf by hand, and not always as the
 * descriptors say.  What is read here is what a client meant:
 *
 *   tenant     a TenantContext, or the tenant's name as a bare string.  A message
 *              that is not empty begins with 0x0a, 0x12, 0x1a or 0x22 and parses;
 *              everything else is a name
 *   validate   beside a bare tenant (or, from a client that names no user agent,
 *              alone) fields 3 and 4 are resource and action, not metadata and
 *              audience
 *   authorize  a token in field 1 is no subject but the token; beside no TenantContext
 *              fields 2 and 3 are resource and action, in that order
 *
 * Unknown fields, and known ones of another wire type, are passed by, as
 * protobuf asks.  doc/decisions/0030-clients.md has who sends what.
 *
 *   memory   texts are borrowed from the message; lists live in the arena
 *   failure  ERR_SYNTAX: the bytes are no message, or a text is not UTF-8
 */
#ifndef SIDECAR_MESSAGE_H
#define SIDECAR_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "sidecar/problem.h"
#include "value/value.h"

enum { MESSAGE_CONTEXT_MAX = 256, MESSAGE_ROLES_MAX = 256 };

struct message_pair {
	str_t key, value;
};

struct message { /* whatever a request said; what it did not say is empty */
	str_t token, subject, action, resource, tenant_id, audience, required_scope;
	str_t rule, input_json;
	str_t trace_id;
	const str_t *roles; /* of the TenantContext */
	size_t role_count;
	const struct message_pair *context;
	size_t context_count;
	bool bare_tenant; /* the layout of the hand-written clients */
};

err_t message_read_validate(struct arena *, str_t bytes, bool has_user_agent,
    struct message *ret);
err_t message_read_authorize(struct arena *, str_t bytes, struct message *ret);
err_t message_read_evaluate(struct arena *, str_t bytes, struct message *ret);
/* The id in a TenantContext, or the bare name that stands in its place. */
err_t message_read_tenant(struct arena *, str_t bytes, str_t *ret_id);
/* It has the shape of a JWT, perhaps behind "Bearer ": nothing that may be shown. */
bool message_is_token(str_t);
err_t message_read_health(str_t bytes, str_t *ret_service);

struct message_identity { /* whom a token speaks for */
	str_t subject;
	value_t roles; /* array of strings */
	value_t claims; /* object, or VALUE_NONE */
	int64_t expires_at; /* unix seconds; 0: not said */
};

/* valid = true; scratch is overwritten */
void message_write_validate(struct buf *, struct buf *scratch, const struct message_identity *);
void message_write_invalid(struct buf *, enum problem, str_t detail);
void message_write_authorize(struct buf *, bool allowed, str_t reason);
void message_write_evaluate(struct buf *, bool result, str_t reason, bool dry_run);
/* ProblemDetail as field `number`; nothing for PROBLEM_NONE. */
void message_write_problem(struct buf *, uint32_t number, enum problem, str_t detail);
/* The same with another status than the type's, or none: 0. */
void message_write_problem_status(struct buf *, uint32_t number, enum problem, uint32_t status, str_t detail);
void message_write_health(struct buf *, bool serving);

/* ---- what is in claims, however it is spelled ---- */

/* An array of strings from an array, or from a text split at blanks and commas; [] if neither. */
value_t message_words(struct arena *, value_t);

#endif
