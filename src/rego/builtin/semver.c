/* SPDX-License-Identifier: Apache-2.0 */
/* semver: versions and their precedence (semver.org 2.0.0, 11), leniently read as OPA does. */
#include "rego/builtin/util.h"

struct version {
	int64_t parts[3]; /* major, minor, patch */
	str_t pre_release;
};

static str_t
cut(str_t s, char separator, str_t *ret_after)
{
	size_t at = str_find_char(s, separator, 0);

	*ret_after = at < s.len ? str_skip(s, at + 1) : STR("");
	return str_sub(s, 0, at);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits and hyphens between dots. */
static bool
is_identifiers(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (c == '.' && (i == 0 || i + 1 == s.len || s.data[i - 1] == '.'))
			return false;
		if (c != '.' && c != '-' && !is_digit(c) && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z'))
			return false;
	}
	return true;
}

static bool
parse_number(str_t s, int64_t *ret)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.data[i]) || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, s.data[i] - '0', &n))
			return false;
	}
	*ret = n;
	return s.len > 0;
}

static bool
parse_version(str_t s, struct version *ret)
{
	str_t metadata, rest;

	if (str_has_prefix(s, STR("v")))
		s = str_skip(s, 1);
	s = cut(s, '+', &metadata);
	s = cut(s, '-', &ret->pre_release);
	if (!is_identifiers(metadata) || !is_identifiers(ret->pre_release))
		return false;
	for (int i = 0; i < 3; i++) {
		if (i == 2) {
			if (!parse_number(s, &ret->parts[i]))
				return false;
			break;
		}
		if (str_find_char(s, '.', 0) == s.len || !parse_number(cut(s, '.', &rest), &ret->parts[i]))
			return false;
		s = rest;
	}
	return true;
}

static bool
is_number(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.data[i]))
			return false;
	}
	return s.len > 0;
}

static str_t
skip_zeros(str_t s)
{
	while (s.len > 1 && s.data[0] == '0')
		s = str_skip(s, 1);
	return s;
}

/* Numbers come before words; numbers by value, words by bytes. */
static int
compare_identifier(str_t a, str_t b)
{
	bool a_number = is_number(a), b_number = is_number(b);

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a_number) {
		a = skip_zeros(a);
		b = skip_zeros(b);
		if (a.len != b.len)
			return a.len < b.len ? -1 : 1;
	}
	return str_cmp(a, b);
}

static int
compare_pre_release(str_t a, str_t b)
{
	if (a.len == 0 || b.len == 0)
		return a.len == b.len ? 0 : a.len == 0 ? 1 : -1;
	while (a.len > 0 && b.len > 0) {
		str_t a_rest, b_rest;
		int order = compare_identifier(cut(a, '.', &a_rest), cut(b, '.', &b_rest));

		if (order != 0)
			return order;
		a = a_rest;
		b = b_rest;
	}
	return a.len == b.len ? 0 : a.len == 0 ? -1 : 1;
}

static enum rego_outcome
compare(struct rego_call *call, value_t *ret)
{
	struct version v[2];
	int order = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct buf quoted;
		enum rego_outcome outcome;

		if (parse_version(value_str(call->arg[i]), &v[i]))
			continue;
		rego_text_init(call, &quoted);
		value_print(&quoted, call->arg[i]);
		outcome = rego_fail(call, "operand %u: string %.*s is not a valid SemVer", i + 1,
		    STR_FMT(buf_str(&quoted)));
		buf_fini(&quoted);
		return outcome;
	}
	for (int i = 0; i < 3 && order == 0; i++)
		order = v[0].parts[i] < v[1].parts[i] ? -1 : v[0].parts[i] > v[1].parts[i];
	if (order == 0)
		order = compare_pre_release(v[0].pre_release, v[1].pre_release);
	*ret = value_int(order);
	return REGO_DEFINED;
}

static enum rego_outcome
is_valid(struct rego_call *call, value_t *ret)
{
	struct version v;

	*ret = value_bool(
	    value_is_string(call->arg[0]) && parse_version(value_str(call->arg[0]), &v));
	return REGO_DEFINED;
}

const struct rego_builtin rego_builtins_semver[] = {
	{ "semver.compare", "a: string, b: string -> number", compare,
	    "-1, 0 or 1 as version `a` comes before, with or after `b`." },
	{ "semver.is_valid", "vsn: any -> boolean", is_valid, "Whether `vsn` is a version." },
	{ 0 },
};
