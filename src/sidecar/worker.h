/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: one thread that serves: its loop, its connections, its machine.
 *
 * Nothing here is shared but what is published to it (the rulebook, the TLS
 * context) and its lane to the audit log.  Answers wait in the order of their
 * records until the audit writer has settled those: a record that was lost makes
 * its answer a denial, and so does one that is not settled in ANSWER_WAIT_MS.
 *
 *   memory   all taken when the worker is made; a request allocates nothing else
 *   threads  worker_drain, worker_tell_streams, worker_has_turned and worker_get_counts by any; the rest by its own
 */
#ifndef SIDECAR_WORKER_H
#define SIDECAR_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit/happening.h"
#include "audit/lane.h"
#include "audit/record.h"
#include "audit/writer.h"
#include "base/ring.h"
#include "base/shared.h"
#include "net/server.h"
#include "redact/redact.h"
#include "sidecar/commons.h"
#include "sidecar/inquiry.h"
#include "sidecar/metric.h"
#include "sidecar/request.h"
#include "sidecar/stream.h"

enum { WORKER_LISTENERS_MAX = 48 };

struct worker_counts {
	uint64_t requests, allowed, denied, failed, withheld; /* withheld: no record, no answer */
	uint64_t tokens_accepted, tokens_refused, tokens_cached;
};

struct worker_listener {
	int fd;
	struct server_config server; /* what is spoken there */
};

struct worker_options {
	const struct log *log;
	struct shared *books; /* of struct rulebook */
	struct commons *commons;
	struct inquiry *inquiry; /* NULL: there is no log to query */
	struct audit_writer *audit;
	struct audit_lane *lane;
	bool answer_unrecorded; /* audit.on_error: drop */
	size_t arena_bytes, answer_bytes, cache_slots;
	bool sealed; /* there is a system call filter: its thread enters its own, too */
	const struct worker_listener *listeners; /* borrowed by worker_new only */
	size_t listener_count;
};

struct pending { /* an answer that waits for its record */
	struct caller caller;
	const struct handler *handler;
	int64_t since_ns;
	err_t err; /* not ERR_OK: the answer's bytes are the text */
	bool stored; /* its bytes are in the ring */
	bool is_part; /* of several records, of which the next one is the next */
	bool spoiled; /* one of them was lost */
	bool asks; /* a receipt comes with the record */
};

struct worker {
	struct worker_options options;
	pthread_t thread;
	bool has_thread;
	struct loop *loop;
	struct server *servers[WORKER_LISTENERS_MAX];
	size_t server_count, drained_count;
	bool drain_begun;

	struct shared_view view;
	struct evaluator *evaluator;
	struct redactor *redactor;
	struct identity_checker checker;
	struct arena *arena, *notes;
	struct audit_lane *lane;
	struct buf line, answer, scratch; /* of the request under way */
	uint8_t luck[16]; /* the ULID or UUID of the last record, counted up */

	struct ring *answers; /* bytes of the answers that wait, in order */
	struct pending pending[AUDIT_LANE_TICKETS]; /* by ticket, likewise */
	uint64_t pending_first, pending_next;
	struct loop_source lane_source;
	struct loop_hook end_hook, wake_hook;
	struct loop_timer patience;

	struct stream_table *streams;
	uint64_t told_generation; /* of the rulebook that streams heard of last */

	bool tell_health; /* a stream heard otherwise than told_serving says */
	_Atomic bool told_serving; /* what streams heard of health; read by the maintenance thread */

	_Atomic bool draining;
	_Atomic bool turned;
	struct metric_cells *cells; /* read by all */
	_Atomic uint64_t requests, allowed, denied, failed, withheld;
};

err_t worker_new(const struct worker_options *, struct worker **ret);
err_t worker_start(struct worker *);
void worker_tell_streams(struct worker *); /* there is a new rulebook, or health has changed */
bool worker_has_turned(struct worker *); /* since it was last asked; asks it to turn again */
void worker_drain(struct worker *); /* no new connections; ends when all is answered */
void worker_join(struct worker *);
void worker_free(struct worker **);

struct worker_counts worker_get_counts(const struct worker *);

/* ---- for requests ---- */

void worker_on_message(struct worker *, const struct caller *, const struct method *, str_t bytes);
/* The two halves of that, for doors that do more: false: refused, and answered … */
bool worker_begin(struct worker *, const struct caller *, bool open, struct request *ret);
void worker_on_stream(struct worker *, struct grpc_call *, const struct stream_handler *, str_t bytes);
/* … and one answer for requests that ran as HANDLER_PART: held until all their records are kept. */
void worker_answer_all(struct worker *, const struct request *parts, size_t count, str_t answer);
void worker_answer(struct worker *, const struct request *, str_t answer);
void worker_hold_part(struct worker *, const struct request *); /* its ticket: a later one has the answer */
bool worker_may_answer_unrecorded(const struct worker *);
bool worker_is_draining(const struct worker *);
bool worker_is_serving(struct worker *); /* for who tells a stream: the others will hear of it too */
const struct rulebook *worker_rulebook(struct worker *); /* until the next call */
void worker_make_ulid(struct worker *, int64_t time_ms, char ulid[AUDIT_ULID_LEN]);
void worker_make_uuid(struct worker *, int64_t time_ms, char uuid[AUDIT_UUID_LEN]);
void worker_count_token(struct worker *, const struct request *);
void worker_count_evaluation(struct worker *, const struct request *);
void worker_count_unserved(struct worker *, const struct grpc_call *);

#endif
