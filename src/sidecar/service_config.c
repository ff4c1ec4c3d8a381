/* SPDX-License-Identifier: Apache-2.0 */
/* ConfigService: the values of cache.config_path, asked for or told of. */
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

static size_t
value_size(const struct settings_pair *pair)
{
	return wire_bytes_size(1, pair->key.len) + wire_bytes_size(2, pair->value.len);
}

/* ConfigSnapshot: version, values, updated_at */
static void
write_snapshot(struct buf *out, const struct rulebook *book)
{
	const struct settings_pairs *values = &book->settings.values;

	wire_write_bytes(out, 1, book->settings.version);
	for (size_t i = 0; i < values->count; i++) {
		wire_write_head(out, 2, value_size(&values->at[i]));
		wire_write_bytes(out, 1, values->at[i].key);
		wire_write_bytes(out, 2, values->at[i].value);
	}
	wire_write_uint(out, 3, (uint64_t)book->settings_s);
}

/* ---- GetConfig ---- */

static err_t
decode_config(struct request *r)
{
	struct wire_reader reader = wire_reader_of(r->bytes);
	struct wire_field f;

	while (wire_next(&reader, &f))
		; /* nothing in it changes the answer; it must be a message all the same */
	return reader.failed ? ERR_SYNTAX : ERR_OK;
}

static bool
ask_config(struct request *r, struct question *q)
{
	r->allow = true;
	return false;
}

static void
respond_config(const struct request *r, struct buf *out)
{
	struct buf *snapshot = &r->worker->scratch;

	buf_clear(snapshot);
	write_snapshot(snapshot, r->book);
	out->failed |= buf_failed(snapshot);
	wire_write_bytes(out, 1, buf_str(snapshot));
}

static void
refuse_config(struct buf *out, str_t reason)
{
	message_write_problem(out, 2, PROBLEM_CONFIG_TOO_LARGE, reason);
}

const struct handler service_get_config = {
	.decode = decode_config,
	.ask = ask_config,
	.respond = respond_config,
	.refuse = refuse_config,
	.flags = HANDLER_SILENT,
};

/* ---- WatchConfig ---- */

static err_t
open_config(struct stream *s, str_t message, const char **ret_why)
{
	struct wire_reader r = wire_reader_of(message);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 2 && f.type == WIRE_BYTES)
			stream_note(s, f.bytes); /* the version that the client has */
	}
	return r.failed ? ERR_SYNTAX : ERR_OK;
}

static void
tell_config(struct stream *s, const struct rulebook *book)
{
	str_t version = book->settings.version;
	struct buf *out = &s->worker->answer;

	if (version.len == 0 || str_eq(version, str_make(s->note, s->note_len)))
		return;
	buf_clear(out);
	write_snapshot(out, book);
	if (!buf_failed(out) && stream_send(s, buf_str(out)))
		stream_note(s, version);
}

/* A client that sends no service token here, as one of the published ones, is refused where one is asked for. */
const struct stream_handler stream_config = {
	.open = open_config,
	.tell = tell_config,
};
