/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortest decimal of a real: Steele and White's free-format printing.
 *
 * Of the value, what is still to print is a fraction; `gap` is half the distance
 * to the real's neighbours.  Once less than the gap is left, or missing to the
 * next digit, the digits so far read back the same.  The neighbour below a power
 * of two is only half as far.
 */
#include "base/buf.h"
#include "base/must.h"
#include "value/number_internal.h"

/* ---- near 1: the fraction fits 124 bits ---- */

typedef unsigned __int128 wide_t;

enum { FRACTION_BITS = 124, LEAST_EXPONENT = 2 - FRACTION_BITS };

static size_t
print_whole(uint64_t whole, char *digits)
{
	char reversed[20];
	size_t count = 0;

	for (; whole != 0; whole /= 10)
		reversed[count++] = (char)('0' + whole % 10);
	for (size_t i = 0; i < count; i++)
		digits[i] = reversed[count - 1 - i];
	return count;
}

/* No shorter than its whole part: the gap is smaller than the fraction, which is not 0. */
static size_t
print_near(struct number_real r, unsigned bits, char *digits, int *ret_point)
{
	const wide_t one = (wide_t)1 << FRACTION_BITS;
	uint64_t whole = r.exponent > -64 ? r.mantissa >> -r.exponent : 0;
	wide_t fraction = ((wide_t)r.mantissa << (FRACTION_BITS + r.exponent)) & (one - 1);
	wide_t gap = (wide_t)1 << (FRACTION_BITS + r.exponent - 1 + 64 - (int)bits);
	bool narrow_below = r.mantissa == (uint64_t)1 << 63;
	bool even = (r.mantissa >> (64 - bits) & 1) == 0;
	size_t count = print_whole(whole, digits);
	int point = (int)count;

	for (;;) {
		unsigned digit;
		wide_t below;
		bool low, high;

		fraction *= 10;
		gap *= 10;
		digit = (unsigned)(fraction >> FRACTION_BITS);
		fraction &= one - 1;
		if (count == 0 && digit == 0) {
			point--;
			continue;
		}
		must(count < NUMBER_REAL_DIGITS);
		digits[count++] = (char)('0' + digit);
		below = narrow_below ? gap / 2 : gap;
		low = fraction < below || (fraction == below && even);
		high = fraction + gap > one || (fraction + gap == one && even);
		if (!low && !high)
			continue;
		if (low && high)
			high = fraction > one / 2 || (fraction == one / 2 && digit % 2 == 1);
		digits[count - 1] = (char)(digits[count - 1] + high);
		*ret_point = point;
		return count;
	}
}

/* ---- anywhere: value/unit is what is to print, in exact integers ---- */

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
	must(n->count + power / 27 + 1 < WIDEST);
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

static size_t
print_anywhere(struct number_real r, unsigned bits, char *digits, int *ret_point)
{
	struct printing p;
	int point = begin_printing(&p, r, bits);
	size_t count = 0;
	bool done = false, up = false;

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
	digits[count - 1] = (char)(digits[count - 1] + up);
	*ret_point = point;
	return count;
}

size_t
number_real_digits(struct number_real r, unsigned bits, char digits[NUMBER_REAL_DIGITS],
    int *ret_point)
{
	size_t count;

	must(r.mantissa != 0);
	count = r.exponent >= LEAST_EXPONENT && !number_real_is_integer(r)
	    ? print_near(r, bits, digits, ret_point) : print_anywhere(r, bits, digits, ret_point);
	if (digits[count - 1] > '9') { /* only the first digit can: 9.99… becomes 10 */
		digits[count - 1] = '1';
		++*ret_point;
	}
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
