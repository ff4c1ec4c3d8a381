/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

must_fail_fn *must_fail_hook = NULL;

void
must_failed(const char *expression, const char *file, int line)
{
	if (must_fail_hook != NULL)
		must_fail_hook(expression, file, line);
	(void)fprintf(stderr, "%s:%d: must hold: %s\n", file, line, expression);
	abort();
}
