/* SPDX-License-Identifier: Apache-2.0 */
#include "value/work.h"

#include <stddef.h>

enum { SLICE = 4096 };

_Thread_local struct value_work value_work = { .left = INT64_MAX };

void
value_work_begin(value_work_fn *more, void *context)
{
	value_work = (struct value_work){ .left = SLICE, .more = more, .context = context };
}

void
value_work_end(void)
{
	value_work = (struct value_work){ .left = INT64_MAX };
}

bool
value_work_renew(void)
{
	uint64_t units = SLICE - (uint64_t)value_work.left;

	if (value_work.refused) {
		value_work.left = -1;
		return false;
	}
	value_work.left = value_work.more != NULL ? SLICE : INT64_MAX;
	if (value_work.more == NULL || value_work.more(value_work.context, units))
		return true;
	value_work.left = -1;
	value_work.refused = true;
	return false;
}
