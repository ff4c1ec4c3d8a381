/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/roots.h"

#include "base/sort.h"

enum { CLASHES_SHOWN = 8 };

struct root {
	str_t path;
	size_t owner;
};

/* A slash before everything else: what lies in a root follows it at once. */
static int
compare_roots(const void *left, const void *right, void *context)
{
	str_t a = ((const struct root *)left)->path, b = ((const struct root *)right)->path;

	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int x = a.data[i] == '/' ? 0 : (unsigned char)a.data[i] + 1;
		int y = b.data[i] == '/' ? 0 : (unsigned char)b.data[i] + 1;

		if (x != y)
			return x - y;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

static bool
holds(str_t root, str_t path)
{
	return str_has_prefix(path, root) && (path.len == root.len || path.data[root.len] == '/');
}

static str_t
add_clash(struct arena *arena, str_t clashes, const struct root *a, const struct root *b)
{
	const char *mark = clashes.len > 0 ? ", " : "";

	if (str_eq(a->path, b->path))
		return arena_printf(arena, "%.*s%sroot %.*s is in multiple bundles", STR_FMT(clashes),
		    mark, STR_FMT(a->path));
	return arena_printf(arena, "%.*s%s%.*s overlaps %.*s", STR_FMT(clashes), mark,
	    STR_FMT(a->path), STR_FMT(b->path));
}

/* The names of the bundles that are marked, in their order. */
static str_t
list_names(const struct roots_owner *owners, const bool *marked, size_t count, struct arena *arena)
{
	str_t list = STR_NONE;

	for (size_t i = 0; i < count; i++)
		if (marked[i])
			list = arena_printf(arena, "%.*s%s%.*s", STR_FMT(list), list.len > 0 ? ", " : "",
			    STR_FMT(owners[i].name));
	return list;
}

static err_t
refuse_everything(const struct roots_owner *owners, size_t count, const bool *empty,
    struct arena *arena, struct diag *diag)
{
	bool *all = ARENA_ARRAY(arena, bool, count);

	if (all == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		all[i] = owners[i].manifest->root_count > 0;
	diag_say(diag, "bundle",
	    "bundles [%.*s] have overlapping roots and cannot be activated simultaneously because "
	    "bundle(s) [%.*s] specify empty root paths ('') which overlap with any other bundle root",
	    STR_FMT(list_names(owners, all, count, arena)),
	    STR_FMT(list_names(owners, empty, count, arena)));
	return ERR_BUNDLE;
}

static err_t
compare_neighbours(const struct roots_owner *owners, size_t count, const struct root *roots,
    size_t root_count, struct arena *arena, struct diag *diag)
{
	bool *clashing = ARENA_ARRAY(arena, bool, count);
	str_t clashes = STR_NONE;
	size_t found = 0, top = 0;

	if (clashing == NULL)
		return ERR_MEMORY;
	for (size_t i = 1; i < root_count; i++) {
		if (!holds(roots[top].path, roots[i].path)) {
			top = i;
			continue;
		}
		/* Roots of one bundle do not overlap: this is another's. */
		clashing[roots[top].owner] = clashing[roots[i].owner] = true;
		if (found++ < CLASHES_SHOWN)
			clashes = add_clash(arena, clashes, &roots[top], &roots[i]);
	}
	if (found == 0)
		return ERR_OK;
	diag_say(diag, "bundle",
	    "detected overlapping roots in manifests for these bundles: [%.*s] (%.*s)",
	    STR_FMT(list_names(owners, clashing, count, arena)), STR_FMT(clashes));
	return ERR_BUNDLE;
}

err_t
roots_check(const struct roots_owner *owners, size_t count, struct arena *arena, struct diag *diag)
{
	struct root *roots, *scratch;
	bool *empty = ARENA_ARRAY(arena, bool, count), any_empty = false;
	size_t total = 0, at = 0;

	for (size_t i = 0; i < count; i++)
		total += owners[i].manifest->root_count;
	roots = ARENA_ARRAY(arena, struct root, total);
	scratch = ARENA_ARRAY(arena, struct root, total);
	if (empty == NULL || roots == NULL || scratch == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < owners[i].manifest->root_count; k++) {
			str_t path = owners[i].manifest->roots[k];

			empty[i] = empty[i] || path.len == 0;
			any_empty = any_empty || path.len == 0;
			roots[at++] = (struct root){ path, i };
		}
	if (any_empty && total > 1)
		return refuse_everything(owners, count, empty, arena, diag);
	sort_stable(roots, total, sizeof(*roots), scratch, compare_roots, NULL);
	return compare_neighbours(owners, count, roots, total, arena, diag);
}
