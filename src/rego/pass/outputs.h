/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outputs: which variables an expression binds, given those that are bound.
 *
 * References bind the variables in them once their head is bound; `=` binds what
 * its two sides can tell about each other; a call with an output binds the
 * variables in it; everything else binds nothing.
 */
#ifndef REGO_PASS_OUTPUTS_H
#define REGO_PASS_OUTPUTS_H

#include "rego/pass/vars.h"

/* Newly bound ones only. */
struct var_set outputs_of_expr(struct compiler *, const struct ast_expr *, const struct var_set *bound);
struct var_set outputs_of_exprs(struct compiler *, struct ast_expr *const *, size_t count,
    const struct var_set *bound);

#endif
