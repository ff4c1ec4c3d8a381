/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/util.h"

#include "value/number.h"
#include "value/work.h"

enum rego_outcome
rego_give(value_t made, value_t *ret)
{
	*ret = made;
	return value_is_defined(made) ? REGO_DEFINED : REGO_HALT;
}

enum rego_outcome
rego_give_str(struct rego_call *call, str_t s, value_t *ret)
{
	if (!rego_charge(call, s.len))
		return REGO_HALT;
	return rego_give(value_string(call->arena, s), ret);
}

bool
rego_work(struct rego_call *call, size_t bytes)
{
	enum { STEP = 1 << 16 };

	for (; bytes > STEP; bytes -= STEP) {
		if (!rego_charge(call, STEP))
			return false;
	}
	return rego_charge(call, bytes);
}

void
rego_text_init(struct rego_call *call, struct buf *b)
{
	size_t limit = call->arena->limit < UINT32_MAX ? call->arena->limit : UINT32_MAX;

	buf_init(b, limit);
}

enum rego_outcome
rego_give_text(struct rego_call *call, struct buf *b, value_t *ret)
{
	enum rego_outcome outcome = REGO_HALT;

	if (buf_failed(b))
		arena_fail(call->arena);
	else
		outcome = rego_give_str(call, buf_str(b), ret);
	buf_fini(b);
	return outcome;
}

bool
rego_is_plain_int(value_t v, int64_t *ret)
{
	if (v.tag == VALUE_INT) {
		*ret = v.integer;
		return true;
	}
	if (v.tag != VALUE_NUMBER || !number_to_int64(v, ret))
		return false;
	for (uint32_t i = 0; i < v.number->spelling_len; i++) {
		if (v.number->spelling[i] == 'e' || v.number->spelling[i] == 'E')
			return false;
	}
	return true;
}

bool
rego_operand_int(struct rego_call *call, unsigned operand, int64_t *ret)
{
	value_t v = call->arg[operand - 1];

	if (rego_is_plain_int(v, ret))
		return true;
	if (!value_is_number(v)) {
		(void)rego_fail_type(call, operand, "number", v);
		return false;
	}
	(void)rego_fail_operand(call, operand,
	    "must be integer number but got floating-point number");
	return false;
}

bool
rego_operand_integer(struct rego_call *call, unsigned operand)
{
	value_t v = call->arg[operand - 1];

	if (!value_is_number(v)) {
		(void)rego_fail_type(call, operand, "integer", v);
		return false;
	}
	if (number_is_integer(v))
		return true;
	(void)rego_fail_operand(call, operand,
	    "must be integer number but got floating-point number");
	return false;
}

const value_t *
rego_items(value_t v)
{
	return v.tag == VALUE_SET ? v.set->items : v.items;
}

bool
rego_operand_strings(struct rego_call *call, unsigned operand)
{
	value_t v = call->arg[operand - 1];
	const char *kind = value_type_name(v);

	(void)value_work_take(v.count / 4);
	for (uint32_t i = 0; i < v.count; i++) {
		value_t item = rego_items(v)[i];

		if (value_is_string(item))
			continue;
		(void)rego_fail_operand(call, operand, "must be %s of strings but got %s containing %s",
		    kind, kind, value_type_name(item));
		return false;
	}
	return true;
}

void
rego_print_bare(struct buf *b, value_t v)
{
	if (value_is_string(v))
		buf_add_str(b, value_str(v));
	else
		value_print(b, v);
}
