/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_client: a small blocking gRPC client, for tests and measurements.
 *
 * Never part of the daemon: it connects.  One call at a time, over TCP, a Unix
 * socket or TLS; besides calls it can send raw bytes on the same connection.
 *
 *   lifetime  an answer's bytes live until the next call or close
 *   failure   a call that ends without a gRPC status has status -1 and says
 *             why: HTTP status, reset code, GOAWAY code or a closed connection
 */
#ifndef TEST_SUPPORT_GRPC_CLIENT_H
#define TEST_SUPPORT_GRPC_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct grpc_client;

struct grpc_client_tls { /* PEM; empty: none */
	str_t ca, certificate, key;
	const char *server_name; /* NULL: the certificate's name is not checked */
	const char *alpn; /* NULL: h2 */
};

struct grpc_client_field {
	str_t name, value;
};

struct grpc_client_call {
	str_t path, message;
	const struct grpc_client_field *fields; /* besides the usual ones */
	size_t field_count;
	str_t content_type, method; /* empty: application/grpc, POST */
	bool raw; /* `message` is the whole body, prefix and all */
	bool open; /* END_STREAM is not sent */
	int cancel_after; /* messages; 0: never */
	int timeout_ms; /* 0: 10 s */
};

struct grpc_client_answer {
	int status; /* grpc-status; -1: none */
	int http_status; /* 0: no headers */
	str_t message; /* the first; without its prefix */
	str_t text; /* grpc-message as it came */
	size_t message_count;
	bool was_reset, was_closed, timed_out;
	uint32_t reset_code;
	int goaway_code; /* -1: none came */
};

/* "127.0.0.1:50051", "[::1]:50051" or "unix:/path"; NULL: no connection, or no TLS. */
struct grpc_client *grpc_client_open(const char *address, const struct grpc_client_tls *);
void grpc_client_close(struct grpc_client **);

struct grpc_client_answer grpc_client_run(struct grpc_client *, const struct grpc_client_call *);
struct grpc_client_answer grpc_client_say(struct grpc_client *, const char *path, str_t message);

/* Sends bytes as they are; waits until the peer closes or time is up, and returns what came. */
bool grpc_client_send(struct grpc_client *, str_t bytes);
bool grpc_client_wait(struct grpc_client *, int timeout_ms, struct grpc_client_answer *ret);

/* A plain socket, for what is not HTTP/2; -1: no connection. */
int grpc_client_connect(const char *address);

#endif
