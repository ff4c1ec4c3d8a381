/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "rego/builtin/uri.h"
#include "rego/builtin/uri_read.h"

enum { ESCAPE_GROWTH = 3 };

static const char hex[] = "0123456789ABCDEF";

static bool
is_one_of(char c, const char *chars)
{
	return c != '\0' && strchr(chars, c) != NULL;
}

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether `raw` may be written as it is: it has nothing that must be escaped. */
static bool
is_written_well(str_t raw, bool fragment)
{
	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.data[i];

		if (!is_alphanumeric(c) && !is_one_of(c, "-_.~!$&'()*+,;=:@[]%/") &&
		    !(fragment && c == '?'))
			return false;
	}
	return true;
}

/* `plain` with escapes where they are needed, unless `raw` has them already. */
static void
add_escaped(struct buf *out, str_t plain, str_t raw, bool fragment)
{
	if (is_written_well(raw, fragment)) {
		buf_add_str(out, raw);
		return;
	}
	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.data[i];

		if (is_alphanumeric((char)c) ||
		    is_one_of((char)c, fragment ? "-_.~$&+,/:;=?@!()*" : "-_.~$&+,/:;=@")) {
			buf_add_char(out, (char)c);
		} else {
			buf_add_char(out, '%');
			buf_add_char(out, hex[c >> 4]);
			buf_add_char(out, hex[c & 15]);
		}
	}
}

static str_t
keep(struct arena *arena, struct buf *b)
{
	str_t kept = buf_failed(b) ? STR_NONE : arena_str(arena, buf_str(b));

	if (buf_failed(b))
		arena_fail(arena);
	buf_fini(b);
	return kept;
}

static void
add_hierarchy(struct buf *out, const struct uri *u)
{
	size_t begin = out->len;

	/* http:/path has no authority; file:///path has an empty one. */
	if (u->has_authority && (u->scheme.len > 0 || u->authority.len > 0)) {
		if (u->authority.len > 0 || u->path.len > 0)
			buf_add_str(out, STR("//"));
		buf_add_str(out, u->authority);
		if (u->path.len > 0 && u->path.data[0] != '/' && u->host.len > 0)
			buf_add_char(out, '/');
	}
	/* A colon in the first segment would make it a scheme (rfc3986 4.2). */
	if (begin == 0 && out->len == 0 &&
	    str_find_char(u->raw_path, ':', 0) < str_find_char(u->raw_path, '/', 0))
		buf_add_str(out, STR("./"));
	add_escaped(out, u->path, u->raw_path, false);
}

str_t
uri_text(struct arena *arena, const struct uri *u)
{
	struct buf out;

	buf_init(&out, 16 + u->scheme.len + u->opaque.len + u->authority.len + u->query.len +
		ESCAPE_GROWTH * (u->path.len + u->raw_path.len + u->fragment.len + u->raw_fragment.len));
	if (u->scheme.len > 0) {
		buf_add_str(&out, u->scheme);
		buf_add_char(&out, ':');
	}
	if (u->opaque.len > 0)
		buf_add_str(&out, u->opaque);
	else
		add_hierarchy(&out, u);
	if (u->has_query) {
		buf_add_char(&out, '?');
		buf_add_str(&out, u->query);
	}
	if (u->fragment.len > 0) {
		buf_add_char(&out, '#');
		add_escaped(&out, u->fragment, u->raw_fragment, true);
	}
	return keep(arena, &out);
}

bool
rego_uri_normalize(struct arena *arena, str_t text, str_t *ret, str_t *ret_error)
{
	struct uri_fault fault;
	struct uri u;
	str_t quoted;

	if (uri_read(arena, text, &u, &fault)) {
		*ret = uri_text(arena, &u);
		return ret->data != NULL;
	}
	quoted = uri_quote(arena, fault.text);
	*ret_error = arena_printf(arena, "parse %.*s: %.*s", STR_FMT(quoted), STR_FMT(fault.problem));
	return false;
}

/* ---- resolving ---- */

static void
drop_segment(struct buf *out, bool *ret_first)
{
	size_t at = out->len;

	while (at > 1 && out->data[at - 1] != '/')
		at--;
	*ret_first = at <= 1;
	out->len = at > 1 ? at - 1 : 1;
}

/* Takes dot segments out (rfc3986 5.2.4); the answer begins with a slash. */
static str_t
clean_path(struct arena *arena, str_t full)
{
	bool first = true, more = true;
	struct buf out;
	str_t segment = STR("");

	buf_init(&out, full.len + 3);
	buf_add_char(&out, '/');
	while (more && !buf_failed(&out)) {
		size_t slash = str_find_char(full, '/', 0);

		segment = str_sub(full, 0, slash);
		more = slash < full.len;
		full = more ? str_skip(full, slash + 1) : full;
		if (str_eq(segment, STR("."))) {
			first = false;
		} else if (str_eq(segment, STR(".."))) {
			drop_segment(&out, &first);
		} else {
			if (!first)
				buf_add_char(&out, '/');
			buf_add_str(&out, segment);
			first = false;
		}
	}
	if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
		buf_add_char(&out, '/');
	if (str_has_prefix(buf_str(&out), STR("//")))
		buf_drop(&out, 1);
	return keep(arena, &out);
}

static str_t
escaped_path(struct arena *arena, const struct uri *u)
{
	struct buf out;

	buf_init(&out, ESCAPE_GROWTH * (u->path.len + u->raw_path.len) + 1);
	add_escaped(&out, u->path, u->raw_path, false);
	return keep(arena, &out);
}

static str_t
merge_paths(struct arena *arena, str_t base, str_t ref)
{
	size_t end = base.len;
	str_t full = ref;

	if (ref.len == 0) {
		full = base;
	} else if (ref.data[0] != '/') {
		while (end > 0 && base.data[end - 1] != '/')
			end--;
		full = arena_printf(arena, "%.*s%.*s", (int)end, base.data, STR_FMT(ref));
	}
	return full.len == 0 ? full : clean_path(arena, full);
}

/* Sets the path from its escaped form, which is a valid one. */
static bool
set_path(struct arena *arena, struct uri *u, str_t escaped)
{
	struct uri parts;
	struct uri_fault unused;

	u->path = u->raw_path = STR("");
	if (escaped.len == 0)
		return !arena_failed(arena);
	if (!uri_read(arena, escaped, &parts, &unused))
		return false;
	u->path = parts.path;
	u->raw_path = parts.raw_path;
	return true;
}

bool
uri_resolve(struct arena *arena, const struct uri *base, const struct uri *ref, struct uri *ret)
{
	struct uri u = *ref;
	str_t path = escaped_path(arena, ref);

	if (ref->scheme.len == 0)
		u.scheme = base->scheme;
	if (ref->scheme.len > 0 || ref->authority.len > 0) {
		*ret = u;
		return ref->opaque.len > 0 || set_path(arena, ret, merge_paths(arena, path, STR("")));
	}
	if (ref->path.len == 0 && !ref->has_query) {
		u.query = base->query;
		u.has_query = base->query.len > 0;
		if (ref->fragment.len == 0) {
			u.fragment = base->fragment;
			u.raw_fragment = base->raw_fragment;
		}
	}
	if (ref->path.len == 0 && base->opaque.len > 0) {
		u.opaque = base->opaque;
	} else {
		u.has_authority = base->has_authority;
		u.authority = base->authority;
		u.host = base->host;
		u.port = base->port;
		path = merge_paths(arena, escaped_path(arena, base), path);
		if (!set_path(arena, &u, path))
			return false;
	}
	*ret = u;
	return !arena_failed(arena);
}
