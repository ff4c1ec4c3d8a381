/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No rule may come back to itself.  Rules that cannot, which is nearly all, are set
 * aside first: again and again those that use no rule but such.  A search is made
 * from each of the rest, up to the limit of errors.
 *
 * Stacks are kept by hand, so that long chains of rules do not use up the C stack.
 */
#include "rego/pass/graph.h"
#include "rego/pass/text.h"

enum { MOST_LISTED = 200 }; /* steps of a cycle in a message */

/* A step of a path through the graph: a node and the edge to try next. */
struct step {
	uint32_t node, edge;
};

VEC_TYPE(path, struct step);
VEC_TYPE(numbers, uint32_t);

/* Marks the rules that, of what they use, use only marked ones. */
static void
set_aside(struct compiler *c, bool *aside)
{
	struct rule_graph *g = c->graph;
	uint32_t *left = compiler_alloc(c, c->rules.count, sizeof(*left));
	struct numbers *users = compiler_alloc(c, c->rules.count, sizeof(*users));
	struct numbers ready = { 0 };

	for (uint32_t i = 0; i < c->rules.count; i++) {
		left[i] = (uint32_t)g->nodes[i].uses.count;
		for (size_t k = 0; k < g->nodes[i].uses.count; k++)
			PUSH(c, &users[g->nodes[i].uses.at[k]], i);
		if (left[i] == 0)
			PUSH(c, &ready, i);
	}
	while (ready.count > 0) {
		uint32_t i = ready.at[--ready.count];

		aside[i] = true;
		for (size_t k = 0; k < users[i].count; k++) {
			if (--left[users[i].at[k]] == 0)
				PUSH(c, &ready, users[i].at[k]);
		}
	}
}

/* A way from `start` back to itself, depth first; false: there is none. */
static bool
find_cycle(struct compiler *c, const bool *aside, uint32_t start, struct path *path)
{
	struct rule_graph *g = c->graph;

	path->count = 0;
	g->mark++;
	PUSH(c, path, ((struct step){ start, 0 }));
	while (path->count > 0) {
		struct step *top = &path->at[path->count - 1];
		const struct graph_node *node = &g->nodes[top->node];
		uint32_t next;

		if (top->edge == node->uses.count) {
			path->count--;
			continue;
		}
		next = node->uses.at[top->edge++];
		if (next == start)
			return true;
		if (aside[next] || g->nodes[next].mark == g->mark)
			continue;
		g->nodes[next].mark = g->mark;
		PUSH(c, path, ((struct step){ next, 0 }));
	}
	return false;
}

static void
report_cycle(struct compiler *c, uint32_t start, const struct path *path)
{
	str_t name = rule_path_text(c, c->rules.at[start]);
	str_t way = name;

	for (size_t i = 1; i < path->count && i < MOST_LISTED; i++)
		way = arena_printf(c->arena, "%.*s -> %.*s", STR_FMT(way),
		    STR_FMT(rule_path_text(c, c->rules.at[path->at[i].node])));
	compiler_error(c, RECURSION_ERROR, c->rules.at[start]->loc,
	    "rule %.*s is recursive: %.*s%s -> %.*s", STR_FMT(name), STR_FMT(way),
	    path->count > MOST_LISTED ? " -> ..." : "", STR_FMT(name));
}

void
pass_recursion(struct compiler *c)
{
	bool *aside = compiler_alloc(c, c->rules.count, sizeof(*aside));
	struct path path = { 0 };

	set_aside(c, aside);
	for (uint32_t i = 0; i < c->rules.count && !compiler_is_full(c); i++) {
		if (!aside[i] && find_cycle(c, aside, i, &path))
			report_cycle(c, i, &path);
	}
}
