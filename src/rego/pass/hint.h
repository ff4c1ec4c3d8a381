/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hint: likely mends for what the passes refuse.
 *
 * The messages are OPA's; the `help:` lines are ours.  What a message alone can tell is a
 * table of hint.c; compiler_error() looks there for each error.  The functions say more
 * where the policy says more, and then replace that.  A NULL finding is nothing to them.
 */
#ifndef REGO_PASS_HINT_H
#define REGO_PASS_HINT_H

#include "rego/pass/type.h"

struct diag_finding;

str_t hint_for_message(str_t message); /* empty: nothing comes to mind */

/* hint_name.c: names that were perhaps meant; all that are in reach of the rule are tried. */
void hint_var(struct compiler *, struct diag_finding *, const struct ast_rule *,
    rego_name_t unsafe, struct ast_loc);
void hint_function(
    struct compiler *, struct diag_finding *, const struct ast_rule *, str_t undefined);
void hint_arity(struct compiler *, struct diag_finding *, const struct ast_term *function);
void hint_deprecated(struct compiler *, struct diag_finding *, str_t builtin);

/* Where it is, for a finding that has no place because OPA's has none. */
void hint_place(struct compiler *, struct diag_finding *, struct ast_loc);

/* Warns, if that is wanted, when a reference from `data` nearly leads to a rule. */
void hint_near_path(struct compiler *, const struct ast_term *ref);

/* Texts for findings of types; in the compiler's arena. */
str_t hint_key(
    struct compiler *, type_t, const struct ast_term *part); /* `part` is not in the type */
str_t hint_equality(struct compiler *, type_t left, type_t right);
str_t hint_operands(
    struct compiler *, str_t function, type_t, const type_t *have, size_t count);

#endif
