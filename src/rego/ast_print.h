/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ast_print: the tree as Rego text, word for word as OPA prints it in its
 * messages and traces.
 *
 * Operators print infix where the built-in has an infix form (x + 1), all else as
 * calls; wildcards print as _; a generated body prints as `true`.
 */
#ifndef REGO_AST_PRINT_H
#define REGO_AST_PRINT_H

#include "base/buf.h"
#include "rego/ast.h"

/* "null", "string", "var", "ref", "arraycomprehension", ... */
const char *rego_ast_kind_name(const struct ast_term *);

void rego_ast_print_term(struct buf *, const struct ast_term *); /* NULL prints as <nil> */
void rego_ast_print_expr(struct buf *, const struct ast_expr *);
void rego_ast_print_body(struct buf *, const struct ast_body *);
void rego_ast_print_head(struct buf *, const struct ast_head *, enum rego_version);
void rego_ast_print_rule(struct buf *, const struct ast_rule *, enum rego_version);
void rego_ast_print_import(struct buf *, const struct ast_import *);
/* A reference of which only the first `count` parts count. */
void rego_ast_print_ref(struct buf *, struct ast_term *const *parts, size_t count);

/* The text of a term in the arena; empty when it refused. */
str_t rego_ast_text(struct arena *, const struct ast_term *);

#endif
