/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ast_compare: the order of terms, as OPA has it, so that sets and objects
 * written in a policy have their elements in OPA's order.
 *
 * Values first (null < booleans < numbers < strings), then variables, references,
 * arrays, objects, sets, comprehensions, calls, templates.
 */
#ifndef REGO_AST_COMPARE_H
#define REGO_AST_COMPARE_H

#include "rego/ast.h"

int rego_ast_compare(const struct ast_term *, const struct ast_term *); /* -1, 0, 1; NULL first */
int rego_ast_compare_body(const struct ast_body *, const struct ast_body *);
int rego_ast_compare_expr(const struct ast_expr *, const struct ast_expr *);

str_t rego_name_str(rego_name_t);

#endif
