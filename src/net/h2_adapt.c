/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_adapt.h"

#include <string.h>

#include "base/must.h"

static void *
take_memory(size_t size, void *pool)
{
	return pool_take(pool, size);
}

static void
give_memory(void *bytes, void *pool)
{
	pool_give(pool, bytes);
}

static void *
take_zeroed(size_t count, size_t size, void *pool)
{
	size_t bytes;
	void *taken;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	taken = pool_take(pool, bytes);
	if (taken != NULL)
		memset(taken, 0, bytes);
	return taken;
}

static void *
resize_memory(void *old, size_t size, void *pool)
{
	return pool_resize(pool, old, size);
}

nghttp2_mem
h2_adapt_memory(struct pool *pool)
{
	return (nghttp2_mem){ pool, take_memory, give_memory, take_zeroed, resize_memory };
}

size_t
h2_adapt_fields(const struct h2_field *fields, size_t count, nghttp2_nv nvs[H2_RESPONSE_FIELDS])
{
	must(count <= H2_RESPONSE_FIELDS);
	for (size_t i = 0; i < count; i++) {
		nvs[i] = (nghttp2_nv){
			/* nghttp2 takes mutable pointers and does not write through them. */
			.name = (uint8_t *)(uintptr_t)fields[i].name.data,
			.namelen = fields[i].name.len,
			.value = (uint8_t *)(uintptr_t)fields[i].value.data,
			.valuelen = fields[i].value.len,
			.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME,
		};
		if (fields[i].constant)
			nvs[i].flags |= NGHTTP2_NV_FLAG_NO_COPY_VALUE;
		if (fields[i].secret)
			nvs[i].flags |= NGHTTP2_NV_FLAG_NO_INDEX;
	}
	return count;
}
