/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/vm_internal.h"

enum { SHOWN_LOCALS = 32 };

void
vm_trace(struct rego_eval *e, enum rego_event kind, const struct rego_insn *at, const value_t *base,
    const struct rego_func *func, value_t result)
{
	const struct rego_program *program = e->program;
	const struct ast_loc *loc = &program->locs.at[at - program->code.at];
	struct rego_local locals[SHOWN_LOCALS];
	struct rego_trace_event event = { .event = kind, .depth = e->trace_depth, .rule = func->name,
		.row = loc->row, .col = loc->col, .locals = locals, .result = result };

	if (loc->file < program->files.count) {
		const struct rego_file *file = &program->files.at[loc->file];

		event.file = file->name;
		if ((size_t)loc->offset + loc->len <= file->text.len)
			event.text = str_sub(file->text, loc->offset, loc->len);
	}
	for (size_t i = 0; i < func->locals.count && event.local_count < SHOWN_LOCALS; i++) {
		value_t v = base[func->locals.at[i].reg];

		if (v.tag != VALUE_UNDEFINED && v.tag < VALUE_INTERNAL)
			locals[event.local_count++] = (struct rego_local){ func->locals.at[i].name, v };
	}
	e->request->tracer->on_event(e->request->tracer->context, &event);
}
