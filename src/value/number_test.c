/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"
#include "value/number.h"

typedef value_t binary_fn(struct arena *, value_t, value_t);

static const struct {
	binary_fn *fn;
	const char *name, *a, *b, *want; /* want NULL: no such number */
} binary_cases[] = {
	{ number_div, "/", "1", "3", "0.33333333333333333334" },
	{ number_div, "/", "2", "3", "0.6666666666666666667" },
	{ number_div, "/", "5", "3", "1.6666666666666666666" },
	{ number_div, "/", "10", "2", "5" },
	{ number_div, "/", "1", "0", NULL },
	{ number_div, "/", "100000000000000000000", "3", "33333333333333333334" },
	{ number_mul, "*", "1.1", "3", "3.3000000000000000002" },
	{ number_add, "+", "0.1", "0.2", "0.3" },
	{ number_add, "+", "1e30", "1", "1000000000000000000000000000001" },
	{ number_add, "+", "9223372036854775807", "1", "9223372036854775808" },
	{ number_sub, "-", "9223372036854775808", "1", "9223372036854775807" },
	{ number_mul, "*", "4294967296", "4294967296", "18446744073709551616" },
	{ number_rem, "%", "-5", "3", "-2" },
	{ number_rem, "%", "5.0", "2", "1" },
	{ number_rem, "%", "5.5", "2", NULL },
	{ number_rem, "%", "5", "0", NULL },
	{ number_bits_and, "&", "-6", "12", "8" },
	{ number_bits_or, "|", "5", "10", "15" },
	{ number_bits_xor, "^", "-1", "1", "-2" },
};

typedef value_t unary_fn(struct arena *, value_t);

static const struct {
	unary_fn *fn;
	const char *name, *a, *want;
} unary_cases[] = {
	{ number_ceil, "ceil", "-0.5", "1" }, { number_ceil, "ceil", "-1.5", "-1" },
	{ number_ceil, "ceil", "1.2", "2" }, { number_floor, "floor", "-0.5", "0" },
	{ number_floor, "floor", "-1.5", "-2" }, { number_floor, "floor", "1.9", "1" },
	{ number_round, "round", "2.5", "3" }, { number_round, "round", "-2.5", "-3" },
	{ number_abs, "abs", "-3.25", "3.25" }, { number_abs, "abs", "-9223372036854775808", "9223372036854775808" },
	{ number_bits_negate, "~", "5", "-6" },
};

static const struct {
	const char *text;
	bool valid;
} parse_cases[] = { { "0", true }, { "-0", true }, { "1.0", true }, { "1e2", true }, { "1E+2", true },
	{ "0.10", true }, { "01", false }, { "1.", false }, { ".5", false }, { "+1", false },
	{ "1e", false }, { "", false }, { "-", false }, { "0x10", false }, { " 1", false },
	{ "123456789012345678901234567890", true } };

static const struct {
	const char *a, *b;
	int want;
} compare_cases[] = { { "1", "1.0", 0 }, { "1", "1e0", 0 }, { "1.5", "2", -1 }, { "-0", "0", 0 },
	{ "100000000000000000000", "1e20", 0 }, { "1e400", "1e399", 1 },
	{ "-100000000000000000000", "5", -1 }, { "0.1", "0.10", 0 } };

static value_t
parse(struct arena *arena, const char *text)
{
	return number_parse(arena, str_of(text));
}

static bool
prints_as(value_t v, const char *want)
{
	struct buf out;
	bool same;

	buf_init(&out, 1 << 16);
	if (value_is_defined(v))
		number_print(&out, v);
	same = want == NULL ? !value_is_defined(v) : str_eq(buf_str(&out), str_of(want));
	if (!same)
		tap_note("got %.*s, want %s", STR_FMT(buf_str(&out)), want != NULL ? want : "nothing");
	buf_fini(&out);
	return same;
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 24);

	for (size_t i = 0; i < COUNT(parse_cases); i++) {
		value_t v = parse(arena, parse_cases[i].text);

		ok(prints_as(v, parse_cases[i].valid ? parse_cases[i].text : NULL), "reads \"%s\"",
		    parse_cases[i].text);
	}
	for (size_t i = 0; i < COUNT(binary_cases); i++) {
		value_t v = binary_cases[i].fn(arena, parse(arena, binary_cases[i].a),
		    parse(arena, binary_cases[i].b));

		ok(prints_as(v, binary_cases[i].want), "%s %s %s", binary_cases[i].a,
		    binary_cases[i].name, binary_cases[i].b);
	}
	for (size_t i = 0; i < COUNT(unary_cases); i++)
		ok(prints_as(unary_cases[i].fn(arena, parse(arena, unary_cases[i].a)), unary_cases[i].want),
		    "%s(%s)", unary_cases[i].name, unary_cases[i].a);
	for (size_t i = 0; i < COUNT(compare_cases); i++) {
		value_t a = parse(arena, compare_cases[i].a), b = parse(arena, compare_cases[i].b);

		ok(number_compare(a, b) == compare_cases[i].want, "%s against %s", compare_cases[i].a,
		    compare_cases[i].b);
		ok(compare_cases[i].want != 0 || value_hash(a) == value_hash(b), "and their hashes");
	}
	ok(!arena_failed(arena), "memory sufficed");
	arena_free(&arena);
	return tap_done();
}
