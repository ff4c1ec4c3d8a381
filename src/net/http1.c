/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/exchange.h"
#include "net/http1_protocol.h"

enum {
	CHUNK_ROOM = 16384, /* for the lines between a body's chunks */
	AHEAD_MAX = 32768, /* bytes of pipelined requests */
	KEEP = 16384, /* buffers up to this size stay with a connection */
};

enum state {
	READING, /* a request, or waiting for one */
	RUNNING, /* the handler has it */
	REPLYING,
	OVER, /* to be closed when `out` has been written */
};

struct line { /* one per connection, used again for each request */
	struct http1_exchange x;
	enum state state;
	struct buf in; /* one request; while it runs, later bytes wait in `ahead` */
	struct buf ahead, out;
	size_t out_from;
	struct http1_chunks chunks;
	bool keep_alive, continued, draining;
	int64_t since_ns; /* of the request's first byte, or of the last reply */
};

static struct line *
line_of(struct http1_exchange *x)
{
	return (struct line *)(void *)x; /* it is its first member */
}

static struct loop *
loop_of(const struct line *l)
{
	return l->x.conn->host->loop;
}

/* ---- replies ---- */

static void
write_reply(struct http1_exchange *x, const struct http1_answer *a)
{
	struct line *l = line_of(x);
	struct buf *out = &l->out;
	str_t body = a->body;
	int status = a->status;
	bool bodiless = status == 204 || status == 304;

	if (l->draining)
		l->keep_alive = false;
	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, exchange_reason(status));
	buf_add_text(out, "date: ");
	exchange_write_date(out, loop_clock(loop_of(l)));
	if (status == 405 || a->lists_methods) {
		buf_add_text(out, "\r\nallow: ");
		exchange_write_allow(out, x);
	}
	buf_add_text(out, "\r\n");
	if (a->content_type.len > 0 && !bodiless)
		buf_printf(out, "content-type: %.*s\r\n", STR_FMT(a->content_type));
	buf_add_str(out, a->fields);
	if (!bodiless)
		buf_printf(out, "content-length: %zu\r\n", body.len);
	buf_add_text(out, l->keep_alive ? "\r\n" : "connection: close\r\n\r\n");
	if (!bodiless && !str_eq(x->request.method, STR("HEAD")))
		buf_add_str(out, body);
	if (buf_failed(out)) {
		/* Half a reply would be taken for a whole one. */
		buf_clear(out);
		l->out_from = 0;
		l->keep_alive = false;
	}
	l->state = l->keep_alive ? REPLYING : OVER;
	conn_flush_later(x->conn);
}

/* Where the next request begins is not certain. */
static void
refuse(struct line *l, int status)
{
	l->keep_alive = false;
	exchange_refuse(&l->x, status);
}

/* ---- requests ---- */

/* The body, once the head is there.  Returns as the parser does. */
static int
read_request_body(struct line *l, size_t *ret_len)
{
	size_t limit = l->x.conn->host->http1->body_limit;
	size_t come = l->in.len - l->x.head.size;
	int status;

	if (!l->x.head.chunked) {
		*ret_len = (size_t)l->x.head.body_len;
		if (l->x.head.body_len > limit)
			return 413;
		if (come < *ret_len)
			return 0;
		l->chunks.at = *ret_len;
		return 1;
	}
	status = http1_chunks_read(&l->chunks, l->in.data + l->x.head.size, come, limit);
	*ret_len = l->chunks.len;
	return status;
}

static void
read_request(struct line *l)
{
	size_t body_len = 0;
	int status = http1_head_read(buf_str(&l->in), &l->x.head);

	l->x.request = (struct http1_request){ STR(""), STR(""), STR(""), STR("") };
	l->keep_alive = false;
	if (status == 1) {
		l->x.request = (struct http1_request){ l->x.head.method, l->x.head.path, l->x.head.query, STR("") };
		l->keep_alive = l->x.head.keep_alive;
		status = read_request_body(l, &body_len);
	}
	if (status > 1) {
		refuse(l, status);
	} else if (status == 1) {
		l->x.request.body = str_make(l->in.data + l->x.head.size, body_len);
		l->x.conn->host->counts.requests++;
		l->state = RUNNING;
		exchange_dispatch(&l->x);
	} else if (l->x.head.size > 0 && l->x.request.method.len > 0 && l->x.head.expects_continue &&
	    !l->continued) {
		l->continued = true;
		buf_add_text(&l->out, "HTTP/1.1 100 Continue\r\n\r\n");
		conn_flush_later(l->x.conn);
	}
}

static void
start_over(struct buf *b)
{
	size_t limit = b->limit;

	buf_clear(b);
	if (b->capacity > KEEP) {
		buf_fini(b);
		buf_init(b, limit);
	}
}

/* The reply has been written: what came after its request is next. */
static void
next_request(struct line *l)
{
	buf_drop(&l->in, l->x.head.size + l->chunks.at);
	buf_add_str(&l->in, buf_str(&l->ahead));
	start_over(&l->ahead);
	if (l->in.len == 0)
		start_over(&l->in);
	l->chunks = (struct http1_chunks){ 0 };
	l->continued = false;
	l->x.user = NULL;
	l->since_ns = loop_now_ns(loop_of(l));
	l->state = l->draining ? OVER : READING;
	if (l->state == READING && l->in.len > 0)
		read_request(l);
}

/* ---- the connection ---- */

static void *
open_exchange(struct conn *c)
{
	struct line *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->x.conn = c;
	l->x.answer = write_reply;
	l->since_ns = loop_now_ns(c->host->loop);
	buf_init(&l->in, HTTP1_HEAD_MAX + c->host->http1->body_limit + CHUNK_ROOM + AHEAD_MAX);
	buf_init(&l->ahead, AHEAD_MAX);
	buf_init(&l->out, c->host->limits.queued_bytes);
	return l;
}

static void
end_exchange(void *context)
{
	struct line *l = context;

	exchange_cancel(&l->x);
	buf_fini(&l->in);
	buf_fini(&l->ahead);
	buf_fini(&l->out);
	free(l);
}

static bool
take(void *context, str_t bytes)
{
	struct line *l = context;

	if (l->state != READING) {
		buf_add_str(&l->ahead, bytes);
		return !buf_failed(&l->ahead);
	}
	if (l->in.len == 0)
		l->since_ns = loop_now_ns(loop_of(l));
	buf_add_str(&l->in, bytes);
	if (buf_failed(&l->in))
		return false;
	read_request(l);
	return true;
}

/* A burst of requests is read as fast as it is answered. */
static bool
is_full(const void *context)
{
	const struct line *l = context;

	size_t consumed = l->x.head.size + l->chunks.at;
	size_t left = l->in.len > consumed ? l->in.len - consumed : 0;

	return l->state != READING && left + l->ahead.len > AHEAD_MAX - CONN_IN_SIZE;
}

static size_t
give(void *context, char *room, size_t size)
{
	struct line *l = context;
	size_t left = l->out.len - l->out_from;
	size_t len = left < size ? left : size;

	if (len > 0)
		memcpy(room, l->out.data + l->out_from, len);
	l->out_from += len;
	if (l->out_from == l->out.len) {
		start_over(&l->out);
		l->out_from = 0;
		if (l->state == REPLYING)
			next_request(l);
	}
	return len;
}

static bool
is_over(const void *context)
{
	const struct line *l = context;

	return l->state == OVER && l->out_from == l->out.len;
}

static void
drain(void *context)
{
	struct line *l = context;

	l->draining = true;
	if (l->state == READING && l->in.len == 0)
		l->state = OVER;
}

static int64_t
check(void *context, int64_t now)
{
	struct line *l = context;
	const struct server_limits *limits = &l->x.conn->host->limits;
	bool waiting = l->in.len == 0;
	bool in_head = l->x.request.method.len == 0;
	int64_t due;

	if (l->state != READING)
		return now + 3600 * CLOCK_NS_PER_S;
	due = l->since_ns +
	    (int64_t)(waiting ? limits->idle_ms :
		    in_head   ? limits->header_ms :
				limits->request_ms) * CLOCK_NS_PER_MS;
	if (due > now)
		return due;
	if (waiting)
		l->state = OVER;
	else
		refuse(l, 408);
	conn_flush_later(l->x.conn);
	return now + CLOCK_NS_PER_S;
}

static bool
init(struct conn_host *host)
{
	(void)host;
	return true;
}

static void
fini(struct conn_host *host)
{
	(void)host;
}

const struct protocol http1_protocol = {
	.alpn = TLS_HTTP1,
	.init = init,
	.fini = fini,
	.open = open_exchange,
	.take = take,
	.give = give,
	.is_over = is_over,
	.is_full = is_full,
	.drain = drain,
	.check = check,
	.end = end_exchange,
};
