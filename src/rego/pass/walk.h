/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: going through syntax, and making more of it.
 *
 * A walker's callbacks are asked before the children of a node are visited and
 * answer whether to go on to them.  Children are visited as they stand after the
 * callback, so a callback may rewrite the node in place.
 */
#ifndef REGO_PASS_WALK_H
#define REGO_PASS_WALK_H

#include "rego/pass/pass.h"

struct walker {
	bool (*on_term)(struct walker *, struct ast_term *); /* any may be NULL: go on */
	bool (*on_expr)(struct walker *, struct ast_expr *);
	bool (*on_body)(struct walker *, struct ast_body *);
	struct compiler *compiler;
	void *context;
};

void walk_term(struct walker *, struct ast_term *);
void walk_expr(struct walker *, struct ast_expr *);
void walk_body(struct walker *, struct ast_body *);
void walk_head(struct walker *, struct ast_head *); /* args, key, value */
void walk_rule(struct walker *, struct ast_rule *); /* head and body, without else */

/* ---- questions ---- */

bool term_is_root(const struct compiler *, const struct ast_term *); /* `data` or `input` alone */
bool term_is_comp(const struct ast_term *);
bool term_is_scalar(const struct ast_term *);
bool term_needs_eval(const struct ast_term *); /* has a reference or a comprehension inside */
bool ref_is_ground(const struct ast_term *ref); /* no variable behind the head */
bool ref_head_is(const struct ast_term *ref, rego_name_t);
/* Is this the reference of the built-in `name` ("io.jwt.decode")? */
bool ref_is_builtin(const struct ast_term *ref, const char *name);
bool expr_is_closure(const struct ast_expr *); /* has bodies with a scope of their own */
bool expr_is_call_of(const struct ast_expr *, const char *builtin);
bool expr_is_equality(const struct ast_expr *); /* eq with two operands */
bool expr_is_assignment(const struct ast_expr *); /* := with two operands */
const char *term_kind_name(const struct ast_term *);

/* ---- making ---- */

struct ast_term *make_var(struct compiler *, rego_name_t, struct ast_loc);
struct ast_term *make_local(struct compiler *, struct ast_loc); /* a new variable */
struct ast_term *make_const(struct compiler *, value_t, struct ast_loc);
struct ast_term *make_term(struct compiler *, enum ast_term_kind, struct ast_loc);
struct ast_term *make_operator(struct compiler *, const char *builtin, struct ast_loc);
struct ast_expr *make_expr(struct compiler *, enum ast_expr_kind, struct ast_loc);
struct ast_expr *make_equal(struct compiler *, struct ast_term *, struct ast_term *, struct ast_loc);
/* `__localN__ = term`, generated, at the place of the term; its variable is terms.at[1]. */
struct ast_expr *make_capture(struct compiler *, struct ast_term *);
struct ast_term *captured(const struct ast_expr *capture);

struct ast_term *copy_term(struct compiler *, const struct ast_term *);
struct ast_body copy_body(struct compiler *, const struct ast_body *);
struct ast_expr *copy_expr(struct compiler *, const struct ast_expr *);

void body_add(struct compiler *, struct ast_body *, struct ast_expr *); /* sets the index */

/* The parts of a head that may hold variables: args, parts of the ref, key, value. */
size_t head_part_count(const struct ast_head *);
struct ast_term **head_part(struct ast_head *, size_t i); /* the slot; may hold NULL */

#endif
