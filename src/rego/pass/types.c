/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Infers types through rules, functions and built-ins, and reports what can never
 * have a value: `1 = "a"`, a key that an object does not have, operands that a
 * function does not take.  Rules are taken in order of their dependencies, so that
 * the types of those referred to are known.
 */
#include <stdlib.h>

#include "rego/pass/graph.h"
#include "rego/pass/type_schema.h"
#include "rego/pass/walk.h"

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
	size_t before;
	type_t type;

	check_enter_rule(k, r);
	before = k->findings.count;
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
		k.env.input = c->unit->input_type;
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
