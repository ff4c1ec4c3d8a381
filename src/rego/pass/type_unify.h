/* SPDX-License-Identifier: Apache-2.0 */
/* type_unify: what `=` and calls tell of the types of their terms. */
#ifndef REGO_PASS_TYPE_UNIFY_H
#define REGO_PASS_TYPE_UNIFY_H

#include "rego/pass/type_env.h"

/*
 * Can the term have the type?  Variables not known yet get it; with `unite`, they
 * get it besides what they may have.
 */
bool unify_term(struct type_env *, const struct ast_term *, type_t, bool unite);
/* Can the two terms be equal? */
bool unify_terms(struct type_env *, const struct ast_term *, const struct ast_term *);

#endif
