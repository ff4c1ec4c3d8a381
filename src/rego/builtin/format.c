/* SPDX-License-Identifier: Apache-2.0 */
/* format: values as text, by a format string of Go's fmt. */
#include "base/utf8.h"
#include "rego/builtin/format_internal.h"

enum { LARGEST_NUMBER = 1000000 }; /* of a width or precision, as in Go */

struct formatter {
	struct rego_call *call;
	struct buf *out;
	str_t format;
	size_t at; /* in the format */
	const value_t *operands;
	uint32_t count, next; /* operands; the one for the next verb */
	bool reordered; /* an index was seen: left-over operands are not an error */
	bool good_index; /* of this verb */
	struct format_spec spec;
};

static bool
is_at(const struct formatter *f, char c)
{
	return f->at < f->format.len && f->format.data[f->at] == c;
}

static bool
is_too_large(int64_t n)
{
	return n > LARGEST_NUMBER || n < -LARGEST_NUMBER;
}

/* Digits at f->at, before `end`.  False: none, or too many (then f->at is `end`). */
static bool
read_number(struct formatter *f, size_t end, int *ret)
{
	int number = 0;
	bool any = false;

	for (; f->at < end && f->format.data[f->at] >= '0' && f->format.data[f->at] <= '9'; f->at++) {
		if (is_too_large(number)) {
			f->at = end;
			return false;
		}
		number = number * 10 + (f->format.data[f->at] - '0');
		any = true;
	}
	*ret = number;
	return any;
}

/* [n]: the next operand is the n-th.  True: there was a well-formed one. */
static bool
read_index(struct formatter *f)
{
	size_t open = f->at, close;
	int number;
	bool found;

	if (!is_at(f, '['))
		return false;
	f->reordered = true;
	close = str_find_char(f->format, ']', open);
	f->at = open + 1;
	if (f->format.len - open < 3 || close == f->format.len) {
		f->good_index = false;
		return false;
	}
	found = read_number(f, close, &number) && f->at == close;
	f->at = close + 1;
	if (found && number >= 1 && (uint32_t)number <= f->count)
		f->next = (uint32_t)number - 1;
	else
		f->good_index = false;
	return found;
}

/* The operand for a `*`. */
static bool
take_number(struct formatter *f, int *ret)
{
	int64_t number;

	*ret = 0;
	if (f->next >= f->count)
		return false;
	if (!rego_is_plain_int(f->operands[f->next++], &number) || is_too_large(number))
		return false;
	*ret = (int)number;
	return true;
}

static void
read_flags(struct formatter *f)
{
	for (; f->at < f->format.len; f->at++) {
		switch (f->format.data[f->at]) {
		case '#':
			f->spec.sharp = true;
			break;
		case '0':
			f->spec.zero = true;
			break;
		case '+':
			f->spec.plus = true;
			break;
		case '-':
			f->spec.minus = true;
			break;
		case ' ':
			f->spec.space = true;
			break;
		default:
			return;
		}
	}
}

static bool
read_width(struct formatter *f, bool after_index)
{
	if (is_at(f, '*')) {
		f->at++;
		f->spec.has_width = take_number(f, &f->spec.width);
		if (!f->spec.has_width)
			buf_add_str(f->out, STR("%!(BADWIDTH)"));
		if (f->spec.width < 0) {
			f->spec.width = -f->spec.width;
			f->spec.minus = true;
			f->spec.zero = false;
		}
		return false;
	}
	f->spec.has_width = read_number(f, f->format.len, &f->spec.width);
	if (after_index && f->spec.has_width) /* %[3]2d */
		f->good_index = false;
	return after_index;
}

static bool
read_precision(struct formatter *f, bool after_index)
{
	if (!is_at(f, '.'))
		return after_index;
	f->at++;
	if (after_index) /* %[3].2d */
		f->good_index = false;
	after_index = read_index(f);
	if (is_at(f, '*')) {
		f->at++;
		f->spec.has_precision = take_number(f, &f->spec.precision);
		if (f->spec.precision < 0)
			f->spec.has_precision = false;
		if (!f->spec.has_precision) {
			f->spec.precision = 0;
			buf_add_str(f->out, STR("%!(BADPREC)"));
		}
		return false;
	}
	if (!read_number(f, f->format.len, &f->spec.precision))
		f->spec.precision = 0;
	f->spec.has_precision = true;
	return after_index;
}

static void
complain(struct formatter *f, str_t verb, const char *what)
{
	buf_add_str(f->out, STR("%!"));
	buf_add_str(f->out, verb);
	buf_add_text(f->out, what);
}

static bool
print_next(struct formatter *f, uint32_t verb)
{
	struct format_operand operand;

	if (!rego_charge(f->call, (size_t)f->spec.width + (size_t)f->spec.precision) ||
	    !format_operand_read(f->call, f->operands[f->next++], &operand))
		return false;
	if (verb == 'v' || verb == 'w') {
		f->spec.sharp_v = f->spec.sharp;
		f->spec.plus_v = f->spec.plus;
		f->spec.sharp = f->spec.plus = false;
	}
	format_print(f->out, &f->spec, &operand, verb);
	return !buf_failed(f->out);
}

/* What follows a %.  False: out of memory. */
static bool
print_directive(struct formatter *f)
{
	bool after_index;
	uint32_t verb;
	size_t width;
	str_t text;

	f->spec = (struct format_spec){ 0 };
	f->good_index = true;
	read_flags(f);
	after_index = read_index(f);
	after_index = read_width(f, after_index);
	after_index = read_precision(f, after_index);
	if (!after_index)
		(void)read_index(f);
	if (f->at >= f->format.len) {
		buf_add_str(f->out, STR("%!(NOVERB)"));
		return true;
	}
	verb = utf8_decode(str_skip(f->format, f->at), &width);
	text = str_sub(f->format, f->at, width);
	f->at += width;
	if (verb == '%')
		buf_add_char(f->out, '%');
	else if (!f->good_index)
		complain(f, text, "(BADINDEX)");
	else if (f->next >= f->count)
		complain(f, text, "(MISSING)");
	else
		return print_next(f, verb);
	return true;
}

static bool
print_extra(struct formatter *f)
{
	struct format_operand operand;

	buf_add_str(f->out, STR("%!(EXTRA "));
	f->spec = (struct format_spec){ 0 };
	for (uint32_t first = f->next; f->next < f->count; f->next++) {
		if (f->next > first)
			buf_add_str(f->out, STR(", "));
		if (!format_operand_read(f->call, f->operands[f->next], &operand))
			return false;
		buf_add_text(f->out, format_type_name(&operand));
		buf_add_char(f->out, '=');
		format_print(f->out, &f->spec, &operand, 'v');
	}
	buf_add_char(f->out, ')');
	return !buf_failed(f->out);
}

void
format_write(struct rego_call *call, struct buf *out, str_t format, const value_t *operands,
    uint32_t count)
{
	struct formatter f = { .call = call, .out = out, .format = format, .operands = operands,
		.count = count };
	bool fine = true;

	while (fine && f.at < format.len) {
		size_t percent = str_find_char(format, '%', f.at);

		buf_add(out, format.data + f.at, percent - f.at);
		f.at = percent + 1;
		if (percent < format.len)
			fine = print_directive(&f);
	}
	if (fine && !f.reordered && f.next < f.count)
		fine = print_extra(&f);
	if (!fine)
		out->failed = true;
}

static enum rego_outcome
print_formatted(struct rego_call *call, value_t *ret)
{
	struct buf out;

	rego_text_init(call, &out);
	format_write(call, &out, value_str(call->arg[0]), call->arg[1].items, call->arg[1].count);
	return rego_give_text(call, &out, ret);
}

const struct rego_builtin rego_builtins_format[] = {
	{ "sprintf", "format: string, values: array[any] -> string", print_formatted,
	    "`format` with its verbs replaced by `values`, as Go's fmt package does." },
	{ 0 },
};
