/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

/* ---- words ---- */

static const struct {
	const char *word;
	struct yaml_scalar means;
} words[] = {
	{ "", { .kind = YAML_NULL } },
	{ "~", { .kind = YAML_NULL } },
	{ "null", { .kind = YAML_NULL } },
	{ "y", { .kind = YAML_BOOL, .boolean = true } },
	{ "yes", { .kind = YAML_BOOL, .boolean = true } },
	{ "true", { .kind = YAML_BOOL, .boolean = true } },
	{ "on", { .kind = YAML_BOOL, .boolean = true } },
	{ "n", { .kind = YAML_BOOL, .boolean = false } },
	{ "no", { .kind = YAML_BOOL, .boolean = false } },
	{ "false", { .kind = YAML_BOOL, .boolean = false } },
	{ "off", { .kind = YAML_BOOL, .boolean = false } },
	{ ".inf", { .kind = YAML_FLOAT, .number = INFINITY } },
	{ "+.inf", { .kind = YAML_FLOAT, .number = INFINITY } },
	{ "-.inf", { .kind = YAML_FLOAT, .number = -INFINITY } },
	{ "<<", { .kind = YAML_MERGE } },
};

/* The word in lower case, Capitalized or in UPPER CASE; no other mixture. */
static bool
is_word(str_t text, str_t word)
{
	size_t first = 0;
	bool has_lower = false, has_upper = false;

	if (!str_eq_nocase(text, word))
		return false;
	while (first < text.len && (word.data[first] < 'a' || word.data[first] > 'z'))
		first++;
	for (size_t i = first + 1; i < text.len; i++) {
		has_lower |= text.data[i] >= 'a' && text.data[i] <= 'z';
		has_upper |= text.data[i] >= 'A' && text.data[i] <= 'Z';
	}
	if (has_upper)
		return !has_lower && text.data[first] <= 'Z';
	return true;
}

static bool
find_word(str_t text, struct yaml_scalar *ret)
{
	if (str_eq(text, STR(".nan")) || str_eq(text, STR(".NaN")) || str_eq(text, STR(".NAN"))) {
		*ret = (struct yaml_scalar){ .kind = YAML_FLOAT, .number = NAN };
		return true;
	}
	for (size_t i = 0; i < COUNT(words); i++) {
		if (is_word(text, str_of(words[i].word))) {
			*ret = words[i].means;
			return true;
		}
	}
	return false;
}

/* ---- dates ---- */

/* One or two digits (four for a year), at most `most`; -1 if they are not there. */
static int
take_digits(str_t *s, size_t longest, int most)
{
	int sum = 0;
	size_t i = 0;

	for (; i < longest && i < s->len && s->data[i] >= '0' && s->data[i] <= '9'; i++)
		sum = sum * 10 + (s->data[i] - '0');
	*s = str_skip(*s, i);
	return i > 0 && sum <= most ? sum : -1;
}

static bool
take_char(str_t *s, char c)
{
	if (s->len == 0 || s->data[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

/* hour:minute:second with a fraction. */
static bool
take_clock(str_t *s)
{
	if (take_digits(s, 2, 23) < 0 || !take_char(s, ':') || take_digits(s, 2, 59) < 0 ||
	    !take_char(s, ':') || take_digits(s, 2, 59) < 0)
		return false;
	if (s->len > 1 && (s->data[0] == '.' || s->data[0] == ',') && s->data[1] >= '0' &&
	    s->data[1] <= '9') {
		*s = str_skip(*s, 1);
		while (s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9')
			*s = str_skip(*s, 1);
	}
	return true;
}

static bool
take_zone(str_t *s)
{
	str_t digits;

	if (take_char(s, 'Z'))
		return true;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	digits = *s;
	return take_digits(&digits, 2, 24) >= 0 && digits.len + 2 == s->len &&
	    take_char(&digits, ':') && take_digits(&digits, 2, 60) >= 0 &&
	    digits.len + 5 == s->len && (*s = digits, true);
}

/* 2006-1-2, 2006-1-2 15:4:5.9, 2006-1-2T15:4:5.9Z or with an offset. */
static bool
is_time(str_t s)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	size_t dash = str_find_char(s, '-', 0);
	int year, month, day;

	if (dash != 4 || (year = take_digits(&s, 4, 9999)) < 0 || !take_char(&s, '-'))
		return false;
	month = take_digits(&s, 2, 12);
	if (month < 1 || !take_char(&s, '-') || (day = take_digits(&s, 2, 31)) < 1)
		return false;
	if (day > days[month - 1] &&
	    !(month == 2 && day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
		return false;
	if (s.len == 0)
		return true;
	if (take_char(&s, ' '))
		return take_clock(&s) && s.len == 0;
	return (take_char(&s, 'T') || take_char(&s, 't')) && take_clock(&s) && take_zone(&s) &&
	    s.len == 0;
}

/* ---- numbers ---- */

enum { LONGEST_NUMBER = 400 }; /* what is longer is a string, which Go may see otherwise */

/* The digits in the base their prefix says; false: not an integer, or beyond 64 bits. */
static bool
parse_digits(const char *s, uint64_t *ret)
{
	unsigned base = 10;
	uint64_t sum = 0;

	if (s[0] == '0' && s[1] != '\0') {
		char mark = (char)(s[1] | 0x20);

		base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
		s += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
	}
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		char c = *s >= 'A' && *s <= 'Z' ? (char)(*s | 0x20) : *s;
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') :
		    c >= 'a' && c <= 'f'              ? (unsigned)(c - 'a' + 10) :
		                                        16;

		if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*ret = sum;
	return true;
}

static bool
parse_integer(const char *s, struct yaml_scalar *ret)
{
	bool is_signed = *s == '-' || *s == '+', negative = *s == '-';
	uint64_t sum;

	if (!parse_digits(s + is_signed, &sum))
		return false;
	if (!negative && sum > INT64_MAX) {
		*ret = (struct yaml_scalar){ .kind = YAML_UINT, .natural = sum };
		return !is_signed;
	}
	if (negative && sum > (uint64_t)INT64_MAX + 1)
		return false;
	*ret = (struct yaml_scalar){ .kind = YAML_INT,
		.integer = (int64_t)(negative ? 0 - sum : sum) };
	return true;
}

static size_t
count_digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool
is_float(const char *s)
{
	size_t whole, fraction = 0;

	s += *s == '-' || *s == '+';
	whole = count_digits(s);
	s += whole;
	if (*s == '.') {
		fraction = count_digits(++s);
		s += fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (count_digits(s) == 0)
			return false;
		s += count_digits(s);
	}
	return *s == '\0';
}

static bool
parse_float(const char *s, struct yaml_scalar *ret)
{
	if (!is_float(s))
		return false;
	*ret = (struct yaml_scalar){ .kind = YAML_FLOAT, .number = strtod(s, NULL) };
	return isfinite(ret->number) != 0; /* too large for a double: a string */
}

struct yaml_scalar
yaml_resolve(str_t text)
{
	struct yaml_scalar found = { .kind = YAML_STRING };
	char plain[LONGEST_NUMBER + 1];
	size_t len = 0;
	char first = text.len > 0 ? text.data[0] : '\0';

	if (find_word(text, &found))
		return found;
	if ((first < '0' || first > '9') && first != '.' && first != '+' && first != '-')
		return found;
	if (is_time(text))
		return (struct yaml_scalar){ .kind = YAML_TIME };
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '_' && first != '.')
			continue; /* 1_000, yaml 1.1 */
		if (len == LONGEST_NUMBER || text.data[i] == '\0')
			return (struct yaml_scalar){ .kind = YAML_STRING };
		plain[len++] = text.data[i];
	}
	plain[len] = '\0';
	if ((first != '.' && parse_integer(plain, &found)) || parse_float(plain, &found))
		return found;
	return (struct yaml_scalar){ .kind = YAML_STRING };
}

/* ---- printing ---- */

struct decimal {
	char digits[24];
	size_t count;
	int point; /* the number is 0.DIGITS * 10^point */
	bool negative;
};

/* The fewest digits that read back as `x`. */
static struct decimal
find_shortest(double x, bool single)
{
	struct decimal d = { .negative = signbit(x) != 0 };
	char text[40];

	for (int more = 0; more <= 16; more++) {
		(void)snprintf(text, sizeof(text), "%.*e", more, fabs(x));
		if (single ? strtof(text, NULL) == (float)fabs(x) : strtod(text, NULL) == fabs(x))
			break;
	}
	d.point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	for (const char *at = text; *at != 'e'; at++) {
		if (*at != '.')
			d.digits[d.count++] = *at;
	}
	while (d.count > 1 && d.digits[d.count - 1] == '0')
		d.count--;
	return d;
}

static str_t
print_exponent(const struct decimal *d, const char *exponent_format, char *text)
{
	int len = snprintf(text, YAML_NUMBER_TEXT, "%s%c%s%.*s", d->negative ? "-" : "",
	    d->digits[0], d->count > 1 ? "." : "", (int)d->count - 1, d->digits + 1);

	len += snprintf(text + len, (size_t)(YAML_NUMBER_TEXT - len), exponent_format,
	    d->point - 1 < 0 ? '-' : '+', abs(d->point - 1));
	return str_make(text, (size_t)len);
}

static str_t
print_plain(const struct decimal *d, char *text)
{
	int count = (int)d->count, len;
	const char *sign = d->negative ? "-" : "";

	must(d->point > -8 && d->point <= 21 && count <= 17);
	if (d->point <= 0)
		len = snprintf(text, YAML_NUMBER_TEXT, "%s0.%.*s%.*s", sign, -d->point, "0000000",
		    count, d->digits);
	else if (d->point >= count)
		len = snprintf(text, YAML_NUMBER_TEXT, "%s%.*s%.*s", sign, count, d->digits,
		    d->point - count, "00000000000000000000");
	else
		len = snprintf(text, YAML_NUMBER_TEXT, "%s%.*s.%.*s", sign, d->point, d->digits,
		    count - d->point, d->digits + d->point);
	return str_make(text, (size_t)len);
}

static str_t
print_zero(const struct decimal *d, char *text)
{
	return str_make(text, (size_t)snprintf(text, YAML_NUMBER_TEXT, "%s0", d->negative ? "-" : ""));
}

str_t
yaml_print_json(double x, char text[YAML_NUMBER_TEXT])
{
	struct decimal d = find_shortest(x, false);

	if (x == 0)
		return print_zero(&d, text);
	if (d.point < -5 || d.point > 21)
		return print_exponent(&d, "e%c%d", text);
	return print_plain(&d, text);
}

str_t
yaml_print_general(double x, bool single, char text[YAML_NUMBER_TEXT])
{
	struct decimal d = find_shortest(x, single);

	if (x == 0)
		return print_zero(&d, text);
	if (d.point < -3 || d.point > 6)
		return print_exponent(&d, "e%c%02d", text);
	return print_plain(&d, text);
}
