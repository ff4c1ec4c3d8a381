/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ast_json: the tree as a value of the shape of OPA's AST JSON, for `core parse`
 * and rego.parse_module.
 *
 * Locations are left out, but for comments, unless they are asked for.  VALUE_NONE: the
 * arena refused.
 */
#ifndef REGO_AST_JSON_H
#define REGO_AST_JSON_H

#include "rego/ast.h"

value_t rego_ast_module_value(struct arena *, const struct ast_module *, str_t file);
/* The same, perhaps with the place and text of every node, or without comments. */
value_t rego_ast_module_json(struct arena *, const struct ast_module *, const struct rego_file *,
    bool locations, bool comments);
value_t rego_ast_body_value(struct arena *, const struct ast_body *);
value_t rego_ast_term_value(struct arena *, const struct ast_term *);

#endif
