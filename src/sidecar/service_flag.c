/* SPDX-License-Identifier: Apache-2.0 */
/* FlagService: a flag decides about a feature, not about a right: no policy, no record. */
#include "codec/json.h"
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

struct flag_request {
	str_t key, second, third, attributes; /* tenant and user, in one order or the other */
	bool enabled;
	str_t variant, reason;
	enum problem problem;
};

static const struct field_row rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct flag_request, key) },
	{ 2, FIELD_TENANT, offsetof(struct flag_request, second) },
	{ 3, FIELD_TENANT, offsetof(struct flag_request, third) },
	{ 4, FIELD_BYTES, offsetof(struct flag_request, attributes) },
};

static err_t
decode_flag(struct request *r)
{
	struct flag_request *own = ARENA_NEW(r->notes, struct flag_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	return fields_read(r->notes, r->bytes, rows, COUNT(rows), own);
}

static bool
is_tenant(const struct request *r, str_t text)
{
	return text.len > 0 && (settings_tenant(&r->book->settings, text) != NULL ||
				   str_eq(text, r->book->config.tenant_id));
}

/*
 * The published TypeScript, Go and Java clients send the user before the tenant; Python and
 * the descriptor have it the other way.  TypeScript names no user agent, Go is told from
 * generated Go by the metadata that it adds.  Java is not told apart: its client is believed.
 */
static bool
sends_user_first(const struct caller *caller)
{
	str_t agent = caller_find(caller, STR("user-agent"));

	if (agent.len == 0 || str_has_prefix(agent, STR("grpc-java-netty/")))
		return true;
	return str_has_prefix(agent, STR("grpc-go/")) && caller_find(caller, STR("x-service-name")).len > 0;
}

/* What is a known tenant is the tenant, whoever asks; who asks counts where neither or both are. */
static bool
is_swapped(const struct request *r, const struct flag_request *own)
{
	if (is_tenant(r, own->second) != is_tenant(r, own->third))
		return is_tenant(r, own->third);
	return sends_user_first(&r->caller);
}

static str_t
tenant_id(const struct request *r, str_t text)
{
	const struct settings_tenant *tenant = settings_tenant(&r->book->settings, text);

	return tenant != NULL ? tenant->id : text.len > 0 ? text : r->book->config.tenant_id;
}

/* The value of a typed variant as text; of true and false the variant's name. */
static str_t
variant_text(struct request *r, const struct flag_variant *variant)
{
	struct buf *text = &r->worker->scratch;

	if (value_is_bool(variant->value))
		return variant->name;
	if (value_is_string(variant->value))
		return value_str(variant->value);
	buf_clear(text);
	json_write(text, variant->value);
	return buf_failed(text) ? variant->name : arena_str(r->notes, buf_str(text));
}

static void
answer_flag(struct request *r, struct flag_request *own, const struct flag *flag, value_t attributes)
{
	bool swapped = is_swapped(r, own);
	struct flag_question q = { .tenant = tenant_id(r, swapped ? own->third : own->second),
		.user = swapped ? own->second : own->third,
		.attributes = attributes };
	struct flag_answer a = flag_ask(flag, &q);

	own->enabled = a.enabled;
	own->variant = variant_text(r, a.variant);
	if (!flag->enabled)
		own->reason = STR("disabled");
	else
		own->reason = a.rule > 0 ? arena_printf(r->notes, "rule %zu", a.rule) : STR("default");
}

/* Whatever is wrong: the feature is off, and the reason says why. */
static bool
ask_flag(struct request *r, struct question *q)
{
	struct flag_request *own = r->own;
	const struct flag *flag = settings_flag(&r->book->settings, own->key);
	value_t attributes = value_empty_object();
	err_t err = ERR_OK;

	if (own->attributes.len > 0)
		err = json_read(r->arena, own->attributes, NULL, NULL, &attributes);
	if (flag == NULL)
		own->reason = r->book->settings.version.len > 0 ? STR("unknown flag") : STR("no flags are loaded");
	else if (err != ERR_OK || (attributes.tag != VALUE_OBJECT && attributes.tag != VALUE_NULL)) {
		own->reason = STR("attributes_json is not a JSON object");
		own->problem = PROBLEM_FLAGS_INVALID_ATTRIBUTES;
	} else
		answer_flag(r, own, flag, attributes);
	r->allow = true;
	return false;
}

static void
respond_flag(const struct request *r, struct buf *out)
{
	const struct flag_request *own = r->own;

	wire_write_uint(out, 1, own->enabled);
	wire_write_bytes(out, 2, own->variant);
	wire_write_bytes(out, 3, own->reason);
	message_write_problem(out, 4, own->problem, own->reason);
}

static void
refuse_flag(struct buf *out, str_t reason)
{
	wire_write_bytes(out, 3, reason);
}

const struct handler service_evaluate_flag = {
	.decode = decode_flag,
	.ask = ask_flag,
	.respond = respond_flag,
	.refuse = refuse_flag,
	.flags = HANDLER_SILENT,
};
