/* SPDX-License-Identifier: Apache-2.0 */
/* graph: which rules (else branches included) a rule refers to. */
#ifndef REGO_PASS_GRAPH_H
#define REGO_PASS_GRAPH_H

#include "rego/pass/pass.h"

struct graph_node {
	struct ast_rule *rule;
	VEC(uint32_t) uses; /* places in compiler.rules */
	uint32_t mark;
};

struct rule_graph {
	struct graph_node *nodes; /* one for each of compiler.rules */
	uint32_t mark;
};

#endif
