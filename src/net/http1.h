/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1: a small HTTP server for health, metrics and REST, by HTTP/1.1 and HTTP/2 (http2.h).
 *
 * Routes are matched byte for byte on the path before any "?"; nothing is
 * decoded or normalised.  A handler answers with exactly one http1_reply(), at
 * once or later on the same thread.  The parser is strict (rfc9112): CRLF only,
 * no folding, one Content-Length or chunked but not both, no other transfer coding.
 * OPTIONS is answered here, from the routes.
 *
 *   lifetime  an exchange and its request live until it is answered or
 *             cancelled (on_cancel, once)
 *   limits    16 KiB of head, 64 fields, the body limit; one request at a time
 *             on a connection (pipelined ones wait, and no more than 32 KiB of them are read)
 *   threads   an exchange belongs to its worker
 *   failure   400, 404, 405, 408, 411, 413, 414, 417, 431, 501 and 505 are answered here
 */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "net/peer.h"

struct http1_exchange;

struct http1_route {
	str_t method; /* "GET" also serves HEAD; "" serves every method */
	str_t path;
	bool subtree; /* also every path that begins with `path`, which ends in "/" */
	void (*on_request)(struct http1_exchange *);
	const void *data;
};

struct http1_table {
	const struct http1_route *routes; /* the first that fits */
	size_t count;
	size_t body_limit; /* bytes; 0: no bodies */
};

struct http1_request { /* bytes as they came */
	str_t method, path, query, body; /* query without its "?" */
};

const struct http1_request *http1_get_request(const struct http1_exchange *);
str_t http1_find_field(const struct http1_exchange *, str_t name); /* STR_NONE: not sent */
size_t http1_count_field(const struct http1_exchange *, str_t name); /* how often it was sent */
void *http1_worker(const struct http1_exchange *);
const void *http1_data(const struct http1_exchange *);
const struct peer *http1_peer(const struct http1_exchange *);
void http1_attach(struct http1_exchange *, void *user,
    void (*on_cancel)(struct http1_exchange *, void *user));
void http1_reply(struct http1_exchange *, int status, str_t content_type, str_t body); /* copied */

struct http1_answer {
	int status; /* 200 to 599 */
	str_t content_type, body;
	str_t fields; /* lines that http1_field_write made */
	bool lists_methods; /* with the `allow` of a 405 */
};

void http1_answer(struct http1_exchange *, const struct http1_answer *); /* instead of http1_reply() */
/* A line of the head; bytes that have no place in one become "?". */
void http1_field_write(struct buf *, str_t name, str_t value);

#endif
