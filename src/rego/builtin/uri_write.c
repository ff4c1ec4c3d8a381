/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/uri.h"
#include "rego/builtin/uri_escape.h"
#include "rego/builtin/uri_read.h"
#include "value/value.h"

enum { ESCAPE_GROWTH = 3, QUOTE_GROWTH = 4 /* \x00 */, PUNCTUATION = 16 };

static str_t
keep(struct arena *arena, struct buf *b)
{
	str_t kept = buf_failed(b) ? STR_NONE : arena_str(arena, buf_str(b));

	if (buf_failed(b))
		arena_fail(arena);
	buf_fini(b);
	return kept;
}

/* The escapes that were written, unless something between them needs more. */
static void
add_part(struct buf *out, str_t plain, str_t raw, enum uri_part part)
{
	if (raw.len > 0 && uri_is_escaped(raw, part))
		buf_add_str(out, raw);
	else
		uri_add_escaped(out, plain, part);
}

str_t
uri_escaped_path(struct arena *arena, const struct uri *u)
{
	struct buf out;

	buf_init(&out, ESCAPE_GROWTH * u->path.len + u->raw_path.len + 1);
	add_part(&out, u->path, u->raw_path, URI_PATH);
	return keep(arena, &out);
}

/* http:/path has no authority; file:///path has an empty one. */
static void
add_authority(struct buf *out, const struct uri *u)
{
	bool is_empty = u->authority.len == 0 && !u->has_user;

	if (is_empty && (u->omits_host || u->path.len == 0))
		return;
	buf_add_str(out, STR("//"));
	if (u->has_user) {
		uri_add_escaped(out, u->user, URI_USER);
		if (u->has_password) {
			buf_add_char(out, ':');
			uri_add_escaped(out, u->password, URI_USER);
		}
		buf_add_char(out, '@');
	}
	uri_add_escaped(out, u->authority, URI_HOST);
}

static void
add_hierarchy(struct buf *out, const struct uri *u, str_t path)
{
	size_t slash = str_find_char(path, '/', 0);

	if (u->scheme.len > 0 || u->authority.len > 0 || u->has_user)
		add_authority(out, u);
	else if (str_find_char(path, ':', 0) < slash)
		buf_add_str(out, STR("./")); /* else it would be a scheme (rfc3986 4.2) */
	if (u->authority.len > 0 && path.len > 0 && slash > 0)
		buf_add_char(out, '/');
	buf_add_str(out, path);
}

str_t
uri_text(struct arena *arena, const struct uri *u)
{
	str_t path = uri_escaped_path(arena, u);
	struct buf out;

	buf_init(&out, PUNCTUATION + u->scheme.len + u->opaque.len + path.len + u->query.len +
		ESCAPE_GROWTH * (u->user.len + u->password.len + u->authority.len + u->fragment.len) +
		u->raw_fragment.len);
	if (u->scheme.len > 0) {
		buf_add_str(&out, u->scheme);
		buf_add_char(&out, ':');
	}
	if (u->opaque.len > 0)
		buf_add_str(&out, u->opaque);
	else
		add_hierarchy(&out, u, path);
	if (u->empty_query || u->query.len > 0) {
		buf_add_char(&out, '?');
		buf_add_str(&out, u->query);
	}
	if (u->fragment.len > 0) {
		buf_add_char(&out, '#');
		add_part(&out, u->fragment, u->raw_fragment, URI_FRAGMENT);
	}
	return keep(arena, &out);
}

/* ---- for messages ---- */

str_t
uri_quote(struct arena *arena, str_t s)
{
	struct buf out;

	buf_init(&out, QUOTE_GROWTH * s.len + 2);
	value_print(&out, value_string(arena, s));
	return keep(arena, &out);
}

str_t
uri_explain(struct arena *arena, const struct uri_fault *fault)
{
	str_t quoted = uri_quote(arena, fault->text);

	return arena_printf(arena, "parse %.*s: %.*s", STR_FMT(quoted), STR_FMT(fault->problem));
}

bool
rego_uri_normalize(struct arena *arena, str_t text, str_t *ret, str_t *ret_error)
{
	struct uri_fault fault;
	struct uri u;

	if (uri_read(arena, text, &u, &fault)) {
		*ret = uri_text(arena, &u);
		return ret->data != NULL;
	}
	*ret_error = uri_explain(arena, &fault);
	return false;
}
