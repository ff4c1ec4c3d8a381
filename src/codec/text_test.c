/* SPDX-License-Identifier: Apache-2.0 */
/* hex and percent: both ways, and what is refused where. */
#include "codec/hex.h"
#include "codec/percent.h"
#include "tap.h"

typedef err_t read_fn(struct arena *, str_t, str_t *, size_t *);
typedef void write_fn(struct buf *, str_t);

static const struct {
	read_fn *read;
	write_fn *write;
	const char *text, *bytes; /* bytes NULL: refused */
	size_t bad;
	bool one_way; /* the bytes are written otherwise */
} cases[] = {
	{ hex_read, hex_write, "", "", 0, false },
	{ hex_read, hex_write, "6c6f72656d20697073756d", "lorem ipsum", 0, false },
	{ hex_read, hex_write, "C3a9fF", "\xc3\xa9\xff", 0, true },
	{ hex_read, hex_write, "6", NULL, 1, false },
	{ hex_read, hex_write, "616", NULL, 3, false },
	{ hex_read, hex_write, "6g", NULL, 1, false },
	{ hex_read, hex_write, "61 62", NULL, 2, false },
	{ percent_read, percent_write, "", "", 0, false },
	{ percent_read, percent_write, "a%3Db%2B1", "a=b+1", 0, false },
	{ percent_read, percent_write, "Az09-_.~", "Az09-_.~", 0, false },
	{ percent_read, percent_write, "a+b%20c", "a b c", 0, true },
	{ percent_read, percent_write, "%C3%A9%FF", "\xc3\xa9\xff", 0, false },
	{ percent_read, percent_write, "a/b?c", "a/b?c", 0, true },
	{ percent_read, percent_write, "a%2", NULL, 1, false },
	{ percent_read, percent_write, "%", NULL, 0, false },
	{ percent_read, percent_write, "ab%zz", NULL, 2, false },
};

int
main(void)
{
	struct arena *arena = arena_new(1 << 16), *none = arena_new(0);
	struct buf out;
	str_t got;

	buf_init(&out, 1 << 10);
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t bad = SIZE_MAX;
		err_t e = cases[i].read(arena, str_of(cases[i].text), &got, &bad);

		if (cases[i].bytes == NULL) {
			ok(e == ERR_SYNTAX && bad == cases[i].bad, "row %zu refused", i);
			continue;
		}
		ok(e == ERR_OK && str_eq(got, str_of(cases[i].bytes)), "row %zu read", i);
		buf_clear(&out);
		cases[i].write(&out, str_of(cases[i].bytes));
		ok(str_eq(buf_str(&out), str_of(cases[i].text)) != cases[i].one_way,
		    "row %zu written", i);
	}
	ok(hex_read(none, STR("61"), &got, NULL) == ERR_MEMORY, "hex needs memory");
	ok(percent_read(none, STR("61"), &got, NULL) == ERR_MEMORY, "percent needs memory");
	buf_fini(&out);
	arena_free(&none);
	arena_free(&arena);
	return tap_done();
}
