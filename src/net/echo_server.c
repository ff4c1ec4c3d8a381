/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo_server: a server to test and measure the net room with.
 *
 *   echo_server [--grpc ADDRESS] [--http ADDRESS] [--tls DIR] [--mtls] [--late]
 *               [--hello-ms N] [--idle-ms N] [--request-ms N] [--stall-ms N] [--connections N]
 *
 * gRPC: /echo.Echo/Say answers with the message it got; /echo.Echo/Count with
 * as many messages as its text says; /echo.Echo/Never not at all; /echo.Echo/Fail with
 * FAILED_PRECONDITION and the message as text; /echo.Echo/Who with the peer and
 * some metadata.  --late answers from the end-of-batch hook, as the audit log does.
 * HTTP: /healthz, /echo (POST) and /tree/….
 * Prints the addresses it listens on, a line each; drains on SIGTERM.  DIR holds
 * server.pem, server.key and ca.pem, which are read again on SIGHUP.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "net/listener.h"
#include "net/server.h"
#include "net/tls.h"

enum { LATE_MAX = 4096, PEM_LIMIT = 1 << 20, DRAIN_MS = 2000 };

struct late {
	struct grpc_call *call;
	str_t message;
};

struct echo {
	struct loop *loop;
	struct loop_source signals;
	struct loop_hook end;
	struct shared *tls;
	struct server *servers[2];
	size_t server_count, drained_count;
	bool answers_late, mtls;
	const char *tls_dir;
	struct late late[LATE_MAX];
	size_t late_count;
	struct server_limits limits;
	struct gate *gate;
	struct log log;
};

/* ---- gRPC ---- */

static void
forget_late(struct grpc_call *call, void *user)
{
	struct late *entry = user;

	(void)call;
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
	struct late *entry;

	if (!echo->answers_late || echo->late_count == LATE_MAX) {
		grpc_reply(call, message);
		return;
	}
	entry = &echo->late[echo->late_count++];
	*entry = (struct late){ call, message };
	grpc_call_attach(call, entry, forget_late);
}

struct counting {
	long sent, total;
};

static void
stop_counting(struct grpc_call *call, void *user)
{
	(void)call;
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
never(struct grpc_call *call, str_t message)
{
	(void)message;
	grpc_call_attach(call, NULL, NULL);
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

static const struct grpc_method methods[] = {
	{ STR("/echo.Echo/Say"), say, NULL },
	{ STR("/echo.Echo/Count"), count, NULL },
	{ STR("/echo.Echo/Never"), never, NULL },
	{ STR("/echo.Echo/Fail"), fail, NULL },
	{ STR("/echo.Echo/Who"), who, NULL },
	{ STR("/coresdk.v1.PolicyService/Evaluate"), say, NULL }, /* what the attack scripts call */
};

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
static const struct http1_table http1_table = { routes, COUNT(routes), 1 << 20 };

/* ---- the program ---- */

static err_t
read_pem(const struct echo *echo, const char *name, struct buf *out, struct diag *d)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", echo->tls_dir, name);
	buf_init(out, PEM_LIMIT);
	return file_read(NULL, path, FILE_ANY, out, d);
}

static err_t
load_tls(struct echo *echo, struct diag *d)
{
	struct buf cert = { 0 }, key = { 0 }, ca = { 0 };
	struct tls_context *context;
	err_t e = read_pem(echo, "server.pem", &cert, d);

	if (e == ERR_OK)
		e = read_pem(echo, "server.key", &key, d);
	if (e == ERR_OK && echo->mtls)
		e = read_pem(echo, "ca.pem", &ca, d);
	if (e == ERR_OK) {
		struct tls_config config = { buf_str(&cert), buf_str(&key), buf_str(&ca), echo->mtls };

		e = tls_context_new(&config, &context, d);
	}
	if (e == ERR_OK)
		e = shared_publish(echo->tls, context);
	buf_fini(&cert);
	buf_fini(&key);
	buf_fini(&ca);
	return e;
}

static void
on_drained(void *context)
{
	struct echo *echo = context;

	if (++echo->drained_count == echo->server_count)
		loop_stop(echo->loop);
}

static void
on_signal(struct loop_source *source, uint32_t events)
{
	struct echo *echo = (struct echo *)(void *)((char *)source - offsetof(struct echo, signals));
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		if (echo->tls != NULL && load_tls(echo, NULL) != ERR_OK)
			log_error(&echo->log, "the new certificates cannot be used");
		return;
	}
	for (size_t i = 0; i < echo->server_count; i++)
		server_drain(echo->servers[i], DRAIN_MS, on_drained, echo);
}

static err_t
serve(struct echo *echo, const char *text, const struct server_config *config, struct diag *d)
{
	struct listener_options options = { .unix_mode = 0600 };
	struct listener_address address;
	char room[LISTENER_TEXT_MAX];
	str_t bound;
	int fd;

	TRY(listener_address_read(str_of(text), &address, d));
	TRY(listener_open(&address, &options, &fd, d));
	TRY(listener_bound_address(fd, &address));
	TRY(server_new(echo->loop, fd, config, echo, &echo->servers[echo->server_count]));
	echo->server_count++;
	bound = listener_address_write(&address, room);
	printf("%.*s\n", STR_FMT(bound));
	return ERR_OK;
}

static err_t
set_up(struct echo *echo, const char *grpc, const char *http, struct grpc_table *table,
    struct diag *d)
{
	struct server_config config = { .tls = echo->tls, .gate = echo->gate, .log = &echo->log,
		.limits = echo->limits };
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	echo->signals = (struct loop_source){ signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), EPOLLIN,
		on_signal };
	TRY(loop_add(echo->loop, &echo->signals));
	if (echo->tls != NULL)
		TRY(load_tls(echo, d));
	echo->end.run = on_end;
	loop_on_end(echo->loop, &echo->end);
	if (grpc != NULL) {
		config.grpc = table;
		TRY(serve(echo, grpc, &config, d));
		config.grpc = NULL;
	}
	if (http != NULL) {
		config.http1 = &http1_table;
		TRY(serve(echo, http, &config, d));
	}
	return fflush(stdout) == 0 ? ERR_OK : ERR_IO;
}

int
main(int argc, char **argv)
{
	static const str_t metadata[] = { STR("x-service-name"), STR("traceparent") };
	struct grpc_options options = { 0, metadata, COUNT(metadata) };
	struct grpc_table *table = grpc_table_new(methods, COUNT(methods), &options);
	struct arena *arena = arena_new(1 << 16);
	static struct echo echo;
	const char *grpc = NULL, *http = NULL;
	struct diag d;
	err_t e;

	echo.gate = gate_new(20000, 10000);
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "0";

		if (strcmp(argv[i], "--late") == 0) {
			echo.answers_late = true;
			continue;
		}
		if (strcmp(argv[i], "--mtls") == 0) {
			echo.mtls = true;
			continue;
		}
		i++;
		if (strcmp(argv[i - 1], "--grpc") == 0)
			grpc = value;
		else if (strcmp(argv[i - 1], "--http") == 0)
			http = value;
		else if (strcmp(argv[i - 1], "--tls") == 0)
			echo.tls_dir = value;
		else if (strcmp(argv[i - 1], "--hello-ms") == 0)
			echo.limits.hello_ms = (uint32_t)atoi(value);
		else if (strcmp(argv[i - 1], "--idle-ms") == 0)
			echo.limits.idle_ms = (uint32_t)atoi(value);
		else if (strcmp(argv[i - 1], "--request-ms") == 0)
			echo.limits.request_ms = (uint32_t)atoi(value);
		else if (strcmp(argv[i - 1], "--stall-ms") == 0)
			echo.limits.stall_ms = (uint32_t)atoi(value);
		else if (strcmp(argv[i - 1], "--connections") == 0) {
			gate_free(&echo.gate);
			echo.gate = gate_new((uint32_t)atoi(value), (uint32_t)atoi(value));
		}
	}
	diag_init(&d, arena, 10);
	log_init(&echo.log, STDERR_FILENO, LOG_LEVEL_INFO, false, &clock_system);
	echo.loop = loop_new(&clock_system);
	if (echo.tls_dir != NULL)
		echo.tls = shared_new(tls_context_destroy);
	e = set_up(&echo, grpc, http, table, &d);
	if (e == ERR_OK)
		e = loop_run(echo.loop);
	else
		(void)fprintf(stderr, "%.*s\n", STR_FMT(diag_first_message(&d)));
	for (size_t i = 0; i < echo.server_count; i++)
		server_free(&echo.servers[i]);
	(void)close(echo.signals.fd);
	shared_free(&echo.tls);
	gate_free(&echo.gate);
	loop_free(&echo.loop);
	grpc_table_free(&table);
	arena_free(&arena);
	return err_exit(e);
}
