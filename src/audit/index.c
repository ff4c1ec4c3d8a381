/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/index.h"

#include <stdlib.h>

#include "base/vec.h"

enum { ARENA_BYTES = 8 << 20 };

/* FNV-1a.  Somebody who makes names collide only makes himself wait. */
static uint32_t
hash_of(str_t text)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (uint8_t)text.data[i]) * 16777619u;
	return hash;
}

static bool
has_name(const struct audit_index_names *names, uint32_t hash)
{
	for (uint32_t i = 0; i < names->count && i < AUDIT_INDEX_NAMES; i++) {
		if (names->hash[i] == hash)
			return true;
	}
	return names->count > AUDIT_INDEX_NAMES;
}

static void
add_name(struct audit_index_names *names, uint32_t hash)
{
	if (has_name(names, hash))
		return;
	if (names->count < AUDIT_INDEX_NAMES)
		names->hash[names->count] = hash;
	names->count++;
}

static void
add_names(struct audit_index_names *to, const struct audit_index_names *from)
{
	if (from->count > AUDIT_INDEX_NAMES)
		to->count = AUDIT_INDEX_NAMES + 1;
	for (uint32_t i = 0; i < from->count && i < AUDIT_INDEX_NAMES; i++)
		add_name(to, from->hash[i]);
}

struct audit_index *
audit_index_new(void)
{
	struct audit_index *index = calloc(1, sizeof(*index));

	if (index == NULL)
		return NULL;
	index->grain = AUDIT_INDEX_RECORDS;
	index->arena = arena_new(ARENA_BYTES);
	if (index->arena == NULL)
		audit_index_free(&index);
	return index;
}

void
audit_index_free(struct audit_index **index)
{
	if (*index == NULL)
		return;
	arena_free(&(*index)->arena);
	free(*index);
	*index = NULL;
}

bool
audit_index_usable(const struct audit_index *index)
{
	return !arena_failed(index->arena);
}

static void
join(struct audit_index_block *to, const struct audit_index_block *from)
{
	to->len += from->len;
	to->records += from->records;
	to->least_ms = from->least_ms < to->least_ms ? from->least_ms : to->least_ms;
	to->most_ms = from->most_ms > to->most_ms ? from->most_ms : to->most_ms;
	add_names(&to->tenants, &from->tenants);
	add_names(&to->actions, &from->actions);
}

static void
halve(struct audit_index *index)
{
	for (size_t i = 0; i < index->count; i += 2) {
		index->blocks[i / 2] = index->blocks[i];
		if (i + 1 < index->count)
			join(&index->blocks[i / 2], &index->blocks[i + 1]);
	}
	index->count = (index->count + 1) / 2;
	index->grain *= 2;
}

static bool
is_full(const struct audit_index *index)
{
	const struct audit_index_block *last = &index->blocks[index->count - 1];

	return last->records >= index->grain ||
	    last->len >= (uint64_t)AUDIT_INDEX_BYTES * (index->grain / AUDIT_INDEX_RECORDS);
}

static bool
push(struct audit_index *index, const struct audit_index_block *one)
{
	VEC(struct audit_index_block) blocks = { index->blocks, index->count, index->capacity };

	if (index->count == AUDIT_INDEX_BLOCKS_MAX)
		halve(index);
	blocks.count = index->count;
	if (!VEC_PUSH(index->arena, &blocks, *one))
		return false;
	index->blocks = blocks.at;
	index->count = blocks.count;
	index->capacity = blocks.capacity;
	return true;
}

bool
audit_index_add(struct audit_index *index, str_t line, struct audit_peek *peek)
{
	bool good = audit_peek(line, peek);
	struct audit_index_block one = { .offset = index->end, .len = line.len + 1, .records = 1 };

	if (good) {
		one.first_seq = peek->seq;
		one.least_ms = one.most_ms = peek->time_ms;
		add_name(&one.tenants, hash_of(peek->tenant_id));
		add_name(&one.actions, hash_of(peek->action));
		index->last_seq = peek->seq;
	} else { /* nothing is known of it, so its block is never passed by */
		one.least_ms = INT64_MIN;
		one.most_ms = INT64_MAX;
		one.tenants.count = one.actions.count = AUDIT_INDEX_NAMES + 1;
	}
	if (index->end == 0 && line.len > AUDIT_HASH_LEN + 2)
		memcpy(index->first_hash, line.data + line.len - AUDIT_HASH_LEN - 2, AUDIT_HASH_LEN);
	if (index->count > 0 && !is_full(index))
		join(&index->blocks[index->count - 1], &one);
	else if (!push(index, &one))
		return good;
	index->end += one.len;
	return good;
}

bool
audit_index_may_hold(const struct audit_index_block *b, const struct audit_query *q)
{
	bool tenant = q->tenant_count == 0;

	if (b->most_ms < q->from_ms || b->least_ms > q->to_ms)
		return false;
	for (size_t i = 0; i < q->tenant_count; i++)
		tenant |= has_name(&b->tenants, hash_of(q->tenants[i]));
	return tenant && (q->any_action || q->is_prefix || has_name(&b->actions, hash_of(q->action)));
}
