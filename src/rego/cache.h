/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: what built-ins compile once and use again: regular expressions, globs.
 *
 * A bounded map from (family, key bytes) to a thing with its own free function;
 * the least recently used goes first.  One per machine (struct rego_eval), so one
 * thread.  `family` is a static address that tells the kinds apart.
 */
#ifndef REGO_CACHE_H
#define REGO_CACHE_H

#include <stddef.h>

#include "base/str.h"

struct rego_cache;

typedef void rego_cache_free_fn(void *thing);

struct rego_cache *rego_cache_new(size_t limit); /* things; NULL: out of memory */
void rego_cache_free(struct rego_cache **);

void *rego_cache_find(struct rego_cache *, const void *family, str_t key); /* NULL: not there */
/* Takes the thing over.  It stays usable until the next call of rego_cache_add. False: no memory, not taken. */
bool rego_cache_add(struct rego_cache *, const void *family, str_t key, void *thing,
    rego_cache_free_fn *free_thing);

#endif
