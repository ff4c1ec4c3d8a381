/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a log, found and put in order by what their first lines say. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/source.h"
#include "audit/verify.h"
#include "base/vec.h"

enum { PEEK_LINES = 8, DIGITS = 12 };

struct found {
	str_t path;
	uint64_t seq; /* of its first record; UINT64_MAX: it has none */
	size_t place; /* as it was named */
};

struct gatherer {
	struct arena *arena;
	struct diag *diag;
	VEC(struct found) files;
};

/* If the first line is spoiled, one behind it may still tell. */
static uint64_t
first_seq(const char *path)
{
	struct audit_source *s;
	uint64_t seq, first = UINT64_MAX;
	str_t line;
	bool whole;

	if (audit_source_open(AT_FDCWD, path, &s) != ERR_OK)
		return first;
	for (uint64_t row = 0; row < PEEK_LINES && first == UINT64_MAX; row++) {
		if (audit_source_line(s, &line, &whole) != ERR_OK || !whole)
			break;
		if (audit_line_seq(line, &seq) && seq > row)
			first = seq - row;
	}
	audit_source_close(&s);
	return first;
}

static void
add_file(struct gatherer *g, str_t path)
{
	struct found f = { path, first_seq(path.data), g->files.count };

	(void)VEC_PUSH(g->arena, &g->files, f);
}

/* NAME.ndjson, NAME.ndjson.000000012345.gz, but not what lies beside them. */
static bool
is_log_name(str_t name)
{
	static const char *const others[] = { ".lock", ".checkpoints", ".pub", ".tmp", ".new" };
	size_t digits = 0;

	for (size_t i = 0; i < COUNT(others); i++) {
		if (str_has_suffix(name, str_of(others[i])))
			return false;
	}
	if (str_find(name, STR(".cut-"), 0) < name.len)
		return false;
	if (str_has_suffix(name, STR(".gz")))
		name.len -= 3;
	while (digits < name.len && name.data[name.len - 1 - digits] >= '0' &&
	    name.data[name.len - 1 - digits] <= '9')
		digits++;
	return digits >= DIGITS || str_find(name, STR(".ndjson"), 0) < name.len;
}

static err_t
add_directory(struct gatherer *g, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;

	if (dir == NULL) {
		diag_say(g->diag, "audit", "%s: cannot be read: %s", path, strerror(errno));
		return ERR_IO;
	}
	while ((entry = readdir(dir)) != NULL) {
		str_t whole = arena_printf(g->arena, "%s/%s", path, entry->d_name);

		if (!arena_failed(g->arena) && is_log_name(str_of(entry->d_name)) &&
		    stat(whole.data, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
			add_file(g, whole);
	}
	(void)closedir(dir);
	return arena_failed(g->arena) ? ERR_MEMORY : ERR_OK;
}

static int
compare(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

/* A packed file whose plain one is there as well: the packing was not finished. */
static bool
has_plain(const struct gatherer *g, str_t path)
{
	if (!str_has_suffix(path, STR(".gz")))
		return false;
	path.len -= 3;
	for (size_t i = 0; i < g->files.count; i++) {
		if (str_eq(g->files.at[i].path, path))
			return true;
	}
	return false;
}

err_t
audit_verify_gather(struct arena *arena, const char *const *paths, size_t count, struct diag *diag,
    const char *const **ret_paths, size_t *ret_count)
{
	struct gatherer g = { .arena = arena, .diag = diag };
	const char **ordered;
	size_t kept = 0;
	struct stat st;

	for (size_t i = 0; i < count; i++) {
		if (stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode))
			TRY(add_directory(&g, paths[i]));
		else
			add_file(&g, arena_str(arena, str_of(paths[i])));
	}
	ordered = ARENA_ARRAY(arena, const char *, g.files.count + 1);
	if (arena_failed(arena))
		return ERR_MEMORY;
	if (g.files.count == 0) {
		diag_say(diag, "audit", "%s: there is no audit log in it", paths[0]);
		return ERR_NOT_FOUND;
	}
	qsort(g.files.at, g.files.count, sizeof(*g.files.at), compare);
	for (size_t i = 0; i < g.files.count; i++) {
		if (!has_plain(&g, g.files.at[i].path))
			ordered[kept++] = g.files.at[i].path.data;
	}
	*ret_paths = ordered;
	*ret_count = kept;
	return ERR_OK;
}
