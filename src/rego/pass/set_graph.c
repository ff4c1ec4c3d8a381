/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/graph.h"
#include "rego/pass/walk.h"

struct edges {
	struct graph_node *from;
	struct rule_graph *graph;
	struct compiler *compiler;
};

static void
add_rule(struct edges *e, const struct ast_rule *rule)
{
	for (; rule != NULL; rule = rule->else_rule) {
		struct graph_node *to = &e->graph->nodes[rule->serial];

		if (to->mark == e->graph->mark)
			continue;
		to->mark = e->graph->mark;
		PUSH(e->compiler, &e->from->uses, rule->serial);
	}
}

static void
add_rules(struct edges *e, const struct rego_node *node)
{
	for (size_t i = 0; i < node->rules.count; i++)
		add_rule(e, node->rules.at[i]);
}

static void
add_subtree(struct edges *e, const struct rego_node *node)
{
	add_rules(e, node);
	for (size_t i = 0; i < node->children.count; i++)
		add_subtree(e, node->children.at[i]);
}

/* Rules on the way of the reference, and all below its end. */
static void
add_ref(struct edges *e, const struct rego_node *node, const struct ast_terms *parts, size_t i)
{
	if (i == parts->count) {
		add_subtree(e, node);
		return;
	}
	if (parts->at[i]->kind == AST_CONST) {
		const struct rego_node *child = compiler_child(node, parts->at[i]->constant);

		if (child != NULL) {
			add_rules(e, child);
			add_ref(e, child, parts, i + 1);
		}
		return;
	}
	for (size_t k = 0; k < node->children.count; k++) {
		add_rules(e, node->children.at[k]);
		add_ref(e, node->children.at[k], parts, i + 1);
	}
}

static bool
visit_term(struct walker *w, struct ast_term *t)
{
	if (ref_head_is(t, w->compiler->data))
		add_ref(w->context, w->compiler->unit->root, &t->items, 1);
	return true;
}

void
pass_set_graph(struct compiler *c)
{
	struct rule_graph *graph = NEW(c, struct rule_graph);
	struct edges e = { .graph = graph, .compiler = c };
	struct walker w = { .on_term = visit_term, .compiler = c, .context = &e };

	graph->nodes = compiler_alloc(c, c->rules.count, sizeof(*graph->nodes));
	for (size_t i = 0; i < c->rules.count; i++) {
		e.from = &graph->nodes[i];
		e.from->rule = c->rules.at[i];
		graph->mark = (uint32_t)i + 1;
		walk_rule(&w, c->rules.at[i]);
	}
	graph->mark = (uint32_t)c->rules.count + 1;
	c->graph = graph;
}
