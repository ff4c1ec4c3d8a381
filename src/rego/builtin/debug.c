/* SPDX-License-Identifier: Apache-2.0 */
/* debug: what a policy says to the people who write it. */
#include "rego/builtin/util.h"

enum { MOST_LINES = 1000 }; /* of one call: operands with many values multiply */

/* Operand `i` is a value, or a set with the values of an expression; none: undefined. */
static void
add_operand(struct buf *line, value_t operand, size_t choice)
{
	if (operand.tag != VALUE_SET)
		rego_print_bare(line, operand);
	else if (operand.count == 0)
		buf_add_str(line, STR("<undefined>"));
	else
		rego_print_bare(line, operand.set->items[choice]);
}

static size_t
choice_count(value_t operand)
{
	return operand.tag == VALUE_SET && operand.count > 1 ? operand.count : 1;
}

/* A line for each way to choose a value of every operand, the last one changing fastest. */
static enum rego_outcome
print(struct rego_call *call, value_t *ret)
{
	value_t operands = call->arg[0];
	size_t lines = 1;
	str_t file;
	uint32_t row;
	struct buf line;

	*ret = value_bool(true);
	if (call->host->print == NULL)
		return REGO_DEFINED;
	for (uint32_t i = 0; i < operands.count && lines < MOST_LINES; i++)
		lines *= choice_count(operands.items[i]);
	if (lines > MOST_LINES)
		lines = MOST_LINES;
	rego_text_init(call, &line);
	for (size_t l = 0; l < lines; l++) {
		size_t below = lines;

		buf_clear(&line);
		for (uint32_t i = 0; i < operands.count; i++) {
			size_t choices = choice_count(operands.items[i]);

			below = below / choices > 0 ? below / choices : 1;
			if (i > 0)
				buf_add_char(&line, ' ');
			add_operand(&line, operands.items[i], l / below % choices);
		}
		if (buf_failed(&line) || !rego_charge(call, line.len))
			break;
		rego_call_place(call, &file, &row);
		call->host->print(call->host->context, buf_str(&line), file, row);
	}
	buf_fini(&line);
	return rego_charge(call, 0) ? REGO_DEFINED : REGO_HALT;
}

/* Our test runner reads the rules themselves. */
static enum rego_outcome
note_test_case(struct rego_call *call, value_t *ret)
{
	(void)call;
	*ret = value_bool(true);
	return REGO_DEFINED;
}

/* Notes for a trace; nobody traces here, so it is only true. */
static enum rego_outcome
trace(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(true);
	return REGO_DEFINED;
}

static enum rego_outcome
runtime(struct rego_call *call, value_t *ret)
{
	if (call->host->runtime == NULL) {
		*ret = value_empty_object();
		return REGO_DEFINED;
	}
	return rego_give(call->host->runtime(call->host->context, call->arena), ret);
}

const struct rego_builtin rego_builtins_debug[] = {
	{ "print", "values: ...any -> void", print, "Prints its operands, with blanks between them." },
	{ "internal.print", "values: array[set[any]] -> void", print,
	    "print() as the compiler writes it.", REGO_OPERATOR },
	{ "internal.test_case", "values: array[any] -> void", note_test_case,
	    "What OPA's compiler puts into test rules to tell their cases apart: nothing happens.",
	    REGO_OPERATOR },
	{ "trace", "note: string -> boolean", trace, "True; `note` belongs to the trace." },
	{ "opa.runtime", "-> object[string: any]", runtime,
	    "What there is to know about the program that evaluates.", REGO_NONDETERMINISTIC },
	{ 0 },
};
