/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest_forward: forward auth, for a proxy that asks before it lets a request through.
 *
 * The original request is in X-Original-Method and -URI (nginx) or X-Forwarded-Method,
 * -Uri, -Host and -Proto (Traefik, Caddy, HAProxy).  A client may have sent the fields
 * of the other kind through its proxy: so both kinds must agree, and none be there twice.
 */
#include "base/utf8.h"
#include "sidecar/input.h"
#include "sidecar/rest.h"
#include "sidecar/worker.h"

enum { STEPS_MAX = 256, FIELD_MAX = 1024, ROLES_MAX = 64, ROLE_MAX = 64 };

struct original {
	str_t method, uri, host, scheme;
	str_t path;    /* of the uri */
	value_t steps; /* of the path, decoded; empty ones left out */
	const struct rest_params *params;
	str_t trouble; /* why no policy is asked; empty: nothing */
};

static err_t
refuse(struct request *r, str_t text)
{
	r->err_text = text;
	return ERR_SYNTAX;
}

/* ---- the original request ---- */

static err_t
read_either(struct request *r, const char *ours, const char *other, str_t *ret)
{
	const char *const names[] = { ours, other };

	*ret = STR_NONE;
	for (size_t i = 0; i < COUNT(names); i++) {
		str_t value = rest_field(r, names[i]);

		if (value.data == NULL)
			continue;
		if (http1_count_field(r->caller.call, str_of(names[i])) > 1)
			return refuse(
			    r, arena_printf(r->notes, "%s is there twice", names[i]));
		if (ret->data != NULL && !str_eq(*ret, value))
			return refuse(r, arena_printf(r->notes,
					     "%s and %s contradict each other", ours, other));
		*ret = value;
	}
	return ERR_OK;
}

/* /a//b%20c/ is ["a", "b c"].  What a server might resolve otherwise is trouble. */
static void
read_steps(struct request *r, struct original *o)
{
	value_t *steps = ARENA_ARRAY(r->notes, value_t, STEPS_MAX);
	str_t rest = o->path;
	size_t count = 0;

	while (rest.len > 0 && steps != NULL) {
		size_t end = str_find_char(rest, '/', 0);
		str_t step = rest_unescape(r->notes, str_sub(rest, 0, end));

		rest = str_skip(rest, end < rest.len ? end + 1 : end);
		if (step.len == 0)
			continue;
		if (str_eq(step, STR(".")) || str_eq(step, STR("..")) ||
		    !utf8_is_valid(step) || str_find_char(step, '\0', 0) < step.len ||
		    str_find_char(step, '\\', 0) < step.len ||
		    str_find_char(step, '/', 0) < step.len || count == STEPS_MAX) {
			o->trouble = STR("the path is ambiguous");
			return;
		}
		steps[count++] = value_string(r->notes, step);
	}
	o->steps = steps != NULL ? value_array_of(steps, count) : VALUE_NONE;
}

static err_t
decode_auth(struct request *r)
{
	struct original *o = ARENA_NEW(r->notes, struct original);
	str_t authorization = rest_field(r, "authorization");
	size_t question;

	if (o == NULL)
		return ERR_MEMORY;
	r->own = o;
	TRY(read_either(r, "x-original-method", "x-forwarded-method", &o->method));
	TRY(read_either(r, "x-original-uri", "x-forwarded-uri", &o->uri));
	TRY(read_either(r, "x-original-host", "x-forwarded-host", &o->host));
	TRY(read_either(r, "x-original-proto", "x-forwarded-proto", &o->scheme));
	if (o->method.len == 0 || o->uri.len == 0 || o->uri.data[0] != '/')
		return refuse(r, STR("the original method and URI are needed: "
				     "x-original-method and x-original-uri, or "
				     "x-forwarded-method and x-forwarded-uri"));
	if (http1_count_field(r->caller.call, STR("authorization")) > 1)
		return refuse(r, STR("authorization is there twice"));
	question = str_find_char(o->uri, '?', 0);
	o->path = str_sub(o->uri, 0, question);
	read_steps(r, o);
	o->params = rest_params_read(
	    r->notes, question < o->uri.len ? str_skip(o->uri, question + 1) : STR(""));
	if (authorization.len > 7 &&
	    str_eq_nocase(str_sub(authorization, 0, 7), STR("bearer ")))
		r->message.token = str_skip(authorization, 7);
	r->message.action = o->method;
	r->message.resource = o->path;
	return o->params != NULL ? ERR_OK : ERR_MEMORY;
}

/* ---- the input ---- */

static void
add_text(struct request *r, struct object_builder *o, const char *name, str_t text)
{
	if (text.data != NULL && utf8_is_valid(text))
		(void)object_builder_add_text(o, name, value_string(r->arena, text));
}

/* {"a": ["1", "2"]}: all that were sent, in order. */
static value_t
make_query(struct request *r, const struct rest_params *params)
{
	struct object_builder o;

	object_builder_init(&o, r->arena, params->count);
	for (size_t i = 0; i < params->count; i++) {
		value_t *values = ARENA_ARRAY(r->arena, value_t, params->count);
		size_t count = 0;

		if (values == NULL || !utf8_is_valid(params->at[i].name))
			continue;
		for (size_t k = 0; k < params->count; k++) {
			if (str_eq(params->at[k].name, params->at[i].name) &&
			    utf8_is_valid(params->at[k].value))
				values[count++] = value_string(r->arena, params->at[k].value);
		}
		(void)object_builder_add(&o, value_string(r->arena, params->at[i].name),
		    value_array_of(values, count));
	}
	return object_builder_freeze(&o, OBJECT_FIRST_WINS, NULL);
}

/* Those that policies ask about; never what carries a secret. */
static value_t
make_headers(struct request *r)
{
	static const char *const names[] = { "accept", "content-type", "origin", "referer",
		"user-agent", "x-forwarded-for", "x-request-id" };
	struct object_builder o;

	object_builder_init(&o, r->arena, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		add_text(r, &o, names[i], rest_field(r, names[i]));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static bool
ask_auth(struct request *r, struct question *q)
{
	const struct original *original = r->own;
	struct object_builder o;
	value_t more;

	if (original->trouble.len > 0) {
		request_deny(r, PROBLEM_POLICY_DENIED, original->trouble);
		return false;
	}
	if (r->identity.subject.len > FIELD_MAX || r->identity.tenant_id.len > FIELD_MAX) {
		request_deny(
		    r, PROBLEM_POLICY_DENIED, STR("the token's names do not fit a header field"));
		return false;
	}
	object_builder_init(&o, r->arena, 6);
	add_text(r, &o, "method", original->method);
	add_text(r, &o, "host", original->host);
	add_text(r, &o, "scheme", original->scheme);
	(void)object_builder_add_text(&o, "path", original->steps);
	(void)object_builder_add_text(&o, "query", make_query(r, original->params));
	(void)object_builder_add_text(&o, "headers", make_headers(r));
	more = object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
	q->rule = r->book->config.rest_auth_rule;
	q->input = value_object_merge(r->arena, input_make(r), more);
	return true;
}

/* ---- the answer ---- */

/* What would be read differently in a field, or in a list of them, becomes %XX: no two names
 * look alike. */
static void
add_escaped(struct buf *out, str_t text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c <= 0x20 || c >= 0x7f || c == '%' || c == ',')
			buf_printf(out, "%%%02X", c);
		else
			buf_add_char(out, (char)c);
	}
}

/* Always all three: what the client itself sent by these names must not stay. */
static void
add_identity(struct buf *out, const struct request *r)
{
	value_t roles = r->identity.roles;
	size_t listed = 0;

	buf_add_text(out, "x-auth-subject: ");
	add_escaped(out, r->identity.subject);
	buf_add_text(out, "\r\nx-auth-tenant: ");
	add_escaped(out, r->identity.tenant_id);
	buf_add_text(out, "\r\nx-auth-roles: ");
	for (uint32_t i = 0; roles.tag == VALUE_ARRAY && i < roles.count && i < ROLES_MAX;
	     i++) {
		/* One too long is left out whole: half a name may be another's. */
		if (!value_is_string(roles.items[i]) || roles.items[i].count > ROLE_MAX)
			continue;
		if (listed++ > 0)
			buf_add_char(out, ',');
		add_escaped(out, value_str(roles.items[i]));
	}
	buf_add_text(out, "\r\n");
}

static void
respond_auth(const struct request *r, struct buf *out)
{
	struct buf *fields = &r->worker->scratch;
	bool is_known = r->message.token.len > 0 && r->identity.reason == TOKEN_NONE;

	buf_clear(fields);
	buf_add_text(fields, "cache-control: no-store\r\n");
	if (r->allow) {
		add_identity(fields, r);
		rest_begin(out, 200, buf_str(fields));
	} else if (is_known || ((const struct original *)r->own)->trouble.len > 0) {
		rest_begin(out, 403, buf_str(fields));
	} else {
		buf_add_text(
		    fields, r->message.token.len > 0
				? "www-authenticate: Bearer error=\"invalid_token\"\r\n"
				: "www-authenticate: Bearer\r\n");
		rest_begin(out, 401, buf_str(fields));
	}
}

static void
refuse_auth(struct buf *out, str_t reason)
{
	rest_begin(out, 403, STR("cache-control: no-store\r\n"));
}

const struct handler rest_auth = {
	.decode = decode_auth,
	.ask = ask_auth,
	.respond = respond_auth,
	.refuse = refuse_auth,
};
