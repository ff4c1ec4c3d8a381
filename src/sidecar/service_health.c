/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.health.v1: the verdict of health.h. */
#include "sidecar/health.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

static bool
is_known(str_t service)
{
	return service.len == 0 || str_has_prefix(service, STR("coresdk.v1.")) ||
	    str_eq(service, STR("grpc.health.v1.Health"));
}

static err_t
decode_health(struct request *r)
{
	str_t service;

	TRY(message_read_health(r->bytes, &service));
	if (is_known(service))
		return ERR_OK;
	r->err_text = arena_printf(r->notes, "there is no service `%.*s`", STR_FMT(request_plain(r, service)));
	return ERR_NOT_FOUND;
}

static bool
ask_health(struct request *r, struct question *q)
{
	r->allow = health_is_serving(r->worker->options.commons, worker_is_draining(r->worker));
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

/* ---- Watch ---- */

static err_t
open_watch(struct stream *s, str_t message, const char **ret_why)
{
	str_t service;

	TRY(message_read_health(message, &service));
	s->note_len = is_known(service);
	return ERR_OK;
}

/* Each change once; an unknown service is SERVICE_UNKNOWN, as the protocol has it. */
static void
tell_watch(struct stream *s, const struct rulebook *book)
{
	enum { NOTHING, SERVING, NOT_SERVING, SERVICE_UNKNOWN };
	uint64_t now = s->note_len == 0 ? SERVICE_UNKNOWN :
	    worker_is_serving(s->worker)	       ? SERVING :
							 NOT_SERVING;
	struct buf *out = &s->worker->answer;

	if (s->told == now)
		return;
	buf_clear(out);
	wire_write_uint(out, 1, now);
	if (stream_send(s, buf_str(out)))
		s->told = now;
}

const struct stream_handler stream_health_watch = {
	.open_to_all = true,
	.open = open_watch,
	.tell = tell_watch,
};
