/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "base/utf8.h"
#include "sidecar/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct everything {
	str_t text, bytes, tenant;
	uint64_t number;
	struct field_texts texts, parts;
	struct field_pairs pairs;
};

static const struct field_row rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct everything, text) },
	{ 2, FIELD_BYTES, offsetof(struct everything, bytes) },
	{ 3, FIELD_TENANT, offsetof(struct everything, tenant) },
	{ 4, FIELD_UINT, offsetof(struct everything, number) },
	{ 5, FIELD_TEXTS, offsetof(struct everything, texts) },
	{ 6, FIELD_PARTS, offsetof(struct everything, parts) },
	{ 7, FIELD_PAIRS, offsetof(struct everything, pairs) },
};

/* What is read is within bounds and, where it is a text, UTF-8; parts are read again as a whole. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 << 20);
	struct everything all = { 0 };

	if (fields_read(arena, str_make((const char *)data, size), rows, COUNT(rows), &all) == ERR_OK) {
		must(utf8_is_valid(all.text) && utf8_is_valid(all.tenant) && all.bytes.len <= size);
		must(all.texts.count <= FIELD_LIST_MAX && all.parts.count <= FIELD_LIST_MAX &&
		    all.pairs.count <= FIELD_LIST_MAX);
		for (size_t i = 0; i < all.texts.count; i++)
			must(utf8_is_valid(all.texts.at[i]));
		for (size_t i = 0; i < all.pairs.count; i++)
			must(utf8_is_valid(all.pairs.at[i].key) && utf8_is_valid(all.pairs.at[i].value));
		for (size_t i = 0; i < all.parts.count; i++) {
			struct everything part = { 0 };

			must(fields_read(arena, all.parts.at[i], rows, COUNT(rows), &part) <= ERR_INTERNAL);
		}
	}
	arena_free(&arena);
	return 0;
}
