/* SPDX-License-Identifier: Apache-2.0 */
/* rest_health: OPA's /health: what is up; and /health/NAME, which the policy decides. */
#include "codec/json.h"
#include "sidecar/rest.h"
#include "sidecar/worker.h"

enum { TEXT_MAX = 1024 };

bool
rest_has_policy(const struct request *r)
{
	return snapshot_program(r->book->snapshot) != NULL;
}

bool
rest_has_audit(const struct request *r)
{
	struct audit_status s;

	audit_writer_status(r->worker->options.audit, &s);
	return !s.trouble;
}

static value_t
make_state(const struct request *r, bool good, bool as_object)
{
	value_t name = value_text(r->notes, good ? "OK" : "NOT_READY");
	struct object_builder o;

	if (!as_object)
		return name;
	object_builder_init(&o, r->notes, 1);
	(void)object_builder_add_text(&o, "state", name);
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

value_t
rest_plugin_states(const struct request *r, bool as_objects)
{
	struct object_builder o;

	object_builder_init(&o, r->notes, 2);
	(void)object_builder_add_text(&o, "bundle", make_state(r, rest_has_policy(r), as_objects));
	(void)object_builder_add_text(&o, "decision_logs", make_state(r, rest_has_audit(r), as_objects));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static bool
is_excluded(const struct rest_params *params, const char *plugin)
{
	for (size_t i = 0; i < params->count; i++) {
		if (str_eq(params->at[i].name, STR("exclude-plugin")) &&
		    str_eq(params->at[i].value, str_of(plugin)))
			return true;
	}
	return false;
}

static const char *
find_trouble(const struct request *r, const struct rest_params *params)
{
	bool no_policy = !rest_has_policy(r);

	if (worker_is_draining(r->worker))
		return "draining";
	if (no_policy && (rest_flag(params, "bundle") || rest_flag(params, "bundles")))
		return "one or more bundles are not activated";
	if (!rest_flag(params, "plugins"))
		return NULL;
	if ((no_policy && !is_excluded(params, "bundle")) ||
	    (!rest_has_audit(r) && !is_excluded(params, "decision_logs")))
		return "one or more plugins are not up";
	return NULL;
}

/* {} or {"error": …}, as a body. */
static int
write_health(struct buf *out, str_t trouble)
{
	if (trouble.len == 0) {
		buf_add_text(out, "{}\n");
		return 200;
	}
	buf_add_text(out, "{\"error\":");
	json_write_string(out, str_cut(trouble, TEXT_MAX), true);
	buf_add_text(out, "}\n");
	return 500;
}

void
rest_on_health(struct http1_exchange *x)
{
	const struct rest_params *params;
	struct http1_answer a = { .fields = REST_JSON };
	const char *trouble;
	struct request r;

	if (!rest_enter(x, true, &r))
		return;
	params = rest_params_read(r.notes, http1_get_request(x)->query);
	trouble = params != NULL ? find_trouble(&r, params) : err_text(ERR_MEMORY);
	buf_clear(&r.worker->answer);
	a.status = write_health(&r.worker->answer, trouble != NULL ? str_of(trouble) : STR_NONE);
	a.body = buf_str(&r.worker->answer);
	http1_answer(x, &a);
}

/* ---- what the policy says of health: data.system.health.NAME ---- */

static err_t
decode_rule(struct request *r)
{
	struct rest_path *path = ARENA_NEW(r->notes, struct rest_path);
	str_t name = str_skip(rest_request(r)->path, sizeof("/health/") - 1);

	r->own = path;
	if (path == NULL)
		return ERR_MEMORY;
	return rest_path_read(r, arena_printf(r->notes, "system/health/%.*s", STR_FMT(name)), path);
}

static bool
ask_rule(struct request *r, struct question *q)
{
	const struct rest_path *path = r->own;
	struct object_builder o;

	object_builder_init(&o, r->arena, 2);
	(void)object_builder_add_text(&o, "plugin_state", rest_plugin_states(r, false));
	(void)object_builder_add_text(&o, "plugins_ready", value_bool(rest_has_policy(r) && rest_has_audit(r)));
	q->path = path->keys;
	q->path_count = path->count;
	q->path_name = path->name;
	q->input = object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
	q->with_reasons = false;
	return true;
}

static void
respond_rule(const struct request *r, struct buf *out)
{
	const struct decision *d = &r->decision;
	str_t trouble = STR_NONE;

	if (d->err != ERR_OK && d->err != ERR_NOT_FOUND)
		trouble = d->error.row == 0 ? d->message :
					      arena_printf(r->notes, "%.*s:%u: %s: %.*s", STR_FMT(d->error.file),
						  d->error.row, d->error.code, STR_FMT(d->message));
	else if (!value_is_defined(d->result))
		trouble = arena_printf(r->notes, "health check (%.*s) was undefined", STR_FMT(d->rule));
	else if (!d->allow)
		trouble = arena_printf(r->notes, "health check (%.*s) returned unexpected value", STR_FMT(d->rule));
	rest_begin(out, trouble.len > 0 ? 500 : 200, REST_JSON);
	(void)write_health(out, trouble);
}

const struct handler rest_health_rule = {
	.decode = decode_rule,
	.ask = ask_rule,
	.respond = respond_rule,
	.flags = HANDLER_SILENT | HANDLER_OPEN,
};
