/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the strings family: strings.c has the table. */
#ifndef REGO_BUILTIN_STRINGS_INTERNAL_H
#define REGO_BUILTIN_STRINGS_INTERNAL_H

#include "rego/builtin/util.h"

/* strings_case.c */
rego_builtin_fn rego_strings_lower, rego_strings_upper;

/* strings_replace.c */
rego_builtin_fn rego_strings_replace, rego_strings_replace_n, rego_strings_split,
    rego_strings_split_n;

/* strings_trim.c */
rego_builtin_fn rego_strings_trim, rego_strings_trim_left, rego_strings_trim_right,
    rego_strings_trim_prefix, rego_strings_trim_suffix, rego_strings_trim_space;

/* strings_match.c */
rego_builtin_fn rego_strings_any_prefix_match, rego_strings_any_suffix_match;

/* template_run.c */
rego_builtin_fn rego_strings_render_template;

#endif
