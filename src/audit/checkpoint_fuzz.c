/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints and keys of any bytes: refused or read, and thinning never makes them longer. */
#include <stdint.h>
#include <stdlib.h>

#include "audit/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t text = str_make((const char *)data, size);
	struct arena *arena = arena_new(64 << 20);
	struct audit_seal_keys keys = { 0 };
	struct audit_checkpoints all;
	struct buf thin;

	if (arena == NULL)
		return 0;
	/* The first lines may be keys, for what follows them. */
	size_t at = str_find(text, STR("\n\n"), 0);

	if (at < text.len && audit_seal_keys_read(arena, str_cut(text, at), "fuzz", NULL, &keys) == ERR_OK)
		text = str_skip(text, at + 2);
	if (audit_checkpoints_read(arena, text, "fuzz", &keys, NULL, &all) == ERR_OK && all.end > text.len)
		abort();
	buf_init(&thin, size + 1);
	audit_checkpoints_thin(&thin, text);
	if (thin.len > size)
		abort();
	buf_fini(&thin);
	audit_seal_keys_release(&keys);
	arena_free(&arena);
	return 0;
}
