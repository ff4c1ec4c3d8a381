/* SPDX-License-Identifier: Apache-2.0 */
/* rego: what policies can know of themselves and of other policies. */
#include "rego/ast_json.h"
#include "rego/builtin/util.h"
#include "rego/error_text.h"
#include "rego/parser.h"
#include "value/intern.h"

enum {
	ERRORS_MAX = 100,
	/* Memory per byte of text, for the parser, the tree, and the value it becomes. */
	PARSE_COST = 500,
	PARSE_LEAST = 4096,
};

/* The compiler has put the annotations where rules ask for them: this is a query. */
static enum rego_outcome
metadata(struct rego_call *call, value_t *ret)
{
	(void)ret;
	return rego_fail(call,
	    "the %s function must only be called within the scope of a rule",
	    call->builtin->name);
}

/* Names of the tree are interned in a table of their own, so its value must be a copy. */
static enum rego_outcome
parse_module(struct rego_call *call, value_t *ret)
{
	str_t name = value_str(call->arg[0]), text = value_str(call->arg[1]);
	struct diag diag;
	struct rego_unit unit = { .arena = call->arena, .diag = &diag };
	struct ast_module *module;
	value_t tree;
	err_t err;

	if (!rego_charge(call, PARSE_LEAST + text.len * PARSE_COST))
		return REGO_HALT;
	diag_init(&diag, call->arena, ERRORS_MAX);
	unit.intern = intern_new(call->arena);
	if (unit.intern == NULL)
		return REGO_HALT;
	err = rego_parse_module(&unit, name, text, REGO_V1, &module);
	if (err == ERR_POLICY) {
		str_t why = rego_error_text(call->arena, &diag);

		return rego_fail(call, "%.*s", STR_FMT(why));
	}
	if (err != ERR_OK)
		return REGO_HALT;
	tree = rego_ast_module_value(call->arena, module, name);
	if (value_is_defined(tree))
		tree = value_copy(call->arena, NULL, tree);
	return rego_give(tree, ret);
}

const struct rego_builtin rego_builtins_rego[] = {
	{ "rego.metadata.chain", "-> array[any]", metadata,
	    "The annotations that concern the rule it is called in, from the nearest "
	    "outwards." },
	{ "rego.metadata.rule", "-> any", metadata,
	    "The annotations of the rule that it is called in." },
	{ "rego.parse_module", "filename: string, rego: string -> object[string: any]",
	    parse_module, "The syntax tree of a policy." },
	{ 0 },
};
