/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/uri_read.h"

#include "codec/hex.h"
#include "rego/builtin/net_address.h"
#include "rego/builtin/uri_escape.h"

struct reader {
	struct arena *arena;
	str_t problem; /* why the text is no URI */
};

static bool
refuse(struct reader *r, str_t problem)
{
	r->problem = problem;
	return false;
}

/* Names the escape at the front of `s`: at most three bytes. */
static bool
refuse_escape(struct reader *r, str_t s)
{
	str_t escape = uri_quote(r->arena, str_sub(s, 0, s.len < 3 ? s.len : 3));

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

/* Hosts escape only what is not ASCII (rfc3986 3.2.2), zones only what could stand bare. */
static bool
is_escapable(char c, enum uri_part part)
{
	switch (part) {
	case URI_HOST:
		return c == '%' || (unsigned char)c >= 0x80;
	case URI_ZONE:
		return c == '%' || c == ' ' || uri_is_bare(c, part);
	default:
		return true;
	}
}

static bool
unescape(struct reader *r, str_t s, enum uri_part part, str_t *ret)
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
		} else if ((part == URI_HOST || part == URI_ZONE) && (unsigned char)c < 0x80 && !uri_is_bare(c, part)) {
			str_t quoted = uri_quote(r->arena, str_sub(s, i, 1));

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
	quoted = uri_quote(r->arena, s);
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
	if (!unescape(r, str_sub(inner, 0, zone_at), URI_HOST, &u->host) ||
	    !unescape(r, str_skip(inner, zone_at), URI_ZONE, &zone))
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
	    unescape(r, str_sub(s, 0, colon), URI_HOST, &u->host) &&
	    unescape(r, s, URI_HOST, &u->authority);
}

static bool
read_user(struct reader *r, str_t s, struct uri *u)
{
	size_t colon = str_find_char(s, ':', 0);

	for (size_t i = 0; i < s.len; i++) {
		if (!uri_is_unreserved(s.data[i]) && !uri_is_one_of(s.data[i], ":!$&'()*+,;=%@"))
			return refuse(r, STR("net/url: invalid userinfo"));
	}
	u->has_user = true;
	u->has_password = colon < s.len;
	return unescape(r, str_sub(s, 0, colon), URI_USER, &u->user) &&
	    (colon == s.len || unescape(r, str_skip(s, colon + 1), URI_USER, &u->password));
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

/* *ret_raw: empty if the default escapes of *ret would be the same. */
static bool
read_part(struct reader *r, str_t raw, enum uri_part part, str_t *ret, str_t *ret_raw)
{
	if (!unescape(r, raw, part, ret))
		return false;
	*ret_raw = uri_is_default(raw, *ret, part) ? STR_NONE : raw;
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
		(i > 0 && ((s.data[i] >= '0' && s.data[i] <= '9') || uri_is_one_of(s.data[i], "+-.")))))
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
	return read_part(r, s, URI_PATH, &u->path, &u->raw_path);
}

bool
uri_read(struct arena *arena, str_t s, struct uri *ret, struct uri_fault *fault)
{
	struct reader r = { .arena = arena };
	size_t hash = str_find_char(s, '#', 0);
	struct uri u = { 0 };

	fault->text = str_sub(s, 0, hash);
	if (read_uri(&r, fault->text, &u)) {
		fault->text = s;
		if (hash < s.len)
			(void)read_part(&r, str_skip(s, hash + 1), URI_FRAGMENT, &u.fragment,
			    &u.raw_fragment);
	}
	fault->problem = r.problem;
	if (r.problem.len > 0 || arena_failed(arena))
		return false;
	*ret = u;
	return true;
}

bool
uri_set_path(struct arena *arena, struct uri *u, str_t raw)
{
	struct reader r = { .arena = arena };

	return read_part(&r, raw, URI_PATH, &u->path, &u->raw_path);
}
