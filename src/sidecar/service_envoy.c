/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envoy's external authorization, v3: Check.
 *
 * The rule (policy.envoy_rule) gives true or false, or an object:
 *
 *   allowed                      true or false
 *   http_status, body            of a denial; 403 and empty if left out
 *   headers                      { name: text or [texts] }: of the upstream request, or of a denial
 *   request_headers_to_remove    [names]
 *   response_headers_to_add      as headers
 *   dynamic_metadata             an object
 *
 * A value that cannot be sent as it stands (a line break in a header) denies.
 */
#include "sidecar/envoy.h"
#include "sidecar/protojson.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

enum { RPC_OK = 0, RPC_PERMISSION_DENIED = 7, FORBIDDEN = 403 };

static str_t
text_at(value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static err_t
decode_check(struct request *r)
{
	const char *why;
	value_t input = envoy_input(r->arena, r->bytes, &why), http, source;
	value_t *own = ARENA_NEW(r->notes, value_t);

	if (!value_is_defined(input) || own == NULL) {
		r->err_text = str_of(why);
		return ERR_SYNTAX;
	}
	*own = input;
	r->own = own;
	http = value_object_get_text(value_object_get_text(value_object_get_text(input, "attributes"), "request"), "http");
	source = value_object_get_text(value_object_get_text(input, "attributes"), "source");
	r->message.action = text_at(http, "method");
	/* Without its query, where secrets travel. */
	r->message.resource = str_sub(text_at(http, "path"), 0, str_find_char(text_at(http, "path"), '?', 0));
	r->message.subject = text_at(source, "principal");
	return ERR_OK;
}

static bool
ask_check(struct request *r, struct question *q)
{
	q->rule = r->book->config.policy_envoy_rule;
	q->input = *(const value_t *)r->own;
	return true;
}

/* ---- the rule's value ---- */

static bool
is_header_text(str_t text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((uint8_t)text.data[i] < 0x20 && text.data[i] != '\t')
			return false;
	}
	return true;
}

static bool
are_texts(value_t v)
{
	for (uint32_t i = 0; v.tag == VALUE_ARRAY && i < v.count; i++) {
		if (!value_is_string(v.items[i]) || !is_header_text(value_str(v.items[i])))
			return false;
	}
	return v.tag == VALUE_ARRAY || (value_is_string(v) && is_header_text(value_str(v)));
}

static bool
are_headers(value_t headers)
{
	if (!value_is_defined(headers))
		return true;
	for (uint32_t i = 0; headers.tag == VALUE_OBJECT && i < headers.count; i++) {
		const struct value_entry e = value_object_entry(headers.object, i);

		if (!value_is_string(e.key) || value_str(e.key).len == 0 || !is_header_text(value_str(e.key)) ||
		    !are_texts(e.value))
			return false;
	}
	return headers.tag == VALUE_OBJECT;
}

static bool
can_be_sent(value_t v)
{
	value_t remove = value_object_get_text(v, "request_headers_to_remove");
	value_t metadata = value_object_get_text(v, "dynamic_metadata");
	value_t status = value_object_get_text(v, "http_status");

	return are_headers(value_object_get_text(v, "headers")) &&
	    are_headers(value_object_get_text(v, "response_headers_to_add")) &&
	    (!value_is_defined(remove) || are_texts(remove)) &&
	    (!value_is_defined(metadata) || metadata.tag == VALUE_OBJECT) &&
	    (!value_is_defined(status) ||
		(status.tag == VALUE_INT && status.integer >= 100 && status.integer <= 599));
}

static void
conclude_check(struct request *r)
{
	value_t v = r->decision.result;
	bool is_object = v.tag == VALUE_OBJECT;

	if (is_object && !can_be_sent(v)) {
		r->decision.result = VALUE_NONE;
		request_deny(r, PROBLEM_POLICY_DENIED, STR("the policy's answer has a member that cannot be sent"));
	} else if (v.tag == VALUE_TRUE || (is_object && value_object_get_text(v, "allowed").tag == VALUE_TRUE)) {
		r->allow = true;
	} else {
		request_deny(r, PROBLEM_POLICY_DENIED,
		    arena_printf(r->notes, "denied by %.*s", STR_FMT(r->decision.rule)));
	}
}

/* ---- the answer ---- */

/* HeaderValueOption { HeaderValue { key, value }, append_action OVERWRITE_IF_EXISTS_OR_ADD } */
static void
write_header(struct buf *out, uint32_t field, str_t name, str_t value, bool append)
{
	size_t header = wire_bytes_size(1, name.len) + wire_bytes_size(2, value.len);
	enum { OVERWRITE_OR_ADD = 2 };

	wire_write_head(out, field,
	    wire_bytes_size(1, header) + (append ? 0 : wire_uint_size(3, OVERWRITE_OR_ADD)));
	wire_write_head(out, 1, header);
	wire_write_bytes(out, 1, name);
	wire_write_bytes(out, 2, value);
	if (!append)
		wire_write_uint(out, 3, OVERWRITE_OR_ADD);
}

static void
write_headers(struct buf *out, uint32_t field, value_t headers)
{
	for (uint32_t i = 0; headers.tag == VALUE_OBJECT && i < headers.count; i++) {
		const struct value_entry e = value_object_entry(headers.object, i);

		if (value_is_string(e.value))
			write_header(out, field, value_str(e.key), value_str(e.value), false);
		for (uint32_t k = 0; e.value.tag == VALUE_ARRAY && k < e.value.count; k++)
			write_header(out, field, value_str(e.key), value_str(e.value.items[k]), k > 0);
	}
}

static void
write_ok(struct buf *out, value_t v)
{
	value_t remove = value_object_get_text(v, "request_headers_to_remove");

	write_headers(out, 2, value_object_get_text(v, "headers"));
	for (uint32_t i = 0; remove.tag == VALUE_ARRAY && i < remove.count; i++)
		wire_write_item(out, 5, value_str(remove.items[i]));
	write_headers(out, 6, value_object_get_text(v, "response_headers_to_add"));
}

static void
write_denied(struct buf *out, value_t v)
{
	value_t status = value_object_get_text(v, "http_status");
	uint64_t code = status.tag == VALUE_INT ? (uint64_t)status.integer : FORBIDDEN;

	wire_write_head(out, 1, wire_uint_size(1, code));
	wire_write_uint(out, 1, code);
	write_headers(out, 2, value_object_get_text(v, "headers"));
	wire_write_bytes(out, 3, text_at(v, "body"));
}

static void
write_status(struct buf *out, uint64_t code, str_t text)
{
	wire_write_head(out, 1, wire_uint_size(1, code) + wire_bytes_size(2, text.len));
	wire_write_uint(out, 1, code);
	wire_write_bytes(out, 2, text);
}

static void
respond_check(const struct request *r, struct buf *out)
{
	value_t v = r->decision.result, metadata = value_object_get_text(v, "dynamic_metadata");
	struct buf *part = &r->worker->scratch;

	write_status(out, r->allow ? RPC_OK : RPC_PERMISSION_DENIED, r->allow ? STR_NONE : r->reason);
	buf_clear(part);
	if (r->allow)
		write_ok(part, v);
	else
		write_denied(part, v);
	out->failed |= buf_failed(part);
	wire_write_item(out, r->allow ? 3 : 2, buf_str(part));
	if (metadata.tag != VALUE_OBJECT)
		return;
	buf_clear(part);
	protojson_write_struct(part, metadata);
	out->failed |= buf_failed(part);
	wire_write_item(out, 4, buf_str(part));
}

static void
refuse_check(struct buf *out, str_t reason)
{
	write_status(out, RPC_PERMISSION_DENIED, reason);
	wire_write_head(out, 2, wire_uint_size(1, FORBIDDEN) + 2);
	wire_write_head(out, 1, wire_uint_size(1, FORBIDDEN));
	wire_write_uint(out, 1, FORBIDDEN);
}

const struct handler service_envoy_check = {
	.decode = decode_check,
	.ask = ask_check,
	.conclude = conclude_check,
	.respond = respond_check,
	.refuse = refuse_check,
};
