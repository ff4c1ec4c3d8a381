/* SPDX-License-Identifier: Apache-2.0 */
/* PolicyService: Evaluate, DryRun and WatchPolicyUpdates. */
#include "sidecar/service.h"
#include "sidecar/wire.h"
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
	message_write_problem(out, 4, r->problem, r->reason);
}

static void
respond_dry_run(const struct request *r, struct buf *out)
{
	message_write_evaluate(out, r->allow, r->reason, true);
	message_write_problem(out, 4, r->problem, r->reason);
}

static void
refuse_evaluate(struct buf *out, str_t reason)
{
	message_write_evaluate(out, false, reason, false);
	message_write_problem(out, 4, PROBLEM_AUDIT_UNAVAILABLE, reason);
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

/* ---- WatchPolicyUpdates ---- */

/* What a client may compare: the revision, or the digest of a bundle that has none. */
static str_t
version_of(const struct rulebook *book)
{
	const struct snapshot_facts *facts = snapshot_facts(book->snapshot);
	str_t version = facts->revision.len > 0 ? facts->revision : facts->digest;

	return str_cut(version, STREAM_NOTE_MAX);
}

static err_t
open_updates(struct stream *s, str_t message, const char **ret_why)
{
	struct wire_reader r = wire_reader_of(message);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 2 && f.type == WIRE_BYTES)
			stream_note(s, f.bytes);
	}
	return r.failed ? ERR_SYNTAX : ERR_OK;
}

/*
 * Says that there is a new bundle, not what is in it: the file is signed and lies
 * on the host; who may read it may read it there.
 */
static void
tell_updates(struct stream *s, const struct rulebook *book)
{
	str_t version = version_of(book);
	struct buf *out = &s->worker->answer;

	if (version.len == 0 || str_eq(version, str_make(s->note, s->note_len)))
		return;
	buf_clear(out);
	wire_write_bytes(out, 1, version);
	wire_write_uint(out, 3, (uint64_t)book->made_s);
	if (stream_send(s, buf_str(out)))
		stream_note(s, version);
}

const struct stream_handler stream_policy_updates = {
	.open = open_updates,
	.tell = tell_updates,
};
