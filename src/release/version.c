/* SPDX-License-Identifier: Apache-2.0 */
#include "release/version.h"

enum { NUMBERS_MAX = 4, DIGITS_MAX = 18 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

str_t
version_bare(str_t s)
{
	return s.len > 0 && s.data[0] == 'v' ? str_skip(s, 1) : s;
}

/* Parts between dots; each not empty and of the characters allowed. */
static bool
are_parts(str_t s, bool numbers)
{
	size_t count = 1, len = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '.') {
			if (len == 0)
				return false;
			len = 0;
			count++;
		} else if (numbers ? !is_digit(s.data[i]) : !is_word(s.data[i])) {
			return false;
		} else if (++len > DIGITS_MAX && numbers) {
			return false;
		}
	}
	return len > 0 && (!numbers || count <= NUMBERS_MAX);
}

/* numbers [- before] [+ build] */
static void
split(str_t s, str_t *ret_numbers, str_t *ret_before, bool *ret_has_before, str_t *ret_build,
    bool *ret_has_build)
{
	size_t plus, dash;

	s = version_bare(s);
	plus = str_find_char(s, '+', 0);
	*ret_has_build = plus < s.len;
	*ret_build = *ret_has_build ? str_skip(s, plus + 1) : STR("");
	s = str_sub(s, 0, plus);
	dash = str_find_char(s, '-', 0);
	*ret_has_before = dash < s.len;
	*ret_before = *ret_has_before ? str_skip(s, dash + 1) : STR("");
	*ret_numbers = str_sub(s, 0, dash);
}

bool
version_is_good(str_t s)
{
	str_t numbers, before, build;
	bool has_before, has_build;

	if (s.len == 0 || s.len > VERSION_LEN_MAX)
		return false;
	split(s, &numbers, &before, &has_before, &build, &has_build);
	return are_parts(numbers, true) && (!has_before || are_parts(before, false)) &&
	       (!has_build || are_parts(build, false));
}

static str_t
take_part(str_t *s)
{
	size_t dot = str_find_char(*s, '.', 0);
	str_t part = str_sub(*s, 0, dot);

	*s = str_skip(*s, dot < s->len ? dot + 1 : dot);
	return part;
}

static bool
is_number(str_t s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.data[i]))
			return false;
	return true;
}

static int
compare_numbers(str_t a, str_t b)
{
	while (a.len > 0 && a.data[0] == '0')
		a = str_skip(a, 1);
	while (b.len > 0 && b.data[0] == '0')
		b = str_skip(b, 1);
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return str_cmp(a, b);
}

/* semver 11.4: numbers below words, fewer parts below more. */
static int
compare_before(str_t a, str_t b)
{
	while (a.len > 0 && b.len > 0) {
		str_t x = take_part(&a), y = take_part(&b);
		bool x_number = is_number(x), y_number = is_number(y);
		int order = x_number != y_number ? (x_number ? -1 : 1)
			    : x_number           ? compare_numbers(x, y)
						 : str_cmp(x, y);

		if (order != 0)
			return order;
	}
	return a.len == b.len ? 0 : a.len == 0 ? -1 : 1;
}

int
version_compare(str_t a, str_t b)
{
	str_t a_numbers, a_before, b_numbers, b_before, build;
	bool a_has, b_has, has_build;

	split(a, &a_numbers, &a_before, &a_has, &build, &has_build);
	split(b, &b_numbers, &b_before, &b_has, &build, &has_build);
	while (a_numbers.len > 0 || b_numbers.len > 0) {
		int order = compare_numbers(take_part(&a_numbers), take_part(&b_numbers));

		if (order != 0)
			return order;
	}
	if (a_has != b_has)
		return a_has ? -1 : 1;
	return compare_before(a_before, b_before);
}
