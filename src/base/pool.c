/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct pool_piece {
	union {
		size_t size; /* in use: what follows the head */
		struct pool_piece *next; /* spare */
	};
	alignas(max_align_t) char bytes[];
};

static struct pool_piece *
piece_of(void *bytes)
{
	return (struct pool_piece *)(void *)((char *)bytes - offsetof(struct pool_piece, bytes));
}

void *
pool_take(struct pool *p, size_t size)
{
	size_t class = (size + POOL_STEP - 1) / POOL_STEP;
	struct pool_piece *piece;

	if (size > POOL_PIECE_MAX) {
		if (size > SIZE_MAX - sizeof(*piece))
			return NULL;
		piece = malloc(sizeof(*piece) + size);
	} else if ((piece = p->spare[class]) != NULL) {
		p->spare[class] = piece->next;
		size = class * POOL_STEP;
		p->spare_bytes -= size;
	} else {
		size = class * POOL_STEP;
		piece = malloc(sizeof(*piece) + size);
	}
	if (piece == NULL)
		return NULL;
	piece->size = size;
	return piece->bytes;
}

void
pool_give(struct pool *p, void *bytes)
{
	struct pool_piece *piece;
	size_t size;

	if (bytes == NULL)
		return;
	piece = piece_of(bytes);
	size = piece->size;
	if (size > POOL_PIECE_MAX || p->spare_bytes > POOL_SPARE_MAX - POOL_PIECE_MAX) {
		free(piece);
		return;
	}
	piece->next = p->spare[size / POOL_STEP];
	p->spare[size / POOL_STEP] = piece;
	p->spare_bytes += size;
}

void *
pool_resize(struct pool *p, void *bytes, size_t size)
{
	size_t held = bytes != NULL ? piece_of(bytes)->size : 0;
	void *moved;

	if (bytes != NULL && size <= held)
		return bytes;
	moved = pool_take(p, size);
	if (moved == NULL)
		return NULL;
	if (held > 0)
		memcpy(moved, bytes, held);
	pool_give(p, bytes);
	return moved;
}

void
pool_fini(struct pool *p)
{
	for (size_t i = 0; i < sizeof(p->spare) / sizeof(p->spare[0]); i++) {
		while (p->spare[i] != NULL) {
			struct pool_piece *piece = p->spare[i];

			p->spare[i] = piece->next;
			free(piece);
		}
	}
	p->spare_bytes = 0;
}
