/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"
#include "tap.h"

static const struct {
	const char *a, *b;
	size_t want;
} distances[] = {
	{ "", "", 0 },
	{ "", "abc", 3 },
	{ "count", "count", 0 },
	{ "cont", "count", 1 },
	{ "coutn", "count", 1 },
	{ "counts", "count", 1 },
	{ "cuont", "count", 1 },
	{ "kitten", "sitting", 3 },
	{ "a", "b", 1 },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a",
	    NEAREST_LEN_MAX },
};

static const struct {
	const char *wanted, *want;
} searches[] = {
	{ "is_admn", "is_admin" },
	{ "alow", "allow" },
	{ "x", "" },
	{ "zzz", "" },
	{ "dney", "deny" },
	{ "is_admins", "is_admin" },
	{ "permissions", "" },
};

int
main(void)
{
	static const char *const names[] = { "allow", "deny", "is_admin", "violations" };

	for (size_t i = 0; i < COUNT(distances); i++) {
		size_t have = nearest_distance(str_of(distances[i].a), str_of(distances[i].b));

		ok(have == distances[i].want, "from '%s' to '%s': %zu", distances[i].a,
		    distances[i].b, have);
	}
	for (size_t i = 0; i < COUNT(searches); i++) {
		struct nearest n;

		nearest_begin(&n, str_of(searches[i].wanted));
		for (size_t k = 0; k < COUNT(names); k++)
			nearest_try(&n, str_of(names[k]));
		ok(str_eq(n.name, str_of(searches[i].want)), "'%s' is near '%s'",
		    searches[i].wanted, searches[i].want);
	}
	return tap_done();
}
