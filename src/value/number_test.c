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
	{ number_bits_and, "&", "-18446744073709551616", "36893488147419103233", "36893488147419103232" },
	{ number_bits_or, "|", "-36893488147419103233", "1", "-36893488147419103233" },
	{ number_bits_xor, "^", "18446744073709551615", "-1", "-18446744073709551616" },
	{ number_bits_and, "&", "1.5", "1", NULL },
	{ number_add, "+", "123456789012345678901234567890", "1", "123456789012345678901234567891" },
	{ number_sub, "-", "-18446744073709551617", "1", "-18446744073709551618" },
	{ number_sub, "-", "18446744073709551617", "18446744073709551617", "0" },
	{ number_mul, "*", "-9223372036854775808", "-1", "9223372036854775808" },
	{ number_mul, "*", "18446744073709551617", "0", "0" },
	{ number_rem, "%", "10", "18446744073709551616", "10" },
	{ number_rem, "%", "100", "-18446744073709551616", "100" },
	{ number_rem, "%", "18446744073709551617", "18446744073709551616", "1" },
	{ number_rem, "%", "-18446744073709551617", "18446744073709551616", "-1" },
	{ number_rem, "%", "-9223372036854775808", "-1", "0" },
	{ number_div, "/", "0", "-5", "-0" },
	{ number_div, "/", "-0", "5", "-0" },
	{ number_div, "/", "-9223372036854775808", "-1", "9223372036854775808" },
	{ number_div, "/", "1", "0.0", NULL },
	{ number_div, "/", "2469134.5", "2", "1.23456725e+06" },
	{ number_mul, "*", "1234567.25", "2", "2.4691345e+06" },
	{ number_mul, "*", "12345.5", "3", "37036.5" },
	{ number_div, "/", "1", "10000", "0.0001" },
	{ number_div, "/", "1", "100000", "1e-05" },
	{ number_add, "+", "2.5", "1.5", "4" },
	{ number_add, "+", "0.1", "-0.1", "0" },
	{ number_mul, "*", "-1.5", "0", "-0" },
	{ number_mul, "*", "0.0", "-1", "0" },
	{ number_mul, "*", "1e30", "1.5", "1500000000000000000000000000000" },
	{ number_mul, "*", "1e9999", "0.5", NULL },
	{ number_mul, "*", "0.3", "3", "0.90000000000000000003" },
	{ number_mul_whole, "* whole", "0.001", "1000", "0" },
	{ number_mul_whole, "* whole", "-1.5", "3", "-4" },
	{ number_mul_whole, "* whole", "18446744073709551617", "1", "18446744073709551616" },
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
	{ number_bits_negate, "~", "18446744073709551615", "-18446744073709551616" },
	{ number_bits_negate, "~", "-18446744073709551616", "18446744073709551615" },
	{ number_round, "round", "0.5", "1" }, { number_round, "round", "-0.4", "0" },
	{ number_round, "round", "1e2", "100" }, { number_ceil, "ceil", "7.0", "7" },
	{ number_ceil, "ceil", "1e-5", "1" }, { number_floor, "floor", "-1e-5", "0" },
	{ number_floor, "floor", "1e30", "1000000000000000000024696061952" },
	{ number_abs, "abs", "-0", "0" }, { number_abs, "abs", "-1.50", "1.5" },
	{ number_abs, "abs", "-123456789012345678901234567890", "123456789012345678900000000000" },
};

static const struct {
	const char *text;
	bool valid;
} parse_cases[] = { { "0", true }, { "-0", true }, { "1.0", true }, { "1e2", true }, { "1E+2", true },
	{ "0.10", true }, { "01", false }, { "1.", false }, { ".5", false }, { "+1", false },
	{ "1e", false }, { "", false }, { "-", false }, { "0x10", false }, { " 1", false },
	{ "123456789012345678901234567890", true }, { "9223372036854775808", true },
	{ "-9223372036854775809", true }, { "0e999999999", true }, { "1e10001", false },
	{ "1e1000000000", false }, { "1e99999999999999999999", false }, { "1e-100000000", false },
	{ "1e9999", true }, { "00", false }, { "-01", false }, { "1e+", false }, { "1.5e", false },
	{ "1.5e5.5", false }, { "--1", false }, { "1 ", false } };

static const struct {
	const char *a, *b;
	int want;
} compare_cases[] = { { "1", "1.0", 0 }, { "1", "1e0", 0 }, { "1.5", "2", -1 }, { "-0", "0", 0 },
	{ "100000000000000000000", "1e20", 0 }, { "1e400", "1e399", 1 },
	{ "-100000000000000000000", "5", -1 }, { "0.1", "0.10", 0 },
	{ "0.3", "0.30000000000000000000000001", -1 }, { "-0.3", "-0.30000000000000000000000001", 1 },
	{ "0.30", "3e-1", 0 }, { "0", "0e5", 0 }, { "0.0", "0", 0 }, { "1e0", "1", 0 },
	{ "1180591620717411303424", "1180591620717411303424.5", -1 }, { "1.5", "15e-1", 0 },
	{ "-1.5", "1.5", -1 }, { "9223372036854775807", "9223372036854775808", -1 },
	{ "18446744073709551616", "18446744073709551616.0", 0 }, { "5", "4.999999999999999", 1 } };

static const struct {
	const char *a;
	int64_t by;
	const char *want;
} shift_cases[] = { { "1", 0, "1" }, { "1", 63, "9223372036854775808" },
	{ "-1", 63, "-9223372036854775808" }, { "3", 64, "55340232221128654848" }, { "5", -1, "2" },
	{ "-5", -1, "-3" }, { "-5", -200, "-1" }, { "5", -200, "0" }, { "0", 5000000000, "0" },
	{ "1", 5000000000, NULL }, { "55340232221128654848", -64, "3" },
	{ "-55340232221128654849", -64, "-4" }, { "-18446744073709551616", -64, "-1" },
	{ "1.5", 1, NULL }, { "2.0", 1, "4" }, { "1", INT64_MIN, "0" } };

static const struct {
	const char *a;
	int base;
	const char *want;
} base_cases[] = { { "255", 16, "ff" }, { "-255", 2, "-11111111" }, { "8.9", 8, "10" },
	{ "-0.5", 10, "0" }, { "0", 10, "0" }, { "35", 36, "z" },
	{ "340282366920938463463374607431768211456", 16, "100000000000000000000000000000000" } };

static const struct {
	double d;
	const char *want;
} double_cases[] = { { 0.1, "0.1" }, { 1.0, "1" }, { -2.5, "-2.5" }, { 1e21, "1000000000000000000000" },
	{ 1.0 / 3, "0.3333333333333333" }, { 0, "0" }, { 5e-324, "5e-324" } };

static const struct {
	const char *items[4], *sum, *product;
} total_cases[] = {
	{ { NULL }, "0", "1" },
	{ { "1", "2", "3" }, "6", "6" },
	{ { "9223372036854775807", "1" }, "9223372036854775808", "9223372036854775807" },
	{ { "18446744073709551617", "2" }, "18446744073709551619", "36893488147419103234" },
	{ { "0.1", "0.2", "0.3" }, "0.6", "0.006" },
	{ { "1.5", "2.5" }, "4", "3.75" },
	{ { "0.1", "3" }, "3.1", "0.30000000000000004" },
	{ { "1.1", "3" }, "4.1", "3.3000000000000003" },
	{ { "-1.5", "0" }, "-1.5", "-0" },
	{ { "1e-300", "1e-300" }, "2e-300", "1e-600" },
};

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
	for (size_t i = 0; i < COUNT(shift_cases); i++)
		ok(prints_as(number_bits_shift(arena, parse(arena, shift_cases[i].a), shift_cases[i].by),
		       shift_cases[i].want), "%s shifted by %lld", shift_cases[i].a, (long long)shift_cases[i].by);
	for (size_t i = 0; i < COUNT(base_cases); i++) {
		struct buf out;
		value_t back;

		buf_init(&out, 1 << 10);
		ok(number_print_base(&out, parse(arena, base_cases[i].a), base_cases[i].base) &&
			str_eq(buf_str(&out), str_of(base_cases[i].want)),
		    "%s in base %d", base_cases[i].a, base_cases[i].base);
		back = number_parse_base(arena, buf_str(&out), base_cases[i].base);
		buf_clear(&out);
		ok(number_print_base(&out, back, base_cases[i].base) &&
			str_eq(buf_str(&out), str_of(base_cases[i].want)), "and back");
		buf_fini(&out);
	}
	for (size_t i = 0; i < COUNT(double_cases); i++) {
		value_t v = number_from_double(arena, double_cases[i].d);

		ok(prints_as(v, double_cases[i].want), "%g", double_cases[i].d);
		ok(number_to_double(v) == double_cases[i].d, "and back");
	}
	for (size_t i = 0; i < COUNT(total_cases); i++) {
		value_t items[4];
		size_t count = 0;

		while (count < 4 && total_cases[i].items[count] != NULL) {
			items[count] = parse(arena, total_cases[i].items[count]);
			count++;
		}
		if (total_cases[i].sum != NULL)
			ok(prints_as(number_sum(arena, items, count), total_cases[i].sum), "sum %zu", i);
		if (total_cases[i].product != NULL)
			ok(prints_as(number_product(arena, items, count), total_cases[i].product),
			    "product %zu", i);
	}
	ok(!arena_failed(arena), "memory sufficed");
	arena_free(&arena);
	return tap_done();
}
