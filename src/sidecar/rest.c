/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/rest.h"

#include "codec/json.h"
#include "sidecar/rest_guard.h"
#include "sidecar/worker.h"

/* ---- answers ---- */

void
rest_begin(struct buf *out, int status, str_t fields)
{
	buf_add_u16be(out, (uint16_t)status);
	buf_add_u16be(out, (uint16_t)fields.len);
	buf_add_str(out, fields);
}

void
rest_write_value(struct buf *out, value_t v, bool pretty)
{
	if (pretty)
		json_write_pretty_escaped(out, v, STR(""), STR("  "));
	else
		json_write_escaped(out, v);
	buf_add_char(out, '\n');
}

void
rest_write_error(struct buf *out, str_t code, str_t message, value_t errors)
{
	buf_add_text(out, "{\n  \"code\": ");
	json_write_string(out, code, true);
	buf_add_text(out, ",\n  \"message\": ");
	json_write_string(out, message, true);
	if (value_is_defined(errors)) {
		buf_add_text(out, ",\n  \"errors\": ");
		json_write_pretty_escaped(out, errors, STR("  "), STR("  "));
	}
	buf_add_text(out, "\n}\n");
}

/* ---- the door ---- */

static void
reply(void *call, str_t answer)
{
	struct cursor c = cursor_of(answer);
	struct http1_answer a = { .status = cursor_u16be(&c) };

	a.fields = cursor_take(&c, cursor_u16be(&c));
	a.body = cursor_take(&c, cursor_left(&c));
	http1_answer(call, &a);
}

static const struct {
	err_t err;
	int status;
	const char *code;
} failures[] = {
	{ ERR_SYNTAX, 400, "invalid_parameter" },
	{ ERR_TOKEN, 401, "unauthorized" },
	{ ERR_REFUSED, 403, "unauthorized" },
	{ ERR_NOT_FOUND, 404, "resource_not_found" },
	{ ERR_UNIMPLEMENTED, 501, "invalid_operation" },
};

static void
fail(void *call, err_t err, str_t text)
{
	char room[2048];
	struct buf body = { .data = room, .capacity = sizeof(room), .limit = sizeof(room) };
	struct http1_answer a = { .status = 500, .fields = REST_JSON };
	const char *code = "internal_error";

	for (size_t i = 0; i < COUNT(failures); i++) {
		if (failures[i].err == err) {
			a.status = failures[i].status;
			code = failures[i].code;
		}
	}
	rest_write_error(&body, str_of(code), str_cut(text, 1024), VALUE_NONE);
	if (buf_failed(&body)) { /* full of characters to escape */
		body = (struct buf){ .data = room, .capacity = sizeof(room), .limit = sizeof(room) };
		rest_write_error(&body, str_of(code), str_of(err_text(err)), VALUE_NONE);
	}
	a.body = buf_str(&body);
	http1_answer(call, &a);
}

static str_t
find(const void *call, str_t name)
{
	return http1_find_field(call, name);
}

static void
on_cancel(struct http1_exchange *x, void *user)
{
	void **waits = user;

	*waits = NULL;
}

static void
wait_for(void *call, void **waits)
{
	http1_attach(call, waits, on_cancel);
}

static const struct peer *
peer(const void *call)
{
	return http1_peer(call);
}

static str_t
path(const void *call)
{
	return REST_SERVICE;
}

static uint32_t
rpc(const void *call)
{
	(void)call;
	return METRIC_REST;
}

static const struct door door = {
	.reply = reply,
	.fail = fail,
	.find = find,
	.wait = wait_for,
	.peer = peer,
	.path = path,
	.rpc = rpc,
};

struct caller
rest_caller(struct http1_exchange *x)
{
	return (struct caller){ &door, x, INT64_MAX };
}

const struct http1_request *
rest_request(const struct request *r)
{
	return http1_get_request(r->caller.call);
}

str_t
rest_field(const struct request *r, const char *name)
{
	return http1_find_field(r->caller.call, str_of(name));
}

static bool
is_from_page(struct http1_exchange *x)
{
	const char *why = rest_guard_refuses(&worker_rulebook(http1_worker(x))->config, x);

	if (why != NULL)
		fail(x, ERR_REFUSED, str_of(why));
	return why != NULL;
}

bool
rest_enter(struct http1_exchange *x, bool open, struct request *ret)
{
	const struct caller caller = rest_caller(x);

	return !is_from_page(x) && worker_begin(http1_worker(x), &caller, open, ret);
}

void
rest_on_request(struct http1_exchange *x)
{
	if (!is_from_page(x))
		rest_on_forward(x);
}

void
rest_on_forward(struct http1_exchange *x)
{
	const struct caller caller = rest_caller(x);

	worker_on_message(http1_worker(x), &caller, http1_data(x), http1_get_request(x)->body);
}

/* ---- routes ---- */

#define ROUTE(method, path, tree, function, about) \
	{ { method, sizeof(method) - 1 }, { path, sizeof(path) - 1 }, tree, function, about }
#define DECIDES(name, by) &(const struct method){ name, &rest_##by, NULL }
#define NO_PARTIAL "partial evaluation is not served: /v1/data answers what is known, /v1/query any query"

static const struct http1_route routes[] = {
	ROUTE("POST", "/v1/data/", true, rest_on_request, DECIDES("rest.data", data_v1)),
	ROUTE("GET", "/v1/data/", true, rest_on_request, DECIDES("rest.data", data_v1)),
	ROUTE("POST", "/v1/data", false, rest_on_request, DECIDES("rest.data", data_v1)),
	ROUTE("GET", "/v1/data", false, rest_on_request, DECIDES("rest.data", data_v1)),
	ROUTE("POST", "/v0/data/", true, rest_on_request, DECIDES("rest.data.v0", data_v0)),
	ROUTE("POST", "/v0/data", false, rest_on_request, DECIDES("rest.data.v0", data_v0)),
	ROUTE("POST", "/", false, rest_on_request, DECIDES("rest.default", default)),
	ROUTE("POST", "/access/v1/evaluation", false, rest_on_request,
	    DECIDES("authzen.evaluation", evaluation)),
	ROUTE("POST", "/access/v1/evaluations", false, rest_on_batch, NULL),
	ROUTE("POST", "/access/v1/search/", true, rest_on_request, DECIDES("authzen.search", search)),
	ROUTE("GET", "/.well-known/authzen-configuration", false, rest_on_metadata, NULL),
	ROUTE("", "/auth", false, rest_on_forward, DECIDES("forward.auth", auth)),
	ROUTE("GET", "/health", false, rest_on_health, NULL),
	ROUTE("GET", "/health/", true, rest_on_request, DECIDES("rest.health", health_rule)),
	ROUTE("GET", "/v1/policies", false, rest_on_policies, NULL),
	ROUTE("GET", "/v1/policies/", true, rest_on_policy, NULL),
	ROUTE("GET", "/v1/config", false, rest_on_config, NULL),
	ROUTE("GET", "/v1/status", false, rest_on_status, NULL),
	ROUTE("GET", "/v1/query", false, rest_on_request, DECIDES("rest.query", query)),
	ROUTE("POST", "/v1/query", false, rest_on_request, DECIDES("rest.query", query)),
	ROUTE("POST", "/v1/compile", false, rest_on_unserved, NO_PARTIAL),
	ROUTE("POST", "/v1/compile/", true, rest_on_unserved, NO_PARTIAL),
	ROUTE("", "/v1/data", false, rest_on_write, NULL),
	ROUTE("", "/v1/data/", true, rest_on_write, NULL),
	ROUTE("", "/v1/policies/", true, rest_on_write, NULL),
};

void
rest_table(size_t body_limit, struct http1_table *ret)
{
	*ret = (struct http1_table){ routes, COUNT(routes), body_limit };
}
