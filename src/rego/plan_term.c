/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin.h"
#include "rego/pass/pass.h"
#include "rego/plan.h"
#include "rego/plan_call.h"

static uint16_t plan_ref(struct planner *p, struct ast_term *ref);

bool
plan_is_free(const struct planner *p, const struct ast_term *t)
{
	uint16_t reg;

	return t->kind == AST_VAR && !plan_find(p, t->var.name, &reg);
}

static bool
is_root(const struct ast_term *t, const char *name)
{
	return t->kind == AST_VAR && str_eq(str_make(t->var.name->bytes, t->var.name->len), str_of(name));
}

/*
 * Whether evaluating the term would meet a variable that has no value yet.  In a
 * reference the arguments may be free (they are scanned), the head may not.
 */
bool
plan_has_free(const struct planner *p, const struct ast_term *t)
{
	switch (t->kind) {
	case AST_VAR:
		return !is_root(t, "input") && !is_root(t, "data") && plan_is_free(p, t);
	case AST_REF:
		return plan_has_free(p, t->items.at[0]);
	case AST_CALL:
		for (size_t i = 1; i < t->items.count; i++) {
			if (plan_has_free(p, t->items.at[i]))
				return true;
		}
		return false;
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
		for (size_t i = 0; i < t->items.count; i++) {
			if (plan_has_free(p, t->items.at[i]))
				return true;
		}
		return false;
	default:
		return false;
	}
}

static uint16_t
plan_composite(struct planner *p, struct ast_term *t)
{
	static const enum rego_opcode makers[] = { [AST_ARRAY] = OP_ARRAY, [AST_SET] = OP_SET,
		[AST_OBJECT] = OP_OBJECT };
	uint32_t count = (uint32_t)t->items.count;
	uint16_t first, reg;
	VEC(uint16_t) parts = { 0 };

	/* Parts first, wherever they land, then side by side: a part may need registers of its own. */
	for (uint32_t i = 0; i < count; i++)
		VEC_PUSH(p->arena, &parts, plan_term(p, t->items.at[i]));
	first = plan_regs(p, count + 1);
	for (uint32_t i = 0; i < count && i < parts.count; i++)
		plan_emit(p, OP_MOVE, (uint16_t)(first + i), parts.at[i], 0, 0, 0, 0);
	reg = (uint16_t)(first + count);
	plan_emit(p, makers[t->kind], reg, first, 0, count, 0, 0);
	return reg;
}

static uint16_t
plan_comprehension(struct planner *p, struct ast_term *t)
{
	uint16_t collector = plan_reg(p), result = plan_reg(p);
	size_t bound = p->bindings.count;
	struct plan_block block;

	plan_emit(p, OP_COLLECT, collector, 0, 0, t->kind, 0, 0);
	plan_block_begin(p, &block);
	plan_body(p, &t->comp.body);
	if (t->kind == AST_OBJECT_COMP) {
		uint16_t key = plan_term(p, t->comp.key), value = plan_term(p, t->comp.value);
		struct ast_loc around = p->loc;

		p->loc = t->comp.key->loc; /* where a conflict is told */
		plan_emit(p, OP_PUT, collector, key, value, 0, 0, 0);
		p->loc = around;
	} else {
		plan_emit(p, OP_PUSH, collector, plan_term(p, t->comp.value), 0, 0, 0, 0);
	}
	plan_block_end(p, &block);
	p->bindings.count = bound;
	plan_emit(p, OP_FINISH, result, collector, 0, 0, 0, 0);
	return result;
}

static bool
is_constant_composite(const struct ast_term *t)
{
	if (t->kind == AST_CONST)
		return true;
	if (t->kind != AST_ARRAY && t->kind != AST_SET && t->kind != AST_OBJECT)
		return false;
	for (size_t i = 0; i < t->items.count; i++) {
		if (!is_constant_composite(t->items.at[i]))
			return false;
	}
	return true;
}

/* Whether the term is there before the program runs. */
static bool
is_folded(const struct planner *p, const struct ast_term *t)
{
	return t->kind == AST_CONST || (plan_does(p, REGO_WITHOUT_FOLDING) && is_constant_composite(t));
}

/* The value of a term without variables, made once, in the program's memory. */
static value_t
fold(struct planner *p, const struct ast_term *t)
{
	struct arena *arena = p->program->arena;
	struct set_builder set;
	struct object_builder object;
	value_t *items;

	switch (t->kind) {
	case AST_CONST:
		return t->constant;
	case AST_ARRAY:
		items = ARENA_ARRAY(arena, value_t, t->items.count);
		for (size_t i = 0; items != NULL && i < t->items.count; i++)
			items[i] = fold(p, t->items.at[i]);
		return items != NULL ? value_array_of(items, t->items.count) : VALUE_NONE;
	case AST_SET:
		set_builder_init(&set, arena, t->items.count);
		for (size_t i = 0; i < t->items.count; i++)
			(void)set_builder_add(&set, fold(p, t->items.at[i]));
		return set_builder_freeze(&set);
	default:
		object_builder_init(&object, arena, t->items.count / 2);
		for (size_t i = 0; i + 1 < t->items.count; i += 2)
			(void)object_builder_add(&object, fold(p, t->items.at[i]),
			    fold(p, t->items.at[i + 1]));
		return object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	}
}

uint16_t
plan_term(struct planner *p, struct ast_term *t)
{
	uint16_t reg;

	if (is_folded(p, t)) {
		reg = plan_reg(p);
		plan_emit(p, OP_CONST, reg, 0, 0, plan_const(p, fold(p, t)), 0, 0);
		return reg;
	}
	switch (t->kind) {
	case AST_VAR:
		if (plan_find(p, t->var.name, &reg))
			return reg;
		if (is_root(t, "input")) {
			reg = plan_reg(p);
			plan_emit(p, OP_INPUT, reg, 0, 0, 0, p->fail, 0);
			return reg;
		}
		if (is_root(t, "data"))
			return plan_data_path(p, NULL, 0);
		plan_error(p, t->loc, "internal: variable %.*s has no value here", (int)t->var.name->len,
		    t->var.name->bytes);
		return 0;
	case AST_REF:
		return plan_ref(p, t);
	case AST_CALL:
		return plan_call(p, &t->items, t->items.count - 1);
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
		return plan_composite(p, t);
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return plan_comprehension(p, t);
	default:
		plan_error(p, t->loc, "internal: a term of kind %u reached the planner", t->kind);
		return 0;
	}
}

void
plan_term_to(struct planner *p, struct ast_term *t, uint16_t reg)
{
	plan_emit(p, OP_MOVE, reg, plan_term(p, t), 0, 0, 0, 0);
}

/* ---- references ---- */

static void
end_document(struct planner *p, uint16_t *reg, bool maybe_document)
{
	uint16_t value;

	if (!maybe_document)
		return;
	value = plan_reg(p);
	plan_emit(p, OP_DOC_VALUE, value, *reg, 0, 0, p->fail, 0);
	*reg = value;
}

/* Constant keys in a row, from items[i]: emitted as one step.  Answers how many. */
static size_t
step_constants(struct planner *p, const struct ast_terms *items, size_t i, uint16_t *reg)
{
	VEC(value_t) keys = { 0 };
	uint16_t next = plan_reg(p);

	for (size_t k = i; k < items->count && items->at[k]->kind == AST_CONST; k++) {
		if (k > i && !plan_does(p, REGO_WITHOUT_PATHS))
			break;
		VEC_PUSH(p->arena, &keys, items->at[k]->constant);
	}
	if (keys.count == 1)
		plan_emit(p, OP_GET_CONST, next, *reg, 0, plan_const(p, keys.at[0]), p->fail, 0);
	else
		plan_emit(p, OP_PATH, next, *reg, 0, plan_path(p, keys.at, keys.count), p->fail, 0);
	*reg = next;
	return keys.count;
}

/* The rest of a reference, from items[i], on the value in `reg`. */
static uint16_t
plan_steps(struct planner *p, const struct ast_terms *items, size_t i, uint16_t reg,
    bool maybe_document)
{
	while (i < items->count) {
		struct ast_term *item = items->at[i];
		uint16_t next, key;

		if (item->kind == AST_CONST && !maybe_document) {
			i += step_constants(p, items, i, &reg);
			continue;
		}
		i++;
		if (plan_is_free(p, item) || plan_has_free(p, item)) {
			key = plan_scan(p, reg);
			plan_match(p, item, key);
			reg = (uint16_t)(key + 1);
			continue;
		}
		key = plan_term(p, item);
		next = plan_reg(p);
		plan_emit(p, OP_GET, next, reg, key, 0, p->fail, 0);
		reg = next;
	}
	end_document(p, &reg, maybe_document);
	return reg;
}

static uint16_t
plan_base_path(struct planner *p, const struct ast_terms *items, size_t *i)
{
	VEC(value_t) keys = { 0 };
	uint16_t reg = plan_reg(p);

	for (*i = 1; *i < items->count && items->at[*i]->kind == AST_CONST; (*i)++)
		VEC_PUSH(p->arena, &keys, items->at[*i]->constant);
	plan_emit(p, OP_DATA_PATH, reg, 0, 0, plan_path(p, keys.at, keys.count), p->fail, 0);
	return reg;
}

/* data.…: walks the rule tree as far as the path is constant. */
static uint16_t
plan_data_ref(struct planner *p, const struct ast_terms *items)
{
	const struct rego_node *node = p->unit->root;
	size_t i = 1;
	uint16_t reg;

	for (;; i++) {
		const struct plan_node *plan = plan_of(node);
		const struct rego_node *child = NULL;

		if (plan->func != REGO_FUNC_NONE && node->children.count == 0) {
			reg = plan_reg(p);
			plan_emit(p, OP_CALL_RULE, reg, 0, 0, plan->func, p->fail, 0);
			return plan_steps(p, items, i, reg, false);
		}
		if (plan->func == REGO_FUNC_NONE && i < items->count && items->at[i]->kind == AST_CONST) {
			child = compiler_child(node, items->at[i]->constant);
			if (child == NULL || (child->children.count == 0 && child->rules.count > 0 &&
						 plan_of(child)->func == REGO_FUNC_NONE)) {
				reg = plan_base_path(p, items, &i);
				return plan_steps(p, items, i, reg, false);
			}
			node = child;
			continue;
		}
		reg = plan_reg(p);
		plan_emit(p, OP_DOC, reg, 0, 0, plan->tree, 0, 0);
		return plan_steps(p, items, i, reg, true);
	}
}

uint16_t
plan_data_path(struct planner *p, const value_t *keys, size_t count)
{
	struct ast_terms items = { 0 };
	struct ast_term *root = ARENA_NEW(p->arena, struct ast_term);

	VEC_PUSH(p->arena, &items, root); /* stands for `data`; never looked at */
	for (size_t i = 0; i < count; i++) {
		struct ast_term *t = ARENA_NEW(p->arena, struct ast_term);

		if (t == NULL)
			return 0;
		t->kind = AST_CONST;
		t->constant = keys[i];
		VEC_PUSH(p->arena, &items, t);
	}
	return plan_data_ref(p, &items);
}

static uint16_t
plan_input_ref(struct planner *p, const struct ast_terms *items)
{
	VEC(value_t) keys = { 0 };
	uint16_t reg = plan_reg(p);
	size_t i;

	for (i = 1; plan_does(p, REGO_WITHOUT_PATHS) && i < items->count && items->at[i]->kind == AST_CONST; i++)
		VEC_PUSH(p->arena, &keys, items->at[i]->constant);
	if (keys.count == 0)
		plan_emit(p, OP_INPUT, reg, 0, 0, 0, p->fail, 0);
	else
		plan_emit(p, OP_INPUT_PATH, reg, 0, 0, plan_path(p, keys.at, keys.count), p->fail, 0);
	return plan_steps(p, items, i, reg, false);
}

static uint16_t
plan_ref(struct planner *p, struct ast_term *ref)
{
	struct ast_term *head = ref->items.at[0];
	uint16_t reg;

	if (head->kind == AST_VAR && !plan_find(p, head->var.name, &reg)) {
		if (is_root(head, "data"))
			return plan_data_ref(p, &ref->items);
		if (is_root(head, "input"))
			return plan_input_ref(p, &ref->items);
	}
	return plan_steps(p, &ref->items, 1, plan_term(p, head), false);
}

/* ---- patterns ---- */

static void
match_array(struct planner *p, struct ast_term *pattern, uint16_t reg)
{
	plan_emit(p, OP_IS_ARRAY, reg, 0, 0, (uint32_t)pattern->items.count, p->fail, 0);
	for (size_t i = 0; i < pattern->items.count; i++) {
		uint16_t item = plan_reg(p);

		plan_emit(p, OP_GET_CONST, item, reg, 0, plan_const(p, value_int((int64_t)i)), p->fail, 0);
		plan_match(p, pattern->items.at[i], item);
	}
}

static void
match_object(struct planner *p, struct ast_term *pattern, uint16_t reg)
{
	plan_emit(p, OP_IS_OBJECT, reg, 0, 0, (uint32_t)(pattern->items.count / 2), p->fail, 0);
	for (size_t i = 0; i + 1 < pattern->items.count; i += 2) {
		uint16_t key = plan_term(p, pattern->items.at[i]), item = plan_reg(p);

		plan_emit(p, OP_GET, item, reg, key, 0, p->fail, 0);
		plan_match(p, pattern->items.at[i + 1], item);
	}
}

void
plan_match(struct planner *p, struct ast_term *pattern, uint16_t reg)
{
	uint16_t value;

	if (plan_is_free(p, pattern)) {
		plan_bind(p, pattern, reg);
		return;
	}
	if (plan_does(p, REGO_WITHOUT_FOLDING) && is_folded(p, pattern)) {
		plan_emit(p, OP_EQ_CONST, 0, reg, 0, plan_const(p, fold(p, pattern)), p->fail, 0);
		return;
	}
	if (pattern->kind == AST_ARRAY && plan_has_free(p, pattern)) {
		match_array(p, pattern, reg);
		return;
	}
	if (pattern->kind == AST_OBJECT && plan_has_free(p, pattern)) {
		match_object(p, pattern, reg);
		return;
	}
	value = plan_term(p, pattern);
	plan_emit(p, OP_EQ, 0, value, reg, 0, p->fail, 0);
}

struct pair {
	struct ast_term *left, *right;
};

VEC_TYPE(pairs, struct pair);

static bool
is_composite(const struct ast_term *t)
{
	return t->kind == AST_ARRAY || t->kind == AST_OBJECT;
}

/* Splits {k: a, ..} = {k: b, ..} of the same constant keys into pairs; false: cannot. */
static bool
split_objects(struct planner *p, struct pairs *todo, struct ast_term *a, struct ast_term *b)
{
	for (size_t i = 0; i < a->items.count; i += 2) {
		size_t at = b->items.count;

		if (!is_constant_composite(a->items.at[i]))
			return false;
		for (size_t k = 0; k < b->items.count; k += 2) {
			if (!is_constant_composite(b->items.at[k]))
				return false;
			if (value_equal(fold(p, a->items.at[i]), fold(p, b->items.at[k])))
				at = k;
		}
		if (at == b->items.count)
			return false;
		VEC_PUSH(p->arena, todo, ((struct pair){ a->items.at[i + 1], b->items.at[at + 1] }));
	}
	return true;
}

/* One step of an equality; false: neither side can be had yet. */
static bool
equal_step(struct planner *p, struct pairs *todo, struct ast_term *a, struct ast_term *b)
{
	bool a_free = plan_has_free(p, a), b_free = plan_has_free(p, b);

	if (!b_free) {
		if (!a_free && plan_does(p, REGO_WITHOUT_FOLDING) && is_folded(p, b)) {
			plan_match(p, b, plan_term(p, a));
			return true;
		}
		plan_match(p, a, plan_term(p, b));
		return true;
	}
	if (!a_free) {
		plan_match(p, b, plan_term(p, a));
		return true;
	}
	if (!is_composite(a) || !is_composite(b))
		return false;
	if (a->kind != b->kind || a->items.count != b->items.count) {
		plan_jump(p, p->fail);
		return true;
	}
	if (a->kind == AST_OBJECT)
		return split_objects(p, todo, a, b);
	for (size_t i = 0; i < a->items.count; i++)
		VEC_PUSH(p->arena, todo, ((struct pair){ a->items.at[i], b->items.at[i] }));
	return true;
}

void
plan_equal(struct planner *p, struct ast_term *a, struct ast_term *b)
{
	struct pairs todo = { 0 };

	VEC_PUSH(p->arena, &todo, ((struct pair){ a, b }));
	while (todo.count > 0) {
		bool progress = false;
		struct pairs later = { 0 };

		for (size_t i = 0; i < todo.count; i++) {
			struct pair pair = todo.at[i];

			if (equal_step(p, &later, pair.left, pair.right))
				progress = true;
			else
				VEC_PUSH(p->arena, &later, pair);
		}
		if (!progress || arena_failed(p->arena)) {
			plan_error(p, a->loc, "internal: neither side of this equality has a value");
			return;
		}
		todo = later;
	}
}
