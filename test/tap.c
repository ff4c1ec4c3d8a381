/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>

static int run_count, failed_count;

bool
tap_ok(bool passed, const char *file, int line, const char *format, ...)
{
	char name[1024];
	va_list args;

	run_count++;
	failed_count += !passed;
	va_start(args, format);
	(void)vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	for (char *c = name; *c != '\0'; c++) { /* a line is all the protocol has for a name */
		if (*c == '\n' || *c == '#')
			*c = ' ';
	}
	printf("%s %d - %s\n", passed ? "ok" : "not ok", run_count, name);
	if (!passed)
		printf("# at %s:%d\n", file, line);
	(void)fflush(stdout);
	return passed;
}

void
tap_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void
tap_skip(const char *format, ...)
{
	va_list args;

	printf("ok %d # SKIP ", ++run_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

int
tap_done(void)
{
	printf("1..%d\n", run_count);
	return failed_count == 0 && run_count > 0 ? 0 : 1;
}
