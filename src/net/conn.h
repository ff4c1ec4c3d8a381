/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn: one connection: bytes in, bytes out, TLS or not, and its deadlines.
 *
 * A conn reads when there is something, hands the bytes to its protocol, and
 * once at the end of the batch asks the protocol what to write.  A connection
 * holds no buffers while it is idle: reading and writing share the host's, and
 * only what the kernel would not take at once is kept.  While some is kept,
 * nothing more is read or produced, so a client that does not read cannot make
 * us hold more than one room of output.
 *
 *   lifetime  made by server.c for an accepted socket; frees itself after the
 *             end; conn_cut() ends it at once
 *   threads   the host's loop's
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/loop.h"
#include "net/peer.h"
#include "net/server.h"
#include "net/tls.h"

enum {
	CONN_IN_SIZE = 16384, /* small, so that a flood is noticed after that many bytes */
	CONN_OUT_SIZE = 65536,
	CONN_PIECE_MAX = 16384 + 64, /* the most a protocol writes indivisibly */
};

struct conn;
struct conn_host;

struct protocol {
	enum tls_protocol alpn;
	bool (*init)(struct conn_host *); /* what all its connections of a server share */
	void (*fini)(struct conn_host *);
	void *(*open)(struct conn *); /* NULL: out of memory */
	bool (*take)(void *app, str_t bytes); /* false: write what is left, then close */
	size_t (*give)(void *app, char *room, size_t size); /* 0: nothing (more) to write */
	bool (*is_over)(const void *app); /* neither reads nor writes any more */
	bool (*is_full)(const void *app); /* reads nothing for now; NULL: never */
	void (*drain)(void *app);
	/* Acts on what is overdue; when to ask again (steady ns), or 0: cut the connection. */
	int64_t (*check)(void *app, int64_t now_ns);
	void (*end)(void *app); /* cancels what is under way and frees */
};

struct conn_host { /* one per server */
	struct loop *loop;
	const struct protocol *protocol;
	const struct grpc_table *grpc; /* one of the two */
	const struct http1_table *http1;
	void *worker;
	const struct log *log;
	struct gate *gate; /* NULL: no cap, and nothing rations the log */
	struct server_limits limits;
	struct server_counts counts;
	void (*on_gone)(struct conn_host *, struct conn *);
	void *shared; /* the protocol's, between init and fini */
	char in[CONN_IN_SIZE], out[CONN_OUT_SIZE];
};

struct conn {
	struct loop_source source;
	struct loop_timer timer;
	struct loop_task flush;
	struct conn_host *host;
	struct conn *next, **at; /* of the server's list */
	struct tls *tls;
	void *app; /* NULL before the handshake is done and after the end */
	enum { CONN_SHAKING, CONN_OPEN, CONN_CLOSING, CONN_LINGERING, CONN_GONE } state;
	bool drained;
	bool hides; /* what is written is wiped behind it */
	bool paused; /* not read from, because its protocol is full */
	bool unread; /* TLS may hold bytes that the socket will not report */
	char *kept; /* not yet taken by the kernel */
	size_t kept_len, kept_from;
	size_t discarded; /* while lingering */
	int64_t since_ns; /* of the state, or of the last progress with `kept` */
	struct peer peer;
};

/* Owns the descriptor from now on; `tls` may be NULL, and is taken in. */
struct conn *conn_new(struct conn_host *, int fd, const struct peer *, struct tls *tls);
void conn_cut(struct conn *); /* not from inside its protocol */
void conn_end_now(struct conn *); /* cuts and frees; not inside a batch that may report it */
void conn_drain(struct conn *);
void conn_hide(struct conn *); /* what it writes may be secret, from now on to its end */
void conn_flush_later(struct conn *); /* there is something to write */

#endif
