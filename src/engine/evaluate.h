/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluate: one question put to a snapshot.
 *
 *   evaluator  one per worker: machine, caches; evaluate() allocates nothing
 *              outside the arena given
 *   fail shut  the decision begins as a deny and any error leaves it one
 */
#ifndef ENGINE_EVALUATE_H
#define ENGINE_EVALUATE_H

#include "engine/snapshot.h"
#include "rego/vm.h"

struct evaluator;

struct evaluator *evaluator_new(const struct rego_host *); /* NULL: out of memory */
void evaluator_free(struct evaluator **);

struct question {
	str_t rule; /* empty: the snapshot's default rule */
	value_t input; /* VALUE_NONE: read input_json instead */
	str_t input_json; /* empty and no input: input is undefined */
	const value_t *path; /* not NULL: the document below data at these keys, instead of a rule */
	size_t path_count;
	str_t path_name; /* what the decision then calls it */
	bool strict_builtin_errors;
	const struct rego_tracer *tracer; /* NULL: none */
	struct rego_budget budget;
	bool with_reasons; /* also evaluate the deny reasons beside the rule */
};

struct decision {
	bool allow; /* the rule's value is exactly true */
	value_t result; /* VALUE_NONE: undefined */
	value_t input; /* as read */
	value_t reasons; /* array of strings: deny, deny_reasons, deny_message, deny_reason of the package */
	str_t rule; /* normalised: data.authz.allow */
	err_t err; /* ERR_NOT_FOUND: no such rule */
	struct rego_error error; /* when err is ERR_EVAL, ERR_LIMIT or ERR_DEADLINE */
	struct diag_place input_place; /* when the input does not parse: row and column */
	str_t message; /* for people, when err is not ERR_OK; until the evaluator's next question */
};

void evaluate(struct evaluator *, const struct snapshot *, const struct question *,
    struct arena *, struct decision *ret);

#endif
