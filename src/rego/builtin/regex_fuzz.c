/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern, a zero byte, a text: every match lies in the text, and groups lie in the match.
 */
#include <stdint.h>

#include "base/must.h"
#include "base/str.h"
#include "rego/builtin/regex_re2.h"

enum { MOST_SPANS = 20, LARGEST_COST = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t all = str_make((const char *)data, size);
	size_t cut = str_find_char(all, '\0', 0);
	str_t pattern = str_sub(all, 0, cut), text = str_skip(all, cut < size ? cut + 1 : cut);
	struct regex_span spans[MOST_SPANS];
	char error[REGEX_ERROR_LEN] = "";
	struct regex *r = regex_new(pattern.data, pattern.len, error);
	int count;

	if (r == NULL) {
		must(error[0] != '\0');
		return 0;
	}
	count = 1 + regex_group_count(r) < MOST_SPANS ? 1 + regex_group_count(r) : MOST_SPANS;
	for (size_t from = 0;
	     from <= text.len && regex_worst_cost(r, text.len, count) < LARGEST_COST;) {
		if (!regex_find(r, text.data, text.len, from, spans, count))
			break;
		must(spans[0].at >= (long)from && spans[0].end >= spans[0].at &&
		     spans[0].end <= (long)text.len);
		for (int i = 1; i < count; i++)
			must(spans[i].at < 0 ||
			     (spans[i].at >= spans[0].at && spans[i].end <= spans[0].end));
		from = (size_t)spans[0].end > from ? (size_t)spans[0].end : from + 1;
	}
	(void)regex_group_named(r, "a", 1);
	regex_free(r);
	return 0;
}
