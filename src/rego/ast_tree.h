/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ast_tree: the tree of a module as indented text, a node a line, as `opa parse` prints it.
 */
#ifndef REGO_AST_TREE_H
#define REGO_AST_TREE_H

#include "base/buf.h"
#include "rego/ast.h"

void rego_ast_print_tree(struct buf *, const struct ast_module *, bool comments);

#endif
