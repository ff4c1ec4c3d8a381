/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/stream.h"

#include "sidecar/worker.h"

/* Its place is free. */
static struct grpc_call *
leave(struct stream *s)
{
	struct grpc_call *call = s->call;

	s->call = NULL;
	metric_add(&s->worker->cells->streams, (uint64_t)-1);
	return call;
}

static void
on_cancel(struct grpc_call *call, void *user)
{
	(void)leave(user);
}

static void
on_drain(struct grpc_call *call, void *user)
{
	struct stream *s = user;

	s->handler->tell(s, worker_rulebook(s->worker));
}

static struct stream *
find_place(struct stream_table *table)
{
	for (uint32_t i = 0; i < table->count; i++) {
		if (table->at[i].call == NULL)
			return &table->at[i];
	}
	return table->count < STREAM_COUNT_MAX ? &table->at[table->count++] : NULL;
}

void
stream_open(struct worker *w, struct grpc_call *call, const struct stream_handler *handler, str_t message)
{
	struct stream *s = find_place(w->streams);
	const char *why = "the message is malformed";
	err_t err;

	if (s == NULL) {
		grpc_fail(call, GRPC_RESOURCE_EXHAUSTED, STR("too many streams are open"));
		return;
	}
	*s = (struct stream){ .worker = w, .call = call, .handler = handler };
	err = handler->open(s, message, &why);
	if (err != ERR_OK) {
		s->call = NULL;
		grpc_fail(call, err_grpc(err), str_of(why));
		return;
	}
	metric_add(&w->cells->streams, 1);
	grpc_call_attach(call, s, on_cancel);
	handler->tell(s, worker_rulebook(w));
}

static bool
is_still_let_in(const struct stream *s, const struct rulebook *book)
{
	return s->handler->open_to_all ||
	    rulebook_admits(book, grpc_call_peer(s->call), grpc_call_method(s->call)->path);
}

void
stream_tell_all(struct worker *w)
{
	const struct rulebook *book = worker_rulebook(w);

	for (uint32_t i = 0; i < w->streams->count; i++) {
		struct stream *s = &w->streams->at[i];

		if (s->call == NULL)
			continue;
		if (is_still_let_in(s, book))
			s->handler->tell(s, book);
		else
			grpc_fail(leave(s), GRPC_PERMISSION_DENIED, STR(RULEBOOK_ADMITS_NOT));
	}
}

void
stream_end_all(struct worker *w)
{
	for (uint32_t i = 0; i < w->streams->count; i++) {
		if (w->streams->at[i].call != NULL)
			grpc_fail(leave(&w->streams->at[i]), GRPC_UNAVAILABLE, STR("the sidecar stops"));
	}
}

bool
stream_send(struct stream *s, str_t message)
{
	if (grpc_send(s->call, message))
		return true;
	grpc_call_on_drain(s->call, on_drain);
	return false;
}

void
stream_note(struct stream *s, str_t text)
{
	s->note_len = (uint32_t)(text.len < STREAM_NOTE_MAX ? text.len : STREAM_NOTE_MAX);
	if (s->note_len > 0)
		memcpy(s->note, text.data, s->note_len);
}

void
stream_finish(struct stream *s)
{
	grpc_finish(leave(s));
}
