/* SPDX-License-Identifier: Apache-2.0 */
/* bits: bitwise operations on integers of any size. */
#include "rego/builtin/util.h"
#include "value/number.h"

static bool
all_are_integers(struct rego_call *call)
{
	for (unsigned operand = 1; operand <= call->arg_count && operand <= 2; operand++) {
		if (!rego_operand_integer(call, operand))
			return false;
	}
	return true;
}

typedef value_t bits_fn(struct arena *, value_t, value_t);

static enum rego_outcome
combine(struct rego_call *call, bits_fn *operation, value_t *ret)
{
	if (!all_are_integers(call))
		return REGO_FAILED;
	return rego_give(operation(call->arena, call->arg[0], call->arg[1]), ret);
}

static enum rego_outcome
bits_and(struct rego_call *call, value_t *ret)
{
	return combine(call, number_bits_and, ret);
}

static enum rego_outcome
bits_or(struct rego_call *call, value_t *ret)
{
	return combine(call, number_bits_or, ret);
}

static enum rego_outcome
bits_xor(struct rego_call *call, value_t *ret)
{
	return combine(call, number_bits_xor, ret);
}

static enum rego_outcome
bits_negate(struct rego_call *call, value_t *ret)
{
	if (!rego_operand_integer(call, 1))
		return REGO_FAILED;
	return rego_give(number_bits_negate(call->arena, call->arg[0]), ret);
}

static enum rego_outcome
shift(struct rego_call *call, bool left, value_t *ret)
{
	int64_t by = INT64_MAX; /* what does not fit int64 shifts everything out */
	value_t shifted;

	if (!all_are_integers(call))
		return REGO_FAILED;
	if (number_compare(call->arg[1], value_int(0)) < 0)
		return rego_fail_operand(call, 2,
		    "must be an unsigned integer number but got a negative integer");
	(void)number_to_int64(call->arg[1], &by);
	if (left && !rego_charge(call, by < 1 << 20 ? (size_t)by / 8 : 0))
		return REGO_HALT;
	shifted = number_bits_shift(call->arena, call->arg[0], left ? by : -by);
	if (!value_is_defined(shifted) && !arena_failed(call->arena))
		return rego_halt(call, "number too big");
	return rego_give(shifted, ret);
}

static enum rego_outcome
bits_lsh(struct rego_call *call, value_t *ret)
{
	return shift(call, true, ret);
}

static enum rego_outcome
bits_rsh(struct rego_call *call, value_t *ret)
{
	return shift(call, false, ret);
}

const struct rego_builtin rego_builtins_bits[] = {
	{ "bits.and", "x: number, y: number -> number", bits_and, "The bits set in both integers.",
	    REGO_LENIENT },
	{ "bits.or", "x: number, y: number -> number", bits_or, "The bits set in either integer.",
	    REGO_LENIENT },
	{ "bits.xor", "x: number, y: number -> number", bits_xor, "The bits set in one integer only.",
	    REGO_LENIENT },
	{ "bits.negate", "x: number -> number", bits_negate, "The integer with every bit turned.",
	    REGO_LENIENT },
	{ "bits.lsh", "x: number, s: number -> number", bits_lsh,
	    "The integer shifted left by `s` bits.",
	    REGO_LENIENT },
	{ "bits.rsh", "x: number, s: number -> number", bits_rsh,
	    "The integer shifted right by `s` bits, keeping its sign.",
	    REGO_LENIENT },
	{ 0 },
};
