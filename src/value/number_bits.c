/* SPDX-License-Identifier: Apache-2.0 */
/* Bits of integers of any size in two's complement, and integers in other bases. */
#include <stdlib.h>

#include "value/number_internal.h"

typedef void bits_fn(mpz_ptr, mpz_srcptr, mpz_srcptr);

static value_t
combine(struct arena *arena, value_t a, value_t b, bits_fn *fn)
{
	struct number_view x, y;
	mpz_t z;
	value_t v;

	if (!number_view_integer(a, &x) || !number_view_integer(b, &y))
		return VALUE_NONE;
	mpz_init(z);
	fn(z, x.z, y.z);
	v = number_from_mpz(arena, z);
	mpz_clear(z);
	return v;
}

value_t
number_bits_and(struct arena *arena, value_t a, value_t b)
{
	return combine(arena, a, b, mpz_and);
}

value_t
number_bits_or(struct arena *arena, value_t a, value_t b)
{
	return combine(arena, a, b, mpz_ior);
}

value_t
number_bits_xor(struct arena *arena, value_t a, value_t b)
{
	return combine(arena, a, b, mpz_xor);
}

value_t
number_bits_negate(struct arena *arena, value_t v)
{
	struct number_view x;
	mpz_t z;
	value_t result;

	if (!number_view_integer(v, &x))
		return VALUE_NONE;
	mpz_init(z);
	mpz_com(z, x.z);
	result = number_from_mpz(arena, z);
	mpz_clear(z);
	return result;
}

value_t
number_bits_shift(struct arena *arena, value_t v, int64_t left)
{
	struct number_view x;
	mpz_t z;
	value_t result;

	if (!number_view_integer(v, &x))
		return VALUE_NONE;
	if (left > NUMBER_LARGEST_LIMBS * 64L && mpz_sgn(x.z) != 0) {
		arena_fail(arena);
		return VALUE_NONE;
	}
	mpz_init(z);
	if (left >= 0)
		mpz_mul_2exp(z, x.z, mpz_sgn(x.z) != 0 ? (mp_bitcnt_t)left : 0);
	else
		mpz_fdiv_q_2exp(z, x.z, left == INT64_MIN ? (mp_bitcnt_t)INT64_MAX : (mp_bitcnt_t)-left);
	result = number_from_mpz(arena, z);
	mpz_clear(z);
	return result;
}

bool
number_print_base(struct buf *out, value_t v, int base)
{
	struct number_view x;
	struct number_float f;
	mpz_t z;
	size_t len;

	if (base < 2 || base > 36)
		return false;
	mpz_init(z);
	if (number_view_integer(v, &x)) {
		mpz_set(z, x.z);
	} else {
		number_to_float(v, &f);
		(void)mpfr_get_z(z, f.f, MPFR_RNDZ);
	}
	len = mpz_sizeinbase(z, base) + 2;
	if (len < NUMBER_LARGEST_LIMBS * 64 && buf_reserve(out, len)) {
		(void)mpz_get_str(out->data + out->len, base, z);
		out->len += strlen(out->data + out->len);
	}
	mpz_clear(z);
	return !buf_failed(out);
}

value_t
number_parse_base(struct arena *arena, str_t text, int base)
{
	char *copy;
	mpz_t z;
	value_t v = VALUE_NONE;

	if (text.len == 0 || text.len > NUMBER_LARGEST_LIMBS || base < 2 || base > 36)
		return VALUE_NONE;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(i == 0 && c == '-' && text.len > 1)))
			return VALUE_NONE;
	}
	copy = arena_copy(arena, text.data, text.len);
	if (copy == NULL)
		return VALUE_NONE;
	mpz_init(z);
	if (mpz_set_str(z, copy, base) == 0)
		v = number_from_mpz(arena, z);
	mpz_clear(z);
	return v;
}
