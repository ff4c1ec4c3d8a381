/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builtin: the functions that Rego brings along.
 *
 * A built-in is a function and a row in its family's table (builtin/<family>.c);
 * builtin/family.def lists the families.  The row's signature is parsed once; the
 * dispatcher checks the operands' top-level types against it before the call, so
 * bodies begin with values of the declared type (elements of collections are the
 * body's to check).
 *
 *   outcome  DEFINED: *ret is set.  UNDEFINED: the call has no value.  FAILED:
 *            a built-in error (rego_fail() has the message): undefined for the
 *            policy, an error in strict mode.  HALT: the evaluation ends (budget).
 *   memory   results in call->arena; a body charges what it is about to make with
 *            rego_charge() when that can be more than a few kilobytes
 *   host     time, randomness and the like only through call->host
 *   threads  bodies are pure; caches hang on the call's evaluation
 */
#ifndef REGO_BUILTIN_H
#define REGO_BUILTIN_H

#include "base/err.h"
#include "value/value.h"

enum rego_outcome { REGO_DEFINED, REGO_UNDEFINED, REGO_FAILED, REGO_HALT };

/* What the outside world is to an evaluation; each is asked at most once per evaluation. */
struct rego_host {
	void *context;
	int64_t (*now_ns)(void *context); /* unix time */
	void (*random)(void *context, void *bytes, size_t len);
	value_t (*runtime)(void *context, struct arena *); /* opa.runtime(); may be NULL: {} */
	void (*print)(void *context, str_t line, str_t file, uint32_t row); /* may be NULL */
};

struct rego_eval; /* the running evaluation: vm.h */

struct rego_call {
	const value_t *arg;
	uint32_t arg_count;
	struct arena *arena;
	const struct rego_host *host;
	struct rego_eval *eval;
	const struct rego_builtin *builtin;
};

typedef enum rego_outcome rego_builtin_fn(struct rego_call *, value_t *ret);

enum rego_builtin_flag {
	REGO_NONDETERMINISTIC = 1,
	REGO_DEPRECATED = 2, /* refused in v1 modules */
	REGO_RELATION = 4, /* yields many results: *ret is the array of them (walk) */
	REGO_NETWORK = 8, /* refused by the air-gapped capabilities */
	REGO_OPERATOR = 16, /* written infix or only by the compiler */
	REGO_LENIENT = 32, /* the body checks its operands' types itself */
};

struct rego_builtin {
	const char *name;
	/*
	 * "value: string, prefix: string -> string".  Types: any, null, boolean,
	 * number, string, array[T], set[T], object[K: V], array<T, T>, (T|T);
	 * "-> T" always; no result type for void: "-> void".  Variadic: "...any".
	 */
	const char *signature;
	rego_builtin_fn *call;
	const char *doc; /* one sentence for doc/builtins.md */
	unsigned flags;
	const char *infix; /* "+" or NULL */
};

/* ---- for the compiler and the machine ---- */

enum { REGO_BUILTIN_NONE = UINT32_MAX };

/* One family more, of a program's own; before any other call here.  For tests. */
void rego_builtin_add_family(const struct rego_builtin *);

size_t rego_builtin_count(void);
const struct rego_builtin *rego_builtin_at(uint32_t id);
uint32_t rego_builtin_find(str_t name); /* REGO_BUILTIN_NONE */
uint32_t rego_builtin_arity(uint32_t id); /* UINT32_MAX: variadic */
bool rego_builtin_is_void(uint32_t id);

/* Checks operand types, then calls.  FAILED with eval_type_error, or what the body says. */
enum rego_outcome rego_builtin_call(uint32_t id, struct rego_call *, value_t *ret);

/* ---- for the bodies ---- */

/* eval_builtin_error "<name>: <message>"; answers REGO_FAILED. */
enum rego_outcome rego_fail(struct rego_call *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* eval_type_error "<name>: operand N must be <what> but got <type>"; N from 1. */
enum rego_outcome rego_fail_type(struct rego_call *, unsigned operand, const char *what,
    value_t got);
/* eval_type_error "<name>: operand N <message>". */
enum rego_outcome rego_fail_operand(struct rego_call *, unsigned operand, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* eval_type_error "<name>: <message>", when no operand alone is to blame. */
enum rego_outcome rego_fail_operands(struct rego_call *, const char *message);
/*
 * The result is beyond a limit of this machine, not of the language: ends the evaluation with
 * eval_cancel_error "<name>: <message>", so that nothing is decided by its absence; answers REGO_HALT.
 */
enum rego_outcome rego_halt(struct rego_call *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether time or steps of the evaluation are limited. */
bool rego_is_bounded(const struct rego_call *);
/* Takes `bytes` and as many work units off the budget; false: it is spent, answer REGO_HALT. */
bool rego_charge(struct rego_call *, size_t bytes);

/*
 * A cache of the evaluation or of the worker (regexes, globs): finds or makes.
 * `family` is a static address that tells the kinds apart.
 */
struct rego_cache;
struct rego_cache *rego_call_cache(struct rego_call *);

/* Where in the policy the call stands; an empty file: unknown. */
void rego_call_place(struct rego_call *, str_t *ret_file, uint32_t *ret_row);
/* now_ns asked once per evaluation. */
int64_t rego_now_ns(struct rego_call *);
/* Random bytes that are the same for the same `key` within one evaluation (uuid, rand.intn). */
void rego_random(struct rego_call *, str_t key, void *bytes, size_t len);
/* A slot of the evaluation for a nondeterministic result; VALUE_NONE at first; NULL: no memory. */
value_t *rego_memo(struct rego_call *, str_t key);

#define FAMILY(name) extern const struct rego_builtin rego_builtins_##name[];
#include "rego/builtin/family.def"
#undef FAMILY

#endif
