/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "crypt/random.h"
#include "crypt/secret.h"
#include "sandbox/sandbox.h"
#include "sidecar/host.h"

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
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- answers ---- */

static void
send_answer(struct worker *w, struct grpc_call *call, const struct handler *handler, int status, str_t answer)
{
	if (handler->flags & HANDLER_SECRET)
		grpc_call_hide(call);
	if (status != 0)
		grpc_fail(call, status, answer);
	else
		grpc_reply(call, answer);
}

static void
send_refusal(struct worker *w, struct grpc_call *call, const struct handler *handler)
{
	count(&w->withheld);
	if (handler->refuse == NULL) {
		grpc_fail(call, err_grpc(ERR_AUDIT), str_of(err_text(ERR_AUDIT)));
		return;
	}
	buf_clear(&w->answer);
	handler->refuse(&w->answer, str_of(err_text(ERR_AUDIT)));
	grpc_reply(call, buf_str(&w->answer));
}

static struct pending *
pending_at(struct worker *w, uint64_t ticket)
{
	return &w->pending[ticket % AUDIT_LANE_TICKETS];
}

static void
on_cancel(struct grpc_call *call, void *user)
{
	struct pending *p = user;

	p->call = NULL;
}

/* The record is on its way: the answer follows when it is kept. */
static void
hold_answer(struct worker *w, const struct request *r, int status, str_t answer)
{
	struct pending *p = pending_at(w, r->ticket);

	must(r->ticket == w->pending_next);
	w->pending_next++;
	*p = (struct pending){ .call = r->call,
		.handler = r->method->handler,
		.since_ns = r->start_ns,
		.status = status,
		.asks = status == 0 && r->method->handler->write != NULL };
	p->stored = ring_put(w->answers, answer);
	if (!p->stored) {
		/* No room to wait in: better a denial now than an answer nobody recorded. */
		p->call = NULL;
		send_refusal(w, r->call, r->method->handler);
		return;
	}
	grpc_call_attach(r->call, p, on_cancel);
	if (w->pending_next - w->pending_first == 1)
		loop_timer_start(w->loop, &w->patience, PATIENCE_TICK_MS);
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
	int status = r->err != ERR_OK ? err_grpc(r->err) : 0;

	if (r->err != ERR_OK) {
		answer = r->err_text.len > 0 ? r->err_text : str_of(err_text(r->err));
		count(&w->failed);
	} else {
		count(r->allow ? &w->allowed : &w->denied);
	}
	if (r->recorded) {
		hold_answer(w, r, status, answer);
		return;
	}
	if (status == 0 && r->method->handler->complete != NULL) {
		r->method->handler->complete(&w->answer, NULL);
		answer = buf_str(&w->answer);
	}
	send_answer(w, r->call, r->method->handler, status, answer);
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
	struct grpc_call *call = p->call;
	bool lost = outcome == AUDIT_LOST || p->spoiled;
	str_t answer = STR_NONE;

	must(ticket == w->pending_first);
	if (p->stored)
		must(ring_next(w->answers, &answer));
	w->pending_first++;
	p->call = NULL;
	if (p->is_part)
		pending_at(w, ticket + 1)->spoiled |= lost;
	else if (call != NULL && lost && p->status == 0)
		send_refusal(w, call, p->handler);
	else if (call != NULL && p->asks)
		send_answer(w, call, p->handler, 0,
		    complete_answer(w, p->handler, answer,
			outcome == AUDIT_KEPT ? audit_lane_receipt(w->lane, ticket) : NULL));
	else if (call != NULL)
		send_answer(w, call, p->handler, p->status, answer);
	if ((p->handler->flags & HANDLER_SECRET) && answer.len > 0)
		secret_wipe((char *)answer.data, answer.len);
}

static void
on_settled(struct loop_source *source, uint32_t events)
{
	struct worker *w =
	    (struct worker *)((char *)source - offsetof(struct worker, lane_source));
	enum audit_outcome outcome;
	uint64_t count, ticket;

	(void)!read(source->fd, &count, sizeof(count));
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
		struct grpc_call *call = p->call;

		if (p->since_ns > oldest)
			break;
		p->call = NULL;
		if (call != NULL)
			send_refusal(w, call, p->handler);
	}
	if (w->pending_first < w->pending_next)
		loop_timer_start(w->loop, timer, PATIENCE_TICK_MS);
}

/* ---- requests ---- */

static bool
has_service_token(const struct rulebook *book, const struct grpc_call *call)
{
	str_t want = book->config.service_token;
	str_t got = grpc_call_metadata(call, STR("x-service-token"));

	return want.len == 0 || (got.len == want.len && secret_equal(got.data, want.data, want.len));
}

const struct rulebook *
worker_rulebook(struct worker *w)
{
	return shared_get(w->options.books, &w->view);
}

static bool
is_let_in(struct worker *w, const struct rulebook *book, struct grpc_call *call, bool open)
{
	count(&w->requests);
	if (open)
		return true;
	/* Who comes by a Unix socket was let in there. */
	if (grpc_call_peer(call)->kind != PEER_UNIX &&
	    !allow_list_admits(&book->clients, grpc_call_peer(call), grpc_call_method(call)->path)) {
		count(&w->failed);
		grpc_fail(call, GRPC_PERMISSION_DENIED, STR("this client may not call this service (tls.allowed_clients)"));
		return false;
	}
	if (has_service_token(book, call))
		return true;
	count(&w->failed);
	grpc_fail(call, GRPC_UNAUTHENTICATED, STR("x-service-token is missing or wrong"));
	return false;
}

void
worker_on_stream(struct worker *w, struct grpc_call *call, const struct stream_handler *handler,
    str_t bytes)
{
	if (is_let_in(w, worker_rulebook(w), call, handler->open_to_all))
		stream_open(w, call, handler, bytes);
}

void
worker_on_message(struct worker *w, struct grpc_call *call, const struct method *method,
    str_t bytes)
{
	struct request r = { .worker = w,
		.call = call,
		.method = method,
		.book = worker_rulebook(w),
		.arena = w->arena,
		.notes = w->notes,
		.bytes = bytes };

	if (!is_let_in(w, r.book, call, method->handler->flags & HANDLER_OPEN))
		return;
	arena_reset(w->arena);
	arena_reset(w->notes);
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
worker_count_token(struct worker *w, const struct identity *id)
{
	if (id->reason != TOKEN_NONE) {
		count(&w->tokens_refused);
		if (id->reason == TOKEN_KEY_UNKNOWN)
			unknown_kids_note(&w->options.commons->unknown_kids, id->kid);
		return;
	}
	count(&w->tokens_accepted);
	if (id->cached)
		count(&w->tokens_cached);
}

struct worker_counts
worker_get_counts(const struct worker *w)
{
	return (struct worker_counts){
		.requests = atomic_load(&w->requests),
		.allowed = atomic_load(&w->allowed),
		.denied = atomic_load(&w->denied),
		.failed = atomic_load(&w->failed),
		.withheld = atomic_load(&w->withheld),
		.tokens_accepted = atomic_load(&w->tokens_accepted),
		.tokens_refused = atomic_load(&w->tokens_refused),
		.tokens_cached = atomic_load(&w->tokens_cached),
	};
}

/* ---- the loop ---- */

static void
on_end(struct loop_hook *hook)
{
	struct worker *w = (struct worker *)((char *)hook - offsetof(struct worker, end_hook));

	audit_writer_commit(w->options.audit, w->lane);
	if (!atomic_load_explicit(&w->turned, memory_order_relaxed))
		atomic_store_explicit(&w->turned, true, memory_order_relaxed);
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

	if (worker_rulebook(w)->generation != w->told_generation || atomic_load(&w->draining)) {
		w->told_generation = worker_rulebook(w)->generation;
		stream_tell_all(w);
	}
	if (w->options.inquiry != NULL)
		inquiry_answer(w->options.inquiry);
	if (!atomic_load(&w->draining))
		return;
	stream_end_all(w);
	for (size_t i = 0; i < w->server_count; i++)
		server_drain(w->servers[i], DRAIN_MS, on_drained, w);
	stop_if_done(w);
}

static void *
run(void *argument)
{
	struct worker *w = argument;
	err_t err;

	if (w->options.sealed && !sandbox_enter_worker())
		log_warn(w->options.log, "a worker's own system call filter is not taken");
	err = loop_run(w->loop);
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
	return w->loop != NULL && w->evaluator != NULL && w->redactor != NULL && w->checker.cache != NULL &&
	    w->checker.context != NULL && w->arena != NULL && w->notes != NULL &&
	    w->answers != NULL && w->streams != NULL && buf_reserve(&w->line, AUDIT_BODY_MAX) &&
	    buf_reserve(&w->answer, 4096) && buf_reserve(&w->scratch, 4096);
}

static err_t
build(struct worker *w)
{
	if (!take_memory(w))
		return ERR_MEMORY;
	random_bytes(w->luck, sizeof(w->luck));
	w->lane_source.fd = w->lane->wake_fd;
	w->lane_source.events = EPOLLIN;
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
	buf_fini(&w->line);
	buf_fini(&w->answer);
	buf_fini(&w->scratch);
	free(w);
	*worker = NULL;
}
