/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three things numbers are made of inside: a scanned decimal, a real (a
 * float with a 64-bit mantissa, Go's big.Float as OPA uses it) and limbs.
 *
 * A decimal's value decides its kind: integral in int64, integral beyond, or
 * not integral.  So equal numbers always have the same kind.
 */
#ifndef VALUE_NUMBER_INTERNAL_H
#define VALUE_NUMBER_INTERNAL_H

#include <assert.h>
#include <gmp.h>

#include "value/number.h"

static_assert(GMP_NUMB_BITS == 64, "limbs are 64 bits");

enum {
	NUMBER_LARGEST_DIGITS = 10000, /* of a number written down: 1e10000 is too large */
	NUMBER_LARGEST_BITS = 1 << 20, /* of an integer result */
	NUMBER_LARGEST_EXPONENT = 1 << 15, /* of a real, either way */
};

/* ---- reals ---- */

struct number_real {
	uint64_t mantissa; /* top bit set, or 0 for zero, which has a sign */
	int32_t exponent;
	bool negative;
};

struct number_real number_real_of_int(int64_t);
/* `sticky`: something not 0 was cut off below the limbs. */
struct number_real number_real_of_limbs(const mp_limb_t *, size_t count, int64_t exponent,
    bool sticky);
struct number_real number_real_add(struct number_real, struct number_real);
struct number_real number_real_mul(struct number_real, struct number_real);
struct number_real number_real_mul53(struct number_real, struct number_real); /* to 53 bits */
struct number_real number_real_div(struct number_real, struct number_real); /* not by zero */
int number_real_compare(struct number_real, struct number_real);
bool number_real_is_integer(struct number_real);
/* Its whole part, without the sign; room for exponent / 64 + 2 limbs.  Answers their count. */
size_t number_real_truncate(struct number_real, mp_limb_t *limbs);

/* ---- decimals ---- */

/* 123.45e6 is whole "123", fraction "45", exponent 4: of the last digit.  No zeros at the ends. */
struct number_decimal {
	str_t whole, fraction;
	int64_t exponent;
	bool negative;
};

enum { NUMBER_REAL_DIGITS = 24, NUMBER_REAL_TEXT = 48 };

bool number_decimal_scan(str_t text, struct number_decimal *ret); /* false: not a number */
struct number_real number_decimal_to_real(const struct number_decimal *); /* exponent below 0 */

/*
 * The shortest digits that read back the same with a mantissa of `bits` (53, 64);
 * the value is 0.DIGITS * 10^*ret_point.  Not for 0.
 */
size_t number_real_digits(struct number_real, unsigned bits, char digits[NUMBER_REAL_DIGITS],
    int *ret_point);
/* A real that is not integral, as Go's %g. */
str_t number_real_text(struct number_real, char text[NUMBER_REAL_TEXT]);

/* Multiplies by 5^power in place; `limbs` has room for count + power / 27 + 1. */
size_t number_limbs_mul_pow5(mp_limb_t *limbs, size_t count, uint32_t power);

/* ---- integers of any size ---- */

struct number_integer { /* a view */
	const mp_limb_t *limbs;
	size_t count; /* 0: zero */
	bool negative;
};

/* False: not an integer.  `one` is the storage of a small one. */
bool number_integer_view(value_t, mp_limb_t one[1], struct number_integer *ret);
/* Takes limbs of the arena; they may have zeros on top. */
value_t number_of_limbs(struct arena *, const mp_limb_t *, size_t count, bool negative);
/* Digits times a power of ten; exponent not below 0. */
value_t number_of_decimal(struct arena *, const struct number_decimal *);

struct number_real number_to_real(value_t);
value_t number_of_real(struct arena *, struct number_real);
value_t number_of_real53(struct arena *, struct number_real); /* as printed with 53 bits */

#endif
