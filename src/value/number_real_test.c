/* SPDX-License-Identifier: Apache-2.0 */
/* Reals against MPFR at the same precision, on numbers that are hard to round. */
#include <mpfr.h>
#include <stdio.h>

#include "tap.h"
#include "value/number_internal.h"

enum { PRECISION = 64, ROUNDS = 20000 };

static uint64_t random_state = 42;

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545F4914F6CDD1Du;
}

/* Often with long runs of equal bits, where carries and ties are. */
static struct number_real
random_real(int range)
{
	uint64_t m = next_random();

	switch (next_random() % 4) {
	case 0:
		m = (uint64_t)1 << 63 | m >> (next_random() % 64);
		break;
	case 1:
		m = ~(m >> (next_random() % 64));
		break;
	case 2:
		m = m << (next_random() % 64);
		break;
	}
	return (struct number_real){ m | (uint64_t)1 << 63,
		(int32_t)(next_random() % (unsigned)(2 * range)) - range, next_random() % 2 == 0 };
}

static void
to_mpfr(struct number_real r, mpfr_t f)
{
	mpfr_set_ui_2exp(f, r.mantissa, r.exponent, MPFR_RNDN);
	if (r.negative)
		mpfr_neg(f, f, MPFR_RNDN);
}

static bool
agrees(struct number_real r, mpfr_t f)
{
	mpfr_t mine;
	bool same;

	mpfr_init2(mine, PRECISION);
	to_mpfr(r, mine);
	same = mpfr_equal_p(mine, f) && (mpfr_signbit(mine) != 0) == (mpfr_signbit(f) != 0);
	mpfr_clear(mine);
	return same;
}

static void
test_operations(int range)
{
	mpfr_t x, y, z;
	int wrong[4] = { 0 };

	mpfr_inits2(PRECISION, x, y, z, (mpfr_ptr)NULL);
	for (int i = 0; i < ROUNDS; i++) {
		struct number_real a = random_real(range), b = random_real(range);
		int order;

		to_mpfr(a, x);
		to_mpfr(b, y);
		mpfr_add(z, x, y, MPFR_RNDN);
		wrong[0] += !agrees(number_real_add(a, b), z);
		mpfr_mul(z, x, y, MPFR_RNDN);
		wrong[1] += !agrees(number_real_mul(a, b), z);
		mpfr_div(z, x, y, MPFR_RNDN);
		wrong[2] += !agrees(number_real_div(a, b), z);
		order = mpfr_cmp(x, y);
		wrong[3] += number_real_compare(a, b) != (order < 0 ? -1 : order > 0);
	}
	ok(wrong[0] == 0, "sums, exponents within %d: %d wrong", range, wrong[0]);
	ok(wrong[1] == 0, "products, exponents within %d: %d wrong", range, wrong[1]);
	ok(wrong[2] == 0, "quotients, exponents within %d: %d wrong", range, wrong[2]);
	ok(wrong[3] == 0, "order, exponents within %d: %d wrong", range, wrong[3]);
	mpfr_clears(x, y, z, (mpfr_ptr)NULL);
}

/* Digits read back to the same real, and one digit less, rounded either way, does not. */
static bool
is_shortest(struct number_real r)
{
	char digits[NUMBER_REAL_DIGITS], text[64];
	int point;
	size_t count = number_real_digits(r, 64, digits, &point);
	mpfr_t f, shorter;
	bool good;

	mpfr_inits2(PRECISION, f, shorter, (mpfr_ptr)NULL);
	to_mpfr(r, f);
	(void)snprintf(text, sizeof(text), "%s0.%.*se%d", r.negative ? "-" : "", (int)count,
	    digits, point);
	mpfr_strtofr(shorter, text, NULL, 10, MPFR_RNDN);
	good = mpfr_equal_p(f, shorter);
	for (int up = 0; good && count > 1 && up < 2; up++) {
		mpfr_exp_t exponent;
		char *cut = mpfr_get_str(NULL, &exponent, 10, count - 1, f, up ? MPFR_RNDA : MPFR_RNDZ);

		(void)snprintf(text, sizeof(text), "%s0.%se%ld", r.negative ? "-" : "",
		    cut + (cut[0] == '-'), (long)exponent);
		mpfr_free_str(cut);
		mpfr_strtofr(shorter, text, NULL, 10, MPFR_RNDN);
		good = !mpfr_equal_p(f, shorter);
	}
	mpfr_clears(f, shorter, (mpfr_ptr)NULL);
	return good;
}

/* Random digits, and the exact middle between two reals, which needs all of them. */
static bool
reads_right(bool middle, int range)
{
	static char text[4096];
	struct number_decimal d;
	mpfr_t f;
	bool same;

	mpfr_init2(f, PRECISION + 1);
	if (middle) {
		struct number_real r = random_real(range);

		to_mpfr(r, f);
		mpfr_nextabove(f);
		mpfr_snprintf(text, sizeof(text), "%.*Re", 1200, f);
	} else {
		int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)next_random());

		while (len < 60 && next_random() % 3 != 0)
			len += snprintf(text + len, sizeof(text) - (size_t)len, "%llu",
			    (unsigned long long)(next_random() >> 30));
		(void)snprintf(text + len, sizeof(text) - (size_t)len, "e-%d",
		    (int)(next_random() % (unsigned)range));
	}
	if (!number_decimal_scan(str_of(text), &d) || d.exponent >= 0) {
		mpfr_clear(f);
		return true; /* an integer: not read as a real */
	}
	mpfr_set_prec(f, PRECISION);
	mpfr_strtofr(f, text, NULL, 10, MPFR_RNDN);
	same = agrees(number_decimal_to_real(&d), f);
	if (!same)
		tap_note("%s", text);
	mpfr_clear(f);
	return same;
}

int
main(void)
{
	static const int ranges[] = { 2, 70, 1000, 9000 };

	for (size_t i = 0; i < COUNT(ranges); i++) {
		int wrong_print = 0, wrong_read = 0, wrong_middle = 0;

		test_operations(ranges[i]);
		for (int n = 0; n < ROUNDS / 10; n++) {
			wrong_print += !is_shortest(random_real(ranges[i]));
			wrong_read += !reads_right(false, ranges[i]);
			wrong_middle += !reads_right(true, ranges[i] > 1000 ? 1000 : ranges[i]);
		}
		ok(wrong_print == 0, "shortest digits within 2^%d: %d wrong", ranges[i], wrong_print);
		ok(wrong_read == 0, "reading within 10^-%d: %d wrong", ranges[i], wrong_read);
		ok(wrong_middle == 0, "reading the middle within 2^%d: %d wrong", ranges[i], wrong_middle);
	}
	mpfr_free_cache();
	return tap_done();
}
