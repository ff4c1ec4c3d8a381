/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange: one HTTP request and its answer, the only place that dials out.
 *
 * HTTP/1.1 over TCP or TLS (1.2 or better, chain and name verified).  No redirect is followed,
 * no proxy, cookie, .netrc or other protocol is known: whom the URL names is whom it talks to.
 *
 *   lifetime  new/free; connections are kept between runs
 *   limits    `limit` bytes of body; the time of the options, for all of one run; headers as
 *             libcurl bounds them
 *   threads   one exchange, one thread
 *   failure   ERR_IO: no answer (why: a sentence); ERR_LIMIT: too long a body; ERR_DEADLINE; what
 *             status an answer has is the caller's business
 */
#ifndef COURIER_EXCHANGE_H
#define COURIER_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum { EXCHANGE_HEADER_MAX = 256, EXCHANGE_WHY_MAX = 256, EXCHANGE_HEADERS_MAX = 12 };

struct exchange;

struct exchange_options {
	const char *ca_cert, *client_cert, *client_key; /* paths; NULL or empty: none */
	int64_t timeout_ms;
	bool local_only; /* private and loopback addresses (reach.h) */
	const _Atomic bool *stop; /* leaves off when it becomes true */
};

struct exchange_request {
	const char *method; /* GET, HEAD, PUT */
	const char *url;
	const char *headers[EXCHANGE_HEADERS_MAX]; /* "Name: value" */
	size_t header_count;
	int body_fd; /* of a PUT: read from its beginning */
	uint64_t body_size;
	int64_t more_ms; /* on top of the time */
};

struct exchange_answer {
	long status;
	char etag[EXCHANGE_HEADER_MAX], content_type[EXCHANGE_HEADER_MAX],
	    digest[EXCHANGE_HEADER_MAX]; /* x-amz-meta-sha256; each empty if absent or too long */
	int64_t length; /* as Content-Length says; -1: it does not */
	char why[EXCHANGE_WHY_MAX];
};

/* Once, before any thread and any filter. */
err_t exchange_start(void);

struct exchange *exchange_new(const struct exchange_options *); /* NULL: out of memory */
void exchange_free(struct exchange **);

/* The body is appended to `body`, whose limit it may not pass. */
err_t exchange_run(struct exchange *, const struct exchange_request *, struct buf *body,
    struct exchange_answer *ret);

#endif
