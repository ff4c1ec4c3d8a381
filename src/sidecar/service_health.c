/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.health.v1: a daemon that answers is serving, also one that denies everything. */
#include "sidecar/service.h"
#include "sidecar/worker.h"

static err_t
decode_health(struct request *r)
{
	str_t service;

	TRY(message_read_health(r->bytes, &service));
	if (service.len == 0 || str_has_prefix(service, STR("coresdk.v1.")) ||
	    str_eq(service, STR("grpc.health.v1.Health")))
		return ERR_OK;
	r->err_text = arena_printf(r->notes, "there is no service `%.*s`", STR_FMT(service));
	return ERR_NOT_FOUND;
}

static bool
ask_health(struct request *r, struct question *q)
{
	r->allow = !worker_is_draining(r->worker);
	return false;
}

static void
respond_health(const struct request *r, struct buf *out)
{
	message_write_health(out, r->allow);
}

static void
refuse_health(struct buf *out, str_t reason)
{
	message_write_health(out, false);
}

const struct handler service_health_check = {
	.decode = decode_health,
	.ask = ask_health,
	.respond = respond_health,
	.refuse = refuse_health,
	.flags = HANDLER_SILENT | HANDLER_OPEN,
};
