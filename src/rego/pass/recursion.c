/* SPDX-License-Identifier: Apache-2.0 */
/* No rule may come back to itself. */
#include "rego/pass/graph.h"
#include "rego/pass/text.h"

/* A step of a path through the graph: a node and the edge to try next. */
struct step {
	uint32_t node, edge;
};

VEC_TYPE(path, struct step);

/*
 * A way from `start` back to itself, depth first; false: there is none.
 * Its own stack, so that long chains of rules do not use up the C stack.
 */
static bool
find_cycle(struct compiler *c, uint32_t start, struct path *path)
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
		if (g->nodes[next].mark == g->mark)
			continue;
		g->nodes[next].mark = g->mark;
		PUSH(c, path, ((struct step){ next, 0 }));
	}
	return false;
}

static void
report_cycle(struct compiler *c, uint32_t start, const struct path *path)
{
	enum { PATH_LIMIT = 64 << 10 };
	str_t name = rule_path_text(c, c->rules.at[start]);
	struct buf b;

	buf_init(&b, PATH_LIMIT);
	for (size_t i = 0; i < path->count; i++) {
		buf_add_str(&b, rule_path_text(c, c->rules.at[path->at[i].node]));
		buf_add_text(&b, " -> ");
	}
	buf_add_str(&b, name);
	compiler_error(c, RECURSION_ERROR, c->rules.at[start]->loc, "rule %.*s is recursive: %.*s",
	    STR_FMT(name), STR_FMT(buf_str(&b)));
	buf_fini(&b);
}

void
pass_recursion(struct compiler *c)
{
	struct path path = { 0 };

	for (uint32_t i = 0; i < c->rules.count; i++) {
		if (find_cycle(c, i, &path))
			report_cycle(c, i, &path);
	}
}
