/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: one worker's connections from one listening socket.
 *
 * Accepts, passes the gate, does the TLS handshake if there is a context, and
 * speaks either gRPC over HTTP/2 (prior knowledge or ALPN "h2") or HTTP/1.1 and HTTP/2.
 *
 *   lifetime  the config's pointers must outlive the server; server_free() cuts
 *             what connections are left (their calls are cancelled)
 *   drain     stop accepting, tell clients (GOAWAY, Connection: close), let
 *             calls finish, cut what remains at the deadline
 *   limits    see struct server_limits; 0 means the default in parentheses
 *   threads   a server belongs to its loop's thread
 */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/shared.h"
#include "net/gate.h"
#include "net/grpc.h"
#include "net/http1.h"
#include "net/loop.h"
#include "net/unix_rule.h"

struct server;

struct server_limits {
	uint32_t handshake_ms; /* TLS (5 s) */
	uint32_t preface_ms; /* HTTP/2's, with the client's SETTINGS (5 s) */
	uint32_t header_ms; /* an HTTP/1 head, or a frame or header block of HTTP/2, from begin to end (5 s) */
	uint32_t request_ms; /* from a request's headers to its end (10 s) */
	uint32_t stall_ms; /* a client that takes none of our bytes (10 s) */
	uint32_t idle_ms; /* nothing under way (5 min) */
	uint32_t streams; /* concurrent calls on a connection (256) */
	size_t held_bytes; /* request bytes held on a connection (16 MiB) */
	size_t queued_bytes; /* reply bytes held on a connection (16 MiB) */
};

struct server_config {
	const struct grpc_table *grpc; /* one of the two */
	const struct http1_table *http1;
	struct shared *tls; /* of struct tls_context; NULL: cleartext */
	struct gate *gate; /* NULL: no cap */
	const struct unix_rule *unix_rule; /* NULL: any user may connect */
	const struct log *log; /* NULL: silent */
	struct server_limits limits;
};

struct server_counts { /* since the start, for metrics */
	uint64_t accepted, refused, handshakes_failed, cut_off, requests;
	uint32_t open;
};

/* `worker` comes back from grpc_call_worker() and http1_worker(). */
err_t server_new(struct loop *, int listening_fd, const struct server_config *, void *worker,
    struct server **ret_server);
void server_free(struct server **); /* does not close the listening socket */

/* on_drained is called once, when no connection is left; at the latest after `deadline_ms`. */
void server_drain(struct server *, uint32_t deadline_ms, void (*on_drained)(void *), void *context);

struct server_counts server_get_counts(const struct server *);

#endif
