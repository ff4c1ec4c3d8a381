/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: from the compiled syntax tree to instructions, one function at a time.
 *
 * After the passes every variable has one binding place in its body, so there is
 * no unifier: `=` becomes an assignment, a test or a taking apart with tests.  A
 * body is planned in order; a literal that can fail jumps to the current fail
 * label; a reference with a free variable opens a scan, and everything after it
 * in the body is inside that scan: its fail label is the scan's next step.
 *
 *   plan.c       rule tree, functions, clauses, entry points
 *   plan_expr.c  literals: calls, equality, not, every, with
 *   plan_term.c  terms: references, composites, comprehensions
 *   plan_index.c  picking clauses by a value of input
 *   plan_emit.c  registers, labels, constants, instructions
 */
#ifndef REGO_PLAN_H
#define REGO_PLAN_H

#include "rego/program_internal.h"

typedef uint32_t label_t;

enum { REG_NONE = UINT16_MAX };

struct plan_scan {
	uint16_t iter, collection, key;
	label_t next; /* where a failing body goes on */
	label_t body;
	struct ast_loc loc;
};

struct plan_binding {
	rego_name_t name;
	uint16_t reg;
};

struct planner {
	struct rego_program *program;
	struct rego_unit *unit;
	struct arena *arena;
	VEC(uint32_t) labels; /* position of each label of the function */
	VEC(struct plan_scan) scans; /* open ones */
	VEC(struct plan_binding) bindings; /* innermost last */
	struct rego_func *func; /* being planned; an index would do, but see plan_func_begin */
	uint32_t func_id;
	label_t fail;
	uint32_t next_reg;
	struct ast_loc loc;
	bool mark; /* the next instruction begins an expression */
	bool failed; /* an error was reported */
};

/* A stretch of code with its own fail label and scans: a clause, a closure. */
struct plan_block {
	label_t fail, outer_fail;
	size_t scan_base;
};

static inline bool
plan_does(const struct planner *p, enum rego_optimisation without)
{
	return (p->unit->without & without) == 0;
}

/* plan_emit.c */
label_t plan_label(struct planner *);
void plan_place(struct planner *, label_t);
uint16_t plan_reg(struct planner *);
uint16_t plan_regs(struct planner *, uint32_t count); /* consecutive */
uint32_t plan_const(struct planner *, value_t);
uint32_t plan_path(struct planner *, const value_t *keys, size_t count);
void plan_emit(struct planner *, enum rego_opcode, uint16_t a, uint16_t b, uint16_t c, uint32_t x,
    label_t jump, uint8_t n);
void plan_jump(struct planner *, label_t);
void plan_block_begin(struct planner *, struct plan_block *);
void plan_block_end(struct planner *, struct plan_block *); /* closes its scans, places its fail label */
uint16_t plan_scan(struct planner *, uint16_t collection); /* key register; the value's follows it */
bool plan_find(const struct planner *, rego_name_t, uint16_t *ret_reg);
void plan_bind(struct planner *, struct ast_term *var, uint16_t reg);
void plan_error(struct planner *, struct ast_loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
err_t plan_func_begin(struct planner *, enum rego_func_kind, str_t name, struct ast_loc,
    uint32_t func_id);
void plan_func_end(struct planner *);
uint32_t plan_func_new(struct planner *); /* an id, to be planned later */

/* plan_term.c */
bool plan_is_free(const struct planner *, const struct ast_term *); /* an unbound variable */
bool plan_has_free(const struct planner *, const struct ast_term *); /* needs a pattern match */
uint16_t plan_term(struct planner *, struct ast_term *);
void plan_term_to(struct planner *, struct ast_term *, uint16_t reg);
void plan_match(struct planner *, struct ast_term *pattern, uint16_t reg);
void plan_equal(struct planner *, struct ast_term *, struct ast_term *);
uint16_t plan_data_path(struct planner *, const value_t *keys, size_t count);

/* The clauses of a rule, to be tried in order, or as an index picks them. */
struct plan_clauses {
	const struct ast_rule **at;
	label_t *labels; /* where each begins, once there is an index */
	size_t count;
	uint16_t cursor; /* register */
};

/* plan_index.c.  False: not worth one; else the clauses must be placed at their labels and
 * each must end in OP_INDEX_NEXT. */
bool plan_index(struct planner *, struct plan_clauses *, label_t end);
bool plan_is_plain_call(const struct ast_expr *, const char *builtin); /* of two operands, without not and with */
bool plan_is_input_path(const struct ast_term *); /* input.a.b, constant */

/* plan_expr.c */
void plan_body(struct planner *, const struct ast_body *);
struct rego_node *plan_find_node(const struct rego_unit *, const struct ast_term *ref);

/* What the planner knows of a node of the rule tree: node->plan. */
struct plan_node {
	uint32_t func; /* rules as a document; REGO_FUNC_NONE */
	uint32_t whole; /* partial rules together with those of the nodes below; REGO_FUNC_NONE */
	uint32_t function; /* rules with arguments; REGO_FUNC_NONE */
	uint32_t tree; /* index in program.nodes */
	bool is_partial;
};

static inline struct plan_node *
plan_of(const struct rego_node *node)
{
	return node->plan;
}

#endif
