/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a whole connection, after the preface and the client's SETTINGS; the first byte cuts them in pieces. */
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "net/grpc_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
echo(struct grpc_call *call, str_t message)
{
	if (message.len % 2 == 0)
		grpc_reply(call, message);
	else
		grpc_call_attach(call, NULL, NULL);
}

static const struct grpc_method methods[] = { { STR("/a.B/C"), echo, NULL } };
static const str_t metadata[] = { STR("x-service-name") };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
	const struct grpc_options options = { 1000, metadata, 1 };
	struct conn_host *host = calloc(1, sizeof(*host));
	struct grpc_table *table = grpc_table_new(methods, 1, &options);
	struct conn conn = { .host = host, .flush.run = NULL };
	size_t piece = size > 0 ? 1 + data[0] * 8u : 1;
	bool open;
	void *app;

	host->loop = loop_new(&clock_system);
	host->protocol = &grpc_protocol;
	host->grpc = table;
	host->limits = (struct server_limits){ 1000, 1000, 1000, 1000, 100, 10000, 10000 };
	must(grpc_protocol.init(host));
	app = grpc_protocol.open(&conn);
	open = grpc_protocol.take(app, str_make(greeting, sizeof(greeting)));
	for (size_t at = 1; open && at < size; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		open = grpc_protocol.take(app, str_make((const char *)data + at, len));
		while (grpc_protocol.give(app, host->out, sizeof(host->out)) > 0)
			continue;
		open = open && !grpc_protocol.is_over(app) &&
		    grpc_protocol.check(app, loop_now_ns(host->loop)) > 0;
	}
	grpc_protocol.end(app);
	loop_forget(host->loop, &conn.flush);
	grpc_protocol.fini(host);
	loop_free(&host->loop);
	grpc_table_free(&table);
	free(host);
	return 0;
}
