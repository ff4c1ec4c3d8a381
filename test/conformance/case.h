/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case: one question to the engine, whatever file it was written in, and what came of it.
 *
 * A reader (case_yaml.c, case_json.c) fills in struct conform_case; case_run() asks the
 * engine; case_judge() compares.  What is parsed and not run (case_parse.c) shares the
 * comparison of errors (compare.c).
 *
 *   lifetime  all in the arena of the case
 */
#ifndef CONFORM_CASE_H
#define CONFORM_CASE_H

#include "engine/policy.h"

struct conform_error {
	str_t code, message;
	str_t file;
	uint32_t row, col; /* 0: no place */
};

/* What is wanted of an error. */
struct conform_want {
	str_t code; /* empty: any */
	str_t message; /* its first line; with `part`, any part of "file:row: code: message" */
	uint32_t row, col;
	bool placed; /* row and column count */
	bool part;
};

VEC_TYPE(conform_errors, struct conform_error);
VEC_TYPE(conform_wants, struct conform_want);

struct conform_case {
	VEC(struct rego_file) modules;
	enum rego_version version;
	value_t data, input; /* VALUE_NONE: none */
	str_t input_term; /* a Rego term instead; empty: none */
	str_t query; /* empty: compile only */
	bool strict, keep_prints, experimental, strict_builtin_errors;
	bool no_annotations; /* metadata blocks are only comments */
	bool with_terms; /* the values of expressions count: $_term_0_N */
	/* what is wanted */
	struct conform_wants errors; /* none: no error may come */
	bool exhaustive; /* and no others */
	value_t results; /* bindings; VALUE_NONE: not compared */
	value_t result_terms; /* the same as Rego text, with sets and numbers as they are */
	value_t prints; /* lines; VALUE_NONE: not compared */
	bool sort_arrays;
};

struct conform_outcome {
	value_t results; /* array of bindings */
	struct conform_errors errors;
	VEC(value_t) prints;
};

extern unsigned case_without; /* optimisations left out of every case: enum rego_optimisation */
void case_run(const struct conform_case *, struct arena *, struct conform_outcome *ret);
/* NULL: as wanted; else what differs. */
const char *case_judge(const struct conform_case *, const struct conform_outcome *,
    struct arena *);
void case_explain(const struct conform_case *, const struct conform_outcome *, struct buf *);

/* ---- readers; texts are not copied ---- */

/* The form of OPA's own suite. */
void case_read_yaml(struct arena *, value_t, enum rego_version, struct conform_case *ret);
/* {modules, query, .., ok, result, errors}; the last three may stand in `expect`. */
void case_read_json(struct arena *, value_t, struct conform_case *ret);

/* ---- texts that are parsed only: {input, .., ok, ast, errors} ---- */

const char *case_parse(value_t record, struct arena *, struct buf *explain);

/* ---- compare.c ---- */

value_t conform_get(value_t object, const char *key);
str_t conform_text(value_t object, const char *key); /* empty: not there */
bool conform_flag(value_t object, const char *key);
uint32_t conform_number(value_t object, const char *key);

void conform_note_diag(struct arena *, const struct diag *, struct conform_errors *);
void conform_read_errors(struct arena *, value_t list, struct conform_wants *ret);
const char *conform_judge_errors(const struct conform_wants *, const struct conform_errors *,
    bool exhaustive, struct arena *);
void conform_explain_errors(
    const struct conform_wants *, const struct conform_errors *, struct buf *);
/* Bindings in any order; through JSON, as OPA's suite does: sets become arrays, keys strings.
 */
bool conform_same_results(value_t want, value_t have, bool sort_arrays, struct arena *);

#endif
