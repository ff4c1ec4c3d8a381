/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
	struct arena_block *older;
	size_t size; /* of the whole block, header included */
	_Alignas(16) char bytes[];
};

void
arena_return_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK);
	(void)mallopt(M_TRIM_THRESHOLD, LARGEST_BLOCK);
}

struct arena *
arena_new(size_t limit)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->limit = limit;
	a->block_size = FIRST_BLOCK;
	return a;
}

/*
 * Large blocks are the kernel's: what a snapshot or an unpacked bundle held is then
 * really given back, wherever other memory lies.
 */
static struct arena_block *
take_block(size_t size)
{
	void *block;

	if (size < LARGEST_BLOCK)
		return malloc(size);
	block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return block != MAP_FAILED ? block : NULL;
}

static void
give_block(struct arena_block *block)
{
	if (block->size < LARGEST_BLOCK)
		free(block);
	else
		(void)munmap(block, block->size);
}

static void
free_chain(struct arena_block *block)
{
	while (block != NULL) {
		struct arena_block *older = block->older;

		give_block(block);
		block = older;
	}
}

void
arena_free(struct arena **arena)
{
	if (*arena == NULL)
		return;
	free_chain((*arena)->block);
	free_chain((*arena)->spare);
	free(*arena);
	*arena = NULL;
}

static void
use_block(struct arena *a, struct arena_block *block)
{
	block->older = a->block;
	a->block = block;
	a->next = block->bytes;
	a->end = (char *)block + block->size;
}

/* Moves the blocks above `keep` to the spare list, largest first in use again. */
static void
retire_blocks(struct arena *a, struct arena_block *keep)
{
	while (a->block != keep) {
		struct arena_block *block = a->block;

		a->block = block->older;
		block->older = a->spare;
		a->spare = block;
	}
}

void
arena_reset(struct arena *a)
{
	a->failed = false;
	retire_blocks(a, NULL);
	a->next = a->end = NULL;
	if (a->spare != NULL) {
		struct arena_block *block = a->spare;

		a->spare = block->older;
		use_block(a, block);
	}
}

bool
arena_failed(const struct arena *a)
{
	return a->failed;
}

void
arena_fail(struct arena *a)
{
	a->failed = true;
	a->next = a->end = NULL;
}

size_t
arena_used(const struct arena *a)
{
	size_t used = 0;

	for (const struct arena_block *b = a->block; b != NULL; b = b->older)
		used += b == a->block && a->next != NULL ? (size_t)(a->next - (const char *)b) : b->size;
	return used;
}

static bool
block_has(const struct arena_block *b, const void *p)
{
	return (uintptr_t)p >= (uintptr_t)b->bytes && (uintptr_t)p <= (uintptr_t)b + b->size;
}

bool
arena_owns(const struct arena *a, const void *p)
{
	for (const struct arena_block *b = a->block; b != NULL; b = b->older) {
		if (block_has(b, p))
			return true;
	}
	return false;
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->block, a->next };
}

void
arena_release(struct arena *a, struct arena_mark mark)
{
	if (a->failed)
		return; /* a failure outlives the scratch that met it */
	retire_blocks(a, mark.block);
	a->next = mark.next;
	a->end = mark.block != NULL ? (char *)mark.block + mark.block->size : NULL;
}

static struct arena_block *
take_spare(struct arena *a, size_t need)
{
	for (struct arena_block **at = &a->spare; *at != NULL; at = &(*at)->older) {
		struct arena_block *block = *at;

		if (block->size >= need) {
			*at = block->older;
			return block;
		}
	}
	return NULL;
}

void *
arena_alloc_slow(struct arena *a, size_t size, size_t align)
{
	size_t need, block_size;
	struct arena_block *block;

	if (a->failed || size > a->limit) {
		arena_fail(a);
		return NULL;
	}
	need = sizeof(*block) + size + align;
	block = take_spare(a, need);
	if (block == NULL) {
		block_size = need > a->block_size ? need : a->block_size;
		if (a->held + block_size > a->limit)
			block_size = need;
		if (a->held + block_size > a->limit || (block = take_block(block_size)) == NULL) {
			arena_fail(a);
			return NULL;
		}
		block->size = block_size;
		a->held += block_size;
		if (a->block_size < LARGEST_BLOCK)
			a->block_size *= 2;
	}
	use_block(a, block);
	uintptr_t at = ((uintptr_t)a->next + (align - 1)) & ~(uintptr_t)(align - 1);

	a->next = (char *)(at + size);
	return (void *)at;
}

void *
arena_alloc(struct arena *a, size_t size, size_t align)
{
	void *p = arena_alloc_raw(a, size, align);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void *
arena_alloc_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		arena_fail(a);
		return NULL;
	}
	return arena_alloc(a, bytes, 16);
}

char *
arena_copy(struct arena *a, const void *bytes, size_t len)
{
	char *copy = arena_alloc_raw(a, len + 1, 1);

	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

str_t
arena_str(struct arena *a, str_t s)
{
	char *copy = arena_copy(a, s.data, s.len);

	return copy != NULL ? str_make(copy, s.len) : STR_NONE;
}

str_t
arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	int len;
	char *text;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || (text = arena_alloc_raw(a, (size_t)len + 1, 1)) == NULL)
		return STR_NONE;
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return str_make(text, (size_t)len);
}
