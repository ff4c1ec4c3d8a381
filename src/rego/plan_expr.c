/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin.h"
#include "rego/pass/pass.h"
#include "rego/plan.h"
#include "rego/plan_call.h"

static void plan_expr(struct planner *p, struct ast_expr *expr);

struct rego_node *
plan_find_node(const struct rego_unit *unit, const struct ast_term *ref)
{
	struct rego_node *node = unit->root;

	for (size_t i = 1; i < ref->items.count; i++) {
		if (ref->items.at[i]->kind != AST_CONST)
			return NULL;
		node = compiler_child(node, ref->items.at[i]->constant);
		if (node == NULL)
			return NULL;
	}
	return node;
}

/* ---- calls ---- */

/* io.jwt.decode, from the operator's ref. */
static uint32_t
find_builtin(const struct ast_term *operator)
{
	struct buf name;
	uint32_t id = REGO_BUILTIN_NONE;

	buf_init(&name, 256);
	for (size_t i = 0; i < operator->items.count; i++) {
		const struct ast_term *part = operator->items.at[i];

		if (i > 0)
			buf_add_char(&name, '.');
		if (part->kind == AST_VAR)
			buf_add(&name, part->var.name->bytes, part->var.name->len);
		else if (part->kind == AST_CONST && value_is_string(part->constant))
			buf_add_str(&name, value_str(part->constant));
	}
	if (!buf_failed(&name))
		id = rego_builtin_find(buf_str(&name));
	buf_fini(&name);
	return id;
}

static uint32_t
find_function(struct planner *p, const struct ast_term *operator)
{
	const struct ast_term *head = operator->items.at[0];
	const struct rego_node *node;

	if (head->kind != AST_VAR || !str_eq(str_make(head->var.name->bytes, head->var.name->len), STR("data")))
		return REGO_FUNC_NONE;
	node = plan_find_node(p->unit, operator);
	return node != NULL ? plan_of(node)->function : REGO_FUNC_NONE;
}

/* f(), which is a rule. */
static uint32_t
find_rule(struct planner *p, const struct ast_term *operator)
{
	const struct rego_node *node = plan_find_node(p->unit, operator);

	return node != NULL && node != p->unit->root ? plan_of(node)->func : REGO_FUNC_NONE;
}

uint16_t
plan_call(struct planner *p, const struct ast_terms *items, size_t arg_count)
{
	uint32_t function = find_function(p, items->at[0]), rule = find_rule(p, items->at[0]);
	uint32_t builtin = function == REGO_FUNC_NONE ? find_builtin(items->at[0]) : 0;
	VEC(uint16_t) args = { 0 };
	uint16_t first, reg;

	if (function == REGO_FUNC_NONE && rule != REGO_FUNC_NONE && arg_count == 0) {
		reg = plan_reg(p);
		plan_emit(p, OP_CALL_RULE, reg, 0, 0, rule, p->fail, 0);
		return reg;
	}
	if (builtin == REGO_BUILTIN_NONE || arg_count > UINT8_MAX) {
		plan_error(p, items->at[0]->loc, "internal: a call of an unknown function");
		return 0;
	}
	for (size_t i = 0; i < arg_count; i++)
		VEC_PUSH(p->arena, &args, plan_term(p, items->at[i + 1]));
	if (arg_count == 1) {
		first = args.count > 0 ? args.at[0] : 0;
		reg = plan_reg(p);
	} else {
		first = plan_regs(p, (uint32_t)arg_count + 1);
		reg = (uint16_t)(first + arg_count);
		for (size_t i = 0; i < args.count; i++)
			plan_emit(p, OP_MOVE, (uint16_t)(first + i), args.at[i], 0, 0, 0, 0);
	}
	if (function != REGO_FUNC_NONE)
		plan_emit(p, OP_CALL_FUNC, reg, first, 0, function, p->fail, (uint8_t)arg_count);
	else
		plan_emit(p, OP_CALL_BUILTIN, reg, first, 0, builtin, p->fail, (uint8_t)arg_count);
	return reg;
}

/* Comparisons and membership that need no call. */
static const struct {
	const char *name;
	enum rego_opcode op;
	bool swap;
} tests[] = { { "equal", OP_EQ, false }, { "neq", OP_NE, false }, { "lt", OP_LT, false },
	{ "lte", OP_LE, false }, { "gt", OP_LT, true }, { "gte", OP_LE, true },
	{ "internal.member_2", OP_MEMBER, false } };

static bool
plan_test(struct planner *p, const char *name, struct ast_term *a, struct ast_term *b)
{
	bool inlined = plan_does(p, REGO_WITHOUT_TESTS) && !p->unit->replaces_operators;

	for (size_t i = 0; inlined && i < COUNT(tests); i++) {
		uint16_t left, right;

		if (strcmp(tests[i].name, name) != 0)
			continue;
		left = plan_term(p, a);
		if (tests[i].op == OP_EQ) {
			plan_match(p, b, left);
			return true;
		}
		right = plan_term(p, b);
		plan_emit(p, tests[i].op, 0, tests[i].swap ? right : left, tests[i].swap ? left : right,
		    0, p->fail, 0);
		return true;
	}
	return false;
}

/* A relation (walk) gives the array of its results: each one is tried. */
static void
plan_relation(struct planner *p, struct ast_expr *expr, size_t arg_count)
{
	uint16_t results = plan_call(p, &expr->terms, arg_count);
	uint16_t key = plan_scan(p, results);

	if (expr->terms.count > arg_count + 1)
		plan_match(p, expr->terms.at[arg_count + 1], (uint16_t)(key + 1));
}

static void
plan_call_expr(struct planner *p, struct ast_expr *expr)
{
	struct ast_terms *terms = &expr->terms;
	uint32_t builtin = find_function(p, terms->at[0]) == REGO_FUNC_NONE
	    ? find_builtin(terms->at[0])
	    : REGO_BUILTIN_NONE;
	size_t given = terms->count - 1, arity = given;
	uint16_t reg;

	if (builtin != REGO_BUILTIN_NONE) {
		const struct rego_builtin *row = rego_builtin_at(builtin);

		arity = rego_builtin_arity(builtin);
		if ((strcmp(row->name, "eq") == 0 || strcmp(row->name, "assign") == 0) && given == 2) {
			plan_equal(p, terms->at[1], terms->at[2]);
			return;
		}
		if (given == 2 && plan_test(p, row->name, terms->at[1], terms->at[2]))
			return;
		if (arity > given)
			arity = given;
		if (row->flags & REGO_RELATION) {
			plan_relation(p, expr, arity);
			return;
		}
	} else {
		const struct rego_node *node = plan_find_node(p->unit, terms->at[0]);

		if (node != NULL && node->rules.count > 0)
			arity = node->rules.at[0]->head.args.count;
	}
	if (given < arity) {
		plan_error(p, expr->loc, "internal: a call with too few arguments");
		return;
	}
	reg = plan_call(p, terms, arity);
	if (given > arity)
		plan_match(p, terms->at[arity + 1], reg);
	else if (builtin == REGO_BUILTIN_NONE || !rego_builtin_is_void(builtin))
		plan_emit(p, OP_TEST, reg, 0, 0, 0, p->fail, 0);
}

/* ---- closures ---- */

static void
plan_every(struct planner *p, struct ast_expr *expr)
{
	struct ast_every *every = expr->every;
	uint16_t domain = plan_term(p, every->domain);
	size_t bound = p->bindings.count;
	label_t fail = p->fail, done = plan_label(p), element_fails = plan_label(p);
	struct plan_block all, element;
	uint16_t key;

	plan_emit(p, OP_IS_COLLECTION, domain, 0, 0, 0, p->fail, 0);
	plan_block_begin(p, &all);
	key = plan_scan(p, domain);
	if (every->key != NULL)
		plan_match(p, every->key, key);
	plan_match(p, every->value, (uint16_t)(key + 1));

	plan_block_begin(p, &element);
	plan_body(p, &every->body);
	plan_jump(p, element.outer_fail); /* this element holds: on to the next */
	plan_block_end(p, &element);
	plan_jump(p, element_fails);
	plan_block_end(p, &all);
	plan_jump(p, done);
	plan_place(p, element_fails);
	plan_jump(p, fail);
	plan_place(p, done);
	p->bindings.count = bound;
}

/* Goes to `yes` at the first solution of the body; comes out here when there is none. */
static void
plan_exists(struct planner *p, const struct ast_body *body, label_t yes)
{
	size_t bound = p->bindings.count;
	struct plan_block block;

	plan_block_begin(p, &block);
	plan_body(p, body);
	plan_jump(p, yes);
	plan_block_end(p, &block);
	p->bindings.count = bound;
}

static void
plan_logic(struct planner *p, struct ast_expr *expr)
{
	label_t left = plan_label(p), yes = plan_label(p);

	switch (expr->kind) {
	case AST_EXPR_NOT:
		plan_exists(p, &expr->logic->left, p->fail);
		break;
	case AST_EXPR_AND:
		plan_exists(p, &expr->logic->left, left);
		plan_jump(p, p->fail);
		plan_place(p, left);
		plan_exists(p, &expr->logic->right, yes);
		plan_jump(p, p->fail);
		break;
	default:
		plan_exists(p, &expr->logic->left, yes);
		plan_exists(p, &expr->logic->right, yes);
		plan_jump(p, p->fail);
		break;
	}
	plan_place(p, yes);
}

static void
plan_positive(struct planner *p, struct ast_expr *expr)
{
	uint16_t reg;

	switch (expr->kind) {
	case AST_EXPR_TERM:
		reg = plan_term(p, expr->terms.at[0]); /* may open a scan: p->fail is its next step then */
		plan_emit(p, OP_TEST, reg, 0, 0, 0, p->fail, 0);
		return;
	case AST_EXPR_CALL:
		plan_call_expr(p, expr);
		return;
	case AST_EXPR_EVERY:
		plan_every(p, expr);
		return;
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		plan_logic(p, expr);
		return;
	case AST_EXPR_SOME: /* a declaration: nothing to do */
		return;
	}
}

static void
plan_not(struct planner *p, struct ast_expr *expr)
{
	label_t fail = p->fail;
	size_t bound = p->bindings.count;
	struct plan_block block;

	plan_block_begin(p, &block);
	plan_positive(p, expr);
	plan_jump(p, fail);
	plan_block_end(p, &block);
	p->bindings.count = bound;
}

static void
plan_literal(struct planner *p, struct ast_expr *expr)
{
	if (expr->negated)
		plan_not(p, expr);
	else
		plan_positive(p, expr);
}

/* ---- with ---- */

static bool
plan_with_replacement(struct planner *p, struct rego_with *with, struct ast_term *value)
{
	uint32_t function;

	if (value->kind != AST_REF && value->kind != AST_VAR)
		return false;
	if (value->kind == AST_REF) {
		function = find_function(p, value);
		if (function != REGO_FUNC_NONE) {
			with->by_function = true;
			with->replacement = function;
			return true;
		}
		function = find_builtin(value);
		if (function != REGO_BUILTIN_NONE) {
			with->by_function = with->replacement_is_builtin = true;
			with->replacement = function;
			return true;
		}
	}
	return false;
}

static void
plan_with_target(struct planner *p, struct ast_with *w, struct rego_with *with)
{
	struct ast_term *target = w->target;
	const struct ast_term *head = target->kind == AST_REF ? target->items.at[0] : target;
	str_t root = str_make(head->var.name->bytes, head->var.name->len);
	uint32_t function = target->kind == AST_REF ? find_function(p, target) : REGO_FUNC_NONE;
	VEC(value_t) keys = { 0 };

	if (function != REGO_FUNC_NONE) {
		with->kind = WITH_FUNC;
		with->target = function;
		return;
	}
	if (!str_eq(root, STR("input")) && !str_eq(root, STR("data"))) {
		struct ast_term ref = { .kind = AST_REF };

		VEC_PUSH(p->arena, &ref.items, target);
		with->kind = WITH_BUILTIN;
		with->target = find_builtin(target->kind == AST_REF ? target : &ref);
		if (with->target == REGO_BUILTIN_NONE)
			plan_error(p, w->loc, "internal: an unknown `with` target");
		return;
	}
	with->kind = str_eq(root, STR("input")) ? WITH_INPUT : WITH_DATA;
	for (size_t i = 1; target->kind == AST_REF && i < target->items.count; i++) {
		if (target->items.at[i]->kind == AST_CONST)
			VEC_PUSH(p->arena, &keys, target->items.at[i]->constant);
	}
	with->path = plan_path(p, keys.at, keys.count);
}

/* Evaluates the replacements and opens the context; its number of values. */
static void
plan_with_begin(struct planner *p, struct ast_withs *withs)
{
	struct rego_withs spec = { .count = (uint32_t)withs->count };
	VEC(uint16_t) values = { 0 };
	uint16_t first;

	if (withs->count > UINT8_MAX) {
		plan_error(p, p->loc, "the expression has more than %d `with` modifiers", UINT8_MAX);
		return;
	}
	spec.at = ARENA_ARRAY(p->program->arena, struct rego_with, withs->count);
	for (size_t i = 0; spec.at != NULL && i < withs->count; i++) {
		uint16_t reg = REG_NONE;

		plan_with_target(p, &withs->at[i], &spec.at[i]);
		if (!((spec.at[i].kind == WITH_FUNC || spec.at[i].kind == WITH_BUILTIN) &&
			plan_with_replacement(p, &spec.at[i], withs->at[i].value)))
			reg = plan_term(p, withs->at[i].value);
		VEC_PUSH(p->arena, &values, reg);
	}
	first = plan_regs(p, (uint32_t)withs->count);
	for (size_t i = 0; i < values.count; i++) {
		if (values.at[i] != REG_NONE)
			plan_emit(p, OP_MOVE, (uint16_t)(first + i), values.at[i], 0, 0, 0, 0);
		else
			plan_emit(p, OP_UNDEFINED, (uint16_t)(first + i), 0, 0, 0, 0, 0);
	}
	VEC_PUSH(p->program->arena, &p->program->withs, spec);
	plan_emit(p, OP_WITH, 0, first, 0, (uint32_t)(p->program->withs.count - 1), p->fail,
	    (uint8_t)withs->count);
}

/* The literal may have many solutions: gathers what each binds, then goes through them outside. */
static void
plan_with_many(struct planner *p, struct ast_expr *expr)
{
	uint16_t collector = plan_reg(p), solutions = plan_reg(p), row, key;
	size_t bound = p->bindings.count, bound_after;
	struct plan_block block;
	VEC(struct plan_binding) found = { 0 };

	plan_emit(p, OP_COLLECT, collector, 0, 0, AST_ARRAY_COMP, 0, 0);
	plan_with_begin(p, &expr->withs);
	plan_block_begin(p, &block);
	plan_literal(p, expr);
	bound_after = p->bindings.count;
	for (size_t i = bound; i < bound_after; i++)
		VEC_PUSH(p->arena, &found, p->bindings.at[i]);
	row = plan_regs(p, (uint32_t)found.count + 1);
	for (size_t i = 0; i < found.count; i++)
		plan_emit(p, OP_MOVE, (uint16_t)(row + i), found.at[i].reg, 0, 0, 0, 0);
	plan_emit(p, OP_ARRAY, (uint16_t)(row + found.count), row, 0, (uint32_t)found.count, 0, 0);
	plan_emit(p, OP_PUSH, collector, (uint16_t)(row + found.count), 0, 0, 0, 0);
	plan_block_end(p, &block);
	plan_emit(p, OP_WITH_END, 0, 0, 0, 0, 0, 0);
	plan_emit(p, OP_FINISH, solutions, collector, 0, 0, 0, 0);
	key = plan_scan(p, solutions);
	p->bindings.count = bound;
	for (size_t i = 0; i < found.count; i++) {
		uint16_t reg = plan_reg(p);

		plan_emit(p, OP_GET_CONST, reg, (uint16_t)(key + 1), 0,
		    plan_const(p, value_int((int64_t)i)), p->fail, 0);
		VEC_PUSH(p->arena, &p->bindings, ((struct plan_binding){ found.at[i].name, reg }));
	}
}

static void
plan_with(struct planner *p, struct ast_expr *expr)
{
	struct rego_program *program = p->program;
	size_t code = program->code.count, bound = p->bindings.count, labels = p->labels.count;
	uint32_t regs = p->next_reg;
	label_t done = plan_label(p);
	struct plan_block block;

	plan_with_begin(p, &expr->withs);
	plan_block_begin(p, &block);
	plan_literal(p, expr);
	if (p->scans.count > block.scan_base || !plan_does(p, REGO_WITHOUT_WITH)) { /* more than one solution: once more, the other way */
		p->scans.count = block.scan_base;
		p->fail = block.outer_fail;
		program->code.count = program->locs.count = program->marks.count = code;
		p->bindings.count = bound;
		p->labels.count = labels;
		p->next_reg = regs;
		plan_with_many(p, expr);
		return;
	}
	plan_emit(p, OP_WITH_END, 0, 0, 0, 0, 0, 0);
	plan_jump(p, done);
	plan_block_end(p, &block);
	plan_emit(p, OP_WITH_END, 0, 0, 0, 0, 0, 0);
	plan_jump(p, p->fail);
	plan_place(p, done);
}

static void
plan_expr(struct planner *p, struct ast_expr *expr)
{
	if (expr->kind == AST_EXPR_TERM && !expr->negated && expr->terms.at[0]->kind == AST_CONST &&
	    value_is_truthy(expr->terms.at[0]->constant))
		return; /* `true`, written or implied */
	p->loc = expr->loc;
	p->mark = true;
	if (expr->withs.count > 0)
		plan_with(p, expr);
	else
		plan_literal(p, expr);
}

/* Whether a reference in it has a variable behind its head: it may open a scan. */
static bool
may_scan(const struct ast_expr *e)
{
	for (size_t i = 0; i < e->terms.count; i++) {
		const struct ast_term *t = e->terms.at[i];

		for (size_t k = 1; t->kind == AST_REF && k < t->items.count; k++) {
			if (t->items.at[k]->kind == AST_VAR)
				return true;
		}
	}
	return false;
}

/* `__local3__ = input.user`: the same wherever it stands in the body. */
static bool
is_invariant(const struct ast_expr *e)
{
	return plan_is_plain_call(e, "eq") && e->terms.at[1]->kind == AST_VAR &&
	    plan_is_input_path(e->terms.at[2]);
}

/*
 * In order, but for what is the same in every round of a scan: that goes before
 * the scan.  A body is a conjunction, so an earlier failure is the same failure.
 */
void
plan_body(struct planner *p, const struct ast_body *body)
{
	size_t scan = plan_does(p, REGO_WITHOUT_HOISTING) ? 0 : body->exprs.count;

	while (scan < body->exprs.count && !may_scan(body->exprs.at[scan]))
		scan++;
	for (size_t i = 0; i < body->exprs.count && !p->failed; i++) {
		for (size_t k = scan + 1; i == scan && k < body->exprs.count; k++) {
			if (is_invariant(body->exprs.at[k]))
				plan_expr(p, body->exprs.at[k]);
		}
		if (i <= scan || !is_invariant(body->exprs.at[i]))
			plan_expr(p, body->exprs.at[i]);
	}
}
