/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile archives, as far as a bundle can be judged without compiling its policies. */
#include <interop/vectors.h>
#include <tap.h>

#include "bundle/bundle.h"

/*
 * Where the corpus lets the reader choose, or leaves the answer to the compiler (its
 * depth limit refuses these two): what this reader says.
 */
static const struct {
	const char *id;
	bool accepted;
} choices[] = {
	{ "dup-005", false },
	{ "content-007", true },
	{ "content-008", true },
};

static bool
get_want(value_t row)
{
	str_t id = vectors_text(row, "id");

	for (size_t i = 0; i < COUNT(choices); i++)
		if (str_eq(id, str_of(choices[i].id)))
			return choices[i].accepted;
	return str_eq(vectors_text(row, "expect"), STR("accept"));
}

int
main(void)
{
	const struct bundle_options options = { .name = STR("attack") };
	struct arena *arena, *scratch;
	str_t index;

	if (vectors_find() == NULL)
		return vectors_skip();
	arena = arena_new((size_t)1 << 30);
	scratch = arena_new((size_t)1 << 30);
	index = vectors_read(arena, "tar-attacks/index.jsonl");
	for (size_t at = 0; at < index.len;) {
		size_t end = str_find_char(index, '\n', at);
		struct diag diag;
		struct bundle b;
		value_t row;
		err_t err;

		arena_reset(scratch);
		if (!ok(json_read(arena, str_sub(index, at, end - at), NULL, NULL, &row) == ERR_OK,
		        "a row"))
			break;
		at = end + 1;
		str_t path = arena_printf(arena, "tar-attacks/%.*s",
		    STR_FMT(vectors_text(row, "file")));
		diag_init(&diag, scratch, 2);
		err = bundle_read(vectors_read(scratch, path.data), &options, scratch, NULL, &diag, &b);
		ok((err == ERR_OK) == get_want(row) && (err == ERR_OK || diag.error_count > 0),
		    "%.*s %.*s: %.*s", STR_FMT(vectors_text(row, "id")),
		    STR_FMT(vectors_text(row, "expect")), STR_FMT(diag_first_message(&diag)));
	}
	arena_free(&scratch);
	arena_free(&arena);
	return tap_done();
}
