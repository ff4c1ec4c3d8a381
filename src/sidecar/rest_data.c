/* SPDX-License-Identifier: Apache-2.0 */
/* rest_data: OPA's data API: /v1/data, /v0/data, and POST / for the default rule. */
#include "base/clock.h"
#include "sidecar/rest.h"
#include "sidecar/rest_explain.h"
#include "sidecar/version.h"
#include "sidecar/worker.h"

struct data_request {
	const struct rest_params *params;
	struct rest_path path;
	value_t input;
	int64_t decode_ns;
	struct rest_explain *explain; /* NULL: nobody asks for one */
};

static err_t
refuse(struct request *r, str_t text)
{
	r->err_text = text;
	return ERR_SYNTAX;
}

/* ---- the input ---- */

static err_t
read_parameter(struct request *r, struct data_request *d)
{
	str_t text = rest_param(d->params, "input"), why;

	if (text.data == NULL)
		return ERR_OK;
	if (text.len == 0)
		return refuse(r, STR("parameter contains malformed input document: EOF"));
	if (rest_document_read(r, text, false, &d->input, &why) != ERR_OK)
		return refuse(
		    r, arena_printf(r->notes,
			   "parameter contains malformed input document: %.*s", STR_FMT(why)));
	return ERR_OK;
}

static err_t
read_body(struct request *r, const char *trouble, value_t *ret)
{
	str_t body, why;

	if (rest_body_read(r, &body) != ERR_OK)
		return refuse(r, arena_printf(r->notes, "%s%.*s", trouble, STR_FMT(body)));
	if (rest_document_read(r, body, rest_body_is_yaml(r), ret, &why) != ERR_OK)
		return refuse(
		    r, arena_printf(r->notes, "%sbody contains malformed input document: %.*s",
			   trouble, STR_FMT(why)));
	return ERR_OK;
}

/* {"input": …}; without it, or with null, there is none. */
static err_t
read_wrapped(struct request *r, struct data_request *d)
{
	value_t body;

	TRY(read_body(r, "", &body));
	if (value_is_defined(body) && body.tag != VALUE_OBJECT && body.tag != VALUE_NULL)
		return refuse(r, arena_printf(r->notes,
				     "body contains malformed input document: json: cannot "
				     "unmarshal %s into Go value "
				     "of type types.DataRequestV1",
				     value_type_name(body)));
	d->input = value_object_get_text(body, "input");
	if (d->input.tag == VALUE_NULL)
		d->input = VALUE_NONE;
	return ERR_OK;
}

/* ---- decode, ask ---- */

static struct data_request *
begin(struct request *r)
{
	struct data_request *d = ARENA_NEW(r->notes, struct data_request);

	if (d != NULL)
		d->params = rest_params_read(r->notes, rest_request(r)->query);
	r->own = d;
	return d != NULL && d->params != NULL ? d : NULL;
}

static err_t
begin_explaining(struct request *r, struct data_request *d)
{
	enum explain_mode mode = explain_mode_read(rest_param(d->params, "explain"));

	if (mode == EXPLAIN_OFF)
		return ERR_OK;
	d->explain = rest_explain_new(mode, rest_flag(d->params, "pretty"));
	return d->explain != NULL ? ERR_OK : ERR_MEMORY;
}

static err_t
decode_v1(struct request *r)
{
	struct data_request *d = begin(r);
	bool posted = str_eq(rest_request(r)->method, STR("POST"));

	if (d == NULL)
		return ERR_MEMORY;
	TRY(rest_path_read(r, str_skip(rest_request(r)->path, sizeof("/v1/data") - 1), &d->path));
	TRY(posted ? read_wrapped(r, d) : read_parameter(r, d));
	d->decode_ns = clock_steady_ns(&clock_system) - r->start_ns;
	return begin_explaining(r, d);
}

/* The body is the input, and without one it is null. */
static err_t
decode_bare(struct request *r)
{
	struct data_request *d = begin(r);

	if (d == NULL)
		return ERR_MEMORY;
	TRY(read_body(r, "unexpected parse error for input: ", &d->input));
	if (!value_is_defined(d->input))
		d->input = value_null();
	return ERR_OK;
}

static err_t
decode_v0(struct request *r)
{
	struct data_request *d;

	TRY(decode_bare(r));
	d = r->own;
	return rest_path_read(r, str_skip(rest_request(r)->path, sizeof("/v0/data") - 1), &d->path);
}

static bool
ask_path(struct request *r, struct question *q)
{
	struct data_request *d = r->own;

	q->path = d->path.keys;
	q->path_count = d->path.count;
	q->path_name = d->path.name;
	q->input = d->input;
	q->with_reasons = false;
	q->strict_builtin_errors = rest_flag(d->params, "strict-builtin-errors");
	q->tracer = d->explain != NULL ? rest_explain_tracer(d->explain) : NULL;
	return true;
}

static void
finish(struct request *r)
{
	struct data_request *d = r->own;

	if (d != NULL)
		rest_explain_free(&d->explain);
}

static bool
ask_default(struct request *r, struct question *q)
{
	struct data_request *d = r->own;

	q->input = d->input;
	q->with_reasons = false;
	return true;
}

/* ---- answers ---- */

static void
add(const struct request *r, struct object_builder *o, const char *name, value_t v)
{
	if (value_is_defined(v))
		(void)object_builder_add(o, value_text(r->notes, name), v);
}

static value_t
freeze(struct object_builder *o)
{
	return object_builder_freeze(o, OBJECT_LAST_WINS, NULL);
}

static value_t
make_metrics(const struct request *r, const struct data_request *d)
{
	struct object_builder o;

	object_builder_init(&o, r->notes, 4);
	add(r, &o, "counter_server_query_cache_hit",
	    value_int(1)); /* documents were compiled with the bundle */
	add(r, &o, "timer_rego_input_parse_ns", value_int(d->decode_ns));
	add(r, &o, "timer_rego_query_eval_ns", value_int(r->evaluation_ns));
	add(r, &o, "timer_server_handler_ns",
	    value_int(clock_steady_ns(&clock_system) - r->start_ns));
	return freeze(&o);
}

static value_t
make_provenance(const struct request *r)
{
	const struct snapshot_facts *facts = snapshot_facts(r->book->snapshot);
	struct object_builder o, bundles, one;

	object_builder_init(&one, r->notes, 1);
	add(r, &one, "revision", value_string(r->notes, facts->revision));
	object_builder_init(&bundles, r->notes, 1);
	if (snapshot_program(r->book->snapshot) != NULL)
		add(r, &bundles, "bundle", freeze(&one));
	object_builder_init(&o, r->notes, 5);
	add(r, &o, "bundles", freeze(&bundles));
	add(r, &o, "version", value_text(r->notes, CORESDK_VERSION));
	add(r, &o, "build_commit", value_text(r->notes, ""));
	add(r, &o, "build_hostname", value_text(r->notes, ""));
	add(r, &o, "build_timestamp", value_text(r->notes, ""));
	return freeze(&o);
}

static value_t
make_warning(const struct request *r)
{
	struct object_builder o;

	object_builder_init(&o, r->notes, 2);
	add(r, &o, "code", value_text(r->notes, "api_usage_warning"));
	add(r, &o, "message", value_text(r->notes, "'input' key missing from the request"));
	return freeze(&o);
}

/* What the machine says of an error, as OPA's topdown does. */
static value_t
make_errors(const struct request *r)
{
	const struct decision *d = &r->decision;
	struct object_builder o, place;
	value_t *one = ARENA_NEW(r->notes, value_t);

	object_builder_init(&place, r->notes, 3);
	add(r, &place, "file", value_string(r->notes, d->error.file));
	add(r, &place, "row", value_int(d->error.row));
	add(r, &place, "col", value_int(d->error.col));
	object_builder_init(&o, r->notes, 3);
	add(r, &o, "code",
	    value_text(r->notes, d->error.code != NULL ? d->error.code : "eval_cancel_error"));
	add(r, &o, "message", value_string(r->notes, d->message));
	if (d->error.row > 0)
		add(r, &o, "location", freeze(&place));
	if (one == NULL)
		return VALUE_NONE;
	*one = freeze(&o);
	return value_is_defined(*one) ? value_array_of(one, 1) : VALUE_NONE;
}

bool
rest_respond_trouble(const struct request *r, struct buf *out)
{
	if (r->decision.err == ERR_OK || r->decision.err == ERR_NOT_FOUND)
		return false;
	rest_begin(out, 500, REST_JSON);
	rest_write_error(out, STR("internal_error"),
	    STR("error(s) occurred while evaluating query"), make_errors(r));
	return true;
}

static void
respond_v1(const struct request *r, struct buf *out)
{
	const struct data_request *d = r->own;
	bool posted = str_eq(rest_request(r)->method, STR("POST"));
	struct object_builder o;

	if (rest_respond_trouble(r, out))
		return;
	object_builder_init(&o, r->notes, 6);
	if (r->recorded)
		add(r, &o, "decision_id",
		    value_string(r->notes, request_id(r)));
	if (d->explain != NULL)
		add(r, &o, "explanation", rest_explain_value(d->explain));
	if (rest_wants_metrics(d->params))
		add(r, &o, "metrics", make_metrics(r, d));
	if (rest_flag(d->params, "provenance"))
		add(r, &o, "provenance", make_provenance(r));
	add(r, &o, "result", r->decision.result);
	if (posted && !value_is_defined(d->input))
		add(r, &o, "warning", make_warning(r));
	rest_begin(out, 200, REST_JSON);
	rest_write_value(out, freeze(&o), rest_flag(d->params, "pretty"));
}

static void
respond_bare(const struct request *r, struct buf *out)
{
	const struct data_request *d = r->own;
	struct snapshot_document found = { 0 };

	if (rest_respond_trouble(r, out))
		return;
	if (value_is_defined(r->decision.result)) {
		rest_begin(out, 200, REST_JSON);
		rest_write_value(out, r->decision.result, rest_flag(d->params, "pretty"));
		return;
	}
	if (d->path.name.len > 0)
		snapshot_document(r->book->snapshot, d->path.keys, d->path.count, &found);
	else /* the default rule */
		found.has_rules = r->decision.err == ERR_OK;
	rest_begin(out, 404, REST_JSON);
	rest_write_error(out, STR("undefined_document"),
	    arena_printf(r->notes, "document %s: %.*s",
		found.has_rules ? "undefined" : "missing", STR_FMT(r->decision.rule)),
	    VALUE_NONE);
}

const struct handler rest_data_v1 = {
	.decode = decode_v1,
	.ask = ask_path,
	.respond = respond_v1,
	.finish = finish,
	.flags = HANDLER_VALUE,
};

const struct handler rest_data_v0 = {
	.decode = decode_v0,
	.ask = ask_path,
	.respond = respond_bare,
	.flags = HANDLER_VALUE,
};

const struct handler rest_default = {
	.decode = decode_bare,
	.ask = ask_default,
	.respond = respond_bare,
	.flags = HANDLER_VALUE,
};
