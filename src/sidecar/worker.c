/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "crypt/random.h"
#include "crypt/secret.h"
#include "sidecar/health.h"
#include "sidecar/host.h"
#include "sidecar/service.h"

enum {
	DRAIN_MS = 3000,
	ANSWER_WAIT_MS = 2000,
	PATIENCE_TICK_MS = 250,
	NOTES_BYTES = 256 << 10,
	ANSWER_BYTES_MAX = 1 << 20,
};

static void
count(_Atomic uint64_t *counter)
{
	metric_add(counter, 1);
}

/* ---- answers ---- */

static void
send_answer(const struct caller *caller, const struct handler *handler, err_t err, str_t answer)
{
	if (handler->flags & HANDLER_SECRET)
		caller->door->hide(caller->call);
	if (err != ERR_OK)
		caller->door->fail(caller->call, err, answer);
	else
		caller->door->reply(caller->call, answer);
}

static void
send_refusal(struct worker *w, const struct caller *caller, const struct handler *handler)
{
	count(&w->withheld);
	count(&w->cells->errors[METRIC_ERROR_AUDIT]);
	if (handler->refuse == NULL) {
		caller->door->fail(caller->call, ERR_AUDIT, str_of(err_text(ERR_AUDIT)));
		return;
	}
	buf_clear(&w->answer);
	handler->refuse(&w->answer, str_of(err_text(ERR_AUDIT)));
	caller->door->reply(caller->call, buf_str(&w->answer));
}

static struct pending *
pending_at(struct worker *w, uint64_t ticket)
{
	return &w->pending[ticket % AUDIT_LANE_TICKETS];
}

/* The record is on its way: the answer follows when it is kept. */
static void
hold_answer(struct worker *w, const struct request *r, const struct caller *caller, err_t err, str_t answer)
{
	struct pending *p = pending_at(w, r->ticket);

	must(r->ticket == w->pending_next);
	w->pending_next++;
	metric_set(&w->cells->waiting, w->pending_next - w->pending_first);
	*p = (struct pending){ .caller = *caller,
		.handler = r->method->handler,
		.since_ns = r->start_ns,
		.err = err,
		.asks = err == ERR_OK && r->method->handler->write != NULL };
	p->stored = ring_put(w->answers, answer);
	if (!p->stored) {
		/* No room to wait in: better a denial now than an answer nobody recorded. */
		p->caller.call = NULL;
		send_refusal(w, caller, r->method->handler);
		return;
	}
	caller->door->wait(caller->call, &p->caller.call);
	if (w->pending_next - w->pending_first == 1)
		loop_timer_start(w->loop, &w->patience, PATIENCE_TICK_MS);
}

/* A refusal that has only a gRPC status to say so is a denial all the same. */
static enum metric_result
result_of(const struct request *r)
{
	if (r->err == ERR_OK)
		return r->allow ? METRIC_ALLOWED : METRIC_DENIED;
	return r->err == ERR_TOKEN || r->err == ERR_REFUSED ? METRIC_DENIED : METRIC_FAILED;
}

/* One line for each request, for who asks for that much. */
static void
log_request(struct worker *w, const struct request *r, enum metric_result result, int64_t ns)
{
	static const char *const results[METRIC_RESULT_COUNT] = { "allowed", "denied", "failed" };

	log_debug(w->options.log, "request", LOG_STR("rpc", str_of(r->method->name)),
	    LOG_STR("coresdk.tenant_id", r->message.tenant_id), LOG_STR("coresdk.user_id", r->message.subject),
	    LOG_STR("coresdk.policy.action", r->message.action),
	    LOG_STR("coresdk.policy.result", str_of(results[result])),
	    LOG_INT("coresdk.policy.latency_us", ns / 1000), LOG_TRACE("trace_id", r->trace.id),
	    LOG_TRACE("span_id", r->trace.span));
}

static void
count_request(struct worker *w, const struct request *r)
{
	enum metric_result result = result_of(r);
	int64_t end = r->end_ns != 0 ? r->end_ns : clock_steady_ns(&clock_system);

	count(&w->cells->requests[r->tenant][r->rpc][result]);
	metric_observe(&w->cells->durations[r->tenant][r->rpc], end - r->start_ns);
	if (result == METRIC_FAILED)
		count(&w->cells->errors[err_grpc(r->err) == GRPC_INTERNAL ? METRIC_ERROR_INTERNAL :
									   METRIC_ERROR_CLIENT]);
	if (log_wants(w->options.log, LOG_LEVEL_DEBUG))
		log_request(w, r, result, end - r->start_ns);
	count(r->err != ERR_OK ? &w->failed : r->allow ? &w->allowed : &w->denied);
}

void
worker_hold_part(struct worker *w, const struct request *r)
{
	struct pending *p = pending_at(w, r->ticket);

	must(r->ticket == w->pending_next);
	w->pending_next++;
	*p = (struct pending){ .handler = r->method->handler, .since_ns = r->start_ns, .is_part = true };
	if (w->pending_next - w->pending_first == 1)
		loop_timer_start(w->loop, &w->patience, PATIENCE_TICK_MS);
}

void
worker_answer(struct worker *w, const struct request *r, str_t answer)
{
	count_request(w, r);
	if (r->err != ERR_OK)
		answer = r->err_text.len > 0 ? r->err_text : str_of(err_text(r->err));
	if (r->recorded) {
		hold_answer(w, r, &r->caller, r->err, answer);
		return;
	}
	if (r->err == ERR_OK && r->method->handler->complete != NULL) {
		r->method->handler->complete(&w->answer, NULL);
		answer = buf_str(&w->answer);
	}
	send_answer(&r->caller, r->method->handler, r->err, answer);
}

void
worker_answer_all(struct worker *w, const struct request *parts, size_t part_count, str_t answer)
{
	size_t last = part_count;

	for (size_t i = 0; i < part_count; i++) {
		count_request(w, &parts[i]);
		if (!parts[i].recorded)
			continue;
		if (last < part_count)
			worker_hold_part(w, &parts[last]);
		last = i;
	}
	if (last < part_count)
		hold_answer(w, &parts[last], &parts[last].caller, ERR_OK, answer);
	else
		send_answer(&parts[0].caller, parts[0].method->handler, ERR_OK, answer);
}

/* The answer was made before its record had a place. */
static str_t
complete_answer(struct worker *w, const struct handler *handler, str_t answer,
    const struct audit_receipt *receipt)
{
	buf_clear(&w->answer);
	buf_add_str(&w->answer, answer);
	handler->complete(&w->answer, receipt);
	return buf_str(&w->answer);
}

static void
settle_one(struct worker *w, uint64_t ticket, enum audit_outcome outcome)
{
	struct pending *p = pending_at(w, ticket);
	struct caller caller = p->caller;
	bool lost = outcome == AUDIT_LOST || p->spoiled;
	str_t answer = STR_NONE;

	must(ticket == w->pending_first);
	if (p->stored)
		must(ring_next(w->answers, &answer));
	w->pending_first++;
	metric_set(&w->cells->waiting, w->pending_next - w->pending_first);
	p->caller.call = NULL;
	if (p->is_part)
		pending_at(w, ticket + 1)->spoiled |= lost;
	else if (caller.call != NULL && lost && p->err == ERR_OK)
		send_refusal(w, &caller, p->handler);
	else if (caller.call != NULL && p->asks)
		send_answer(&caller, p->handler, ERR_OK,
		    complete_answer(w, p->handler, answer,
			outcome == AUDIT_KEPT ? audit_lane_receipt(w->lane, ticket) : NULL));
	else if (caller.call != NULL)
		send_answer(&caller, p->handler, p->err, answer);
	if ((p->handler->flags & HANDLER_SECRET) && answer.len > 0)
		secret_wipe((char *)answer.data, answer.len);
}

static void
on_settled(struct loop_source *source, uint32_t events)
{
	struct worker *w =
	    (struct worker *)((char *)source - offsetof(struct worker, lane_source));
	enum audit_outcome outcome;
	uint64_t ticket;

	while (audit_lane_take(w->lane, &ticket, &outcome))
		settle_one(w, ticket, outcome);
	ring_release(w->answers);
}

/* A log that hangs must not make clients wait until they let everybody in. */
static void
on_patience(struct loop_timer *timer)
{
	struct worker *w = (struct worker *)((char *)timer - offsetof(struct worker, patience));
	int64_t oldest = loop_now_ns(w->loop) - ANSWER_WAIT_MS * CLOCK_NS_PER_MS;

	for (uint64_t t = w->pending_first; t < w->pending_next; t++) {
		struct pending *p = pending_at(w, t);
		struct caller caller = p->caller;

		if (p->since_ns > oldest)
			break;
		p->caller.call = NULL;
		if (caller.call != NULL)
			send_refusal(w, &caller, p->handler);
	}
	if (w->pending_first < w->pending_next)
		loop_timer_start(w->loop, timer, PATIENCE_TICK_MS);
}

/* ---- requests ---- */

static bool
has_service_token(const struct rulebook *book, const struct caller *caller)
{
	str_t want = book->config.service_token;
	str_t got = caller->door->find(caller->call, STR("x-service-token"));

	return want.len == 0 || (got.len == want.len && secret_equal(got.data, want.data, want.len));
}

const struct rulebook *
worker_rulebook(struct worker *w)
{
	return shared_get(w->options.books, &w->view);
}

static void
count_refused(struct worker *w, const struct caller *caller)
{
	count(&w->failed);
	count(&w->cells->requests[0][caller->door->rpc(caller->call)][METRIC_DENIED]);
	count(&w->cells->errors[METRIC_ERROR_CLIENT]);
}

static bool
is_let_in(struct worker *w, const struct rulebook *book, const struct caller *caller, bool open)
{
	const struct peer *peer = caller->door->peer(caller->call);

	count(&w->requests);
	if (open)
		return true;
	/* Who comes by a Unix socket was let in there. */
	if (peer->kind != PEER_UNIX && !allow_list_admits(&book->clients, peer, caller->door->path(caller->call))) {
		count_refused(w, caller);
		caller->door->fail(caller->call, ERR_REFUSED,
		    STR("this client may not call this service (tls.allowed_clients)"));
		return false;
	}
	if (has_service_token(book, caller))
		return true;
	count_refused(w, caller);
	caller->door->fail(caller->call, ERR_TOKEN, STR("x-service-token is missing or wrong"));
	return false;
}

void
worker_on_stream(struct worker *w, struct grpc_call *call, const struct stream_handler *handler,
    str_t bytes)
{
	const struct caller caller = caller_of_grpc(call);

	if (!is_let_in(w, worker_rulebook(w), &caller, handler->open_to_all))
		return;
	count(&w->cells->requests[0][service_rpc(call)][METRIC_ALLOWED]);
	stream_open(w, call, handler, bytes);
}

bool
worker_begin(struct worker *w, const struct caller *caller, bool open, struct request *ret)
{
	*ret = (struct request){ .worker = w,
		.caller = *caller,
		.book = worker_rulebook(w),
		.arena = w->arena,
		.rpc = caller->door->rpc(caller->call),
		.notes = w->notes };
	if (!is_let_in(w, ret->book, caller, open))
		return false;
	arena_reset(w->arena);
	arena_reset(w->notes);
	return true;
}

void
worker_on_message(struct worker *w, const struct caller *caller, const struct method *method,
    str_t bytes)
{
	struct request r;

	if (!worker_begin(w, caller, method->handler->flags & HANDLER_OPEN, &r))
		return;
	r.method = method;
	r.bytes = bytes;
	request_run(&r);
}

void
worker_tell_streams(struct worker *w)
{
	loop_wake(w->loop);
}

bool
worker_has_turned(struct worker *w)
{
	bool turned = atomic_exchange(&w->turned, false);

	loop_wake(w->loop);
	return turned;
}

bool
worker_may_answer_unrecorded(const struct worker *w)
{
	return w->options.answer_unrecorded;
}

bool
worker_is_draining(const struct worker *w)
{
	return atomic_load(&w->draining);
}

bool
worker_is_serving(struct worker *w)
{
	bool serving = health_is_serving(w->options.commons, worker_is_draining(w));

	if (serving != w->told_serving) {
		w->tell_health = true;
		loop_wake(w->loop);
	}
	return serving;
}

/* Counted up between random beginnings: unique, in order, and no system call each time. */
void
worker_make_ulid(struct worker *w, int64_t time_ms, char ulid[AUDIT_ULID_LEN])
{
	size_t i = 10;

	while (i > 0 && ++w->luck[--i] == 0)
		;
	audit_ulid(ulid, time_ms, w->luck);
}

void
worker_make_uuid(struct worker *w, int64_t time_ms, char uuid[AUDIT_UUID_LEN])
{
	char ulid[AUDIT_ULID_LEN];

	worker_make_ulid(w, time_ms, ulid);
	audit_uuid(uuid, time_ms, w->luck);
}

void
worker_count_token(struct worker *w, const struct request *r)
{
	const struct identity *id = &r->identity;

	count(&w->cells->tokens[id->reason]);
	if (id->reason != TOKEN_NONE) {
		if (id->reason == TOKEN_KEY_UNKNOWN)
			unknown_kids_note(&w->options.commons->unknown_kids, id->kid);
		return;
	}
	if (id->cached)
		count(&w->cells->tokens_cached);
}

void
worker_count_evaluation(struct worker *w, const struct request *r)
{
	err_t err = r->decision.err;
	bool failed = err != ERR_OK && err != ERR_NOT_FOUND;

	metric_observe(&w->cells->evaluations[r->tenant][metric_action_of(r->message.action)]
					    [failed ? METRIC_FAILED : r->allow ? METRIC_ALLOWED : METRIC_DENIED],
	    r->evaluation_ns);
	if (failed && err != ERR_SYNTAX) /* an input that is no JSON is the client's */
		count(&w->cells->errors[METRIC_ERROR_POLICY]);
}

void
worker_count_unserved(struct worker *w, const struct grpc_call *call)
{
	count(&w->cells->requests[0][service_rpc(call)][METRIC_FAILED]);
}

struct worker_counts
worker_get_counts(const struct worker *w)
{
	uint64_t accepted = metric_get(&w->cells->tokens[TOKEN_NONE]), refused = 0;

	for (int i = TOKEN_NONE + 1; i < METRIC_REASON_COUNT; i++)
		refused += metric_get(&w->cells->tokens[i]);
	return (struct worker_counts){
		.requests = atomic_load(&w->requests),
		.allowed = atomic_load(&w->allowed),
		.denied = atomic_load(&w->denied),
		.failed = atomic_load(&w->failed),
		.withheld = atomic_load(&w->withheld),
		.tokens_accepted = accepted,
		.tokens_refused = refused,
		.tokens_cached = metric_get(&w->cells->tokens_cached),
	};
}

/* ---- the loop ---- */

/* What the net room counts for itself, where others may read it. */
static void
note_connections(struct worker *w)
{
	uint64_t accepted = 0, refused = 0, handshakes_failed = 0, cut_off = 0;

	for (size_t i = 0; i < w->server_count; i++) {
		struct server_counts c = server_get_counts(w->servers[i]);

		accepted += c.accepted;
		refused += c.refused;
		handshakes_failed += c.handshakes_failed;
		cut_off += c.cut_off;
	}
	metric_set(&w->cells->accepted, accepted);
	metric_set(&w->cells->refused, refused);
	metric_set(&w->cells->handshakes_failed, handshakes_failed);
	metric_set(&w->cells->cut_off, cut_off);
}

static void
on_end(struct loop_hook *hook)
{
	struct worker *w = (struct worker *)((char *)hook - offsetof(struct worker, end_hook));

	audit_writer_commit(w->options.audit, w->lane);
	if (!atomic_load_explicit(&w->turned, memory_order_relaxed))
		atomic_store_explicit(&w->turned, true, memory_order_relaxed);
	note_connections(w);
}

static void
stop_if_done(struct worker *w)
{
	if (w->drained_count == w->server_count)
		loop_stop(w->loop);
}

static void
on_drained(void *context)
{
	struct worker *w = context;

	w->drained_count++;
	stop_if_done(w);
}

static void
on_wake(struct loop_hook *hook)
{
	struct worker *w = (struct worker *)((char *)hook - offsetof(struct worker, wake_hook));

	bool serving = health_is_serving(w->options.commons, atomic_load(&w->draining));

	if (worker_rulebook(w)->generation != w->told_generation || serving != w->told_serving || w->tell_health) {
		w->tell_health = false;
		w->told_serving = serving;
		w->told_generation = worker_rulebook(w)->generation;
		stream_tell_all(w);
	}
	if (w->options.inquiry != NULL)
		inquiry_answer(w->options.inquiry);
	/* Others wake the loop too (an inquiry is answered) while connections drain. */
	if (!atomic_load(&w->draining) || w->drain_begun)
		return;
	w->drain_begun = true;
	stream_end_all(w);
	for (size_t i = 0; i < w->server_count; i++)
		server_drain(w->servers[i], DRAIN_MS, on_drained, w);
	stop_if_done(w);
}

static void *
run(void *argument)
{
	struct worker *w = argument;
	err_t err = loop_run(w->loop);

	/* Without this thread its connections would hang; a new process does not. */
	must(err == ERR_OK);
	return NULL;
}

/* ---- life ---- */

static err_t
open_servers(struct worker *w)
{
	const struct worker_options *o = &w->options;

	must(o->listener_count <= WORKER_LISTENERS_MAX);
	for (size_t i = 0; i < o->listener_count; i++, w->server_count++)
		TRY(server_new(w->loop, o->listeners[i].fd, &o->listeners[i].server, w,
		    &w->servers[w->server_count]));
	return ERR_OK;
}

static bool
take_memory(struct worker *w)
{
	const struct worker_options *o = &w->options;

	buf_init(&w->line, AUDIT_BODY_MAX);
	buf_init(&w->answer, ANSWER_BYTES_MAX);
	buf_init(&w->scratch, ANSWER_BYTES_MAX);
	w->loop = loop_new(&clock_system);
	w->evaluator = evaluator_new(&sidecar_host);
	w->redactor = redactor_new();
	w->checker.cache = token_cache_new(o->cache_slots);
	w->checker.context = verify_context_new();
	w->checker.revoked = o->commons->revoked;
	w->arena = arena_new(o->arena_bytes);
	w->notes = arena_new(NOTES_BYTES);
	w->answers = ring_new(o->answer_bytes);
	w->streams = calloc(1, sizeof(*w->streams));
	w->cells = metric_cells_new();
	w->told_serving = true;
	return w->loop != NULL && w->evaluator != NULL && w->redactor != NULL && w->checker.cache != NULL &&
	    w->checker.context != NULL && w->arena != NULL && w->notes != NULL &&
	    w->answers != NULL && w->streams != NULL && w->cells != NULL && buf_reserve(&w->line, AUDIT_BODY_MAX) &&
	    buf_reserve(&w->answer, 4096) && buf_reserve(&w->scratch, 4096);
}

static err_t
build(struct worker *w)
{
	if (!take_memory(w))
		return ERR_MEMORY;
	random_bytes(w->luck, sizeof(w->luck));
	w->lane_source.fd = w->lane->wake_fd;
	w->lane_source.events = EPOLLIN | EPOLLET; /* each signal is an edge: nobody need read it away */
	w->lane_source.on_ready = on_settled;
	w->end_hook.run = on_end;
	w->wake_hook.run = on_wake;
	if (w->options.inquiry != NULL)
		inquiry_belongs_to(w->options.inquiry, w->loop);
	w->patience.on_expire = on_patience;
	TRY(loop_add(w->loop, &w->lane_source));
	loop_on_end(w->loop, &w->end_hook);
	loop_on_wake(w->loop, &w->wake_hook);
	return open_servers(w);
}

err_t
worker_new(const struct worker_options *options, struct worker **ret)
{
	struct worker *w = calloc(1, sizeof(*w));
	err_t err;

	if (w == NULL)
		return ERR_MEMORY;
	w->options = *options;
	w->lane = options->lane;
	err = build(w);
	if (err != ERR_OK)
		worker_free(&w);
	else
		*ret = w;
	return err;
}

/* Signals are the maintenance thread's. */
err_t
worker_start(struct worker *w)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	w->has_thread = pthread_create(&w->thread, NULL, run, w) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->has_thread ? ERR_OK : ERR_MEMORY;
}

void
worker_drain(struct worker *w)
{
	atomic_store(&w->draining, true);
	loop_wake(w->loop);
}

void
worker_join(struct worker *w)
{
	if (w->has_thread)
		(void)pthread_join(w->thread, NULL);
	w->has_thread = false;
}

void
worker_free(struct worker **worker)
{
	struct worker *w = *worker;

	if (w == NULL)
		return;
	must(!w->has_thread);
	for (size_t i = 0; i < w->server_count; i++)
		server_free(&w->servers[i]);
	if (w->loop != NULL) {
		loop_remove(w->loop, &w->lane_source);
		loop_timer_stop(w->loop, &w->patience);
	}
	loop_free(&w->loop);
	shared_close(&w->view);
	evaluator_free(&w->evaluator);
	redactor_free(&w->redactor);
	token_cache_free(&w->checker.cache);
	verify_context_free(&w->checker.context);
	arena_free(&w->arena);
	arena_free(&w->notes);
	ring_free(&w->answers);
	free(w->streams);
	metric_cells_free(&w->cells);
	buf_fini(&w->line);
	buf_fini(&w->answer);
	buf_fini(&w->scratch);
	free(w);
	*worker = NULL;
}
