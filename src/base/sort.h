/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sort: a stable merge sort that takes its runs from the input.
 *
 * Sorted input, or input sorted backwards, costs one pass.  Nothing is
 * allocated: the caller brings the scratch.  `size` is at most SORT_LARGEST.
 */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>

enum { SORT_SMALL = 16, SORT_LARGEST = 64 };

/* Below, at or above 0 as `left` goes before, with or after `right`. */
typedef int sort_compare_fn(const void *left, const void *right, void *context);

/* `scratch` has room for `count` items; it may be NULL if count <= SORT_SMALL. */
void sort_stable(void *items, size_t count, size_t size, void *scratch, sort_compare_fn *,
    void *context);

#endif
