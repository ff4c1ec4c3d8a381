/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin.h"
#include "rego/verify_internal.h"

enum { MOST_REGISTERS = UINT16_MAX + 1 };

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

		return arity == UINT32_MAX || arity == insn->n;
	}
	if (insn->op == OP_CALL_FUNC)
		return p->funcs.at[insn->x].kind == FUNC_FUNCTION &&
		    p->funcs.at[insn->x].param_count == insn->n;
	if (insn->op == OP_CALL_RULE)
		return p->funcs.at[insn->x].kind == FUNC_RULE &&
		    p->funcs.at[insn->x].memo < p->memo_count;
	return true;
}

/* Forward and within the function: then going through it ends. */
static bool
is_list_valid(const struct rego_func *f, const uint32_t *list)
{
	for (uint32_t last = f->begin; *list != INDEX_END; last = *list++) {
		if (*list <= last || *list >= f->end)
			return false;
	}
	return true;
}

static bool
is_index_valid(const struct rego_program *p, const struct rego_func *f, const struct rego_index *index)
{
	if (index->numbers.tag != VALUE_OBJECT || index->numbers.count != index->list_count ||
	    index->path >= p->paths.count || &p->funcs.at[index->func] != f || !is_list_valid(f, index->otherwise))
		return false;
	for (uint32_t i = 0; i < index->list_count; i++) {
		value_t number = index->numbers.object->values[i];

		if (number.tag != VALUE_INT || number.integer < 0 || number.integer >= index->list_count ||
		    !is_list_valid(f, index->lists[i]))
			return false;
	}
	return true;
}

static bool
is_function(const struct rego_program *p, uint32_t id, uint32_t params)
{
	return id < p->funcs.count && p->funcs.at[id].kind == FUNC_FUNCTION && p->funcs.at[id].param_count == params;
}

static bool
is_builtin_of(uint32_t id, uint32_t arity)
{
	return id < rego_builtin_count() && rego_builtin_arity(id) == arity;
}

/* What stands in for a function is called with its operands: there must be as many. */
static bool
is_with_valid(const struct rego_program *p, const struct rego_with *w)
{
	uint32_t arity;

	switch (w->kind) {
	case WITH_INPUT:
	case WITH_DATA:
		return w->path < p->paths.count && !w->by_function;
	case WITH_FUNC:
		if (w->target >= p->funcs.count || p->funcs.at[w->target].kind != FUNC_FUNCTION)
			return false;
		arity = p->funcs.at[w->target].param_count;
		break;
	case WITH_BUILTIN:
		if (w->target >= rego_builtin_count())
			return false;
		arity = rego_builtin_arity(w->target);
		break;
	default:
		return false;
	}
	return !w->by_function || (w->replacement_is_builtin ? is_builtin_of(w->replacement, arity)
	                                                     : is_function(p, w->replacement, arity));
}

static bool
are_withs_valid(const struct rego_program *p, const struct rego_withs *withs, uint32_t count)
{
	bool valid = withs->count == count;

	for (uint32_t i = 0; i < withs->count && valid; i++)
		valid = is_with_valid(p, &withs->at[i]);
	return valid;
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
		return insn->x < p->withs.count && are_withs_valid(p, &p->withs.at[insn->x], insn->n) &&
		    (uint32_t)insn->b + insn->n <= f->reg_count;
	case 'i':
		return insn->x < p->indexes.count && is_index_valid(p, f, &p->indexes.at[insn->x]);
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
	if (f->begin >= f->end || f->end > p->code.count || f->param_count > f->reg_count ||
	    f->reg_count > MOST_REGISTERS || (f->kind != FUNC_FUNCTION && f->param_count > 0) ||
	    (f->kind == FUNC_RULE && f->memo >= p->memo_count))
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

static bool
is_rule_or_none(const struct rego_program *p, uint32_t id)
{
	return id == REGO_FUNC_NONE ||
	    (id < p->funcs.count && p->funcs.at[id].kind == FUNC_RULE && p->funcs.at[id].memo < p->memo_count);
}

static bool
are_nodes_valid(const struct rego_program *p)
{
	for (size_t i = 0; i < p->nodes.count; i++) {
		const struct rego_tree *node = p->nodes.at[i];

		if (node->memo >= p->memo_count || !is_rule_or_none(p, node->func) || !is_rule_or_none(p, node->whole))
			return false;
	}
	return true;
}

err_t
rego_verify(const struct rego_program *p, uint32_t from_func, struct diag *diag)
{
	if (from_func == 0 && !are_nodes_valid(p)) {
		diag_say(diag, "internal", "the rule tree is not valid");
		return ERR_INTERNAL;
	}
	for (uint32_t i = from_func; i < p->funcs.count; i++) {
		uint32_t at;

		if (is_func_valid(p, &p->funcs.at[i], &at) && verify_flow(p, i, &at))
			continue;
		diag_say(diag, "internal", "the code of %.*s is not valid at instruction %u",
		    STR_FMT(p->funcs.at[i].name), at);
		return ERR_INTERNAL;
	}
	return ERR_OK;
}
