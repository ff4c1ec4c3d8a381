/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caller: whoever waits for the answer to a request, by whatever door it came.
 *
 * The walk of a request (request.h) and the worker know only this: bytes go back, or
 * an error does.  What a door makes of them is its own affair: gRPC a message or a
 * status (caller.c), HTTP a response (rest.c).
 *
 *   lifetime  a caller is one of the doors' calls, borrowed; once answered or
 *             cancelled it is gone
 *   threads   the worker's
 */
#ifndef SIDECAR_CALLER_H
#define SIDECAR_CALLER_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct grpc_call;
struct peer;

struct door {
	void (*reply)(void *call, str_t answer); /* what the handler's respond wrote */
	void (*fail)(void *call, err_t, str_t text);
	str_t (*find)(const void *call, str_t name); /* metadata or header field; STR_NONE: not sent */
	/* The call is answered later; if it is cancelled before, *waits becomes NULL. */
	void (*wait)(void *call, void **waits);
	void (*hide)(void *call); /* what is answered is secret; NULL: no secret goes by this door */
	const struct peer *(*peer)(const void *call);
	str_t (*path)(const void *call); /* "/service/method", as tls.allowed_clients knows it */
	uint32_t (*rpc)(const void *call); /* by which it is counted: metric.h */
};

struct caller {
	const struct door *door;
	void *call; /* NULL: nobody waits any more */
	int64_t deadline_ns; /* steady; INT64_MAX: none */
};

struct caller caller_of_grpc(struct grpc_call *);
str_t caller_find(const struct caller *, str_t name); /* as the door's find */

#endif
