/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: rpcs that go on, and hear of what a reload brings.
 *
 * A streaming rpc (STREAMED in service.def) is opened once by its request; then it is
 * told of the rulebook in use, again whenever another one is published, and a last time
 * when the worker drains.  It sends what has changed for its client.
 *
 *   lifetime  from open until the client goes away, the worker drains, or a rulebook comes
 *             whose tls.allowed_clients leave the client out (PERMISSION_DENIED)
 *   limits    STREAM_COUNT_MAX a worker: one more is refused; STREAM_NOTE_MAX bytes of memory each
 *   slow      who does not read is told again when it has read: of the newest, not of each
 *   threads   the worker's alone
 */
#ifndef SIDECAR_STREAM_H
#define SIDECAR_STREAM_H

#include "net/grpc.h"
#include "sidecar/rulebook.h"

struct worker;
struct stream;

enum { STREAM_COUNT_MAX = 1024, STREAM_NOTE_MAX = 256 };

struct stream_handler {
	bool open_to_all; /* no service token: health */
	/* Reads the request; what is worth remembering goes into stream->note.  *ret_why: static text. */
	err_t (*open)(struct stream *, str_t message, const char **ret_why);
	/* Sends what is new with stream_send(); may end the call with stream_finish(). */
	void (*tell)(struct stream *, const struct rulebook *);
};

struct stream {
	struct worker *worker;
	struct grpc_call *call; /* NULL: this place is free */
	const struct stream_handler *handler;
	uint64_t told; /* the handler's: a generation, a hash, a status … */
	uint32_t note_len;
	char note[STREAM_NOTE_MAX]; /* the handler's: a tenant, a name … */
};

struct stream_table {
	uint32_t count; /* places that were ever in use */
	struct stream at[STREAM_COUNT_MAX];
};

void stream_open(struct worker *, struct grpc_call *, const struct stream_handler *, str_t message);
void stream_tell_all(struct worker *); /* there is a new rulebook, or the worker drains; ends whom it leaves out */
void stream_end_all(struct worker *); /* UNAVAILABLE: the daemon stops */

/* ---- for handlers ---- */

/* false: the client does not read; tell() is called again once it has. */
bool stream_send(struct stream *, str_t message);
void stream_note(struct stream *, str_t); /* remembers it, cut at STREAM_NOTE_MAX */
void stream_finish(struct stream *);

#endif
