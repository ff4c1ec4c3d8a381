/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions are counts of bytes since the beginning and never wrap in
 * practice; only their low bits index the storage.  Each record begins with
 * its length in 8 bytes; SKIP there means "go on at the start of the storage".
 * Each side keeps a private copy of the other's position and reads the shared
 * one only when the copy says full or empty: the cache line then moves between
 * cores once for many records.
 */
#include "base/ring.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum { HEAD = 8, LINE = 64 };
#define SKIP UINT64_MAX
#define CAPACITY_MIN ((size_t)256)
#define CAPACITY_MAX ((size_t)1 << 40)

struct ring {
	alignas(LINE) _Atomic uint64_t written; /* moved by the producer */
	uint64_t reserved_at; /* producer: where the reserved record begins */
	uint64_t read_seen; /* producer's copy of `read` */
	size_t reserved_len;

	alignas(LINE) _Atomic uint64_t read; /* moved by the consumer */
	uint64_t shown; /* consumer: up to where ring_next went */
	uint64_t written_seen; /* consumer's copy of `written` */

	alignas(LINE) _Atomic bool dozing;

	alignas(LINE) size_t capacity; /* read only from here on */
	char *bytes;
};

static uint64_t
record_size(size_t len)
{
	return HEAD + (((uint64_t)len + 7) & ~UINT64_C(7));
}

struct ring *
ring_new(size_t capacity)
{
	struct ring *r;
	size_t rounded = CAPACITY_MIN;

	must(capacity <= CAPACITY_MAX);
	while (rounded < capacity)
		rounded *= 2;
	r = aligned_alloc(LINE, sizeof(*r));
	if (r == NULL)
		return NULL;
	*r = (struct ring){ .capacity = rounded, .bytes = aligned_alloc(LINE, rounded) };
	if (r->bytes == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
ring_free(struct ring **r)
{
	if (*r == NULL)
		return;
	free((*r)->bytes);
	free(*r);
	*r = NULL;
}

static void
store_head(struct ring *r, uint64_t at, uint64_t head)
{
	memcpy(r->bytes + (at & (r->capacity - 1)), &head, HEAD);
}

static bool
has_room(struct ring *r, uint64_t end)
{
	if (end - r->read_seen <= r->capacity)
		return true;
	r->read_seen = atomic_load_explicit(&r->read, memory_order_acquire);
	return end - r->read_seen <= r->capacity;
}

char *
ring_reserve(struct ring *r, size_t len)
{
	uint64_t at = atomic_load_explicit(&r->written, memory_order_relaxed);
	uint64_t until_end = r->capacity - (at & (r->capacity - 1));
	uint64_t size;

	if (len > r->capacity / 2 - HEAD)
		return NULL;
	size = record_size(len);
	if (size > until_end) {
		/* Positions are multiples of 8, so the mark always fits. */
		if (!has_room(r, at + until_end + size))
			return NULL;
		store_head(r, at, SKIP);
		at += until_end;
	} else if (!has_room(r, at + size)) {
		return NULL;
	}
	r->reserved_at = at;
	r->reserved_len = len;
	return r->bytes + (at & (r->capacity - 1)) + HEAD;
}

void
ring_commit(struct ring *r, size_t len)
{
	must(len <= r->reserved_len);
	store_head(r, r->reserved_at, len);
	r->reserved_len = 0;
	atomic_store_explicit(&r->written, r->reserved_at + record_size(len), memory_order_release);
}

bool
ring_put(struct ring *r, str_t record)
{
	char *room = ring_reserve(r, record.len);

	if (room == NULL)
		return false;
	if (record.len > 0)
		memcpy(room, record.data, record.len);
	ring_commit(r, record.len);
	return true;
}

bool
ring_must_wake(struct ring *r)
{
	/*
	 * Orders the store of `written` before the load of `dozing`; the mirror
	 * of the exchange in ring_doze().  An exchange of our own rather than a
	 * fence, because ThreadSanitizer understands it.
	 */
	return atomic_exchange_explicit(&r->dozing, false, memory_order_seq_cst);
}

bool
ring_next(struct ring *r, str_t *ret_record)
{
	for (;;) {
		const char *at = r->bytes + (r->shown & (r->capacity - 1));
		uint64_t head;

		if (r->shown == r->written_seen) {
			r->written_seen = atomic_load_explicit(&r->written, memory_order_acquire);
			if (r->shown == r->written_seen)
				return false;
		}
		memcpy(&head, at, HEAD);
		if (head == SKIP) {
			r->shown += r->capacity - (r->shown & (r->capacity - 1));
			continue;
		}
		must(head <= r->capacity / 2);
		r->shown += record_size((size_t)head);
		*ret_record = str_make(at + HEAD, (size_t)head);
		return true;
	}
}

void
ring_release(struct ring *r)
{
	atomic_store_explicit(&r->read, r->shown, memory_order_release);
}

bool
ring_doze(struct ring *r)
{
	(void)atomic_exchange_explicit(&r->dozing, true, memory_order_seq_cst);
	if (r->shown == atomic_load_explicit(&r->written, memory_order_seq_cst))
		return true;
	atomic_store_explicit(&r->dozing, false, memory_order_relaxed);
	return false;
}

size_t
ring_used(const struct ring *r)
{
	uint64_t read = atomic_load_explicit(&r->read, memory_order_acquire);
	uint64_t written = atomic_load_explicit(&r->written, memory_order_acquire);

	return (size_t)(written - read);
}

size_t
ring_capacity(const struct ring *r)
{
	return r->capacity;
}
