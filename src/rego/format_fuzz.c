/* SPDX-License-Identifier: Apache-2.0 */
/* What parses can be formatted; the result parses to an equal tree and formats to itself. */
#include "base/must.h"
#include "rego/format.h"
#include "rego/parser.h"

enum { MEMORY_LIMIT = 128 << 20, TEXT_LIMIT = 8 << 20, LARGEST_INPUT = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False: it does not parse; then, or when memory ran out, there is nothing to say. */
static bool
format(struct rego_unit *unit, str_t text, enum rego_version version,
    enum rego_format_target target, struct ast_module **ret, struct buf *out)
{
	struct rego_format_options options = { .target = target };

	return rego_parse_module(unit, STR("fuzz.rego"), text, version, ret) == ERR_OK &&
	       rego_format(unit, *ret, &options, out) == ERR_OK;
}

static void
check(str_t text, enum rego_version version)
{
	struct arena *arena = arena_new(MEMORY_LIMIT);
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .diag = &diag, .experimental = true };
	struct ast_module *before, *after;
	struct buf once, twice;

	diag_init(&diag, arena, 10);
	unit.intern = intern_new(arena);
	buf_init(&once, TEXT_LIMIT);
	buf_init(&twice, TEXT_LIMIT);
	if (format(&unit, text, version, REGO_FORMAT_SAME, &before, &once)) {
		bool again =
		    format(&unit, buf_str(&once), version, REGO_FORMAT_SAME, &after, &twice);

		if (!arena_failed(arena) && !buf_failed(&twice)) {
			must(again);
			must(rego_format_same(before, after));
			must(str_eq(buf_str(&once), buf_str(&twice)));
		}
	}
	buf_fini(&once);
	buf_fini(&twice);
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t text = str_make((const char *)data, size);

	if (size > LARGEST_INPUT)
		return 0;
	check(text, REGO_V0);
	check(text, REGO_V1);
	return 0;
}
