/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser: Rego text to syntax tree.
 *
 * Reports every parse error it can recover from, with OPA's code
 * (rego_parse_error), position and message, to unit->diag.
 */
#ifndef REGO_PARSER_H
#define REGO_PARSER_H

#include "base/err.h"
#include "rego/unit.h"

/* Adds the file and its module to the unit.  ERR_POLICY: see the diag; nothing added. */
err_t rego_parse_module(struct rego_unit *, str_t name, str_t text, enum rego_version,
    struct ast_module **ret_module); /* ret may be NULL */

/* A query: a body without braces.  Imports are the caller's business (compile.h). */
err_t rego_parse_body(struct rego_unit *, str_t name, str_t text, enum rego_version,
    struct ast_body *ret_body);

/* One term, for tests and input_term: `{1, "a"}`; the text must be a term alone. */
err_t rego_parse_term(struct rego_unit *, str_t text, struct ast_term **ret_term);

#endif
