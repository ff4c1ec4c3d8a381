/* SPDX-License-Identifier: Apache-2.0 */
/* listing: bytecode for people (`core dis`). */
#include "rego/builtin.h"
#include "rego/program_internal.h"

static const struct {
	const char *name, *operands;
} ops[] = {
#define OP(name, operands, doc) { #name, operands },
#include "rego/opcode.def"
#undef OP
};

static void
list_path(const struct rego_path *path, struct buf *out)
{
	for (uint32_t i = 0; i < path->count; i++) {
		buf_add_char(out, '.');
		value_print(out, path->keys[i]);
	}
}

static void
list_operand(const struct rego_program *p, const struct rego_insn *insn, char letter, struct buf *out)
{
	switch (letter) {
	case 'A':
	case 'a':
		buf_printf(out, " r%u", insn->a);
		return;
	case 'B':
	case 'b':
		buf_printf(out, " r%u", insn->b);
		return;
	case 'c':
		buf_printf(out, " r%u", insn->c);
		return;
	case 'C':
		buf_printf(out, " r%u,r%u", insn->c, insn->c + 1U);
		return;
	case 'r':
		buf_printf(out, " r%u..%u", insn->b, insn->n);
		return;
	case 'R':
		buf_printf(out, " r%u..%u", insn->b, insn->x);
		return;
	case 'k':
		buf_add_char(out, ' ');
		value_print(out, p->consts.at[insn->x]);
		return;
	case 'p':
		buf_add_char(out, ' ');
		list_path(&p->paths.at[insn->x], out);
		return;
	case 'f':
		buf_printf(out, " %.*s", STR_FMT(p->funcs.at[insn->x].name));
		return;
	case 'u':
		buf_printf(out, " %s", rego_builtin_at(insn->x)->name);
		return;
	case 'j':
		buf_printf(out, " else %u", insn->jump);
		return;
	default:
		buf_printf(out, " #%u", insn->x);
		return;
	}
}

void
rego_program_list(const struct rego_program *p, struct buf *out)
{
	for (size_t f = 0; f < p->funcs.count; f++) {
		const struct rego_func *func = &p->funcs.at[f];

		buf_printf(out, "%.*s: %u registers, %u parameters\n", STR_FMT(func->name), func->reg_count,
		    func->param_count);
		for (uint32_t i = func->begin; i < func->end; i++) {
			const struct rego_insn *insn = &p->code.at[i];

			buf_printf(out, "%6u  %-12s", i, ops[insn->op].name);
			for (const char *o = ops[insn->op].operands; *o != '\0'; o++)
				list_operand(p, insn, *o, out);
			if (p->marks.at[i] && p->locs.at[i].file < p->files.count)
				buf_printf(out, "\t; %.*s:%u", STR_FMT(p->files.at[p->locs.at[i].file].name),
				    p->locs.at[i].row);
			buf_add_char(out, '\n');
		}
		buf_add_char(out, '\n');
	}
}
