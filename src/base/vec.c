/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <string.h>

void *
vec_grow(struct arena *arena, void *at, size_t *capacity, size_t count, size_t size)
{
	size_t more = *capacity == 0 ? 4 : *capacity * 2;
	void *grown = arena_alloc_array(arena, more, size);

	if (grown == NULL)
		return NULL;
	if (count > 0)
		memcpy(grown, at, count * size);
	*capacity = more;
	return grown;
}
