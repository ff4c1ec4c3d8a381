/* SPDX-License-Identifier: Apache-2.0 */
/* TenantService: whose request is it, and may it touch what is another's? */
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

struct tenant_request {
	str_t token, first, second; /* ResolveTenant: second is the hint.  ValidateIsolation: the two tenants */
	const struct settings_tenant *tenant; /* NULL: none is listed */
	str_t id, problem;
};

static const struct field_row resolve_rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct tenant_request, token) },
	{ 2, FIELD_TEXT, offsetof(struct tenant_request, second) },
};

static const struct field_row isolation_rows[] = {
	{ 1, FIELD_TENANT, offsetof(struct tenant_request, first) },
	{ 2, FIELD_TENANT, offsetof(struct tenant_request, second) },
};

static err_t
decode(struct request *r, const struct field_row *rows, size_t count)
{
	struct tenant_request *own = ARENA_NEW(r->notes, struct tenant_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	TRY(fields_read(r->notes, r->bytes, rows, count, own));
	r->message.token = own->token;
	return ERR_OK;
}

static str_t
id_of(const struct request *r, str_t text)
{
	const struct settings_tenant *tenant = settings_tenant(&r->book->settings, text);

	return tenant != NULL ? tenant->id : text;
}

/* ---- ResolveTenant ---- */

static err_t
decode_resolve(struct request *r)
{
	return decode(r, resolve_rows, COUNT(resolve_rows));
}

static bool
refuse(struct request *r, str_t why)
{
	request_deny(r, PROBLEM_TENANT_NOT_FOUND, why);
	return false;
}

/*
 * Only a verified token says whose a request is; a hint may agree with it, and stands alone
 * only where no token is sent.
 */
static bool
ask_resolve(struct request *r, struct question *q)
{
	struct tenant_request *own = r->own;
	const struct settings *s = &r->book->settings;
	str_t claimed = id_of(r, r->identity.tenant_id), hint = id_of(r, own->second);

	if (own->token.len > 0 && claimed.len == 0)
		return refuse(r, STR("the token names no tenant"));
	if (own->token.len > 0 && hint.len > 0 && !str_eq(claimed, hint))
		return refuse(r, STR("the token is of another tenant"));
	own->id = own->token.len > 0 ? claimed : hint.len > 0 ? hint : r->book->config.tenant_id;
	own->tenant = settings_tenant(s, own->id);
	if (own->tenant == NULL && s->tenant_count > 0)
		return refuse(r, STR("the tenant is not listed here"));
	r->message.tenant_id = own->id;
	r->allow = true;
	return false;
}

static void
write_tenant(const struct request *r, const struct tenant_request *own, struct buf *out)
{
	struct settings_pairs attributes = { 0 };

	if (own->tenant != NULL)
		attributes = own->tenant->attributes;
	wire_write_bytes(out, 1, own->id);
	wire_write_bytes(out, 2, own->tenant != NULL ? own->tenant->name : own->id);
	for (uint32_t i = 0; i < r->identity.roles.count; i++)
		wire_write_item(out, 3, value_str(r->identity.roles.items[i]));
	for (size_t i = 0; i < attributes.count; i++) {
		const struct settings_pair *pair = &attributes.at[i];

		wire_write_head(out, 4, wire_bytes_size(1, pair->key.len) + wire_bytes_size(2, pair->value.len));
		wire_write_bytes(out, 1, pair->key);
		wire_write_bytes(out, 2, pair->value);
	}
}

static void
respond_resolve(const struct request *r, struct buf *out)
{
	struct buf *tenant = &r->worker->scratch;

	if (!r->allow) {
		message_write_problem(out, 2, r->problem, r->reason);
		return;
	}
	buf_clear(tenant);
	write_tenant(r, r->own, tenant);
	out->failed |= buf_failed(tenant);
	wire_write_bytes(out, 1, buf_str(tenant));
}

static void
refuse_resolve(struct buf *out, str_t reason)
{
	message_write_problem(out, 2, PROBLEM_AUDIT_UNAVAILABLE, reason);
}

const struct handler service_resolve_tenant = {
	.decode = decode_resolve,
	.ask = ask_resolve,
	.respond = respond_resolve,
	.refuse = refuse_resolve,
	.flags = HANDLER_SILENT,
};

/* ---- ValidateIsolation ---- */

static err_t
decode_isolation(struct request *r)
{
	return decode(r, isolation_rows, COUNT(isolation_rows));
}

/* A tenant and itself, by whichever of its names; two empty names are nobody's. */
static bool
ask_isolation(struct request *r, struct question *q)
{
	const struct tenant_request *own = r->own;
	str_t asking = id_of(r, own->first), owning = id_of(r, own->second);

	r->message.tenant_id = asking.len > 0 ? asking : r->message.tenant_id;
	r->resource_owner = owning;
	if (asking.len > 0 && str_eq(asking, owning))
		r->allow = true;
	else
		request_deny(r, PROBLEM_TENANT_ISOLATION, STR("the resource is another tenant's"));
	return false;
}

static void
respond_isolation(const struct request *r, struct buf *out)
{
	wire_write_uint(out, 1, r->allow);
	if (!r->allow)
		message_write_problem(out, 2, r->problem, r->reason);
}

static void
refuse_isolation(struct buf *out, str_t reason)
{
	message_write_problem(out, 2, PROBLEM_AUDIT_UNAVAILABLE, reason);
}

/* This one is a decision: it is recorded. */
const struct handler service_validate_isolation = {
	.decode = decode_isolation,
	.ask = ask_isolation,
	.respond = respond_isolation,
	.refuse = refuse_isolation,
};
