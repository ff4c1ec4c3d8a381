/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin/uri_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What is written is read as the same again, but for the host: "s:/%2fh" with something to escape
 * behind is written "s://h", as Go does.
 */
static void
check_text(struct arena *arena, const struct uri *u)
{
	struct uri_fault unused;
	struct uri again;

	if (uri_read(arena, uri_text(arena, u), &again, &unused)) {
		must(str_eq(u->scheme, again.scheme));
		must(str_eq(u->query, again.query));
	}
}

/* A base and, in the next line, a reference. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 << 20);
	str_t text = str_make((const char *)data, size);
	size_t line = str_find_char(text, '\n', 0);
	struct uri base, ref, resolved;
	struct uri_fault fault;

	if (!uri_read(arena, str_sub(text, 0, line), &base, &fault))
		(void)uri_explain(arena, &fault);
	else if (check_text(arena, &base), line < size) {
		if (uri_read(arena, str_skip(text, line + 1), &ref, &fault) &&
		    uri_resolve(arena, &base, &ref, &resolved))
			check_text(arena, &resolved);
	}
	arena_free(&arena);
	return 0;
}
