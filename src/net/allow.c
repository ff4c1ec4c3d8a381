/* SPDX-License-Identifier: Apache-2.0 */
#include "net/allow.h"

/* "/a.b.Service/Rpc": "a.b.Service" */
static str_t
service_of(str_t path)
{
	path = str_skip(path, path.len > 0 && path.data[0] == '/');
	return str_sub(path, 0, str_find_char(path, '/', 0));
}

static bool
is_dns_name(str_t name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			(c == '.' && i > 0 && name.data[i - 1] != '.')))
			return false;
	}
	return name.len > 0 && name.data[name.len - 1] != '.';
}

/* What follows "scheme://" are segments of which none is empty or made of dots. */
static bool
is_plain_uri(str_t uri)
{
	size_t begin = str_find(uri, STR("://"), 0);
	str_t rest = str_skip(uri, begin < uri.len ? begin + 3 : uri.len);

	for (size_t i = 0; i < uri.len; i++) {
		char c = uri.data[i];

		if (c <= ' ' || c > '~' || c == '%' || c == '?' || c == '#' || c == '*' || c == '\\')
			return false;
	}
	if (begin == 0 || rest.len == 0)
		return false;
	for (;;) {
		size_t slash = str_find_char(rest, '/', 0);
		str_t segment = str_sub(rest, 0, slash);

		if (segment.len == 0 || str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
			return false;
		if (slash == rest.len)
			return true;
		rest = str_skip(rest, slash + 1);
	}
}

static bool
read_entry(str_t text, struct allow_entry *e)
{
	size_t equals = str_find_char(text, '=', 0);
	str_t whole;

	*e = (struct allow_entry){ .name = text };
	if (equals < text.len) {
		e->service = str_sub(text, 0, equals);
		e->name = str_skip(text, equals + 1);
		if (e->service.len == 0)
			return false;
	}
	e->is_uri = str_find(e->name, STR("://"), 0) < e->name.len;
	if (!e->is_uri)
		return is_dns_name(e->name);
	e->is_pattern = str_has_suffix(e->name, STR("/*"));
	if (e->is_pattern)
		e->name.len--;
	whole = e->name;
	whole.len -= e->is_pattern;
	return is_plain_uri(whole);
}

err_t
allow_list_read(struct arena *arena, const str_t *texts, size_t count, struct diag *diag,
    struct allow_list *ret)
{
	struct allow_entry *entries;
	err_t err = ERR_OK;

	*ret = (struct allow_list){ 0 };
	if (count == 0)
		return ERR_OK;
	entries = ARENA_ARRAY(arena, struct allow_entry, count);
	if (entries == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		if (read_entry(texts[i], &entries[i]))
			continue;
		diag_say(diag, "config",
		    "tls.allowed_clients: \"%.*s\" is no DNS name and no URI, with or without \"Service=\" before it",
		    STR_FMT(texts[i]));
		err = ERR_CONFIG;
	}
	if (err == ERR_OK)
		*ret = (struct allow_list){ entries, count };
	return err;
}

bool
allow_entry_is_for(const struct allow_entry *e, str_t path)
{
	str_t service = service_of(path);

	return str_eq(service, e->service) ||
	    (str_find_char(e->service, '.', 0) == e->service.len && service.len > e->service.len &&
		str_has_suffix(service, e->service) && service.data[service.len - e->service.len - 1] == '.');
}

static size_t
count_uris(const struct peer *peer)
{
	size_t count = 0;

	for (size_t i = 0; i < peer->name_count; i++)
		count += peer->names[i].kind == PEER_NAME_URI;
	return count;
}

static bool
is_named(const struct allow_entry *e, const struct peer *peer)
{
	for (size_t i = 0; i < peer->name_count; i++) {
		const struct peer_name *n = &peer->names[i];

		if (!e->is_uri) {
			if (n->kind == PEER_NAME_DNS && str_eq_nocase(n->text, e->name))
				return true;
			continue;
		}
		if (n->kind != PEER_NAME_URI ||
		    (str_has_prefix(n->text, STR("spiffe:")) && count_uris(peer) != 1))
			continue;
		if (e->is_pattern ? n->text.len > e->name.len && str_has_prefix(n->text, e->name) &&
			    is_plain_uri(n->text) :
				    str_eq(n->text, e->name))
			return true;
	}
	return false;
}

bool
allow_list_admits(const struct allow_list *list, const struct peer *peer, str_t path)
{
	bool has_own = false, has_common = false, own = false, common = false;

	if (list->count == 0)
		return true;
	if (!peer->certified)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct allow_entry *e = &list->at[i];

		if (e->service.len == 0) {
			has_common = true;
			common = common || is_named(e, peer);
		} else if (allow_entry_is_for(e, path)) {
			has_own = true;
			own = own || is_named(e, peer);
		}
	}
	return has_own ? own : !has_common || common;
}
