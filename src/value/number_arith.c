/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each operation takes the narrowest way that is exact: int64 with a check for
 * overflow, then limbs, then reals.
 */
#include "value/number_internal.h"

static mp_limb_t *
make_limbs(struct arena *arena, size_t count)
{
	return arena_alloc_raw(arena, count * sizeof(mp_limb_t), sizeof(mp_limb_t));
}

static bool
both_integers(value_t a, value_t b, mp_limb_t room[2], struct number_integer *x,
    struct number_integer *y)
{
	return number_integer_view(a, room, x) && number_integer_view(b, room + 1, y);
}

static bool
is_larger(const struct number_integer *a, const struct number_integer *b)
{
	if (a->count != b->count)
		return a->count > b->count;
	return a->count > 0 && mpn_cmp(a->limbs, b->limbs, (mp_size_t)a->count) > 0;
}

static value_t
add_integers(struct arena *arena, struct number_integer a, struct number_integer b)
{
	struct number_integer larger = is_larger(&b, &a) ? b : a;
	struct number_integer other = is_larger(&b, &a) ? a : b;
	mp_limb_t *sum = make_limbs(arena, larger.count + 1);

	if (sum == NULL)
		return VALUE_NONE;
	if (other.count == 0) {
		mpn_copyi(sum, larger.limbs, (mp_size_t)larger.count);
		sum[larger.count] = 0;
	} else if (larger.negative == other.negative) {
		sum[larger.count] = mpn_add(sum, larger.limbs, (mp_size_t)larger.count,
		    other.limbs, (mp_size_t)other.count);
	} else {
		sum[larger.count] = mpn_sub(sum, larger.limbs, (mp_size_t)larger.count,
		    other.limbs, (mp_size_t)other.count);
	}
	return number_of_limbs(arena, sum, larger.count + 1, larger.negative);
}

value_t
number_add(struct arena *arena, value_t a, value_t b)
{
	struct number_integer x, y;
	mp_limb_t room[2];
	int64_t sum;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT &&
	    !__builtin_add_overflow(a.integer, b.integer, &sum))
		return value_int(sum);
	if (both_integers(a, b, room, &x, &y))
		return add_integers(arena, x, y);
	return number_of_real(arena, number_real_add(number_to_real(a), number_to_real(b)));
}

value_t
number_sub(struct arena *arena, value_t a, value_t b)
{
	struct number_integer x, y;
	struct number_real right;
	mp_limb_t room[2];
	int64_t difference;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT &&
	    !__builtin_sub_overflow(a.integer, b.integer, &difference))
		return value_int(difference);
	if (both_integers(a, b, room, &x, &y)) {
		y.negative = !y.negative;
		return add_integers(arena, x, y);
	}
	right = number_to_real(b);
	right.negative = !right.negative;
	return number_of_real(arena, number_real_add(number_to_real(a), right));
}

static value_t
multiply_integers(struct arena *arena, struct number_integer a, struct number_integer b)
{
	bool negative = a.negative != b.negative;
	mp_limb_t *product;

	if (a.count == 0 || b.count == 0)
		return value_int(0);
	if (a.count + b.count > NUMBER_LARGEST_BITS / 64 + 1)
		return VALUE_NONE;
	product = make_limbs(arena, a.count + b.count);
	if (product == NULL)
		return VALUE_NONE;
	if (a.count >= b.count)
		mpn_mul(product, a.limbs, (mp_size_t)a.count, b.limbs, (mp_size_t)b.count);
	else
		mpn_mul(product, b.limbs, (mp_size_t)b.count, a.limbs, (mp_size_t)a.count);
	return number_of_limbs(arena, product, a.count + b.count, negative);
}

value_t
number_mul(struct arena *arena, value_t a, value_t b)
{
	struct number_integer x, y;
	mp_limb_t room[2];
	int64_t product;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT &&
	    !__builtin_mul_overflow(a.integer, b.integer, &product))
		return value_int(product);
	if (both_integers(a, b, room, &x, &y))
		return multiply_integers(arena, x, y);
	return number_of_real(arena, number_real_mul(number_to_real(a), number_to_real(b)));
}

value_t
number_div(struct arena *arena, value_t a, value_t b)
{
	struct number_real x, y;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT && a.integer != 0 && b.integer > 0 &&
	    a.integer % b.integer == 0)
		return value_int(a.integer / b.integer);
	x = number_to_real(a);
	y = number_to_real(b);
	if (y.mantissa == 0)
		return VALUE_NONE;
	if (x.mantissa == 0)
		return number_of_real(arena,
		    (struct number_real){ .negative = x.negative != y.negative });
	return number_of_real(arena, number_real_div(x, y));
}

value_t
number_rem(struct arena *arena, value_t a, value_t b)
{
	struct number_integer x, y;
	mp_limb_t room[2], *rest, *quotient;
	struct arena_mark mark;
	int64_t i, j;

	if (number_to_int64(a, &i) && number_to_int64(b, &j)) {
		if (j == 0)
			return VALUE_NONE;
		return value_int(j == -1 ? 0 : i % j); /* INT64_MIN % -1 traps */
	}
	if (!both_integers(a, b, room, &x, &y) || y.count == 0)
		return VALUE_NONE;
	if (x.count < y.count)
		return add_integers(arena, x, (struct number_integer){ .count = 0 });
	rest = make_limbs(arena, y.count);
	mark = arena_mark(arena);
	quotient = make_limbs(arena, x.count - y.count + 1);
	if (rest == NULL || quotient == NULL)
		return VALUE_NONE;
	mpn_tdiv_qr(quotient, rest, 0, x.limbs, (mp_size_t)x.count, y.limbs, (mp_size_t)y.count);
	arena_release(arena, mark);
	return number_of_limbs(arena, rest, y.count, x.negative);
}

/* ---- totals ---- */

static bool
all_integers(const value_t *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!number_is_integer(items[i]))
			return false;
	}
	return true;
}

value_t
number_sum(struct arena *arena, const value_t *items, size_t count)
{
	struct number_real sum = { .mantissa = 0 };
	value_t exact = value_int(0);

	if (all_integers(items, count)) {
		for (size_t i = 0; i < count && value_is_defined(exact); i++)
			exact = number_add(arena, exact, items[i]);
		return exact;
	}
	for (size_t i = 0; i < count; i++) {
		sum = number_real_add(sum, number_to_real(items[i]));
		if (sum.exponent > NUMBER_LARGEST_EXPONENT)
			return VALUE_NONE;
	}
	return number_of_real(arena, sum);
}

value_t
number_product(struct arena *arena, const value_t *items, size_t count)
{
	struct number_real product = number_real_of_int(1);
	value_t exact = value_int(1);

	if (all_integers(items, count)) {
		for (size_t i = 0; i < count && value_is_defined(exact); i++)
			exact = number_mul(arena, exact, items[i]);
		return exact;
	}
	for (size_t i = 0; i < count; i++) {
		product = number_real_mul53(product, number_to_real(items[i]));
		if (product.exponent > NUMBER_LARGEST_EXPONENT ||
		    product.exponent < -NUMBER_LARGEST_EXPONENT)
			return VALUE_NONE;
	}
	return number_of_real53(arena, product);
}

value_t
number_abs(struct arena *arena, value_t v)
{
	struct number_real r;

	if (v.tag == VALUE_INT && v.integer != INT64_MIN)
		return value_int(v.integer < 0 ? -v.integer : v.integer);
	r = number_to_real(v); /* also of a big integer, which loses digits: so does OPA */
	r.negative = false;
	return number_of_real(arena, r);
}

/* The whole part as an integer, and that plus `step`. */
static value_t
truncate(struct arena *arena, struct number_real r, int step)
{
	mp_limb_t *limbs = make_limbs(arena, r.exponent > 0 ? (size_t)r.exponent / 64 + 2 : 1);
	value_t whole;

	if (limbs == NULL)
		return VALUE_NONE;
	whole = number_of_limbs(arena, limbs, number_real_truncate(r, limbs), r.negative);
	if (step == 0 || !value_is_defined(whole))
		return whole;
	return number_add(arena, whole, value_int(step));
}

value_t
number_round(struct arena *arena, value_t v)
{
	struct number_real half = { .mantissa = (uint64_t)1 << 63, .exponent = -64 }, r;

	if (v.tag == VALUE_INT)
		return v;
	r = number_to_real(v);
	half.negative = r.negative;
	return truncate(arena, number_real_add(r, half), 0);
}

/*
 * OPA's ceil and floor ask for the sign of the whole part, which for -0.5 is
 * that of 0: so ceil(-0.5) is 1, and floor(-0.5) is 0.
 */
static bool
has_whole_part(struct number_real r)
{
	return r.mantissa != 0 && r.exponent > -64;
}

value_t
number_ceil(struct arena *arena, value_t v)
{
	struct number_real r;
	bool stays;

	if (v.tag == VALUE_INT)
		return v;
	r = number_to_real(v);
	stays = (r.negative && has_whole_part(r)) || number_real_is_integer(r);
	return truncate(arena, r, stays ? 0 : 1);
}

value_t
number_floor(struct arena *arena, value_t v)
{
	struct number_real r;
	bool stays;

	if (v.tag == VALUE_INT)
		return v;
	r = number_to_real(v);
	stays = !(r.negative && has_whole_part(r)) || number_real_is_integer(r);
	return truncate(arena, r, stays ? 0 : -1);
}

value_t
number_mul_whole(struct arena *arena, value_t a, value_t b)
{
	return truncate(arena, number_real_mul(number_to_real(a), number_to_real(b)), 0);
}
