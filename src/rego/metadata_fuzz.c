/* SPDX-License-Identifier: Apache-2.0 */
/* Each line of the input is one of a block's: it becomes annotations, or says why not. */
#include "base/must.h"
#include "rego/metadata_set.h"
#include "rego/parser.h"

enum { MEMORY_LIMIT = 64 << 20, TEXT_LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_module(struct buf *text, str_t lines)
{
	buf_add_text(text, "package p\n# METADATA\n");
	while (lines.len > 0) {
		size_t end = str_find_char(lines, '\n', 0);

		buf_printf(text, "# %.*s\n", (int)end, lines.data);
		lines = str_skip(lines, end < lines.len ? end + 1 : end);
	}
	buf_add_text(text, "q := 1\n");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(MEMORY_LIMIT);
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .diag = &diag, .annotations = true };
	struct metadata_set set;
	struct metadata_faults faults = { 0 };
	struct ast_module *m;
	struct buf text;

	diag_init(&diag, arena, 10);
	unit.intern = intern_new(arena);
	buf_init(&text, TEXT_LIMIT);
	write_module(&text, str_make((const char *)data, size));
	if (rego_parse_module(&unit, STR("fuzz.rego"), buf_str(&text), REGO_V1, &m) != ERR_OK)
		must(diag.error_count > 0 || arena_failed(arena));
	else if (rego_metadata_set_make(&unit, &m, 1, &set, &faults) && m->rules.count > 0)
		for (size_t i = 0; i < m->annotations.count; i++) {
			(void)rego_metadata_json(arena, m->annotations.at[i]);
			(void)rego_metadata_chain(arena, &set, m->rules.at[0]);
		}
	buf_fini(&text);
	arena_free(&arena);
	return 0;
}
