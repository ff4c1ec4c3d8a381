/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/glob_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A pattern, a newline, a text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t delimiters[] = { '.', 0xE9 };
	str_t input = str_make((const char *)data, size);
	size_t line = str_find_char(input, '\n', 0);
	char problem[GLOB_PROBLEM_LEN];
	struct glob_pattern *p =
	    glob_pattern_new(str_sub(input, 0, line), delimiters, size % 3, problem);

	if (p != NULL && line < size)
		(void)glob_pattern_match(p, str_skip(input, line + 1));
	glob_pattern_free(&p);
	return 0;
}
