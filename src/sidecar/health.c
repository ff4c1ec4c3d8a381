/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/health.h"

#include "sidecar/worker.h"

/* Alive: this thread answers. */
static void
on_healthz(struct http1_exchange *x)
{
	http1_reply(x, 200, STR("application/json"), STR("{\"status\":\"ok\"}\n"));
}

/* Ready: and it will go on taking requests.  Development must not look like production. */
static void
on_readyz(struct http1_exchange *x)
{
	struct worker *w = http1_worker(x);
	const struct rulebook *book = shared_get(w->options.books, &w->view);

	if (worker_is_draining(w))
		http1_reply(x, 503, STR("application/json"), STR("{\"status\":\"draining\"}\n"));
	else if (book->believes_anything)
		http1_reply(x, 200, STR("application/json"),
		    STR("{\"status\":\"ready\",\"warnings\":[\"development: any well-formed token is "
			"believed\"]}\n"));
	else if (book->development)
		http1_reply(x, 200, STR("application/json"),
		    STR("{\"status\":\"ready\",\"warnings\":[\"development\"]}\n"));
	else
		http1_reply(x, 200, STR("application/json"), STR("{\"status\":\"ready\"}\n"));
}

static const struct http1_route routes[] = {
	{ .method = { "GET", 3 }, .path = { "/healthz", 8 }, .on_request = on_healthz },
	{ .method = { "GET", 3 }, .path = { "/readyz", 7 }, .on_request = on_readyz },
};

const struct http1_table health_table = { .routes = routes, .count = COUNT(routes) };
