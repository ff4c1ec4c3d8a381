/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type_check: what the files of pass types share.
 *
 *   types.c       the pass: rules in order, their types, the report
 *   type_check.c  expressions and bodies
 *   type_ref.c    references
 *   type_with.c   what `with` does to the types of rules
 *   type_schema.h what schemas say
 */
#ifndef REGO_PASS_TYPE_CHECK_H
#define REGO_PASS_TYPE_CHECK_H

#include "rego/pass/type_env.h"

struct type_finding {
	struct ast_loc loc;
	str_t message, hint; /* the hint may be empty */
	bool hole; /* the cause is a term of which nothing is known */
};

struct checker {
	struct compiler *compiler;
	struct type_env env;
	VEC(uint8_t *) effects; /* one for each `with` around the current place */
	size_t effect_depth;
	VEC(uint32_t) affected; /* rules still to be followed to their users */
	struct name_map schemas; /* schemas in metadata -> their types, by address */
	VEC(struct type_finding) findings;
};

struct type_finding *check_refuse(struct checker *, struct ast_loc, str_t message, bool hole);
void check_body(struct checker *, struct ast_body *);
void check_refs(struct checker *, struct ast_expr *); /* references in operands */

/* Takes the effects of the expression's `with`s upon the rules into account. */
void check_enter_withs(struct checker *, const struct ast_expr *);

#endif
