/* SPDX-License-Identifier: Apache-2.0 */
/* rest_data: OPA's data API: /v1/data, /v0/data, and POST / for the default rule. */
#include "base/clock.h"
#include "base/utf8.h"
#include "sidecar/rest.h"
#include "sidecar/version.h"
#include "sidecar/worker.h"

struct data_request {
	const struct rest_params *params;
	value_t keys[REST_KEYS_MAX];
	size_t key_count;
	str_t name; /* data.authz.allow */
	value_t input;
	int64_t decode_ns;
};

static err_t
refuse(struct request *r, str_t text)
{
	r->err_text = text;
	return ERR_SYNTAX;
}

/* ---- the path ---- */

/* As Go's strconv.Atoi: such a step is an index. */
static bool
read_index(str_t step, int64_t *ret)
{
	bool negative = step.len > 0 && step.data[0] == '-';
	str_t digits =
	    step.len > 0 && (negative || step.data[0] == '+') ? str_skip(step, 1) : step;
	int64_t n = 0;

	for (size_t i = 0; i < digits.len; i++) {
		int digit = digits.data[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, (int64_t)10, &n) ||
		    __builtin_sub_overflow(n, (int64_t)digit, &n))
			return false;
	}
	if (!negative && n == INT64_MIN)
		return false;
	*ret = negative ? n : -n;
	return digits.len > 0;
}

static value_t
make_key(struct request *r, str_t step)
{
	int64_t index;
	value_t known;

	if (read_index(step, &index))
		return value_int(index);
	known = intern_find(snapshot_intern(r->book->snapshot), step);
	return value_is_defined(known) ? known : value_string(r->arena, step);
}

static bool
is_plain(str_t step)
{
	for (size_t i = 0; i < step.len; i++) {
		char c = step.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			(i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return step.len > 0;
}

static err_t
add_step(struct request *r, struct data_request *d, str_t step, struct buf *name)
{
	str_t raw = rest_unescape(r->notes, step);
	int64_t index;

	if (str_find_char(raw, '"', 0) < raw.len || !utf8_is_valid(raw))
		return refuse(r, arena_printf(r->notes,
				     "invalid path: invalid ref term '%.*s'", STR_FMT(raw)));
	if (d->key_count == REST_KEYS_MAX)
		return refuse(r, STR("invalid path: too many steps"));
	d->keys[d->key_count++] = make_key(r, raw);
	if (read_index(raw, &index))
		buf_printf(name, "[%lld]", (long long)index);
	else
		buf_printf(name, is_plain(raw) ? ".%.*s" : "[\"%.*s\"]", STR_FMT(raw));
	return ERR_OK;
}

static err_t
read_path(struct request *r, struct data_request *d, str_t path)
{
	struct buf *name = &r->worker->scratch;

	buf_clear(name);
	buf_add_text(name, "data");
	while (path.len > 0) {
		size_t end = str_find_char(path, '/', 0);

		if (end > 0)
			TRY(add_step(r, d, str_sub(path, 0, end), name));
		path = str_skip(path, end < path.len ? end + 1 : end);
	}
	d->name = arena_str(r->notes, buf_str(name));
	r->message.rule = d->name;
	return ERR_OK;
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
check_explain(struct request *r, const struct data_request *d)
{
	static const char *const modes[] = { "notes", "fails", "full", "debug" };

	for (size_t i = 0; i < COUNT(modes); i++) {
		if (str_eq(rest_param(d->params, "explain"), str_of(modes[i])))
			return refuse(
			    r, STR("explain is not served here: `core eval --explain` tells"));
	}
	return ERR_OK;
}

static err_t
decode_v1(struct request *r)
{
	struct data_request *d = begin(r);
	bool posted = str_eq(rest_request(r)->method, STR("POST"));

	if (d == NULL)
		return ERR_MEMORY;
	TRY(check_explain(r, d));
	TRY(read_path(r, d, str_skip(rest_request(r)->path, sizeof("/v1/data") - 1)));
	TRY(posted ? read_wrapped(r, d) : read_parameter(r, d));
	d->decode_ns = clock_steady_ns(&clock_system) - r->start_ns;
	return ERR_OK;
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
	TRY(decode_bare(r));
	return read_path(r, r->own, str_skip(rest_request(r)->path, sizeof("/v0/data") - 1));
}

static bool
ask_path(struct request *r, struct question *q)
{
	struct data_request *d = r->own;

	q->path = d->keys;
	q->path_count = d->key_count;
	q->path_name = d->name;
	q->input = d->input;
	q->with_reasons = false;
	q->strict_builtin_errors = rest_flag(d->params, "strict-builtin-errors");
	return true;
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
	object_builder_init(&o, r->notes, 5);
	if (r->recorded)
		add(r, &o, "decision_id",
		    value_string(r->notes, str_make(r->id, AUDIT_ULID_LEN)));
	if (rest_flag(d->params, "metrics") || rest_flag(d->params, "instrument"))
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
	if (d->name.len > 0)
		snapshot_document(r->book->snapshot, d->keys, d->key_count, &found);
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
