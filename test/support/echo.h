/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo: services that say back what they hear, and a thread that serves them.
 *
 * gRPC: /echo.Echo/Say answers with the message it got; Count with as many
 * messages as its text says; Never not at all; Fail with FAILED_PRECONDITION and
 * the message as text; Who with the peer and some metadata.  `answers_late`
 * makes Say answer from the end-of-batch hook, as the audit log does.
 * HTTP/1.1: GET /healthz, POST /echo, GET /tree/….
 */
#ifndef TEST_SUPPORT_ECHO_H
#define TEST_SUPPORT_ECHO_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/listener.h"
#include "net/server.h"

enum { ECHO_LATE_MAX = 4096, ECHO_METHODS = 6 };

struct echo_late {
	struct grpc_call *call; /* NULL: cancelled */
	str_t message;
};

struct echo { /* the `worker` of its servers */
	struct loop *loop;
	struct loop_hook end;
	bool answers_late;
	struct echo_late late[ECHO_LATE_MAX];
	size_t late_count;
	_Atomic unsigned started, cancelled; /* calls */
};

extern const struct grpc_method echo_methods[ECHO_METHODS];
extern const struct grpc_options echo_options;
extern const struct http1_table echo_routes;

void echo_init(struct echo *, struct loop *);

struct echo_thread { /* one server of `config` on a thread of its own */
	struct echo echo;
	struct grpc_table *table;
	struct server *server;
	struct server_config config;
	struct loop_hook wake;
	pthread_t thread;
	_Atomic int wish; /* 1: drain */
	_Atomic bool drained;
	int fd;
	struct listener_address bound;
	char address[LISTENER_TEXT_MAX]; /* NUL-terminated */
};

/* Serves gRPC unless config->http1 is set.  Aborts on failure: it is a test. */
struct echo_thread *echo_start(const char *address, const struct server_config *config);
void echo_drain(struct echo_thread *); /* asks for it; `drained` tells */
void echo_stop(struct echo_thread **);

#endif
