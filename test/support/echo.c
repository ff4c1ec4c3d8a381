/* SPDX-License-Identifier: Apache-2.0 */
#include "support/echo.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/must.h"

/* ---- gRPC ---- */

static void
forget_late(struct grpc_call *call, void *user)
{
	struct echo_late *entry = user;

	struct echo *echo = grpc_call_worker(call);

	atomic_fetch_add(&echo->cancelled, 1);
	entry->call = NULL;
}

static void
on_end(struct loop_hook *hook)
{
	struct echo *echo = (struct echo *)(void *)((char *)hook - offsetof(struct echo, end));

	for (size_t i = 0; i < echo->late_count; i++) {
		if (echo->late[i].call != NULL)
			grpc_reply(echo->late[i].call, echo->late[i].message);
	}
	echo->late_count = 0;
}

static void
say(struct grpc_call *call, str_t message)
{
	struct echo *echo = grpc_call_worker(call);
	struct echo_late *entry;

	atomic_fetch_add(&echo->started, 1);
	if (!echo->answers_late || echo->late_count == ECHO_LATE_MAX) {
		grpc_reply(call, message);
		return;
	}
	entry = &echo->late[echo->late_count++];
	*entry = (struct echo_late){ call, message };
	grpc_call_attach(call, entry, forget_late);
}

struct counting {
	long sent, total;
};

static void
stop_counting(struct grpc_call *call, void *user)
{
	struct echo *echo = grpc_call_worker(call);

	atomic_fetch_add(&echo->cancelled, 1);
	free(user);
}

static void
count_on(struct grpc_call *call, void *user)
{
	struct counting *c = user;
	char text[32];

	while (c->sent < c->total) {
		int len = snprintf(text, sizeof(text), "%ld", c->sent + 1);

		if (!grpc_send(call, str_make(text, (size_t)len))) {
			grpc_call_on_drain(call, count_on);
			return;
		}
		c->sent++;
	}
	grpc_finish(call);
	free(c);
}

static void
count(struct grpc_call *call, str_t message)
{
	struct counting *c = calloc(1, sizeof(*c));
	char text[16] = "";

	memcpy(text, message.data, message.len < sizeof(text) ? message.len : sizeof(text) - 1);
	c->total = strtol(text, NULL, 10);
	grpc_call_attach(call, c, stop_counting);
	count_on(call, c);
}

static void
count_cancelled(struct grpc_call *call, void *user)
{
	struct echo *echo = user;

	(void)call;
	atomic_fetch_add(&echo->cancelled, 1);
}

static void
never(struct grpc_call *call, str_t message)
{
	struct echo *echo = grpc_call_worker(call);

	(void)message;
	atomic_fetch_add(&echo->started, 1);
	grpc_call_attach(call, echo, count_cancelled);
}

static void
fail(struct grpc_call *call, str_t message)
{
	grpc_fail(call, GRPC_FAILED_PRECONDITION, message);
}

static void
who(struct grpc_call *call, str_t message)
{
	const struct peer *peer = grpc_call_peer(call);
	char room[PEER_TEXT_MAX];
	str_t service = grpc_call_metadata(call, STR("x-service-name"));
	struct buf out;

	(void)message;
	buf_init(&out, 4096);
	buf_add_str(&out, peer_write(peer, room));
	buf_printf(&out, " secured=%d certified=%d service=%.*s", peer->secured, peer->certified,
	    STR_FMT(service));
	for (size_t i = 0; i < peer->name_count; i++)
		buf_printf(&out, " %d:%.*s", (int)peer->names[i].kind,
		    peer->names[i].kind == PEER_NAME_IP ? 0 : (int)peer->names[i].text.len,
		    peer->names[i].text.data);
	grpc_reply(call, buf_str(&out));
	buf_fini(&out);
}

const struct grpc_method echo_methods[ECHO_METHODS] = {
	{ STR("/echo.Echo/Say"), say, NULL },
	{ STR("/echo.Echo/Count"), count, NULL },
	{ STR("/echo.Echo/Never"), never, NULL },
	{ STR("/echo.Echo/Fail"), fail, NULL },
	{ STR("/echo.Echo/Who"), who, NULL },
	{ STR("/coresdk.v1.PolicyService/Evaluate"), say, NULL }, /* what the attack scripts call */
};

static const str_t metadata[] = { STR("x-service-name"), STR("traceparent") };
const struct grpc_options echo_options = { 0, metadata, COUNT(metadata) };

/* ---- HTTP/1.1 ---- */

static void
healthz(struct http1_exchange *x)
{
	http1_reply(x, 200, STR("application/json"), STR("{\"status\":\"ok\"}\n"));
}

static void
echo_body(struct http1_exchange *x)
{
	http1_reply(x, 200, http1_find_field(x, STR("content-type")), http1_get_request(x)->body);
}

static void
echo_path(struct http1_exchange *x)
{
	http1_reply(x, 200, STR("text/plain"), http1_get_request(x)->path);
}

static const struct http1_route routes[] = {
	{ STR("GET"), STR("/healthz"), false, healthz, NULL },
	{ STR("POST"), STR("/echo"), false, echo_body, NULL },
	{ STR("GET"), STR("/tree/"), true, echo_path, NULL },
};
const struct http1_table echo_routes = { routes, COUNT(routes), 1 << 20 };

/* ---- a thread ---- */

void
echo_init(struct echo *echo, struct loop *loop)
{
	echo->loop = loop;
	echo->end.run = on_end;
	loop_on_end(loop, &echo->end);
}

static void
on_drained(void *context)
{
	struct echo_thread *t = context;

	atomic_store(&t->drained, true);
}

static void
on_wake(struct loop_hook *hook)
{
	struct echo_thread *t = (struct echo_thread *)(void *)((char *)hook - offsetof(struct echo_thread, wake));

	if (atomic_exchange(&t->wish, 0) == 1)
		server_drain(t->server, 2000, on_drained, t);
}

static void *
run(void *context)
{
	struct echo_thread *t = context;

	must(loop_run(t->echo.loop) == ERR_OK);
	return NULL;
}

struct echo_thread *
echo_start(const char *address, const struct server_config *config)
{
	struct listener_options options = { .unix_mode = 0600 };
	struct echo_thread *t = calloc(1, sizeof(*t));
	str_t text;

	must(t != NULL);
	t->config = *config;
	t->table = grpc_table_new(echo_methods, ECHO_METHODS, &echo_options);
	if (t->config.http1 == NULL)
		t->config.grpc = t->table;
	echo_init(&t->echo, loop_new(&clock_system));
	must(listener_address_read(str_of(address), &t->bound, NULL) == ERR_OK);
	must(listener_open(&t->bound, &options, &t->fd, NULL) == ERR_OK);
	must(listener_bound_address(t->fd, &t->bound) == ERR_OK);
	text = listener_address_write(&t->bound, t->address);
	must(text.len < sizeof(t->address));
	must(server_new(t->echo.loop, t->fd, &t->config, &t->echo, &t->server) == ERR_OK);
	t->wake.run = on_wake;
	loop_on_wake(t->echo.loop, &t->wake);
	must(pthread_create(&t->thread, NULL, run, t) == 0);
	return t;
}

void
echo_drain(struct echo_thread *t)
{
	atomic_store(&t->wish, 1);
	loop_wake(t->echo.loop);
}

void
echo_stop(struct echo_thread **thread)
{
	struct echo_thread *t = *thread;

	loop_stop(t->echo.loop);
	must(pthread_join(t->thread, NULL) == 0);
	server_free(&t->server);
	loop_free(&t->echo.loop);
	grpc_table_free(&t->table);
	listener_close(t->fd, &t->bound);
	free(t);
	*thread = NULL;
}
