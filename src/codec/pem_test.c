/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/pem.h"

#define BLOCK(label, body) "-----BEGIN " label "-----\n" body "-----END " label "-----\n"

/* `want` is each block as "label=bytes", and behind a bar what no block holds at the end. */
static const struct {
	const char *text, *want;
} cases[] = {
	{ "", "|" },
	{ "no block", "|no block" },
	{ BLOCK("A", "Zm9v\n"), "A=foo|" },
	{ BLOCK("A", "Zm9v\n") "x", "A=foo|x" },
	{ "text before\n" BLOCK("A B", "Zm9v\nYmFy\n"), "A B=foobar|" },
	{ "-----BEGIN A-----\r\nZm9v\r\n-----END A-----\r\n", "A=foo|" },
	{ "-----BEGIN A-----\nZm9v\n-----END A-----", "A=foo|" },
	{ "-----BEGIN A----- \t\nZm9v\n-----END A----- \t\n", "A=foo|" },
	{ "-----BEGIN A-----\n Zm\t9v \n-----END A-----\n", "A=foo|" },
	{ BLOCK("A", "Zm9v\n") BLOCK("B", "YmFy\n"), "A=foo B=bar|" },
	{ BLOCK("A", ""), "A=|" },
	{ BLOCK("", "Zm9v\n"), "=foo|" },

	/* Headers are passed over. */
	{ BLOCK("A", "Proc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nZm9v\n"), "A=foo|" },
	{ BLOCK("A", "h: 1\n"), "|" BLOCK("A", "h: 1\n") },
	{ "-----BEGIN A-----\nh: 1\n-----END A-----\nh: 2\n",
	    "|-----BEGIN A-----\nh: 1\n-----END A-----\nh: 2\n" },

	/* What is not whole is skipped; the next may be. */
	{ "-----BEGIN A-----\nZm9v\n-----END B-----\n" BLOCK("C", "Zm9v\n"), "C=foo|" },
	{ "-----BEGIN A-----\nZm9v\n" BLOCK("C", "Zm9v\n"), "C=foo|" },
	{ BLOCK("A", "!\n") BLOCK("C", "Zm9v\n"), "C=foo|" },
	{ BLOCK("A", "Zm9\n"), "|" BLOCK("A", "Zm9\n") },
	{ "x-----BEGIN A-----\nZm9v\n-----END A-----\n",
	    "|x-----BEGIN A-----\nZm9v\n-----END A-----\n" },
	{ "-----BEGIN A----\nZm9v\n-----END A-----\n",
	    "|-----BEGIN A----\nZm9v\n-----END A-----\n" },
	{ "-----BEGIN A-----\nZm9v\n-----END A-----x\n",
	    "|-----BEGIN A-----\nZm9v\n-----END A-----x\n" },
	{ "-----BEGIN A-----\nZm9v\n-----END A---",
	    "|-----BEGIN A-----\nZm9v\n-----END A---" },
	{ "-----END A-----\n" BLOCK("A", "Zm9v\n"), "A=foo|" },
	{ "\n-----END A-----\n-----BEGIN A-----", "|\n-----END A-----\n-----BEGIN A-----" },
};

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);
	struct buf got;

	buf_init(&got, 1 << 16);
	for (size_t i = 0; i < COUNT(cases); i++) {
		str_t text = str_of(cases[i].text);
		struct pem_block block;

		buf_clear(&got);
		while (pem_read(arena, &text, &block))
			buf_printf(&got, "%s%.*s=%.*s", got.len > 0 ? " " : "",
			    STR_FMT(block.label), STR_FMT(block.bytes));
		buf_printf(&got, "|%.*s", STR_FMT(text));
		if (!ok(str_eq(buf_str(&got), str_of(cases[i].want)), "row %zu", i))
			tap_note("got %.*s", STR_FMT(buf_str(&got)));
	}
	buf_fini(&got);
	arena_free(&arena);
	return tap_done();
}
