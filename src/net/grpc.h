/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc: gRPC calls over HTTP/2: unary, server streaming, and conversations.
 *
 * A table of methods is made once and shared by all workers.  When a request
 * is complete the method's on_message is called on the connection's worker,
 * with the one message the client sent.  The handler answers with exactly one
 * grpc_reply() or grpc_fail(), at once or later (an end-of-batch hook, a timer)
 * on the same thread; a streaming method may grpc_send() many times first and
 * ends with grpc_finish() or grpc_fail().
 *
 * A method that talks (bidirectional streaming) is called with each message as it arrives
 * and answers it with grpc_send() before it returns, or ends all with grpc_fail(); when the
 * client has said all, so has the server.
 *
 *   lifetime  a call and its message bytes live until it is answered or
 *             cancelled; afterwards the handler must not touch them.  When the
 *             client goes away or the deadline passes first, on_cancel (if
 *             attached) is called once, and the call is gone when it returns
 *   limits    message size, bytes held for incomplete and unsent messages per
 *             connection, header list 16 KiB and 64 fields, 256 streams
 *   threads   a call belongs to its worker
 *   failure   what the client did wrong is answered here (INVALID_ARGUMENT,
 *             UNIMPLEMENTED, RESOURCE_EXHAUSTED, …) and never reaches a handler
 */
#ifndef NET_GRPC_H
#define NET_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/peer.h"

enum grpc_status {
	GRPC_OK = 0,
	GRPC_CANCELLED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_ALREADY_EXISTS = 6,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_ABORTED = 10,
	GRPC_OUT_OF_RANGE = 11,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_DATA_LOSS = 15,
	GRPC_UNAUTHENTICATED = 16,
};

struct grpc_call;
struct grpc_table;

struct grpc_method {
	str_t path; /* "/coresdk.v1.PolicyService/Evaluate"; matched byte for byte */
	void (*on_message)(struct grpc_call *, str_t message);
	const void *data; /* grpc_call_data() */
	bool talks; /* a conversation: see below */
};

struct grpc_options {
	size_t message_limit; /* bytes of a request message; 0: 4 MiB */
	const str_t *metadata; /* names (lower case) that handlers will ask for; at most 8 */
	size_t metadata_count;
};

enum { GRPC_METADATA_MAX = 8 };

/* Copies nothing: methods, names and their bytes must outlive the table. */
struct grpc_table *grpc_table_new(const struct grpc_method *, size_t count,
    const struct grpc_options *); /* NULL: out of memory */
void grpc_table_free(struct grpc_table **);

void *grpc_call_worker(const struct grpc_call *); /* what server_new() was given */
const void *grpc_call_data(const struct grpc_call *);
const struct grpc_method *grpc_call_method(const struct grpc_call *);
const struct peer *grpc_call_peer(const struct grpc_call *);
str_t grpc_call_metadata(const struct grpc_call *, str_t name); /* STR_NONE: not sent */
int64_t grpc_call_deadline_ns(const struct grpc_call *); /* steady; INT64_MAX: none */

/* For calls answered later; `user` comes back in on_cancel. */
void grpc_call_attach(struct grpc_call *, void *user,
    void (*on_cancel)(struct grpc_call *, void *user));

/* What is sent from now on is secret: wiped here once it is on its way, or dropped. */
void grpc_call_hide(struct grpc_call *);

void grpc_reply(struct grpc_call *, str_t message); /* OK and one message; copied */
void grpc_fail(struct grpc_call *, int status, str_t text); /* text for people; any bytes */

/*
 * Streaming.  false: the client reads too slowly and the call's queue is full;
 * the message was not taken.  on_drain, if set, is called once when the queue
 * has emptied.
 */
bool grpc_send(struct grpc_call *, str_t message);
void grpc_call_on_drain(struct grpc_call *, void (*on_drain)(struct grpc_call *, void *user));
void grpc_finish(struct grpc_call *); /* OK, after the messages sent */

#endif
