/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob_pattern: a compiled glob.
 *
 *   *  any text without delimiters     **  any text     ?  one rune, no delimiter
 *   [abc] [!abc] [a-c] [!a-c]  one rune: a list or one range
 *   {a,b}  either, also nested         \x  x itself
 *
 * The pattern becomes a small program; matching follows all its places at once, so
 * time is at most text times pattern, whatever they are.
 *
 *   failure   NULL: ret_problem says what is wrong
 *   threads   one at a time: matching uses the pattern's own scratch
 */
#ifndef REGO_BUILTIN_GLOB_PATTERN_H
#define REGO_BUILTIN_GLOB_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct glob_pattern;

enum { GLOB_PROBLEM_LEN = 64 };

struct glob_pattern *glob_pattern_new(str_t text, const uint32_t *delimiters, size_t count,
    char ret_problem[GLOB_PROBLEM_LEN]);
void glob_pattern_free(struct glob_pattern **);

bool glob_pattern_match(struct glob_pattern *, str_t);
size_t glob_pattern_cost(const struct glob_pattern *, str_t); /* work of a match, at worst */

#endif
