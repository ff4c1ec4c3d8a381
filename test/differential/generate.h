/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate: random policies that compile, with data and inputs to match.
 *
 * A policy is kept as a tree of texts (rules, clauses, literals), so that it can be
 * written out whole, with parts left out, or said in another way.  Everything is a
 * function of the seed.
 *
 *   types     numbers, texts, arrays and sets of numbers, objects of numbers by text;
 *             what comes from input and data is of any type, as the compiler sees it
 *   lifetime  the arena given
 */
#ifndef TEST_DIFFERENTIAL_GENERATE_H
#define TEST_DIFFERENTIAL_GENERATE_H

#include "base/buf.h"
#include "base/vec.h"

struct gen_literal {
	str_t text;
	uint64_t defines, uses; /* variables of the clause, by number */
	bool is_test;           /* has no variables of its own: may stand in a comprehension */
	bool dropped;
};

struct gen_clause {
	str_t head; /* up to the body: "r3 := 1", "else := v2" */
	VEC(struct gen_literal) body;
	bool is_else, dropped;
};

struct gen_rule {
	int package;
	bool is_function;
	str_t path; /* data.t.r3 */
	VEC(struct gen_clause) clauses;
	bool dropped;
};

enum { GEN_PACKAGES = 3, GEN_INPUTS = 4 };

struct gen_policy {
	uint64_t seed;
	VEC(struct gen_rule) rules;
	str_t data, inputs[GEN_INPUTS]; /* JSON */
};

extern const char *const gen_packages[GEN_PACKAGES]; /* "t" */

enum gen_way {
	GEN_PLAIN,
	GEN_SHUFFLED, /* literals in another order that variables allow */
	GEN_WRAPPED,  /* each test as a comprehension that must not be empty */
};

void gen_make(struct arena *, uint64_t seed, struct gen_policy *ret);
/* The module of a package; empty: it has no rules. */
void gen_write(const struct gen_policy *, int package, enum gen_way, struct buf *);

uint32_t gen_random(uint64_t *state, uint32_t below);

#endif
