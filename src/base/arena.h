/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory with one lifetime.
 *
 * Everything allocated from an arena dies with it, at once.  There are three
 * lifetimes in this program and each has its arena: the process, a snapshot
 * (policy, data and keys, shared read-only), and a request.  A pointer may go
 * from a shorter lifetime to a longer one, never the other way.
 *
 *   limit    hard, in bytes, set at birth; nothing grows past it
 *   failure  sticky: after the first refusal every call returns NULL and
 *            arena_failed() stays true, so a long computation may check once,
 *            at its end
 *   reset    keeps the memory, so that a warm arena never calls malloc
 *   threads  one arena, one thread; read-only use of what it holds is free
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena_block;

/* Public only so that arena_alloc() can be inlined: use the functions. */
struct arena {
	char *next; /* first free byte of the current block */
	char *end;
	struct arena_block *block; /* current; older ones behind it */
	struct arena_block *spare; /* kept by reset, to be used again */
	size_t limit, held; /* bytes: allowed, and taken from malloc */
	size_t block_size; /* of the next ordinary block */
	bool failed;
};

struct arena_mark { /* where an arena stood: see arena_release() */
	struct arena_block *block;
	char *next;
};

/*
 * Once, at the start: what is large and freed goes back to the kernel at once, whatever was freed
 * before.  Else the C library learns to keep up to 64 MB.
 */
void arena_return_memory(void);

struct arena *arena_new(size_t limit); /* NULL: out of memory */
void arena_free(struct arena **); /* sets the pointer to NULL; NULL inside is fine */
void arena_reset(struct arena *); /* forgets everything, also a failure */

bool arena_failed(const struct arena *);
void arena_fail(struct arena *); /* makes it refuse from now on */
size_t arena_used(const struct arena *); /* bytes of all blocks in use */
bool arena_owns(const struct arena *, const void *);

/* Gives back what was allocated since the mark (scratch inside a longer life). */
struct arena_mark arena_mark(const struct arena *);
void arena_release(struct arena *, struct arena_mark);

void *arena_alloc_slow(struct arena *, size_t size, size_t align);

/* Not zeroed.  `align` is a power of two.  size 0 gives a valid pointer. */
static inline void *
arena_alloc_raw(struct arena *a, size_t size, size_t align)
{
	uintptr_t at = ((uintptr_t)a->next + (align - 1)) & ~(uintptr_t)(align - 1);

	if (size > (uintptr_t)a->end || at > (uintptr_t)a->end - size || a->next == NULL)
		return arena_alloc_slow(a, size, align);
	a->next = (char *)(at + size);
	return (void *)at;
}

void *arena_alloc(struct arena *, size_t size, size_t align); /* zeroed */
void *arena_alloc_array(struct arena *, size_t count, size_t size); /* zeroed; checks overflow */
char *arena_copy(struct arena *, const void *, size_t); /* adds a NUL behind the bytes */
str_t arena_str(struct arena *, str_t);
str_t arena_printf(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

#endif
