/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "crypt/secret.h"
#include "net/grpc_protocol.h"
#include "net/grpc_table.h"
#include "net/grpc_text.h"
#include "net/h2.h"

enum {
	PREFIX = 5, /* a flag and a length before each message */
	TEXT_LIMIT = 1024, /* of grpc-message */
	KEEP = 16384, /* buffers up to this size stay with a call in the pool */
};

enum state {
	RECEIVING, /* headers or message incomplete */
	RUNNING, /* the handler has it */
	ANSWERED, /* reply or failure submitted */
};

struct grpc_call {
	struct h2_stream stream;
	const struct conn_host *host;
	const struct grpc_method *method;
	enum state state;
	bool is_post, has_type, doubled; /* doubled: metadata given twice, differently */
	bool streaming; /* headers are out, the end is not */
	bool hidden; /* `out` is secret */
	enum grpc_content content;
	int refused_status; /* found while reading the headers */
	const char *refused_text;
	struct {
		uint32_t from, len;
		bool sent;
	} metadata[GRPC_METADATA_MAX]; /* places in `fields` */
	struct buf fields, message, out, text;
	size_t held, queued, out_from;
	uint32_t body_len; /* from the prefix */
	int status;
	bool finished; /* status is final: trailers follow what is queued */
	int64_t deadline_ns;
	struct loop_timer timer;
	void *user;
	void (*on_cancel)(struct grpc_call *, void *user);
	void (*on_drain)(struct grpc_call *, void *user);
};

static const str_t status_texts[] = { STR("0"), STR("1"), STR("2"), STR("3"), STR("4"), STR("5"),
	STR("6"), STR("7"), STR("8"), STR("9"), STR("10"), STR("11"), STR("12"), STR("13"), STR("14"),
	STR("15"), STR("16") };

#define FIELD_OK { STR(":status"), STR("200"), true, false }
#define FIELD_TYPE { STR("content-type"), STR("application/grpc"), true, false }

/* ---- answering ---- */

static struct grpc_call *
call_of(struct h2_stream *s)
{
	return (struct grpc_call *)(void *)s; /* the stream is its first member */
}

static void
drop_message(struct grpc_call *c)
{
	h2_unhold(&c->stream, c->held);
	c->held = 0;
	buf_clear(&c->message);
}

static void
end_running(struct grpc_call *c, enum state next)
{
	loop_timer_stop(c->host->loop, &c->timer);
	c->state = next;
	c->on_cancel = NULL;
}

/* A failure before any message: one header block, which also ends the stream. */
static void
respond_failure(struct grpc_call *c)
{
	struct h2_field fields[] = { FIELD_OK, FIELD_TYPE,
		{ STR("grpc-status"), status_texts[c->status], true, false },
		{ STR("grpc-message"), buf_str(&c->text), false, true } };

	h2_respond(&c->stream, fields, c->text.len > 0 ? 4 : 3, false);
}

static void
begin_body(struct grpc_call *c)
{
	static const struct h2_field fields[] = { FIELD_OK, FIELD_TYPE };

	h2_respond(&c->stream, fields, COUNT(fields), true);
	c->streaming = true;
}

/* With the HTTP status of something that is not gRPC. */
static void
respond_http(struct grpc_call *c, str_t status)
{
	const struct h2_field fields[] = { { STR(":status"), status, true, false } };

	end_running(c, ANSWERED);
	c->finished = true;
	h2_respond(&c->stream, fields, 1, false);
}

static void
fail(struct grpc_call *c, int status, str_t text)
{
	must(status > 0 && (size_t)status < COUNT(status_texts));
	end_running(c, ANSWERED);
	c->status = status;
	c->finished = true;
	grpc_message_write(&c->text, text);
	if (c->streaming)
		h2_resume(&c->stream);
	else
		respond_failure(c);
}

/* The handler has the call: for good, or for one turn of a conversation. */
static bool
is_handled(const struct grpc_call *c)
{
	return c->state == RUNNING || (c->state == RECEIVING && c->method->talks);
}

void
grpc_fail(struct grpc_call *c, int status, str_t text)
{
	must(is_handled(c));
	fail(c, status, text);
}

static bool
add_message(struct grpc_call *c, str_t message)
{
	size_t size = message.len + PREFIX;

	if (message.len > UINT32_MAX || !h2_queue(&c->stream, size))
		return false;
	c->queued += size;
	if (!buf_reserve(&c->out, size))
		return false;
	buf_add_char(&c->out, 0); /* not compressed */
	buf_add_u32be(&c->out, (uint32_t)message.len);
	buf_add_str(&c->out, message);
	return true;
}

void
grpc_call_hide(struct grpc_call *c)
{
	c->hidden = true;
	conn_hide(h2_conn(&c->stream));
}

void
grpc_reply(struct grpc_call *c, str_t message)
{
	must(c->state == RUNNING && !c->streaming);
	if (!add_message(c, message)) {
		grpc_fail(c, GRPC_RESOURCE_EXHAUSTED, STR("too many replies wait to be read"));
		return;
	}
	end_running(c, ANSWERED);
	c->finished = true;
	begin_body(c);
}

bool
grpc_send(struct grpc_call *c, str_t message)
{
	must(is_handled(c));
	if (!add_message(c, message))
		return false;
	if (c->streaming)
		h2_resume(&c->stream);
	else
		begin_body(c);
	return true;
}

void
grpc_finish(struct grpc_call *c)
{
	must(is_handled(c));
	end_running(c, ANSWERED);
	c->finished = true;
	if (c->streaming)
		h2_resume(&c->stream);
	else
		begin_body(c);
}

static size_t
read_body(struct h2_stream *s, char *room, size_t size, bool *ret_done)
{
	struct grpc_call *c = call_of(s);
	size_t left = c->out.len - c->out_from;
	size_t len = left < size ? left : size;

	if (len > 0)
		memcpy(room, c->out.data + c->out_from, len);
	if (len > 0 && c->hidden)
		secret_wipe(c->out.data + c->out_from, len);
	c->out_from += len;
	if (len == left) {
		buf_clear(&c->out);
		c->out_from = 0;
		h2_unqueue(s, c->queued);
		c->queued = 0;
		*ret_done = c->finished;
		if (!c->finished && len > 0 && c->on_drain != NULL) {
			/* Nothing may be submitted from here: told when this batch has been written. */
			loop_timer_start(c->host->loop, &c->timer, 0);
		}
	}
	return len;
}

static void
write_trailers(struct h2_stream *s, struct h2_field *fields, size_t *ret_count)
{
	struct grpc_call *c = call_of(s);

	fields[0] = (struct h2_field){ STR("grpc-status"), status_texts[c->status], true, false };
	fields[1] = (struct h2_field){ STR("grpc-message"), buf_str(&c->text), false, true };
	*ret_count = c->text.len > 0 ? 2 : 1;
}

/* ---- receiving ---- */

static void
cancel(struct grpc_call *c)
{
	void (*on_cancel)(struct grpc_call *, void *) = c->on_cancel;

	if (c->state != RUNNING)
		return;
	end_running(c, ANSWERED);
	if (on_cancel != NULL)
		on_cancel(c, c->user);
}

static void
on_timer(struct loop_timer *timer)
{
	struct grpc_call *c = (struct grpc_call *)(void *)((char *)timer - offsetof(struct grpc_call, timer));
	void (*on_drain)(struct grpc_call *, void *) = c->on_drain;
	int64_t now = loop_now_ns(c->host->loop);

	if (now < c->deadline_ns) { /* it was started for on_drain */
		if (c->deadline_ns < INT64_MAX)
			loop_timer_start(c->host->loop, timer, (c->deadline_ns - now) / CLOCK_NS_PER_MS + 1);
		c->on_drain = NULL;
		if (on_drain != NULL)
			on_drain(c, c->user);
		return;
	}
	/* The handler hears of it first; the call stays until the client has been told. */
	cancel(c);
	fail(c, GRPC_DEADLINE_EXCEEDED, STR("the deadline passed"));
}

static void
refuse(struct grpc_call *c, int status, const char *text)
{
	if (c->state == RECEIVING)
		fail(c, status, str_of(text));
	drop_message(c);
}

static void
keep_metadata(struct grpc_call *c, str_t name, str_t value)
{
	const struct grpc_table *t = c->host->grpc;

	for (size_t i = 0; i < t->metadata_count; i++) {
		if (!str_eq(t->metadata[i], name))
			continue;
		if (c->metadata[i].sent) {
			str_t before = str_make(c->fields.data + c->metadata[i].from, c->metadata[i].len);

			c->doubled = c->doubled || !str_eq(before, value);
			return;
		}
		c->metadata[i].sent = true;
		c->metadata[i].from = (uint32_t)c->fields.len;
		c->metadata[i].len = (uint32_t)value.len;
		buf_add_str(&c->fields, value);
		return;
	}
}

static void
read_timeout(struct grpc_call *c, str_t value)
{
	int64_t ns;

	if (grpc_timeout_read(value, &ns)) {
		c->deadline_ns = loop_now_ns(c->host->loop) + ns;
	} else {
		c->refused_status = GRPC_INVALID_ARGUMENT;
		c->refused_text = "grpc-timeout is malformed";
	}
}

static void
on_field(struct h2_stream *s, str_t name, str_t value)
{
	struct grpc_call *c = call_of(s);
	const struct grpc_table *t = c->host->grpc;

	/* By length first: most fields of most clients are none of these. */
	switch (name.len) {
	case 5:
		if (str_eq(name, STR(":path"))) {
			c->method = grpc_table_find(t, value);
			return;
		}
		break;
	case 7:
		if (str_eq(name, STR(":method"))) {
			c->is_post = str_eq(value, STR("POST"));
			return;
		}
		break;
	case 12:
		if (str_eq(name, STR("content-type"))) {
			c->has_type = true;
			c->content = grpc_content_read(value);
			return;
		}
		if (str_eq(name, STR("grpc-timeout"))) {
			read_timeout(c, value);
			return;
		}
		break;
	case 13:
		if (str_eq(name, STR("grpc-encoding")) && !str_eq(value, STR("identity"))) {
			c->refused_status = GRPC_UNIMPLEMENTED;
			c->refused_text = "compressed messages are not accepted";
			return;
		}
		break;
	}
	if ((t->metadata_lengths >> (name.len & 63) & 1) != 0)
		keep_metadata(c, name, value);
}

static void
on_headers(struct h2_stream *s)
{
	struct grpc_call *c = call_of(s);

	if (!c->is_post)
		respond_http(c, STR("405"));
	else if (!c->has_type || c->content == GRPC_CONTENT_NOT_GRPC)
		respond_http(c, STR("415"));
	else if (c->content == GRPC_CONTENT_OTHER_GRPC)
		refuse(c, GRPC_UNIMPLEMENTED, "only protobuf messages are accepted");
	else if (c->refused_status != 0)
		refuse(c, c->refused_status, c->refused_text);
	else if (c->doubled)
		refuse(c, GRPC_INVALID_ARGUMENT, "a metadata field is given twice with different values");
	else if (buf_failed(&c->fields))
		refuse(c, GRPC_RESOURCE_EXHAUSTED, "no memory for the metadata");
	else if (c->method == NULL)
		refuse(c, GRPC_UNIMPLEMENTED, "unknown method");
}

/* Reads the prefix once it is there.  false: refused. */
static bool
check_prefix(struct grpc_call *c)
{
	struct cursor in = cursor_of(buf_str(&c->message));
	uint8_t flag = cursor_u8(&in);

	c->body_len = cursor_u32be(&in);
	if (flag == 1)
		refuse(c, GRPC_UNIMPLEMENTED, "compressed messages are not accepted");
	else if (flag != 0)
		refuse(c, GRPC_INTERNAL, "the message's flag is not 0 or 1");
	else if (c->body_len > c->host->grpc->message_limit)
		refuse(c, GRPC_RESOURCE_EXHAUSTED, "the message is larger than allowed");
	return c->state == RECEIVING;
}

/* The message in hand is answered; the next one begins. */
static void
take_turn(struct grpc_call *c)
{
	c->method->on_message(c, str_skip(buf_str(&c->message), PREFIX));
	h2_unhold(&c->stream, c->message.len);
	c->held -= c->message.len;
	buf_clear(&c->message);
}

/* Messages may come in any pieces, and several in one. */
static void
converse(struct grpc_call *c, str_t bytes)
{
	while (c->state == RECEIVING && bytes.len > 0) {
		size_t have = c->message.len, want = have < PREFIX ? PREFIX - have : c->body_len + PREFIX - have;
		size_t len = bytes.len < want ? bytes.len : want;

		buf_add_str(&c->message, str_sub(bytes, 0, len));
		bytes = str_skip(bytes, len);
		if (buf_failed(&c->message))
			refuse(c, GRPC_RESOURCE_EXHAUSTED, "the message is larger than allowed");
		else if (len == want && (have >= PREFIX || (check_prefix(c) && c->body_len == 0)))
			take_turn(c);
	}
}

static void
on_data(struct h2_stream *s, str_t bytes)
{
	struct grpc_call *c = call_of(s);
	size_t before = c->message.len;

	if (c->state != RECEIVING || bytes.len == 0)
		return;
	if (!h2_hold(s, bytes.len)) {
		refuse(c, GRPC_RESOURCE_EXHAUSTED, "too many incomplete requests on the connection");
		return;
	}
	c->held += bytes.len;
	if (c->method->talks) {
		converse(c, bytes);
		return;
	}
	/* The whole message at most, and a byte to notice a second one. */
	if (before >= PREFIX && bytes.len > c->body_len + PREFIX + 1 - before)
		bytes.len = c->body_len + PREFIX + 1 - before;
	buf_add_str(&c->message, bytes);
	if (buf_failed(&c->message)) {
		refuse(c, GRPC_RESOURCE_EXHAUSTED, "the message is larger than allowed");
		return;
	}
	if (before < PREFIX && c->message.len >= PREFIX && !check_prefix(c))
		return;
	if (c->message.len >= PREFIX && c->message.len - PREFIX > c->body_len)
		refuse(c, GRPC_UNIMPLEMENTED, "the method takes exactly one message");
}

static void
on_end(struct h2_stream *s)
{
	struct grpc_call *c = call_of(s);

	if (c->state != RECEIVING)
		return;
	if (c->method->talks && c->message.len == 0) {
		grpc_finish(c);
	} else if (c->message.len == 0) {
		refuse(c, GRPC_UNIMPLEMENTED, "the method takes exactly one message");
	} else if (c->message.len < PREFIX || c->message.len - PREFIX != c->body_len) {
		refuse(c, GRPC_INTERNAL, "the request ended inside its message");
	} else if (c->deadline_ns <= loop_now_ns(c->host->loop)) {
		refuse(c, GRPC_DEADLINE_EXCEEDED, "the deadline passed");
	} else {
		c->state = RUNNING;
		c->method->on_message(c, str_skip(buf_str(&c->message), PREFIX));
		if (c->state == RUNNING && c->deadline_ns < INT64_MAX)
			loop_timer_start(c->host->loop, &c->timer,
			    (c->deadline_ns - loop_now_ns(c->host->loop)) / CLOCK_NS_PER_MS + 1);
	}
}

static void
on_overdue(struct h2_stream *s)
{
	refuse(call_of(s), GRPC_DEADLINE_EXCEEDED, "the request did not arrive in time");
}

static void
on_close(struct h2_stream *s)
{
	struct grpc_call *c = call_of(s);

	cancel(c);
	loop_timer_stop(c->host->loop, &c->timer);
	drop_message(c);
	h2_unqueue(s, c->queued);
}

/* ---- calls in the pool ---- */

static void
make(struct h2_stream *s, const struct conn_host *host)
{
	struct grpc_call *c = call_of(s);

	c->host = host;
	c->timer.on_expire = on_timer;
	c->deadline_ns = INT64_MAX;
	buf_init(&c->fields, H2_FIELD_BYTES_MAX);
	buf_init(&c->message, host->grpc->message_limit + PREFIX + 1);
	buf_init(&c->out, host->limits.queued_bytes);
	buf_init(&c->text, TEXT_LIMIT);
}

static void
free_buffers(struct h2_stream *s)
{
	struct grpc_call *c = call_of(s);

	buf_fini(&c->fields);
	buf_fini(&c->message);
	buf_fini(&c->out);
	buf_fini(&c->text);
}

static struct buf
emptied(struct buf b)
{
	size_t limit = b.limit;

	buf_clear(&b);
	if (b.capacity > KEEP) {
		buf_fini(&b);
		buf_init(&b, limit);
	}
	return b;
}

static void
clean(struct h2_stream *s)
{
	struct grpc_call *c = call_of(s);

	if (c->hidden && c->out.len > 0)
		secret_wipe(c->out.data, c->out.len);
	*c = (struct grpc_call){
		.host = c->host,
		.timer.on_expire = on_timer,
		.deadline_ns = INT64_MAX,
		.fields = emptied(c->fields),
		.message = emptied(c->message),
		.out = emptied(c->out),
		.text = emptied(c->text),
	};
}

/* ---- what handlers ask ---- */

void *
grpc_call_worker(const struct grpc_call *c)
{
	return c->host->worker;
}

const void *
grpc_call_data(const struct grpc_call *c)
{
	return c->method->data;
}

const struct grpc_method *
grpc_call_method(const struct grpc_call *c)
{
	return c->method;
}

const struct peer *
grpc_call_peer(const struct grpc_call *c)
{
	return &h2_conn(&c->stream)->peer;
}

str_t
grpc_call_metadata(const struct grpc_call *c, str_t name)
{
	const struct grpc_table *t = c->host->grpc;

	for (size_t i = 0; i < t->metadata_count; i++) {
		if (str_eq(t->metadata[i], name))
			return c->metadata[i].sent ?
			    str_sub(buf_str(&c->fields), c->metadata[i].from, c->metadata[i].len) :
			    STR_NONE;
	}
	must_failed("the table lists the metadata", __FILE__, __LINE__);
}

int64_t
grpc_call_deadline_ns(const struct grpc_call *c)
{
	return c->deadline_ns;
}

void
grpc_call_attach(struct grpc_call *c, void *user, void (*on_cancel)(struct grpc_call *, void *))
{
	must(c->state == RUNNING);
	c->user = user;
	c->on_cancel = on_cancel;
}

void
grpc_call_on_drain(struct grpc_call *c, void (*on_drain)(struct grpc_call *, void *))
{
	c->on_drain = on_drain;
}

static const struct h2_app calls = {
	.stream_size = sizeof(struct grpc_call),
	.make = make,
	.clean = clean,
	.free = free_buffers,
	.on_field = on_field,
	.on_headers = on_headers,
	.on_data = on_data,
	.on_end = on_end,
	.on_overdue = on_overdue,
	.on_close = on_close,
	.read_body = read_body,
	.write_trailers = write_trailers,
};

static bool
init(struct conn_host *host)
{
	return h2_init(host, &calls);
}

const struct protocol grpc_protocol = {
	.alpn = TLS_H2,
	.init = init,
	.fini = h2_fini,
	.open = h2_open,
	.take = h2_take,
	.give = h2_give,
	.is_over = h2_is_over,
	.drain = h2_drain,
	.check = h2_check,
	.end = h2_end,
};
