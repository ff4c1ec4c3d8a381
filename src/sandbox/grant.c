/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/grant.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

static void
add(struct grants *g, str_t path, enum grant_access access)
{
	struct grant *one;

	for (one = g->first; one != NULL; one = one->next)
		if (one->access == access && str_eq(str_of(one->path), path))
			return;
	one = ARENA_NEW(g->arena, struct grant);
	if (one == NULL)
		return;
	*one = (struct grant){ .next = g->first, .path = arena_str(g->arena, path).data, .access = access };
	g->first = one;
	g->count++;
}

/* Without what stands behind the last slash: "/", or "." where there is none. */
static str_t
parent_of(str_t path)
{
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	while (path.len > 0 && path.data[path.len - 1] != '/')
		path.len--;
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	return path.len > 0 ? path : STR(".");
}

static bool
is_directory(struct grants *g, str_t path)
{
	const char *text = arena_str(g->arena, path).data;
	struct stat st;

	return text != NULL && stat(text, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Also by another name: ".", where that is the working directory. */
static bool
is_root(struct grants *g, str_t path)
{
	const char *text = arena_str(g->arena, path).data;
	struct stat root, st;

	return text == NULL || stat("/", &root) != 0 ||
	    (stat(text, &st) == 0 && st.st_dev == root.st_dev && st.st_ino == root.st_ino);
}

static void
add_directory(struct grants *g, str_t path, enum grant_access access)
{
	if (is_directory(g, path) && !is_root(g, path))
		add(g, path, access);
}

/* The first link on the way; the path with it followed in *ret.  false: there is none.  Who
 * reads may find it swapped; what is written stays where it is. */
static bool
follow_one(struct grants *g, str_t path, enum grant_access access, str_t *ret)
{
	char target[PATH_MAX];

	for (size_t i = 1; i <= path.len; i++) {
		str_t part = str_make(path.data, i);
		const char *text;
		struct stat st;
		ssize_t len;

		if (i < path.len && path.data[i] != '/')
			continue;
		text = arena_str(g->arena, part).data;
		if (text == NULL || lstat(text, &st) != 0)
			return false;
		if (!S_ISLNK(st.st_mode))
			continue;
		len = readlink(text, target, sizeof(target));
		if (len <= 0 || (size_t)len == sizeof(target))
			return false;
		if (access == GRANT_READ)
			add_directory(g, parent_of(part), access);
		*ret = target[0] == '/' ?
		    arena_printf(g->arena, "%.*s%.*s", (int)len, target, STR_FMT(str_skip(path, i))) :
		    arena_printf(g->arena, "%.*s/%.*s%.*s", STR_FMT(parent_of(part)), (int)len, target,
			STR_FMT(str_skip(path, i)));
		return ret->len > 0 && ret->len < PATH_MAX;
	}
	return false;
}

static str_t
follow(struct grants *g, str_t path, enum grant_access access)
{
	for (int i = 0; i < LINKS_MAX && follow_one(g, path, access, &path); i++)
		;
	return path;
}

void
grant_file(struct grants *g, str_t path, enum grant_access access)
{
	if (path.len == 0 || path.len >= PATH_MAX)
		return;
	path = follow(g, path, access);
	if (access == GRANT_WRITE)
		grant_directory(g, parent_of(path), access);
	else if (is_root(g, parent_of(path)))
		add(g, path, access);
	else
		add_directory(g, parent_of(path), access);
}

void
grant_directory(struct grants *g, str_t path, enum grant_access access)
{
	if (path.len == 0 || path.len >= PATH_MAX)
		return;
	path = follow(g, path, access);
	if (access == GRANT_WRITE && !is_directory(g, path))
		path = parent_of(path);
	add_directory(g, path, access);
}
