/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a whole connection of HTTP, by either version; the first byte cuts them in pieces. */
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "net/http_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
echo(struct http1_exchange *x)
{
	const struct http1_request *q = http1_get_request(x);
	char room[128];
	struct buf fields = { .data = room, .capacity = sizeof(room), .limit = sizeof(room) };

	must(q->path.len > 0 && q->path.data[0] == '/' && q->body.len <= 1000);
	if (str_eq(q->path, STR("/wait"))) {
		http1_attach(x, NULL, NULL);
		return;
	}
	http1_field_write(&fields, STR("x-query"), str_cut(q->query, 64));
	http1_answer(x, &(struct http1_answer){ .status = 200, .fields = buf_str(&fields), .body = q->body });
}

static const struct http1_route routes[] = {
	{ STR("GET"), STR("/a"), false, echo, NULL },
	{ STR("POST"), STR("/b/"), true, echo, NULL },
	{ STR(""), STR("/wait"), false, echo, NULL },
};
static const struct http1_table table = { routes, COUNT(routes), 1000 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conn_host *host = calloc(1, sizeof(*host));
	struct conn conn = { .host = host, .flush.run = NULL };
	size_t piece = size > 0 ? 1 + data[0] * 8u : 1;
	bool open = true;
	void *app;

	host->loop = loop_new(&clock_system);
	host->protocol = &http_protocol;
	host->http1 = &table;
	host->limits = (struct server_limits){ 1000, 1000, 1000, 1000, 1000, 1000, 100, 10000, 10000 };
	must(http_protocol.init(host));
	app = http_protocol.open(&conn);
	for (size_t at = 1; open && at < size; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		open = http_protocol.take(app, str_make((const char *)data + at, len));
		while (http_protocol.give(app, host->out, sizeof(host->out)) > 0)
			continue;
		open = open && !http_protocol.is_over(app) && http_protocol.check(app, loop_now_ns(host->loop)) > 0;
	}
	http_protocol.end(app);
	loop_forget(host->loop, &conn.flush);
	http_protocol.fini(host);
	loop_free(&host->loop);
	free(host);
	return 0;
}
