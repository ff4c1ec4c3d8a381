/* SPDX-License-Identifier: Apache-2.0 */
/* rest_info: what is no decision: policies, configuration, status, and refusals. */
#include "base/clock.h"
#include "codec/json.h"
#include "sidecar/rest.h"
#include "sidecar/version.h"
#include "sidecar/worker.h"

#define INFO_BYTES_MAX ((size_t)8 << 20)

struct info { /* of one call */
	struct request r;
	const struct rest_params *params;
	struct buf out;
};

/* false: it is refused, and that is answered. */
static bool
begin(struct http1_exchange *x, bool open, struct info *ret)
{
	if (!rest_enter(x, open, &ret->r))
		return false;
	ret->params = rest_params_read(ret->r.notes, http1_get_request(x)->query);
	buf_init(&ret->out, INFO_BYTES_MAX);
	if (ret->params != NULL)
		return true;
	ret->r.caller.door->fail(x, ERR_MEMORY, str_of(err_text(ERR_MEMORY)));
	return false;
}

static void
end(struct info *i, int status)
{
	struct http1_answer a = {
		.status = status, .fields = REST_JSON, .body = buf_str(&i->out)
	};

	if (buf_failed(&i->out))
		i->r.caller.door->fail(
		    i->r.caller.call, ERR_LIMIT, STR("the answer is too big"));
	else
		http1_answer(i->r.caller.call, &a);
	buf_fini(&i->out);
}

static void
end_with_value(struct info *i, value_t result)
{
	struct object_builder o;

	object_builder_init(&o, i->r.arena, 1);
	(void)object_builder_add_text(&o, "result", result);
	rest_write_value(&i->out, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL),
	    rest_flag(i->params, "pretty"));
	end(i, 200);
}

/* ---- policies ---- */

static value_t
describe_policy(struct info *i, size_t index)
{
	struct arena *arena = i->r.arena;
	struct object_builder o;
	str_t name, text;

	snapshot_module_at(i->r.book->snapshot, index, &name, &text);
	object_builder_init(&o, arena, 2);
	(void)object_builder_add_text(&o, "id", value_string(arena, name));
	(void)object_builder_add_text(&o, "raw", value_string(arena, text));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

void
rest_on_policies(struct http1_exchange *x)
{
	struct info i;
	size_t count;
	value_t *items;

	if (!begin(x, false, &i))
		return;
	count = snapshot_module_count(i.r.book->snapshot);
	items = ARENA_ARRAY(i.r.arena, value_t, count);
	for (size_t k = 0; items != NULL && k < count; k++)
		items[k] = describe_policy(&i, k);
	if (arena_failed(i.r.arena))
		buf_reserve(&i.out, INFO_BYTES_MAX + 1); /* too big */
	end_with_value(
	    &i, arena_failed(i.r.arena) ? VALUE_NONE : value_array_of(items, count));
}

void
rest_on_policy(struct http1_exchange *x)
{
	str_t path = http1_get_request(x)->path;
	struct info i;
	str_t id, name, text;

	if (!begin(x, false, &i))
		return;
	id = rest_unescape(i.r.notes, str_skip(path, sizeof("/v1/policies/") - 1));
	for (size_t k = 0; k < snapshot_module_count(i.r.book->snapshot); k++) {
		snapshot_module_at(i.r.book->snapshot, k, &name, &text);
		if (str_eq(name, id)) {
			end_with_value(&i, describe_policy(&i, k));
			return;
		}
	}
	rest_write_error(&i.out, STR("resource_not_found"),
	    arena_printf(
		i.r.notes, "storage_not_found_error: policy id \"%.*s\"", STR_FMT(id)),
	    VALUE_NONE);
	end(&i, 404);
}

/* ---- configuration and status ---- */

static value_t
make_labels(struct info *i)
{
	struct object_builder o;

	object_builder_init(&o, i->r.arena, 2);
	(void)object_builder_add_text(
	    &o, "id", value_string(i->r.arena, i->r.book->config.service_name));
	(void)object_builder_add_text(&o, "version", value_text(i->r.arena, CORESDK_VERSION));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

/* Every key as `core config show` has it: of a secret, whether it is set. */
void
rest_on_config(struct http1_exchange *x)
{
	struct object_builder o, settings;
	struct arena *arena;
	struct info i;

	if (!begin(x, false, &i))
		return;
	arena = i.r.arena;
	object_builder_init(&settings, arena, CONFIG_KEY_COUNT);
	for (enum config_key k = 0; k < CONFIG_KEY_COUNT; k++) {
		struct buf *text = &i.r.worker->scratch;

		buf_clear(text);
		config_write_value(text, &i.r.book->config, k);
		(void)object_builder_add_text(
		    &settings, config_row(k)->path, value_string(arena, buf_str(text)));
	}
	object_builder_init(&o, arena, 3);
	(void)object_builder_add_text(
	    &o, "default_decision", value_string(arena, i.r.book->config.policy_default_rule));
	(void)object_builder_add_text(&o, "labels", make_labels(&i));
	(void)object_builder_add_text(
	    &o, "settings", object_builder_freeze(&settings, OBJECT_LAST_WINS, NULL));
	end_with_value(&i, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

static value_t
make_bundles(struct info *i)
{
	const struct snapshot_facts *f = snapshot_facts(i->r.book->snapshot);
	struct object_builder bundles, one;

	object_builder_init(&bundles, i->r.arena, 1);
	object_builder_init(&one, i->r.arena, 3);
	(void)object_builder_add_text(&one, "name", value_text(i->r.arena, "bundle"));
	(void)object_builder_add_text(
	    &one, "active_revision", value_string(i->r.arena, f->revision));
	(void)object_builder_add_text(&one, "sha256", value_string(i->r.arena, f->digest));
	if (rest_has_policy(&i->r))
		(void)object_builder_add_text(
		    &bundles, "bundle", object_builder_freeze(&one, OBJECT_LAST_WINS, NULL));
	return object_builder_freeze(&bundles, OBJECT_LAST_WINS, NULL);
}

void
rest_on_status(struct http1_exchange *x)
{
	struct object_builder o;
	struct info i;

	if (!begin(x, false, &i))
		return;
	object_builder_init(&o, i.r.arena, 3);
	(void)object_builder_add_text(&o, "bundles", make_bundles(&i));
	(void)object_builder_add_text(&o, "labels", make_labels(&i));
	(void)object_builder_add_text(&o, "plugins", rest_plugin_states(&i.r, true));
	end_with_value(&i, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

/* ---- refusals ---- */

void
rest_on_write(struct http1_exchange *x)
{
	struct info i;

	if (!begin(x, false, &i))
		return;
	rest_write_error(&i.out, STR("invalid_operation"),
	    STR("writes are not served: policy and data come by signed bundle"), VALUE_NONE);
	end(&i, 405);
}

void
rest_on_unserved(struct http1_exchange *x)
{
	struct info i;

	if (!begin(x, false, &i))
		return;
	rest_write_error(&i.out, STR("invalid_operation"), str_of(http1_data(x)), VALUE_NONE);
	end(&i, 501);
}

/* ---- what AuthZEN's clients look for ---- */

/* The name that the client knows this server by, if it is one. */
static bool
is_host(str_t host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
			c == '[' || c == ']'))
			return false;
	}
	return host.len > 0;
}

void
rest_on_metadata(struct http1_exchange *x)
{
	static const char *const searches[] = { "subject", "resource", "action" };
	const char *scheme = http1_peer(x)->secured ? "https" : "http";
	str_t host = http1_find_field(x, STR("host"));
	struct info i;

	if (!begin(x, true, &i))
		return;
	if (!is_host(host)) {
		rest_write_error(&i.out, STR("invalid_parameter"),
		    STR("the host field names no host"), VALUE_NONE);
		end(&i, 400);
		return;
	}
	buf_printf(&i.out,
	    "{\"policy_decision_point\":\"%s://%.*s\","
	    "\"access_evaluation_endpoint\":\"%s://%.*s/access/v1/evaluation\","
	    "\"access_evaluations_endpoint\":\"%s://%.*s/access/v1/evaluations\"",
	    scheme, STR_FMT(host), scheme, STR_FMT(host), scheme, STR_FMT(host));
	for (size_t k = 0; i.r.book->config.rest_search_rule.len > 0 && k < COUNT(searches); k++)
		buf_printf(&i.out, ",\"search_%s_endpoint\":\"%s://%.*s/access/v1/search/%s\"", searches[k], scheme,
		    STR_FMT(host), searches[k]);
	buf_add_text(&i.out, "}\n");
	end(&i, 200);
}
