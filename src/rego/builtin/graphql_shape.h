/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql_shape: the members of each node, as policies see them.
 *
 * One table drives both ways: graphql_write.c makes an object of a node, and
 * graphql_read.c a node of an object, as Go's JSON reader does it for the library's
 * types: some of them have a reader of their own, which knows fewer members and
 * wants their names exactly.
 */
#ifndef REGO_BUILTIN_GRAPHQL_SHAPE_H
#define REGO_BUILTIN_GRAPHQL_SHAPE_H

#include "rego/builtin/graphql_ast.h"

enum graphql_member_kind {
	GRAPHQL_M_TEXT, /* str_t */
	GRAPHQL_M_BOOL,
	GRAPHQL_M_INT, /* int64_t */
	GRAPHQL_M_NAMES, /* struct graphql_names */
	GRAPHQL_M_NODE, /* pointer */
	GRAPHQL_M_NODES, /* struct graphql_list */
	GRAPHQL_M_SELECTIONS, /* struct graphql_list of struct graphql_selection */
};

struct graphql_shape;

struct graphql_member {
	const char *name;
	enum graphql_member_kind kind;
	size_t offset;
	const struct graphql_shape *shape; /* NODE, NODES */
	const char *type; /* Go's name of the member's type, for errors */
	bool write_only; /* the type's own reader does not know it */
	bool needed; /* NODE: nothing works without it */
};

struct graphql_shape {
	const char *name; /* Go's */
	size_t size;
	bool own_reader;
	const struct graphql_member *members; /* ends with a NULL name */
};

extern const struct graphql_shape graphql_query_shape, graphql_document_shape;
extern const struct graphql_shape *const graphql_selection_shapes[]; /* by kind */

#endif
