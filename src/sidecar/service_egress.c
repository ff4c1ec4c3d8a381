/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EgressService: may this URL be opened?  Asked before, not instead of, a firewall.
 *
 * A host that no policy may open is refused first (egress/host.h); then the policy decides.
 * The published clients take any failure of this call for a yes, so whatever is wrong with a
 * URL is an answer, and that answer is no.
 */
#include "egress/url.h"
#include "sidecar/fields.h"
#include "sidecar/input.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

struct egress_request {
	str_t url, tenant_id, service_name;
};

static const struct field_row rows[] = {
	{ 1, FIELD_BYTES, offsetof(struct egress_request, url) },
	{ 2, FIELD_TENANT, offsetof(struct egress_request, tenant_id) },
	{ 3, FIELD_TEXT, offsetof(struct egress_request, service_name) },
};

static err_t
decode_egress(struct request *r)
{
	struct egress_request *own = ARENA_NEW(r->arena, struct egress_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	TRY(fields_read(r->arena, r->bytes, rows, COUNT(rows), own));
	r->message.tenant_id = own->tenant_id;
	r->message.subject = own->service_name;
	r->message.action = STR("egress");
	return ERR_OK;
}

static bool
is_served(const struct request *r, str_t scheme)
{
	const struct config *c = &r->book->config;

	for (size_t i = 0; i < c->egress_schemes.count; i++) {
		if (str_eq_nocase(c->egress_schemes.at[i], scheme))
			return true;
	}
	return false;
}

/* Without the query: it is where tokens travel. */
static str_t
describe(struct request *r, const struct url *u)
{
	bool is_v6 = strchr(u->host.text, ':') != NULL;

	return arena_printf(r->notes, "%s://%s%s%s:%u%.*s", u->scheme, is_v6 ? "[" : "",
	    u->host.text, is_v6 ? "]" : "", u->port, STR_FMT(u->path));
}

static value_t
make_input(struct request *r, const struct url *u)
{
	const struct egress_request *own = r->own;
	struct object_builder input;

	object_builder_init(&input, r->arena, 7);
	input_add(r, &input, STR("url"), input_text(r, own->url));
	input_add(r, &input, STR("scheme"), input_text(r, str_of(u->scheme)));
	input_add(r, &input, STR("host"), input_text(r, str_of(u->host.text)));
	input_add(r, &input, STR("port"), value_int(u->port));
	input_add(r, &input, STR("path"), input_text(r, u->path));
	input_add(r, &input, STR("tenant_id"), input_text(r, r->message.tenant_id));
	input_add(r, &input, STR("service_name"), input_text(r, own->service_name));
	return object_builder_freeze(&input, OBJECT_LAST_WINS, NULL);
}

static bool
refuse(struct request *r, enum problem problem, str_t why)
{
	request_deny(r, problem, why);
	return false;
}

static bool
ask_egress(struct request *r, struct question *q)
{
	const struct egress_request *own = r->own;
	const char *why;
	struct url u;

	why = url_read(own->url, &u);
	if (why != NULL)
		return refuse(r, PROBLEM_EGRESS_MALFORMED_URL, str_of(why));
	r->message.resource = describe(r, &u);
	if (u.host.blocked != NULL)
		return refuse(r, PROBLEM_EGRESS_BLOCKED,
		    arena_printf(r->notes, "%s is %s: always blocked", u.host.text,
			u.host.blocked));
	if (!is_served(r, str_of(u.scheme)))
		return refuse(r, PROBLEM_EGRESS_SCHEME,
		    arena_printf(r->notes, "the scheme %s is not let out", u.scheme));
	q->rule = r->book->config.policy_egress_rule;
	q->input = make_input(r, &u);
	if (!value_is_defined(q->input))
		return refuse(r, PROBLEM_POLICY_DENIED, str_of(err_text(ERR_MEMORY)));
	return true;
}

static void
respond_egress(const struct request *r, struct buf *out)
{
	wire_write_uint(out, 1, r->allow);
	wire_write_bytes(out, 2, r->reason);
}

static void
refuse_egress(struct buf *out, str_t reason)
{
	wire_write_uint(out, 1, false);
	wire_write_bytes(out, 2, reason);
}

const struct handler service_check_egress = {
	.decode = decode_egress,
	.ask = ask_egress,
	.respond = respond_egress,
	.refuse = refuse_egress,
};
