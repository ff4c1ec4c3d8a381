/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "codec/percent.h"
#include "sidecar/envoy.h"
#include "sidecar/protojson.h"
#include "sidecar/wire.h"

enum { PARTS_MAX = 256 };

/* ---- the attributes ---- */

static const struct protojson_row socket_rows[] = {
	{ 1, PROTOJSON_UINT, "protocol", NULL },
	{ 2, PROTOJSON_TEXT, "address", NULL },
	{ 3, PROTOJSON_UINT, "portValue", NULL },
	{ 4, PROTOJSON_TEXT, "namedPort", NULL },
	{ 0 },
};

static const struct protojson_row pipe_rows[] = {
	{ 1, PROTOJSON_TEXT, "path", NULL },
	{ 0 },
};

static const struct protojson_row address_rows[] = {
	{ 1, PROTOJSON_MESSAGE, "socketAddress", socket_rows },
	{ 2, PROTOJSON_MESSAGE, "pipe", pipe_rows },
	{ 0 },
};

static const struct protojson_row peer_rows[] = {
	{ 1, PROTOJSON_MESSAGE, "address", address_rows },
	{ 2, PROTOJSON_TEXT, "service", NULL },
	{ 3, PROTOJSON_TEXT_MAP, "labels", NULL },
	{ 4, PROTOJSON_TEXT, "principal", NULL },
	{ 5, PROTOJSON_TEXT, "certificate", NULL },
	{ 0 },
};

static const struct protojson_row http_rows[] = {
	{ 1, PROTOJSON_TEXT, "id", NULL },
	{ 2, PROTOJSON_TEXT, "method", NULL },
	{ 3, PROTOJSON_TEXT_MAP, "headers", NULL },
	{ 4, PROTOJSON_TEXT, "path", NULL },
	{ 5, PROTOJSON_TEXT, "host", NULL },
	{ 6, PROTOJSON_TEXT, "scheme", NULL },
	{ 7, PROTOJSON_TEXT, "query", NULL },
	{ 8, PROTOJSON_TEXT, "fragment", NULL },
	{ 9, PROTOJSON_INT64, "size", NULL },
	{ 10, PROTOJSON_TEXT, "protocol", NULL },
	{ 11, PROTOJSON_TEXT, "body", NULL },
	{ 12, PROTOJSON_BYTES, "rawBody", NULL },
	{ 0 },
};

static const struct protojson_row request_rows[] = {
	{ 1, PROTOJSON_TIME, "time", NULL },
	{ 2, PROTOJSON_MESSAGE, "http", http_rows },
	{ 0 },
};

static const struct protojson_row metadata_rows[] = {
	{ 1, PROTOJSON_STRUCT_MAP, "filterMetadata", NULL },
	{ 0 },
};

static const struct protojson_row tls_rows[] = {
	{ 1, PROTOJSON_TEXT, "sni", NULL },
	{ 0 },
};

static const struct protojson_row attribute_rows[] = {
	{ 1, PROTOJSON_MESSAGE, "source", peer_rows },
	{ 2, PROTOJSON_MESSAGE, "destination", peer_rows },
	{ 4, PROTOJSON_MESSAGE, "request", request_rows },
	{ 10, PROTOJSON_TEXT_MAP, "contextExtensions", NULL },
	{ 11, PROTOJSON_MESSAGE, "metadataContext", metadata_rows },
	{ 12, PROTOJSON_MESSAGE, "tlsSession", tls_rows },
	{ 13, PROTOJSON_MESSAGE, "routeMetadataContext", metadata_rows },
	{ 0 },
};

static const struct protojson_row check_rows[] = {
	{ 1, PROTOJSON_MESSAGE, "attributes", attribute_rows },
	{ 0 },
};

/* ---- the path ---- */

static str_t
text_of(value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static str_t
until(str_t text, char end)
{
	return str_sub(text, 0, str_find_char(text, end, 0));
}

/* %XX in a path; a plus stands for itself there (percent_read is for queries). */
static bool
unescape_path(struct arena *arena, str_t text, str_t *ret)
{
	struct buf kept;
	str_t guarded;
	bool fine;

	buf_init(&kept, text.len * 3 + 1);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '+')
			buf_add_text(&kept, "%2B");
		else
			buf_add_char(&kept, text.data[i]);
	}
	guarded = arena_str(arena, buf_str(&kept));
	fine = !buf_failed(&kept) && percent_read(arena, guarded, ret, NULL) == ERR_OK;
	buf_fini(&kept);
	return fine;
}

/* The parts between slashes, those in front passed by; [""] for the root. */
static value_t
split_path(struct arena *arena, str_t path, const char **ret_why)
{
	value_t *parts = ARENA_ARRAY(arena, value_t, PARTS_MAX);
	size_t count = 0;

	if (!unescape_path(arena, until(until(path, '#'), '?'), &path)) {
		*ret_why = "the path has a malformed escape";
		return VALUE_NONE;
	}
	while (path.len > 0 && path.data[0] == '/')
		path = str_skip(path, 1);
	while (parts != NULL) {
		str_t part = until(path, '/');

		if (count == PARTS_MAX) {
			*ret_why = "the path has too many parts";
			return VALUE_NONE;
		}
		parts[count++] = value_string(arena, part);
		if (part.len == path.len)
			return value_array_of(parts, count);
		path = str_skip(path, part.len + 1);
	}
	return VALUE_NONE;
}

/* ---- queries and forms ---- */

static bool
unescape(struct arena *arena, str_t text, value_t *ret)
{
	str_t plain;

	if (percent_read(arena, text, &plain, NULL) != ERR_OK)
		return false;
	*ret = value_string(arena, plain);
	return true;
}

/* { name: [values in order] } */
static value_t
parse_pairs(struct arena *arena, str_t text, const char **ret_why)
{
	value_t all = value_empty_object();

	for (size_t count = 0; text.len > 0; count++) {
		str_t pair = until(text, '&'), name = until(pair, '=');
		value_t key, value, before, *items;

		text = str_skip(text, pair.len < text.len ? pair.len + 1 : pair.len);
		if (pair.len == 0)
			continue;
		if (count == PARTS_MAX ||
		    !unescape(arena, name, &key) ||
		    !unescape(arena, str_skip(pair, name.len < pair.len ? name.len + 1 : name.len), &value)) {
			*ret_why = "the query or form is malformed or too long";
			return VALUE_NONE;
		}
		before = value_object_get(all, key);
		items = ARENA_ARRAY(arena, value_t, (size_t)before.count + 1);
		if (items == NULL)
			return VALUE_NONE;
		for (uint32_t i = 0; before.tag == VALUE_ARRAY && i < before.count; i++)
			items[i] = before.items[i];
		items[before.tag == VALUE_ARRAY ? before.count : 0] = value;
		all = value_object_with(arena, all, key,
		    value_array_of(items, before.tag == VALUE_ARRAY ? (size_t)before.count + 1 : 1));
	}
	return all;
}

static str_t
query_of(str_t path)
{
	str_t whole = until(path, '#'), before = until(whole, '?');

	return str_skip(whole, before.len < whole.len ? before.len + 1 : before.len);
}

/* ---- the body ---- */

static bool
is_truncated(value_t headers, str_t body)
{
	str_t length = text_of(headers, "content-length");
	size_t want = 0;

	for (size_t i = 0; i < length.len; i++) {
		if (length.data[i] < '0' || length.data[i] > '9' || want > SIZE_MAX / 100)
			return true;
		want = want * 10 + (size_t)(length.data[i] - '0');
	}
	return want > body.len;
}

/* What is no JSON though it says so is the caller's mistake: nothing is decided on a guess. */
static value_t
parse_body(struct arena *arena, value_t http, bool *ret_truncated, const char **ret_why)
{
	value_t headers = value_object_get_text(http, "headers"), v = value_null();
	str_t body = text_of(http, "body"), type = until(text_of(headers, "content-type"), ';');

	*ret_truncated = false;
	type = str_trim_space(type);
	if (body.len == 0)
		return v;
	if (is_truncated(headers, body)) {
		*ret_truncated = true;
		return v;
	}
	if (str_eq_nocase(type, STR("application/json"))) {
		if (json_read(arena, body, NULL, NULL, &v) == ERR_OK)
			return v;
		*ret_why = "the body is not the JSON that its content-type says it is";
		return VALUE_NONE;
	}
	if (str_eq_nocase(type, STR("application/x-www-form-urlencoded")))
		return parse_pairs(arena, body, ret_why);
	return v;
}

/* ---- the input ---- */

static value_t
version(struct arena *arena)
{
	struct object_builder o;

	object_builder_init(&o, arena, 2);
	(void)object_builder_add_text(&o, "encoding", value_text(arena, "protojson"));
	(void)object_builder_add_text(&o, "ext_authz", value_text(arena, "v3"));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

value_t
envoy_input(struct arena *arena, str_t check_request, const char **ret_why)
{
	value_t check = protojson_read(arena, check_request, check_rows), http, path, query, body;
	value_t attributes = value_object_get_text(check, "attributes");
	struct object_builder input;
	bool truncated;

	*ret_why = "the message is malformed";
	http = value_object_get_text(value_object_get_text(attributes, "request"), "http");
	if (!value_is_defined(attributes))
		return VALUE_NONE;
	path = split_path(arena, text_of(http, "path"), ret_why);
	query = parse_pairs(arena, query_of(text_of(http, "path")), ret_why);
	body = parse_body(arena, http, &truncated, ret_why);
	if (!value_is_defined(path) || !value_is_defined(query) || !value_is_defined(body))
		return VALUE_NONE;
	object_builder_init(&input, arena, 6);
	(void)object_builder_add_text(&input, "attributes", attributes);
	(void)object_builder_add_text(&input, "parsed_path", path);
	(void)object_builder_add_text(&input, "parsed_query", query);
	(void)object_builder_add_text(&input, "parsed_body", body);
	(void)object_builder_add_text(&input, "truncated_body", value_bool(truncated));
	(void)object_builder_add_text(&input, "version", version(arena));
	return object_builder_freeze(&input, OBJECT_LAST_WINS, NULL);
}
