/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2: an HTTP/2 server connection over nghttp2, seen as streams.
 *
 * The only files that know nghttp2 are h2.c and h2_adapt.c.  What lies above (grpc.c) embeds
 * struct h2_stream at the front of its own object and is told, in this order:
 * on_field for each header field, on_headers, on_data …, on_end; and, at any
 * time, on_close, once, after which the stream is gone.
 *
 *   lifetime  streams come from a pool of the server and return to it;
 *             `make` and `clean` of struct h2_app prepare them
 *   limits    concurrent streams, header list 16 KiB and 64 fields, and the
 *             guard (guard.h); a stream that breaks them never reaches on_headers
 *   threads   its connection's
 */
#ifndef NET_H2_H
#define NET_H2_H

#include "net/conn.h"

enum {
	H2_FIELDS_MAX = 64,
	H2_FIELD_BYTES_MAX = 16384, /* names, values and 32 for each (rfc9113 6.5.2) */
};

struct h2;

struct h2_stream {
	struct h2 *h2;
	struct h2_stream *next, **at; /* all of the connection; or the pool's free ones */
	struct h2_stream *next_receiving, **at_receiving; /* requests not complete, oldest first */
	int64_t opened_ns;
	int32_t id;
	uint32_t field_count, field_bytes;
	bool ended; /* the client has sent all */
	bool responded, finished; /* we have begun, we have sent all */
};

struct h2_field {
	str_t name, value;
	bool constant; /* a string literal: not copied */
	bool secret; /* differs each time: not worth a place in the compression table */
};

struct h2_app {
	size_t stream_size;
	void (*make)(struct h2_stream *, const struct conn_host *); /* zeroed memory */
	void (*clean)(struct h2_stream *); /* for the next use */
	void (*free)(struct h2_stream *);
	void (*on_field)(struct h2_stream *, str_t name, str_t value);
	void (*on_headers)(struct h2_stream *);
	void (*on_data)(struct h2_stream *, str_t bytes);
	void (*on_end)(struct h2_stream *);
	void (*on_overdue)(struct h2_stream *); /* incomplete for too long */
	void (*on_close)(struct h2_stream *);
	/* Bytes of the body; done: no more after these.  0 and not done: none for now. */
	size_t (*read_body)(struct h2_stream *, char *room, size_t size, bool *ret_done);
	/* The fields after the body; room for `*ret_count` on entry.  NULL: none. */
	void (*write_trailers)(struct h2_stream *, struct h2_field *fields, size_t *ret_count);
};

/* The functions of a struct protocol. */
bool h2_init(struct conn_host *, const struct h2_app *);
void h2_fini(struct conn_host *);
void *h2_open(struct conn *);
bool h2_take(void *h2, str_t bytes);
size_t h2_give(void *h2, char *room, size_t size);
bool h2_is_over(const void *h2);
void h2_drain(void *h2);
int64_t h2_check(void *h2, int64_t now_ns);
void h2_end(void *h2);

struct conn *h2_conn(const struct h2_stream *);
bool h2_hold(struct h2_stream *, size_t bytes); /* false: too much is held on the connection */
void h2_unhold(struct h2_stream *, size_t bytes);
bool h2_queue(struct h2_stream *, size_t bytes); /* the same for replies */
void h2_unqueue(struct h2_stream *, size_t bytes);

/* Headers; with a body, read_body follows and then write_trailers. */
void h2_respond(struct h2_stream *, const struct h2_field *, size_t count, bool with_body);
void h2_resume(struct h2_stream *); /* read_body has something again */

#endif
