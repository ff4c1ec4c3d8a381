/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit: one compilation, from texts to a rule tree.
 *
 * parser.h adds modules to a unit; compile.h runs the passes over it; plan.h
 * turns it into a program.  A unit and all it makes live in one arena (the
 * snapshot's, or a scratch one that the program is copied out of).
 */
#ifndef REGO_UNIT_H
#define REGO_UNIT_H

#include "base/diag.h"
#include "rego/ast.h"
#include "value/intern.h"

/*
 * The rule tree: one node per ground step of a rule's path below `data`.
 * data.a.b.p := 1 stands as rule of node p, a child of b, a child of a.
 * p[x] := .. and p contains .. stand at node p; p.q[x].r := .. at node q
 * (the longest ground prefix of the head).
 */
struct rego_node {
	value_t key; /* a string nearly always; VALUE_NONE at the root (`data`) */
	struct rego_node *parent;
	VEC(struct rego_node *) children; /* sorted by key once the tree is made */
	struct ast_rules rules; /* defaults included; in source order */
	bool hidden; /* made by a query, not part of data */
	uint32_t id; /* dense, for the planner; set when the tree is made */
	void *plan; /* the planner's */
};

/* A JSON schema and where it is found: schema.a.b has the path ["a", "b"]; input's is empty. */
struct rego_schema {
	value_t path, document;
};

struct rego_unit {
	struct arena *arena;
	struct intern *intern;
	struct diag *diag;
	VEC(struct rego_file) files;
	VEC(struct ast_module *) modules;
	value_t data; /* base documents, for conflict checks; VALUE_NONE: none */
	struct rego_node *root;
	VEC(struct rego_schema) schemas; /* that metadata may name */
	const struct type *input_type; /* NULL: nothing is known; the compiler's */
	struct rule_types *types; /* of the rules; the compiler's */
	const struct rego_capabilities *capabilities; /* NULL: all built-ins */
	uint32_t local_count; /* generated names so far: __localN__ */
	uint32_t error_limit; /* as OPA's CompileErrorLimit; 0: 10 */
	bool strict; /* unused variables, arguments and imports are errors */
	bool keep_prints; /* print() calls are erased otherwise */
	bool check_data_conflicts; /* rule against base data on the same path */
	bool experimental; /* experimental keywords allowed */
	bool annotations; /* the parser reads metadata blocks: metadata.h */
	bool warn; /* of names below `data` that are nearly those of rules */
	unsigned without; /* optimisations that the planner and the machine leave out: enum rego_optimisation */
	bool replaces_operators; /* some `with` does: then comparisons are planned as calls */
	uint8_t stage; /* the pass that ran last */
};

#endif
