/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the regex family: regex.c has the table. */
#ifndef REGO_BUILTIN_REGEX_INTERNAL_H
#define REGO_BUILTIN_REGEX_INTERNAL_H

#include "regex/regex.h"
#include "rego/builtin/util.h"

/* regex_globs.c */
rego_builtin_fn rego_regex_globs_match;

#endif
