/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/plan.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/must.h"

enum { LABEL_UNPLACED = UINT32_MAX, LARGEST_REG = UINT16_MAX - 8 };

static const char *const operands[] = {
#define OP(name, operands, doc) operands,
#include "rego/opcode.def"
#undef OP
};

label_t
plan_label(struct planner *p)
{
	VEC_PUSH(p->arena, &p->labels, LABEL_UNPLACED);
	return (label_t)(p->labels.count - 1);
}

void
plan_place(struct planner *p, label_t label)
{
	if (label < p->labels.count)
		p->labels.at[label] = (uint32_t)p->program->code.count;
}

uint16_t
plan_regs(struct planner *p, uint32_t count)
{
	uint32_t first = p->next_reg;

	if (first + count > LARGEST_REG) {
		plan_error(p, p->loc, "the rule needs more than %d registers", LARGEST_REG);
		return 0;
	}
	p->next_reg += count;
	if (p->func->reg_count < p->next_reg)
		p->func->reg_count = p->next_reg;
	return (uint16_t)first;
}

uint16_t
plan_reg(struct planner *p)
{
	return plan_regs(p, 1);
}

uint32_t
plan_const(struct planner *p, value_t v)
{
	VEC_PUSH(p->program->arena, &p->program->consts, v);
	return (uint32_t)(p->program->consts.count - 1);
}

/* As OPA's store: the path's keys are texts, so data[2] finds the key "2". */
static value_t
base_get(value_t v, value_t key)
{
	char digits[24];

	if (v.tag != VALUE_OBJECT || key.tag != VALUE_INT)
		return value_get(v, key);
	(void)snprintf(digits, sizeof(digits), "%lld", (long long)key.integer);
	return value_object_get_text(v, digits);
}

uint32_t
plan_path(struct planner *p, const value_t *keys, size_t count)
{
	struct rego_path path = { .count = (uint32_t)count };

	path.keys = ARENA_ARRAY(p->program->arena, value_t, count);
	if (path.keys != NULL && count > 0)
		memcpy(path.keys, keys, count * sizeof(*keys));
	path.resolved = p->program->data;
	for (size_t i = 0; i < count && value_is_defined(path.resolved); i++)
		path.resolved = base_get(path.resolved, keys[i]);
	VEC_PUSH(p->program->arena, &p->program->paths, path);
	return (uint32_t)(p->program->paths.count - 1);
}

void
plan_emit(struct planner *p, enum rego_opcode op, uint16_t a, uint16_t b, uint16_t c, uint32_t x,
    label_t jump, uint8_t n)
{
	struct rego_program *program = p->program;

	VEC_PUSH(program->arena, &program->code,
	    ((struct rego_insn){ .op = op, .n = n, .a = a, .b = b, .c = c, .x = x, .jump = jump }));
	VEC_PUSH(program->arena, &program->locs, p->loc);
	VEC_PUSH(program->arena, &program->marks, (uint8_t)p->mark);
	p->mark = false;
}

void
plan_jump(struct planner *p, label_t label)
{
	plan_emit(p, OP_JUMP, 0, 0, 0, 0, label, 0);
}

void
plan_block_begin(struct planner *p, struct plan_block *block)
{
	block->outer_fail = p->fail;
	block->scan_base = p->scans.count;
	block->fail = p->fail = plan_label(p);
}

void
plan_block_end(struct planner *p, struct plan_block *block)
{
	while (p->scans.count > block->scan_base) {
		struct plan_scan *scan = &p->scans.at[--p->scans.count];

		p->loc = scan->loc;
		plan_place(p, scan->next);
		plan_emit(p, OP_SCAN_NEXT, scan->iter, scan->collection, scan->key, 0, scan->body, 0);
	}
	plan_place(p, block->fail);
	p->fail = block->outer_fail;
}

uint16_t
plan_scan(struct planner *p, uint16_t collection)
{
	struct plan_scan scan = { .collection = collection, .loc = p->loc };

	scan.iter = plan_regs(p, 3);
	scan.key = (uint16_t)(scan.iter + 1);
	scan.next = plan_label(p);
	scan.body = plan_label(p);
	plan_emit(p, OP_SCAN, scan.iter, collection, scan.key, 0, p->fail, 0);
	plan_place(p, scan.body);
	p->fail = scan.next;
	VEC_PUSH(p->arena, &p->scans, scan);
	return scan.key;
}

bool
plan_find(const struct planner *p, rego_name_t name, uint16_t *ret_reg)
{
	for (size_t i = p->bindings.count; i-- > 0;) {
		if (p->bindings.at[i].name == name) {
			*ret_reg = p->bindings.at[i].reg;
			return true;
		}
	}
	return false;
}

static str_t
name_str(rego_name_t name)
{
	return str_make(name->bytes, name->len);
}

void
plan_bind(struct planner *p, struct ast_term *var, uint16_t reg)
{
	str_t shown = name_str(var->var.source != NULL ? var->var.source : var->var.name);

	VEC_PUSH(p->arena, &p->bindings, ((struct plan_binding){ var->var.name, reg }));
	if (var->generated || shown.len == 0 || shown.data[0] == '$' ||
	    str_has_prefix(shown, STR("__local")))
		return;
	VEC_PUSH(p->program->arena, &p->func->locals, ((struct rego_func_local){ reg, shown }));
}

void
plan_error(struct planner *p, struct ast_loc loc, const char *format, ...)
{
	const struct rego_file *file =
	    loc.file < p->unit->files.count ? &p->unit->files.at[loc.file] : NULL;
	struct diag_place place = { .row = loc.row, .col = loc.col };
	char text[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (file != NULL) {
		place.file = file->name;
		place.source = file->text;
	}
	if (!p->failed)
		diag_add(p->unit->diag, DIAG_ERROR, "rego_compile_error", place, "%s", text);
	p->failed = true;
}

uint32_t
plan_func_new(struct planner *p)
{
	VEC_PUSH(p->program->arena, &p->program->funcs, (struct rego_func){ 0 });
	return (uint32_t)(p->program->funcs.count - 1);
}

err_t
plan_func_begin(struct planner *p, enum rego_func_kind kind, str_t name, struct ast_loc loc,
    uint32_t func_id)
{
	if (arena_failed(p->program->arena) || arena_failed(p->arena))
		return ERR_MEMORY;
	p->func_id = func_id;
	p->func = &p->program->funcs.at[func_id];
	p->func->kind = kind;
	p->func->name = name;
	p->func->loc = p->loc = loc;
	p->func->begin = (uint32_t)p->program->code.count;
	p->labels.count = p->scans.count = p->bindings.count = 0;
	p->next_reg = 0;
	p->mark = false;
	return ERR_OK;
}

/* From labels to positions. */
static void
resolve_list(const struct planner *p, uint32_t *list)
{
	for (; *list != INDEX_END; list++)
		*list = p->labels.at[*list];
}

void
plan_func_end(struct planner *p)
{
	struct rego_program *program = p->program;

	p->func->end = (uint32_t)program->code.count;
	for (uint32_t i = p->func->begin; i < p->func->end; i++) {
		struct rego_insn *insn = &program->code.at[i];

		if (strchr(operands[insn->op], 'j') == NULL)
			continue;
		if (insn->jump >= p->labels.count || p->labels.at[insn->jump] == LABEL_UNPLACED) {
			plan_error(p, p->func->loc, "internal: a label was never placed");
			return;
		}
		insn->jump = p->labels.at[insn->jump];
	}
	for (size_t i = 0; i < program->indexes.count; i++) {
		struct rego_index *index = &program->indexes.at[i];

		if (index->func != p->func_id)
			continue;
		for (uint32_t k = 0; k < index->list_count; k++)
			resolve_list(p, index->lists[k]);
		resolve_list(p, index->otherwise);
	}
}
