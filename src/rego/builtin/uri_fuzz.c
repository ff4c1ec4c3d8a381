/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin/uri_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What is written is read as the same again, but for the host: "s:/%2fh" with something to escape
 * behind is written "s://h", as Go does.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 << 20);
	struct uri first, second;
	struct buf text;
	str_t why, bad;

	buf_init(&text, 1 << 20);
	if (uri_read(arena, str_make((const char *)data, size), &first, &why, &bad)) {
		uri_print(&text, &first);
		if (uri_read(arena, buf_str(&text), &second, &why, &bad)) {
			must(str_eq(first.scheme, second.scheme));
			must(str_eq(first.query, second.query));
		}
	}
	buf_fini(&text);
	arena_free(&arena);
	return 0;
}
