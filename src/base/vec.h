/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vec: an array that grows inside an arena.
 *
 *   VEC(struct rule *) rules = { 0 };
 *   VEC_PUSH(arena, &rules, rule);      -- false: the arena refused
 *   for (size_t i = 0; i < rules.count; i++) use(rules.at[i]);
 *
 * Old storage stays in the arena until its end, so a vec costs at most twice
 * its final size.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#define VEC(type)                       \
	struct {                        \
		type *at;               \
		size_t count, capacity; \
	}

/* For a vec type that must have a name, so that it can be a parameter. */
#define VEC_TYPE(name, type)            \
	struct name {                   \
		type *at;               \
		size_t count, capacity; \
	}

void *vec_grow(struct arena *, void *at, size_t *capacity, size_t count, size_t size);

#define VEC_PUSH(arena, vec, item)                                                          \
	(((vec)->count < (vec)->capacity ||                                                 \
	     ((vec)->at = vec_grow((arena), (vec)->at, &(vec)->capacity, (vec)->count,      \
		  sizeof(*(vec)->at))) != NULL)                                             \
		? ((vec)->at[(vec)->count++] = (item), true)                                \
		: ((vec)->count = (vec)->capacity = 0, false))

#endif
