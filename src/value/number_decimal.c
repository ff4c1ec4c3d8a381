/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals as written, and the real next to one. */
#include "base/must.h"
#include "value/number_internal.h"

enum {
	POW5_IN_LIMB = 27, /* 5^27 is the largest power of five in 64 bits */
	DIGITS_IN_LIMB = 19,
	EXPONENT_CAP = 1000000000,
	/*
	 * Digits that are looked at, in two steps: NEAR is nearly always enough; FAR
	 * decides the rest, with one more digit that says whether anything followed.
	 */
	NEAR_DIGITS = 3 * DIGITS_IN_LIMB,
	FAR_DIGITS = 2000,
};

static uint64_t
pow5(uint32_t power) /* at most POW5_IN_LIMB */
{
	uint64_t p = 1;

	while (power-- > 0)
		p *= 5;
	return p;
}

size_t
number_limbs_mul_pow5(mp_limb_t *limbs, size_t count, uint32_t power)
{
	while (power > 0 && count > 0) {
		uint32_t step = power < POW5_IN_LIMB ? power : POW5_IN_LIMB;
		mp_limb_t carry = mpn_mul_1(limbs, limbs, (mp_size_t)count, pow5(step));

		if (carry != 0)
			limbs[count++] = carry;
		power -= step;
	}
	return count;
}

/* ---- scanning: the grammar of rfc8259 6 ---- */

static str_t
take_digits(str_t *text)
{
	str_t digits = { text->data, 0 };

	while (digits.len < text->len && digits.data[digits.len] >= '0' &&
	    digits.data[digits.len] <= '9')
		digits.len++;
	*text = str_skip(*text, digits.len);
	return digits;
}

static bool
take_char(str_t *text, char c)
{
	if (text->len == 0 || text->data[0] != c)
		return false;
	*text = str_skip(*text, 1);
	return true;
}

static bool
take_exponent(str_t *text, int64_t *ret_exponent)
{
	bool negative;
	int64_t exponent = 0;
	str_t digits;

	if (!take_char(text, 'e') && !take_char(text, 'E'))
		return true;
	negative = take_char(text, '-');
	if (!negative)
		(void)take_char(text, '+');
	digits = take_digits(text);
	for (size_t i = 0; i < digits.len && exponent < EXPONENT_CAP; i++)
		exponent = exponent * 10 + (digits.data[i] - '0');
	*ret_exponent = negative ? -exponent : exponent;
	return digits.len > 0;
}

static void
trim_zeros(struct number_decimal *d)
{
	while (d->whole.len > 0 && d->whole.data[0] == '0')
		d->whole = str_skip(d->whole, 1);
	while (d->whole.len == 0 && d->fraction.len > 0 && d->fraction.data[0] == '0') {
		d->fraction = str_skip(d->fraction, 1);
		d->exponent--;
	}
	while (d->fraction.len > 0 && d->fraction.data[d->fraction.len - 1] == '0')
		d->fraction.len--;
	d->exponent -= (int64_t)d->fraction.len;
	while (d->fraction.len == 0 && d->whole.len > 0 && d->whole.data[d->whole.len - 1] == '0') {
		d->whole.len--;
		d->exponent++;
	}
}

bool
number_decimal_scan(str_t text, struct number_decimal *ret)
{
	struct number_decimal d = { .exponent = 0 };

	d.negative = take_char(&text, '-');
	d.whole = take_digits(&text);
	if (d.whole.len == 0 || (d.whole.len > 1 && d.whole.data[0] == '0'))
		return false;
	d.fraction = str_make(text.data, 0);
	if (take_char(&text, '.')) {
		d.fraction = take_digits(&text);
		if (d.fraction.len == 0)
			return false;
	}
	if (!take_exponent(&text, &d.exponent) || text.len > 0)
		return false;
	trim_zeros(&d);
	*ret = d;
	return true;
}

static unsigned
digit_at(const struct number_decimal *d, size_t i)
{
	char c = i < d->whole.len ? d->whole.data[i] : d->fraction.data[i - d->whole.len];

	return (unsigned)(c - '0');
}

/* The first `digits` as limbs, of which there is room for digits / 19 + 1. */
static size_t
limbs_of_digits(const struct number_decimal *d, size_t digits, mp_limb_t *limbs)
{
	size_t count = 0;

	for (size_t i = 0; i < digits;) {
		mp_limb_t chunk = 0, scale = 1, carry;

		for (int n = 0; n < DIGITS_IN_LIMB && i < digits; n++, i++, scale *= 10)
			chunk = chunk * 10 + digit_at(d, i);
		carry = count > 0 ? mpn_mul_1(limbs, limbs, (mp_size_t)count, scale) : 0;
		if (count > 0)
			carry += mpn_add_1(limbs, limbs, (mp_size_t)count, chunk);
		else
			carry = chunk;
		if (carry != 0)
			limbs[count++] = carry;
	}
	return count;
}

/* ---- decimal to real ---- */

enum { P = 4 }; /* limbs of an approximate power */

/* 5^power by squaring, cut to 256 bits; error below 2^-230 of it.  Answers the binary exponent. */
static int64_t
approximate_pow5(uint32_t power, mp_limb_t limbs[P])
{
	mp_limb_t product[2 * P];
	int64_t exponent = -255;

	must(power < (uint32_t)1 << 16);
	mpn_zero(limbs, P - 1);
	limbs[P - 1] = (mp_limb_t)1 << 63;
	for (uint32_t bit = (uint32_t)1 << 15; bit != 0; bit >>= 1) {
		unsigned shift;

		mpn_sqr(product, limbs, P);
		exponent = 2 * exponent + 64 * P;
		if (product[2 * P - 1] >> 63 == 0) {
			mpn_lshift(product, product, 2 * P, 1);
			exponent--;
		}
		mpn_copyi(limbs, product + P, P);
		if ((power & bit) == 0)
			continue;
		product[P] = mpn_mul_1(product, limbs, P, 5);
		shift = 64 - (unsigned)__builtin_clzll(product[P]);
		mpn_rshift(product, product, P + 1, shift);
		exponent += shift;
		mpn_copyi(limbs, product, P);
	}
	return exponent;
}

/* The 64 bits under the mantissa are so near to one half that an error could tip them. */
static bool
is_near_half(const mp_limb_t *limbs, size_t count)
{
	int shift = __builtin_clzll(limbs[count - 1]);
	mp_limb_t below = limbs[count - 2] << shift;

	if (shift > 0)
		below |= limbs[count - 3] >> (64 - shift);
	return below == (mp_limb_t)1 << 63 || below == ((mp_limb_t)1 << 63) - 1;
}

/* False: too near to the middle between two reals to tell from the first digits. */
static bool
read_near(const struct number_decimal *d, size_t digits, struct number_real *ret)
{
	size_t used = digits < NEAR_DIGITS ? digits : NEAR_DIGITS;
	int64_t scale = d->exponent + (int64_t)(digits - used), exponent;
	mp_limb_t head[P], power[P], numerator[2 * P] = { 0 }, result[2 * P], rest[P];
	size_t count = limbs_of_digits(d, used, head), result_count;

	exponent = approximate_pow5((uint32_t)(scale < 0 ? -scale : scale), power);
	if (scale < 0) {
		mpn_copyi(numerator + 2 * P - count, head, (mp_size_t)count);
		mpn_tdiv_qr(result, rest, 0, numerator, 2 * P, power, P);
		exponent = scale - exponent - 64 * (2 * P - (int64_t)count);
		result_count = P + 1;
	} else {
		mpn_mul(result, power, P, head, (mp_size_t)count);
		exponent += scale;
		result_count = P + count;
	}
	while (result[result_count - 1] == 0)
		result_count--;
	*ret = number_real_of_limbs(result, result_count, exponent, true);
	return !is_near_half(result, result_count);
}

enum { FAR_LIMBS = 456 }; /* 5^12000, and a quotient of three limbs above it */

/* By exact division. */
static struct number_real
read_far(const struct number_decimal *d, size_t digits)
{
	size_t used = digits < FAR_DIGITS ? digits : FAR_DIGITS;
	int64_t scale = d->exponent + (int64_t)(digits - used);
	mp_limb_t numerator[FAR_LIMBS], divisor[FAR_LIMBS], quotient[FAR_LIMBS], rest[FAR_LIMBS];
	size_t count = limbs_of_digits(d, used, numerator), divisor_count, shift = 0;

	if (scale >= 0) {
		count = number_limbs_mul_pow5(numerator, count, (uint32_t)scale);
		return number_real_of_limbs(numerator, count, scale, used < digits);
	}
	divisor[0] = 1;
	divisor_count = number_limbs_mul_pow5(divisor, 1, (uint32_t)-scale);
	if (count < divisor_count + 3) {
		shift = divisor_count + 3 - count;
		mpn_copyd(numerator + shift, numerator, (mp_size_t)count);
		mpn_zero(numerator, (mp_size_t)shift);
		count += shift;
	}
	mpn_tdiv_qr(quotient, rest, 0, numerator, (mp_size_t)count, divisor,
	    (mp_size_t)divisor_count);
	return number_real_of_limbs(quotient, count - divisor_count + 1,
	    scale - 64 * (int64_t)shift,
	    used < digits || !mpn_zero_p(rest, (mp_size_t)divisor_count));
}

/* Up to 19 digits and 10^27, which are exact reals: one correctly rounded division. */
static struct number_real
read_short(const struct number_decimal *d, size_t digits)
{
	mp_limb_t limb[2] = { 0 };
	uint64_t divisor = pow5((uint32_t)-d->exponent);
	size_t count = limbs_of_digits(d, digits, limb);

	return number_real_div(number_real_of_limbs(limb, count, 0, false),
	    number_real_of_limbs(&divisor, 1, -d->exponent, false));
}

struct number_real
number_decimal_to_real(const struct number_decimal *d)
{
	size_t digits = d->whole.len + d->fraction.len;
	struct number_real r;

	if (digits <= DIGITS_IN_LIMB && d->exponent >= -POW5_IN_LIMB)
		r = read_short(d, digits);
	else if (!read_near(d, digits, &r))
		r = read_far(d, digits);
	r.negative = d->negative;
	return r;
}
