/* SPDX-License-Identifier: Apache-2.0 */
/* units: amounts as Kubernetes and people write them: 10K, 1.5GiB, 100m. */
#include "rego/builtin/util.h"
#include "value/number.h"

enum { MOST_EXPONENT_DIGITS = 6, DECIMALS = 10, LARGEST_EXPONENT = 5000 };

struct unit {
	const char *name; /* lower case */
	int power; /* of the base */
	int base; /* 1000 or 1024 */
};

/* The first letter may be upper case too, but m is a thousandth and M a million. */
static const struct unit units[] = {
	{ "", 0, 1000 }, { "k", 1, 1000 }, { "ki", 1, 1024 }, { "mi", 2, 1024 }, { "g", 3, 1000 },
	{ "gi", 3, 1024 }, { "t", 4, 1000 }, { "ti", 4, 1024 }, { "p", 5, 1000 },
	{ "pi", 5, 1024 }, { "e", 6, 1000 }, { "ei", 6, 1024 }, { "m", 2, 1000 },
};

/* The rational number numerator / denominator, and whether it was below zero. */
struct amount {
	value_t numerator, denominator;
	bool negative;
};

/* ---- reading ---- */

/* `s` without double quotes, which OPA ignores; lower case if asked for. */
static str_t
strip_quotes(struct rego_call *call, str_t s, bool lower)
{
	char *copy = arena_copy(call->arena, s.data, s.len);
	size_t len = 0;

	if (copy == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (c != '"')
			copy[len++] = lower && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return str_make(copy, len);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_sign(char c)
{
	return c == '+' || c == '-';
}

/* Length of the number in front; an e without digits behind it is a unit. */
static bool
split_amount(str_t s, size_t *ret_len)
{
	size_t i = 0;

	for (; i < s.len; i++) {
		char c = s.data[i];
		size_t digits;

		if (c == 'e' || c == 'E') {
			if (i + 1 == s.len || (!is_digit(s.data[i + 1]) && !is_sign(s.data[i + 1])))
				break;
			i += is_sign(s.data[i + 1]);
			for (digits = 0; i + 1 + digits < s.len && is_digit(s.data[i + 1 + digits]);)
				digits++;
			if (digits > MOST_EXPONENT_DIGITS)
				return false;
		} else if (!is_digit(c) && c != '.' && !is_sign(c)) {
			break;
		}
	}
	*ret_len = i;
	return true;
}

/* Sign, digits with a point somewhere, an exponent: 12.5e-3 becomes digits 125, exponent -4. */
static bool
read_decimal(struct rego_call *call, str_t s, bool *ret_negative, str_t *ret_digits,
    long *ret_exponent)
{
	char *digits = arena_alloc(call->arena, s.len + 1, 1);
	size_t i = s.len > 0 && is_sign(s.data[0]), len = 0;
	long exponent = 0, fraction = 0;
	bool point = false, negative = s.len > 0 && s.data[0] == '-', below = false;

	if (digits == NULL)
		return false;
	for (; i < s.len && (is_digit(s.data[i]) || (s.data[i] == '.' && !point)); i++) {
		if (s.data[i] == '.') {
			point = true;
			continue;
		}
		fraction += point;
		digits[len++] = s.data[i];
	}
	if (len == 0)
		return false;
	if (i < s.len && (s.data[i] | 0x20) == 'e') {
		if (++i < s.len && is_sign(s.data[i]))
			below = s.data[i++] == '-';
		if (i == s.len)
			return false;
		for (; i < s.len && is_digit(s.data[i]); i++)
			exponent = exponent * 10 + (s.data[i] - '0');
	}
	*ret_negative = negative;
	*ret_digits = str_make(digits, len);
	*ret_exponent = (below ? -exponent : exponent) - fraction;
	return i == s.len;
}

/* digits * 10^zeros; VALUE_NONE: too large. */
static value_t
scale(struct rego_call *call, str_t digits, long zeros)
{
	char *text;

	while (digits.len > 1 && digits.data[0] == '0')
		digits = str_skip(digits, 1);
	if (zeros > LARGEST_EXPONENT || digits.len > LARGEST_EXPONENT)
		return VALUE_NONE;
	if (digits.len == 1 && digits.data[0] == '0')
		return value_int(0);
	text = arena_alloc(call->arena, digits.len + (size_t)zeros, 1);
	if (text == NULL)
		return VALUE_NONE;
	memcpy(text, digits.data, digits.len);
	memset(text + digits.len, '0', (size_t)zeros);
	return number_parse(call->arena, str_make(text, digits.len + (size_t)zeros));
}

static const struct unit *
find_unit(str_t name)
{
	for (size_t i = 0; i < COUNT(units); i++) {
		if (str_eq_nocase(name, str_of(units[i].name)))
			return &units[i];
	}
	return NULL;
}

static value_t
unit_factor(const struct unit *u)
{
	int64_t factor = 1;

	for (int i = 0; i < u->power; i++)
		factor *= u->base;
	return value_int(factor);
}

/* ---- units.parse ---- */

/* The double nearest to a thousandth is this fraction; OPA multiplies by that. */
static bool
multiply_by_milli(struct rego_call *call, struct amount *a)
{
	static const int64_t numerator = INT64_C(1152921504606847), denominator_bits = 60;

	a->numerator = number_mul(call->arena, a->numerator, value_int(numerator));
	a->denominator = number_mul(call->arena, a->denominator,
	    value_int(INT64_C(1) << denominator_bits));
	return value_is_defined(a->numerator) && value_is_defined(a->denominator);
}

/* Whole, or rounded to ten decimals, halves away from zero. */
static enum rego_outcome
give_amount(struct rego_call *call, struct amount *a, value_t *ret)
{
	struct arena *arena = call->arena;
	value_t rest = number_rem(arena, a->numerator, a->denominator), doubled, cut;
	const char *sign = a->negative ? "-" : "";
	struct buf digits;
	str_t text;

	if (!value_is_defined(rest))
		return REGO_HALT;
	rego_text_init(call, &digits);
	if (rest.tag == VALUE_INT && rest.integer == 0) {
		number_print(&digits, number_div(arena, a->numerator, a->denominator));
		text = arena_printf(arena, "%s%.*s", str_eq(buf_str(&digits), STR("0")) ? "" : sign,
		    STR_FMT(buf_str(&digits)));
	} else {
		doubled = number_mul(arena, a->numerator, value_int(2 * INT64_C(10000000000)));
		a->denominator = number_mul(arena, a->denominator, value_int(2));
		doubled = number_add(arena, doubled, number_div(arena, a->denominator, value_int(2)));
		cut = number_sub(arena, doubled, number_rem(arena, doubled, a->denominator));
		number_print(&digits, number_div(arena, cut, a->denominator));
		text = buf_str(&digits);
		while (text.len <= DECIMALS) {
			text = arena_printf(arena, "0%.*s", STR_FMT(text));
			if (arena_failed(arena))
				break;
		}
		text = arena_printf(arena, "%s%.*s.%.*s", sign, (int)(text.len - DECIMALS), text.data,
		    DECIMALS, text.data + text.len - DECIMALS);
	}
	buf_fini(&digits);
	return rego_give(arena_failed(arena) ? VALUE_NONE : number_parse(arena, text), ret);
}

static enum rego_outcome
parse(struct rego_call *call, value_t *ret)
{
	str_t s = strip_quotes(call, value_str(call->arg[0]), false), digits, name;
	struct amount a = { .denominator = value_int(1) };
	const struct unit *unit;
	size_t len;
	long exponent;

	if (str_find_char(s, ' ', 0) < s.len)
		return rego_fail(call, "spaces not allowed in resource strings");
	if (!split_amount(s, &len))
		return rego_fail(call, "exponent too large");
	if (len == 0)
		return rego_fail(call, "no amount provided");
	name = str_skip(s, len);
	unit = find_unit(name);
	if (unit == NULL)
		return rego_fail(call, "unit %.*s not recognized", STR_FMT(name));
	if (!read_decimal(call, str_sub(s, 0, len), &a.negative, &digits, &exponent))
		return rego_fail(call, "could not parse amount to a number");
	a.numerator = scale(call, digits, exponent > 0 ? exponent : 0);
	if (exponent < 0)
		a.denominator = scale(call, STR("1"), -exponent);
	if (!value_is_defined(a.numerator) || !value_is_defined(a.denominator))
		return arena_failed(call->arena) ? REGO_HALT : rego_fail(call, "exponent too large");
	if (str_eq(name, STR("m"))) {
		if (!multiply_by_milli(call, &a))
			return REGO_HALT;
	} else {
		a.numerator = number_mul(call->arena, a.numerator, unit_factor(unit));
	}
	return value_is_defined(a.numerator) ? give_amount(call, &a, ret) : REGO_HALT;
}

/* ---- units.parse_bytes ---- */

static enum rego_outcome
parse_bytes(struct rego_call *call, value_t *ret)
{
	str_t s = strip_quotes(call, value_str(call->arg[0]), true), digits, name, bare;
	const struct unit *unit;
	value_t amount;
	size_t len;
	long exponent;
	bool negative;
	struct buf whole;

	if (str_find_char(s, ' ', 0) < s.len)
		return rego_fail(call, "spaces not allowed in resource strings");
	if (!split_amount(s, &len))
		return rego_fail(call, "exponent too large");
	if (len == 0)
		return rego_fail(call, "no byte amount provided");
	bare = name = str_skip(s, len);
	if (str_has_suffix(name, STR("b")) && name.len > 1)
		bare.len--;
	unit = find_unit(bare);
	if (unit == NULL)
		return rego_fail(call, "byte unit %.*s not recognized", STR_FMT(name));
	if (!read_decimal(call, str_sub(s, 0, len), &negative, &digits, &exponent))
		return rego_fail(call, "could not parse byte amount to a number");
	while (digits.len > 1 && digits.data[0] == '0')
		digits = str_skip(digits, 1);
	amount = number_parse(call->arena,
	    arena_printf(call->arena, "%s%.*se%ld", negative ? "-" : "", STR_FMT(digits), exponent));
	if (value_is_defined(amount))
		amount = number_mul(call->arena, amount, unit_factor(unit));
	if (!value_is_defined(amount))
		return arena_failed(call->arena) ? REGO_HALT : rego_fail(call, "exponent too large");
	rego_text_init(call, &whole);
	amount = number_print_base(&whole, amount, 10)
	    ? number_parse(call->arena, arena_str(call->arena, buf_str(&whole)))
	    : VALUE_NONE;
	buf_fini(&whole);
	return rego_give(amount, ret);
}

const struct rego_builtin rego_builtins_units[] = {
	{ "units.parse", "x: string -> number", parse,
	    "The amount `x`, such as 10K, 1.5Gi or 100m (a tenth)." },
	{ "units.parse_bytes", "x: string -> number", parse_bytes,
	    "The number of bytes in `x`, such as 10KB or 1.5GiB." },
	{ 0 },
};
