/* SPDX-License-Identifier: Apache-2.0 */
/* scope: what names a body or an import declares. */
#ifndef REGO_PASS_SCOPE_H
#define REGO_PASS_SCOPE_H

#include "rego/pass/pass.h"

/* By := and some, also inside every and logic bodies, but not in comprehensions. */
struct var_set declared_vars(struct compiler *, struct ast_body *);
struct var_set declared_vars_of_expr(struct compiler *, struct ast_expr *);

rego_name_t import_name(struct compiler *, const struct ast_import *);
bool import_is_feature(const struct ast_import *); /* of future or rego */

#endif
