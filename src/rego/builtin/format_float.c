/* SPDX-License-Identifier: Apache-2.0 */
/* The floating-point verbs of sprintf: e E f F g G, b and x X, with Go's spelling. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "rego/builtin/format_internal.h"

enum { MANTISSA_BITS = 52, EXPONENT_BIAS = 1023 };

/* The fewest digits behind the first that read back the same. */
static int
shortest_digits(double v)
{
	char text[40];

	for (int digits = 0; digits < 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*e", digits, v);
		if (strtod(text, NULL) == v)
			return digits;
	}
	return 17;
}

/* Without a precision, %g shows an exponent that is below -4 or above 5. */
static void
print_shortest(struct buf *b, double v, bool upper)
{
	int digits = shortest_digits(v), exponent;
	char text[40];

	(void)snprintf(text, sizeof(text), upper ? "%.*E" : "%.*e", digits, v);
	exponent = (int)strtol(strchr(text, upper ? 'E' : 'e') + 1, NULL, 10);
	if (exponent < -4 || exponent > 5)
		buf_add_text(b, text);
	else
		buf_printf(b, "%.*f", digits > exponent ? digits - exponent : 0, v);
}

static uint64_t
split_double(double v, int *ret_exponent)
{
	uint64_t bits, mantissa;

	memcpy(&bits, &v, sizeof(bits));
	mantissa = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
	*ret_exponent = (int)(bits >> MANTISSA_BITS & 0x7FF);
	if (*ret_exponent == 0)
		*ret_exponent = 1;
	else
		mantissa |= UINT64_C(1) << MANTISSA_BITS;
	*ret_exponent -= EXPONENT_BIAS;
	return mantissa;
}

/* 4503599627370496p-52 */
static void
print_binary(struct buf *b, double v)
{
	int exponent;
	uint64_t mantissa = split_double(v, &exponent);

	buf_printf(b, "%s%llup%+d", signbit(v) ? "-" : "", (unsigned long long)mantissa,
	    exponent - MANTISSA_BITS);
}

/* 0x1.8p+01: the first digit is 1, the exponent has two digits at least. */
static void
print_hexadecimal(struct buf *b, double v, int precision, bool upper)
{
	int exponent, digits = MANTISSA_BITS / 4;
	uint64_t mantissa = split_double(v, &exponent), half;

	if (mantissa == 0)
		exponent = 0;
	for (; mantissa != 0 && (mantissa >> MANTISSA_BITS) == 0; exponent--)
		mantissa <<= 1;
	if (precision >= 0 && precision < digits) {
		int cut = 4 * (digits - precision);

		half = UINT64_C(1) << (cut - 1);
		mantissa += half - 1 + (mantissa >> cut & 1); /* to even */
		mantissa &= ~((UINT64_C(1) << cut) - 1);
		if ((mantissa >> (MANTISSA_BITS + 1)) != 0) {
			mantissa >>= 1;
			exponent++;
		}
	}
	if (precision < 0) {
		for (precision = digits; precision > 0; precision--) {
			if ((mantissa >> (4 * (digits - precision)) & 0xF) != 0)
				break;
		}
	}
	buf_printf(b, "%s0%c%llu", signbit(v) ? "-" : "", upper ? 'X' : 'x',
	    (unsigned long long)(mantissa >> MANTISSA_BITS));
	for (int i = 0; i < precision; i++) {
		unsigned digit = i < digits ? mantissa >> (MANTISSA_BITS - 4 - 4 * i) & 0xF : 0;

		if (i == 0)
			buf_add_char(b, '.');
		buf_printf(b, upper ? "%X" : "%x", digit);
	}
	buf_printf(b, "%c%c%02d", upper ? 'P' : 'p', exponent < 0 ? '-' : '+', abs(exponent));
}

static void
print_number(struct buf *b, double v, uint32_t verb, int precision)
{
	switch (verb) {
	case 'b':
		print_binary(b, v);
		break;
	case 'x':
	case 'X':
		print_hexadecimal(b, v, precision, verb == 'X');
		break;
	case 'e':
		buf_printf(b, "%.*e", precision, v);
		break;
	case 'E':
		buf_printf(b, "%.*E", precision, v);
		break;
	case 'f':
	case 'F':
		buf_printf(b, "%.*f", precision, v);
		break;
	default:
		if (precision < 0)
			print_shortest(b, v, verb == 'G');
		else
			buf_printf(b, verb == 'G' ? "%.*G" : "%.*g", precision, v);
	}
}

/* #: a point always, and for %g the zeros up to the precision. */
static void
sharpen(struct buf *b, uint32_t verb, int precision)
{
	bool general = verb == 'g' || verb == 'G' || verb == 'x'; /* not 'X', by Go's oversight */
	int digits = !general ? 0 : precision < 0 ? 6 : precision;
	bool point = false, counting = false;
	size_t end = b->len > 0 && b->data[0] == '-';
	char tail[8];
	size_t tail_len;

	for (; end < b->len; end++) {
		char c = b->data[end];

		if (c == 'p' || c == 'P' || (verb != 'x' && verb != 'X' && (c == 'e' || c == 'E')))
			break;
		if (c == '.')
			point = true;
		counting = counting || (c != '0' && c != '.'); /* from the x of 0x, too */
		if (counting && c != '.')
			digits--;
	}
	tail_len = b->len - end;
	if (tail_len > sizeof(tail))
		return;
	memcpy(tail, b->data + end, tail_len);
	b->len = end;
	if (!point) {
		if (str_eq(buf_str(b), STR("0")) || str_eq(buf_str(b), STR("-0")))
			digits--;
		buf_add_char(b, '.');
	}
	for (; digits > 0 && !buf_failed(b); digits--)
		buf_add_char(b, '0');
	buf_add(b, tail, tail_len);
}

/* The number has its own sign; another one is added here. */
static void
print_signed(struct buf *b, const struct format_spec *spec, str_t number)
{
	struct format_spec rest = *spec;
	bool negative = number.len > 0 && number.data[0] == '-';
	char sign = negative ? '-' : spec->plus ? '+' : spec->space ? ' ' : '\0';
	struct buf text;

	if (negative)
		number = str_skip(number, 1);
	if (sign != '\0' && spec->zero && !spec->minus && spec->has_width) {
		buf_add_char(b, sign);
		rest.width = spec->width > 0 ? spec->width - 1 : 0;
		format_padded(b, &rest, number);
		return;
	}
	buf_init(&text, b->limit);
	if (sign != '\0')
		buf_add_char(&text, sign);
	buf_add_str(&text, number);
	format_padded(b, spec, buf_str(&text));
	b->failed = b->failed || buf_failed(&text);
	buf_fini(&text);
}

bool
format_float(struct buf *b, const struct format_spec *spec, double v, uint32_t verb)
{
	struct buf number;
	int precision = -1;

	if (verb == 'v')
		verb = 'g';
	if (verb > 'x' || strchr("beEfFgGxX", (int)verb) == NULL || verb == 0)
		return false;
	if (verb == 'e' || verb == 'E' || verb == 'f' || verb == 'F')
		precision = 6;
	if (spec->has_precision)
		precision = spec->precision;
	buf_init(&number, b->limit);
	print_number(&number, v, verb, precision);
	if (spec->sharp && verb != 'b')
		sharpen(&number, verb, precision);
	print_signed(b, spec, buf_str(&number));
	b->failed = b->failed || buf_failed(&number);
	buf_fini(&number);
	return true;
}
