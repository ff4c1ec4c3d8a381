/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work: a bound on going through values.
 *
 * Values share their parts, so a value of forty small arrays can stand for 2^40
 * leaves; comparing two of those, or printing one, would not end.  So whatever goes
 * through a value takes work from here, one unit per element (or per 64 bytes of a
 * long text).  Work is granted in slices: at the end of each, `more` is asked.  Once
 * it has refused, comparisons and hashes come back at once with something
 * meaningless, and writers fail their buf: whoever gave `more` must look at
 * value_work_spent() before a result is used.
 *
 *   default  no bound; the machine sets one for each evaluation
 *   threads  each thread has its own
 */
#ifndef VALUE_WORK_H
#define VALUE_WORK_H

#include <stdbool.h>
#include <stdint.h>

/* `units` were taken since it was asked before.  False: no more, until value_work_end(). */
typedef bool value_work_fn(void *context, uint64_t units);

struct value_work { /* public only so that value_work_take() can be inlined */
	int64_t left;
	value_work_fn *more;
	void *context;
	bool refused;
};

extern _Thread_local struct value_work value_work;

void value_work_begin(value_work_fn *more, void *context);
void value_work_end(void); /* no bound from here on */
bool value_work_renew(void);

static inline bool
value_work_take(uint32_t units) /* false: spent, give up */
{
	value_work.left -= units;
	return value_work.left >= 0 || value_work_renew();
}

static inline bool
value_work_spent(void)
{
	return value_work.refused;
}

#endif
