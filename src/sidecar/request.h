/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: the walk of a request, in six steps.
 *
 *   decode → authenticate → evaluate → act → record → respond
 *
 * A handler (service_*.c) says what each step means for its rpc; request_run()
 * walks.  A request begins as a denial, and any failure on the way makes it one
 * again; recording and responding always happen.
 *
 *   lifetime  on the worker's stack, its memory in the worker's arena, until
 *             request_run returns
 */
#ifndef SIDECAR_REQUEST_H
#define SIDECAR_REQUEST_H

#include "audit/lane.h"
#include "audit/record.h"
#include "engine/evaluate.h"
#include "sidecar/caller.h"
#include "sidecar/identity.h"
#include "sidecar/message.h"
#include "sidecar/trace.h"

struct worker;
struct request;

enum handler_flag {
	HANDLER_SILENT = 1, /* no audit record: DryRun */
	HANDLER_OPEN = 2, /* no service token: health */
	HANDLER_STATUS = 4, /* the answer has no place for a denial: it is a gRPC status, and `refuse` is NULL */
	HANDLER_SECRET = 8, /* the answer is wiped wherever it was */
	HANDLER_VALUE = 16, /* the answer is more than yes or no: without a record it is an error */
	HANDLER_PART = 32, /* one of several under one answer: whoever runs it answers (worker_answer_all) */
};

struct handler {
	/* ERR_SYNTAX, ERR_LIMIT: the client is told that its message is not understood. */
	err_t (*decode)(struct request *);
	/* After authentication: may refuse or fail, or fill in what is asked.  false: nothing to ask. */
	bool (*ask)(struct request *, struct question *ret);
	/* Takes the rule's value for more than true: sets r->allow, or denies.  NULL: only true allows. */
	void (*conclude)(struct request *);
	/* It is allowed: does what was asked for, before that is recorded; may still refuse or fail.  NULL: nothing to do. */
	void (*act)(struct request *);
	/* What is recorded, when that is no decision; nothing is, unless it is allowed.  NULL: a decision. */
	void (*write)(struct request *, struct buf *line, size_t *ret_split);
	void (*respond)(const struct request *, struct buf *);
	/* With write: what the answer says of its record.  NULL receipt: dropped, as the operator wants it. */
	void (*complete)(struct buf *, const struct audit_receipt *);
	void (*refuse)(struct buf *, str_t reason); /* a denial with only a reason; NULL: the call fails */
	void (*finish)(struct request *); /* at the end, whatever happened; NULL: nothing to do */
	unsigned flags;
};

struct method { /* a row of service.def */
	const char *name; /* of the rpc, for the audit record */
	const struct handler *handler; /* NULL: not served */
	const char *why_not;
};

struct request {
	struct worker *worker;
	struct caller caller;
	const struct method *method;
	const struct rulebook *book;
	struct arena *arena; /* values: the evaluation may use it up … */
	struct arena *notes; /* … and texts must find room all the same */
	str_t bytes;
	int64_t start_ns, now_ns; /* steady; wall */
	int64_t date_s; /* at which exp, nbf and the like are judged: clock_mark.h */
	int64_t end_ns; /* steady: when it was decided */
	uint32_t rpc, tenant; /* by which it is counted: metric.h */
	struct trace trace; /* of the caller */

	struct message message; /* decode */
	void *own; /* what else the handler read or made; in one of the arenas */
	struct identity identity; /* authenticate */
	struct decision decision; /* evaluate */
	str_t resource_owner; /* of the question, for the record */
	bool evaluated;
	int64_t evaluation_ns; /* how long that took */

	bool allow;
	str_t reason; /* of a denial, for people */
	enum problem problem; /* of a denial */
	err_t err; /* not ERR_OK: the call fails with its gRPC status … */
	str_t err_text; /* … and this text */

	bool recorded;
	uint64_t ticket; /* of the audit record */
	bool noted; /* by the handler itself: see request_note() */
	bool deferred; /* the handler answers the call, later */
	char id[AUDIT_ULID_LEN]; /* made with the record, if the caller sent no trace */
};

void request_run(struct request *);
str_t request_id(const struct request *); /* by which its record is found: its trace_id */

/* For handlers: the answer is no.  The first reason stays. */
void request_deny(struct request *, enum problem, str_t reason);
/* Likewise, for what is wrong with the token. */
void request_deny_token(struct request *, enum token_reason);
/* What a reason or a record may say of a client's text: of a token in a wrong place, and what follows it, only a hash. */
str_t request_plain(const struct request *, str_t text);
/* For handlers: the call fails with the gRPC status of `err` and this text. */
void request_fail(struct request *, err_t err, str_t text);

/*
 * For handlers that decide several things in one request, each a question and a record of
 * its own: request_decide() begins anew as a denial, asks, and leaves the answer in `allow`
 * and `reason`; request_note() records that.  false: it could not be recorded and may not be
 * done.  The answer waits for all of the records.
 */
err_t request_decide(struct request *, struct question *);
bool request_note(struct request *);

#endif
