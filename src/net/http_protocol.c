/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_protocol.h"

#include <stdlib.h>

#include "net/http1_protocol.h"
#include "net/http2.h"

#define PREFACE STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

struct choice {
	struct conn *conn;
	const struct protocol *is; /* NULL: not known yet … */
	void *app;
	size_t met; /* … and so many bytes of the preface have come */
	int64_t opened_ns;
	bool draining;
};

static bool
choose(struct choice *c, const struct protocol *is)
{
	c->app = is->open(c->conn);
	c->is = c->app != NULL ? is : NULL;
	if (c->is != NULL && c->draining)
		is->drain(c->app);
	return c->is != NULL;
}

static void *
open_choice(struct conn *conn)
{
	struct choice *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->conn = conn;
	c->opened_ns = loop_now_ns(conn->host->loop);
	if (conn->tls != NULL && !choose(c, tls_speaks_h2(conn->tls) ? &http2_protocol : &http1_protocol)) {
		free(c);
		return NULL;
	}
	return c;
}

static bool
take(void *context, str_t bytes)
{
	struct choice *c = context;
	size_t met = c->met, i = 0;

	if (c->is != NULL)
		return c->is->take(c->app, bytes);
	while (i < bytes.len && met + i < PREFACE.len && bytes.data[i] == PREFACE.data[met + i])
		i++;
	c->met += i;
	if (i == bytes.len && c->met < PREFACE.len)
		return true;
	if (!choose(c, c->met == PREFACE.len ? &http2_protocol : &http1_protocol))
		return false;
	return (met == 0 || c->is->take(c->app, str_sub(PREFACE, 0, met))) && c->is->take(c->app, bytes);
}

static size_t
give(void *context, char *room, size_t size)
{
	struct choice *c = context;

	return c->is != NULL ? c->is->give(c->app, room, size) : 0;
}

static bool
is_over(const void *context)
{
	const struct choice *c = context;

	return c->is != NULL ? c->is->is_over(c->app) : c->draining;
}

static bool
is_full(const void *context)
{
	const struct choice *c = context;

	return c->is != NULL && c->is->is_full != NULL && c->is->is_full(c->app);
}

static void
drain(void *context)
{
	struct choice *c = context;

	c->draining = true;
	if (c->is != NULL)
		c->is->drain(c->app);
}

static int64_t
check(void *context, int64_t now_ns)
{
	struct choice *c = context;
	const struct server_limits *limits = &c->conn->host->limits;
	int64_t due = c->opened_ns + (c->met > 0 ? limits->preface_ms : limits->idle_ms) * CLOCK_NS_PER_MS;

	if (c->is != NULL)
		return c->is->check(c->app, now_ns);
	return due > now_ns ? due : 0;
}

static void
end(void *context)
{
	struct choice *c = context;

	if (c->is != NULL)
		c->is->end(c->app);
	free(c);
}

static bool
init(struct conn_host *host)
{
	return http2_protocol.init(host); /* http1.c shares nothing */
}

static void
fini(struct conn_host *host)
{
	http2_protocol.fini(host);
}

const struct protocol http_protocol = {
	.alpn = TLS_HTTP_BOTH,
	.init = init,
	.fini = fini,
	.open = open_choice,
	.take = take,
	.give = give,
	.is_over = is_over,
	.is_full = is_full,
	.drain = drain,
	.check = check,
	.end = end,
};
