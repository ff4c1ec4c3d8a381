/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm: runs a verified program on an input.
 *
 * One rego_eval is one worker's machine: its stack, memo table and caches are
 * made once and used again for every request.  An evaluation takes its values
 * from the request's arena and the program's snapshot.
 *
 *   budget   instructions, bytes, call depth, deadline: an evaluation that passes
 *            one ends with an error that names rule and line
 *   failure  rego_run answers an err_t; struct rego_error says what and where
 *   threads  one machine, one thread; programs are shared
 */
#ifndef REGO_VM_H
#define REGO_VM_H

#include "base/err.h"
#include "rego/builtin.h"

struct rego_program;
struct rego_eval;

struct rego_budget {
	uint64_t instructions; /* 0: 2^63 */
	uint64_t bytes; /* of the arena; 0: the arena's own limit */
	uint32_t depth; /* calls; 0: 10,000 */
	int64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
};

struct rego_error {
	const char *code; /* "eval_conflict_error", ... ; NULL: none */
	const char *message; /* stays until the machine runs again or is freed */
	str_t file; /* of the program */
	uint32_t row, col;
};

/* What a run looks like from outside: for --explain, coverage and failing tests. */
enum rego_event { REGO_EVENT_ENTER, REGO_EVENT_EXIT, REGO_EVENT_EVAL, REGO_EVENT_FAIL, REGO_EVENT_REDO };

struct rego_trace_event {
	enum rego_event event;
	uint32_t depth;
	str_t rule; /* data.authz.allow */
	str_t file;
	uint32_t row, col;
	str_t text; /* the expression's source */
	const struct rego_local *locals; /* source name and value of what is bound */
	uint32_t local_count;
	value_t result; /* EXIT: the rule's value */
};

struct rego_local {
	str_t name;
	value_t value;
};

struct rego_tracer {
	void *context;
	void (*on_event)(void *context, const struct rego_trace_event *);
};

struct rego_request {
	const struct rego_program *program;
	uint32_t entry; /* rego_program_entry() */
	value_t input; /* VALUE_NONE: undefined */
	struct arena *arena;
	const struct rego_host *host;
	struct rego_budget budget;
	bool strict_builtin_errors;
	const struct rego_tracer *tracer; /* NULL: none */
};

struct rego_eval *rego_eval_new(void); /* NULL: out of memory */
void rego_eval_free(struct rego_eval **);

/* *ret is VALUE_NONE when the entry point is undefined.  ERR_EVAL, ERR_LIMIT, ERR_DEADLINE: see *error. */
err_t rego_run(struct rego_eval *, const struct rego_request *, value_t *ret,
    struct rego_error *error);

#endif
