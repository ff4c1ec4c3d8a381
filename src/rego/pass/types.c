/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Infers types through rules, functions and built-ins, and reports what can never
 * have a value: `1 = "a"`, a key that an object does not have, operands that a
 * function does not take.  Rules are taken in order of their dependencies, so that
 * the types of those referred to are known.
 */
#include <stdlib.h>

#include "rego/builtin.h"
#include "rego/pass/graph.h"
#include "rego/pass/text.h"
#include "rego/pass/type_unify.h"
#include "rego/pass/walk.h"

struct type_finding {
	struct ast_loc loc;
	str_t message, hint; /* the hint may be empty */
	bool hole; /* the cause is a term of which nothing is known */
};

struct checker {
	struct compiler *compiler;
	struct type_env env;
	VEC(uint8_t *) effects; /* one for each `with` around the current place */
	size_t effect_depth;
	VEC(uint32_t) affected; /* rules still to be followed to their users */
	VEC(struct type_finding) findings;
};

static void check_body(struct checker *, struct ast_body *);

static struct type_finding *
add_finding(struct checker *k, struct ast_loc loc, str_t message, bool hole)
{
	struct type_finding f = { loc, message, STR_NONE, hole };

	PUSH(k->compiler, &k->findings, f);
	return &k->findings.at[k->findings.count - 1];
}

/* ---- references ---- */

/* `t`: the type that has no such part; NULL: it is not known. */
static bool
refuse_ref(struct checker *k, const struct ast_term *ref, type_t t)
{
	struct arena *a = k->compiler->arena;
	str_t text = term_text(k->compiler, ref);
	struct type_finding *f = add_finding(k, ref->items.at[0]->loc,
	    arena_printf(a, "undefined ref: %.*s", STR_FMT(text)), false);

	if (t != NULL)
		f->hint = arena_printf(a, "it goes into %.*s", STR_FMT(type_text(k->compiler, t)));
	return false;
}

/* A variable as a key: it has one of the keys' types, or gets it. */
static bool
check_key_var(struct checker *k, const struct ast_term *var, type_t keys)
{
	type_t known = env_var(&k->env, var->var.name);

	if (known != NULL)
		return type_unifies(known, keys);
	env_set_var(&k->env, var->var.name, keys);
	return true;
}

static bool
check_ref_in_type(struct checker *k, const struct ast_term *ref, type_t t, size_t from)
{
	struct compiler *c = k->compiler;

	for (size_t i = from; i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];
		type_t keys = type_keys(c, t), known;
		bool good = true;

		if (keys == NULL)
			return refuse_ref(k, ref, t);
		if (part->kind == AST_CONST) {
			known = type_select(c, t, part->constant);
			if (known == NULL)
				return refuse_ref(k, ref, t);
			t = known;
			continue;
		}
		if (part->kind == AST_VAR) {
			good = check_key_var(k, part, keys);
		} else if (part->kind == AST_REF) {
			known = env_ref(&k->env, part);
			good = known == NULL || type_unifies(known, keys);
		} else {
			good = unify_term(&k->env, part, keys, false);
		}
		if (!good)
			return refuse_ref(k, ref, t);
		t = type_values(c, t);
	}
	return true;
}

static bool
check_data_ref(struct checker *k, const struct ast_term *ref)
{
	const struct rego_node *node = k->compiler->unit->root;

	if (!k->env.rules->present[node->id])
		return check_ref_in_type(k, ref, &type_any, 1);
	for (size_t i = 1; node != NULL && i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];
		const struct rego_node *child = NULL;
		bool is_string = part->kind == AST_CONST && value_is_string(part->constant);

		/* The first two steps are a package's. */
		if (i <= 2 && part->kind != AST_VAR && !is_string)
			return refuse_ref(k, ref, NULL);
		if (part->kind == AST_VAR &&
		    !check_key_var(k, part, type_keys(k->compiler, env_extent(&k->env, node))))
			return refuse_ref(k, ref, NULL);
		if (part->kind == AST_CONST)
			child = compiler_child(node, part->constant);
		if (child == NULL || !k->env.rules->present[child->id])
			return check_ref_in_type(k, ref, &type_any, 1);
		if (env_effect(&k->env, child) >= EFFECT_ANY)
			return check_ref_in_type(k, ref, env_effect_type(&k->env, child), i + 1);
		if (k->env.rules->of[child->id] != NULL)
			return check_ref_in_type(k, ref, k->env.rules->of[child->id], i + 1);
		node = child;
	}
	return true;
}

static bool
check_ref(struct walker *w, struct ast_term *t)
{
	struct checker *k = w->context;
	const struct ast_term *head;
	type_t type;

	if (term_is_comp(t))
		return false;
	if (t->kind != AST_REF)
		return true;
	head = t->items.at[0];
	type = env_ref(&k->env, t);
	if (type != NULL && type->kind == TYPE_FUNCTION) {
		str_t text = term_text(k->compiler, t);

		add_finding(k, head->loc, arena_printf(k->compiler->arena,
		    "function %.*s used as reference, not called", STR_FMT(text)), false);
		return false;
	}
	if (head->kind != AST_VAR)
		return true;
	type = env_var(&k->env, head->var.name);
	if (type != NULL) {
		(void)check_ref_in_type(k, t, type, 1);
	} else if (head->var.name == k->compiler->data) {
		(void)check_data_ref(k, t);
	} else {
		if (head->var.name != k->compiler->input)
			env_set_var(&k->env, head->var.name, &type_any);
		(void)check_ref_in_type(k, t, &type_any, 1);
	}
	return true;
}

/* References in operands; what stands in a `with` is not looked at. */
static bool
check_refs_of_expr(struct walker *w, struct ast_expr *e)
{
	if (e->kind == AST_EXPR_EVERY)
		return true;
	for (size_t i = e->kind == AST_EXPR_CALL ? 1 : 0; i < e->terms.count; i++)
		walk_term(w, e->terms.at[i]);
	return false;
}

/* ---- closures ---- */

static void
check_comp(struct checker *k, struct ast_term *t)
{
	struct compiler *c = k->compiler;
	size_t before = k->findings.count;
	type_t value, type = NULL;

	env_push(&k->env);
	check_body(k, &t->comp.body);
	if (k->findings.count == before) {
		value = env_term(&k->env, t->comp.value);
		if (t->kind == AST_OBJECT_COMP)
			type = type_object(c, NULL, 0, env_term(&k->env, t->comp.key), value);
		else
			type = t->kind == AST_SET_COMP ? type_set(c, value)
			                               : type_array(c, NULL, 0, value);
	}
	env_pop(&k->env);
	env_set_comp(&k->env, t, type);
}

static bool
check_closure(struct walker *w, struct ast_term *t)
{
	if (!term_is_comp(t))
		return true;
	check_comp(w->context, t);
	return false;
}

static bool
check_logic(struct walker *w, struct ast_expr *e)
{
	struct checker *k = w->context;

	if (e->logic == NULL)
		return true;
	env_push(&k->env);
	check_body(k, &e->logic->left);
	env_pop(&k->env);
	env_push(&k->env);
	check_body(k, &e->logic->right);
	env_pop(&k->env);
	return false;
}

/* ---- expressions ---- */

static void
refuse_call(struct checker *k, const struct ast_expr *e, type_t f, const char *why)
{
	struct compiler *c = k->compiler;
	str_t name = term_text(c, e->terms.at[0]);
	size_t count = e->terms.count - 1 < f->count ? e->terms.count - 1 : f->count;
	type_t *have = compiler_alloc(c, count, sizeof(*have));
	bool hole = false;
	struct type_finding *found;

	for (size_t i = 1; i < e->terms.count; i++)
		hole = hole || type_has_hole(env_term(&k->env, e->terms.at[i]));
	for (size_t i = 0; i < count; i++)
		have[i] = env_term(&k->env, e->terms.at[i + 1]);
	found = add_finding(k, e->loc, arena_printf(c->arena, "%.*s: %s", STR_FMT(name), why), hole);
	found->hint = arena_printf(c->arena, "it takes (%.*s), not (%.*s)",
	    STR_FMT(type_list_text(c, f->items, f->count)),
	    STR_FMT(type_list_text(c, have, count)));
}

static void
check_call(struct checker *k, const struct ast_expr *e)
{
	type_t f = env_ref(&k->env, e->terms.at[0]);
	size_t given = e->terms.count - 1;

	/* A function with an error in it has any type. */
	if (f == NULL || f->kind != TYPE_FUNCTION || f->variadic)
		return;
	if (given > f->count + (f->result != NULL ? 1 : 0)) {
		refuse_call(k, e, f, "too many arguments");
		return;
	}
	if (given < f->count) {
		refuse_call(k, e, f, "too few arguments");
		return;
	}
	for (size_t i = 0; i < given; i++) {
		if (!unify_term(&k->env, e->terms.at[i + 1], i < f->count ? f->items[i] : f->result,
			false)) {
			refuse_call(k, e, f, "invalid argument(s)");
			return;
		}
	}
}

static void
check_equality(struct checker *k, const struct ast_expr *e)
{
	const struct ast_term *a = e->terms.at[1], *b = e->terms.at[2];
	type_t left = env_term(&k->env, a), right = env_term(&k->env, b);
	struct type_finding *found;

	if (unify_terms(&k->env, a, b))
		return;
	found = add_finding(k, e->loc, STR("match error"),
	    type_has_hole(left) || type_has_hole(right));
	found->hint = arena_printf(k->compiler->arena, "%.*s on the left, %.*s on the right",
	    STR_FMT(type_text(k->compiler, left)), STR_FMT(type_text(k->compiler, right)));
}

static bool
check_withs(struct checker *k, const struct ast_expr *e)
{
	for (size_t i = 0; i < e->withs.count; i++) {
		const struct ast_with *w = &e->withs.at[i];
		type_t target = env_term(&k->env, w->target), value = env_term(&k->env, w->value);

		if (target == NULL || target->kind != TYPE_FUNCTION || value == NULL ||
		    value->kind != TYPE_FUNCTION || type_unifies(target, value))
			continue;
		add_finding(k, w->loc, arena_printf(k->compiler->arena, "%.*s: arity mismatch",
		    STR_FMT(term_text(k->compiler, w->target))), false);
		return false;
	}
	return true;
}

/* ---- what `with` does to types ---- */

static void
set_effect(const struct rego_node *node, uint8_t *effects, enum node_effect effect)
{
	if (effects[node->id] < effect)
		effects[node->id] = (uint8_t)effect;
	for (node = node->parent; node != NULL && effects[node->id] == EFFECT_NONE;
	     node = node->parent)
		effects[node->id] = EFFECT_BELOW;
}

/* The rules at and below a target. */
static void
collect_rules(struct checker *k, const struct rego_node *node)
{
	for (size_t i = 0; i < node->rules.count; i++) {
		for (const struct ast_rule *r = node->rules.at[i]; r != NULL; r = r->else_rule)
			PUSH(k->compiler, &k->affected, r->serial);
	}
	for (size_t i = 0; i < node->children.count; i++)
		collect_rules(k, node->children.at[i]);
}

static void
affect_users(struct checker *k, uint8_t *effects)
{
	const struct rule_types *rules = k->env.rules;

	while (k->affected.count > 0) {
		uint32_t rule = k->affected.at[--k->affected.count];

		for (size_t i = 0; i < rules->users[rule].count; i++) {
			uint32_t user = rules->users[rule].at[i];

			if (effects[rules->node_of_rule[user]->id] >= EFFECT_ANY)
				continue;
			set_effect(rules->node_of_rule[user], effects, EFFECT_ANY);
			PUSH(k->compiler, &k->affected, user);
		}
	}
}

/* A fresh table of effects, beginning with those around. */
static uint8_t *
push_effects(struct checker *k)
{
	uint32_t count = k->env.rules->node_count;
	uint8_t *effects;

	if (k->effect_depth == k->effects.count)
		PUSH(k->compiler, &k->effects, compiler_alloc(k->compiler, count, 1));
	effects = k->effects.at[k->effect_depth++];
	for (uint32_t i = 0; i < count; i++)
		effects[i] = k->env.effects == NULL ? EFFECT_NONE : k->env.effects[i];
	return effects;
}

/* Replaced documents have the type of what replaces them; what depends on them, any. */
static void
enter_withs(struct checker *k, const struct ast_expr *e)
{
	uint8_t *effects = NULL;

	for (size_t i = 0; i < e->withs.count; i++) {
		const struct ast_with *w = &e->withs.at[i];
		struct type_target target = { compiler_find_node(k->compiler, w->target), NULL };

		if (target.node == NULL)
			continue;
		target.type = env_term(&k->env, w->value);
		if (target.type == NULL || target.node->rules.count == 0 ||
		    target.node->rules.at[0]->head.args.count > 0)
			target.type = &type_any;
		if (effects == NULL)
			effects = push_effects(k);
		set_effect(target.node, effects, EFFECT_REPLACED);
		PUSH(k->compiler, &k->env.targets, target);
		k->affected.count = 0;
		collect_rules(k, target.node);
		affect_users(k, effects);
	}
	if (effects != NULL)
		k->env.effects = effects;
}

static void
check_expr(struct checker *k, struct ast_expr *e)
{
	const uint8_t *effects_around = k->env.effects;
	size_t depth_around = k->effect_depth, targets_around = k->env.targets.count;
	struct walker closures = { .on_term = check_closure, .on_expr = check_logic,
		.compiler = k->compiler, .context = k };
	struct walker refs = { .on_term = check_ref, .on_expr = check_refs_of_expr,
		.compiler = k->compiler, .context = k };
	size_t before = k->findings.count, inside;

	bool withs_fit = check_withs(k, e);

	enter_withs(k, e);
	walk_expr(&closures, e);
	if (e->logic == NULL)
		walk_expr(&refs, e);
	inside = k->findings.count;
	if (withs_fit && e->kind == AST_EXPR_CALL) {
		if (expr_is_equality(e))
			check_equality(k, e);
		else
			check_call(k, e);
	}
	/* Where a part is wrong, that the whole does not fit is no news. */
	if (inside > before && k->findings.count > inside && k->findings.at[inside].hole)
		k->findings.count = inside;
	k->env.effects = effects_around;
	k->effect_depth = depth_around;
	k->env.targets.count = targets_around;
}

static void
check_body(struct checker *k, struct ast_body *b)
{
	for (size_t i = 0; i < b->exprs.count; i++)
		check_expr(k, b->exprs.at[i]);
}

/* ---- rules ---- */

static void
type_arg_vars(struct checker *k, const struct ast_term *arg)
{
	struct var_set vars = { 0 };

	vars_of_term(k->compiler, &vars, arg, 0);
	for (size_t i = 0; i < vars.count; i++) {
		if (env_var(&k->env, vars.at[i]) == NULL)
			env_set_var(&k->env, vars.at[i], &type_any);
	}
}

static type_t
function_type(struct checker *k, struct ast_head *h)
{
	type_t *operands = compiler_alloc(k->compiler, h->args.count, sizeof(*operands));

	for (size_t i = 0; i < h->args.count; i++) {
		type_arg_vars(k, h->args.at[i]);
		operands[i] = env_term(&k->env, h->args.at[i]);
	}
	return type_function(k->compiler, operands, (uint32_t)h->args.count,
	    env_term(&k->env, h->value));
}

/* p[x].q := v: an object of objects of v's type. */
static type_t
nest(struct checker *k, const struct ast_terms *path, size_t i, type_t value)
{
	type_t key;

	if (i == path->count || value == NULL)
		return value;
	value = nest(k, path, i + 1, value);
	key = env_term(&k->env, path->at[i]);
	return value == NULL || key == NULL ? NULL : type_object(k->compiler, NULL, 0, key, value);
}

static type_t
rule_type(struct checker *k, struct ast_rule *r)
{
	const struct ast_terms *path = &r->head.ref->items;
	size_t ground = 1; /* parts that lead to the rule's node */
	type_t key;

	while (ground < path->count && path->at[ground]->kind == AST_CONST)
		ground++;

	if (r->head.args.count > 0)
		return function_type(k, &r->head);
	if (r->head.value != NULL)
		return nest(k, path, ground, env_term(&k->env, r->head.value));
	key = ground == path->count && r->head.key != NULL ? env_term(&k->env, r->head.key) : NULL;
	return key == NULL ? NULL : type_set(k->compiler, key);
}

static struct rego_node *
find_rule_node(struct compiler *c, const struct ast_rule *r)
{
	const struct ast_terms *path = &r->head.ref->items;
	struct rego_node *node = compiler_find_node(c, r->module->package);
	size_t i = 1;

	node = compiler_child(node, intern_add(c->unit->intern, name_str(path->at[0]->var.name)));
	for (; i < path->count && path->at[i]->kind == AST_CONST; i++)
		node = compiler_child(node, path->at[i]->constant);
	return node;
}

static void
check_rule(struct checker *k, struct ast_rule *r)
{
	struct rego_node *node = k->env.rules->node_of_rule[r->serial];
	size_t before = k->findings.count;

	type_t type;

	k->env.scope = NULL;
	env_push(&k->env);
	check_body(k, &r->body);
	if (k->findings.count > before) {
		/* Whoever refers to it has no further errors from that. */
		k->env.rules->of[node->id] = NULL;
		env_add_rule(&k->env, node, &type_any);
		return;
	}
	type = rule_type(k, r);
	if (type != NULL)
		env_add_rule(&k->env, node, type);
}

/* ---- order ---- */

struct visit {
	uint32_t node, edge;
};

/* Depth first from `start`; what a rule uses comes before it. */
static void
check_after_uses(struct checker *k, uint32_t start)
{
	struct compiler *c = k->compiler;
	VEC(struct visit) stack = { 0 };

	PUSH(c, &stack, ((struct visit){ start, 0 }));
	c->graph->nodes[start].mark = c->graph->mark;
	while (stack.count > 0) {
		struct visit *top = &stack.at[stack.count - 1];
		const struct graph_node *node = &c->graph->nodes[top->node];
		uint32_t next;

		if (top->edge == node->uses.count) {
			check_rule(k, node->rule);
			stack.count--;
			continue;
		}
		next = node->uses.at[top->edge++];
		if (c->graph->nodes[next].mark == c->graph->mark)
			continue;
		c->graph->nodes[next].mark = c->graph->mark;
		PUSH(c, &stack, ((struct visit){ next, 0 }));
	}
}

static int
compare_findings(const void *a, const void *b)
{
	const struct ast_loc *x = &((const struct type_finding *)a)->loc;
	const struct ast_loc *y = &((const struct type_finding *)b)->loc;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->col == y->col ? 0 : x->col < y->col ? -1 : 1;
}

static void
report(struct checker *k)
{
	if (k->findings.count > 1)
		qsort(k->findings.at, k->findings.count, sizeof(*k->findings.at), compare_findings);
	for (size_t i = 0; i < k->findings.count; i++) {
		const struct type_finding *f = &k->findings.at[i];
		struct diag_finding *kept =
		    compiler_error(k->compiler, TYPE_ERROR, f->loc, "%.*s", STR_FMT(f->message));

		if (kept != NULL && f->hint.len > 0)
			diag_hint(k->compiler->unit->diag, kept, "%.*s", STR_FMT(f->hint));
	}
}

void
pass_types(struct compiler *c)
{
	struct checker k = { .compiler = c, .env = { .compiler = c, .rules = c->unit->types } };

	if (c->query == NULL) {
		k.env.rules = c->unit->types = rule_types_make(c);
		for (uint32_t i = 0; i < c->rules.count; i++)
			k.env.rules->node_of_rule[i] = find_rule_node(c, c->rules.at[i]);
	}
	if (c->query != NULL) {
		env_push(&k.env);
		check_body(&k, &c->rules.at[0]->body);
	} else {
		c->graph->mark++;
		for (uint32_t i = 0; i < c->rules.count; i++) {
			if (c->graph->nodes[i].mark != c->graph->mark)
				check_after_uses(&k, i);
		}
	}
	report(&k);
}
