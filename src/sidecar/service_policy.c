/* SPDX-License-Identifier: Apache-2.0 */
/* PolicyService: Evaluate and DryRun. */
#include "sidecar/service.h"
#include "sidecar/worker.h"

static err_t
decode_evaluate(struct request *r)
{
	return message_read_evaluate(r->arena, r->bytes, &r->message);
}

static bool
ask_evaluate(struct request *r, struct question *q)
{
	q->rule = r->message.rule;
	q->input_json = r->message.input_json;
	return true;
}

static void
respond_evaluate(const struct request *r, struct buf *out)
{
	message_write_evaluate(out, r->allow, r->reason, false);
}

static void
respond_dry_run(const struct request *r, struct buf *out)
{
	message_write_evaluate(out, r->allow, r->reason, true);
}

static void
refuse_evaluate(struct buf *out, str_t reason)
{
	message_write_evaluate(out, false, reason, false);
}

const struct handler service_evaluate = {
	.decode = decode_evaluate,
	.ask = ask_evaluate,
	.respond = respond_evaluate,
	.refuse = refuse_evaluate,
};

const struct handler service_dry_run = {
	.decode = decode_evaluate,
	.ask = ask_evaluate,
	.respond = respond_dry_run,
	.refuse = refuse_evaluate,
	.flags = HANDLER_SILENT,
};
