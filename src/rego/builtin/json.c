/* SPDX-License-Identifier: Apache-2.0 */
/* json and yaml: values as text, and back. */
#include "codec/json.h"
#include "codec/yaml.h"
#include "rego/builtin/json_internal.h"
#include "rego/builtin/util.h"

/* ---- json ---- */

typedef void write_fn(struct buf *, value_t);

static enum rego_outcome
write_json(struct rego_call *call, write_fn *write, value_t *ret)
{
	struct buf out;
	value_t v;

	if (!rego_to_json(call, call->arg[0], &v))
		return REGO_HALT;
	rego_text_init(call, &out);
	write(&out, v);
	return rego_give_text(call, &out, ret);
}

static enum rego_outcome
json_marshal(struct rego_call *call, value_t *ret)
{
	return write_json(call, json_write_escaped, ret);
}

/* How json.marshal_with_options prints. */
struct layout {
	str_t prefix, indent;
	bool pretty, says_pretty;
};

static enum rego_outcome
read_option(struct rego_call *call, str_t key, value_t v, struct layout *l)
{
	bool is_prefix = str_eq(key, STR("prefix"));

	if (is_prefix || str_eq(key, STR("indent"))) {
		if (!value_is_string(v))
			return rego_fail_operand(call, 2,
			    "key %.*s failed cast to string: operand 1 must be string but got %s",
			    STR_FMT(key), value_type_name(v));
		*(is_prefix ? &l->prefix : &l->indent) = value_str(v);
		l->pretty |= !l->says_pretty;
		return REGO_DEFINED;
	}
	if (!str_eq(key, STR("pretty")))
		return rego_fail_operand(call, 2, "object contained unknown key %.*s", STR_FMT(key));
	if (!value_is_bool(v))
		return rego_fail_operand(call, 2, "key %.*s failed cast to bool", STR_FMT(key));
	l->says_pretty = true;
	l->pretty = v.tag == VALUE_TRUE;
	return REGO_DEFINED;
}

static enum rego_outcome
json_marshal_with_options(struct rego_call *call, value_t *ret)
{
	struct layout l = { .indent = STR("\t") };
	value_t options = call->arg[1], v;
	struct buf out;

	for (uint32_t i = 0; i < options.count; i++) {
		const struct value_entry e = value_object_entry(options.object, i);
		enum rego_outcome outcome;

		if (!value_is_string(e.key))
			return rego_fail_operand(call, 2, "failed to stringify key at index %u: "
				"operand 1 must be string but got %s", i, value_type_name(e.key));
		outcome = read_option(call, value_str(e.key), e.value, &l);
		if (outcome != REGO_DEFINED)
			return outcome;
	}
	if (!l.pretty)
		return write_json(call, json_write_escaped, ret);
	if (!rego_to_json(call, call->arg[0], &v))
		return REGO_HALT;
	rego_text_init(call, &out);
	json_write_pretty_escaped(&out, v, l.prefix, l.indent);
	return rego_give_text(call, &out, ret);
}

static err_t
read_json(struct rego_call *call, struct diag *diag, value_t *ret)
{
	return json_read(call->arena, value_str(call->arg[0]), NULL, diag, ret);
}

/* Go's words; ours when Go would have no complaint. */
static enum rego_outcome
refuse_json(struct rego_call *call, str_t complaint)
{
	enum rego_outcome outcome;
	struct buf problem;

	rego_text_init(call, &problem);
	rego_json_fault(call->arena, &problem, value_str(call->arg[0]));
	outcome = rego_fail(call, "%.*s", STR_FMT(problem.len > 0 ? buf_str(&problem) : complaint));
	buf_fini(&problem);
	return outcome;
}

static enum rego_outcome
json_unmarshal(struct rego_call *call, value_t *ret)
{
	struct diag diag;
	err_t e;

	if (!rego_charge(call, call->arg[0].count))
		return REGO_HALT;
	diag_init(&diag, call->arena, 1);
	e = read_json(call, &diag, ret);
	if (e == ERR_OK)
		return REGO_DEFINED;
	if (e == ERR_MEMORY || arena_failed(call->arena))
		return REGO_HALT;
	if (e == ERR_LIMIT)
		return rego_halt(call, "%.*s", STR_FMT(diag_first_message(&diag)));
	return refuse_json(call, diag_first_message(&diag));
}

/* What is_valid answers after reading with `err`; what was read is forgotten. */
static enum rego_outcome
give_verdict(struct rego_call *call, struct arena_mark mark, err_t err, value_t *ret)
{
	if (err == ERR_MEMORY || arena_failed(call->arena))
		return REGO_HALT;
	arena_release(call->arena, mark);
	*ret = value_bool(err == ERR_OK);
	return REGO_DEFINED;
}

static enum rego_outcome
json_is_valid(struct rego_call *call, value_t *ret)
{
	struct arena_mark mark = arena_mark(call->arena);
	value_t v;

	if (!value_is_string(call->arg[0]))
		return give_verdict(call, mark, ERR_SYNTAX, ret);
	if (!rego_charge(call, call->arg[0].count))
		return REGO_HALT;
	return give_verdict(call, mark, read_json(call, NULL, &v), ret);
}

/* ---- yaml ---- */

static enum rego_outcome
yaml_marshal(struct rego_call *call, value_t *ret)
{
	struct buf out;
	value_t v;
	err_t e;

	if (!rego_to_json(call, call->arg[0], &v))
		return REGO_HALT;
	rego_text_init(call, &out);
	e = yaml_write(&out, v);
	if (e == ERR_SYNTAX) {
		buf_fini(&out);
		return rego_fail(call, "yaml: "
			"control characters are not allowed");
	}
	if (e != ERR_OK)
		out.failed = true;
	return rego_give_text(call, &out, ret);
}

static err_t
read_yaml(struct rego_call *call, struct yaml_fault *fault, value_t *ret)
{
	const struct yaml_options options = { .as_opa = true, .ret_fault = fault };

	return yaml_read(call->arena, value_str(call->arg[0]), &options, NULL, ret);
}

static enum rego_outcome
yaml_unmarshal(struct rego_call *call, value_t *ret)
{
	struct yaml_fault fault = { 0 };
	err_t e;

	if (!rego_charge(call, call->arg[0].count))
		return REGO_HALT;
	e = read_yaml(call, &fault, ret);
	if (e == ERR_OK)
		return REGO_DEFINED;
	if (e == ERR_MEMORY || arena_failed(call->arena))
		return REGO_HALT;
	if (e == ERR_LIMIT)
		return rego_halt(call, "line %u: %s", fault.line, fault.problem);
	if (fault.line == 0)
		return rego_fail(call, "%s: %s", fault.json ? "json" : "yaml", fault.problem);
	return rego_fail(call, "yaml: line %u: %s", fault.line,
	    fault.problem);
}

static enum rego_outcome
yaml_is_valid(struct rego_call *call, value_t *ret)
{
	struct arena_mark mark = arena_mark(call->arena);
	value_t v;

	if (!value_is_string(call->arg[0]))
		return give_verdict(call, mark, ERR_SYNTAX, ret);
	if (!rego_charge(call, call->arg[0].count))
		return REGO_HALT;
	return give_verdict(call, mark, read_yaml(call, NULL, &v), ret);
}

const struct rego_builtin rego_builtins_json[] = {
	{ "json.marshal", "x: any -> string", json_marshal, "`x` as JSON text." },
	{ "json.marshal_with_options",
	  "x: any, opts: object<indent: string, prefix: string, pretty: boolean, [string: any]> -> string",
	  json_marshal_with_options,
	  "`x` as JSON text laid out by `opts`: `pretty`, `prefix` and `indent`." },
	{ "json.unmarshal", "x: string -> any", json_unmarshal, "The value of the JSON text `x`." },
	{ "json.is_valid", "x: string -> boolean", json_is_valid, "Whether `x` is JSON text.",
	  .flags = REGO_LENIENT },
	{ "yaml.marshal", "x: any -> string", yaml_marshal, "`x` as YAML text." },
	{ "yaml.unmarshal", "x: string -> any", yaml_unmarshal, "The value of the YAML text `x`." },
	{ "yaml.is_valid", "x: string -> boolean", yaml_is_valid, "Whether `x` is YAML text.",
	  .flags = REGO_LENIENT },
	{ 0 },
};
