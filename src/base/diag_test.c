/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"
#include "tap.h"

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A60 A50 "aaaaaaaaaa"
#define UNDER60 "                                                            "

static const struct {
	const char *title, *source;
	uint32_t row, col, width;
	const char *want; /* below the first line */
} rows[] = {
	{ "a word is underlined", "p := foo\n", 1, 6, 3, "    1 | p := foo\n      |      ^~~\n" },
	{ "a later row", "a\nbc\nd", 2, 2, 1, "    2 | bc\n      |  ^\n" },
	{ "tabs stay tabs", "\tif\tx", 1, 5, 1, "    1 | \tif\tx\n      | \t  \t^\n" },
	{ "a tab within what is underlined", "a\tb", 1, 1, 3, "    1 | a\tb\n      | ^~~\n" },
	{ "columns are code points", "\xC3\xA9\xC3\xA9 = x", 1, 6, 1,
	    "    1 | \xC3\xA9\xC3\xA9 = x\n      |      ^\n" },
	{ "wide characters take two cells", "\xE6\x97\xA5 x", 1, 3, 1,
	    "    1 | \xE6\x97\xA5 x\n      |    ^\n" },
	{ "a wide one underlined", "\xE6\x97\xA5\xE6\x97\xA5", 1, 1, 6,
	    "    1 | \xE6\x97\xA5\xE6\x97\xA5\n      | ^~~~\n" },
	{ "combining marks take none", "e\xCC\x81 x", 1, 4, 1, "    1 | e\xCC\x81 x\n      |   ^\n" },
	{ "the underline ends with the line", "abc\ndef", 1, 2, 6, "    1 | abc\n      |  ^~\n" },
	{ "behind the end", "abc", 1, 4, 1, "    1 | abc\n      |    ^\n" },
	{ "far behind the end", "abc", 1, 9, 1, "    1 | abc\n      |    ^\n" },
	{ "column 0", "abc", 1, 0, 0, "    1 | abc\n      | ^\n" },
	{ "a carriage return is not shown", "abc\r\nd", 1, 1, 3, "    1 | abc\n      | ^~~\n" },
	{ "escapes do not reach the terminal", "\x1B[31m x", 1, 7, 1,
	    "    1 | \xEF\xBF\xBD[31m x\n      |       ^\n" },
	{ "nor does a right-to-left override", "\xE2\x80\xAE x", 1, 3, 1,
	    "    1 | \xEF\xBF\xBD x\n      |   ^\n" },
	{ "bytes that are no UTF-8", "\xFF x", 1, 3, 1, "    1 | \xEF\xBF\xBD x\n      |   ^\n" },
	{ "an empty line is not shown", "\nx", 1, 1, 1, "" },
	{ "a row that is not there", "x", 7, 1, 1, "" },
	{ "a long line, its begin", "x " A60 A60, 1, 1, 1, "    1 | x " A50 A60 "aaaaaaaa...\n      | ^\n" },
	{ "a long line, its end", A60 A60 " x", 1, 122, 1,
	    "    1 | ..." A50 "aaaaaaaaa x\n      |    " UNDER60 "^\n" },
};

static void
check(size_t i)
{
	struct arena *arena = arena_new(1 << 20);
	struct diag d;
	struct buf out;
	struct diag_place place = { STR("f"), str_of(rows[i].source), rows[i].row, rows[i].col, rows[i].width };
	str_t text;

	buf_init(&out, 1 << 16);
	diag_init(&d, arena, 4);
	diag_add(&d, DIAG_ERROR, "code", place, "message");
	diag_print(&d, &out, false);
	text = buf_str(&out);
	text = str_skip(text, str_find_char(text, '\n', 0) + 1);
	if (!ok(str_eq(text, str_of(rows[i].want)), "%s", rows[i].title))
		tap_note("%.*s", STR_FMT(text));
	buf_fini(&out);
	arena_free(&arena);
}

static void
check_whole(void)
{
	struct arena *arena = arena_new(1 << 20);
	struct diag d;
	struct buf out;
	struct diag_finding *f;

	buf_init(&out, 1 << 16);
	diag_init(&d, arena, 2);
	f = diag_add(&d, DIAG_WARNING, "two", (struct diag_place){ STR("f"), STR("x"), 1, 1, 1 }, "second %d", 2);
	diag_hint(&d, f, "mend %s", "it");
	diag_add(&d, DIAG_ERROR, "one", (struct diag_place){ .file = STR("e") }, "first");
	diag_say(&d, "three", "not kept");
	diag_sort(&d);
	diag_print(&d, &out, false);
	ok(str_eq(buf_str(&out), STR("e: one: first\nf:1:1: warning: two: second 2\n    1 | x\n      | ^\n"
				     "help: mend it\nand 1 more\n")),
	    "sorted, with a hint, and what was not kept is counted");
	buf_fini(&out);
	arena_free(&arena);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i);
	check_whole();
	return tap_done();
}
