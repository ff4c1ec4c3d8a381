/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: http.send as far as a program without network code takes it.  The request is
 * checked as OPA checks it; what would go out fails, so policies that call it can be
 * compiled, and tested with mocks.
 */
#include <stdio.h>

#include "rego/builtin/util.h"

static const char unreachable[] = "the request needs the network, and this program has no code "
				  "for it; replace http.send with a mock in tests";

static const char *const known_keys[] = { "body", "cache", "cache_ignored_headers",
	"caching_mode", "enable_redirect", "force_cache", "force_cache_duration_seconds",
	"force_json_decode", "force_yaml_decode", "headers", "max_retry_attempts", "method",
	"raise_error", "raw_body", "timeout", "tls_ca_cert", "tls_ca_cert_env_variable",
	"tls_ca_cert_file", "tls_client_cert", "tls_client_cert_env_variable",
	"tls_client_cert_file", "tls_client_key", "tls_client_key_env_variable",
	"tls_client_key_file", "tls_insecure_skip_verify", "tls_server_name",
	"tls_use_system_certs", "url" };

static bool
is_known(value_t key)
{
	for (size_t i = 0; value_is_string(key) && i < COUNT(known_keys); i++) {
		if (str_eq(value_str(key), str_of(known_keys[i])))
			return true;
	}
	return false;
}

/* Why OPA would not send the request: text for an operand error; empty: it would. */
static str_t
find_fault(struct rego_call *call, value_t request)
{
	static const char *const required[] = { "method", "url" };
	struct set_builder unknown, missing;
	const char *what = "invalid request parameters(s)";
	value_t names;
	struct buf text;
	str_t fault;

	set_builder_init(&unknown, call->arena, 0);
	set_builder_init(&missing, call->arena, 0);
	for (uint32_t i = 0; i < request.count; i++) {
		if (!is_known(request.object->keys[i]))
			(void)set_builder_add(&unknown, request.object->keys[i]);
	}
	for (size_t i = 0; i < COUNT(required); i++) {
		if (!value_is_defined(value_object_get_str(request, str_of(required[i]))))
			(void)set_builder_add(&missing, value_text(call->arena, required[i]));
	}
	names = set_builder_freeze(&unknown);
	if (value_is_defined(names) && names.count == 0) {
		what = "missing required request parameters(s)";
		names = set_builder_freeze(&missing);
	}
	if (!value_is_defined(names) || names.count == 0)
		return STR("");
	rego_text_init(call, &text);
	value_print(&text, names);
	fault = arena_printf(call->arena, "%s: %.*s", what, STR_FMT(buf_str(&text)));
	buf_fini(&text);
	return fault;
}

/* With raise_error false an error is a response. */
static enum rego_outcome
give_error(struct rego_call *call, const char *code, str_t message, value_t *ret)
{
	struct object_builder error, response;

	object_builder_init(&error, call->arena, 2);
	object_builder_init(&response, call->arena, 2);
	if (!object_builder_add_text(&error, "code", value_text(call->arena, code)) ||
	    !object_builder_add_text(&error, "message", value_string(call->arena, message)) ||
	    !object_builder_add_text(&response, "status_code", value_int(0)) ||
	    !object_builder_add_text(&response, "error",
		object_builder_freeze(&error, OBJECT_LAST_WINS, NULL)))
		return REGO_HALT;
	return rego_give(object_builder_freeze(&response, OBJECT_LAST_WINS, NULL), ret);
}

static enum rego_outcome
refuse(struct rego_call *call, str_t fault, bool raises, value_t *ret)
{
	str_t file;
	uint32_t row;

	if (raises)
		return rego_fail_operand(call, 1, "%.*s", STR_FMT(fault));
	rego_call_place(call, &file, &row);
	return give_error(call, "eval_http_send_internal_error",
	    arena_printf(call->arena, "%.*s:%u: eval_type_error: http.send: operand 1 %.*s",
		STR_FMT(file), row, STR_FMT(fault)), ret);
}

static enum rego_outcome
send_request(struct rego_call *call, value_t *ret)
{
	value_t request = call->arg[0];
	value_t raise = value_object_get_str(request, STR("raise_error"));
	bool raises = raise.tag != VALUE_FALSE;
	str_t fault;

	if (value_is_defined(raise) && !value_is_bool(raise))
		return rego_fail(call, "invalid value for raise_error field");
	if (!rego_charge(call, 64 * (size_t)request.count))
		return REGO_HALT;
	fault = find_fault(call, request);
	if (arena_failed(call->arena))
		return REGO_HALT;
	if (fault.len > 0)
		return refuse(call, fault, raises, ret);
	if (raises)
		return rego_fail(call, "%s", unreachable);
	return give_error(call, "eval_http_send_network_error", str_of(unreachable), ret);
}

const struct rego_builtin rego_builtins_http[] = {
	{ "http.send", "request: object[string: any] -> object[any: any]", send_request,
	    "The response to an HTTP request.", REGO_NONDETERMINISTIC | REGO_NETWORK },
	{ 0 },
};
