/* SPDX-License-Identifier: Apache-2.0 */
/* near: what somebody who mistyped a word may have meant. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/str.h"

enum { NEAR_LEN_MAX = 64 }; /* longer words are near to nothing */

/* Letters to put in, take out, change, or swap with the next (Damerau's distance). */
size_t near_distance(str_t, str_t);
/* The known word that is nearest, if it is near enough to have been meant; STR_NONE: none is. */
str_t near_pick(str_t word, const char *const *known, size_t count);

#endif
