/* SPDX-License-Identifier: Apache-2.0 */
/* uri: URIs and their parts. */
#include "rego/builtin/uri_read.h"
#include "rego/builtin/util.h"

static enum rego_outcome
read_whole(struct rego_call *call, struct uri *u, struct uri_fault *fault)
{
	str_t s = value_str(call->arg[0]);

	if (!rego_charge(call, 512 + s.len * 8))
		return REGO_HALT;
	if (uri_read(call->arena, s, u, fault))
		return REGO_DEFINED;
	return fault->problem.len > 0 ? REGO_FAILED : REGO_HALT;
}

static enum rego_outcome
parse(struct rego_call *call, value_t *ret)
{
	struct uri u = { 0 };
	struct uri_fault fault;
	struct object_builder out;
	enum rego_outcome outcome = read_whole(call, &u, &fault);
	const struct {
		const char *name;
		str_t text;
	} parts[] = { { "scheme", u.scheme }, { "hostname", u.host }, { "port", u.port },
		{ "path", u.path }, { "raw_path", u.raw_path.len > 0 ? u.raw_path : u.path },
		{ "raw_query", u.query }, { "fragment", u.fragment } };

	if (outcome == REGO_HALT)
		return REGO_HALT;
	if (outcome == REGO_FAILED)
		return rego_fail(call, "%.*s", STR_FMT(uri_explain(call->arena, &fault)));
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
	enum rego_outcome outcome;
	struct uri_fault fault;
	struct uri u;

	*ret = value_bool(false);
	if (!value_is_string(call->arg[0]) || call->arg[0].count == 0)
		return REGO_DEFINED;
	outcome = read_whole(call, &u, &fault);
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
