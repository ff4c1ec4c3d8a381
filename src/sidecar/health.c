/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/health.h"

#include "sidecar/freshness.h"
#include "sidecar/worker.h"

/* Alive: this thread answers. */
static void
on_healthz(struct http1_exchange *x)
{
	http1_reply(x, 200, STR("application/json"), STR("{\"status\":\"ok\"}\n"));
}

static void
add_warning(struct buf *out, size_t *count, const char *text)
{
	buf_add_text(out, (*count)++ == 0 ? ",\"warnings\":[\"" : ",\"");
	buf_add_text(out, text);
	buf_add_char(out, '"');
}

/* What does not stop traffic, but must not be overlooked. */
static void
add_warnings(struct buf *out, const struct rulebook *book, const struct clock_mark *clock)
{
	enum license_state license = license_state(&book->license, clock_mark_now_s(clock));
	const char *fresh = freshness_text(
	    freshness_stage(snapshot_facts(book->snapshot)->expires, clock_mark_now_s(clock)));
	size_t count = 0;

	if (book->believes_anything)
		add_warning(out, &count, "development: any well-formed token is believed");
	else if (book->development)
		add_warning(out, &count, "development");
	if (license == LICENSE_EXPIRING)
		add_warning(out, &count, "the license expires soon");
	else if (license == LICENSE_EXPIRED)
		add_warning(out, &count, "the license has expired");
	else if (license == LICENSE_INVALID)
		add_warning(out, &count, "the license is not valid");
	if (fresh != NULL)
		add_warning(out, &count, fresh);
	if (book->serves_last_good)
		add_warning(out, &count, "the last good policy bundle serves instead of what was delivered");
	if (clock_mark_behind_s(clock) > 0)
		add_warning(out, &count, "the clock was set back");
	if (count > 0)
		buf_add_char(out, ']');
}

/* Ready: and it will go on taking requests. */
static void
on_readyz(struct http1_exchange *x)
{
	struct worker *w = http1_worker(x);
	struct buf *out = &w->scratch;

	if (worker_is_draining(w)) {
		http1_reply(x, 503, STR("application/json"), STR("{\"status\":\"draining\"}\n"));
		return;
	}
	buf_clear(out);
	buf_add_text(out, "{\"status\":\"ready\"");
	add_warnings(out, worker_rulebook(w), w->options.commons->clock);
	buf_add_text(out, "}\n");
	http1_reply(x, 200, STR("application/json"), buf_str(out));
}

static const struct http1_route routes[] = {
	{ .method = { "GET", 3 }, .path = { "/healthz", 8 }, .on_request = on_healthz },
	{ .method = { "GET", 3 }, .path = { "/readyz", 7 }, .on_request = on_readyz },
};

const struct http1_table health_table = { .routes = routes, .count = COUNT(routes) };
