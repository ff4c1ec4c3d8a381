/* SPDX-License-Identifier: Apache-2.0 */
/* Between decimals and reals: correctly rounded reading, shortest printing. */
#include "base/buf.h"
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

/* ---- real to decimal ---- */

/*
 * Steele and White's free-format printing, with exact integers: value/unit is
 * the fraction still to print, gap/unit half the distance to the neighbours.
 * The neighbour below a power of two is only half as far.
 */
enum { WIDEST = 2 * NUMBER_LARGEST_EXPONENT / 64 };

struct natural {
	mp_limb_t limbs[WIDEST];
	size_t count;
};

struct printing {
	struct natural value, unit, gap, sum;
	bool narrow_below, even;
};

static void
shift_left(struct natural *n, uint32_t bits)
{
	size_t words = bits / 64;
	mp_limb_t carry = 0;

	must(n->count + words + 1 < WIDEST);
	mpn_copyd(n->limbs + words, n->limbs, (mp_size_t)n->count);
	mpn_zero(n->limbs, (mp_size_t)words);
	n->count += words;
	if (bits % 64 != 0)
		carry = mpn_lshift(n->limbs, n->limbs, (mp_size_t)n->count, bits % 64);
	if (carry != 0)
		n->limbs[n->count++] = carry;
}

static void
times_pow5(struct natural *n, uint32_t power)
{
	must(n->count + power / POW5_IN_LIMB + 1 < WIDEST);
	n->count = number_limbs_mul_pow5(n->limbs, n->count, power);
}

static void
times_ten(struct natural *n)
{
	mp_limb_t carry;

	if (n->count == 0)
		return;
	carry = mpn_mul_1(n->limbs, n->limbs, (mp_size_t)n->count, 10);
	must(n->count < WIDEST);
	if (carry != 0)
		n->limbs[n->count++] = carry;
}

static int
compare(const struct natural *a, const struct natural *b)
{
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return a->count == 0 ? 0 : mpn_cmp(a->limbs, b->limbs, (mp_size_t)a->count);
}

static void
subtract(struct natural *a, const struct natural *b) /* a is not smaller */
{
	(void)mpn_sub(a->limbs, a->limbs, (mp_size_t)a->count, b->limbs, (mp_size_t)b->count);
	while (a->count > 0 && a->limbs[a->count - 1] == 0)
		a->count--;
}

/* value + gap, or twice the value, against the unit. */
static int
compare_sum(struct printing *p, const struct natural *addend, bool twice)
{
	const struct natural *big = &p->value, *small = addend;
	mp_limb_t carry;

	if (big->count < small->count) {
		big = addend;
		small = &p->value;
	}
	must(big->count < WIDEST);
	p->sum.count = big->count;
	if (p->sum.count == 0)
		return -1;
	mpn_copyi(p->sum.limbs, big->limbs, (mp_size_t)big->count);
	carry = 0;
	for (int times = 0; times < (twice ? 2 : 1) && small->count > 0; times++)
		carry += mpn_add(p->sum.limbs, p->sum.limbs, (mp_size_t)p->sum.count, small->limbs,
		    (mp_size_t)small->count);
	if (carry != 0)
		p->sum.limbs[p->sum.count++] = carry;
	return compare(&p->sum, &p->unit);
}

/* Sets value/unit to r / 10^k, for a k that may be one too small; answers k. */
static int
begin_printing(struct printing *p, struct number_real r, unsigned bits)
{
	int64_t top = (int64_t)r.exponent + 63; /* times log10(2), so rounded that k is never too big */
	int64_t power = top * (top < 0 ? 30103000 : 30102999), unit = 100000000;
	int k = (int)(power / unit - (power % unit < 0)) + 1;
	int shift;

	p->value.limbs[0] = r.mantissa;
	p->value.count = 1;
	shift_left(&p->value, 2);
	p->narrow_below = r.mantissa == (uint64_t)1 << 63;
	p->even = (r.mantissa >> (64 - bits) & 1) == 0;
	p->gap.limbs[0] = (mp_limb_t)(p->narrow_below ? 1 : 2) << (64 - bits);
	p->unit.limbs[0] = p->gap.count = p->unit.count = 1;
	if (k > 0) {
		times_pow5(&p->unit, (uint32_t)k);
	} else {
		times_pow5(&p->value, (uint32_t)-k);
		times_pow5(&p->gap, (uint32_t)-k);
	}
	shift = r.exponent - 2 - k;
	if (shift > 0) {
		shift_left(&p->value, (uint32_t)shift);
		shift_left(&p->gap, (uint32_t)shift);
	} else {
		shift_left(&p->unit, (uint32_t)-shift);
	}
	return k;
}

static unsigned
take_digit(struct printing *p)
{
	unsigned digit = 0;

	while (compare(&p->value, &p->unit) >= 0) {
		subtract(&p->value, &p->unit);
		digit++;
	}
	return digit;
}

/* Whether the last digit goes up by one; false in *ret_done: more digits are needed. */
static bool
round_last(struct printing *p, unsigned digit, bool *ret_done)
{
	int below = compare(&p->value, &p->gap);
	int above = compare_sum(p, &p->gap, p->narrow_below);
	bool low = below < 0 || (below == 0 && p->even);
	bool high = above > 0 || (above == 0 && p->even);
	int half;

	*ret_done = low || high;
	if (low != high)
		return high;
	half = compare_sum(p, &p->value, false);
	return half > 0 || (half == 0 && digit % 2 == 1);
}

size_t
number_real_digits(struct number_real r, unsigned bits, char digits[NUMBER_REAL_DIGITS],
    int *ret_point)
{
	struct printing p;
	int point = begin_printing(&p, r, bits);
	size_t count = 0;
	bool done = false, up = false;

	must(r.mantissa != 0);
	if (compare(&p.value, &p.unit) >= 0) {
		point++;
	} else {
		times_ten(&p.value);
		times_ten(&p.gap);
	}
	for (;;) {
		unsigned digit = take_digit(&p);

		must(digit < 10 && count < NUMBER_REAL_DIGITS);
		digits[count++] = (char)('0' + digit);
		up = round_last(&p, digit, &done);
		if (done)
			break;
		times_ten(&p.value);
		times_ten(&p.gap);
	}
	if (up && digits[count - 1] == '9') { /* only the first can: 9.99… becomes 10 */
		digits[count - 1] = '1';
		point++;
	} else if (up) {
		digits[count - 1]++;
	}
	*ret_point = point;
	return count;
}

str_t
number_real_text(struct number_real r, char text[NUMBER_REAL_TEXT])
{
	char digits[NUMBER_REAL_DIGITS];
	int point;
	size_t count = number_real_digits(r, 64, digits, &point);
	struct buf b = { .data = text, .capacity = NUMBER_REAL_TEXT, .limit = NUMBER_REAL_TEXT };

	if (r.negative)
		buf_add_char(&b, '-');
	if (point < -3 || point > 6) { /* the borders of Go's %g for the shortest form */
		int power = point - 1;

		buf_add_char(&b, digits[0]);
		if (count > 1)
			buf_add_char(&b, '.');
		buf_add(&b, digits + 1, count - 1);
		buf_add_char(&b, 'e');
		buf_add_char(&b, power < 0 ? '-' : '+');
		power = power < 0 ? -power : power;
		if (power < 10)
			buf_add_char(&b, '0');
		buf_add_int(&b, power);
	} else if (point <= 0) {
		buf_add_str(&b, STR("0."));
		for (; point < 0; point++)
			buf_add_char(&b, '0');
		buf_add(&b, digits, count);
	} else {
		must((size_t)point < count); /* else it were integral */
		buf_add(&b, digits, (size_t)point);
		buf_add_char(&b, '.');
		buf_add(&b, digits + point, count - (size_t)point);
	}
	return buf_str(&b);
}
