/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type_schema: JSON schemas in type checking.
 *
 *   type_schema.c      a schema as a type
 *   type_annotation.c  what schemas in metadata say of `input` and `data` in a rule
 *   schemas.c          the pass: the schema of the whole input
 */
#ifndef REGO_PASS_TYPE_SCHEMA_H
#define REGO_PASS_TYPE_SCHEMA_H

#include "rego/pass/type_check.h"

/* NULL: *ret_problem says why, as OPA does. */
type_t type_of_schema(struct compiler *, value_t document, str_t *ret_problem);

/* The schema given under the path that begins at part `from`; NULL. */
const struct rego_schema *find_schema(const struct rego_unit *, const struct ast_terms *path,
    size_t from);

/* Sets what the metadata of the rule says of input and data; nothing, if it says nothing. */
void check_enter_rule(struct checker *, struct ast_rule *);

#endif
