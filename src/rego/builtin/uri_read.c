/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/uri_read.h"

#include "codec/hex.h"
#include "rego/builtin/net_address.h"
#include "value/value.h"

struct reader {
	struct arena *arena;
	str_t problem; /* why the text is no URI */
};

enum { QUOTED_MAX = 1 << 20 };

/* The last two refuse bytes that no host has. */
enum part { PATH, USER, FRAGMENT, HOST, ZONE };

static bool
refuse(struct reader *r, str_t problem)
{
	r->problem = problem;
	return false;
}

static str_t
quote(struct reader *r, str_t s)
{
	struct buf out;
	str_t quoted;

	buf_init(&out, QUOTED_MAX);
	value_print(&out, value_string(r->arena, s));
	quoted = arena_str(r->arena, buf_str(&out));
	buf_fini(&out);
	return quoted;
}

/* Names the escape at the front of `s`: at most three bytes. */
static bool
refuse_escape(struct reader *r, str_t s)
{
	str_t escape = quote(r, str_sub(s, 0, s.len < 3 ? s.len : 3));

	return refuse(r, arena_printf(r->arena, "invalid URL escape %.*s", STR_FMT(escape)));
}

static size_t
find_last(str_t s, char c)
{
	for (size_t i = s.len; i > 0; i--) {
		if (s.data[i - 1] == c)
			return i - 1;
	}
	return s.len;
}

static bool
is_one_of(char c, const char *chars)
{
	return c != '\0' && strchr(chars, c) != NULL;
}

static bool
is_unreserved(char c) /* rfc3986 2.3 */
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    is_one_of(c, "-._~");
}

static bool
is_host_char(char c)
{
	return is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:[]<>\"");
}

/* Hosts escape only what is not ASCII (rfc3986 3.2.2), zones only what could stand bare. */
static bool
is_escapable(char c, enum part part)
{
	switch (part) {
	case HOST:
		return c == '%' || (unsigned char)c >= 0x80;
	case ZONE:
		return c == '%' || c == ' ' || is_host_char(c);
	default:
		return true;
	}
}

static bool
unescape(struct reader *r, str_t s, enum part part, str_t *ret)
{
	char *bytes = arena_alloc_raw(r->arena, s.len + 1, 1);
	size_t len = 0;

	if (bytes == NULL)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (c == '%') {
			int high = s.len - i > 2 ? hex_digit(s.data[i + 1]) : -1;
			int low = s.len - i > 2 ? hex_digit(s.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return refuse_escape(r, str_skip(s, i));
			c = (char)(high << 4 | low);
			if (!is_escapable(c, part))
				return refuse_escape(r, str_skip(s, i));
			i += 2;
		} else if (part >= HOST && (unsigned char)c < 0x80 && !is_host_char(c)) {
			str_t quoted = quote(r, str_sub(s, i, 1));

			return refuse(r, arena_printf(r->arena,
			    "invalid character %.*s in host name", STR_FMT(quoted)));
		}
		bytes[len++] = c;
	}
	*ret = str_make(bytes, len);
	return true;
}

/* ---- authority ---- */

/* Nothing, or a colon and digits. */
static bool
read_port(struct reader *r, str_t s, str_t *ret)
{
	str_t quoted;
	size_t i = 1;

	*ret = s.len > 0 ? str_skip(s, 1) : s;
	while (i < s.len && s.data[i] >= '0' && s.data[i] <= '9')
		i++;
	if (s.len == 0 || (s.data[0] == ':' && i == s.len))
		return true;
	quoted = quote(r, s);
	return refuse(r, arena_printf(r->arena, "invalid port %.*s after host", STR_FMT(quoted)));
}

/* An IPv6 address in brackets, perhaps with a zone behind %25 (rfc6874 2). */
static bool
read_literal(struct reader *r, str_t s, struct uri *u)
{
	size_t close = find_last(s, ']'), zone_at;
	struct net_block address;
	str_t inner, zone;

	if (close == s.len)
		return refuse(r, STR("missing ']' in host"));
	if (!read_port(r, str_skip(s, close + 1), &u->port))
		return false;
	inner = str_sub(s, 1, close - 1);
	zone_at = str_find(inner, STR("%25"), 0);
	if (!unescape(r, str_sub(inner, 0, zone_at), HOST, &u->host) ||
	    !unescape(r, str_skip(inner, zone_at), ZONE, &zone))
		return false;
	if (!net_address_parse(u->host, &address) || zone.len == 1)
		return refuse(r, STR("invalid host"));
	if (address.bits != NET_V6_BITS)
		return refuse(r, STR("invalid IP-literal"));
	u->host = arena_printf(r->arena, "%.*s%.*s", STR_FMT(u->host), STR_FMT(zone));
	u->authority = arena_printf(r->arena, "[%.*s]%.*s", STR_FMT(u->host),
	    STR_FMT(str_skip(s, close + 1)));
	return true;
}

static bool
read_host(struct reader *r, str_t s, struct uri *u)
{
	/* PostgreSQL lists hosts with their ports; all others have one colon. */
	bool lists = str_has_prefix(u->scheme, STR("postgres")) &&
	    (u->scheme.len == 8 || str_eq(str_skip(u->scheme, 8), STR("ql")));
	size_t bracket = find_last(s, '['), colon;

	if (bracket < s.len)
		return bracket == 0 ? read_literal(r, s, u) : refuse(r, STR("invalid IP-literal"));
	colon = lists ? find_last(s, ':') : str_find_char(s, ':', 0);
	return read_port(r, str_skip(s, colon), &u->port) &&
	    unescape(r, str_sub(s, 0, colon), HOST, &u->host) &&
	    unescape(r, s, HOST, &u->authority);
}

static bool
read_user(struct reader *r, str_t s, struct uri *u)
{
	size_t colon = str_find_char(s, ':', 0);

	for (size_t i = 0; i < s.len; i++) {
		if (!is_unreserved(s.data[i]) && !is_one_of(s.data[i], ":!$&'()*+,;=%@"))
			return refuse(r, STR("net/url: invalid userinfo"));
	}
	u->has_user = true;
	u->has_password = colon < s.len;
	return unescape(r, str_sub(s, 0, colon), USER, &u->user) &&
	    (colon == s.len || unescape(r, str_skip(s, colon + 1), USER, &u->password));
}

static bool
read_authority(struct reader *r, str_t s, struct uri *u)
{
	size_t at = find_last(s, '@');

	if (at == s.len)
		return read_host(r, s, u);
	return read_host(r, str_skip(s, at + 1), u) && read_user(r, str_sub(s, 0, at), u);
}

/* ---- the rest ---- */

/* What stands for itself in such a part when it is written. */
static bool
is_bare(char c, enum part part)
{
	switch (part) {
	case HOST:
	case ZONE:
		return is_host_char(c);
	case USER:
		return is_unreserved(c) || is_one_of(c, "$&+,;=");
	case FRAGMENT:
		return is_unreserved(c) || is_one_of(c, "$&+,/:;=?@!()*");
	case PATH:
		break;
	}
	return is_unreserved(c) || is_one_of(c, "$&+,/:;=@");
}

static void
add_escaped(struct buf *out, str_t text, enum part part)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (is_bare((char)c, part))
			buf_add_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static str_t
escape(struct reader *r, str_t text, enum part part)
{
	str_t escaped;
	struct buf out;

	buf_init(&out, 3 * text.len + 1);
	add_escaped(&out, text, part);
	escaped = arena_str(r->arena, buf_str(&out));
	buf_fini(&out);
	return escaped;
}

/* Whether the escapes of a part may stay as they were written. */
static bool
is_well_escaped(str_t raw, enum part part)
{
	for (size_t i = 0; i < raw.len; i++)
		if (!is_bare(raw.data[i], part) && !is_one_of(raw.data[i], "!$&'()*+,;=:@[]%"))
			return false;
	return true;
}

/* A path or fragment in its three forms. */
static bool
read_part(struct reader *r, str_t raw, enum part part, str_t *ret, str_t *ret_raw,
    str_t *ret_escaped)
{
	if (!unescape(r, raw, part, ret))
		return false;
	*ret_escaped = escape(r, *ret, part);
	if (str_eq(*ret_escaped, raw))
		return true;
	*ret_raw = raw; /* the default escapes would lose something */
	if (is_well_escaped(raw, part))
		*ret_escaped = raw;
	return true;
}

/* A scheme and its colon, if there are any (rfc3986 3.1); in lower case. */
static bool
read_scheme(struct reader *r, str_t s, str_t *ret_scheme, str_t *ret_rest)
{
	char *lower;
	size_t i = 0;

	while (i < s.len && s.data[i] != ':' &&
	    (((s.data[i] | 0x20) >= 'a' && (s.data[i] | 0x20) <= 'z') ||
		(i > 0 && ((s.data[i] >= '0' && s.data[i] <= '9') || is_one_of(s.data[i], "+-.")))))
		i++;
	*ret_rest = s;
	if (i == s.len || s.data[i] != ':')
		return true;
	if (i == 0)
		return refuse(r, STR("missing protocol scheme"));
	lower = arena_copy(r->arena, s.data, i);
	if (lower == NULL)
		return false;
	for (size_t l = 0; l < i; l++)
		lower[l] = (char)(lower[l] >= 'A' && lower[l] <= 'Z' ? lower[l] | 0x20 : lower[l]);
	*ret_scheme = str_make(lower, i);
	*ret_rest = str_skip(s, i + 1);
	return true;
}

/* All but the fragment. */
static bool
read_uri(struct reader *r, str_t s, struct uri *u)
{
	size_t question, slash;
	bool absolute;

	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.data[i] < ' ' || s.data[i] == 0x7f)
			return refuse(r, STR("net/url: invalid control character in URL"));
	}
	if (!read_scheme(r, s, &u->scheme, &s))
		return false;
	question = str_find_char(s, '?', 0);
	if (question < s.len)
		u->query = str_skip(s, question + 1);
	u->empty_query = question + 1 == s.len;
	s = str_sub(s, 0, question);
	absolute = u->scheme.len > 0;
	if (absolute && !str_has_prefix(s, STR("/"))) {
		u->opaque = s; /* mailto: and the like: not for us to take apart */
		return true;
	}
	slash = str_find_char(s, '/', 0);
	if (str_find_char(str_sub(s, 0, slash), ':', 0) < slash)
		return refuse(r, STR("first path segment in URL cannot contain colon"));
	if (str_has_prefix(s, STR("//")) && (absolute || !str_has_prefix(s, STR("///")))) {
		slash = str_find_char(s, '/', 2);
		if (!read_authority(r, str_sub(s, 2, slash - 2), u))
			return false;
		s = str_skip(s, slash);
	} else if (absolute) {
		u->omits_host = true;
	}
	return read_part(r, s, PATH, &u->path, &u->raw_path, &u->escaped_path);
}

bool
uri_read(struct arena *arena, str_t text, struct uri *ret, str_t *ret_why, str_t *ret_bad)
{
	struct reader r = { .arena = arena };
	size_t hash = str_find_char(text, '#', 0);

	*ret = (struct uri){ .has_user = false };
	*ret_bad = str_sub(text, 0, hash);
	if (read_uri(&r, *ret_bad, ret)) {
		*ret_bad = text;
		if (hash < text.len)
			(void)read_part(&r, str_skip(text, hash + 1), FRAGMENT, &ret->fragment,
			    &ret->raw_fragment, &ret->escaped_fragment);
	}
	*ret_why = r.problem;
	return r.problem.len == 0 && !arena_failed(arena);
}

static void
print_authority(struct buf *out, const struct uri *u)
{
	if (u->omits_host && u->authority.len == 0 && !u->has_user)
		return;
	if (u->authority.len > 0 || u->path.len > 0 || u->has_user)
		buf_add_text(out, "//");
	if (u->has_user) {
		add_escaped(out, u->user, USER);
		if (u->has_password) {
			buf_add_char(out, ':');
			add_escaped(out, u->password, USER);
		}
		buf_add_char(out, '@');
	}
	add_escaped(out, u->authority, HOST);
}

void
uri_print(struct buf *out, const struct uri *u)
{
	size_t slash = str_find_char(u->escaped_path, '/', 0);

	if (u->scheme.len > 0)
		buf_printf(out, "%.*s:", STR_FMT(u->scheme));
	if (u->opaque.len > 0) {
		buf_add_str(out, u->opaque);
	} else {
		if (u->scheme.len > 0 || u->authority.len > 0 || u->has_user)
			print_authority(out, u);
		else if (str_find_char(str_sub(u->escaped_path, 0, slash), ':', 0) < slash)
			buf_add_text(out, "./"); /* rfc3986 4.2 */
		if (u->authority.len > 0 && u->escaped_path.len > 0 && slash > 0)
			buf_add_char(out, '/');
		buf_add_str(out, u->escaped_path);
	}
	if (u->empty_query || u->query.len > 0)
		buf_printf(out, "?%.*s", STR_FMT(u->query));
	if (u->fragment.len > 0)
		buf_printf(out, "#%.*s", STR_FMT(u->escaped_fragment));
}
