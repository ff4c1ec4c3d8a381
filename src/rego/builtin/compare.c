/* SPDX-License-Identifier: Apache-2.0 */
/* compare: equality and order of any two values. */
#include "rego/builtin.h"

static enum rego_outcome
equal(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(value_equal(call->arg[0], call->arg[1]));
	return REGO_DEFINED;
}

static enum rego_outcome
neq(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(!value_equal(call->arg[0], call->arg[1]));
	return REGO_DEFINED;
}

static enum rego_outcome
lt(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(value_compare(call->arg[0], call->arg[1]) < 0);
	return REGO_DEFINED;
}

static enum rego_outcome
lte(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(value_compare(call->arg[0], call->arg[1]) <= 0);
	return REGO_DEFINED;
}

static enum rego_outcome
gt(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(value_compare(call->arg[0], call->arg[1]) > 0);
	return REGO_DEFINED;
}

static enum rego_outcome
gte(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(value_compare(call->arg[0], call->arg[1]) >= 0);
	return REGO_DEFINED;
}

const struct rego_builtin rego_builtins_compare[] = {
	{ "equal", "x: any, y: any -> boolean", equal, "Whether both are the same value.", REGO_OPERATOR,
	    "==" },
	{ "neq", "x: any, y: any -> boolean", neq, "Whether the two differ.", REGO_OPERATOR, "!=" },
	{ "lt", "x: any, y: any -> boolean", lt, "Whether the first comes before the second.",
	    REGO_OPERATOR, "<" },
	{ "lte", "x: any, y: any -> boolean", lte, "Whether the first does not come after the second.",
	    REGO_OPERATOR, "<=" },
	{ "gt", "x: any, y: any -> boolean", gt, "Whether the first comes after the second.",
	    REGO_OPERATOR, ">" },
	{ "gte", "x: any, y: any -> boolean", gte, "Whether the first does not come before the second.",
	    REGO_OPERATOR, ">=" },
	{ "eq", "x: any, y: any -> boolean", equal, "Unification: the compiler plans it.", REGO_OPERATOR,
	    "=" },
	{ "assign", "x: any, y: any -> boolean", equal, "Assignment: the compiler plans it.",
	    REGO_OPERATOR, ":=" },
	{ 0 },
};
