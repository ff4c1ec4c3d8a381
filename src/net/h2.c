/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "net/guard.h"
#include "net/h2_adapt.h"

enum {
	CONNECTION_WINDOW = 1024 * 1024,
	SPARE_STREAMS = 4096, /* kept for reuse by a server */
	DRAIN_GRACE_MS = 200, /* for requests that crossed our first GOAWAY */
};

struct h2 {
	struct conn *conn;
	nghttp2_session *session;
	struct h2_stream *streams;
	struct h2_stream *receiving, **receiving_tail;
	struct h2_stream *current; /* the last one looked up */
	struct guard guard;
	uint32_t open_count, unsent_count; /* unsent: responded but not finished */
	size_t held, queued;
	int64_t active_ns; /* a stream was opened or closed */
	int64_t progress_ns; /* body bytes left */
	int64_t drained_ns; /* 0: not draining */
	int32_t newest_id; /* of the streams the client has opened */
	int32_t reset_from; /* the oldest that we reset or did not take */
	uint32_t stray_code; /* of a request on a stream that cannot have one; 0: none came */
	bool greeted, over_budget, last_word;
};

struct shared_part { /* of all connections of a server */
	const struct h2_app *app;
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	struct h2_stream *spare;
	uint32_t spare_count;
	struct pool pool; /* nghttp2's memory */
	nghttp2_mem mem;
};

static struct shared_part *
shared_of(const struct h2 *h)
{
	return h->conn->host->shared;
}

static const struct h2_app *
app_of(const struct h2 *h)
{
	return shared_of(h)->app;
}

/* ---- streams ---- */

static struct h2_stream *
take_stream(struct h2 *h, int32_t id)
{
	struct shared_part *shared = shared_of(h);
	struct h2_stream *s = shared->spare;

	if (s != NULL) {
		shared->spare = s->next;
		shared->spare_count--;
	} else {
		s = calloc(1, shared->app->stream_size);
		if (s == NULL)
			return NULL;
		shared->app->make(s, h->conn->host);
	}
	s->h2 = h;
	s->id = id;
	s->opened_ns = loop_now_ns(h->conn->host->loop);
	s->next = h->streams;
	s->at = &h->streams;
	if (s->next != NULL)
		s->next->at = &s->next;
	h->streams = s;
	s->at_receiving = h->receiving_tail;
	*h->receiving_tail = s;
	h->receiving_tail = &s->next_receiving;
	h->open_count++;
	h->active_ns = s->opened_ns;
	h->conn->host->counts.requests++;
	return s;
}

static void
stop_receiving(struct h2_stream *s)
{
	struct h2 *h = s->h2;

	if (s->at_receiving == NULL)
		return;
	*s->at_receiving = s->next_receiving;
	if (s->next_receiving != NULL)
		s->next_receiving->at_receiving = s->at_receiving;
	else
		h->receiving_tail = s->at_receiving;
	s->at_receiving = NULL;
	s->next_receiving = NULL;
}

static void
finish_sending(struct h2_stream *s)
{
	if (s->responded && !s->finished)
		s->h2->unsent_count--;
	s->finished = true;
}

static void
release_stream(struct h2_stream *s)
{
	struct h2 *h = s->h2;
	struct shared_part *shared = shared_of(h);

	stop_receiving(s);
	finish_sending(s);
	shared->app->on_close(s);
	*s->at = s->next;
	if (s->next != NULL)
		s->next->at = s->at;
	if (h->current == s)
		h->current = NULL;
	h->open_count--;
	h->active_ns = loop_now_ns(h->conn->host->loop);
	if (shared->spare_count == SPARE_STREAMS) {
		shared->app->free(s);
		free(s);
		return;
	}
	shared->app->clean(s);
	*s = (struct h2_stream){ .next = shared->spare };
	shared->spare = s;
	shared->spare_count++;
}

static struct h2_stream *
find_stream(struct h2 *h, int32_t id)
{
	if (h->current == NULL || h->current->id != id)
		h->current = nghttp2_session_get_stream_user_data(h->session, id);
	return h->current;
}

struct conn *
h2_conn(const struct h2_stream *s)
{
	return s->h2->conn;
}

/* ---- what the client sends ---- */

/*
 * A request must have a newer stream than all before it (rfc9113 5.1.1).  nghttp2 passes over one that
 * has not.  Where we reset a stream ourselves, what crossed that on its way is passed over indeed.
 */
static int
on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user)
{
	struct h2 *h = user;
	int32_t id = hd->stream_id;

	if (hd->type != NGHTTP2_HEADERS)
		return 0;
	if (id > h->newest_id) {
		h->newest_id = id;
		if (h->open_count >= h->conn->host->limits.streams && id < h->reset_from)
			h->reset_from = id;
		return 0;
	}
	if (id == 0 || id >= h->reset_from || h->drained_ns != 0 || h->last_word ||
	    nghttp2_session_get_stream_user_data(session, id) != NULL)
		return 0;
	h->stray_code = id == h->newest_id ? NGHTTP2_STREAM_CLOSED : NGHTTP2_PROTOCOL_ERROR;
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int
on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2 *h = user;
	struct h2_stream *s;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	s = take_stream(h, frame->hd.stream_id);
	if (s == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	h->current = s;
	(void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, s);
	return 0;
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
	struct h2 *h = user;
	struct h2_stream *s = find_stream(h, frame->hd.stream_id);

	(void)flags;
	if (s == NULL)
		return 0;
	s->field_bytes += (uint32_t)(name_len + value_len + 32);
	if (++s->field_count > H2_FIELDS_MAX || s->field_bytes > H2_FIELD_BYTES_MAX) {
		/* Resetting makes nghttp2 pass over the rest of the block cheaply. */
		(void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id,
		    NGHTTP2_ENHANCE_YOUR_CALM);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	/* Trailers carry nothing for us. */
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		app_of(h)->on_field(s, str_make((const char *)name, name_len),
		    str_make((const char *)value, value_len));
	return 0;
}

static int
on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
	(void)name;
	(void)name_len;
	(void)value;
	(void)value_len;
	(void)flags;
	(void)user;
	/* A malformed field makes the request malformed (rfc9113 8.2.1). */
	(void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
	    NGHTTP2_PROTOCOL_ERROR);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2 *h = user;
	struct h2_stream *s;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_SETTINGS:
		h->greeted = true;
		return 0;
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		break;
	default:
		return 0;
	}
	s = find_stream(h, frame->hd.stream_id);
	if (s == NULL)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		app_of(h)->on_headers(s);
	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
		s->ended = true;
		stop_receiving(s);
		app_of(h)->on_end(s);
	}
	return 0;
}

static int
on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data,
    size_t len, void *user)
{
	struct h2_stream *s = find_stream(user, stream_id);

	(void)session;
	(void)flags;
	if (s != NULL)
		app_of(s->h2)->on_data(s, str_make((const char *)data, len));
	return 0;
}

static int
on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t error_code, void *user)
{
	struct h2 *h = user;
	struct h2_stream *s = nghttp2_session_get_stream_user_data(session, stream_id);

	if (s == NULL)
		return 0;
	if (s->finished && error_code == NGHTTP2_NO_ERROR)
		guard_earn(&h->guard, GUARD_EARN_SERVED);
	(void)nghttp2_session_set_stream_user_data(session, stream_id, NULL);
	release_stream(s);
	return 0;
}

static int
on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2 *h = user;
	struct h2_stream *s;

	switch (frame->hd.type) {
	case NGHTTP2_RST_STREAM:
		if (frame->hd.stream_id < h->reset_from)
			h->reset_from = frame->hd.stream_id;
		if (frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
		    !guard_charge(&h->guard, GUARD_COST_OUR_RESET))
			h->over_budget = true;
		return 0;
	case NGHTTP2_DATA:
		guard_earn(&h->guard, GUARD_EARN_DATA);
		h->progress_ns = loop_now_ns(h->conn->host->loop);
		break;
	case NGHTTP2_HEADERS:
		break;
	default:
		return 0;
	}
	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	s = find_stream(h, frame->hd.stream_id);
	if (s == NULL)
		return 0;
	finish_sending(s);
	/* Answered before the request was complete: we want no more of it (rfc9113 8.1). */
	if (!s->ended)
		(void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
	return 0;
}

/* ---- what we send ---- */

static bool
submit_trailers(struct h2_stream *s)
{
	struct h2_field fields[H2_RESPONSE_FIELDS];
	nghttp2_nv nvs[H2_RESPONSE_FIELDS];
	size_t count = H2_RESPONSE_FIELDS;

	app_of(s->h2)->write_trailers(s, fields, &count);
	count = h2_adapt_fields(fields, count, nvs);
	return nghttp2_submit_trailer(s->h2->session, s->id, nvs, count) == 0;
}

static ssize_t
read_body(nghttp2_session *session, int32_t stream_id, uint8_t *room, size_t size,
    uint32_t *data_flags, nghttp2_data_source *source, void *user)
{
	struct h2_stream *s = source->ptr;
	bool done = false;
	size_t len = app_of(user)->read_body(s, (char *)room, size, &done);

	(void)session;
	(void)stream_id;
	if (!done)
		return len > 0 ? (ssize_t)len : NGHTTP2_ERR_DEFERRED;
	*data_flags |= NGHTTP2_DATA_FLAG_EOF;
	if (app_of(user)->write_trailers == NULL)
		return (ssize_t)len;
	*data_flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	return submit_trailers(s) ? (ssize_t)len : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void
h2_respond(struct h2_stream *s, const struct h2_field *fields, size_t count, bool with_body)
{
	nghttp2_data_provider provider = { .source.ptr = s, .read_callback = read_body };
	nghttp2_nv nvs[H2_RESPONSE_FIELDS];
	struct h2 *h = s->h2;
	int rv;

	must(!s->responded);
	s->responded = true;
	if (h->unsent_count++ == 0)
		h->progress_ns = loop_now_ns(h->conn->host->loop);
	rv = nghttp2_submit_response(h->session, s->id, nvs, h2_adapt_fields(fields, count, nvs),
	    with_body ? &provider : NULL);
	if (rv != 0)
		(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id,
		    NGHTTP2_INTERNAL_ERROR);
	conn_flush_later(h->conn);
}

void
h2_resume(struct h2_stream *s)
{
	/* Fails when the body was not waiting; then it is asked anyway. */
	(void)nghttp2_session_resume_data(s->h2->session, s->id);
	conn_flush_later(s->h2->conn);
}

static bool
reserve(size_t *sum, size_t bytes, size_t limit)
{
	if (bytes > limit || *sum > limit - bytes)
		return false;
	*sum += bytes;
	return true;
}

bool
h2_hold(struct h2_stream *s, size_t bytes)
{
	return reserve(&s->h2->held, bytes, s->h2->conn->host->limits.held_bytes);
}

void
h2_unhold(struct h2_stream *s, size_t bytes)
{
	must(bytes <= s->h2->held);
	s->h2->held -= bytes;
}

bool
h2_queue(struct h2_stream *s, size_t bytes)
{
	return reserve(&s->h2->queued, bytes, s->h2->conn->host->limits.queued_bytes);
}

void
h2_unqueue(struct h2_stream *s, size_t bytes)
{
	must(bytes <= s->h2->queued);
	s->h2->queued -= bytes;
}

/* ---- the connection ---- */

static bool
make_callbacks(struct shared_part *shared)
{
	nghttp2_session_callbacks *c;

	if (nghttp2_session_callbacks_new(&shared->callbacks) != 0)
		return false;
	c = shared->callbacks;
	nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(c, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(c, on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data_chunk);
	nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_send);
	return true;
}

bool
h2_init(struct conn_host *host, const struct h2_app *app)
{
	struct shared_part *shared = calloc(1, sizeof(*shared));

	if (shared == NULL)
		return false;
	shared->app = app;
	shared->mem = h2_adapt_memory(&shared->pool);
	host->shared = shared;
	if (!make_callbacks(shared) || nghttp2_option_new(&shared->option) != 0) {
		h2_fini(host);
		return false;
	}
	nghttp2_option_set_no_closed_streams(shared->option, 1);
	nghttp2_option_set_max_outbound_ack(shared->option, GUARD_BUDGET);
	nghttp2_option_set_max_continuations(shared->option, GUARD_CONTINUATIONS);
	nghttp2_option_set_stream_reset_rate_limit(shared->option, GUARD_BUDGET, GUARD_REFILL_PER_S);
	return true;
}

void
h2_fini(struct conn_host *host)
{
	struct shared_part *shared = host->shared;

	while (shared->spare != NULL) {
		struct h2_stream *s = shared->spare;

		shared->spare = s->next;
		shared->app->free(s);
		free(s);
	}
	nghttp2_session_callbacks_del(shared->callbacks);
	nghttp2_option_del(shared->option);
	pool_fini(&shared->pool);
	free(shared);
	host->shared = NULL;
}

static bool
greet(struct h2 *h)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, h->conn->host->limits.streams },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_FIELD_BYTES_MAX },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};

	return nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, COUNT(settings)) == 0 &&
	    nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
		CONNECTION_WINDOW) == 0;
}

void *
h2_open(struct conn *c)
{
	struct shared_part *shared = c->host->shared;
	struct h2 *h = calloc(1, sizeof(*h));
	int64_t now = loop_now_ns(c->host->loop);

	if (h == NULL)
		return NULL;
	h->conn = c;
	h->receiving_tail = &h->receiving;
	h->reset_from = INT32_MAX;
	h->active_ns = now;
	guard_init(&h->guard, now, NGHTTP2_CLIENT_MAGIC_LEN);
	if (nghttp2_session_server_new3(&h->session, shared->callbacks, h, shared->option, &shared->mem) != 0 ||
	    !greet(h)) {
		h2_end(h);
		return NULL;
	}
	return h;
}

void
h2_end(void *context)
{
	struct h2 *h = context;

	nghttp2_session_del(h->session); /* does not tell about streams that are left */
	while (h->streams != NULL)
		release_stream(h->streams);
	must(h->held == 0 && h->queued == 0);
	free(h);
}

static void
cut_off(struct h2 *h)
{
	if (h->last_word)
		return;
	h->last_word = true;
	h->conn->host->counts.cut_off++;
	(void)nghttp2_session_terminate_session(h->session,
	    h->stray_code != 0  ? h->stray_code :
		h->guard.malformed ? NGHTTP2_PROTOCOL_ERROR :
				     NGHTTP2_ENHANCE_YOUR_CALM);
}

bool
h2_take(void *context, str_t bytes)
{
	struct h2 *h = context;
	ssize_t taken;

	if (!guard_look(&h->guard, bytes, loop_now_ns(h->conn->host->loop))) {
		cut_off(h);
		return false;
	}
	taken = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.data, bytes.len);
	if (taken == NGHTTP2_ERR_FLOODED || h->stray_code != 0)
		cut_off(h);
	return taken >= 0;
}

size_t
h2_give(void *context, char *room, size_t size)
{
	struct h2 *h = context;
	const uint8_t *piece;
	size_t len = 0;

	while (size - len >= CONN_PIECE_MAX) {
		ssize_t got;

		if (h->over_budget)
			cut_off(h);
		got = nghttp2_session_mem_send(h->session, &piece);
		if (got <= 0)
			break;
		must((size_t)got <= CONN_PIECE_MAX);
		memcpy(room + len, piece, (size_t)got);
		len += (size_t)got;
	}
	return len;
}

bool
h2_is_over(const void *context)
{
	const struct h2 *h = context;

	return nghttp2_session_want_read(h->session) == 0 && nghttp2_session_want_write(h->session) == 0;
}

void
h2_drain(void *context)
{
	struct h2 *h = context;

	if (h->drained_ns != 0)
		return;
	h->drained_ns = loop_now_ns(h->conn->host->loop);
	(void)nghttp2_submit_shutdown_notice(h->session);
	conn_flush_later(h->conn);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The second GOAWAY names the last request we shall serve (rfc9113 6.8). */
static int64_t
check_drain(struct h2 *h, int64_t now, int64_t next)
{
	int64_t due = h->drained_ns + DRAIN_GRACE_MS * CLOCK_NS_PER_MS;

	if (h->drained_ns == 0 || h->last_word)
		return next;
	if (now < due)
		return earlier(next, due);
	h->last_word = true;
	(void)nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR, NULL, 0);
	conn_flush_later(h->conn);
	return next;
}

int64_t
h2_check(void *context, int64_t now)
{
	struct h2 *h = context;
	const struct server_limits *limits = &h->conn->host->limits;
	int64_t next = now + 3600 * CLOCK_NS_PER_S;

	if (!h->greeted) {
		int64_t due = h->active_ns + limits->preface_ms * CLOCK_NS_PER_MS;

		return due > now ? due : 0;
	}
	if (h->guard.unfinished_ns != 0) {
		int64_t due = h->guard.unfinished_ns + limits->header_ms * CLOCK_NS_PER_MS;

		if (due <= now)
			return 0;
		next = earlier(next, due);
	}
	while (h->receiving != NULL) {
		int64_t due = h->receiving->opened_ns + limits->request_ms * CLOCK_NS_PER_MS;
		struct h2_stream *s = h->receiving;

		if (due > now) {
			next = earlier(next, due);
			break;
		}
		stop_receiving(s);
		app_of(h)->on_overdue(s);
	}
	if (h->unsent_count > 0) {
		int64_t due = h->progress_ns + limits->stall_ms * CLOCK_NS_PER_MS;

		if (due <= now)
			return 0;
		next = earlier(next, due);
	}
	if (h->open_count == 0) {
		int64_t due = h->active_ns + limits->idle_ms * CLOCK_NS_PER_MS;

		if (due <= now)
			h2_drain(h);
		else
			next = earlier(next, due);
	}
	return check_drain(h, now, next);
}
