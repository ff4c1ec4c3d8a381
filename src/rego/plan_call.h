/* SPDX-License-Identifier: Apache-2.0 */
/* plan_call: calls, shared by terms and literals. */
#ifndef REGO_PLAN_CALL_H
#define REGO_PLAN_CALL_H

#include "rego/plan.h"

/* items[0] is the operator, `arg_count` operands follow.  Answers the result's register. */
uint16_t plan_call(struct planner *, const struct ast_terms *items, size_t arg_count);

#endif
