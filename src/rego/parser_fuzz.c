/* SPDX-License-Identifier: Apache-2.0 */
/* Any text parses, or says why not; what parsed can be told as JSON and printed. */
#include "base/must.h"
#include "rego/ast_json.h"
#include "rego/ast_print.h"
#include "rego/parser.h"

enum { MEMORY_LIMIT = 64 << 20, TEXT_LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_module(struct rego_unit *unit, str_t text, enum rego_version version)
{
	struct ast_module *module;

	if (rego_parse_module(unit, STR("fuzz.rego"), text, version, &module) == ERR_OK)
		(void)rego_ast_module_value(unit->arena, module, STR("fuzz.rego"));
	else
		must(unit->diag->error_count > 0 || arena_failed(unit->arena));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(MEMORY_LIMIT);
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .diag = &diag, .experimental = true };
	str_t text = str_make((const char *)data, size);
	struct ast_body body;
	struct buf printed;

	diag_init(&diag, arena, 10);
	unit.intern = intern_new(arena);
	buf_init(&printed, TEXT_LIMIT);
	check_module(&unit, text, REGO_V1);
	diag_init(&diag, arena, 10);
	check_module(&unit, text, REGO_V0);
	if (rego_parse_body(&unit, STR(""), text, REGO_V1, &body) == ERR_OK)
		rego_ast_print_body(&printed, &body);
	buf_fini(&printed);
	arena_free(&arena);
	return 0;
}
