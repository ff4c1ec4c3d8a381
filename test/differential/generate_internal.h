/* SPDX-License-Identifier: Apache-2.0 */
/* generate_internal: what rules (generate.c), expressions and literals (generate_expr.c)
 * share. */
#ifndef TEST_DIFFERENTIAL_GENERATE_INTERNAL_H
#define TEST_DIFFERENTIAL_GENERATE_INTERNAL_H

#include <stdlib.h>

#include "generate.h"

enum { MOST_VARS = 48, EXPRESSION_DEPTH = 3 };

enum gen_type { GEN_NUMBER, GEN_TEXT, GEN_ARRAY, GEN_SET, GEN_OBJECT, GEN_ANY, GEN_TYPES };
enum gen_kind {
	GEN_COMPLETE,
	GEN_FUNCTION,
	GEN_SET_RULE,
	GEN_OBJECT_RULE,
	GEN_PATH_RULE,
	GEN_PATH_SET_RULE
};

struct gen_var {
	int id;
	enum gen_type type;
};

struct gen_info { /* of a rule, for those behind it */
	enum gen_kind kind;
	enum gen_type type;
	int package, params, constant; /* of every clause; -1: none */
	enum gen_type param[2];
	bool picked; /* by a constant of input */
};

struct generator {
	struct arena *arena;
	uint64_t state;
	struct gen_policy *policy;
	struct buf out;
	VEC(struct gen_info) infos;
	int package;
	struct gen_var scope[MOST_VARS];
	uint32_t scope_count, head_vars;
	int next_var;
	uint64_t defines, uses; /* of the literal so far */
	str_t params;
};

uint32_t gen_pick(struct generator *, uint32_t below);
bool gen_chance(struct generator *, uint32_t percent);
void gen_say(struct generator *, const char *);
int gen_bind(struct generator *, enum gen_type); /* a new variable's number */
void gen_leave(struct generator *, uint32_t scope,
    uint64_t defines); /* back to the variables outside a closure */
bool gen_say_var(struct generator *, enum gen_type); /* false: there is none */

/* generate_expr.c */
void gen_say_value(struct generator *, enum gen_type); /* what a head may have */
void gen_say_literal(struct generator *, int depth);

#endif
