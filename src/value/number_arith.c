/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic: int64 first, then GMP for integers, MPFR at 64 bits for the rest. */
#include <stdio.h>

#include "value/number_internal.h"

/* ---- between the worlds ---- */

void
number_float_init(struct number_float *x)
{
	mpfr_custom_init(x->limb, NUMBER_PRECISION);
	mpfr_custom_init_set(x->f, MPFR_ZERO_KIND, 0, NUMBER_PRECISION, x->limb);
}

bool
number_view_integer(value_t v, struct number_view *view)
{
	int64_t i;

	if (number_to_int64(v, &i)) {
		view->limb = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
		(void)mpz_roinit_n(view->z, &view->limb, i == 0 ? 0 : i < 0 ? -1 : 1);
		return true;
	}
	if (v.tag != VALUE_NUMBER || v.number->kind != NUMBER_BIG)
		return false;
	(void)mpz_roinit_n(view->z, (const mp_limb_t *)v.number->limbs,
	    v.number->negative ? -(mp_size_t)v.number->limb_count : (mp_size_t)v.number->limb_count);
	return true;
}

void
number_to_float(value_t v, struct number_float *x)
{
	struct number_view view;

	number_float_init(x);
	if (number_view_integer(v, &view)) {
		(void)mpfr_set_z(x->f, view.z, MPFR_RNDN);
		return;
	}
	if (v.number->mantissa == 0)
		return;
	x->limb[0] = v.number->mantissa;
	mpfr_custom_init_set(x->f, v.number->negative ? -MPFR_REGULAR_KIND : MPFR_REGULAR_KIND,
	    v.number->exponent + NUMBER_PRECISION, NUMBER_PRECISION, x->limb);
}

value_t
number_from_mpz(struct arena *arena, const mpz_t z)
{
	size_t count = mpz_size(z);
	struct value_number *n;
	uint64_t *limbs;

	if (mpz_fits_slong_p(z))
		return value_int(mpz_get_si(z));
	if (count > NUMBER_LARGEST_LIMBS) {
		arena_fail(arena);
		return VALUE_NONE;
	}
	n = ARENA_NEW(arena, struct value_number);
	limbs = arena_alloc_raw(arena, count * sizeof(*limbs), 8);
	if (n == NULL || limbs == NULL)
		return VALUE_NONE;
	memcpy(limbs, mpz_limbs_read(z), count * sizeof(*limbs));
	*n = (struct value_number){ .kind = NUMBER_BIG, .negative = mpz_sgn(z) < 0,
		.limb_count = (uint32_t)count, .limbs = limbs };
	return (value_t){ .tag = VALUE_NUMBER, .number = n };
}

void
number_shortest(const struct number_float *x, char digits[NUMBER_DIGITS], int64_t *ret_exp)
{
	enum { FIRST_TRY = 15, ENOUGH = 21 }; /* any 64-bit mantissa reads back from 21 digits */
	struct number_float back;
	char text[NUMBER_DIGITS + 32], raw[NUMBER_DIGITS + 2];
	mpfr_exp_t exp = 0;
	size_t len;

	for (size_t count = FIRST_TRY; count <= ENOUGH; count++) {
		(void)mpfr_get_str(raw, &exp, 10, count, x->f, MPFR_RNDN);
		const char *from = raw[0] == '-' ? raw + 1 : raw;

		memcpy(digits, from, strlen(from) + 1);
		(void)snprintf(text, sizeof(text), "%s0.%se%ld", raw[0] == '-' ? "-" : "", digits, (long)exp);
		number_float_init(&back);
		(void)mpfr_strtofr(back.f, text, NULL, 10, MPFR_RNDN);
		if (mpfr_equal_p(back.f, x->f))
			break;
	}
	len = strlen(digits);
	while (len > 1 && digits[len - 1] == '0')
		digits[--len] = '\0';
	*ret_exp = exp;
}

value_t
number_from_float(struct arena *arena, const struct number_float *x)
{
	struct value_number *n;
	char digits[NUMBER_DIGITS];
	int64_t exp;
	value_t v;
	struct buf text;

	if (mpfr_zero_p(x->f))
		return value_int(0);
	if (!mpfr_regular_p(x->f))
		return VALUE_NONE;
	if (mpfr_integer_p(x->f)) {
		number_shortest(x, digits, &exp);
		if (exp > NUMBER_LARGEST_LIMBS * 19L) {
			arena_fail(arena);
			return VALUE_NONE;
		}
		buf_init(&text, (size_t)exp + 64);
		if (mpfr_signbit(x->f))
			buf_add_char(&text, '-');
		buf_add_text(&text, digits);
		for (int64_t i = (int64_t)strlen(digits); i < exp; i++)
			buf_add_char(&text, '0');
		v = number_parse(arena, buf_str(&text));
		buf_fini(&text);
		return v;
	}
	n = ARENA_NEW(arena, struct value_number);
	if (n == NULL)
		return VALUE_NONE;
	*n = (struct value_number){ .kind = NUMBER_FLOAT, .negative = mpfr_signbit(x->f) != 0,
		.mantissa = x->limb[0], .exponent = (int32_t)(mpfr_get_exp(x->f) - NUMBER_PRECISION) };
	return (value_t){ .tag = VALUE_NUMBER, .number = n };
}

/* ---- the four operations ---- */

typedef void integer_fn(mpz_ptr, mpz_srcptr, mpz_srcptr);
typedef int float_fn(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t);

static value_t
compute(struct arena *arena, value_t a, value_t b, integer_fn *on_integers, float_fn *on_floats)
{
	struct number_view x, y;

	if (number_view_integer(a, &x) && number_view_integer(b, &y)) {
		mpz_t z;
		value_t v;

		if (mpz_size(x.z) + mpz_size(y.z) > 2 * NUMBER_LARGEST_LIMBS) {
			arena_fail(arena);
			return VALUE_NONE;
		}
		mpz_init(z);
		on_integers(z, x.z, y.z);
		v = number_from_mpz(arena, z);
		mpz_clear(z);
		return v;
	}
	struct number_float left, right, result;

	number_to_float(a, &left);
	number_to_float(b, &right);
	number_float_init(&result);
	(void)on_floats(result.f, left.f, right.f, MPFR_RNDN);
	return number_from_float(arena, &result);
}

value_t
number_add(struct arena *arena, value_t a, value_t b)
{
	int64_t sum;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT &&
	    !__builtin_add_overflow(a.integer, b.integer, &sum))
		return value_int(sum);
	return compute(arena, a, b, mpz_add, mpfr_add);
}

value_t
number_sub(struct arena *arena, value_t a, value_t b)
{
	int64_t difference;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT &&
	    !__builtin_sub_overflow(a.integer, b.integer, &difference))
		return value_int(difference);
	return compute(arena, a, b, mpz_sub, mpfr_sub);
}

value_t
number_mul(struct arena *arena, value_t a, value_t b)
{
	int64_t product;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT &&
	    !__builtin_mul_overflow(a.integer, b.integer, &product))
		return value_int(product);
	return compute(arena, a, b, mpz_mul, mpfr_mul);
}

value_t
number_div(struct arena *arena, value_t a, value_t b)
{
	struct number_float x, y, result;
	int64_t left, right;

	if (number_to_int64(a, &left) && number_to_int64(b, &right)) {
		if (right == 0)
			return VALUE_NONE;
		if (!(left == INT64_MIN && right == -1) && left % right == 0)
			return value_int(left / right);
	}
	number_to_float(a, &x);
	number_to_float(b, &y);
	if (mpfr_zero_p(y.f))
		return VALUE_NONE;
	number_float_init(&result);
	(void)mpfr_div(result.f, x.f, y.f, MPFR_RNDN);
	return number_from_float(arena, &result);
}

value_t
number_rem(struct arena *arena, value_t a, value_t b)
{
	struct number_view x, y;
	int64_t left, right;
	mpz_t z;
	value_t v;

	if (number_to_int64(a, &left) && number_to_int64(b, &right))
		return right == 0 ? VALUE_NONE : value_int(right == -1 ? 0 : left % right);
	if (!number_view_integer(a, &x) || !number_view_integer(b, &y) || mpz_sgn(y.z) == 0)
		return VALUE_NONE;
	mpz_init(z);
	mpz_tdiv_r(z, x.z, y.z); /* towards zero, as Go's Rem */
	v = number_from_mpz(arena, z);
	mpz_clear(z);
	return v;
}

value_t
number_abs(struct arena *arena, value_t v)
{
	struct number_float x;

	if (number_compare(v, value_int(0)) >= 0)
		return v;
	if (number_is_integer(v))
		return number_sub(arena, value_int(0), v);
	number_to_float(v, &x);
	(void)mpfr_abs(x.f, x.f, MPFR_RNDN);
	return number_from_float(arena, &x);
}

/* ---- to integers ---- */

value_t
number_round(struct arena *arena, value_t v)
{
	struct number_float x;

	if (number_is_integer(v))
		return number_add(arena, v, value_int(0));
	number_to_float(v, &x);
	(void)mpfr_round(x.f, x.f);
	return number_from_float(arena, &x);
}

/* Towards zero first; then a step unless the truncation has the sign (zero has none) or is exact. */
value_t
number_ceil(struct arena *arena, value_t v)
{
	struct number_float x;
	value_t whole;

	if (number_is_integer(v))
		return number_add(arena, v, value_int(0));
	number_to_float(v, &x);
	(void)mpfr_trunc(x.f, x.f);
	whole = number_from_float(arena, &x);
	if (!value_is_defined(whole) || number_compare(whole, value_int(0)) < 0)
		return whole;
	return number_add(arena, whole, value_int(1));
}

value_t
number_floor(struct arena *arena, value_t v)
{
	struct number_float x;
	value_t whole;

	if (number_is_integer(v))
		return number_add(arena, v, value_int(0));
	number_to_float(v, &x);
	(void)mpfr_trunc(x.f, x.f);
	whole = number_from_float(arena, &x);
	if (!value_is_defined(whole) || number_compare(whole, value_int(0)) >= 0)
		return whole;
	return number_sub(arena, whole, value_int(1));
}
