/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builtin_test: a table of calls for the test of a family.
 *
 * Operands are written as a JSON array; {"set": [...]} in it is a set.  What is
 * wanted is the result as Rego text, or "undefined", "halt", or the error as
 * "code: name: message".
 */
#ifndef REGO_BUILTIN_BUILTIN_TEST_H
#define REGO_BUILTIN_BUILTIN_TEST_H

#include <stddef.h>

#include "tap.h"

struct builtin_case {
	const char *name, *operands, *want;
};

/* One ok() a row.  Each row has a fresh evaluation and BUILTIN_TEST_MEMORY bytes. */
enum { BUILTIN_TEST_MEMORY = 4 << 20 };
void builtin_test(const struct builtin_case *, size_t count);

/* What the host printed in the last row. */
const char *builtin_test_printed(void);

#endif
