/* SPDX-License-Identifier: Apache-2.0 */
/* rest_authzen: AuthZEN's Authorization API 1.0: one evaluation, and several in one request.
 */
#include "base/clock.h"
#include "sidecar/rest.h"
#include "sidecar/worker.h"

static err_t
refuse(struct request *r, str_t text)
{
	r->err_text = text;
	return ERR_SYNTAX;
}

/* ---- one evaluation ---- */

static bool
has_texts(value_t entity, const char *first, const char *second)
{
	return value_is_string(value_object_get_text(entity, first)) &&
	       (second == NULL || value_is_string(value_object_get_text(entity, second)));
}

static str_t
text_of(value_t entity, const char *name)
{
	value_t v = value_object_get_text(entity, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

/* What every evaluation must name; and what of it the record says. */
static err_t
check_evaluation(struct request *r, value_t e)
{
	value_t subject = value_object_get_text(e, "subject");
	value_t action = value_object_get_text(e, "action");
	value_t resource = value_object_get_text(e, "resource");
	value_t context = value_object_get_text(e, "context");

	if (!has_texts(subject, "type", "id"))
		return refuse(r, STR("subject needs the texts type and id"));
	if (!has_texts(action, "name", NULL))
		return refuse(r, STR("action needs the text name"));
	if (!has_texts(resource, "type", "id"))
		return refuse(r, STR("resource needs the texts type and id"));
	if (value_is_defined(context) && context.tag != VALUE_OBJECT)
		return refuse(r, STR("context must be an object"));
	r->message.subject = text_of(subject, "id");
	r->message.action = text_of(action, "name");
	r->message.resource = arena_printf(r->notes, "%.*s/%.*s",
	    STR_FMT(text_of(resource, "type")), STR_FMT(text_of(resource, "id")));
	return ERR_OK;
}

static err_t
read_body(struct request *r, value_t *ret)
{
	str_t body, why;

	if (rest_body_read(r, &body) != ERR_OK)
		return refuse(r, body);
	if (rest_document_read(r, body, false, ret, &why) != ERR_OK)
		return refuse(
		    r, arena_printf(r->notes, "the body is not JSON: %.*s", STR_FMT(why)));
	if (ret->tag != VALUE_OBJECT)
		return refuse(r, STR("the body must be a JSON object"));
	return ERR_OK;
}

static err_t
decode_evaluation(struct request *r)
{
	value_t *body = ARENA_NEW(r->notes, value_t);

	if (body == NULL)
		return ERR_MEMORY;
	r->own = body;
	TRY(read_body(r, body));
	return check_evaluation(r, *body);
}

static bool
ask_evaluation(struct request *r, struct question *q)
{
	q->rule = r->book->config.rest_authzen_rule;
	q->input = *(const value_t *)r->own;
	return true;
}

static value_t
make_answer(const struct request *r)
{
	struct object_builder o, context;

	object_builder_init(&context, r->notes, 2);
	if (r->recorded)
		(void)object_builder_add_text(
		    &context, "id", value_string(r->notes, request_id(r)));
	if (!r->allow)
		(void)object_builder_add_text(
		    &context, "reason", value_string(r->notes, r->reason));
	object_builder_init(&o, r->notes, 2);
	(void)object_builder_add_text(&o, "decision", value_bool(r->allow));
	(void)object_builder_add_text(
	    &o, "context", object_builder_freeze(&context, OBJECT_LAST_WINS, NULL));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

/* Clients that named their request find its name in the answer. */
static str_t
make_fields(const struct request *r)
{
	str_t id = rest_field(r, "x-request-id");
	char room[512];
	struct buf fields = { .data = room, .capacity = sizeof(room), .limit = sizeof(room) };

	buf_add_str(&fields, REST_JSON);
	if (id.data != NULL && id.len <= 256)
		http1_field_write(&fields, STR("x-request-id"), id);
	return arena_str(r->notes, buf_str(&fields));
}

static void
respond_evaluation(const struct request *r, struct buf *out)
{
	rest_begin(out, 200, make_fields(r));
	rest_write_value(out, make_answer(r), false);
}

static void
refuse_evaluation(struct buf *out, str_t reason)
{
	rest_begin(out, 200, REST_JSON);
	buf_printf(
	    out, "{\"context\":{\"reason\":\"%.*s\"},\"decision\":false}\n", STR_FMT(reason));
}

const struct handler rest_evaluation = {
	.decode = decode_evaluation,
	.ask = ask_evaluation,
	.respond = respond_evaluation,
	.refuse = refuse_evaluation,
};

/* ---- several ---- */

enum semantic { EXECUTE_ALL, DENY_ON_FIRST_DENY, PERMIT_ON_FIRST_PERMIT };

static const char *const semantics[] = { "execute_all", "deny_on_first_deny",
	"permit_on_first_permit" };

struct batch {
	value_t body, list;
	enum semantic semantic;
	struct request *parts;
	value_t *inputs, *answers;
	size_t done;
};

static err_t
read_semantic(struct request *r, struct batch *b)
{
	value_t options = value_object_get_text(b->body, "options");
	value_t name = value_object_get_text(options, "evaluations_semantic");

	if (!value_is_defined(name))
		return ERR_OK;
	for (size_t i = 0; value_is_string(name) && i < COUNT(semantics); i++) {
		if (str_eq(value_str(name), str_of(semantics[i]))) {
			b->semantic = (enum semantic)i;
			return ERR_OK;
		}
	}
	return refuse(r, STR("evaluations_semantic is not one of execute_all, "
			     "deny_on_first_deny, permit_on_first_permit"));
}

/* What an evaluation does not say itself it has from the request. */
static value_t
make_input(struct request *r, value_t body, value_t own)
{
	static const char *const names[] = { "subject", "action", "resource", "context" };
	struct object_builder o;

	object_builder_init(&o, r->arena, 4 + own.count);
	for (size_t i = 0; i < COUNT(names); i++) {
		value_t v = value_object_get_text(body, names[i]);

		if (value_is_defined(v))
			(void)object_builder_add_text(&o, names[i], v);
	}
	for (uint32_t i = 0; i < own.count; i++) {
		value_t key, value;

		value_entry_at(own, i, &key, &value);
		(void)object_builder_add(&o, key, value);
	}
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

/* All are looked at before the first is asked: a request is good or not as a whole. */
static err_t
read_batch(struct request *r, struct batch *b)
{
	uint32_t count = b->list.count;

	if (count > REST_BATCH_MAX)
		return refuse(r, STR("too many evaluations"));
	TRY(read_semantic(r, b));
	b->parts = ARENA_ARRAY(r->arena, struct request, count);
	b->inputs = ARENA_ARRAY(r->arena, value_t, count);
	b->answers = ARENA_ARRAY(r->notes, value_t, count);
	if (b->parts == NULL || b->inputs == NULL || b->answers == NULL)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		value_t own = b->list.items[i];

		if (own.tag != VALUE_OBJECT)
			return refuse(r, STR("an evaluation is not an object"));
		b->inputs[i] = make_input(r, b->body, own);
		TRY(check_evaluation(r, b->inputs[i]));
	}
	return arena_failed(r->arena) || arena_failed(r->notes) ? ERR_MEMORY : ERR_OK;
}

static err_t
decode_part(struct request *r)
{
	return check_evaluation(r, *(const value_t *)r->own);
}

static void
respond_part(const struct request *r, struct buf *out)
{
	/* The one who runs the parts makes the answer. */
}

static const struct handler part = {
	.decode = decode_part,
	.ask = ask_evaluation,
	.respond = respond_part,
	.flags = HANDLER_PART | HANDLER_VALUE,
};

static const struct method part_method = { "authzen.evaluation", &part, NULL };

static void
run_parts(const struct request *r, struct batch *b)
{
	for (size_t i = 0; i < b->list.count; i++) {
		struct request *one = &b->parts[i];

		*one = *r;
		one->method = &part_method;
		one->own = &b->inputs[i];
		one->message = (struct message){ 0 };
		request_run(one);
		b->answers[i] = make_answer(one);
		b->done = i + 1;
		if ((b->semantic == DENY_ON_FIRST_DENY && !one->allow) ||
		    (b->semantic == PERMIT_ON_FIRST_PERMIT && one->allow))
			return;
	}
}

static void
answer_batch(struct request *r, struct batch *b)
{
	struct buf *out = &r->worker->answer;
	struct object_builder o;

	object_builder_init(&o, r->notes, 1);
	(void)object_builder_add_text(&o, "evaluations", value_array_of(b->answers, b->done));
	buf_clear(out);
	rest_begin(out, 200, make_fields(r));
	rest_write_value(out, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL), false);
	if (arena_failed(r->notes) || buf_failed(out)) {
		buf_clear(out);
		rest_begin(out, 500, REST_JSON);
		rest_write_error(
		    out, STR("internal_error"), STR("the answer is too big"), VALUE_NONE);
	}
	worker_answer_all(r->worker, b->parts, b->done, buf_str(out));
}

static const struct method single = { "authzen.evaluation", &rest_evaluation, NULL };

void
rest_on_batch(struct http1_exchange *x)
{
	struct caller caller = rest_caller(x);
	struct batch b = { 0 };
	struct request r;
	err_t err;

	if (!rest_enter(x, false, &r))
		return;
	r.bytes = http1_get_request(x)->body;
	/* All of them together have the time of one. */
	r.caller.deadline_ns = clock_steady_ns(&clock_system) +
			       r.book->config.policy_budget_time_ms * CLOCK_NS_PER_MS;
	err = read_body(&r, &b.body);
	b.list = value_object_get_text(b.body, "evaluations");
	if (err == ERR_OK && (b.list.tag != VALUE_ARRAY || b.list.count == 0)) {
		if (value_is_defined(b.list) && b.list.tag != VALUE_ARRAY) {
			err = refuse(&r, STR("evaluations must be an array"));
		} else { /* then it is a request for one */
			worker_on_message(r.worker, &caller, &single, r.bytes);
			return;
		}
	}
	if (err == ERR_OK)
		err = read_batch(&r, &b);
	if (err != ERR_OK) {
		caller.door->fail(
		    x, err, r.err_text.len > 0 ? r.err_text : str_of(err_text(err)));
		return;
	}
	run_parts(&r, &b);
	answer_batch(&r, &b);
}
