/* SPDX-License-Identifier: Apache-2.0 */
/* uri: the parts of URIs. */
#include "rego/builtin/uri_read.h"
#include "rego/builtin/util.h"

/* FAILED: it is none. */
static enum rego_outcome
read_whole(struct rego_call *call, str_t s, struct uri *u, str_t *ret_why, str_t *ret_bad)
{
	if (!rego_charge(call, 512 + s.len * 8))
		return REGO_HALT;
	if (uri_read(call->arena, s, u, ret_why, ret_bad))
		return REGO_DEFINED;
	return arena_failed(call->arena) ? REGO_HALT : REGO_FAILED;
}

static enum rego_outcome
refuse(struct rego_call *call, str_t bad, str_t why)
{
	enum rego_outcome outcome;
	struct buf quoted;

	rego_text_init(call, &quoted);
	value_print(&quoted, value_string(call->arena, bad));
	outcome = rego_fail(call, "parse %.*s: %.*s", STR_FMT(buf_str(&quoted)), STR_FMT(why));
	buf_fini(&quoted);
	return outcome;
}

static enum rego_outcome
parse(struct rego_call *call, value_t *ret)
{
	struct uri u = { 0 };
	struct object_builder out;
	str_t bad, why;
	enum rego_outcome outcome = read_whole(call, value_str(call->arg[0]), &u, &why, &bad);
	const struct {
		const char *name;
		str_t text;
	} parts[] = { { "scheme", u.scheme }, { "hostname", u.host }, { "port", u.port },
		{ "path", u.path }, { "raw_path", u.raw_path.len > 0 ? u.raw_path : u.path },
		{ "raw_query", u.query }, { "fragment", u.fragment } };

	if (outcome == REGO_FAILED)
		return refuse(call, bad, why);
	if (outcome == REGO_HALT)
		return REGO_HALT;
	object_builder_init(&out, call->arena, COUNT(parts));
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (parts[i].text.len > 0)
			(void)object_builder_add_text(&out, parts[i].name,
			    value_string(call->arena, parts[i].text));
	}
	return rego_give(object_builder_freeze(&out, OBJECT_LAST_WINS, NULL), ret);
}

/* An empty reference is a URI by the grammar, but none that a policy could want. */
static enum rego_outcome
is_valid(struct rego_call *call, value_t *ret)
{
	struct uri u;
	enum rego_outcome outcome;
	str_t bad, why;

	*ret = value_bool(false);
	if (!value_is_string(call->arg[0]) || call->arg[0].count == 0)
		return REGO_DEFINED;
	outcome = read_whole(call, value_str(call->arg[0]), &u, &why, &bad);
	*ret = value_bool(outcome == REGO_DEFINED);
	return outcome == REGO_HALT ? REGO_HALT : REGO_DEFINED;
}

const struct rego_builtin rego_builtins_uri[] = {
	{ "uri.is_valid", "uri: string -> boolean", is_valid, "Whether `uri` is a URI.",
	    REGO_LENIENT },
	{ "uri.parse", "uri: string -> object[string: string]", parse,
	    "The parts of `uri` that are not empty, by name." },
	{ 0 },
};
