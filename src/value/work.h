/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work: a bound on comparing and hashing.
 *
 * Values share their parts, so a value of forty small arrays can stand for 2^40
 * leaves; comparing two of those would not end.  Each thread has a number of
 * elements it may still look at.  When that is spent, comparisons and hashes come
 * back at once with something meaningless: whoever set the bound must look at
 * value_work_spent() before the result is used.
 *
 *   default  no bound; the machine sets one for each evaluation that has a budget
 */
#ifndef VALUE_WORK_H
#define VALUE_WORK_H

#include <stdbool.h>
#include <stdint.h>

extern _Thread_local int64_t value_work_left;

static inline void
value_work_set(int64_t elements)
{
	value_work_left = elements;
}

static inline bool
value_work_take(uint32_t elements) /* false: spent, give up */
{
	value_work_left -= elements;
	return value_work_left >= 0;
}

static inline bool
value_work_spent(void)
{
	return value_work_left < 0;
}

#endif
