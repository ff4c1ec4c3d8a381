/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many clauses that each test the same place of input for another constant are
 * not tried in turn: the value found there picks those that can hold.  Clauses
 * without such a test stand in every list, so the order of trying is kept.
 */
#include "rego/plan.h"

enum { FEWEST_CLAUSES = 6, FEWEST_CONSTANTS = 4, TESTS_PER_CLAUSE = 16, MOST_ENTRIES = 1 << 22 };

struct test { /* input.path == constant */
	const struct ast_term *path;
	value_t constant;
};

bool
plan_is_plain_call(const struct ast_expr *e, const char *name)
{
	const struct ast_term *op;

	if (e->kind != AST_EXPR_CALL || e->negated || e->withs.count > 0 || e->terms.count != 3)
		return false;
	op = e->terms.at[0];
	return op->items.count == 1 && op->items.at[0]->kind == AST_VAR &&
	    str_eq(str_make(op->items.at[0]->var.name->bytes, op->items.at[0]->var.name->len), str_of(name));
}

bool
plan_is_input_path(const struct ast_term *t)
{
	if (t->kind != AST_REF || t->items.count < 2 || t->items.at[0]->kind != AST_VAR ||
	    !str_eq(str_make(t->items.at[0]->var.name->bytes, t->items.at[0]->var.name->len), STR("input")))
		return false;
	for (size_t i = 1; i < t->items.count; i++) {
		if (t->items.at[i]->kind != AST_CONST)
			return false;
	}
	return true;
}

/* What the variable was set to, earlier in the body: the path of input it stands for. */
static const struct ast_term *
resolve(const struct ast_body *body, size_t before, const struct ast_term *t)
{
	if (t->kind != AST_VAR)
		return t;
	for (size_t i = 0; i < before; i++) {
		const struct ast_expr *e = body->exprs.at[i];

		if (plan_is_plain_call(e, "eq") && e->terms.at[1]->kind == AST_VAR &&
		    e->terms.at[1]->var.name == t->var.name)
			return e->terms.at[2];
	}
	return t;
}

static size_t
find_tests(const struct ast_rule *rule, struct test tests[TESTS_PER_CLAUSE])
{
	size_t count = 0;

	if (rule->else_rule != NULL)
		return 0;
	for (size_t i = 0; i < rule->body.exprs.count && count < TESTS_PER_CLAUSE; i++) {
		const struct ast_expr *e = rule->body.exprs.at[i];
		const struct ast_term *left, *right;

		if (!plan_is_plain_call(e, "equal") && !plan_is_plain_call(e, "eq"))
			continue;
		left = resolve(&rule->body, i, e->terms.at[1]);
		right = resolve(&rule->body, i, e->terms.at[2]);
		if (plan_is_input_path(left) && right->kind == AST_CONST)
			tests[count++] = (struct test){ left, right->constant };
		else if (plan_is_input_path(right) && left->kind == AST_CONST)
			tests[count++] = (struct test){ right, left->constant };
	}
	return count;
}

static bool
is_same_path(const struct ast_term *a, const struct ast_term *b)
{
	if (a->items.count != b->items.count)
		return false;
	for (size_t i = 1; i < a->items.count; i++) {
		if (!value_equal(a->items.at[i]->constant, b->items.at[i]->constant))
			return false;
	}
	return true;
}

/* The constant that the clause demands at the path; VALUE_NONE: none. */
static value_t
constant_at(const struct ast_rule *rule, const struct ast_term *path)
{
	struct test tests[TESTS_PER_CLAUSE];
	size_t count = find_tests(rule, tests);

	for (size_t i = 0; i < count; i++) {
		if (is_same_path(tests[i].path, path))
			return tests[i].constant;
	}
	return VALUE_NONE;
}

static size_t
count_constants(struct planner *p, const struct plan_clauses *clauses, const struct ast_term *path)
{
	struct set_builder set;

	set_builder_init(&set, p->arena, clauses->count);
	for (size_t i = 0; i < clauses->count; i++) {
		value_t constant = constant_at(clauses->at[i], path);

		if (value_is_defined(constant))
			(void)set_builder_add(&set, constant);
	}
	return set_builder_freeze(&set).count;
}

/* Of the first clauses' tests, the path that tells the most clauses apart. */
static const struct ast_term *
choose_path(struct planner *p, const struct plan_clauses *clauses)
{
	const struct ast_term *best = NULL;
	size_t best_count = FEWEST_CONSTANTS - 1;

	for (size_t i = 0; i < 2 && i < clauses->count; i++) {
		struct test tests[TESTS_PER_CLAUSE];
		size_t count = find_tests(clauses->at[i], tests);

		for (size_t t = 0; t < count; t++) {
			size_t constants = count_constants(p, clauses, tests[t].path);

			if (constants > best_count) {
				best = tests[t].path;
				best_count = constants;
			}
		}
	}
	return best;
}

/* Which list each clause stands in; `otherwise` (the last) stands for all of them. */
static uint32_t *
number_clauses(struct planner *p, const value_t *constants, size_t count, const struct rego_index *index)
{
	uint32_t *numbers = ARENA_ARRAY(p->arena, uint32_t, count);

	for (size_t i = 0; numbers != NULL && i < count; i++) {
		numbers[i] = value_is_defined(constants[i])
		    ? (uint32_t)value_object_get(index->numbers, constants[i]).integer
		    : index->list_count;
	}
	return numbers;
}

/* Sizes are counted first: most clauses stand in one list only, and there may be many of both. */
static bool
make_lists(struct planner *p, const struct plan_clauses *clauses, const uint32_t *numbers,
    struct rego_index *index)
{
	struct arena *arena = p->program->arena;
	size_t lists = (size_t)index->list_count + 1, everywhere = 0;
	uint32_t *sizes = ARENA_ARRAY(p->arena, uint32_t, lists);

	index->lists = ARENA_ARRAY(arena, uint32_t *, lists);
	if (numbers == NULL || sizes == NULL || index->lists == NULL)
		return false;
	for (size_t i = 0; i < clauses->count; i++) {
		sizes[numbers[i]]++;
		everywhere += numbers[i] == index->list_count;
	}
	if (everywhere * lists > MOST_ENTRIES)
		return false;
	for (size_t k = 0; k < lists; k++) {
		size_t size = sizes[k] + (k + 1 < lists ? everywhere : 0);

		index->lists[k] = ARENA_ARRAY(arena, uint32_t, size + 1);
		if (index->lists[k] == NULL)
			return false;
		index->lists[k][size] = INDEX_END;
		sizes[k] = 0;
	}
	for (size_t i = 0; i < clauses->count; i++) {
		bool all = numbers[i] == index->list_count;

		for (size_t k = all ? 0 : numbers[i]; k < (all ? lists : numbers[i] + 1); k++)
			index->lists[k][sizes[k]++] = clauses->labels[i];
	}
	index->otherwise = index->lists[index->list_count];
	return true;
}

static bool
make_index(struct planner *p, const struct plan_clauses *clauses, const struct ast_term *path,
    struct rego_index *index)
{
	value_t *constants = ARENA_ARRAY(p->arena, value_t, clauses->count), distinct;
	struct set_builder set;
	VEC(value_t) keys = { 0 };
	struct object_builder object;

	if (constants == NULL)
		return false;
	set_builder_init(&set, p->arena, clauses->count);
	for (size_t i = 0; i < clauses->count; i++) {
		constants[i] = constant_at(clauses->at[i], path);
		if (value_is_defined(constants[i]))
			(void)set_builder_add(&set, constants[i]);
	}
	distinct = set_builder_freeze(&set);
	if (!value_is_defined(distinct))
		return false;
	object_builder_init(&object, p->program->arena, distinct.count);
	for (uint32_t i = 0; i < distinct.count; i++)
		(void)object_builder_add(&object, distinct.set->items[i], value_int(i));
	index->numbers = object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	index->list_count = distinct.count;
	if (!value_is_defined(index->numbers) ||
	    !make_lists(p, clauses, number_clauses(p, constants, clauses->count, index), index))
		return false;
	for (size_t i = 1; i < path->items.count; i++)
		VEC_PUSH(p->arena, &keys, path->items.at[i]->constant);
	index->path = plan_path(p, keys.at, keys.count);
	index->func = p->func_id;
	return true;
}

bool
plan_index(struct planner *p, struct plan_clauses *clauses, label_t end)
{
	const struct ast_term *path;
	struct rego_index index = { 0 };

	if (!plan_does(p, REGO_WITHOUT_INDEX) || clauses->count < FEWEST_CLAUSES || (path = choose_path(p, clauses)) == NULL)
		return false;
	for (size_t i = 0; i < clauses->count; i++)
		clauses->labels[i] = plan_label(p);
	if (!make_index(p, clauses, path, &index))
		return false;
	VEC_PUSH(p->program->arena, &p->program->indexes, index);
	clauses->cursor = plan_reg(p);
	plan_emit(p, OP_INDEX, clauses->cursor, 0, 0, (uint32_t)(p->program->indexes.count - 1), end, 0);
	return true;
}
