/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_internal: the machine's inside, for the vm_*.c files and builtin.c.
 *
 *   vm.c        the loop, entry
 *   vm_budget.c budgets, and how an evaluation halts
 *   vm_doc.c    documents at nodes of the rule tree, for references that are not constant
 *   vm_collect.c  collectors: comprehensions and partial rules
 *   vm_with.c   contexts: what `with` replaces
 *   vm_trace.c  events for --explain
 *   vm_builtin.c  what built-ins ask of an evaluation
 */
#ifndef REGO_VM_INTERNAL_H
#define REGO_VM_INTERNAL_H

#include "rego/cache.h"
#include "rego/program_internal.h"
#include "rego/vm.h"

/* Tags that only registers hold. */
enum { TAG_ITER = VALUE_INTERNAL, TAG_COLLECTOR, TAG_DOC };

/* Memo slots: a value, or nothing yet (flags 0), or one of these. */
enum { MEMO_UNDEFINED = 2, MEMO_RUNNING = 4 };

enum { VM_SLICE = 4096 }; /* units of work between two looks at the clock */
enum { STACK_VALUES = 1 << 18, FRAME_COUNT = 10000, DOC_DEPTH = 100, RUN_DEPTH = 1000 };

struct vm_mock {
	struct vm_mock *next;
	bool of_builtin, by_function, replacement_is_builtin;
	uint32_t target, replacement;
	value_t value;
};

/* A rule (or all rules at and below a node) that has a given value. */
struct vm_pin {
	const struct vm_pin *older;
	const struct rego_tree *node; /* NULL: one rule, func */
	uint32_t func;
	value_t value;
};

struct vm_context {
	struct vm_context *outer;
	value_t input, data;
	bool data_replaced; /* resolved paths do not hold */
	value_t *memo;
	struct vm_mock *mocks;
	const struct vm_pin *pins;
};

struct vm_frame {
	const struct rego_insn *caller; /* the call instruction; NULL: entered from C */
	value_t *base;
	struct rego_func *func;
	struct vm_context *context; /* to be restored */
};

struct vm_random {
	struct vm_random *next;
	str_t key;
	value_t value;
};

/* GraphQL tells all that is wrong with a query, a line each. */
enum { VM_MESSAGE_SIZE = 4096 };

struct rego_eval {
	const struct rego_request *request;
	const struct rego_program *program;
	struct arena *arena;
	struct vm_context *context;
	struct vm_context root;
	value_t *stack; /* STACK_VALUES */
	struct vm_frame *frames; /* FRAME_COUNT */
	value_t *memo; /* of the root context, kept between runs */
	size_t memo_capacity;
	uint32_t frame_count, depth_limit, doc_depth;
	uint32_t run_depth; /* of vm_run in itself: the C stack */
	int64_t slice; /* work until the next look at clock and totals */
	uint64_t work_left;
	size_t bytes_at_start;
	struct rego_error *error;
	char message[VM_MESSAGE_SIZE]; /* error->message */
	err_t err;
	const struct rego_insn *at; /* where an error is */
	bool now_known;
	int64_t now_ns;
	struct vm_random *randoms;
	struct rego_cache *cache;
	struct rego_builtin_error {
		const char *code;
		char message[VM_MESSAGE_SIZE];
	} builtin_error;
	uint32_t trace_depth;
};

/* Runs a function to its end from C.  False: halted, e->err says why. */
bool vm_run(struct rego_eval *, uint32_t func, value_t *base, value_t *ret);
/* A rule's value, remembered; VALUE_NONE: undefined.  False: halted. */
bool vm_rule(struct rego_eval *, uint32_t func, value_t *top, value_t *ret);

/* Halts: sets the error once; always false. */
bool vm_halt(struct rego_eval *, err_t, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
str_t vm_running_rule(const struct rego_eval *); /* its name, for messages */
bool vm_halt_deep(struct rego_eval *); /* a value nests too deep */
bool vm_take_work(void *eval, uint64_t units); /* a value_work_fn */
bool vm_spend(struct rego_eval *); /* the slice is used up: more, or a halt */

/* Refuses a collection that whoever goes through it could not recurse into. */
static inline bool
vm_check_depth(struct rego_eval *e, value_t v)
{
	return v.depth <= VALUE_DEEPEST || vm_halt_deep(e);
}

/* vm_doc.c.  `top`: the first free stack slot. */
bool vm_doc_make(struct rego_eval *, uint32_t node, value_t *ret);
bool vm_doc_get(struct rego_eval *, value_t doc, value_t key, value_t *top, value_t *ret);
bool vm_doc_value(struct rego_eval *, value_t doc, value_t *top, value_t *ret);
bool vm_doc_keys(struct rego_eval *, value_t doc, value_t *top, value_t *ret); /* array */

/* vm_collect.c */
value_t vm_collector(struct rego_eval *, uint32_t kind, bool partial);
bool vm_push(struct rego_eval *, value_t collector, value_t);
bool vm_put(struct rego_eval *, value_t collector, value_t key, value_t value);
bool vm_put_path(struct rego_eval *, value_t collector, const value_t *path, uint32_t count,
    value_t value, bool member);
bool vm_finish(struct rego_eval *, value_t collector, value_t *ret);

/* vm_with.c */
bool vm_with_begin(struct rego_eval *, const struct rego_withs *, const value_t *values, value_t *top);
bool vm_without_mocks(struct rego_eval *); /* what stands in for a function sees the real ones */
void vm_with_end(struct rego_eval *); /* of either */
const struct vm_mock *vm_find_mock(const struct vm_context *, bool of_builtin, uint32_t target);

/* vm_trace.c */
void vm_trace(struct rego_eval *, enum rego_event, const struct rego_insn *, const value_t *base,
    const struct rego_func *, value_t result);

#endif
