/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http2.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/exchange.h"
#include "net/h2.h"

enum {
	KEEP = 16384, /* buffers up to this size stay with a stream in the pool */
	LINES_MAX = 16384, /* of an answer's fields */
	ANSWER_FIELDS = 16,
};

struct place { /* in `text`, which may move while it grows */
	uint32_t from, len;
};

struct stream {
	struct h2_stream h2;
	struct http1_exchange x;
	const struct conn_host *host;
	struct buf text, body, out, lines;
	struct {
		struct place name, value;
	} fields[HTTP1_FIELDS_MAX];
	size_t field_count, held, queued, out_from;
	struct place method, target, authority;
	bool has_host, is_answered;
	int refused; /* what the head is refused with; 0: nothing */
};

static struct stream *
stream_of(struct h2_stream *h2)
{
	return (struct stream *)(void *)h2; /* it is its first member */
}

/* ---- answers ---- */

/* The lines of a->fields as fields; they borrow `lines`. */
static size_t
read_lines(str_t lines, struct h2_field *fields, size_t count)
{
	while (lines.len > 0 && count < ANSWER_FIELDS) {
		size_t end = str_find(lines, STR("\r\n"), 0);
		str_t line = str_sub(lines, 0, end);
		size_t colon = str_find(line, STR(": "), 0);

		if (colon < line.len)
			fields[count++] = (struct h2_field){ str_sub(line, 0, colon), str_skip(line, colon + 2),
				false, true };
		lines = str_skip(lines, end + 2 <= lines.len ? end + 2 : lines.len);
	}
	return count;
}

static void
drop_body(struct stream *s)
{
	h2_unhold(&s->h2, s->held);
	s->held = 0;
	buf_clear(&s->body);
}

static void
write_lines(struct stream *s, const struct http1_answer *a, bool bodiless)
{
	struct buf *lines = &s->lines;

	buf_clear(lines);
	buf_add_text(lines, "date: ");
	exchange_write_date(lines, loop_clock(s->host->loop));
	buf_add_text(lines, "\r\n");
	if (a->status == 405 || a->lists_methods) {
		buf_add_text(lines, "allow: ");
		exchange_write_allow(lines, &s->x);
		buf_add_text(lines, "\r\n");
	}
	if (a->content_type.len > 0 && !bodiless)
		buf_printf(lines, "content-type: %.*s\r\n", STR_FMT(a->content_type));
	if (!bodiless)
		buf_printf(lines, "content-length: %zu\r\n", a->body.len);
	buf_add_str(lines, a->fields);
}

static bool
queue(struct stream *s, str_t body)
{
	if (!h2_queue(&s->h2, body.len))
		return false;
	s->queued = body.len;
	buf_add_str(&s->out, body);
	return !buf_failed(&s->out);
}

static void
answer(struct http1_exchange *x, const struct http1_answer *a)
{
	struct stream *s = (struct stream *)(void *)((char *)x - offsetof(struct stream, x));
	bool bodiless = a->status == 204 || a->status == 304;
	bool has_body = !bodiless && a->body.len > 0 && !str_eq(x->request.method, STR("HEAD"));
	struct h2_field fields[ANSWER_FIELDS];
	char status[4] = { (char)('0' + a->status / 100), (char)('0' + a->status / 10 % 10),
		(char)('0' + a->status % 10) };
	size_t count = 1;

	s->is_answered = true;
	write_lines(s, a, bodiless);
	fields[0] = (struct h2_field){ STR(":status"), str_make(status, 3), false, false };
	if (buf_failed(&s->lines) || (has_body && !queue(s, a->body))) {
		has_body = false; /* too many answers wait to be read */
		fields[0].value = STR("503");
	} else {
		count = read_lines(buf_str(&s->lines), fields, count);
	}
	drop_body(s);
	h2_respond(&s->h2, fields, count, has_body);
}

static size_t
read_body(struct h2_stream *h2, char *room, size_t size, bool *ret_done)
{
	struct stream *s = stream_of(h2);
	size_t left = s->out.len - s->out_from;
	size_t len = left < size ? left : size;

	if (len > 0)
		memcpy(room, s->out.data + s->out_from, len);
	s->out_from += len;
	*ret_done = len == left;
	if (len == left) {
		buf_clear(&s->out);
		s->out_from = 0;
		h2_unqueue(h2, s->queued);
		s->queued = 0;
	}
	return len;
}

/* ---- requests ---- */

static struct place
keep(struct stream *s, str_t bytes)
{
	struct place p = { (uint32_t)s->text.len, (uint32_t)bytes.len };

	buf_add_str(&s->text, bytes);
	return p;
}

static str_t
text_at(const struct stream *s, struct place p)
{
	return p.len > 0 ? str_sub(buf_str(&s->text), p.from, p.len) : STR("");
}

/* The target's form is the same as in the first line of HTTP/1.1; :scheme says nothing to us. */
static void
on_field(struct h2_stream *h2, str_t name, str_t value)
{
	struct stream *s = stream_of(h2);

	if (str_eq(name, STR(":method"))) {
		s->method = keep(s, value);
	} else if (str_eq(name, STR(":path"))) {
		s->target = keep(s, value);
	} else if (str_eq(name, STR(":authority"))) {
		s->authority = keep(s, value);
	} else if (name.len > 0 && name.data[0] != ':' && s->field_count < HTTP1_FIELDS_MAX) {
		s->has_host = s->has_host || str_eq(name, STR("host"));
		s->fields[s->field_count].name = keep(s, name);
		s->fields[s->field_count++].value = keep(s, value);
	}
}

static bool
is_target(str_t target)
{
	for (size_t i = 0; i < target.len; i++) {
		unsigned char c = (unsigned char)target.data[i];

		if (c <= 0x20 || c >= 0x7f || c == '#')
			return false;
	}
	return target.len > 0 && target.data[0] == '/';
}

static void
fill_request(struct stream *s)
{
	str_t target = text_at(s, s->target);
	size_t question = str_find_char(target, '?', 0);

	s->x.request = (struct http1_request){ text_at(s, s->method), str_sub(target, 0, question),
		question < target.len ? str_skip(target, question + 1) : STR(""), STR("") };
	for (size_t i = 0; i < s->field_count; i++)
		s->x.head.fields[i] = (struct http1_field){ text_at(s, s->fields[i].name),
			text_at(s, s->fields[i].value) };
	s->x.head.field_count = s->field_count;
}

/* rfc9113 8.3.1: what names the host must be one thing. */
static int
check_head(struct stream *s)
{
	str_t authority = text_at(s, s->authority);
	bool is_asterisk = str_eq(text_at(s, s->target), STR("*"));

	if (buf_failed(&s->text))
		return 431;
	if (s->target.len > HTTP1_TARGET_MAX)
		return 414;
	if (is_asterisk || !is_target(text_at(s, s->target)))
		return 400;
	for (size_t i = 0; s->has_host && i < s->field_count; i++) {
		if (str_eq(text_at(s, s->fields[i].name), STR("host"))) {
			str_t host = text_at(s, s->fields[i].value);

			if (authority.len > 0 && !str_eq_nocase(host, authority))
				return 400;
			authority = host;
		}
	}
	if (authority.len == 0)
		return 400;
	if (s->has_host)
		return 0;
	if (s->field_count == HTTP1_FIELDS_MAX)
		return 431;
	s->fields[s->field_count].name = keep(s, STR("host"));
	s->fields[s->field_count++].value = s->authority;
	return buf_failed(&s->text) ? 431 : 0;
}

static void
refuse(struct stream *s, int status)
{
	if (!s->is_answered)
		exchange_refuse(&s->x, status);
}

static void
on_headers(struct h2_stream *h2)
{
	struct stream *s = stream_of(h2);

	s->x.conn = h2_conn(h2);
	s->x.request = (struct http1_request){ STR(""), STR(""), STR(""), STR("") };
	s->refused = check_head(s);
	if (s->refused != 0)
		refuse(s, s->refused);
	else
		fill_request(s);
}

static void
on_data(struct h2_stream *h2, str_t bytes)
{
	struct stream *s = stream_of(h2);

	if (s->is_answered || bytes.len == 0)
		return;
	if (bytes.len > s->host->http1->body_limit - s->body.len) {
		refuse(s, 413);
		return;
	}
	if (!h2_hold(h2, bytes.len)) {
		refuse(s, 503);
		return;
	}
	s->held += bytes.len;
	buf_add_str(&s->body, bytes);
	if (buf_failed(&s->body))
		refuse(s, 503);
}

static void
on_end(struct h2_stream *h2)
{
	struct stream *s = stream_of(h2);

	if (s->is_answered)
		return;
	s->x.request.body = buf_str(&s->body);
	exchange_dispatch(&s->x);
}

static void
on_overdue(struct h2_stream *h2)
{
	refuse(stream_of(h2), 408);
}

static void
on_close(struct h2_stream *h2)
{
	struct stream *s = stream_of(h2);

	exchange_cancel(&s->x);
	s->is_answered = true;
	drop_body(s);
	h2_unqueue(h2, s->queued);
}

/* ---- streams in the pool ---- */

static void
make(struct h2_stream *h2, const struct conn_host *host)
{
	struct stream *s = stream_of(h2);

	s->host = host;
	s->x.answer = answer;
	buf_init(&s->text, H2_FIELD_BYTES_MAX);
	buf_init(&s->body, host->http1->body_limit);
	buf_init(&s->out, host->limits.queued_bytes);
	buf_init(&s->lines, LINES_MAX);
}

static void
free_buffers(struct h2_stream *h2)
{
	struct stream *s = stream_of(h2);

	buf_fini(&s->text);
	buf_fini(&s->body);
	buf_fini(&s->out);
	buf_fini(&s->lines);
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
clean(struct h2_stream *h2)
{
	struct stream *s = stream_of(h2);

	*s = (struct stream){
		.host = s->host,
		.x.answer = answer,
		.text = emptied(s->text),
		.body = emptied(s->body),
		.out = emptied(s->out),
		.lines = emptied(s->lines),
	};
}

static const struct h2_app exchanges = {
	.stream_size = sizeof(struct stream),
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
};

static bool
init(struct conn_host *host)
{
	return h2_init(host, &exchanges);
}

const struct protocol http2_protocol = {
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
