/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange: what a request of HTTP and its answer are to a handler, by either version.
 *
 * http1.c and http2.c each embed one at the front of their own object, fill in the head and
 * the request, and dispatch; `answer` is theirs.  Handlers see it through http1.h.
 *
 *   lifetime  of the object around it
 *   threads   its connection's
 */
#ifndef NET_EXCHANGE_H
#define NET_EXCHANGE_H

#include "base/clock.h"
#include "net/conn.h"
#include "net/http1.h"
#include "net/http1_parse.h"

struct http1_exchange {
	struct conn *conn;
	void (*answer)(struct http1_exchange *, const struct http1_answer *); /* copies it */
	struct http1_head head; /* its fields; the rest is http1.c's */
	struct http1_request request;
	const struct http1_route *route;
	bool is_running; /* the handler has it */
	void *user;
	void (*on_cancel)(struct http1_exchange *, void *user);
};

void exchange_dispatch(struct http1_exchange *); /* the request is whole: to its handler, or an answer */
void exchange_refuse(struct http1_exchange *, int status); /* the reason phrase is the body */
void exchange_cancel(struct http1_exchange *); /* the client is gone: tells the handler, once */

const char *exchange_reason(int status);
void exchange_write_date(struct buf *, const struct clock *); /* rfc9110 5.6.7 */
void exchange_write_allow(struct buf *, const struct http1_exchange *); /* what is served at this path */

#endif
