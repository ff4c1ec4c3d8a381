/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/inquiry.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "audit/archive.h"
#include "audit/entry.h"
#include "base/clock.h"
#include "base/must.h"
#include "codec/json.h"
#include "sidecar/wire.h"

enum { TEND_S = 5 };
enum { QUERY_BYTES = 64 << 10, ENTRY_BYTES = 4 << 20, SCRATCH_BYTES = 64 << 10 };

enum progress { FREE, ASKED, ANSWERED }; /* an ASKED one is the thread's, the others the worker's */

struct inquiry {
	struct inquirer *owner;
	struct loop *loop;
	_Atomic int progress;
	_Atomic bool stop; /* nobody waits for it */
	struct grpc_call *call; /* the worker's; NULL: the client is gone */
	struct arena *arena;
	struct audit_query query;
	struct inquiry_bounds bounds;
	struct buf answer;
	err_t err;
	const char *why;
};

struct inquirer {
	struct arena *arena; /* the places */
	struct inquirer_options options;
	struct audit_archive *archive;
	struct arena *entry; /* of one line */
	struct buf scratch, event;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of `due` and `stopping` */
	pthread_cond_t come;
	bool due, stopping;
	_Atomic bool wanted; /* by a query, or to stop: whatever else it does can wait */
	struct inquiry *places;
};

/* ---- one line: AuditEventProto ---- */

static void
write_event(struct inquirer *q, const struct audit_entry *e, const struct audit_link *link)
{
	struct buf *out = &q->event;

	buf_clear(out);
	buf_clear(&q->scratch);
	json_write(&q->scratch, e->metadata);
	wire_write_bytes(out, 1, e->id);
	wire_write_bytes(out, 2, e->tenant_id);
	wire_write_bytes(out, 3, e->actor);
	wire_write_bytes(out, 4, e->action);
	wire_write_bytes(out, 5, e->resource);
	wire_write_bytes(out, 6, e->outcome);
	wire_write_uint(out, 7, (uint64_t)e->time_ms);
	wire_write_bytes(out, 8, buf_str(&q->scratch));
	wire_write_uint(out, 9, link->seq);
	wire_write_bytes(out, 10, str_make(link->prev_hash, AUDIT_HASH_LEN));
	wire_write_bytes(out, 11, str_make(link->hash, AUDIT_HASH_LEN));
	out->failed |= buf_failed(&q->scratch);
}

static err_t
on_found(void *context, str_t line, const struct audit_link *link)
{
	struct inquiry *p = context;
	struct inquirer *q = p->owner;
	struct audit_entry entry;

	arena_reset(q->entry);
	TRY(audit_entry_read(q->entry, line, &entry));
	write_event(q, &entry, link);
	wire_write_item(&p->answer, 1, buf_str(&q->event));
	if (!buf_failed(&p->answer) && !buf_failed(&q->event))
		return ERR_OK;
	p->why = "the answer would be too big: ask for fewer records";
	return ERR_LIMIT;
}

/* ---- the thread ---- */

static err_t
search(struct inquirer *q, struct inquiry *p)
{
	struct audit_search s = { .query = &p->query,
		.found = on_found,
		.context = p,
		.bytes_max = p->bounds.bytes,
		.deadline_ns = p->bounds.deadline_ns,
		.stop = &p->stop };
	struct audit_status status;
	err_t err;

	audit_writer_status(q->options.audit, &status);
	if (status.seq == 0 && status.trouble) {
		p->why = "the audit log cannot be opened";
		return ERR_UNREACHABLE;
	}
	TRY(audit_search_init(&s));
	err = audit_archive_search(q->archive, &s, status.seq);
	if (err != ERR_OK && p->why[0] == '\0')
		p->why = audit_search_why(&s);
	if (s.spoiled > 0)
		log_error(q->options.log,
		    "records of the audit log are not as they were written: see `core audit verify`",
		    LOG_INT("records", (int64_t)s.spoiled));
	audit_search_fini(&s);
	return err;
}

static bool
is_stopping(struct inquirer *q)
{
	bool stopping;

	(void)pthread_mutex_lock(&q->lock);
	stopping = q->stopping;
	(void)pthread_mutex_unlock(&q->lock);
	return stopping;
}

static void
serve(struct inquirer *q, struct inquiry *p)
{
	if (atomic_load(&p->progress) != ASKED)
		return;
	buf_clear(&p->answer);
	p->why = "";
	p->err = is_stopping(q) ? ERR_UNREACHABLE : search(q, p);
	if (p->err == ERR_IO)
		p->why = "the audit log cannot be read";
	if (p->err == ERR_SYNTAX)
		p->why = "a file of the audit log is damaged: see `core audit verify`";
	if (p->err != ERR_OK && is_stopping(q)) {
		p->err = ERR_UNREACHABLE;
		p->why = "the sidecar stops";
	}
	atomic_store(&p->progress, ANSWERED);
	loop_wake(p->loop);
}

/* Until a query comes, or the stop, or for some seconds. */
static bool
wait_for_work(struct inquirer *q)
{
	int64_t until = clock_wall_ns(&clock_system) + TEND_S * CLOCK_NS_PER_S;
	struct timespec at = { .tv_sec = (time_t)(until / CLOCK_NS_PER_S), .tv_nsec = until % CLOCK_NS_PER_S };
	int error = 0;
	bool due;

	(void)pthread_mutex_lock(&q->lock);
	while (!q->due && !q->stopping && error == 0)
		error = pthread_cond_timedwait(&q->come, &q->lock, &at);
	due = q->due || q->stopping;
	q->due = false;
	if (!q->stopping)
		atomic_store(&q->wanted, false);
	(void)pthread_mutex_unlock(&q->lock);
	return due;
}

/* Indexes that are missing are made while nobody asks, so that the next query has them. */
static void
tend(struct inquirer *q)
{
	bool more = true;

	while (more && !atomic_load(&q->wanted) &&
	    audit_archive_tend(q->archive, &q->wanted, &more) == ERR_OK)
		;
}

static void *
run(void *argument)
{
	struct inquirer *q = argument;
	bool stopping;

	do {
		stopping = is_stopping(q); /* then nothing more is asked, and what was is answered below */
		if (!stopping && !wait_for_work(q))
			tend(q);
		for (uint32_t i = 0; i < q->options.count; i++)
			serve(q, &q->places[i]);
	} while (!stopping);
	return NULL;
}

/* ---- life ---- */

static err_t
start_thread(struct inquirer *q)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	q->has_thread = pthread_create(&q->thread, NULL, run, q) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return q->has_thread ? ERR_OK : ERR_MEMORY;
}

static err_t
build(struct inquirer *q, const struct inquirer_options *options)
{
	q->options = *options;
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_cond_init(&q->come, NULL);
	buf_init(&q->scratch, SCRATCH_BYTES);
	buf_init(&q->event, SCRATCH_BYTES);
	q->options.count = 0; /* of those that are made */
	q->arena = arena_new((size_t)1 << 20);
	q->entry = arena_new(ENTRY_BYTES);
	q->archive = audit_archive_new(options->log_path, options->index_dir);
	if (q->arena == NULL || q->entry == NULL || q->archive == NULL)
		return ERR_MEMORY;
	q->places = ARENA_ARRAY(q->arena, struct inquiry, options->count);
	if (q->places == NULL)
		return ERR_MEMORY;
	for (; q->options.count < options->count; q->options.count++) {
		struct inquiry *p = &q->places[q->options.count];

		p->owner = q;
		buf_init(&p->answer, INQUIRY_ANSWER_MAX);
		p->arena = arena_new(QUERY_BYTES);
		if (p->arena == NULL)
			return ERR_MEMORY;
	}
	return start_thread(q);
}

err_t
inquirer_open(const struct inquirer_options *options, struct inquirer **ret)
{
	struct inquirer *q = calloc(1, sizeof(*q));
	err_t err;

	if (q == NULL)
		return ERR_MEMORY;
	err = build(q, options);
	if (err != ERR_OK)
		inquirer_close(&q);
	else
		*ret = q;
	return err;
}

void
inquirer_stop(struct inquirer *q)
{
	if (q == NULL || !q->has_thread)
		return;
	(void)pthread_mutex_lock(&q->lock);
	q->stopping = true;
	atomic_store(&q->wanted, true);
	for (uint32_t i = 0; i < q->options.count; i++)
		atomic_store(&q->places[i].stop, true);
	(void)pthread_cond_signal(&q->come);
	(void)pthread_mutex_unlock(&q->lock);
	(void)pthread_join(q->thread, NULL);
	q->has_thread = false;
}

void
inquirer_close(struct inquirer **inquirer)
{
	struct inquirer *q = *inquirer;

	if (q == NULL)
		return;
	inquirer_stop(q);
	for (uint32_t i = 0; i < q->options.count; i++) {
		buf_fini(&q->places[i].answer);
		arena_free(&q->places[i].arena);
	}
	audit_archive_free(&q->archive);
	buf_fini(&q->scratch);
	buf_fini(&q->event);
	(void)pthread_cond_destroy(&q->come);
	(void)pthread_mutex_destroy(&q->lock);
	arena_free(&q->entry);
	arena_free(&q->arena);
	free(q);
	*inquirer = NULL;
}

struct inquiry *
inquirer_place(struct inquirer *q, uint32_t index)
{
	must(index < q->options.count);
	return &q->places[index];
}

/* ---- a place ---- */

void
inquiry_belongs_to(struct inquiry *p, struct loop *loop)
{
	p->loop = loop;
}

struct arena *
inquiry_begin(struct inquiry *p)
{
	if (atomic_load(&p->progress) != FREE)
		return NULL;
	arena_reset(p->arena);
	return p->arena;
}

static void
on_cancel(struct grpc_call *call, void *user)
{
	struct inquiry *p = user;

	p->call = NULL;
	atomic_store(&p->stop, true);
}

void
inquiry_ask(struct inquiry *p, struct grpc_call *call, const struct audit_query *query,
    const struct inquiry_bounds *bounds)
{
	struct inquirer *q = p->owner;
	bool stopping;

	p->query = *query;
	p->bounds = *bounds;
	p->call = call;
	(void)pthread_mutex_lock(&q->lock);
	stopping = q->stopping;
	if (!stopping) {
		atomic_store(&p->stop, false);
		atomic_store(&p->progress, ASKED);
		q->due = true;
		atomic_store(&q->wanted, true);
		(void)pthread_cond_signal(&q->come);
	}
	(void)pthread_mutex_unlock(&q->lock);
	if (stopping)
		grpc_fail(call, GRPC_UNAVAILABLE, STR("the sidecar stops"));
	else
		grpc_call_attach(call, p, on_cancel);
}

void
inquiry_answer(struct inquiry *p)
{
	struct grpc_call *call = p->call;

	if (atomic_load(&p->progress) != ANSWERED)
		return;
	p->call = NULL;
	atomic_store(&p->progress, FREE);
	if (call != NULL && p->err == ERR_OK)
		grpc_reply(call, buf_str(&p->answer));
	else if (call != NULL)
		grpc_fail(call, err_grpc(p->err), str_of(p->why[0] != '\0' ? p->why : err_text(p->err)));
}
