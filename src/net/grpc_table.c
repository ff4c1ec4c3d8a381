/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_table.h"

#include <stdlib.h>

#include "base/must.h"

enum { MESSAGE_LIMIT = 4 << 20 };

static uint64_t
hash_path(str_t path)
{
	uint64_t hash = path.len;

	for (size_t i = 0; i < path.len; i++)
		hash = (hash ^ (uint8_t)path.data[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 29;
}

struct grpc_table *
grpc_table_new(const struct grpc_method *methods, size_t count, const struct grpc_options *options)
{
	struct grpc_table *t = calloc(1, sizeof(*t));
	size_t slots = 16;

	must(options->metadata_count <= GRPC_METADATA_MAX);
	while (slots < count * 4)
		slots *= 2;
	if (t == NULL || (t->slots = calloc(slots, sizeof(*t->slots))) == NULL) {
		free(t);
		return NULL;
	}
	t->methods = methods;
	t->slot_mask = slots - 1;
	t->message_limit = options->message_limit != 0 ? options->message_limit : MESSAGE_LIMIT;
	t->metadata_count = options->metadata_count;
	for (size_t i = 0; i < options->metadata_count; i++) {
		t->metadata[i] = options->metadata[i];
		t->metadata_lengths |= UINT64_C(1) << (t->metadata[i].len & 63);
	}
	for (uint32_t i = 0; i < count; i++) {
		size_t at = hash_path(methods[i].path) & t->slot_mask;

		while (t->slots[at] != 0)
			at = (at + 1) & t->slot_mask;
		t->slots[at] = i + 1;
	}
	return t;
}

void
grpc_table_free(struct grpc_table **t)
{
	if (*t == NULL)
		return;
	free((*t)->slots);
	free(*t);
	*t = NULL;
}

const struct grpc_method *
grpc_table_find(const struct grpc_table *t, str_t path)
{
	size_t at = hash_path(path) & t->slot_mask;

	for (; t->slots[at] != 0; at = (at + 1) & t->slot_mask) {
		const struct grpc_method *m = &t->methods[t->slots[at] - 1];

		if (str_eq(m->path, path))
			return m;
	}
	return NULL;
}
