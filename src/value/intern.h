/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern: the strings of a snapshot, each once.
 *
 * While a snapshot is built, intern_add() gives the one value of a string.
 * Afterwards the table is read-only and many threads may intern_find() in it:
 * the JSON reader looks input's keys and short strings up, so that comparing
 * them with a constant of the program is a pointer comparison.
 */
#ifndef VALUE_INTERN_H
#define VALUE_INTERN_H

#include "value/value.h"

struct intern;

struct intern *intern_new(struct arena *); /* lives in the arena; NULL: it refused */
value_t intern_add(struct intern *, str_t); /* VALUE_NONE: the arena refused */
value_t intern_add_text(struct intern *, const char *);
value_t intern_find(const struct intern *, str_t); /* VALUE_NONE: not there; NULL is an empty table */
size_t intern_count(const struct intern *);

#endif
