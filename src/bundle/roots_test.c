/* SPDX-License-Identifier: Apache-2.0 */
/* Several bundles beside each other: whose roots may stand together. */
#include "bundle/roots.h"

#include <stdio.h>
#include <tap.h>

enum { OWNERS = 4, ROOTS = 4 };

static struct arena *arena;

static const struct {
	const char *what;
	const char *roots[OWNERS][ROOTS]; /* of the bundles a, b, c, d */
	const char *want; /* NULL: they may */
} cases[] = {
	{ "apart", { { "x" }, { "y" } }, NULL },
	{ "beside each other below one", { { "x/a" }, { "x/b" } }, NULL },
	{ "a longer name is no part", { { "x" }, { "xy" }, { "x-y" }, { "x.y" } }, NULL },
	{ "four, mixed", { { "a", "d/1" }, { "b", "d/2" }, { "c" }, { "d/3" } }, NULL },
	{ "no roots at all own nothing", { { "x" }, { NULL } }, NULL },
	{ "the same", { { "x" }, { "x" } },
	    "detected overlapping roots in manifests for these bundles: [a, b] (root x is in multiple bundles)" },
	{ "one in the other", { { "x/y" }, { "x" } },
	    "detected overlapping roots in manifests for these bundles: [a, b] (x overlaps x/y)" },
	{ "deep", { { "x" }, { "w" }, { "x/y/z" } },
	    "these bundles: [a, c] (x overlaps x/y/z)" },
	{ "between others", { { "a", "x" }, { "a-b", "x!" }, { "x/1" } }, "these bundles: [a, c] (x overlaps x/1)" },
	{ "three in one", { { "x" }, { "x/1" }, { "x/2" }, { "y" } },
	    "these bundles: [a, b, c] (x overlaps x/1, x overlaps x/2)" },
	{ "everything and something", { { "" }, { "x" } },
	    "bundles [a, b] have overlapping roots and cannot be activated simultaneously because bundle(s) [a] "
	    "specify empty root paths ('') which overlap with any other bundle root" },
	{ "everything twice", { { "" }, { "" } }, "because bundle(s) [a, b] specify empty" },
};

static void
try_case(size_t which)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct bundle_manifest manifests[OWNERS] = { 0 };
	struct roots_owner owners[OWNERS];
	str_t roots[OWNERS][ROOTS];
	struct diag diag;
	size_t count = 0;
	err_t err;
	str_t why;

	for (size_t i = 0; i < OWNERS && (i < 2 || cases[which].roots[i][0] != NULL); i++) {
		manifests[i].roots = roots[i];
		for (size_t k = 0; k < ROOTS && cases[which].roots[i][k] != NULL; k++)
			roots[i][manifests[i].root_count++] = str_of(cases[which].roots[i][k]);
		owners[count++] = (struct roots_owner){ str_of(names[i]), &manifests[i] };
	}
	diag_init(&diag, arena, 4);
	err = roots_check(owners, count, arena, &diag);
	why = diag_first_message(&diag);
	if (cases[which].want == NULL)
		ok(err == ERR_OK, "%s: %.*s", cases[which].what, STR_FMT(why));
	else
		ok(err == ERR_BUNDLE && str_find(why, str_of(cases[which].want), 0) < why.len, "%s: %.*s",
		    cases[which].what, STR_FMT(why));
}

/* As many as there may be, in each of as many bundles. */
static void
try_many(void)
{
	static char names[16][BUNDLE_ROOTS_MAX][16];
	struct bundle_manifest manifests[16] = { 0 };
	struct roots_owner owners[16];
	struct diag diag;

	for (size_t i = 0; i < 16; i++) {
		str_t *roots = ARENA_ARRAY(arena, str_t, BUNDLE_ROOTS_MAX);

		for (size_t k = 0; k < BUNDLE_ROOTS_MAX; k++) {
			(void)snprintf(names[i][k], sizeof(names[i][k]), "r%zu/%zu", k, i);
			roots[k] = str_of(names[i][k]);
		}
		manifests[i].roots = roots;
		manifests[i].root_count = BUNDLE_ROOTS_MAX;
		owners[i] = (struct roots_owner){ STR("n"), &manifests[i] };
	}
	diag_init(&diag, arena, 4);
	ok(roots_check(owners, 16, arena, &diag) == ERR_OK, "65536 roots apart");
	(void)snprintf(names[3][7], sizeof(names[3][7]), "r9/4");
	((str_t *)(uintptr_t)manifests[3].roots)[7] = str_of(names[3][7]);
	ok(roots_check(owners, 16, arena, &diag) == ERR_BUNDLE, "and two of them the same");
}

int
main(void)
{
	arena = arena_new((size_t)256 << 20);
	for (size_t i = 0; i < COUNT(cases); i++)
		try_case(i);
	try_many();
	arena_free(&arena);
	return tap_done();
}
