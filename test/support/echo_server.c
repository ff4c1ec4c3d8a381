/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo_server: a server to test and measure the net room with.
 *
 *   echo_server [--grpc ADDRESS] [--http ADDRESS] [--tls DIR] [--mtls] [--late]
 *               [--hello-ms N] [--idle-ms N] [--request-ms N] [--stall-ms N] [--connections N]
 *
 * Serves what test/support/echo.h describes and prints the addresses it listens
 * on, a line each.  Drains on SIGTERM.  DIR holds server.pem, server.key and
 * ca.pem, which are read again on SIGHUP.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "net/tls.h"
#include "support/echo.h"

enum { PEM_LIMIT = 1 << 20, DRAIN_MS = 2000 };

struct program {
	struct echo echo;
	struct loop *loop;
	struct loop_source signals;
	struct shared *tls;
	struct server *servers[2];
	size_t server_count, drained_count;
	bool mtls;
	const char *tls_dir;
	struct server_limits limits;
	uint32_t connections;
	struct gate *gate;
	struct log log;
};

static err_t
read_pem(const struct program *p, const char *name, struct buf *out, struct diag *d)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", p->tls_dir, name);
	buf_init(out, PEM_LIMIT);
	return file_read(NULL, path, FILE_ANY, out, d);
}

static err_t
load_tls(struct program *p, struct diag *d)
{
	struct buf cert = { 0 }, key = { 0 }, ca = { 0 };
	struct tls_context *context;
	err_t e = read_pem(p, "server.pem", &cert, d);

	if (e == ERR_OK)
		e = read_pem(p, "server.key", &key, d);
	if (e == ERR_OK && p->mtls)
		e = read_pem(p, "ca.pem", &ca, d);
	if (e == ERR_OK) {
		struct tls_config config = { buf_str(&cert), buf_str(&key), buf_str(&ca), STR_NONE, p->mtls };

		e = tls_context_new(&config, &context, d);
	}
	if (e == ERR_OK)
		e = shared_publish(p->tls, context);
	buf_fini(&cert);
	buf_fini(&key);
	buf_fini(&ca);
	return e;
}

static void
on_drained(void *context)
{
	struct program *p = context;

	if (++p->drained_count == p->server_count)
		loop_stop(p->loop);
}

static void
on_signal(struct loop_source *source, uint32_t events)
{
	struct program *p = (struct program *)(void *)((char *)source - offsetof(struct program, signals));
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		if (p->tls != NULL && load_tls(p, NULL) != ERR_OK)
			log_error(&p->log, "the new certificates cannot be used");
		return;
	}
	for (size_t i = 0; i < p->server_count; i++)
		server_drain(p->servers[i], DRAIN_MS, on_drained, p);
}

static err_t
serve(struct program *p, const char *text, const struct server_config *config, struct diag *d)
{
	struct listener_options options = { .unix_mode = 0600 };
	struct listener_address address;
	char room[LISTENER_TEXT_MAX];
	str_t bound;
	int fd;

	TRY(listener_address_read(str_of(text), &address, d));
	TRY(listener_open(&address, &options, &fd, d));
	TRY(listener_bound_address(fd, &address));
	TRY(server_new(p->loop, fd, config, &p->echo, &p->servers[p->server_count]));
	p->server_count++;
	bound = listener_address_write(&address, room);
	printf("%.*s\n", STR_FMT(bound));
	return ERR_OK;
}

static err_t
set_up(struct program *p, const char *grpc, const char *http, struct grpc_table *table,
    struct diag *d)
{
	struct server_config config = { .tls = p->tls, .gate = p->gate, .log = &p->log,
		.limits = p->limits };
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	p->signals = (struct loop_source){ signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), EPOLLIN,
		on_signal };
	TRY(loop_add(p->loop, &p->signals));
	if (p->tls != NULL)
		TRY(load_tls(p, d));
	if (grpc != NULL) {
		config.grpc = table;
		TRY(serve(p, grpc, &config, d));
		config.grpc = NULL;
	}
	if (http != NULL) {
		config.http1 = &echo_routes;
		TRY(serve(p, http, &config, d));
	}
	return fflush(stdout) == 0 ? ERR_OK : ERR_IO;
}

static void
parse(struct program *p, int argc, char **argv, const char **ret_grpc, const char **ret_http)
{
	const struct {
		const char *name;
		const char **text;
		uint32_t *number;
		bool *flag;
	} options[] = {
		{ "--grpc", ret_grpc, NULL, NULL },
		{ "--http", ret_http, NULL, NULL },
		{ "--tls", &p->tls_dir, NULL, NULL },
		{ "--mtls", NULL, NULL, &p->mtls },
		{ "--late", NULL, NULL, &p->echo.answers_late },
		{ "--hello-ms", NULL, &p->limits.preface_ms, NULL },
		{ "--idle-ms", NULL, &p->limits.idle_ms, NULL },
		{ "--request-ms", NULL, &p->limits.request_ms, NULL },
		{ "--stall-ms", NULL, &p->limits.stall_ms, NULL },
		{ "--connections", NULL, &p->connections, NULL },
	};

	for (int i = 1; i < argc; i++) {
		for (size_t o = 0; o < COUNT(options); o++) {
			if (strcmp(argv[i], options[o].name) != 0)
				continue;
			if (options[o].flag != NULL)
				*options[o].flag = true;
			else if (options[o].text != NULL && i + 1 < argc)
				*options[o].text = argv[++i];
			else if (i + 1 < argc)
				*options[o].number = (uint32_t)strtoul(argv[++i], NULL, 10);
			break;
		}
	}
}

int
main(int argc, char **argv)
{
	struct grpc_table *table = grpc_table_new(echo_methods, ECHO_METHODS, &echo_options);
	struct arena *arena = arena_new(1 << 16);
	struct program p = { .connections = 20000 };
	const char *grpc = NULL, *http = NULL;
	struct diag d;
	err_t e;

	parse(&p, argc, argv, &grpc, &http);
	p.gate = gate_new(p.connections, p.connections);
	diag_init(&d, arena, 10);
	log_init(&p.log, STDERR_FILENO, LOG_LEVEL_INFO, false, &clock_system);
	p.loop = loop_new(&clock_system);
	echo_init(&p.echo, p.loop);
	if (p.tls_dir != NULL)
		p.tls = shared_new(tls_context_destroy);
	e = set_up(&p, grpc, http, table, &d);
	if (e == ERR_OK)
		e = loop_run(p.loop);
	else
		(void)fprintf(stderr, "%.*s\n", STR_FMT(diag_first_message(&d)));
	for (size_t i = 0; i < p.server_count; i++)
		server_free(&p.servers[i]);
	(void)close(p.signals.fd);
	shared_free(&p.tls);
	gate_free(&p.gate);
	loop_free(&p.loop);
	grpc_table_free(&table);
	arena_free(&arena);
	return err_exit(e);
}
