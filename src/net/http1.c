/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/must.h"
#include "net/http1_parse.h"
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

struct http1_exchange { /* one per connection, used again for each request */
	struct conn *conn;
	enum state state;
	struct buf in; /* one request; while it runs, later bytes wait in `ahead` */
	struct buf ahead, out;
	size_t out_from;
	struct http1_head head;
	struct http1_request request;
	struct http1_chunks chunks;
	const struct http1_route *route;
	bool keep_alive, continued, draining;
	int64_t since_ns; /* of the request's first byte, or of the last reply */
	void *user;
	void (*on_cancel)(struct http1_exchange *, void *user);
};

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

static struct loop *
loop_of(const struct http1_exchange *x)
{
	return x->conn->host->loop;
}

/* ---- replies ---- */

static void
add_date(struct buf *out, const struct clock *clock)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = (time_t)clock_wall_s(clock);
	struct tm tm = { 0 };

	(void)gmtime_r(&now, &tm); /* rfc9110 5.6.7 */
	buf_printf(out, "date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + 3 * tm.tm_wday,
	    tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool
path_fits(const struct http1_route *r, str_t path)
{
	return r->subtree ? str_has_prefix(path, r->path) : str_eq(path, r->path);
}

/* Does a route before this one list the method already? */
static bool
is_listed(const struct http1_table *t, size_t before, str_t method, str_t path)
{
	for (size_t i = 0; i < before; i++) {
		if (path_fits(&t->routes[i], path) && str_eq(t->routes[i].method, method))
			return true;
	}
	return false;
}

/* The methods that some route serves at this path, for 405 and OPTIONS. */
static void
add_allow(struct buf *out, const struct http1_table *t, str_t path)
{
	buf_add_text(out, "allow: OPTIONS");
	for (size_t i = 0; i < t->count; i++) {
		const struct http1_route *r = &t->routes[i];

		if (!path_fits(r, path) || r->method.len == 0 || is_listed(t, i, r->method, path))
			continue;
		buf_add_text(out, ", ");
		buf_add_str(out, r->method);
		if (str_eq(r->method, STR("GET")))
			buf_add_text(out, ", HEAD");
	}
	buf_add_text(out, "\r\n");
}

static void
write_reply(struct http1_exchange *x, const struct http1_answer *a)
{
	struct buf *out = &x->out;
	str_t body = a->body;
	int status = a->status;
	bool bodiless = status == 204 || status == 304;

	if (x->draining)
		x->keep_alive = false;
	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
	add_date(out, loop_clock(loop_of(x)));
	if (status == 405 || a->lists_methods)
		add_allow(out, x->conn->host->http1, x->request.path);
	if (a->content_type.len > 0 && !bodiless)
		buf_printf(out, "content-type: %.*s\r\n", STR_FMT(a->content_type));
	buf_add_str(out, a->fields);
	if (!bodiless)
		buf_printf(out, "content-length: %zu\r\n", body.len);
	buf_add_text(out, x->keep_alive ? "\r\n" : "connection: close\r\n\r\n");
	if (!bodiless && !str_eq(x->request.method, STR("HEAD")))
		buf_add_str(out, body);
	if (buf_failed(out)) {
		/* Half a reply would be taken for a whole one. */
		buf_clear(out);
		x->out_from = 0;
		x->keep_alive = false;
	}
	x->state = x->keep_alive ? REPLYING : OVER;
	conn_flush_later(x->conn);
}

/* What cannot be understood or served; the sentence is the reason phrase. */
static void
refuse(struct http1_exchange *x, int status)
{
	char text[64];
	struct buf line = { .data = text, .capacity = sizeof(text), .limit = sizeof(text) };

	buf_add_text(&line, reason_of(status));
	buf_add_char(&line, '\n');
	if (status != 404 && status != 405)
		x->keep_alive = false; /* where the next request begins is not certain */
	write_reply(x, &(struct http1_answer){ .status = status,
			   .content_type = STR("text/plain"),
			   .body = buf_str(&line) });
}

void
http1_answer(struct http1_exchange *x, const struct http1_answer *a)
{
	must(x->state == RUNNING && a->status >= 200 && a->status <= 599);
	x->on_cancel = NULL;
	write_reply(x, a);
}

void
http1_reply(struct http1_exchange *x, int status, str_t type, str_t body)
{
	http1_answer(x, &(struct http1_answer){ .status = status, .content_type = type, .body = body });
}

void
http1_field_write(struct buf *out, str_t name, str_t value)
{
	buf_add_str(out, name);
	buf_add_text(out, ": ");
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];

		/* What would end the line, or be read differently by the next in the chain, is not sent on. */
		buf_add_char(out, c < 0x20 || c >= 0x7f ? '?' : (char)c);
	}
	buf_add_text(out, "\r\n");
}

/* ---- requests ---- */

static bool
route_fits(const struct http1_route *r, const struct http1_request *q, bool *ret_path_fits)
{
	if (!path_fits(r, q->path))
		return false;
	*ret_path_fits = true;
	if (str_eq(q->method, STR("OPTIONS")))
		return str_eq(r->method, q->method);
	return r->method.len == 0 || str_eq(r->method, q->method) ||
	    (str_eq(r->method, STR("GET")) && str_eq(q->method, STR("HEAD")));
}

static void
dispatch(struct http1_exchange *x, size_t body_len)
{
	const struct http1_table *t = x->conn->host->http1;
	bool is_served = false;

	x->request.body = str_make(x->in.data + x->head.size, body_len);
	x->conn->host->counts.requests++;
	for (size_t i = 0; i < t->count; i++) {
		if (route_fits(&t->routes[i], &x->request, &is_served)) {
			x->route = &t->routes[i];
			x->state = RUNNING;
			x->route->on_request(x);
			return;
		}
	}
	if (is_served && str_eq(x->request.method, STR("OPTIONS")))
		write_reply(x, &(struct http1_answer){ .status = 204, .lists_methods = true });
	else
		refuse(x, is_served ? 405 : 404);
}

/* The body, once the head is there.  Returns as the parser does. */
static int
read_request_body(struct http1_exchange *x, size_t *ret_len)
{
	size_t limit = x->conn->host->http1->body_limit;
	size_t come = x->in.len - x->head.size;
	int status;

	if (!x->head.chunked) {
		*ret_len = (size_t)x->head.body_len;
		if (x->head.body_len > limit)
			return 413;
		if (come < *ret_len)
			return 0;
		x->chunks.at = *ret_len;
		return 1;
	}
	status = http1_chunks_read(&x->chunks, x->in.data + x->head.size, come, limit);
	*ret_len = x->chunks.len;
	return status;
}

static void
read_request(struct http1_exchange *x)
{
	size_t body_len = 0;
	int status = http1_head_read(buf_str(&x->in), &x->head);

	x->request = (struct http1_request){ STR(""), STR(""), STR(""), STR("") };
	x->keep_alive = false;
	if (status == 1) {
		x->request = (struct http1_request){ x->head.method, x->head.path, x->head.query, STR("") };
		x->keep_alive = x->head.keep_alive;
		status = read_request_body(x, &body_len);
	}
	if (status > 1) {
		refuse(x, status);
	} else if (status == 1) {
		dispatch(x, body_len);
	} else if (x->head.size > 0 && x->request.method.len > 0 && x->head.expects_continue &&
	    !x->continued) {
		x->continued = true;
		buf_add_text(&x->out, "HTTP/1.1 100 Continue\r\n\r\n");
		conn_flush_later(x->conn);
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
next_request(struct http1_exchange *x)
{
	buf_drop(&x->in, x->head.size + x->chunks.at);
	buf_add_str(&x->in, buf_str(&x->ahead));
	start_over(&x->ahead);
	if (x->in.len == 0)
		start_over(&x->in);
	x->chunks = (struct http1_chunks){ 0 };
	x->continued = false;
	x->user = NULL;
	x->since_ns = loop_now_ns(loop_of(x));
	x->state = x->draining ? OVER : READING;
	if (x->state == READING && x->in.len > 0)
		read_request(x);
}

/* ---- the connection ---- */

static void *
open_exchange(struct conn *c)
{
	struct http1_exchange *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->conn = c;
	x->since_ns = loop_now_ns(c->host->loop);
	buf_init(&x->in, HTTP1_HEAD_MAX + c->host->http1->body_limit + CHUNK_ROOM + AHEAD_MAX);
	buf_init(&x->ahead, AHEAD_MAX);
	buf_init(&x->out, c->host->limits.queued_bytes);
	return x;
}

static void
end_exchange(void *context)
{
	struct http1_exchange *x = context;

	if (x->state == RUNNING && x->on_cancel != NULL)
		x->on_cancel(x, x->user);
	buf_fini(&x->in);
	buf_fini(&x->ahead);
	buf_fini(&x->out);
	free(x);
}

static bool
take(void *context, str_t bytes)
{
	struct http1_exchange *x = context;

	if (x->state != READING) {
		buf_add_str(&x->ahead, bytes);
		return !buf_failed(&x->ahead);
	}
	if (x->in.len == 0)
		x->since_ns = loop_now_ns(loop_of(x));
	buf_add_str(&x->in, bytes);
	if (buf_failed(&x->in))
		return false;
	read_request(x);
	return true;
}

/* A burst of requests is read as fast as it is answered. */
static bool
is_full(const void *context)
{
	const struct http1_exchange *x = context;

	size_t consumed = x->head.size + x->chunks.at;
	size_t left = x->in.len > consumed ? x->in.len - consumed : 0;

	return x->state != READING && left + x->ahead.len > AHEAD_MAX - CONN_IN_SIZE;
}

static size_t
give(void *context, char *room, size_t size)
{
	struct http1_exchange *x = context;
	size_t left = x->out.len - x->out_from;
	size_t len = left < size ? left : size;

	if (len > 0)
		memcpy(room, x->out.data + x->out_from, len);
	x->out_from += len;
	if (x->out_from == x->out.len) {
		start_over(&x->out);
		x->out_from = 0;
		if (x->state == REPLYING)
			next_request(x);
	}
	return len;
}

static bool
is_over(const void *context)
{
	const struct http1_exchange *x = context;

	return x->state == OVER && x->out_from == x->out.len;
}

static void
drain(void *context)
{
	struct http1_exchange *x = context;

	x->draining = true;
	if (x->state == READING && x->in.len == 0)
		x->state = OVER;
}

static int64_t
check(void *context, int64_t now)
{
	struct http1_exchange *x = context;
	const struct server_limits *limits = &x->conn->host->limits;
	bool waiting = x->in.len == 0;
	bool in_head = x->request.method.len == 0;
	int64_t due;

	if (x->state != READING)
		return now + 3600 * CLOCK_NS_PER_S;
	due = x->since_ns +
	    (int64_t)(waiting ? limits->idle_ms :
		    in_head   ? limits->header_ms :
				limits->request_ms) * CLOCK_NS_PER_MS;
	if (due > now)
		return due;
	if (waiting)
		x->state = OVER;
	else
		refuse(x, 408);
	conn_flush_later(x->conn);
	return now + CLOCK_NS_PER_S;
}

/* ---- what handlers ask ---- */

const struct http1_request *
http1_get_request(const struct http1_exchange *x)
{
	return &x->request;
}

str_t
http1_find_field(const struct http1_exchange *x, str_t name)
{
	return http1_field_find(&x->head, name);
}

size_t
http1_count_field(const struct http1_exchange *x, str_t name)
{
	size_t count = 0;

	for (size_t i = 0; i < x->head.field_count; i++)
		count += str_eq_nocase(x->head.fields[i].name, name);
	return count;
}

void *
http1_worker(const struct http1_exchange *x)
{
	return x->conn->host->worker;
}

const void *
http1_data(const struct http1_exchange *x)
{
	return x->route->data;
}

const struct peer *
http1_peer(const struct http1_exchange *x)
{
	return &x->conn->peer;
}

void
http1_attach(struct http1_exchange *x, void *user,
    void (*on_cancel)(struct http1_exchange *, void *))
{
	must(x->state == RUNNING);
	x->user = user;
	x->on_cancel = on_cancel;
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
