/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into a daemon of the tests with --wrap: counts what asks for memory, on any
 * thread but the first (it maintains; those that decide and record are others), in the
 * file that ALLOCATION_COUNT names, where a test reads it while the daemon runs.
 *
 * The linker turns every call in the program and its libraries (nghttp2, OpenSSL, GMP)
 * to these; only what the C library asks of itself goes past them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static _Atomic uint64_t *counter;

__attribute__((constructor)) static void
open_counter(void)
{
	const char *path = getenv("ALLOCATION_COUNT");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *room;

	if (fd < 0)
		return;
	room = mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (room != MAP_FAILED)
		counter = room;
}

static void
count(void)
{
	if (counter != NULL && gettid() != getpid())
		atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void *
__wrap_malloc(size_t size)
{
	count();
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	count();
	return __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	count();
	return __real_realloc(old, size);
}
