/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_internal: the shape of a program, for planner, verifier, machine and
 * listing only.
 */
#ifndef REGO_PROGRAM_INTERNAL_H
#define REGO_PROGRAM_INTERNAL_H

#include "rego/program.h"

enum rego_opcode {
#define OP(name, operands, doc) OP_##name,
#include "rego/opcode.def"
#undef OP
	OP_COUNT
};

/* One instruction: 16 bytes, fixed.  `jump` is absolute in program.code. */
struct rego_insn {
	uint8_t op, n;
	uint16_t a, b, c;
	uint32_t jump, x;
};

enum rego_func_kind { FUNC_RULE, FUNC_FUNCTION, FUNC_ENTRY };

/* A named register, for --explain and failing tests. */
struct rego_func_local {
	uint16_t reg;
	str_t name;
};

struct rego_func {
	uint8_t kind;
	bool is_function; /* conflicts are worded differently */
	uint32_t begin, end; /* code */
	uint32_t reg_count, param_count;
	uint32_t memo; /* FUNC_RULE: slot in the memo table */
	str_t name; /* data.authz.allow */
	struct ast_loc loc;
	VEC(struct rego_func_local) locals;
};

/* A constant path: the keys, and for a path of base data what it leads to without `with`. */
struct rego_path {
	value_t *keys;
	uint32_t count;
	value_t resolved; /* of DATA_PATH */
};

enum rego_with_kind { WITH_INPUT, WITH_DATA, WITH_FUNC, WITH_BUILTIN };

struct rego_with {
	uint8_t kind;
	bool by_function; /* replaced by a function or built-in, not by a value */
	bool replacement_is_builtin;
	uint32_t path; /* WITH_INPUT, WITH_DATA: below the root */
	uint32_t target; /* WITH_FUNC, WITH_BUILTIN: function, built-in */
	uint32_t replacement;
};

struct rego_withs {
	struct rego_with *at; /* the i-th value is in register b + i */
	uint32_t count;
};

/* The rule tree as the machine walks it for references that are not constant. */
struct rego_tree {
	value_t key;
	struct rego_tree *parent;
	struct rego_tree **children; /* sorted by key */
	uint32_t child_count;
	uint32_t func; /* REGO_FUNC_NONE: no rules here (functions do not count) */
	uint32_t whole; /* func and all rules below, as one document; REGO_FUNC_NONE */
	bool is_partial; /* func gives an object or set that children add to */
	bool is_flat; /* ... and each value in it stands for itself: nothing is added below */
	struct ast_loc loc; /* of the first rule here */
	bool is_functions; /* nothing but functions here: not part of any document */
	uint32_t memo; /* of the whole document */
	uint32_t first_rule_memo, rule_memo_end; /* memo slots of all rules at and below */
};

/* Which clauses of a function can hold, by the value at a path of input. */
struct rego_index {
	uint32_t func, path;
	value_t numbers; /* object: value -> number of its list */
	uint32_t **lists; /* positions of clauses, INDEX_END last */
	uint32_t *otherwise; /* for every other value, and none */
	uint32_t list_count;
};

enum { REGO_FUNC_NONE = UINT32_MAX, INDEX_END = UINT32_MAX };

struct rego_program {
	struct arena *arena;
	struct intern *intern;
	value_t data;
	VEC(struct rego_insn) code;
	VEC(struct ast_loc) locs; /* by instruction */
	VEC(uint8_t) marks; /* by instruction: 1 where an expression begins */
	VEC(struct rego_func) funcs;
	VEC(value_t) consts;
	VEC(struct rego_path) paths;
	VEC(struct rego_withs) withs;
	VEC(struct rego_index) indexes;
	VEC(struct rego_tree *) nodes;
	VEC(struct rego_file) files;
	uint32_t memo_count;
	struct rego_unit *unit; /* for queries planned later */
};

/* plan.c */
err_t rego_plan_unit(struct rego_program *, struct rego_unit *);
err_t rego_plan_entry(struct rego_program *, struct rego_unit *, const value_t *path, size_t count,
    str_t name, uint32_t *ret_func);
err_t rego_plan_query(struct rego_program *, struct rego_unit *, const struct rego_query *,
    bool with_terms, uint32_t *ret_func);

/* verify.c: every register, jump, constant and call of functions `from` .. in range. */
err_t rego_verify(const struct rego_program *, uint32_t from_func, struct diag *);

#endif
