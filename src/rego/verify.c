/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin.h"
#include "rego/program_internal.h"

static const char *const operands[] = {
#define OP(name, operands, doc) operands,
#include "rego/opcode.def"
#undef OP
};

static bool
is_call_valid(const struct rego_program *p, const struct rego_insn *insn)
{
	if (insn->op == OP_CALL_BUILTIN) {
		uint32_t arity = rego_builtin_arity(insn->x);

		return arity == UINT32_MAX || arity >= insn->n;
	}
	if (insn->op == OP_CALL_FUNC)
		return p->funcs.at[insn->x].kind == FUNC_FUNCTION &&
		    p->funcs.at[insn->x].param_count == insn->n;
	if (insn->op == OP_CALL_RULE)
		return p->funcs.at[insn->x].kind == FUNC_RULE &&
		    p->funcs.at[insn->x].memo < p->memo_count;
	return true;
}

static bool
is_list_valid(const struct rego_func *f, const uint32_t *list)
{
	for (; *list != INDEX_END; list++) {
		if (*list < f->begin || *list >= f->end)
			return false;
	}
	return true;
}

static bool
is_index_valid(const struct rego_func *f, const struct rego_index *index)
{
	for (uint32_t i = 0; i < index->list_count; i++) {
		if (!is_list_valid(f, index->lists[i]))
			return false;
	}
	return index->numbers.tag == VALUE_OBJECT && index->numbers.count == index->list_count &&
	    is_list_valid(f, index->otherwise);
}

/* One operand letter of opcode.def. */
static bool
is_operand_valid(const struct rego_program *p, const struct rego_func *f, const struct rego_insn *insn,
    char letter)
{
	switch (letter) {
	case 'A':
	case 'a':
		return insn->a < f->reg_count;
	case 'B':
	case 'b':
		return insn->b < f->reg_count;
	case 'c':
		return insn->c < f->reg_count;
	case 'C':
		return (uint32_t)insn->c + 1 < f->reg_count;
	case 'r':
		return (uint32_t)insn->b + insn->n <= f->reg_count;
	case 'R':
		return insn->x <= f->reg_count && (uint64_t)insn->b + insn->x <= f->reg_count;
	case 'k':
		return insn->x < p->consts.count && value_is_defined(p->consts.at[insn->x]);
	case 'p':
		return insn->x < p->paths.count;
	case 'f':
		return insn->x < p->funcs.count;
	case 'u':
		return insn->x < rego_builtin_count();
	case 'w':
		return insn->x < p->withs.count && p->withs.at[insn->x].count == insn->n;
	case 'i':
		return insn->x < p->indexes.count && is_index_valid(f, &p->indexes.at[insn->x]);
	case 't':
		return insn->x < p->nodes.count;
	case 'j':
		return insn->jump >= f->begin && insn->jump < f->end;
	default:
		return true;
	}
}

static bool
is_func_valid(const struct rego_program *p, const struct rego_func *f, uint32_t *ret_at)
{
	*ret_at = f->begin;
	if (f->begin >= f->end || f->end > p->code.count || f->param_count > f->reg_count)
		return false;
	for (uint32_t i = f->begin; i < f->end; i++) {
		const struct rego_insn *insn = &p->code.at[i];

		*ret_at = i;
		if (insn->op >= OP_COUNT)
			return false;
		for (const char *o = operands[insn->op]; *o != '\0'; o++) {
			if (!is_operand_valid(p, f, insn, *o))
				return false;
		}
		if (!is_call_valid(p, insn))
			return false;
	}
	/* Nothing runs off the end. */
	return p->code.at[f->end - 1].op == OP_RETURN || p->code.at[f->end - 1].op == OP_JUMP;
}

err_t
rego_verify(const struct rego_program *p, uint32_t from_func, struct diag *diag)
{
	for (uint32_t i = from_func; i < p->funcs.count; i++) {
		uint32_t at;

		if (is_func_valid(p, &p->funcs.at[i], &at))
			continue;
		diag_say(diag, "internal", "the code of %.*s is not valid at instruction %u",
		    STR_FMT(p->funcs.at[i].name), at);
		return ERR_INTERNAL;
	}
	return ERR_OK;
}
