/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diff.h"

#include "tap.h"

static const struct {
	const char *before, *after, *diff; /* without its two first lines */
} rows[] = {
	{ "a\n", "a\n", "" },
	{ "", "a\n", "@@ -0,0 +1,1 @@\n+a\n" },
	{ "a\n", "", "@@ -1,1 +0,0 @@\n-a\n" },
	{ "a\n", "b\n", "@@ -1,1 +1,1 @@\n-a\n+b\n" },
	{ "a", "a\n", "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n" },
	{ "1\n2\n3\n4\n5\n", "1\n2\n3\n4\nx\n", "@@ -2,4 +2,4 @@\n 2\n 3\n 4\n-5\n+x\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n", "0\n2\n3\n4\n5\n6\n7\n9\n",
	    "@@ -1,8 +1,8 @@\n-1\n+0\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+9\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n2\n3\n4\n5\n6\n7\n8\nx\n",
	    "@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+x\n" },
	{ "a\nb\nc\nd\n", "a\nc\nb\nd\n", "@@ -1,4 +1,4 @@\n a\n-b\n c\n+b\n d\n" },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out;
		str_t got;

		buf_init(&out, 1 << 16);
		(void)(cli_diff("x", str_of(rows[i].before), str_of(rows[i].after), &out) ==
		       ERR_OK);
		got = buf_str(&out);
		ok(str_has_prefix(got, STR("--- x\n+++ x\n")) &&
			str_eq(str_skip(got, 12), str_of(rows[i].diff)),
		    "row %zu", i);
		if (!str_has_suffix(got, str_of(rows[i].diff)))
			tap_note("%.*s", STR_FMT(got));
		buf_fini(&out);
	}
	return tap_done();
}
