/* SPDX-License-Identifier: Apache-2.0 */
/* numbers: arithmetic, ranges, and numbers as text. */
#include "value/number.h"

#include "base/vec.h"
#include "rego/builtin/sets.h"
#include "rego/builtin/util.h"

/* A number is missing because the arena is full, or because it would be too large. */
static enum rego_outcome
give_number(struct rego_call *call, value_t made, value_t *ret)
{
	if (!value_is_defined(made) && !arena_failed(call->arena))
		return rego_halt(call, "number too big");
	return rego_give(made, ret);
}

/* Long numbers cost in proportion to the product of their lengths. */
static bool
charge_operands(struct rego_call *call)
{
	size_t limbs[2] = { 1, 1 };

	for (uint32_t i = 0; i < 2; i++) {
		value_t v = call->arg[i];

		if (v.tag == VALUE_NUMBER && v.number->kind == NUMBER_BIG)
			limbs[i] = v.number->limb_count;
	}
	return limbs[0] * limbs[1] == 1 || rego_charge(call, limbs[0] * limbs[1] + 8);
}

static enum rego_outcome
plus(struct rego_call *call, value_t *ret)
{
	return give_number(call, number_add(call->arena, call->arg[0], call->arg[1]), ret);
}

static enum rego_outcome
minus(struct rego_call *call, value_t *ret)
{
	value_t a = call->arg[0], b = call->arg[1];

	if (value_is_number(a) && value_is_number(b))
		return give_number(call, number_sub(call->arena, a, b), ret);
	if (a.tag == VALUE_SET && b.tag == VALUE_SET)
		return rego_set_minus(call, a, b, ret);
	if (!value_is_number(a) && a.tag != VALUE_SET)
		return rego_fail_type(call, 1, "one of {number, set}", a);
	return rego_fail_type(call, 2, value_is_number(b) ? "set" : "number", b);
}

static enum rego_outcome
mul(struct rego_call *call, value_t *ret)
{
	if (!charge_operands(call))
		return REGO_HALT;
	return give_number(call, number_mul(call->arena, call->arg[0], call->arg[1]), ret);
}

static enum rego_outcome
divide(struct rego_call *call, value_t *ret)
{
	if (number_compare(call->arg[1], value_int(0)) == 0)
		return rego_fail(call, "divide by zero");
	return give_number(call, number_div(call->arena, call->arg[0], call->arg[1]), ret);
}

static enum rego_outcome
rem(struct rego_call *call, value_t *ret)
{
	if (!number_is_integer(call->arg[0]) || !number_is_integer(call->arg[1]))
		return rego_fail(call, "modulo on floating-point number");
	if (number_compare(call->arg[1], value_int(0)) == 0)
		return rego_fail(call, "modulo by zero");
	if (!charge_operands(call))
		return REGO_HALT;
	return give_number(call, number_rem(call->arena, call->arg[0], call->arg[1]), ret);
}

static enum rego_outcome
absolute(struct rego_call *call, value_t *ret)
{
	return give_number(call, number_abs(call->arena, call->arg[0]), ret);
}

static enum rego_outcome
ceiling(struct rego_call *call, value_t *ret)
{
	return give_number(call, number_ceil(call->arena, call->arg[0]), ret);
}

static enum rego_outcome
floor_of(struct rego_call *call, value_t *ret)
{
	return give_number(call, number_floor(call->arena, call->arg[0]), ret);
}

static enum rego_outcome
round_of(struct rego_call *call, value_t *ret)
{
	return give_number(call, number_round(call->arena, call->arg[0]), ret);
}

/* ---- ranges ---- */

enum { CHUNK = 256 }; /* numbers made between two charges */

/* In int64 the length is known beforehand. */
static enum rego_outcome
make_small_range(struct rego_call *call, int64_t from, int64_t to, int64_t step, value_t *ret)
{
	bool up = from <= to;
	uint64_t distance = up ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
	uint64_t last = distance / (uint64_t)step;
	value_t *items;

	if (last >= UINT32_MAX) {
		arena_fail(call->arena);
		return REGO_HALT;
	}
	if (!rego_charge(call, (last + 1) * sizeof(*items)))
		return REGO_HALT;
	items = arena_alloc_raw(call->arena, (last + 1) * sizeof(*items), _Alignof(value_t));
	if (items == NULL)
		return REGO_HALT;
	for (uint64_t i = 0; i <= last; i++) {
		uint64_t offset = i * (uint64_t)step;

		items[i] = value_int((int64_t)((uint64_t)from + (up ? offset : 0 - offset)));
	}
	*ret = value_array_of(items, last + 1);
	return REGO_DEFINED;
}

static enum rego_outcome
make_large_range(struct rego_call *call, value_t from, value_t to, value_t step, value_t *ret)
{
	int direction = number_compare(from, to);
	VEC(value_t) items = { 0 };

	if (direction > 0)
		step = number_sub(call->arena, value_int(0), step);
	while (value_is_defined(from) && value_is_defined(step)) {
		int order = number_compare(from, to);

		if (order != 0 && order != direction)
			return rego_give(value_array_of(items.at, items.count), ret);
		if ((items.count % CHUNK == 0 && !rego_charge(call, CHUNK * 64)) ||
		    items.count == UINT32_MAX || !VEC_PUSH(call->arena, &items, from))
			break;
		if (order == 0)
			return rego_give(value_array_of(items.at, items.count), ret);
		from = number_add(call->arena, from, step);
	}
	arena_fail(call->arena);
	return REGO_HALT;
}

static enum rego_outcome
make_range(struct rego_call *call, value_t step, value_t *ret)
{
	int64_t from, to, by;

	for (unsigned operand = 1; operand <= call->arg_count && operand <= 3; operand++) {
		if (!rego_operand_integer(call, operand))
			return REGO_FAILED;
	}
	if (number_compare(step, value_int(0)) <= 0)
		return rego_fail(call, "%s: step must be a positive integer", call->builtin->name);
	if (number_to_int64(call->arg[0], &from) && number_to_int64(call->arg[1], &to) &&
	    number_to_int64(step, &by))
		return make_small_range(call, from, to, by, ret);
	return make_large_range(call, call->arg[0], call->arg[1], step, ret);
}

static enum rego_outcome
range(struct rego_call *call, value_t *ret)
{
	return make_range(call, value_int(1), ret);
}

static enum rego_outcome
range_step(struct rego_call *call, value_t *ret)
{
	return make_range(call, call->arg[2], ret);
}

static enum rego_outcome
random_below(struct rego_call *call, value_t *ret)
{
	uint64_t bits, limit;
	int64_t n;
	str_t key;

	if (!rego_operand_int(call, 2, &n))
		return REGO_FAILED;
	*ret = value_int(0);
	if (n == 0)
		return REGO_DEFINED;
	limit = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	key = arena_printf(call->arena, "rand.intn %llu %.*s", (unsigned long long)limit,
	    STR_FMT(value_str(call->arg[0])));
	if (key.data == NULL)
		return REGO_HALT;
	rego_random(call, key, &bits, sizeof(bits));
	*ret = value_int((int64_t)((unsigned __int128)bits * limit >> 64));
	return REGO_DEFINED;
}

/* ---- numbers as text ---- */

/*
 * Go's ParseFloat reads more than JSON has: a sign +, zeros in front, nothing
 * before or behind the point.  Those are rewritten, so that what the policy gives
 * out is a JSON number.
 */
static value_t
parse_loosely(struct rego_call *call, str_t text)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	size_t whole, fraction = 0, point;
	str_t rest = str_skip(text, negative || (text.len > 0 && text.data[0] == '+'));
	str_t tail;

	while (rest.len > 1 && rest.data[0] == '0' && rest.data[1] >= '0' && rest.data[1] <= '9')
		rest = str_skip(rest, 1);
	for (whole = 0; whole < rest.len && rest.data[whole] >= '0' && rest.data[whole] <= '9';)
		whole++;
	point = whole < rest.len && rest.data[whole] == '.';
	tail = str_skip(rest, whole + point);
	while (point && fraction < tail.len && tail.data[fraction] >= '0' && tail.data[fraction] <= '9')
		fraction++;
	if (whole + fraction == 0 || str_find_char(text, '\0', 0) < text.len)
		return VALUE_NONE;
	tail = str_skip(tail, fraction);
	rest = arena_printf(call->arena, "%s%.*s%s%.*s%.*s", negative ? "-" : "",
	    whole > 0 ? (int)whole : 1, whole > 0 ? rest.data : "0", fraction > 0 ? "." : "",
	    (int)fraction, rest.data + whole + point, STR_FMT(tail));
	return number_parse(call->arena, rest);
}

static bool
is_not_finite(str_t text)
{
	while (text.len > 0 && (text.data[0] == '+' || text.data[0] == '-'))
		text = str_skip(text, 1);
	return str_eq_nocase(text, STR("inf")) || str_eq_nocase(text, STR("infinity")) ||
	    str_eq_nocase(text, STR("nan"));
}

static enum rego_outcome
parse_number(struct rego_call *call, value_t *ret)
{
	str_t text = value_str(call->arg[0]);
	value_t v;
	double d;

	if (is_not_finite(text))
		return rego_fail_operand(call, 1, "must be valid number string but got string");
	if (!rego_charge(call, text.len))
		return REGO_HALT;
	v = number_parse(call->arena, text);
	if (!value_is_defined(v))
		v = parse_loosely(call, text);
	if (arena_failed(call->arena))
		return REGO_HALT;
	if (!value_is_defined(v))
		return rego_fail(call, "strconv.ParseFloat: parsing \"%.*s\": invalid syntax",
		    STR_FMT(text));
	d = number_to_double(v);
	if (d - d != 0) /* infinite */
		return rego_fail(call, "strconv.ParseFloat: parsing \"%.*s\": value out of range",
		    STR_FMT(text));
	*ret = v;
	return REGO_DEFINED;
}

static enum rego_outcome
to_number(struct rego_call *call, value_t *ret)
{
	switch (call->arg[0].tag) {
	case VALUE_NULL:
	case VALUE_FALSE:
		*ret = value_int(0);
		return REGO_DEFINED;
	case VALUE_TRUE:
		*ret = value_int(1);
		return REGO_DEFINED;
	case VALUE_STRING:
		return parse_number(call, ret);
	default:
		*ret = call->arg[0];
		return REGO_DEFINED;
	}
}

static enum rego_outcome
format_int(struct rego_call *call, value_t *ret)
{
	value_t base = call->arg[1];
	struct buf text;

	if (base.tag != VALUE_INT || (base.integer != 2 && base.integer != 8 &&
					 base.integer != 10 && base.integer != 16))
		return rego_fail_operand(call, 2, "must be one of {2, 8, 10, 16}");
	rego_text_init(call, &text);
	(void)number_print_base(&text, call->arg[0], (int)base.integer);
	return rego_give_text(call, &text, ret);
}

const struct rego_builtin rego_builtins_numbers[] = {
	{ "plus", "x: number, y: number -> number", plus, "The sum of two numbers.",
	    REGO_OPERATOR, "+" },
	{ "minus", "x: (number|set[any]), y: (number|set[any]) -> (number|set[any])", minus,
	    "The difference of two numbers, or what is in the first set and not in the second.",
	    REGO_OPERATOR | REGO_LENIENT, "-" },
	{ "mul", "x: number, y: number -> number", mul, "The product of two numbers.",
	    REGO_OPERATOR, "*" },
	{ "div", "x: number, y: number -> number", divide, "The quotient of two numbers.",
	    REGO_OPERATOR, "/" },
	{ "rem", "x: number, y: number -> number", rem,
	    "The remainder of dividing two integers, with the sign of the first.", REGO_OPERATOR,
	    "%" },
	{ "abs", "x: number -> number", absolute, "The number without its sign." },
	{ "ceil", "x: number -> number", ceiling, "The number rounded up to an integer." },
	{ "floor", "x: number -> number", floor_of, "The number rounded down to an integer." },
	{ "round", "x: number -> number", round_of, "The nearest integer, halves away from zero." },
	{ "numbers.range", "a: number, b: number -> array[number]", range,
	    "The integers from `a` to `b`, both included, up or down.", REGO_LENIENT },
	{ "numbers.range_step", "a: number, b: number, step: number -> array[number]", range_step,
	    "The integers from `a` towards `b` in steps of `step`.", REGO_LENIENT },
	{ "rand.intn", "str: string, n: number -> number", random_below,
	    "A random integer from 0 to below `n`, the same for the same `str` in one query.",
	    REGO_NONDETERMINISTIC },
	{ "to_number", "x: (null|boolean|number|string) -> number", to_number,
	    "The number that the value stands for: null and false are 0, true is 1." },
	{ "format_int", "number: number, base: number -> string", format_int,
	    "The whole part of `number` in base 2, 8, 10 or 16." },
	{ 0 },
};
