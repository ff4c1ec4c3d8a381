/* SPDX-License-Identifier: Apache-2.0 */
/* number_internal: between the number files.  GMP and MPFR are seen only by them. */
#ifndef VALUE_NUMBER_INTERNAL_H
#define VALUE_NUMBER_INTERNAL_H

#include <gmp.h>
#include <mpfr.h>

#include "value/number.h"

enum { NUMBER_PRECISION = 64, NUMBER_LARGEST_LIMBS = 1 << 14 };

/* A float on the stack: MPFR's custom interface needs no heap. */
struct number_float {
	mp_limb_t limb[1];
	mpfr_t f;
};

void number_float_init(struct number_float *); /* zero */
void number_to_float(value_t, struct number_float *);
/* Integral values become integers through their decimal text, as OPA re-reads its results. */
value_t number_from_float(struct arena *, const struct number_float *);

/* Borrows: `store` backs an int64. */
struct number_view {
	mp_limb_t limb;
	mpz_t z;
};
bool number_view_integer(value_t, struct number_view *); /* false: not integral */
value_t number_from_mpz(struct arena *, const mpz_t);

/* Shortest decimal digits that read back the same; value is 0.DIGITS * 10^exp. */
enum { NUMBER_DIGITS = 24 };
void number_shortest(const struct number_float *, char digits[NUMBER_DIGITS], int64_t *ret_exp);

#endif
