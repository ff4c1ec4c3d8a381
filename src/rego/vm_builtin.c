/* SPDX-License-Identifier: Apache-2.0 */
/* What the body of a built-in may ask of the evaluation that called it. */
#include <stdarg.h>
#include <stdio.h>

#include "rego/vm_internal.h"

enum rego_outcome
rego_fail(struct rego_call *call, const char *format, ...)
{
	struct rego_builtin_error *error = &call->eval->builtin_error;
	va_list args;
	int len;

	error->code = "eval_builtin_error";
	len = snprintf(error->message, sizeof(error->message), "%s: ", call->builtin->name);
	va_start(args, format);
	(void)vsnprintf(error->message + len, sizeof(error->message) - (size_t)len, format, args);
	va_end(args);
	return REGO_FAILED;
}

enum rego_outcome
rego_fail_type(struct rego_call *call, unsigned operand, const char *what, value_t got)
{
	struct rego_builtin_error *error = &call->eval->builtin_error;

	error->code = "eval_type_error";
	(void)snprintf(error->message, sizeof(error->message), "%s: operand %u must be %s but got %s",
	    call->builtin->name, operand, what, value_type_name(got));
	return REGO_FAILED;
}

enum rego_outcome
rego_fail_operand(struct rego_call *call, unsigned operand, const char *format, ...)
{
	struct rego_builtin_error *error = &call->eval->builtin_error;
	va_list args;
	int len;

	error->code = "eval_type_error";
	len = snprintf(error->message, sizeof(error->message), "%s: operand %u ",
	    call->builtin->name, operand);
	va_start(args, format);
	(void)vsnprintf(error->message + len, sizeof(error->message) - (size_t)len, format, args);
	va_end(args);
	return REGO_FAILED;
}

enum rego_outcome
rego_fail_operands(struct rego_call *call, const char *message)
{
	struct rego_builtin_error *error = &call->eval->builtin_error;

	error->code = "eval_type_error";
	(void)snprintf(error->message, sizeof(error->message), "%s: %s", call->builtin->name, message);
	return REGO_FAILED;
}

enum rego_outcome
rego_halt(struct rego_call *call, const char *format, ...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	(void)vm_halt(call->eval, ERR_LIMIT, "eval_cancel_error", "%s: %s", call->builtin->name, message);
	return REGO_HALT;
}

bool
rego_is_bounded(const struct rego_call *call)
{
	return call->eval->request->budget.deadline_ns != 0 || call->eval->request->budget.instructions != 0;
}

bool
rego_charge(struct rego_call *call, size_t bytes)
{
	struct rego_eval *e = call->eval;
	const struct rego_budget *budget = &e->request->budget;

	if (arena_failed(call->arena) || bytes > call->arena->limit ||
	    (budget->bytes != 0 && bytes > budget->bytes)) {
		arena_fail(call->arena);
		return false;
	}
	e->slice -= 1 + (int64_t)(bytes / 64);
	return e->slice >= 0 || vm_spend(e);
}

struct rego_cache *
rego_call_cache(struct rego_call *call)
{
	return call->eval->cache;
}

void
rego_call_place(struct rego_call *call, str_t *ret_file, uint32_t *ret_row)
{
	const struct rego_eval *e = call->eval;
	const struct ast_loc *loc;

	*ret_file = STR("");
	*ret_row = 0;
	if (e->at == NULL)
		return;
	loc = &e->program->locs.at[e->at - e->program->code.at];
	*ret_row = loc->row;
	if (loc->file < e->program->files.count)
		*ret_file = e->program->files.at[loc->file].name;
}

int64_t
rego_now_ns(struct rego_call *call)
{
	struct rego_eval *e = call->eval;

	if (!e->now_known) {
		e->now_ns = call->host->now_ns(call->host->context);
		e->now_known = true;
	}
	return e->now_ns;
}

value_t *
rego_memo(struct rego_call *call, str_t key)
{
	static const struct vm_random none = { 0 };
	struct rego_eval *e = call->eval;
	struct vm_random *made;

	for (struct vm_random *r = e->randoms; r != NULL; r = r->next) {
		e->slice--;
		if (str_eq(r->key, key))
			return &r->value;
	}
	made = ARENA_NEW(e->arena, struct vm_random);
	if (made == NULL)
		return NULL;
	*made = none;
	made->key = arena_str(e->arena, key);
	made->next = e->randoms;
	e->randoms = made;
	return &made->value;
}

void
rego_random(struct rego_call *call, str_t key, void *bytes, size_t len)
{
	str_t full = arena_printf(call->arena, "random %zu %.*s", len, STR_FMT(key));
	value_t *kept = rego_memo(call, full);

	if (kept != NULL && kept->tag == VALUE_STRING) {
		memcpy(bytes, kept->string->bytes, len);
		return;
	}
	call->host->random(call->host->context, bytes, len);
	if (kept != NULL)
		*kept = value_string(call->arena, str_make(bytes, len));
}
