/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: Rego's numbers, as OPA computes and prints them.
 *
 * Integers are exact at any size (GMP's mpn functions on limbs in the arena).
 * Everything else is a binary float with a 64-bit mantissa (number_real.c,
 * round to nearest even), printed as the shortest decimal that reads back the
 * same at that precision.  A literal keeps its spelling: 1e2 prints as 1e2.
 * A result that is integral prints in plain digits.
 *
 *   invariant  an integer in int64 with its plain spelling is VALUE_INT, never
 *              VALUE_NUMBER
 *   limit      10000 digits before or behind the point of what is read, a
 *              million bits of what is computed
 *   failure    VALUE_NONE: the arena refused, the limit, or (where said) no such
 *              number
 */
#ifndef VALUE_NUMBER_H
#define VALUE_NUMBER_H

#include "value/value.h"

enum number_kind { NUMBER_INT64, NUMBER_BIG, NUMBER_FLOAT };

struct value_number {
	uint8_t kind;
	bool negative; /* NUMBER_BIG, NUMBER_FLOAT: sign and magnitude */
	uint32_t limb_count; /* NUMBER_BIG */
	const char *spelling; /* as written; NULL: print the canonical form */
	uint32_t spelling_len;
	int32_t exponent; /* NUMBER_FLOAT: value is mantissa * 2^exponent */
	union {
		int64_t integer;
		const uint64_t *limbs; /* least significant first, top one not 0 */
		uint64_t mantissa; /* top bit set, or 0 for zero */
	};
};

/* Grammar of JSON (RFC 8259 6).  VALUE_NONE if `text` is not one number.  Copies the spelling. */
value_t number_parse(struct arena *, str_t text);
value_t number_from_double(struct arena *, double); /* finite */
value_t number_from_uint64(struct arena *, uint64_t);

bool number_is_integer(value_t); /* by value: 1.0 is one */
bool number_to_int64(value_t, int64_t *ret); /* by value; false: out of range or not integral */
double number_to_double(value_t);
int number_compare(value_t, value_t);
uint32_t number_hash(value_t); /* by value */
void number_print(struct buf *, value_t); /* spelling, or canonical */

value_t number_add(struct arena *, value_t, value_t);
value_t number_sub(struct arena *, value_t, value_t);
value_t number_mul(struct arena *, value_t, value_t);
value_t number_div(struct arena *, value_t, value_t); /* VALUE_NONE: division by zero */
value_t number_rem(struct arena *, value_t, value_t); /* VALUE_NONE: by zero, or not integers */
value_t number_abs(struct arena *, value_t);
value_t number_round(struct arena *, value_t); /* half away from zero */
value_t number_ceil(struct arena *, value_t); /* as OPA: ceil(-0.5) is 1 */
value_t number_floor(struct arena *, value_t); /* as OPA: floor(-0.5) is 0 */
value_t number_mul_whole(struct arena *, value_t, value_t); /* whole part of a 64-bit product */

/* Of numbers only.  Integers exactly; else as OPA: the product is rounded to a double's 53 bits. */
value_t number_sum(struct arena *, const value_t *, size_t count);
value_t number_product(struct arena *, const value_t *, size_t count);

/* Bits, on integers of any size, two's complement as Go's big.Int; VALUE_NONE if not integers. */
value_t number_bits_and(struct arena *, value_t, value_t);
value_t number_bits_or(struct arena *, value_t, value_t);
value_t number_bits_xor(struct arena *, value_t, value_t);
value_t number_bits_negate(struct arena *, value_t);
value_t number_bits_shift(struct arena *, value_t, int64_t left); /* negative: to the right */

/* Integer in base 2..36, lower case, as format_int; the number is truncated first. */
bool number_print_base(struct buf *, value_t, int base);
/* Integer written in `base`; VALUE_NONE if malformed. */
value_t number_parse_base(struct arena *, str_t, int base);

#endif
