/* SPDX-License-Identifier: Apache-2.0 */
/* units: amounts as Kubernetes and people write them: 10K, 1.5GiB, 100m. */
#include "rego/builtin/strings_internal.h"
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

/* OPA's messages say the function's name twice. */
static enum rego_outcome
refuse(struct rego_call *call, const char *what)
{
	return rego_fail(call, "%s: %s", call->builtin->name, what);
}

static enum rego_outcome
refuse_unit(struct rego_call *call, const char *kind, str_t unit)
{
	return rego_fail(call, "%s: %s %.*s not recognized", call->builtin->name, kind, STR_FMT(unit));
}

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

static str_t
skip_zeros(str_t s)
{
	while (s.len > 1 && s.data[0] == '0')
		s = str_skip(s, 1);
	return s;
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
	*ret_digits = skip_zeros(str_make(digits, len));
	*ret_exponent = (below ? -exponent : exponent) - fraction;
	return i == s.len;
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

/* Lower case behind the first letter, which tells m from M: so OPA's message has the unit. */
static str_t
lower_tail(struct rego_call *call, str_t name)
{
	str_t tail = name.len > 1 ? strip_quotes(call, str_skip(name, 1), true) : STR("");

	return arena_printf(call->arena, "%.*s%.*s", (int)(name.len > 0), name.data, STR_FMT(tail));
}

/* ---- units.parse ---- */

/*
 * The double nearest to a thousandth, by which OPA multiplies, is a fraction over
 * 2^60: that is, times 5^60, a decimal number with 60 places.
 */
static const char milli_numerator[] = "1152921504606847";
static const char milli_power[] = "867361737988403547205962240695953369140625"; /* 5^60 */
enum { MILLI_PLACES = 60 };

static value_t
multiply_by_text(struct rego_call *call, value_t v, const char *factor)
{
	return number_mul(call->arena, v, number_parse(call->arena, str_of(factor)));
}

/* Adds one to a decimal number's last digit; false: a digit more would be needed. */
static bool
increment(char *digits, size_t len)
{
	while (len > 0) {
		if (digits[len - 1] != '9') {
			digits[len - 1]++;
			return true;
		}
		digits[--len] = '0';
	}
	return false;
}

/*
 * digits / 10^places as text: whole, or rounded to ten places, halves away from zero.
 * `out` is empty.
 */
static void
print_amount(struct buf *out, bool negative, str_t digits, size_t places)
{
	size_t whole, zeros;

	while (places > 0 && digits.len > 0 && digits.data[digits.len - 1] == '0') {
		digits.len--;
		places--;
	}
	if (digits.len == 0) {
		buf_add_char(out, '0');
		return;
	}
	if (negative)
		buf_add_char(out, '-');
	whole = out->len;
	zeros = digits.len <= places ? places - digits.len + 1 : 0;
	/* One zero more in front takes what rounding may carry. */
	for (zeros += places > DECIMALS; zeros > 0; zeros--)
		buf_add_char(out, '0');
	buf_add_str(out, digits);
	if (places == 0 || buf_failed(out))
		return;
	if (places > DECIMALS) {
		char first_cut = out->data[out->len - (places - DECIMALS)];

		out->len -= places - DECIMALS;
		if (first_cut >= '5')
			(void)increment(out->data + whole, out->len - whole);
		if (out->data[whole] == '0') {
			memmove(out->data + whole, out->data + whole + 1, out->len - whole - 1);
			out->len--;
		}
		places = DECIMALS;
	}
	for (; places < DECIMALS; places++)
		buf_add_char(out, '0');
	buf_add_char(out, '.'); /* goes before the last ten digits */
	if (buf_failed(out))
		return;
	memmove(out->data + out->len - DECIMALS, out->data + out->len - DECIMALS - 1, DECIMALS);
	out->data[out->len - DECIMALS - 1] = '.';
}

/* numerator * 10^exponent */
static enum rego_outcome
give_amount(struct rego_call *call, bool negative, value_t numerator, long exponent, value_t *ret)
{
	struct buf digits, text;
	value_t amount = VALUE_NONE;

	rego_text_init(call, &digits);
	rego_text_init(call, &text);
	number_print(&digits, numerator);
	for (; exponent > 0; exponent--)
		buf_add_char(&digits, '0');
	print_amount(&text, negative, buf_str(&digits), (size_t)-exponent);
	if (!buf_failed(&digits) && !buf_failed(&text))
		amount = number_parse(call->arena, buf_str(&text));
	buf_fini(&digits);
	buf_fini(&text);
	return rego_give(amount, ret);
}

static enum rego_outcome
parse(struct rego_call *call, value_t *ret)
{
	str_t s = strip_quotes(call, value_str(call->arg[0]), false), digits, name;
	const struct unit *unit;
	value_t numerator;
	size_t len;
	long exponent;
	bool negative;

	if (str_find_char(s, ' ', 0) < s.len)
		return refuse(call, "spaces not allowed in resource strings");
	if (!split_amount(s, &len))
		return refuse(call, "exponent too large");
	if (len == 0)
		return refuse(call, "no amount provided");
	name = str_skip(s, len);
	unit = find_unit(name);
	if (unit == NULL)
		return refuse_unit(call, "unit", lower_tail(call, name));
	if (!read_decimal(call, str_sub(s, 0, len), &negative, &digits, &exponent))
		return refuse(call, "could not parse amount to a number");
	if (exponent > LARGEST_EXPONENT || exponent < -LARGEST_EXPONENT || digits.len > LARGEST_EXPONENT)
		return refuse(call, "exponent too large");
	numerator = number_parse(call->arena, digits);
	if (str_eq(name, STR("m"))) {
		numerator = multiply_by_text(call, numerator, milli_numerator);
		numerator = multiply_by_text(call, numerator, milli_power);
		exponent -= MILLI_PLACES;
	} else {
		numerator = number_mul(call->arena, numerator, unit_factor(unit));
	}
	if (!value_is_defined(numerator))
		return REGO_HALT;
	return give_amount(call, negative, numerator, exponent, ret);
}

/* ---- units.parse_bytes ---- */

static enum rego_outcome
parse_bytes(struct rego_call *call, value_t *ret)
{
	str_t s, digits, name, bare;
	const struct unit *unit;
	value_t amount;
	size_t len;
	long exponent;
	bool negative;

	if (rego_strings_lower(call, &amount) != REGO_DEFINED)
		return REGO_HALT;
	s = strip_quotes(call, value_str(amount), false);
	if (str_find_char(s, ' ', 0) < s.len)
		return refuse(call, "spaces not allowed in resource strings");
	if (!split_amount(s, &len))
		return refuse(call, "exponent too large");
	if (len == 0)
		return refuse(call, "no byte amount provided");
	bare = name = str_skip(s, len);
	if (str_has_suffix(name, STR("b")) && name.len > 1)
		bare.len--;
	unit = find_unit(bare);
	if (unit == NULL)
		return refuse_unit(call, "byte unit", name);
	if (!read_decimal(call, str_sub(s, 0, len), &negative, &digits, &exponent))
		return refuse(call, "could not parse byte amount to a number");
	amount = number_parse(call->arena,
	    arena_printf(call->arena, "%s%.*se%ld", negative ? "-" : "", STR_FMT(digits), exponent));
	if (value_is_defined(amount))
		amount = number_mul_whole(call->arena, amount, unit_factor(unit));
	if (!value_is_defined(amount))
		return arena_failed(call->arena) ? REGO_HALT : refuse(call, "exponent too large");
	return rego_give(amount, ret);
}

const struct rego_builtin rego_builtins_units[] = {
	{ "units.parse", "x: string -> number", parse,
	    "The amount `x`, such as 10K, 1.5Gi or 100m (a tenth)." },
	{ "units.parse_bytes", "x: string -> number", parse_bytes,
	    "The number of bytes in `x`, such as 10KB or 1.5GiB." },
	{ 0 },
};
