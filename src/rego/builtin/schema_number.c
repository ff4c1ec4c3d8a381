/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of schemas: as exact decimals where they are compared, as doubles where they are text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "rego/builtin/schema_internal.h"

enum { TEXT_LIMIT = SCHEMA_MEMORY, NUMBER_LONGEST = 40000 };

/* ---- as doubles ---- */

/* The spelling, for strtod; the buf holds the bytes. */
static double
double_of(value_t v)
{
	struct buf spelling;
	double d;

	if (v.tag == VALUE_INT)
		return (double)v.integer;
	buf_init(&spelling, NUMBER_LONGEST);
	number_print(&spelling, v);
	buf_add_char(&spelling, '\0');
	d = buf_failed(&spelling) ? INFINITY : strtod(spelling.data, NULL);
	buf_fini(&spelling);
	return d;
}

/* As encoding/json writes a float64: plain digits from 1e-6 up to 1e21. */
static void
add_double(struct buf *out, double d)
{
	char text[40], *e;
	int digits = 0, exponent;

	for (; digits < 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*e", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	e = strchr(text, 'e');
	exponent = (int)strtol(e + 1, NULL, 10);
	if (d != 0 && (fabs(d) < 1e-6 || fabs(d) >= 1e21)) {
		buf_add(out, text, (size_t)(e - text) + 2); /* with the exponent's sign */
		buf_add_text(out, e[2] == '0' ? e + 3 : e + 2);
	} else if (exponent < digits) {
		buf_printf(out, "%.*f", digits - exponent, d);
	} else {
		for (const char *c = text; c < e; c++) {
			if (*c != '.')
				buf_add_char(out, *c);
		}
		for (; exponent > digits; exponent--)
			buf_add_char(out, '0');
	}
}

static void
add_collection(struct buf *out, value_t v)
{
	value_t key, item;

	buf_add_char(out, v.tag == VALUE_ARRAY ? '[' : '{');
	for (uint32_t i = 0; i < v.count && !buf_failed(out); i++) {
		value_entry_at(v, i, &key, &item);
		if (i > 0)
			buf_add_char(out, ',');
		if (v.tag == VALUE_OBJECT) {
			json_write_string(out, value_str(key), true);
			buf_add_char(out, ':');
		}
		schema_text(out, item);
	}
	buf_add_char(out, v.tag == VALUE_ARRAY ? ']' : '}');
}

void
schema_text(struct buf *out, value_t v)
{
	if (v.tag == VALUE_ARRAY || v.tag == VALUE_OBJECT)
		add_collection(out, v);
	else if (value_is_string(v))
		json_write_string(out, value_str(v), true);
	else if (value_is_number(v))
		add_double(out, double_of(v));
	else
		json_write(out, v);
}

str_t
schema_text_make(struct arena *arena, value_t v)
{
	struct buf out;
	str_t text = STR_NONE;

	buf_init(&out, TEXT_LIMIT);
	schema_text(&out, v);
	if (buf_failed(&out))
		arena_fail(arena);
	else
		text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

/* ---- exactly ---- */

/* digits * 10^exponent; no zeros at either end; no digits: zero. */
struct decimal {
	bool negative;
	str_t digits;
	int64_t exponent;
};

/* Of a number's text, which follows the grammar.  False: the arena refused. */
static bool
scan(struct arena *arena, value_t v, struct decimal *ret)
{
	struct decimal d = { 0 };
	struct buf text;
	char *digits;
	size_t count = 0, i = 0;
	bool behind_point = false;

	buf_init(&text, NUMBER_LONGEST);
	number_print(&text, v);
	buf_add_char(&text, '\0');
	digits = buf_failed(&text) ? NULL : arena_alloc_raw(arena, text.len, 1);
	for (; digits != NULL && text.data[i] != '\0' && (text.data[i] | 0x20) != 'e'; i++) {
		char c = text.data[i];

		d.negative |= c == '-';
		behind_point |= c == '.';
		if (c < '0' || c > '9' || (c == '0' && count == 0 && !behind_point))
			continue;
		d.exponent -= behind_point;
		if (c != '0' || count > 0)
			digits[count++] = c;
	}
	if (digits != NULL && text.data[i] != '\0')
		d.exponent += strtoll(text.data + i + 1, NULL, 10);
	buf_fini(&text);
	for (; count > 0 && digits[count - 1] == '0'; count--)
		d.exponent++;
	d.digits = str_make(digits, count);
	*ret = d;
	return digits != NULL;
}

/* The decimal times 10^shift, an integer by the choice of `shift`.  VALUE_NONE: too long. */
static value_t
shifted(struct arena *arena, const struct decimal *d, int64_t shift)
{
	size_t zeros = (size_t)(d->exponent + shift);
	struct buf text;
	value_t v;

	if (d->digits.len == 0)
		return value_int(0);
	buf_init(&text, NUMBER_LONGEST);
	buf_add_text(&text, d->negative ? "-" : "");
	buf_add_str(&text, d->digits);
	while (zeros-- > 0 && !buf_failed(&text))
		buf_add_char(&text, '0');
	v = buf_failed(&text) ? VALUE_NONE : number_parse(arena, buf_str(&text));
	buf_fini(&text);
	return v;
}

/* Both as integers, times the same power of ten.  False: they are too far apart for that. */
static bool
align(struct arena *arena, value_t *a, value_t *b)
{
	struct decimal first, second;
	int64_t lowest;
	value_t x, y;

	if (!scan(arena, *a, &first) || !scan(arena, *b, &second))
		return false;
	lowest = first.exponent < second.exponent ? first.exponent : second.exponent;
	if (lowest > 0)
		lowest = 0;
	x = shifted(arena, &first, -lowest);
	y = shifted(arena, &second, -lowest);
	if (!value_is_defined(x) || !value_is_defined(y))
		return false;
	*a = x;
	*b = y;
	return true;
}

int
schema_number_compare(struct arena *arena, value_t a, value_t b)
{
	struct arena_mark mark = arena_mark(arena);
	int order;

	if (a.tag == VALUE_INT && b.tag == VALUE_INT)
		return number_compare(a, b);
	(void)align(arena, &a, &b);
	order = number_compare(a, b);
	if (!arena_failed(arena))
		arena_release(arena, mark);
	return order;
}

bool
schema_number_is_multiple(struct arena *arena, value_t number, value_t of)
{
	struct arena_mark mark = arena_mark(arena);
	value_t rest = VALUE_NONE;
	bool multiple;

	if (align(arena, &number, &of))
		rest = number_rem(arena, number, of);
	multiple = value_is_defined(rest) && number_compare(rest, value_int(0)) == 0;
	if (!arena_failed(arena))
		arena_release(arena, mark);
	return multiple;
}

/* Go's %g in its shortest form: an exponent below -4 and above 5. */
str_t
schema_number_text(struct arena *arena, value_t v)
{
	struct decimal d;
	struct buf out;
	str_t digits, text;
	int64_t power;

	if (!scan(arena, v, &d))
		return STR_NONE;
	digits = d.digits;
	if (digits.len == 0)
		return STR("0");
	power = d.exponent + (int64_t)digits.len - 1;
	buf_init(&out, NUMBER_LONGEST);
	buf_add_text(&out, d.negative ? "-" : "");
	if (power < -4 || power > 5) {
		buf_add_char(&out, digits.data[0]);
		buf_add_text(&out, digits.len > 1 ? "." : "");
		buf_add_str(&out, str_skip(digits, 1));
		buf_printf(&out, "e%c%02lld", power < 0 ? '-' : '+', (long long)(power < 0 ? -power : power));
	} else if (power < 0) {
		buf_add_text(&out, "0.");
		buf_add(&out, "0000", (size_t)(-power - 1));
		buf_add_str(&out, digits);
	} else {
		size_t whole = (size_t)power + 1;

		buf_add(&out, digits.data, whole < digits.len ? whole : digits.len);
		for (size_t i = digits.len; i < whole; i++)
			buf_add_char(&out, '0');
		if (whole < digits.len) {
			buf_add_char(&out, '.');
			buf_add_str(&out, str_skip(digits, whole));
		}
	}
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}
