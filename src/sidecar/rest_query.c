/* SPDX-License-Identifier: Apache-2.0 */
/* rest_query: OPA's query API, /v1/query; only where rest.allow_query is set. */
#include "base/clock.h"
#include "engine/query.h"
#include "sidecar/host.h"
#include "sidecar/rest.h"
#include "sidecar/rest_explain.h"
#include "sidecar/worker.h"

struct ad_hoc {
	const struct rest_params *params;
	str_t text;
	value_t input;
	struct diag diag;
	struct rest_explain *explain; /* NULL: nobody asks for one */
	int64_t took_ns;
};

static err_t
refuse(struct request *r, str_t text)
{
	r->err_text = text;
	return ERR_SYNTAX;
}

static err_t
read_body(struct request *r, struct ad_hoc *a)
{
	value_t body, query;
	str_t text, why;

	if (rest_body_read(r, &text) != ERR_OK)
		return refuse(r, text);
	if (text.len == 0)
		return refuse(r, STR("error(s) occurred while decoding request: EOF"));
	if (rest_document_read(r, text, false, &body, &why) != ERR_OK)
		return refuse(
		    r, arena_printf(r->notes, "error(s) occurred while decoding request: %.*s",
			   STR_FMT(why)));
	query = value_object_get_text(body, "query");
	if (!value_is_string(query))
		return refuse(
		    r, STR("error(s) occurred while decoding request: query must be a text"));
	a->text = value_str(query);
	a->input = value_object_get_text(body, "input");
	if (a->input.tag == VALUE_NULL)
		a->input = VALUE_NONE;
	return ERR_OK;
}

static err_t
begin_explaining(struct ad_hoc *a)
{
	enum explain_mode mode = explain_mode_read(rest_param(a->params, "explain"));

	if (mode == EXPLAIN_OFF)
		return ERR_OK;
	a->explain = rest_explain_new(mode, rest_flag(a->params, "pretty"));
	return a->explain != NULL ? ERR_OK : ERR_MEMORY;
}

static err_t
decode(struct request *r)
{
	struct ad_hoc *a = ARENA_NEW(r->notes, struct ad_hoc);

	if (a != NULL)
		a->params = rest_params_read(r->notes, rest_request(r)->query);
	if (a == NULL || a->params == NULL)
		return ERR_MEMORY;
	r->own = a;
	diag_init(&a->diag, r->notes, 10);
	if (!r->book->config.rest_allow_query) {
		r->err_text = STR("request rejected by administrative policy");
		return ERR_TOKEN;
	}
	TRY(begin_explaining(a));
	if (str_eq(rest_request(r)->method, STR("POST")))
		return read_body(r, a);
	a->text = rest_param(a->params, "q");
	return a->text.data != NULL ? ERR_OK : refuse(r, STR("missing parameter 'q'"));
}

/* Asked here: a query is no rule that the walk could look up. */
static bool
ask(struct request *r, struct question *question)
{
	struct ad_hoc *a = r->own;
	int64_t until = r->start_ns + r->book->config.policy_budget_time_ms * CLOCK_NS_PER_MS;
	struct query q = { .text = a->text,
		.input = a->input,
		.host = &sidecar_host,
		.budget = { .instructions = (uint64_t)r->book->config.policy_budget_steps,
		    .deadline_ns = until } };

	if (a->explain != NULL)
		q.tracer = rest_explain_tracer(a->explain);
	a->took_ns = -clock_steady_ns(&clock_system);
	query_ask(r->book->snapshot, &q, r->arena, &a->diag, &r->decision);
	a->took_ns += clock_steady_ns(&clock_system);
	r->evaluated = true;
	r->allow = r->decision.allow;
	if (!r->allow)
		request_deny(r, PROBLEM_POLICY_DENIED, STR("the query has no solution"));
	return false;
}

static value_t
describe_finding(const struct request *r, const struct diag_finding *f)
{
	struct object_builder o, place;

	object_builder_init(&place, r->notes, 3);
	(void)object_builder_add_text(&place, "file", value_string(r->notes, f->place.file));
	(void)object_builder_add_text(&place, "row", value_int(f->place.row));
	(void)object_builder_add_text(&place, "col", value_int(f->place.col));
	object_builder_init(&o, r->notes, 3);
	(void)object_builder_add_text(&o, "code", value_string(r->notes, f->code));
	(void)object_builder_add_text(&o, "message", value_string(r->notes, f->message));
	(void)object_builder_add_text(
	    &o, "location", object_builder_freeze(&place, OBJECT_LAST_WINS, NULL));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static void
respond_findings(const struct request *r, const struct diag *diag, struct buf *out)
{
	bool parses =
	    diag->first == NULL || !str_eq(diag->first->code, STR("rego_parse_error"));
	value_t *items = ARENA_ARRAY(r->notes, value_t, diag->limit);
	size_t count = 0;

	for (const struct diag_finding *f = diag->first; f != NULL && items != NULL;
	     f = f->next)
		items[count++] = describe_finding(r, f);
	rest_begin(out, 400, REST_JSON);
	rest_write_error(out, STR("invalid_parameter"),
	    parses ? STR("error(s) occurred while compiling query")
		   : STR("error(s) occurred while parsing query"),
	    items != NULL && !arena_failed(r->notes) ? value_array_of(items, count)
						     : VALUE_NONE);
}

static value_t
make_metrics(const struct request *r, const struct ad_hoc *a)
{
	struct object_builder o;

	object_builder_init(&o, r->notes, 2);
	(void)object_builder_add_text(&o, "timer_rego_query_eval_ns", value_int(a->took_ns));
	(void)object_builder_add_text(&o, "timer_server_handler_ns",
	    value_int(clock_steady_ns(&clock_system) - r->start_ns));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static void
finish(struct request *r)
{
	struct ad_hoc *a = r->own;

	if (a != NULL)
		rest_explain_free(&a->explain);
}

static void
respond(const struct request *r, struct buf *out)
{
	const struct ad_hoc *a = r->own;
	struct object_builder o;

	if (a->diag.error_count > 0) {
		respond_findings(r, &a->diag, out);
		return;
	}
	if (rest_respond_trouble(r, out))
		return;
	object_builder_init(&o, r->notes, 3);
	if (a->explain != NULL)
		(void)object_builder_add_text(&o, "explanation", rest_explain_value(a->explain));
	if (rest_wants_metrics(a->params))
		(void)object_builder_add_text(&o, "metrics", make_metrics(r, a));
	if (r->allow)
		(void)object_builder_add_text(&o, "result", r->decision.result);
	rest_begin(out, 200, REST_JSON);
	rest_write_value(out, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL),
	    rest_flag(a->params, "pretty"));
}

const struct handler rest_query = {
	.decode = decode,
	.ask = ask,
	.respond = respond,
	.finish = finish,
	.flags = HANDLER_VALUE,
};
