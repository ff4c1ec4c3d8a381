/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1_parse.h"

enum { MORE = 0, DONE = 1, BAD = 400, CHUNK_LINE_MAX = 256, TRAILER_MAX = 4096 };

static bool
is_token_char(char c) /* rfc9110 5.6.2 */
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool
is_token(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_char(s.data[i]))
			return false;
	}
	return s.len > 0;
}

/* Visible ASCII, blanks and what is above ASCII (rfc9110 5.5). */
static bool
is_field_value(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* The next line without its CRLF.  false: there is none; a bare CR or LF is in the line. */
static bool
next_line(str_t *rest, str_t *ret_line)
{
	size_t end = str_find(*rest, STR("\r\n"), 0);

	if (end == rest->len)
		return false;
	*ret_line = str_sub(*rest, 0, end);
	*rest = str_skip(*rest, end + 2);
	return true;
}

static bool
has_bare_break(str_t line)
{
	return str_find_char(line, '\r', 0) < line.len || str_find_char(line, '\n', 0) < line.len;
}

static int
read_request_line(str_t line, struct http1_head *h)
{
	size_t first = str_find_char(line, ' ', 0);
	size_t second = first < line.len ? str_find_char(line, ' ', first + 1) : line.len;
	str_t target, version;
	size_t question;

	if (second == line.len)
		return BAD;
	h->method = str_sub(line, 0, first);
	target = str_sub(line, first + 1, second - first - 1);
	version = str_skip(line, second + 1);
	if (!is_token(h->method))
		return BAD;
	if (version.len != 8 || !str_has_prefix(version, STR("HTTP/")) || version.data[6] != '.')
		return BAD;
	if (version.data[5] != '1' || (version.data[7] != '1' && version.data[7] != '0'))
		return 505;
	h->old = version.data[7] == '0';
	if (target.len > HTTP1_TARGET_MAX)
		return 414;
	if (target.len == 0 || target.data[0] != '/')
		return BAD; /* only the origin form is served (rfc9112 3.2.1) */
	for (size_t i = 0; i < target.len; i++) {
		unsigned char c = (unsigned char)target.data[i];

		if (c <= 0x20 || c >= 0x7f || c == '#')
			return BAD;
	}
	question = str_find_char(target, '?', 0);
	h->path = str_sub(target, 0, question);
	h->query = question < target.len ? str_skip(target, question + 1) : STR("");
	return DONE;
}

static int
read_field(str_t line, struct http1_head *h)
{
	size_t colon = str_find_char(line, ':', 0);
	struct http1_field f;

	if (h->field_count == HTTP1_FIELDS_MAX)
		return 431;
	if (colon == line.len)
		return BAD;
	f.name = str_sub(line, 0, colon);
	f.value = str_skip(line, colon + 1);
	while (f.value.len > 0 && (f.value.data[0] == ' ' || f.value.data[0] == '\t'))
		f.value = str_skip(f.value, 1);
	while (f.value.len > 0 &&
	    (f.value.data[f.value.len - 1] == ' ' || f.value.data[f.value.len - 1] == '\t'))
		f.value.len--;
	/* A folded line begins with a blank, which is no token: refused (rfc9112 5.2). */
	if (!is_token(f.name) || !is_field_value(f.value))
		return BAD;
	h->fields[h->field_count++] = f;
	return DONE;
}

static bool
read_length(str_t text, uint64_t *ret_len)
{
	uint64_t len = 0;

	if (text.len == 0 || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		len = len * 10 + (uint64_t)(text.data[i] - '0');
	}
	*ret_len = len;
	return true;
}

/* Does a list like "close, te" name `option`? */
static bool
lists_option(str_t list, str_t option)
{
	while (list.len > 0) {
		size_t comma = str_find_char(list, ',', 0);

		if (str_eq_nocase(str_trim_space(str_sub(list, 0, comma)), option))
			return true;
		list = str_skip(list, comma < list.len ? comma + 1 : comma);
	}
	return false;
}

/* What the fields say about the message itself (rfc9112 6). */
static int
read_framing(struct http1_head *h)
{
	bool has_length = false, has_coding = false;
	unsigned hosts = 0;

	h->keep_alive = !h->old;
	for (size_t i = 0; i < h->field_count; i++) {
		struct http1_field f = h->fields[i];

		if (str_eq_nocase(f.name, STR("content-length"))) {
			if (has_length || !read_length(f.value, &h->body_len))
				return BAD;
			has_length = true;
		} else if (str_eq_nocase(f.name, STR("transfer-encoding"))) {
			if (has_coding)
				return BAD;
			has_coding = true;
			if (!str_eq_nocase(f.value, STR("chunked")))
				return 501;
			h->chunked = true;
		} else if (str_eq_nocase(f.name, STR("host"))) {
			hosts++;
		} else if (str_eq_nocase(f.name, STR("connection"))) {
			if (lists_option(f.value, STR("close")))
				h->keep_alive = false;
			else if (h->old && lists_option(f.value, STR("keep-alive")))
				h->keep_alive = true;
		} else if (str_eq_nocase(f.name, STR("expect"))) {
			if (!str_eq_nocase(f.value, STR("100-continue")))
				return 417;
			h->expects_continue = !h->old;
		}
	}
	if ((has_length && has_coding) || (h->old && has_coding) || hosts > 1 ||
	    (hosts == 0 && !h->old))
		return BAD; /* rfc9112 6.1, 3.2 */
	return DONE;
}

int
http1_head_read(str_t bytes, struct http1_head *ret_head)
{
	struct http1_head *h = ret_head;
	size_t end = str_find(bytes, STR("\r\n\r\n"), 0);
	str_t rest, line;
	int status;

	if (end == bytes.len || end + 4 > HTTP1_HEAD_MAX) {
		size_t first = str_find_char(bytes, '\n', 0);

		/* Soon enough a stranger's first line shows that more of it will not help. */
		if (first < bytes.len && (first == 0 || bytes.data[first - 1] != '\r'))
			return BAD;
		return bytes.len >= HTTP1_HEAD_MAX ? 431 : MORE;
	}
	h->field_count = 0;
	h->body_len = 0;
	h->chunked = h->expects_continue = false;
	h->size = end + 4;
	rest = str_sub(bytes, 0, end + 2);
	if (!next_line(&rest, &line) || has_bare_break(line))
		return BAD;
	status = read_request_line(line, h);
	while (status == DONE && next_line(&rest, &line))
		status = has_bare_break(line) ? BAD : read_field(line, h);
	return status == DONE ? read_framing(h) : status;
}

str_t
http1_field_find(const struct http1_head *h, str_t name)
{
	for (size_t i = 0; i < h->field_count; i++) {
		if (str_eq_nocase(h->fields[i].name, name))
			return h->fields[i].value;
	}
	return STR_NONE;
}

/* The size in hexadecimal; extensions are passed over (rfc9112 7.1.1). */
static int
read_chunk_line(str_t line, size_t *ret_size)
{
	size_t digits = 0, size = 0;

	if (line.len > CHUNK_LINE_MAX || has_bare_break(line))
		return BAD;
	for (; digits < line.len && digits < 9; digits++) {
		char c = line.data[digits];
		int value = c >= '0' && c <= '9' ? c - '0' :
		    c >= 'a' && c <= 'f'	 ? c - 'a' + 10 :
		    c >= 'A' && c <= 'F'	 ? c - 'A' + 10 :
						   -1;

		if (value < 0)
			break;
		size = size * 16 + (size_t)value;
	}
	if (digits == 0 || digits == 9)
		return BAD;
	*ret_size = size;
	line = str_skip(line, digits);
	if (line.len == 0)
		return DONE;
	while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
		line = str_skip(line, 1);
	return line.len > 0 && line.data[0] == ';' && is_field_value(line) ? DONE : BAD;
}

static int
read_trailers(struct http1_chunks *c, str_t rest)
{
	size_t before = rest.len;
	str_t line;

	while (next_line(&rest, &line)) {
		size_t colon = str_find_char(line, ':', 0);

		if (before - rest.len > TRAILER_MAX)
			return 431;
		if (line.len == 0) {
			c->at += before - rest.len;
			return DONE;
		}
		if (!is_token(str_sub(line, 0, colon)) || colon == line.len || !is_field_value(line))
			return BAD;
	}
	return before >= TRAILER_MAX ? 431 : MORE;
}

int
http1_chunks_read(struct http1_chunks *c, char *bytes, size_t size, size_t limit)
{
	for (;;) {
		str_t rest = str_make(bytes + c->at, size - c->at);
		size_t before = rest.len, chunk, head;
		str_t line;
		int status;

		if (!next_line(&rest, &line))
			return before > CHUNK_LINE_MAX + 1 ? BAD : MORE; /* 1: its CR */
		status = read_chunk_line(line, &chunk);
		if (status != DONE)
			return status;
		if (chunk > limit - c->len)
			return 413;
		head = before - rest.len;
		if (chunk == 0) {
			struct http1_chunks after = { c->at + head, c->len };

			status = read_trailers(&after, rest);
			if (status == DONE)
				*c = after;
			return status;
		}
		if (rest.len < chunk + 2)
			return MORE;
		if (rest.data[chunk] != '\r' || rest.data[chunk + 1] != '\n')
			return BAD;
		memmove(bytes + c->len, rest.data, chunk);
		c->len += chunk;
		c->at += head + chunk + 2;
	}
}
