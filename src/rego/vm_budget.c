/* SPDX-License-Identifier: Apache-2.0 */
/* What an evaluation may use, and how one ends that wants more. */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "rego/vm_internal.h"
#include "value/work.h"

bool
vm_halt(struct rego_eval *e, err_t err, const char *code, const char *format, ...)
{
	struct rego_error *error = e->error;
	va_list args;

	if (e->err != ERR_OK)
		return false;
	e->err = err;
	error->code = code;
	error->message = e->message;
	va_start(args, format);
	(void)vsnprintf(e->message, sizeof(e->message), format, args);
	va_end(args);
	if (e->at != NULL) {
		const struct rego_program *program = e->program;
		struct ast_loc loc = program->locs.at[e->at - program->code.at];

		error->row = loc.row;
		error->col = loc.col;
		if (loc.file < program->files.count)
			error->file = program->files.at[loc.file].name;
	}
	return false;
}

str_t
vm_running_rule(const struct rego_eval *e)
{
	return e->frame_count > 0 ? e->frames[e->frame_count - 1].func->name : STR("query");
}

bool
vm_spend(struct rego_eval *e)
{
	const struct rego_budget *budget = &e->request->budget;
	uint64_t used = (uint64_t)(VM_SLICE - e->slice);

	if (arena_failed(e->arena))
		return vm_halt(e, ERR_LIMIT, "eval_cancel_error",
		    "the evaluation of %.*s needs more memory than it may use", STR_FMT(vm_running_rule(e)));
	if (value_work_spent())
		return vm_halt(e, ERR_LIMIT, "eval_cancel_error",
		    "the evaluation of %.*s takes more than it may", STR_FMT(vm_running_rule(e)));
	if (used >= e->work_left)
		return vm_halt(e, ERR_LIMIT, "eval_cancel_error",
		    "the evaluation of %.*s takes more than %llu steps", STR_FMT(vm_running_rule(e)),
		    (unsigned long long)budget->instructions);
	e->work_left -= used;
	e->slice = VM_SLICE;
	if (budget->bytes != 0 && arena_used(e->arena) - e->bytes_at_start > budget->bytes)
		return vm_halt(e, ERR_LIMIT, "eval_cancel_error",
		    "the evaluation of %.*s takes more than %llu bytes", STR_FMT(vm_running_rule(e)),
		    (unsigned long long)budget->bytes);
	if (budget->deadline_ns != 0) {
		struct timespec now;

		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec * 1000000000LL + now.tv_nsec > budget->deadline_ns)
			return vm_halt(e, ERR_DEADLINE, "eval_cancel_error",
			    "the evaluation of %.*s takes longer than it may", STR_FMT(vm_running_rule(e)));
	}
	return true;
}

/* Comparing and printing large values is the evaluation's work too. */
bool
vm_take_work(void *context, uint64_t units)
{
	struct rego_eval *e = context;

	e->slice -= (int64_t)units;
	if (e->slice >= 0 || vm_spend(e))
		return true;
	e->slice = -1; /* the loop notices at its next look */
	return false;
}

bool
vm_halt_deep(struct rego_eval *e)
{
	return vm_halt(e, ERR_LIMIT, "eval_cancel_error",
	    "the evaluation of %.*s makes a value that nests deeper than %d levels", STR_FMT(vm_running_rule(e)),
	    VALUE_DEEPEST);
}
