/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

#include "rego/parser.h"

enum { ARENA_LIMIT = 64 << 20, TEXT_LIMIT = 1 << 20 };

/* `around` with the text in the place of its %s. */
static str_t
fill(struct arena *arena, const char *around, const char *text)
{
	str_t whole = str_of(around);
	size_t at = str_find(whole, STR("%s"), 0);

	return arena_printf(arena, "%.*s%s%s", (int)at, around, text, around + at + 2);
}

static bool
format(struct rego_unit *unit, str_t text, enum rego_version version,
    const struct rego_format_options *options, struct ast_module **ret, struct buf *out)
{
	buf_clear(out);
	return rego_parse_module(unit, STR("t.rego"), text, version, ret) == ERR_OK &&
	       rego_format(unit, *ret, options, out) == ERR_OK;
}

static void
check(const char *name, const char *around, enum rego_version version,
    const struct rego_format_options *options, const struct format_row *row)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct diag diag;
	struct rego_unit unit = { .arena = arena,
		.intern = intern_new(arena),
		.diag = &diag,
		.experimental = true };
	struct ast_module *before = NULL, *after = NULL;
	struct buf out;
	str_t want = fill(arena, around, row->after != NULL ? row->after : row->before);
	bool done, same, stays;

	diag_init(&diag, arena, 10);
	buf_init(&out, TEXT_LIMIT);
	done =
	    format(&unit, fill(arena, around, row->before), version, options, &before, &out);
	same = done && str_eq(buf_str(&out), want);
	if (!same)
		tap_note("wanted:\n%.*s\ngot:\n%.*s%.*s", STR_FMT(want),
		    STR_FMT(buf_str(&out)), STR_FMT(diag_first_message(&diag)));
	stays = done && format(&unit, want, version, options, &after, &out) &&
		str_eq(buf_str(&out), want) && rego_format_same(before, after);
	ok(same && stays, "%s: %s", name, row->before);
	buf_fini(&out);
	arena_free(&arena);
}

void
format_rows(const char *name, const char *around, enum rego_version version,
    const struct rego_format_options *options, const struct format_row *rows, size_t count)
{
	static const struct rego_format_options plain;

	for (size_t i = 0; i < count; i++)
		check(name, around, version, options != NULL ? options : &plain, &rows[i]);
}
