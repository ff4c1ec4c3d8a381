/* SPDX-License-Identifier: Apache-2.0 */
#include "value/number_internal.h"

typedef unsigned __int128 wide_t;

static const uint64_t HALF = (uint64_t)1 << 63;

/* Rounds to nearest, ties to even: `below` are the 64 bits under the mantissa. */
static struct number_real
round_real(uint64_t mantissa, uint64_t below, bool sticky, int32_t exponent)
{
	if (below > HALF || (below == HALF && (sticky || (mantissa & 1) != 0))) {
		if (++mantissa == 0) {
			mantissa = HALF;
			exponent++;
		}
	}
	return (struct number_real){ .mantissa = mantissa, .exponent = exponent };
}

static struct number_real
real_of_wide(wide_t v, int32_t exponent, bool sticky)
{
	uint64_t high = (uint64_t)(v >> 64);
	int shift;

	if (v == 0)
		return (struct number_real){ 0 };
	shift = high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)v);
	v <<= shift;
	return round_real((uint64_t)(v >> 64), (uint64_t)v, sticky, exponent + 64 - shift);
}

struct number_real
number_real_of_int(int64_t i)
{
	uint64_t magnitude = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	struct number_real r = real_of_wide(magnitude, 0, false);

	r.negative = i < 0;
	return r;
}

struct number_real
number_real_of_limbs(const mp_limb_t *limbs, size_t count, int64_t exponent, bool sticky)
{
	wide_t top;
	mp_limb_t third;
	int shift;

	while (count > 0 && limbs[count - 1] == 0)
		count--;
	if (count == 0)
		return (struct number_real){ 0 };
	exponent += 64 * ((int64_t)count - 2);
	top = (wide_t)limbs[count - 1] << 64 | (count > 1 ? limbs[count - 2] : 0);
	third = count > 2 ? limbs[count - 3] : 0;
	shift = __builtin_clzll(limbs[count - 1]);
	if (shift > 0) {
		top = top << shift | third >> (64 - shift);
		third <<= shift;
	}
	sticky = sticky || third != 0;
	for (size_t i = 3; !sticky && i < count; i++)
		sticky = limbs[count - 1 - i] != 0;
	return round_real((uint64_t)(top >> 64), (uint64_t)top, sticky,
	    (int32_t)(exponent - shift + 64));
}

struct number_real
number_real_add(struct number_real a, struct number_real b)
{
	struct number_real sum;
	wide_t x, y;
	bool sticky = false;
	int64_t shift;

	if (a.mantissa == 0 && b.mantissa == 0)
		return (struct number_real){ .negative = a.negative && b.negative };
	if (a.mantissa == 0)
		return b;
	if (b.mantissa == 0)
		return a;
	if (a.exponent < b.exponent || (a.exponent == b.exponent && a.mantissa < b.mantissa)) {
		sum = a;
		a = b;
		b = sum;
	}
	shift = (int64_t)a.exponent - b.exponent;
	x = (wide_t)a.mantissa << 63;
	y = (wide_t)b.mantissa << 63;
	if (shift >= 127) {
		sticky = true;
		y = 0;
	} else {
		sticky = (y & (((wide_t)1 << shift) - 1)) != 0;
		y >>= shift;
	}
	x = a.negative == b.negative ? x + y : x - y - sticky;
	sum = real_of_wide(x, a.exponent - 63, sticky);
	sum.negative = sum.mantissa != 0 && a.negative;
	return sum;
}

struct number_real
number_real_mul(struct number_real a, struct number_real b)
{
	struct number_real product =
	    real_of_wide((wide_t)a.mantissa * b.mantissa, a.exponent + b.exponent, false);

	product.negative = a.negative != b.negative;
	return product;
}

struct number_real
number_real_mul53(struct number_real a, struct number_real b)
{
	const uint64_t unit = (uint64_t)1 << 11, half = unit / 2;
	wide_t v = (wide_t)a.mantissa * b.mantissa;
	struct number_real product = { .exponent = a.exponent + b.exponent + 64,
		.negative = a.negative != b.negative };
	uint64_t below;

	if (v == 0)
		return (struct number_real){ .negative = product.negative };
	if (v >> 127 == 0) {
		v <<= 1;
		product.exponent--;
	}
	product.mantissa = (uint64_t)(v >> 64) & ~(unit - 1);
	below = (uint64_t)(v >> 64) & (unit - 1);
	if (below > half || (below == half && ((uint64_t)v != 0 || (product.mantissa & unit) != 0))) {
		product.mantissa += unit;
		if (product.mantissa == 0) {
			product.mantissa = HALF;
			product.exponent++;
		}
	}
	return product;
}

struct number_real
number_real_div(struct number_real a, struct number_real b)
{
	bool carry = a.mantissa >= b.mantissa;
	wide_t rest = carry ? a.mantissa - b.mantissa : a.mantissa;
	wide_t quotient = (rest << 64) / b.mantissa;
	struct number_real ratio;
	bool sticky;

	rest = (rest << 64) % b.mantissa;
	quotient = quotient << 64 | (rest << 64) / b.mantissa;
	sticky = (rest << 64) % b.mantissa != 0;
	if (carry) {
		sticky = sticky || (quotient & 1) != 0;
		quotient = (wide_t)1 << 127 | quotient >> 1;
	}
	ratio = real_of_wide(quotient, a.exponent - b.exponent - 128 + carry, sticky);
	ratio.negative = a.negative != b.negative;
	return ratio;
}

int
number_real_compare(struct number_real a, struct number_real b)
{
	int order;

	if (a.mantissa == 0 || b.mantissa == 0) {
		if (a.mantissa == b.mantissa)
			return 0;
		return a.mantissa != 0 ? (a.negative ? -1 : 1) : (b.negative ? 1 : -1);
	}
	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	if (a.exponent != b.exponent)
		order = a.exponent < b.exponent ? -1 : 1;
	else
		order = a.mantissa < b.mantissa ? -1 : a.mantissa > b.mantissa;
	return a.negative ? -order : order;
}

bool
number_real_is_integer(struct number_real r)
{
	return r.mantissa == 0 || r.exponent >= 0 ||
	    (r.exponent > -64 && __builtin_ctzll(r.mantissa) >= -r.exponent);
}

size_t
number_real_truncate(struct number_real r, mp_limb_t *limbs)
{
	size_t words;
	mp_limb_t carry = 0;

	if (r.mantissa == 0 || r.exponent <= -64)
		return 0;
	if (r.exponent <= 0) {
		limbs[0] = r.mantissa >> -r.exponent;
		return 1;
	}
	words = (size_t)r.exponent / 64;
	mpn_zero(limbs, (mp_size_t)words);
	limbs[words] = r.mantissa;
	if (r.exponent % 64 != 0)
		carry = mpn_lshift(limbs + words, limbs + words, 1, (unsigned)r.exponent % 64);
	if (carry != 0)
		limbs[words + 1] = carry;
	return words + 1 + (carry != 0);
}
