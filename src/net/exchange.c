/* SPDX-License-Identifier: Apache-2.0 */
#include "net/exchange.h"

#include <time.h>

#include "base/must.h"

/* ---- words of HTTP ---- */

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

const char *
exchange_reason(int status)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

void
exchange_write_date(struct buf *out, const struct clock *clock)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = (time_t)clock_wall_s(clock);
	struct tm tm = { 0 };

	(void)gmtime_r(&now, &tm); /* rfc9110 5.6.7 */
	buf_printf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday,
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
void
exchange_write_allow(struct buf *out, const struct http1_exchange *x)
{
	const struct http1_table *t = x->conn->host->http1;
	str_t path = x->request.path;

	buf_add_text(out, "OPTIONS");
	for (size_t i = 0; i < t->count; i++) {
		const struct http1_route *r = &t->routes[i];

		if (!path_fits(r, path) || r->method.len == 0 || is_listed(t, i, r->method, path))
			continue;
		buf_add_text(out, ", ");
		buf_add_str(out, r->method);
		if (str_eq(r->method, STR("GET")))
			buf_add_text(out, ", HEAD");
	}
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

/* ---- from the request to its handler, and back ---- */

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

void
exchange_dispatch(struct http1_exchange *x)
{
	const struct http1_table *t = x->conn->host->http1;
	bool is_served = false;

	for (size_t i = 0; i < t->count; i++) {
		if (route_fits(&t->routes[i], &x->request, &is_served)) {
			x->route = &t->routes[i];
			x->is_running = true;
			x->route->on_request(x);
			return;
		}
	}
	if (is_served && str_eq(x->request.method, STR("OPTIONS")))
		x->answer(x, &(struct http1_answer){ .status = 204, .lists_methods = true });
	else
		exchange_refuse(x, is_served ? 405 : 404);
}

void
exchange_refuse(struct http1_exchange *x, int status)
{
	char text[64];
	struct buf line = { .data = text, .capacity = sizeof(text), .limit = sizeof(text) };

	buf_add_text(&line, exchange_reason(status));
	buf_add_char(&line, '\n');
	x->answer(x, &(struct http1_answer){ .status = status,
			 .content_type = STR("text/plain"),
			 .body = buf_str(&line) });
}

void
exchange_cancel(struct http1_exchange *x)
{
	void (*on_cancel)(struct http1_exchange *, void *) = x->on_cancel;

	x->on_cancel = NULL;
	if (x->is_running && on_cancel != NULL)
		on_cancel(x, x->user);
	x->is_running = false;
}

void
http1_answer(struct http1_exchange *x, const struct http1_answer *a)
{
	must(x->is_running && a->status >= 200 && a->status <= 599);
	x->is_running = false;
	x->on_cancel = NULL;
	x->answer(x, a);
}

void
http1_reply(struct http1_exchange *x, int status, str_t type, str_t body)
{
	http1_answer(x, &(struct http1_answer){ .status = status, .content_type = type, .body = body });
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
	must(x->is_running);
	x->user = user;
	x->on_cancel = on_cancel;
}
