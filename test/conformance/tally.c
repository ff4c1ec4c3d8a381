/* SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { GROUPS = 1024, LIST_BYTES = 1 << 24 };

struct counts {
	size_t passed, failed, excused, skipped;
};

struct group {
	char name[256];
	struct counts counts;
};

struct tally {
	bool quiet, listed;
	struct buf passing, excused; /* lines, with a newline before the first */
	FILE *update;
	size_t lost; /* failed, but listed as passing */
	struct group groups[GROUPS], *group;
	size_t group_count;
};

struct tally *
tally_new(bool quiet)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->quiet = quiet;
	buf_init(&t->passing, LIST_BYTES);
	buf_init(&t->excused, LIST_BYTES);
	return t;
}

void
tally_free(struct tally **tally)
{
	buf_fini(&(*tally)->passing);
	buf_fini(&(*tally)->excused);
	free(*tally);
	*tally = NULL;
}

static bool
read_list(struct buf *list, const char *path)
{
	buf_add_char(list, '\n');
	return path == NULL || file_read(NULL, path, FILE_ANY, list, NULL) == ERR_OK;
}

bool
tally_read_passing(struct tally *t, const char *path, bool update)
{
	bool was_read = read_list(&t->passing, path);

	t->listed = path != NULL;
	if (update)
		t->update = fopen(path, "w");
	if (update ? t->update != NULL : was_read)
		return true;
	(void)fprintf(stderr, "conform: cannot read %s\n", path);
	return false;
}

bool
tally_read_excused(struct tally *t, const char *path)
{
	if (read_list(&t->excused, path))
		return true;
	(void)fprintf(stderr, "conform: cannot read %s\n", path);
	return false;
}

static bool
is_listed(const struct buf *list, str_t name)
{
	str_t lines = buf_str(list);

	for (size_t at = 0; (at = str_find(lines, name, at)) < lines.len; at++) {
		size_t end = at + name.len;

		if (lines.data[at - 1] == '\n' &&
		    (end == lines.len || lines.data[end] == '\n'))
			return true;
	}
	return false;
}

void
tally_begin(struct tally *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	bool is_folder = str_has_suffix(str_of(path), STR(".yaml")) && slash != NULL;
	char name[256];

	(void)snprintf(name, sizeof(name), "%.*s",
	    is_folder ? (int)(slash - path) : (int)strlen(path), path);
	t->group = t->group_count == 0 ? NULL : &t->groups[t->group_count - 1];
	if (t->group != NULL && strcmp(t->group->name, name) == 0)
		return;
	if (t->group_count < GROUPS)
		t->group_count++;
	t->group = &t->groups[t->group_count - 1];
	(void)snprintf(t->group->name, sizeof(t->group->name), "%s", name);
}

void
tally_add(struct tally *t, str_t name, const char *why, str_t explanation)
{
	bool must_pass = is_listed(&t->passing, name), excused = is_listed(&t->excused, name);
	struct counts *counts = &t->group->counts;

	if (excused && why != NULL) {
		counts->excused++;
		return;
	}
	if (excused)
		why = "passes, though it is excused";
	counts->passed += why == NULL;
	counts->failed += why != NULL;
	t->lost += why != NULL && must_pass;
	if (why != NULL && (!t->quiet || must_pass || !t->listed))
		printf("FAIL %.*s: %s\n%.*s", STR_FMT(name), why, STR_FMT(explanation));
	if (t->update != NULL && (why == NULL || must_pass))
		(void)fprintf(t->update, "%.*s\n", STR_FMT(name));
}

void
tally_skip(struct tally *t)
{
	t->group->counts.skipped++;
}

static void
print_others(const struct counts *counts)
{
	if (counts->excused > 0)
		printf(", %zu excused", counts->excused);
	if (counts->skipped > 0)
		printf(", %zu skipped", counts->skipped);
}

int
tally_report(struct tally *t)
{
	struct counts all = { 0 };

	for (size_t i = 0; i < t->group_count; i++) {
		const struct counts *c = &t->groups[i].counts;

		all.passed += c->passed;
		all.failed += c->failed;
		all.excused += c->excused;
		all.skipped += c->skipped;
		if (t->quiet || c->passed + c->failed + c->excused + c->skipped == 0)
			continue;
		printf(
		    "%5zu of %5zu  %s", c->passed, c->passed + c->failed, t->groups[i].name);
		print_others(c);
		printf("\n");
	}
	if (t->update != NULL)
		(void)fclose(t->update);
	if (t->lost > 0)
		printf("%zu cases that used to pass fail now\n", t->lost);
	if (all.excused + all.skipped > 0)
		printf("%zu excused, %zu skipped\n", all.excused, all.skipped);
	printf("%zu passed, %zu failed\n", all.passed, all.failed);
	return t->listed ? t->lost > 0 : all.failed > 0;
}
