/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eval_print: the solutions of a query, in the forms that `opa eval` has.
 *
 *   json      everything: expressions with their texts and places, bindings
 *   values    for each solution an array with the value of each expression
 *   bindings  for each solution an object of its variables
 *   pretty    one value as it is, several solutions or variables as a table
 *   raw       values one a line, strings without quotes
 *   discard   json, without the result
 */
#ifndef CLI_EVAL_PRINT_H
#define CLI_EVAL_PRINT_H

#include "cli/cli.h"
#include "rego/ast.h"

#define EVAL_FORMATS "json|pretty|raw|values|bindings|discard"

struct eval_answer {
	value_t solutions;
	const struct ast_body *written; /* the query as it was parsed */
	str_t query; /* its text */
};

typedef void eval_print_fn(struct cli *, const struct eval_answer *);

eval_print_fn *eval_print_find(const char *format); /* NULL: there is no such format */

#endif
