/* SPDX-License-Identifier: Apache-2.0 */
/* Odd first byte: a minisign key and, behind an empty line, a signature; even: the end of a
 * file. */
#include "base/must.h"
#include "release/block.h"
#include "release/minisign.h"
#include "release/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_minisign(struct arena *arena, str_t input)
{
	size_t gap = str_find(input, STR("\n\n"), 0);
	struct minisign_key key = { .key = NULL };
	struct minisign m;

	if (minisign_key_read(arena, str_sub(input, 0, gap), NULL, &key) == ERR_OK)
		input = str_skip(input, gap + 2 < input.len ? gap + 2 : input.len);
	if (minisign_read(arena, input, &m) == ERR_OK && key.key != NULL)
		(void)!minisign_check(arena, &m, key.key, STR("message"));
	key_free(&key.key);
}

static void
read_end(struct arena *arena, str_t input)
{
	struct statement st;
	struct block block;
	struct buf again;

	if (block_read(input, &block) != BLOCK_FOUND)
		return;
	(void)!statement_read(
	    arena, block.text, STR("coresdk-binary"), NULL, STR("fuzz"), NULL, &st);
	/* There is one way to write a block. */
	buf_init(&again, BLOCK_SIZE_MAX);
	must(block_write(&again, block.text) == ERR_OK);
	must(str_eq(buf_str(&again), str_skip(input, input.len - block.size)));
	buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 << 20);
	str_t input = size > 0 ? str_make((const char *)data + 1, size - 1) : STR_NONE;

	must(arena != NULL);
	if (size > 0 && data[0] & 1)
		read_minisign(arena, input);
	else
		read_end(arena, input);
	arena_free(&arena);
	return 0;
}
