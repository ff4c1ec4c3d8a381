/* SPDX-License-Identifier: Apache-2.0 */
/* LicenseService: what the license entitles to.  No right of a subject, so no record. */
#include "base/clock.h"
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

struct entitlement_request {
	str_t key, tenant_id;
	struct entitlement answer;
	enum license_state state;
};

static const struct field_row rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct entitlement_request, key) },
	{ 2, FIELD_TENANT, offsetof(struct entitlement_request, tenant_id) },
};

static err_t
decode_entitlement(struct request *r)
{
	struct entitlement_request *own = ARENA_NEW(r->notes, struct entitlement_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	return fields_read(r->notes, r->bytes, rows, COUNT(rows), own);
}

/* `__license_meta__` asks for the license itself. */
static bool
ask_entitlement(struct request *r, struct question *q)
{
	struct entitlement_request *own = r->own;
	const struct license *l = &r->book->license;
	int64_t now = r->date_s;

	own->state = license_state(l, now);
	if (str_eq(own->key, STR("__license_meta__")))
		own->answer.entitled = license_is_good(own->state);
	else
		own->answer = license_entitlement(l, own->key, now);
	r->allow = true;
	return false;
}

static void
respond_entitlement(const struct request *r, struct buf *out)
{
	const struct entitlement_request *own = r->own;
	const struct license *l = &r->book->license;
	const char *state = own->state == LICENSE_NONE ? "missing" : license_state_name(own->state);

	wire_write_uint(out, 1, own->answer.entitled);
	wire_write_uint(out, 2, (uint64_t)own->answer.number);
	if (l->present && l->reason == TOKEN_NONE) {
		wire_write_uint(out, 3, (uint64_t)l->until_s);
		wire_write_bytes(out, 4, l->plan);
	}
	if (!license_is_good(own->state))
		message_write_problem(out, 5, PROBLEM_LICENSE_NOT_VALID,
		    arena_printf(r->notes, "the license is %s", state));
}

static void
refuse_entitlement(struct buf *out, str_t reason)
{
	wire_write_uint(out, 1, false);
}

const struct handler service_check_entitlement = {
	.decode = decode_entitlement,
	.ask = ask_entitlement,
	.respond = respond_entitlement,
	.refuse = refuse_entitlement,
	.flags = HANDLER_SILENT,
};
