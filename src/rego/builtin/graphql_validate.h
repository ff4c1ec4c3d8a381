/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql_validate: may this query be asked of this schema?
 *
 * One walk visits the operations, then the fragments; fragments are also visited
 * where operations spread them, once for each operation.  On the way it fills in the
 * definitions that nodes mean, and tells the rules what it has passed: children
 * before their parents.  A rule is a row of functions, one for each kind of node it
 * cares about; graphql_validate.c lists the rules in the library's order, which is
 * the order of their errors at one node.
 *
 *   graphql_validate_fields.c      fields and their arguments
 *   graphql_validate_fragments.c   fragments and spreads
 *   graphql_validate_operations.c  operations and directives
 *   graphql_validate_variables.c   variables
 *   graphql_validate_values.c      literal values
 *   graphql_validate_overlap.c     fields that answer under one name
 *
 * Errors do not end the walk: all go into graphql.problem, one a line.
 */
#ifndef REGO_BUILTIN_GRAPHQL_VALIDATE_H
#define REGO_BUILTIN_GRAPHQL_VALIDATE_H

#include "rego/builtin/graphql_schema.h"

struct graphql_pairs;

struct graphql_check {
	struct graphql *g;
	const struct graphql_schema *schema;
	struct graphql_query *query;
	struct graphql_index fragments; /* the first of each name */
	struct graphql_operation *operation; /* in the walk of one; else NULL */
	uint32_t walk; /* number of the walk at hand, from 1 */
	bool in_fragments; /* operations are done */
	struct graphql_field *typename; /* what __typename is everywhere */
	struct graphql_pairs *compared; /* by the rule of overlapping fields */
};

/* False: there is something wrong (graphql.refused), or halted. */
bool graphql_validate(struct graphql *, const struct graphql_schema *, struct graphql_query *);

struct graphql_rule {
	const char *name;
	void (*operation)(struct graphql_check *, struct graphql_operation *);
	void (*field)(struct graphql_check *, struct graphql_selection *);
	void (*fragment)(struct graphql_check *, struct graphql_fragment *);
	void (*inline_fragment)(struct graphql_check *, struct graphql_selection *);
	void (*spread)(struct graphql_check *, struct graphql_selection *);
	void (*directive)(struct graphql_check *, struct graphql_directive *);
	/* Those of one place. */
	void (*directives)(struct graphql_check *, const struct graphql_list *);
	void (*value)(struct graphql_check *, struct graphql_value *);
	void (*variable)(struct graphql_check *, struct graphql_variable *); /* defined */
};

extern const struct graphql_rule graphql_fields_on_correct_type,
    graphql_fragments_on_composite_types, graphql_known_argument_names,
    graphql_known_directives, graphql_known_fragment_names, graphql_known_root_type,
    graphql_known_type_names, graphql_lone_anonymous_operation,
    graphql_max_introspection_depth, graphql_no_fragment_cycles,
    graphql_no_undefined_variables, graphql_no_unused_fragments, graphql_no_unused_variables,
    graphql_overlapping_fields_can_be_merged, graphql_possible_fragment_spreads,
    graphql_provided_required_arguments, graphql_scalar_leafs,
    graphql_single_field_subscriptions, graphql_unique_argument_names,
    graphql_unique_directives_per_location, graphql_unique_fragment_names,
    graphql_unique_input_field_names, graphql_unique_operation_names,
    graphql_unique_variable_names, graphql_values_of_correct_type,
    graphql_variables_are_input_types, graphql_variables_in_allowed_position;

/* ---- for the rules ---- */

/* A line of the problem: its place if it is known, then what is printed until the end. */
struct buf *graphql_error_begin(struct graphql_check *, struct graphql_pos);
void graphql_error_end(struct graphql_check *);
void graphql_error(struct graphql_check *, struct graphql_pos, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct graphql_fragment *graphql_find_fragment(struct graphql_check *, str_t name);

str_t graphql_type_text(struct graphql_check *, const struct graphql_type *);
void graphql_value_print(struct graphql_check *, struct buf *, const struct graphql_value *);

/* ` <prefix> "a", "b", or "c"?` of the names that are near `typed`; nothing if none is. */
void graphql_suggest(struct graphql_check *, struct buf *, const char *prefix, str_t typed,
    const struct graphql_names *options);
/* "a", "b", or "c": at most five. */
void graphql_print_choice(struct buf *, const struct graphql_names *);
/* Those of `options` that are near, the nearest first. */
struct graphql_names graphql_near(struct graphql_check *, str_t typed,
    const struct graphql_names *options);

#endif
