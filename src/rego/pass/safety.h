/* SPDX-License-Identifier: Apache-2.0 */
/* safety: what the two safety passes share. */
#ifndef REGO_PASS_SAFETY_H
#define REGO_PASS_SAFETY_H

#include "rego/pass/pass.h"

/* "var x is unsafe"; names the rule where its line holds rules of several names. */
void report_unsafe(struct compiler *, const struct ast_rule *, rego_name_t, struct ast_loc);

#endif
