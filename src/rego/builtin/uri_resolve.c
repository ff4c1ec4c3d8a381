/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "rego/builtin/uri_read.h"

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
	str_t segment = STR(""), cleaned;

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
	cleaned = buf_failed(&out) ? STR_NONE : arena_str(arena, buf_str(&out));
	if (buf_failed(&out))
		arena_fail(arena);
	buf_fini(&out);
	return cleaned;
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

bool
uri_resolve(struct arena *arena, const struct uri *base, const struct uri *ref, struct uri *ret)
{
	str_t path = uri_escaped_path(arena, ref);
	struct uri u = *ref;

	if (ref->scheme.len == 0)
		u.scheme = base->scheme;
	if (ref->scheme.len > 0 || ref->authority.len > 0 || ref->has_user) {
		path = merge_paths(arena, path, STR(""));
	} else {
		if (ref->path.len == 0 && !ref->empty_query && ref->query.len == 0) {
			u.query = base->query;
			if (ref->fragment.len == 0) {
				u.fragment = base->fragment;
				u.raw_fragment = base->raw_fragment;
			}
		}
		if (ref->path.len == 0 && base->opaque.len > 0) {
			u.opaque = base->opaque;
		} else {
			u.has_user = base->has_user;
			u.has_password = base->has_password;
			u.user = base->user;
			u.password = base->password;
			u.authority = base->authority;
			u.host = base->host;
			u.port = base->port;
			path = merge_paths(arena, uri_escaped_path(arena, base), path);
		}
	}
	if (arena_failed(arena) || !uri_set_path(arena, &u, path))
		return false;
	*ret = u;
	return true;
}
