/* SPDX-License-Identifier: Apache-2.0 */
/* text: syntax written out in messages, as OPA writes it. */
#ifndef REGO_PASS_TEXT_H
#define REGO_PASS_TEXT_H

#include "rego/pass/pass.h"

/* All in the compiler's arena.  Generated variables are written as in the source. */
str_t term_text(struct compiler *, const struct ast_term *);
str_t call_text(struct compiler *, const struct ast_terms *call); /* f(x, y) */
str_t import_text(struct compiler *, const struct ast_import *); /* import data.x as y */
str_t rule_path_text(struct compiler *, const struct ast_rule *); /* data.pkg.p[x] */
str_t package_text(struct compiler *, const struct ast_module *); /* package a.b */
str_t loc_text(struct compiler *, struct ast_loc); /* file:row */

#endif
