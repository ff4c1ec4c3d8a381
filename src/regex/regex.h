/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex: RE2 behind a C interface.
 *
 * RE2's syntax is Go's, but for (?<name>), which older RE2 lacks (rewritten here)
 * and \C, which only RE2 knows.  Matching is linear in the text; the memory of a
 * program and of its automaton is bounded, so a pattern that Go still takes can be
 * too large here.
 *
 *   lifetime  new to free
 *   threads   a regex may be used by several at once: matching changes nothing that they see
 *   failure   NULL: the pattern is malformed or too large, with a sentence why
 */
#ifndef REGEX_REGEX_H
#define REGEX_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct regex;

/* Bytes of the text; at < 0: this group took no part. */
struct regex_span {
	long at, end;
};

enum { REGEX_MOST_GROUPS = 1000, REGEX_ERROR_LEN = 256 };

struct regex *regex_new(const char *pattern, size_t len, char error[REGEX_ERROR_LEN]);
void regex_free(struct regex *);

/*
 * How many times an instruction of the program may look at a byte of a text of `len` bytes, at
 * the very worst: when the automaton has too many states to be kept, as it seldom has.
 */
size_t regex_worst_cost(const struct regex *, size_t len, int count);

int regex_group_count(const struct regex *); /* without the whole match */
int regex_group_named(const struct regex *, const char *name, size_t len); /* -1: none */

/* Whether the bytes are one letter, decimal digit or underscore. */
bool regex_is_word(const char *rune, size_t len);

/* The first match at or after `from`; `spans` has `count` places: the whole, then groups. */
bool regex_find(const struct regex *, const char *text, size_t len, size_t from,
    struct regex_span *spans, int count);

/* Whether memory ran out in any of these on this thread since it was last asked: then no "no" counts. */
bool regex_take_failure(void);

#ifdef __cplusplus
}
#endif

#endif
