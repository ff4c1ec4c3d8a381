/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query: a query in Rego, put to a snapshot.
 *
 * A snapshot is compiled once and shared; a query must be compiled with it.  So each
 * query compiles the snapshot's modules anew, in memory of its own: milliseconds, where
 * a decision takes microseconds.  It is for people who look around, and off by default.
 *
 *   lifetime  what comes back is copied into the arena given
 *   limits    QUERY_TEXT_MAX; the budget is the evaluation's, QUERY_MEMORY all the rest's
 *   failure   ERR_POLICY: the findings say what is wrong with the query; ERR_EVAL,
 *             ERR_LIMIT, ERR_DEADLINE: see the decision's error
 */
#ifndef ENGINE_QUERY_H
#define ENGINE_QUERY_H

#include "engine/evaluate.h"

enum { QUERY_TEXT_MAX = 64 << 10 };
#define QUERY_MEMORY ((size_t)256 << 20)

struct query {
	str_t text;
	value_t input; /* VALUE_NONE: undefined */
	struct rego_budget budget;
	const struct rego_tracer *tracer; /* NULL: none */
	const struct rego_host *host;
};

/* ret->result: the array of solutions, objects by variable. */
void query_ask(const struct snapshot *, const struct query *, struct arena *, struct diag *,
    struct decision *ret);

#endif
