/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locals: the scopes of pass local_vars.
 *
 * A scope knows the names that occurred in it: declared ones, which get a new
 * name, and others that were only seen.  Looking a name up goes outwards.
 */
#ifndef REGO_PASS_LOCALS_H
#define REGO_PASS_LOCALS_H

#include "rego/pass/pass.h"

enum local_origin {
	LOCAL_NEW, /* not yet in the scope */
	LOCAL_ARG,
	LOCAL_SEEN, /* used, not declared here */
	LOCAL_ASSIGNED, /* by := */
	LOCAL_DECLARED, /* by some or every */
};

struct local {
	rego_name_t written, name;
	enum local_origin origin;
	uint32_t uses;
};

struct local_scope {
	struct name_map by_name;
	VEC(struct local *) all;
};

struct locals {
	struct compiler *compiler;
	VEC(struct local_scope) scopes; /* innermost last */
	uint32_t error_count; /* found in the current rule */
};

void locals_push(struct locals *);
void locals_pop(struct locals *);
struct local_scope *locals_scope(const struct locals *);

struct local *locals_find(const struct locals *, rego_name_t); /* in any scope; NULL */
enum local_origin locals_origin(const struct locals *, rego_name_t); /* in the innermost scope */
void locals_add(struct locals *, rego_name_t written, rego_name_t name, enum local_origin);
/* Declares a name in the innermost scope.  NULL: reported at `loc`. */
rego_name_t locals_declare(struct locals *, rego_name_t, enum local_origin, struct ast_loc);

/* Unused variables of the innermost scope: `before` and `after` are its body. */
void locals_check_unused(struct locals *, const struct ast_body *before, const struct ast_body *after,
    const struct var_set *used);

#endif
