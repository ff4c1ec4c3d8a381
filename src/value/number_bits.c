/* SPDX-License-Identifier: Apache-2.0 */
/* Bits of integers of any size, as if two's complement went on for ever to the left. */
#include "value/number_internal.h"

enum bits_operation { AND, OR, XOR };

/* Two's complement of a view in `width` limbs, one more than it has. */
static void
write_complement(const struct number_integer *n, mp_limb_t *out, size_t width)
{
	mpn_zero(out, (mp_size_t)width);
	mpn_copyi(out, n->limbs, (mp_size_t)n->count);
	if (n->negative)
		mpn_neg(out, out, (mp_size_t)width);
}

static value_t
read_complement(struct arena *arena, mp_limb_t *limbs, size_t width)
{
	bool negative = limbs[width - 1] >> 63 != 0;

	if (negative)
		mpn_neg(limbs, limbs, (mp_size_t)width);
	return number_of_limbs(arena, limbs, width, negative);
}

static value_t
combine(struct arena *arena, value_t a, value_t b, enum bits_operation operation)
{
	struct number_integer x, y;
	mp_limb_t room[2], *left, *right;
	struct arena_mark mark;
	size_t width;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT)
		return value_int(operation == AND ? a.integer & b.integer
			: operation == OR         ? a.integer | b.integer
						  : a.integer ^ b.integer);
	if (!number_integer_view(a, room, &x) || !number_integer_view(b, room + 1, &y))
		return VALUE_NONE;
	width = (x.count > y.count ? x.count : y.count) + 1;
	left = ARENA_ARRAY(arena, mp_limb_t, width);
	mark = arena_mark(arena);
	right = ARENA_ARRAY(arena, mp_limb_t, width);
	if (left == NULL || right == NULL)
		return VALUE_NONE;
	write_complement(&x, left, width);
	write_complement(&y, right, width);
	if (operation == AND)
		mpn_and_n(left, left, right, (mp_size_t)width);
	else if (operation == OR)
		mpn_ior_n(left, left, right, (mp_size_t)width);
	else
		mpn_xor_n(left, left, right, (mp_size_t)width);
	arena_release(arena, mark);
	return read_complement(arena, left, width);
}

value_t
number_bits_and(struct arena *arena, value_t a, value_t b)
{
	return combine(arena, a, b, AND);
}

value_t
number_bits_or(struct arena *arena, value_t a, value_t b)
{
	return combine(arena, a, b, OR);
}

value_t
number_bits_xor(struct arena *arena, value_t a, value_t b)
{
	return combine(arena, a, b, XOR);
}

value_t
number_bits_negate(struct arena *arena, value_t v)
{
	if (!number_is_integer(v))
		return VALUE_NONE;
	return combine(arena, v, value_int(-1), XOR);
}

static value_t
shift_left(struct arena *arena, const struct number_integer *n, uint64_t bits)
{
	size_t words = bits / 64, width;
	mp_limb_t *limbs;

	if (n->count == 0)
		return value_int(0);
	if (bits > NUMBER_LARGEST_BITS)
		return VALUE_NONE;
	width = n->count + words + 1;
	limbs = ARENA_ARRAY(arena, mp_limb_t, width);
	if (limbs == NULL)
		return VALUE_NONE;
	if (bits % 64 != 0)
		limbs[width - 1] =
		    mpn_lshift(limbs + words, n->limbs, (mp_size_t)n->count, bits % 64);
	else
		mpn_copyi(limbs + words, n->limbs, (mp_size_t)n->count);
	return number_of_limbs(arena, limbs, width, n->negative);
}

static value_t
shift_right(struct arena *arena, const struct number_integer *n, uint64_t bits)
{
	size_t words = bits / 64, width = n->count + 1;
	mp_limb_t *limbs;

	if (words >= n->count)
		return value_int(n->negative && n->count > 0 ? -1 : 0);
	limbs = ARENA_ARRAY(arena, mp_limb_t, width);
	if (limbs == NULL)
		return VALUE_NONE;
	write_complement(n, limbs, width);
	mpn_copyi(limbs, limbs + words, (mp_size_t)(width - words));
	width -= words;
	if (bits % 64 != 0) {
		mpn_rshift(limbs, limbs, (mp_size_t)width, bits % 64);
		if (n->negative)
			limbs[width - 1] |= ~(~(mp_limb_t)0 >> bits % 64);
	}
	return read_complement(arena, limbs, width);
}

value_t
number_bits_shift(struct arena *arena, value_t v, int64_t left)
{
	struct number_integer n;
	mp_limb_t one[1];

	if (!number_integer_view(v, one, &n))
		return VALUE_NONE;
	if (left >= 0)
		return shift_left(arena, &n, (uint64_t)left);
	return shift_right(arena, &n, 0 - (uint64_t)left);
}
