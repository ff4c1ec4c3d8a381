/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vars: sets and maps of names, and which variables a piece of syntax has.
 *
 * Names are interned, so a name is its pointer.  Sets remember the order in
 * which names came, which keeps messages and generated code the same from run to
 * run.  Nothing is ever taken out of a set; a new one is made.  A set may stand
 * within another: it has what that has, but lists only what was added to it.
 */
#ifndef REGO_PASS_VARS_H
#define REGO_PASS_VARS_H

#include "rego/ast.h"

struct compiler;

struct name_slot {
	rego_name_t key; /* NULL: free */
	void *value;
};

struct name_map {
	struct name_slot *slots;
	uint32_t count, mask; /* slots: mask + 1, when there are any */
};

void *name_map_find(const struct name_map *, rego_name_t); /* NULL: not there */
void name_map_put(struct compiler *, struct name_map *, rego_name_t, void *value);

struct var_set {
	rego_name_t *at; /* in the order they came */
	size_t count, capacity;
	const struct var_set *around; /* must outlive this one; NULL: none */
	struct name_map index; /* used beyond a handful */
};

bool var_set_has(const struct var_set *, rego_name_t);
bool var_set_has_all(const struct var_set *, const struct var_set *part);
void var_set_add(struct compiler *, struct var_set *, rego_name_t);
void var_set_add_all(struct compiler *, struct var_set *, const struct var_set *more);
struct var_set var_set_minus(struct compiler *, const struct var_set *, const struct var_set *less);
struct var_set var_set_within(const struct var_set *around); /* adds nothing yet */
bool var_set_equal(const struct var_set *, const struct var_set *);
void var_set_sort(struct var_set *); /* by text */

bool name_is_generated(rego_name_t);
bool name_is_wildcard(rego_name_t);

/* What a collection leaves out. */
enum vars_skip {
	SKIP_REF_HEAD = 1,
	SKIP_OBJECT_KEYS = 2,
	SKIP_CLOSURES = 4, /* comprehensions, templates and bodies of every */
	SKIP_SETS = 8,
	SKIP_CALL_HEAD = 16, /* the first part of operators and of with targets */
	SKIP_FOR_SAFETY = SKIP_CLOSURES | SKIP_CALL_HEAD,
	SKIP_FOR_UNIFY = SKIP_REF_HEAD | SKIP_OBJECT_KEYS | SKIP_CLOSURES,
};

void vars_of_term(struct compiler *, struct var_set *, const struct ast_term *, unsigned skip);
void vars_of_expr(struct compiler *, struct var_set *, const struct ast_expr *, unsigned skip);
void vars_of_with(struct compiler *, struct var_set *, const struct ast_with *, unsigned skip);
void vars_of_body(struct compiler *, struct var_set *, const struct ast_body *, unsigned skip);
void vars_of_args(struct compiler *, struct var_set *, const struct ast_head *);

#endif
