/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles any module, and it as a query against nothing; the first byte has the options. */
#include "rego/compile.h"
#include "rego/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(64 << 20);
	uint8_t options = size > 0 ? data[0] : 0;
	str_t text = str_make((const char *)data + (size > 0), size - (size > 0));
	enum rego_version version = (options & 1) != 0 ? REGO_V0 : REGO_V1;
	struct rego_query query;
	struct diag d;
	struct rego_unit unit = { .arena = a, .intern = intern_new(a), .diag = &d,
		.strict = (options & 2) != 0, .keep_prints = (options & 4) != 0,
		.experimental = (options & 8) != 0 };

	diag_init(&d, a, 20);
	(void)(rego_parse_module(&unit, STR("fuzz"), text, version, NULL) == ERR_OK);
	if (rego_compile(&unit) == ERR_OK && (options & 16) != 0)
		(void)(rego_compile_query(&unit, text, version, NULL, 0, STR_NONE, &query) == ERR_OK);
	arena_free(&a);
	return 0;
}
