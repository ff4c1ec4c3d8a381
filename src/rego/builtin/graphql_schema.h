/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql_schema: the types and directives that a query is held against.
 *
 * A schema is a document with the built-in types (graphql_prelude.c) and its
 * extensions merged into its definitions, which changes them, and checked
 * (graphql_schema_check.c).  The first thing that is wrong refuses it.
 */
#ifndef REGO_BUILTIN_GRAPHQL_SCHEMA_H
#define REGO_BUILTIN_GRAPHQL_SCHEMA_H

#include "rego/builtin/graphql_ast.h"

/* Nodes by name: an open-addressed table that was made large enough. */
struct graphql_index {
	struct graphql_entry {
		str_t name;
		void *node; /* NULL: free */
	} *slots;
	size_t mask, count;
};

bool graphql_index_init(struct graphql *, struct graphql_index *, size_t most); /* or halted */
void *graphql_index_find(const struct graphql_index *, str_t name); /* NULL: not there */
void graphql_index_put(struct graphql_index *, str_t name, void *node); /* replaces */
/* By name, in order.  False: halted. */
bool graphql_index_sorted(struct graphql *, const struct graphql_index *,
    struct graphql_list *ret);

struct graphql_schema {
	struct graphql_index types; /* graphql_definition */
	struct graphql_index directives; /* graphql_directive_definition */
	struct graphql_definition *query, *mutation, *subscription; /* NULL: not supported */
};

/* False: refused or halted. */
bool graphql_schema_make(struct graphql *, struct graphql_document *,
    struct graphql_schema *ret);

struct graphql_definition *graphql_find_type(const struct graphql_schema *, str_t name);

/* ---- of this room's files ---- */

extern const char graphql_prelude[];

bool graphql_check_type(struct graphql *, const struct graphql_schema *,
    struct graphql_definition *);
bool graphql_check_directive(struct graphql *, const struct graphql_schema *,
    struct graphql_directive_definition *);
/* `self`: the directive whose definition they stand in; NULL: none. */
bool graphql_check_directives(struct graphql *, const struct graphql_schema *,
    const struct graphql_list *directives, str_t location,
    const struct graphql_directive_definition *self);

#endif
