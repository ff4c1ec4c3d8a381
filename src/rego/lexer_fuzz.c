/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lexer x;
	struct lexeme l = { .kind = LEX_WHITESPACE };
	uint32_t end = 0;

	rego_lexer_init(&x, str_make((const char *)data, size), REGO_WORDS_V1);
	while (l.kind != LEX_EOF) {
		if (l.kind == LEX_TEMPLATE_PART || l.kind == LEX_RAW_TEMPLATE_PART)
			rego_lexer_next_template(&x, l.kind == LEX_RAW_TEMPLATE_PART, &l);
		else
			rego_lexer_next(&x, &l);
		must(l.offset >= end && l.end <= size && (l.end > l.offset || l.end == size ||
		    x.finding_count > 0));
		end = l.end;
		x.finding_count = 0;
	}
	return 0;
}
