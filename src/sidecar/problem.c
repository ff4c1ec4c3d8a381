/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/problem.h"

#include "base/must.h"

static const struct problem_row rows[] = {
#define PROBLEM(name, suffix, title, status)                                                  \
	[PROBLEM_##name] = { PROBLEM_BASE suffix, title, status },
#include "sidecar/problem.def"
#undef PROBLEM
};

const struct problem_row *
problem_get(enum problem problem)
{
	must(problem != PROBLEM_NONE);
	return &rows[problem];
}
