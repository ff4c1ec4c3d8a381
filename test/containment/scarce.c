/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scarce: memory that runs out when a test says so.
 *
 * Linked into a program in front of the allocator (-Wl,--wrap=malloc and so on).  The file
 * that SCARCE names is mapped and shared with the test, which reads the count of allocations
 * and says at which one they fail, while the program runs:
 *
 *   count    allocations so far
 *   fail_at  the one that fails; 0: none
 *   sticky   1: so do all after it
 *   failed   allocations that were refused
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	_Atomic uint64_t count, fail_at, sticky, failed;
} *page;

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_aligned_alloc(size_t, size_t);
int __real_posix_memalign(void **, size_t, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
void *__wrap_aligned_alloc(size_t, size_t);
int __wrap_posix_memalign(void **, size_t, size_t);

__attribute__((constructor)) static void
attach(void)
{
	const char *path = getenv("SCARCE");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = fd >= 0 ? mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		(void)close(fd);
	if (at != MAP_FAILED)
		page = at;
}

static bool
is_refused(void)
{
	uint64_t n, at;

	if (page == NULL)
		return false;
	n = atomic_fetch_add(&page->count, 1) + 1;
	at = atomic_load(&page->fail_at);
	if (at == 0 || (n != at && (n < at || atomic_load(&page->sticky) == 0)))
		return false;
	atomic_fetch_add(&page->failed, 1);
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return is_refused() ? NULL : __real_realloc(old, size);
}

void *
__wrap_reallocarray(void *old, size_t count, size_t size)
{
	size_t all;

	return __builtin_mul_overflow(count, size, &all) || is_refused() ? NULL : __real_realloc(old, all);
}

void *
__wrap_aligned_alloc(size_t align, size_t size)
{
	return is_refused() ? NULL : __real_aligned_alloc(align, size);
}

int
__wrap_posix_memalign(void **ret, size_t align, size_t size)
{
	return is_refused() ? ENOMEM : __real_posix_memalign(ret, align, size);
}
