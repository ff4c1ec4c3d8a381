/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors: other people's test vectors, where they are to be had.
 *
 * The corpora are not part of this tree.  CORESDK_SHARED names the directory that
 * holds security/vectors; without it a directory `shared` beside the tree is
 * tried.  A program that finds none says so in TAP and passes.
 */
#ifndef INTEROP_VECTORS_H
#define INTEROP_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/json.h"

enum { VECTORS_FILE_MAX = 64 << 20 };

static inline const char *
vectors_find(void)
{
	static const char *const places[] = { "../shared", "../../shared", "../../../shared" };
	static char path[4096];
	const char *named = getenv("CORESDK_SHARED");

	for (size_t i = 0; i < COUNT(places) + 1; i++) {
		const char *place = i == 0 ? named : places[i - 1];

		if (place == NULL)
			continue;
		(void)snprintf(path, sizeof(path), "%s/security/vectors", place);
		if (access(path, R_OK) == 0)
			return path;
	}
	return NULL;
}

static inline int
vectors_skip(void)
{
	printf("1..0 # SKIP the vectors are not here (CORESDK_SHARED)\n");
	return 0;
}

/* A file of the corpora, NUL behind it, in the arena; empty: not there. */
static inline str_t
vectors_read(struct arena *arena, const char *name)
{
	struct buf bytes;
	str_t path = arena_printf(arena, "%s/%s", vectors_find(), name), ret = STR_NONE;

	buf_init(&bytes, VECTORS_FILE_MAX);
	if (file_read(NULL, path.data, FILE_ANY, &bytes, NULL) == ERR_OK)
		ret = arena_str(arena, buf_str(&bytes));
	buf_fini(&bytes);
	return ret;
}

static inline value_t
vectors_read_json(struct arena *arena, const char *name)
{
	value_t ret = VALUE_NONE;

	if (json_read(arena, vectors_read(arena, name), NULL, NULL, &ret) != ERR_OK)
		return VALUE_NONE;
	return ret;
}

static inline str_t
vectors_text(value_t object, const char *member)
{
	value_t v = value_object_get_text(object, member);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static inline int64_t
vectors_int(value_t object, const char *member)
{
	value_t v = value_object_get_text(object, member);

	return v.tag == VALUE_INT ? v.integer : 0;
}

#endif
