/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/plan.h"

#include "base/must.h"

/* ---- the rule tree ---- */

static size_t
depth_of(const struct rego_node *node)
{
	size_t depth = 0;

	for (; node->parent != NULL; node = node->parent)
		depth++;
	return depth;
}

static bool
is_partial_set(const struct ast_rule *rule)
{
	return rule->head.contains || rule->head.value == NULL;
}

/* The keys of a rule's head behind its node: p[x].y has x and "y". */
static struct ast_terms
suffix_of(struct planner *p, const struct rego_node *node, const struct ast_rule *rule)
{
	struct ast_terms suffix = { 0 };
	size_t package_len = rule->module->package->items.count - 1, depth = depth_of(node);
	size_t skip = depth > package_len ? depth - package_len : 0;

	for (size_t i = skip; i < rule->head.ref->items.count; i++)
		VEC_PUSH(p->arena, &suffix, rule->head.ref->items.at[i]);
	return suffix;
}

static str_t
node_name(struct planner *p, const struct rego_node *node)
{
	struct buf name;
	str_t made;
	const struct rego_node *path[256];
	size_t count = 0;

	for (; node->parent != NULL && count < COUNT(path); node = node->parent)
		path[count++] = node;
	buf_init(&name, 1 << 16);
	buf_add_text(&name, "data");
	while (count-- > 0) {
		if (value_is_string(path[count]->key)) {
			buf_add_char(&name, '.');
			buf_add_str(&name, value_str(path[count]->key));
		} else {
			buf_add_char(&name, '[');
			value_print(&name, path[count]->key);
			buf_add_char(&name, ']');
		}
	}
	made = arena_str(p->program->arena, buf_str(&name));
	if (buf_failed(&name))
		arena_fail(p->program->arena);
	buf_fini(&name);
	return made;
}

static uint32_t
new_rule_func(struct planner *p)
{
	uint32_t func = plan_func_new(p);

	p->program->funcs.at[func].memo = p->program->memo_count++;
	return func;
}

static bool
has_rules_below(const struct rego_node *node)
{
	for (size_t i = 0; i < node->children.count; i++) {
		if (node->children.at[i]->rules.count > 0 || has_rules_below(node->children.at[i]))
			return true;
	}
	return false;
}

/* Kinds of collector are those of comprehensions; nested paths need the general one. */
static uint32_t
collector_kind(struct planner *p, const struct rego_node *node)
{
	bool nested = false, set = false;

	for (size_t i = 0; i < node->rules.count; i++) {
		const struct ast_rule *rule = node->rules.at[i];
		size_t suffix = suffix_of(p, node, rule).count;

		if (rule->is_default || ast_takes_args(&rule->head))
			continue;
		set = set || (suffix == 0 && is_partial_set(rule));
		nested = nested || suffix > 1 || (suffix == 1 && is_partial_set(rule));
	}
	return nested ? AST_OBJECT : set ? AST_SET_COMP : AST_OBJECT_COMP;
}

/* Makes the node's plan and tree node; ids for its functions, whose code comes later. */
static struct rego_tree *
prepare_node(struct planner *p, struct rego_node *node, struct rego_tree *parent)
{
	struct arena *arena = p->program->arena;
	struct plan_node *plan = ARENA_NEW(p->unit->arena, struct plan_node);
	struct rego_tree *tree = ARENA_NEW(arena, struct rego_tree);

	if (plan == NULL || tree == NULL)
		return NULL;
	*plan = (struct plan_node){ .func = REGO_FUNC_NONE, .whole = REGO_FUNC_NONE, .function = REGO_FUNC_NONE,
		.tree = (uint32_t)p->program->nodes.count };
	node->plan = plan;
	VEC_PUSH(arena, &p->program->nodes, tree);
	tree->key = node->key;
	tree->parent = parent;
	tree->first_rule_memo = p->program->memo_count;
	for (size_t i = 0; i < node->rules.count; i++) {
		struct ast_rule *rule = node->rules.at[i];

		if (ast_takes_args(&rule->head)) {
			if (plan->function == REGO_FUNC_NONE)
				plan->function = plan_func_new(p);
			continue;
		}
		if (plan->func == REGO_FUNC_NONE)
			plan->func = new_rule_func(p);
		if (is_partial_set(rule) || suffix_of(p, node, rule).count > 0)
			plan->is_partial = true;
	}
	if (plan->is_partial && has_rules_below(node))
		plan->whole = new_rule_func(p);
	tree->func = plan->func;
	tree->whole = plan->whole;
	tree->is_functions = node->rules.count > 0 && plan->func == REGO_FUNC_NONE && node->children.count == 0;
	tree->is_partial = plan->is_partial;
	tree->is_flat = plan->is_partial && collector_kind(p, node) == AST_OBJECT_COMP;
	if (node->rules.count > 0)
		tree->loc = node->rules.at[0]->head.loc;
	tree->memo = p->program->memo_count++;
	tree->children = ARENA_ARRAY(arena, struct rego_tree *, node->children.count);
	for (size_t i = 0; tree->children != NULL && i < node->children.count; i++) {
		struct rego_tree *child = prepare_node(p, node->children.at[i], tree);

		if (child == NULL)
			return NULL;
		tree->children[tree->child_count++] = child;
	}
	tree->rule_memo_end = p->program->memo_count;
	return tree;
}

/* ---- clauses ---- */

static bool
value_is_constant(const struct ast_rule *rule, value_t *ret)
{
	if (rule->head.value == NULL || rule->head.value->kind != AST_CONST)
		return false;
	*ret = rule->head.value->constant;
	return true;
}

/* Whether all clauses and their else branches give this one constant. */
static bool
is_single_valued(const struct ast_rules *rules, bool functions)
{
	value_t first = VALUE_NONE, v;

	for (size_t i = 0; i < rules->count; i++) {
		if (rules->at[i]->is_default || ast_takes_args(&rules->at[i]->head) != functions)
			continue;
		for (const struct ast_rule *r = rules->at[i]; r != NULL; r = r->else_rule) {
			if (!value_is_constant(r, &v))
				return false;
			if (value_is_defined(first) && !value_equal(first, v))
				return false;
			first = v;
		}
	}
	return value_is_defined(first);
}

static void
match_params(struct planner *p, const struct ast_rule *rule)
{
	for (size_t i = 0; i < rule->head.args.count; i++)
		plan_match(p, rule->head.args.at[i], (uint16_t)i);
}

/* One link of an else chain: its value goes to `result`.  On success goes on to `success`, if any. */
static void
plan_link(struct planner *p, const struct ast_rule *rule, uint16_t result, label_t success,
    bool has_success)
{
	struct plan_block block;
	value_t constant;
	size_t bound = p->bindings.count;

	plan_block_begin(p, &block);
	p->loc = rule->head.loc;
	match_params(p, rule);
	plan_body(p, &rule->body);
	p->loc = rule->head.loc;
	plan_emit(p, OP_RESULT, result, plan_term(p, rule->head.value), 0, 0, 0, 0);
	if (has_success)
		plan_jump(p, success);
	else if (plan_does(p, REGO_WITHOUT_EARLY_EXIT) && value_is_constant(rule, &constant))
		plan_jump(p, block.fail); /* further solutions say the same */
	plan_block_end(p, &block);
	p->bindings.count = bound;
}

static void
plan_chain(struct planner *p, const struct ast_rule *rule, uint16_t result, label_t success,
    bool has_success)
{
	uint32_t regs = p->next_reg;
	uint16_t chain;
	label_t done, next_clause;

	if (rule->else_rule == NULL) {
		plan_link(p, rule, result, success, has_success);
		p->next_reg = regs;
		return;
	}
	chain = plan_reg(p);
	done = plan_label(p);
	next_clause = plan_label(p);
	plan_emit(p, OP_UNDEFINED, chain, 0, 0, 0, 0, 0);
	for (const struct ast_rule *link = rule; link != NULL; link = link->else_rule) {
		label_t try_else = plan_label(p);

		plan_link(p, link, chain, done, false);
		plan_emit(p, OP_DEFINED, chain, 0, 0, 0, try_else, 0);
		plan_jump(p, done);
		plan_place(p, try_else);
	}
	plan_jump(p, next_clause);
	plan_place(p, done);
	plan_emit(p, OP_RESULT, result, chain, 0, 0, 0, 0);
	if (has_success)
		plan_jump(p, success);
	plan_place(p, next_clause);
	p->next_reg = regs;
}

static void
plan_default(struct planner *p, const struct ast_rule *rule, uint16_t result, label_t end)
{
	label_t missing = plan_label(p);
	struct plan_block block;

	p->loc = rule->head.loc;
	plan_emit(p, OP_DEFINED, result, 0, 0, 0, missing, 0);
	plan_jump(p, end);
	plan_place(p, missing);
	plan_block_begin(p, &block);
	match_params(p, rule);
	plan_body(p, &rule->body); /* where the passes put what the value needs */
	plan_term_to(p, rule->head.value, result);
	plan_block_end(p, &block);
}

static void
plan_clauses(struct planner *p, const struct ast_rules *rules, bool functions, uint16_t result, label_t end,
    bool single)
{
	label_t defaults = plan_label(p);
	struct plan_clauses clauses = { 0 };
	bool indexed;

	clauses.at = ARENA_ARRAY(p->arena, const struct ast_rule *, rules->count);
	clauses.labels = ARENA_ARRAY(p->arena, label_t, rules->count);
	for (size_t i = 0; clauses.at != NULL && i < rules->count; i++) {
		if (!rules->at[i]->is_default && ast_takes_args(&rules->at[i]->head) == functions)
			clauses.at[clauses.count++] = rules->at[i];
	}
	indexed = clauses.labels != NULL && plan_index(p, &clauses, defaults);
	for (size_t i = 0; i < clauses.count && !p->failed; i++) {
		if (indexed)
			plan_place(p, clauses.labels[i]);
		plan_chain(p, clauses.at[i], result, end, single);
		if (indexed) {
			plan_emit(p, OP_INDEX_NEXT, clauses.cursor, 0, 0, 0, 0, 0);
			plan_jump(p, defaults);
		}
	}
	plan_place(p, defaults);
}

static void
plan_complete(struct planner *p, const struct ast_rules *rules, bool functions, uint32_t params)
{
	bool single = plan_does(p, REGO_WITHOUT_EARLY_EXIT) && is_single_valued(rules, functions);
	uint16_t result;
	label_t end;

	p->next_reg = p->func->reg_count = p->func->param_count = params;
	result = plan_reg(p);
	end = plan_label(p);
	p->fail = end;
	plan_emit(p, OP_UNDEFINED, result, 0, 0, 0, 0, 0);
	plan_clauses(p, rules, functions, result, end, single);
	for (size_t i = 0; i < rules->count && !p->failed; i++) {
		const struct ast_rule *rule = rules->at[i];

		if (rule->is_default && ast_takes_args(&rule->head) == functions)
			plan_default(p, rule, result, end);
	}
	plan_place(p, end);
	plan_emit(p, OP_RETURN, result, 0, 0, 0, 0, 0);
}

static void
plan_contribution(struct planner *p, const struct rego_node *node, const struct ast_rule *rule,
    uint16_t collector)
{
	struct ast_terms suffix = suffix_of(p, node, rule);
	bool set = is_partial_set(rule);
	VEC(uint16_t) keys = { 0 };
	uint16_t value, first;

	if (suffix.count > UINT8_MAX) {
		plan_error(p, rule->head.loc, "the rule's path has more than %d keys", UINT8_MAX);
		return;
	}
	value = plan_term(p, set ? rule->head.key : rule->head.value);
	if (suffix.count == 0) {
		plan_emit(p, OP_PUSH, collector, value, 0, 0, 0, 0);
		return;
	}
	for (size_t i = 0; i < suffix.count; i++)
		VEC_PUSH(p->arena, &keys, plan_term(p, suffix.at[i]));
	if (suffix.count == 1 && !set) {
		plan_emit(p, OP_PUT, collector, keys.at[0], value, 0, 0, 0);
		return;
	}
	first = plan_regs(p, (uint32_t)suffix.count);
	for (size_t i = 0; i < keys.count; i++)
		plan_emit(p, OP_MOVE, (uint16_t)(first + i), keys.at[i], 0, 0, 0, 0);
	plan_emit(p, set ? OP_PUT_MEMBER : OP_PUT_PATH, collector, first, value, 0, 0,
	    (uint8_t)suffix.count);
}

static void
plan_contributions(struct planner *p, const struct rego_node *at, const struct rego_node *node,
    uint16_t collector, uint32_t regs)
{
	for (size_t i = 0; i < node->rules.count && !p->failed; i++) {
		const struct ast_rule *rule = node->rules.at[i];
		struct plan_block block;

		if (rule->is_default || ast_takes_args(&rule->head))
			continue;
		p->bindings.count = 0;
		p->next_reg = regs;
		plan_block_begin(p, &block);
		plan_body(p, &rule->body);
		p->loc = rule->head.loc;
		plan_contribution(p, at, rule, collector);
		plan_block_end(p, &block);
	}
}

static void
plan_partial(struct planner *p, const struct rego_node *node)
{
	uint16_t collector = plan_reg(p), result = plan_reg(p);
	uint32_t regs = p->next_reg;

	plan_emit(p, OP_COLLECT, collector, 0, 0, collector_kind(p, node), 0, 1);
	plan_contributions(p, node, node, collector, regs);
	p->loc = p->func->loc;
	plan_emit(p, OP_FINISH, result, collector, 0, 0, 0, 0);
	plan_emit(p, OP_RETURN, result, 0, 0, 0, 0, 0);
}

/* The value of a complete rule below `at`, put at its path. */
static void
plan_complete_below(struct planner *p, const struct rego_node *at, const struct rego_node *node,
    uint16_t collector)
{
	size_t count = depth_of(node) - depth_of(at);
	struct plan_block block;
	uint16_t value, first;
	const struct rego_node *step = node;

	if (count > UINT8_MAX) {
		plan_error(p, p->loc, "the rule's path has more than %d keys", UINT8_MAX);
		return;
	}
	plan_block_begin(p, &block);
	value = plan_reg(p);
	plan_emit(p, OP_CALL_RULE, value, 0, 0, plan_of(node)->func, p->fail, 0);
	first = plan_regs(p, (uint32_t)count);
	for (size_t i = count; i-- > 0; step = step->parent)
		plan_emit(p, OP_CONST, (uint16_t)(first + i), 0, 0, plan_const(p, step->key), 0, 0);
	p->loc = node->rules.at[0]->head.loc;
	plan_emit(p, OP_PUT_PATH, collector, first, value, 0, 0, (uint8_t)count);
	plan_block_end(p, &block);
}

static void
plan_rules_below(struct planner *p, const struct rego_node *at, const struct rego_node *node,
    uint16_t collector, uint32_t regs)
{
	const struct plan_node *plan = plan_of(node);

	if (plan->is_partial)
		plan_contributions(p, at, node, collector, regs);
	else if (plan->func != REGO_FUNC_NONE)
		plan_complete_below(p, at, node, collector);
	for (size_t i = 0; i < node->children.count; i++)
		plan_rules_below(p, at, node->children.at[i], collector, regs);
}

/* Rules of a node and of all below it as one object, so that overlaps are found. */
static void
plan_whole(struct planner *p, const struct rego_node *node)
{
	uint16_t collector = plan_reg(p), result = plan_reg(p);
	uint32_t regs = p->next_reg;

	plan_emit(p, OP_COLLECT, collector, 0, 0, AST_OBJECT, 0, 1);
	plan_rules_below(p, node, node, collector, regs);
	p->loc = p->func->loc;
	plan_emit(p, OP_FINISH, result, collector, 0, 0, 0, 0);
	plan_emit(p, OP_RETURN, result, 0, 0, 0, 0, 0);
}

static err_t
plan_node_funcs(struct planner *p, struct rego_node *node)
{
	const struct plan_node *plan = plan_of(node);

	if (plan->func != REGO_FUNC_NONE) {
		TRY(plan_func_begin(p, FUNC_RULE, node_name(p, node), node->rules.at[0]->loc, plan->func));
		p->fail = plan_label(p);
		plan_place(p, p->fail);
		if (plan->is_partial)
			plan_partial(p, node);
		else
			plan_complete(p, &node->rules, false, 0);
		plan_func_end(p);
	}
	if (plan->whole != REGO_FUNC_NONE) {
		TRY(plan_func_begin(p, FUNC_RULE, node_name(p, node), node->rules.at[0]->loc, plan->whole));
		p->fail = plan_label(p);
		plan_place(p, p->fail);
		plan_whole(p, node);
		plan_func_end(p);
	}
	if (plan->function != REGO_FUNC_NONE) {
		TRY(plan_func_begin(p, FUNC_FUNCTION, node_name(p, node), node->rules.at[0]->loc,
		    plan->function));
		p->func->is_function = true;
		plan_complete(p, &node->rules, true, (uint32_t)node->rules.at[0]->head.args.count);
		plan_func_end(p);
	}
	for (size_t i = 0; i < node->children.count; i++)
		TRY(plan_node_funcs(p, node->children.at[i]));
	return p->failed ? ERR_POLICY : ERR_OK;
}

static err_t
finish(struct planner *p, err_t e)
{
	if (e == ERR_OK && (arena_failed(p->arena) || arena_failed(p->program->arena)))
		e = ERR_MEMORY;
	arena_free(&p->arena);
	return e;
}

static err_t
begin(struct planner *p, struct rego_program *program, struct rego_unit *unit)
{
	*p = (struct planner){ .program = program, .unit = unit, .arena = arena_new((size_t)1 << 30) };
	return p->arena != NULL ? ERR_OK : ERR_MEMORY;
}

err_t
rego_plan_unit(struct rego_program *program, struct rego_unit *unit)
{
	struct planner p;

	TRY(begin(&p, program, unit));
	if (prepare_node(&p, unit->root, NULL) == NULL)
		return finish(&p, ERR_MEMORY);
	return finish(&p, plan_node_funcs(&p, unit->root));
}

err_t
rego_plan_entry(struct rego_program *program, struct rego_unit *unit, const value_t *path,
    size_t count, str_t name, uint32_t *ret_func)
{
	struct planner p;
	uint32_t func;
	uint16_t reg, nothing;
	struct plan_block block;

	TRY(begin(&p, program, unit));
	func = plan_func_new(&p);
	err_t e = plan_func_begin(&p, FUNC_ENTRY, name, (struct ast_loc){ 0 }, func);

	if (e != ERR_OK)
		return finish(&p, e);
	nothing = plan_reg(&p);
	plan_emit(&p, OP_UNDEFINED, nothing, 0, 0, 0, 0, 0);
	plan_block_begin(&p, &block);
	reg = plan_data_path(&p, path, count);
	plan_emit(&p, OP_RETURN, reg, 0, 0, 0, 0, 0);
	plan_block_end(&p, &block);
	plan_emit(&p, OP_RETURN, nothing, 0, 0, 0, 0, 0);
	plan_func_end(&p);
	*ret_func = func;
	return finish(&p, p.failed ? ERR_POLICY : ERR_OK);
}

/* {name: value, ..., "$expressions": [..]} of one solution. */
static uint16_t
plan_solution(struct planner *p, const struct rego_query *query, bool with_terms)
{
	VEC(uint16_t) parts = { 0 };
	uint16_t first, reg;
	uint32_t count;

	for (size_t i = 0; i < query->vars.count; i++) {
		rego_name_t source = query->vars.at[i].source;
		uint16_t key = plan_reg(p), value;

		if (!plan_find(p, query->vars.at[i].name, &value))
			continue;
		plan_emit(p, OP_CONST, key, 0, 0,
		    plan_const(p, intern_add(p->program->intern, str_make(source->bytes, source->len))),
		    0, 0);
		VEC_PUSH(p->arena, &parts, key);
		VEC_PUSH(p->arena, &parts, value);
	}
	if (with_terms) {
		uint16_t key = plan_reg(p), values = plan_regs(p, (uint32_t)query->terms.count + 1);

		for (size_t i = 0; i < query->terms.count; i++) {
			uint16_t at = (uint16_t)(values + i);

			if (query->terms.at[i] != NULL)
				plan_term_to(p, query->terms.at[i], at);
			else
				plan_emit(p, OP_CONST, at, 0, 0, plan_const(p, value_bool(true)), 0, 0);
		}
		reg = (uint16_t)(values + query->terms.count);
		plan_emit(p, OP_ARRAY, reg, values, 0, (uint32_t)query->terms.count, 0, 0);
		plan_emit(p, OP_CONST, key, 0, 0,
		    plan_const(p, intern_add_text(p->program->intern, "$expressions")), 0, 0);
		VEC_PUSH(p->arena, &parts, key);
		VEC_PUSH(p->arena, &parts, reg);
	}
	count = (uint32_t)parts.count;
	first = plan_regs(p, count + 1);
	for (uint32_t i = 0; i < count; i++)
		plan_emit(p, OP_MOVE, (uint16_t)(first + i), parts.at[i], 0, 0, 0, 0);
	plan_emit(p, OP_OBJECT, (uint16_t)(first + count), first, 0, count, 0, 0);
	return (uint16_t)(first + count);
}

err_t
rego_plan_query(struct rego_program *program, struct rego_unit *unit, const struct rego_query *query,
    bool with_terms, uint32_t *ret_func)
{
	struct planner p;
	struct plan_block block;
	uint32_t func;
	uint16_t collector, result;

	TRY(begin(&p, program, unit));
	func = plan_func_new(&p);
	err_t e = plan_func_begin(&p, FUNC_ENTRY, STR("query"), query->body.loc, func);

	if (e != ERR_OK)
		return finish(&p, e);
	collector = plan_reg(&p);
	result = plan_reg(&p);
	plan_emit(&p, OP_COLLECT, collector, 0, 0, AST_ARRAY_COMP, 0, 0);
	plan_block_begin(&p, &block);
	plan_body(&p, &query->body);
	plan_emit(&p, OP_PUSH, collector, plan_solution(&p, query, with_terms), 0, 0, 0, 0);
	plan_block_end(&p, &block);
	plan_emit(&p, OP_FINISH, result, collector, 0, 0, 0, 0);
	plan_emit(&p, OP_RETURN, result, 0, 0, 0, 0, 0);
	plan_func_end(&p);
	*ret_func = func;
	return finish(&p, p.failed ? ERR_POLICY : ERR_OK);
}
