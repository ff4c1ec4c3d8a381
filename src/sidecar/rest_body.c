/* SPDX-License-Identifier: Apache-2.0 */
/* rest_body: parameters of the query, and bodies. */
#include "codec/gzip.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "codec/yaml.h"
#include "sidecar/rest.h"

enum { DOCUMENT_DEPTH = 256, GZIP_RATIO = 200 };

/* ---- parameters ---- */

const struct rest_params *
rest_params_read(struct arena *arena, str_t query)
{
	struct rest_params *params = ARENA_NEW(arena, struct rest_params);

	if (params == NULL)
		return NULL;
	while (query.len > 0 && params->count < REST_PARAMS_MAX) {
		size_t end = str_find_char(query, '&', 0);
		str_t one = str_sub(query, 0, end);
		size_t equals = str_find_char(one, '=', 0);
		struct rest_param *p = &params->at[params->count];
		str_t value = equals < one.len ? str_skip(one, equals + 1) : STR("");

		query = str_skip(query, end < query.len ? end + 1 : end);
		if (one.len > 0 &&
		    percent_read(arena, str_sub(one, 0, equals), &p->name, NULL) == ERR_OK &&
		    percent_read(arena, value, &p->value, NULL) == ERR_OK)
			params->count++;
	}
	return params;
}

bool
rest_flag(const struct rest_params *params, const char *name)
{
	size_t count = 0;
	bool empty = false;

	for (size_t i = 0; i < params->count; i++) {
		const struct rest_param *p = &params->at[i];

		if (!str_eq(p->name, str_of(name)))
			continue;
		if (str_eq_nocase(p->value, STR("true")))
			return true;
		empty = p->value.len == 0;
		count++;
	}
	return count == 1 && empty;
}

bool
rest_wants_metrics(const struct rest_params *params)
{
	return rest_flag(params, "metrics") || rest_flag(params, "instrument");
}

str_t
rest_param(const struct rest_params *params, const char *name)
{
	for (size_t i = params->count; i > 0; i--) {
		if (str_eq(params->at[i - 1].name, str_of(name)))
			return params->at[i - 1].value;
	}
	return STR_NONE;
}

str_t
rest_unescape(struct arena *arena, str_t text)
{
	char *bytes = arena_alloc_raw(arena, text.len + 1, 1);
	size_t len = 0;

	if (bytes == NULL)
		return STR_NONE;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '%' && text.len - i > 2 && hex_digit(text.data[i + 1]) >= 0 &&
		    hex_digit(text.data[i + 2]) >= 0) {
			c = (char)(hex_digit(text.data[i + 1]) << 4 |
				   hex_digit(text.data[i + 2]));
			i += 2;
		}
		bytes[len++] = c;
	}
	return str_make(bytes, len);
}

/* ---- bodies ---- */

err_t
rest_body_read(struct request *r, str_t *ret)
{
	struct gzip_limits limits = { (size_t)r->book->config.listen_max_message_kb << 10,
		GZIP_RATIO };
	str_t coding = str_trim_space(rest_field(r, "content-encoding"));
	const char *why = "";
	err_t err;

	if (coding.len == 0 || str_eq_nocase(coding, STR("identity"))) {
		*ret = r->bytes;
		return ERR_OK;
	}
	if (!str_eq_nocase(coding, STR("gzip")) ||
	    http1_count_field(r->caller.call, STR("content-encoding")) > 1) {
		*ret = STR("could not decompress the body: gzip is the only content-encoding "
			   "that is served");
		return ERR_SYNTAX;
	}
	err = gzip_read(r->arena, r->bytes, &limits, ret, &why);
	if (err != ERR_OK) {
		*ret = err == ERR_LIMIT
			   ? STR("could not decompress the body: compressed request body too "
				 "large")
			   : arena_printf(r->notes, "could not decompress the body: %s", why);
		return ERR_SYNTAX;
	}
	return ERR_OK;
}

bool
rest_body_is_yaml(const struct request *r)
{
	str_t type = rest_field(r, "content-type");

	return str_find(type, STR("yaml"), 0) < type.len;
}

static err_t
read_document(struct request *r, str_t text, bool yaml, struct diag *diag, value_t *ret)
{
	const struct intern *known = snapshot_intern(r->book->snapshot);
	struct json_options json = { .find = known, .depth_limit = DOCUMENT_DEPTH };
	struct yaml_options as_yaml = {
		.find = known, .depth_limit = DOCUMENT_DEPTH, .as_opa = true
	};

	return yaml ? yaml_read(r->arena, text, &as_yaml, diag, ret)
		    : json_read(r->arena, text, &json, diag, ret);
}

err_t
rest_document_read(struct request *r, str_t text, bool yaml, value_t *ret, str_t *ret_why)
{
	struct diag diag;
	value_t aside;
	err_t err;

	*ret = VALUE_NONE;
	if (text.len == 0)
		return ERR_OK;
	err = read_document(r, text, yaml, NULL, ret);
	if (err == ERR_OK)
		return ERR_OK;
	/* Once more, for the place and the sentence. */
	diag_init(&diag, r->notes, 1);
	(void)!read_document(r, text, yaml, &diag, &aside);
	*ret_why = diag.first != NULL
		       ? arena_printf(r->notes, "%u:%u: %.*s", diag.first->place.row,
			     diag.first->place.col, STR_FMT(diag.first->message))
		       : str_of(err_text(err));
	return ERR_SYNTAX;
}
