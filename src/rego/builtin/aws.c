/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws: requests signed with AWS Signature Version 4.
 *
 * Nothing is sent: the built-in adds the headers that whoever sends the request needs.
 */
#include <stdio.h>

#include "codec/hex.h"
#include "codec/json.h"
#include "crypt/hmac.h"
#include "crypt/secret.h"
#include "rego/builtin/time_civil.h"
#include "rego/builtin/uri_read.h"
#include "rego/builtin/util.h"

enum { NANOSECONDS = 1000000000, TEXT_MAX = 16 << 20 };

/* What http.send knows of a request. */
static const char *const request_keys[] = { "method", "url", "body", "enable_redirect",
	"force_json_decode", "force_yaml_decode", "headers", "raw_body", "tls_use_system_certs",
	"tls_ca_cert", "tls_ca_cert_file", "tls_ca_cert_env_variable", "tls_client_cert",
	"tls_client_cert_file", "tls_client_cert_env_variable", "tls_client_key",
	"tls_client_key_file", "tls_client_key_env_variable", "tls_insecure_skip_verify",
	"tls_server_name", "timeout", "cache", "force_cache", "force_cache_duration_seconds",
	"raise_error", "caching_mode", "max_retry_attempts", "cache_ignored_headers" };

static const char *const required_config[] = { "aws_service", "aws_access_key",
	"aws_secret_access_key", "aws_region" };

/* Proxies may change these on the way. */
static const char *const unsigned_headers[] = { "authorization", "user-agent", "x-amzn-trace-id" };

struct signing {
	struct rego_call *call;
	value_t request, config;
	str_t service, region;
	struct uri url;
	char date[16], time[32]; /* 20151228, 20151228T140825Z */
	str_t content; /* hash of the body in hexadecimal, or UNSIGNED-PAYLOAD */
};

static str_t
text_of(value_t v) /* what is no string counts as an empty one */
{
	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static str_t
config_text(const struct signing *s, const char *name)
{
	return text_of(value_object_get_text(s->config, name));
}

static bool
is_listed(str_t name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, str_of(list[i])))
			return true;
	return false;
}

/* ---- what is asked for ---- */

/* Complains of operand `n` if the set has any members. */
static enum rego_outcome
complain(struct rego_call *call, unsigned n, const char *what, struct set_builder *names)
{
	value_t set = set_builder_freeze(names);
	enum rego_outcome outcome;
	struct buf text;

	if (!value_is_defined(set))
		return REGO_HALT;
	if (set.count == 0)
		return REGO_DEFINED;
	rego_text_init(call, &text);
	value_print(&text, set);
	outcome = rego_fail_operand(call, n, "%s: %.*s", what, STR_FMT(buf_str(&text)));
	buf_fini(&text);
	return outcome;
}

enum wanted { THERE, A_STRING };

static enum rego_outcome
require(struct rego_call *call, unsigned n, const char *const *names, size_t count,
    enum wanted wanted, const char *what)
{
	struct set_builder wrong;

	set_builder_init(&wrong, call->arena, count);
	for (size_t i = 0; i < count; i++) {
		value_t v = value_object_get_text(call->arg[n - 1], names[i]);

		if (wanted == THERE ? !value_is_defined(v) : !value_is_string(v))
			(void)set_builder_add(&wrong, value_text(call->arena, names[i]));
	}
	return complain(call, n, what, &wrong);
}

static enum rego_outcome
refuse_unknown(struct rego_call *call)
{
	const value_t request = call->arg[0];
	struct set_builder wrong;

	set_builder_init(&wrong, call->arena, 1);
	for (uint32_t i = 0; i < request.count; i++) {
		value_t key = request.object->keys[i];

		if (!value_is_string(key) ||
		    !is_listed(value_str(key), request_keys, COUNT(request_keys)))
			(void)set_builder_add(&wrong, key);
	}
	return complain(call, 1, "invalid request parameters(s)", &wrong);
}

static void
set_time(struct signing *s, int64_t ns)
{
	int64_t seconds = ns / NANOSECONDS - (ns % NANOSECONDS < 0);
	struct time_civil c = time_civil_of(seconds);

	(void)snprintf(s->date, sizeof(s->date), "%04d%02d%02d", (int)c.year, c.month, c.day);
	(void)snprintf(s->time, sizeof(s->time), "%sT%02d%02d%02dZ", s->date, c.hour, c.minute,
	    c.second);
}

static enum rego_outcome
check_operands(struct signing *s)
{
	static const char *const required_request[] = { "method", "url" };
	struct rego_call *call = s->call;
	value_t headers = value_object_get_text(s->request, "headers");
	enum rego_outcome outcome = require(call, 2, required_config, COUNT(required_config), THERE,
	    "missing required AWS config parameters(s)");

	if (outcome == REGO_DEFINED)
		outcome = require(call, 2, required_config, COUNT(required_config), A_STRING,
		    "invalid values for required AWS config parameters(s)");
	if (outcome != REGO_DEFINED)
		return outcome;
	if (call->arg[2].tag != VALUE_INT) /* spelled otherwise, or too large */
		return rego_fail_operand(call, 3,
		    "could not convert time_ns value into a unix timestamp");
	set_time(s, call->arg[2].integer);
	outcome = refuse_unknown(call);
	if (outcome == REGO_DEFINED)
		outcome = require(call, 1, required_request, COUNT(required_request), THERE,
		    "missing required request parameters(s)");
	if (outcome != REGO_DEFINED)
		return outcome;
	if (value_is_defined(headers) && headers.tag != VALUE_OBJECT)
		return rego_fail_type(call, 0, "object", headers);
	return require(call, 1, required_request, COUNT(required_request), A_STRING,
	    "invalid values for required request parameters(s)");
}

static enum rego_outcome
read_url(struct signing *s)
{
	str_t text = text_of(value_object_get_text(s->request, "url"));
	struct uri_fault fault;

	if (uri_read(s->call->arena, text, &s->url, &fault))
		return REGO_DEFINED;
	if (arena_failed(s->call->arena))
		return REGO_HALT;
	return rego_fail(s->call, "%.*s", STR_FMT(uri_explain(s->call->arena, &fault)));
}

static str_t
hash_hex(struct arena *arena, str_t bytes)
{
	char *hex = arena_alloc_raw(arena, SHA256_HEX_SIZE, 1);

	if (hex == NULL)
		return STR_NONE;
	digest_sha256_hex(bytes, hex);
	return str_make(hex, SHA256_HEX_SIZE);
}

static enum rego_outcome
read_content(struct signing *s)
{
	value_t off = value_object_get_text(s->config, "disable_payload_signing");
	value_t body = value_object_get_text(s->request, "body");
	value_t raw = value_object_get_text(s->request, "raw_body");
	struct buf text;

	if (value_is_defined(off) && !value_is_bool(off))
		return rego_fail_operand(s->call, 2,
		    "invalid value for 'disable_payload_signing' in AWS config");
	s->content = STR("UNSIGNED-PAYLOAD");
	if (off.tag == VALUE_TRUE)
		return REGO_DEFINED;
	buf_init(&text, TEXT_MAX);
	if (value_is_defined(raw))
		buf_add_str(&text, text_of(raw));
	else if (value_is_defined(body))
		json_write_escaped(&text, body);
	s->content = hash_hex(s->call->arena, buf_str(&text));
	if (buf_failed(&text) || !rego_work(s->call, text.len))
		arena_fail(s->call->arena);
	buf_fini(&text);
	return arena_failed(s->call->arena) ? REGO_HALT : REGO_DEFINED;
}

/* ---- signing ---- */

static void
put(struct signing *s, struct object_builder *o, const char *name, str_t text)
{
	(void)object_builder_add_text(o, name, value_string(s->call->arena, text));
}

/* The headers that the service wants besides those of the request. */
static void
put_aws_headers(struct signing *s, struct object_builder *o)
{
	str_t token = config_text(s, "aws_session_token");

	put(s, o, "host", s->url.authority);
	put(s, o, "x-amz-date", str_of(s->time));
	if (str_eq(s->service, STR("s3")) || str_eq(s->service, STR("glacier")))
		put(s, o, "x-amz-content-sha256", s->content);
	if (token.len > 0)
		put(s, o, "x-amz-security-token", token);
}

static str_t
lower(struct arena *arena, str_t s)
{
	char *text = arena_copy(arena, s.data, s.len);

	for (size_t i = 0; text != NULL && i < s.len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] += 'a' - 'A';
	return text != NULL ? str_make(text, s.len) : STR_NONE;
}

/* What is signed: names in lower case, in order; the request's own win. */
static value_t
signed_headers(struct signing *s)
{
	value_t own = value_object_get_text(s->request, "headers");
	struct arena *arena = s->call->arena;
	struct object_builder o;

	object_builder_init(&o, arena, 8);
	put_aws_headers(s, &o);
	for (uint32_t i = 0; value_is_defined(own) && i < own.count; i++) {
		str_t name = lower(arena, text_of(own.object->keys[i]));

		if (!is_listed(name, unsigned_headers, COUNT(unsigned_headers)))
			(void)object_builder_add(&o, value_string(arena, name),
			    value_string(arena, text_of(own.object->values[i])));
	}
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static void
add_names(struct buf *out, value_t headers)
{
	for (uint32_t i = 0; i < headers.count; i++)
		buf_printf(out, "%s%.*s", i > 0 ? ";" : "",
		    STR_FMT(value_str(headers.object->keys[i])));
}

static void
add_canonical(struct signing *s, value_t headers, struct buf *out)
{
	str_t path = uri_escaped_path(s->call->arena, &s->url);

	buf_printf(out, "%.*s\n%.*s\n%.*s\n",
	    STR_FMT(text_of(value_object_get_text(s->request, "method"))), STR_FMT(path),
	    STR_FMT(s->url.query));
	for (uint32_t i = 0; i < headers.count; i++)
		buf_printf(out, "%.*s:%.*s\n", STR_FMT(value_str(headers.object->keys[i])),
		    STR_FMT(value_str(headers.object->values[i])));
	buf_add_char(out, '\n');
	add_names(out, headers);
	buf_printf(out, "\n%.*s", STR_FMT(s->content));
}

/* The key of one day, region and service. */
static void
derive_key(struct signing *s, uint8_t key[SHA256_SIZE])
{
	const str_t steps[] = { s->region, s->service, STR("aws4_request") };
	str_t secret = config_text(s, "aws_secret_access_key");
	struct buf first;

	buf_init(&first, secret.len + 4);
	buf_add_text(&first, "AWS4");
	buf_add_str(&first, secret);
	if (buf_failed(&first))
		arena_fail(s->call->arena);
	hmac_of(DIGEST_SHA256, buf_str(&first), str_of(s->date), key);
	for (size_t i = 0; i < COUNT(steps); i++) {
		uint8_t next[SHA256_SIZE];

		hmac_of(DIGEST_SHA256, str_make((char *)key, SHA256_SIZE), steps[i], next);
		memcpy(key, next, SHA256_SIZE);
	}
	if (first.len > 0)
		secret_wipe(first.data, first.len);
	buf_fini(&first);
}

static void
add_authorization(struct signing *s, value_t headers, struct buf *out)
{
	uint8_t key[SHA256_SIZE], signature[SHA256_SIZE];
	char hash[SHA256_HEX_SIZE];
	struct buf text;

	buf_init(&text, TEXT_MAX);
	add_canonical(s, headers, &text);
	digest_sha256_hex(buf_str(&text), hash);
	out->failed = out->failed || buf_failed(&text);
	buf_clear(&text);
	buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%.*s/%.*s/aws4_request\n%.*s", s->time, s->date,
	    STR_FMT(s->region), STR_FMT(s->service), SHA256_HEX_SIZE, hash);
	derive_key(s, key);
	hmac_of(DIGEST_SHA256, str_make((char *)key, sizeof(key)), buf_str(&text), signature);
	out->failed = out->failed || buf_failed(&text);
	buf_fini(&text);
	buf_printf(out, "AWS4-HMAC-SHA256 Credential=%.*s/%s/%.*s/%.*s/aws4_request,SignedHeaders=",
	    STR_FMT(config_text(s, "aws_access_key")), s->date, STR_FMT(s->region),
	    STR_FMT(s->service));
	add_names(out, headers);
	buf_add_text(out, ",Signature=");
	hex_write(out, str_make((char *)signature, sizeof(signature)));
}

/* The request's headers, then those of the signature, which win. */
static value_t
final_headers(struct signing *s, str_t authorization)
{
	value_t own = value_object_get_text(s->request, "headers");
	struct arena *arena = s->call->arena;
	struct object_builder o;

	object_builder_init(&o, arena, 8);
	for (uint32_t i = 0; value_is_defined(own) && i < own.count; i++)
		(void)object_builder_add(&o,
		    value_string(arena, text_of(own.object->keys[i])),
		    value_string(arena, text_of(own.object->values[i])));
	put(s, &o, "Authorization", authorization);
	put_aws_headers(s, &o);
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static enum rego_outcome
sign(struct signing *s, value_t *ret)
{
	struct arena *arena = s->call->arena;
	value_t headers = signed_headers(s);
	struct buf authorization;

	if (!value_is_defined(headers))
		return REGO_HALT;
	buf_init(&authorization, TEXT_MAX);
	add_authorization(s, headers, &authorization);
	if (buf_failed(&authorization))
		arena_fail(arena);
	headers = final_headers(s, buf_str(&authorization));
	buf_fini(&authorization);
	if (arena_failed(arena) || !value_is_defined(headers))
		return REGO_HALT;
	return rego_give(value_object_with(arena, s->request, value_text(arena, "headers"), headers),
	    ret);
}

static enum rego_outcome
sign_request(struct rego_call *call, value_t *ret)
{
	struct signing s = { .call = call, .request = call->arg[0], .config = call->arg[1] };
	enum rego_outcome outcome = check_operands(&s);

	if (outcome != REGO_DEFINED)
		return outcome;
	s.service = config_text(&s, "aws_service");
	s.region = config_text(&s, "aws_region");
	if (!rego_charge(call, 4096))
		return REGO_HALT;
	outcome = read_url(&s);
	if (outcome == REGO_DEFINED)
		outcome = read_content(&s);
	return outcome == REGO_DEFINED ? sign(&s, ret) : outcome;
}

const struct rego_builtin rego_builtins_aws[] = {
	{ "providers.aws.sign_req",
	    "request: object[string: any], aws_config: object[string: any], time_ns: number -> "
	    "object[any: any]",
	    sign_request, "`request` with the headers of AWS's Signature Version 4." },
	{ 0 },
};
